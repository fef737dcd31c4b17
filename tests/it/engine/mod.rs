//! The engine from its edge, on a store in memory and in paused time.

mod conflicts;
mod crash;
mod fragile;
mod life;
mod offers;
mod rules;
pub mod shop;
mod webhooks;
