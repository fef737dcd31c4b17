//! The engine from its edge, on a store in memory and in paused time.

mod crash;
mod life;
pub mod shop;
mod webhooks;
