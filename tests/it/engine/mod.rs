//! The engine from its edge, on a store in memory and in paused time.

mod conflicts;
mod crash;
mod facts;
mod fragile;
mod hours;
mod life;
mod offers;
mod release;
mod rules;
pub mod shop;
mod texts;
mod webhooks;
