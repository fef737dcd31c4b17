//! The simulation: days of an account in virtual time, on one thread, from one seed.
//!
//! The second driver of the pure core beside the engine: the same desk, dialogs and presence machines, the same
//! messages between them, in every order that real actors may see, with crashes, repeats, slow deadlines and
//! clocks that jump. After each event the invariants are asked. The same seed gives the same day, byte for byte.
//!
//! | module | idea |
//! |---|---|
//! | [`world`] | the scheduler; `mail`, `commits`, `timekeeper`, `edge` are what surrounds actors |
//! | `supervisor`, `reception`, `dialog_life`, `manager_life` | the actors, as the engine's |
//! | `recovery` | crash and what follows |
//! | [`ledger`] | what is durable |
//! | [`workload`] | customers and managers, recorded or made up |
//! | [`stage`] | what is there before a story begins, and time that goes on to a moment |
//! | [`day`] | a world, people in it, and faults: played to the end |
//! | [`fold`], [`invariants`] | what announcements tell, and what must hold |
//! | [`report`] | what it came to |
//!
//! Deliberately absent: threads, clocks, files. Callers parse traces and print reports.

mod commits;
pub mod day;
mod dialog_life;
mod edge;
pub mod faults;
pub mod fold;
pub mod inbound;
pub mod invariants;
pub mod ledger;
mod mail;
mod manager_life;
mod reception;
mod recovery;
pub mod report;
mod situation;
pub mod stage;
mod supervisor;
mod timekeeper;
pub mod workload;
pub mod world;
