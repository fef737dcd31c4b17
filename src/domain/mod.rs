//! The core: what dialogs, managers, customers and decisions are, and how they change.
//!
//! One shape everywhere: `(state, command, now) -> (next state, effects)`. Deliberately absent: serde,
//! runtimes, actors, databases, clocks, random numbers. Everything here can be tested with plain values.

pub mod account;
pub mod agreement;
pub mod announcement;
pub mod cause;
pub mod channel;
pub mod closing;
pub mod customer;
pub mod dialog;
pub mod facts;
pub mod figures;
pub mod ids;
pub mod manager;
pub mod message;
pub mod offer;
pub mod refusal;
pub mod routing;
pub mod sentence;
pub mod stance;
pub mod tags;
pub mod tally;
pub mod time;
pub mod transitions;
pub mod units;
pub mod why_not;
