//! Reparto shares out dialogs: a distribution bot and routing engine.
//!
//! # Map
//!
//! A pure core decides, a thin shell acts. The core has no clock, no chance, no runtime and no database; all
//! of it can be tested with plain values.
//!
//! | layer | idea | may name |
//! |---|---|---|
//! | [`domain`] | dialogs, managers, customers, decisions, and how they change | nothing |
//! | [`rules`] | from the text an admin writes to a compiled set that answers for every dialog | domain |
//! | [`desk`] | the account's one book-keeper: who is there, who has room, who waits, who gets what | rules, domain |
//! | [`sim`] | the core under a virtual clock, random days and faults, with the invariants checked | desk, rules, domain |
//! | [`trial`] | the tests of a rule file, and single questions, played on the simulation's clock | sim, desk, rules, domain |
//! | [`store`] | what must survive: changes in groups, numbered events, reading back | domain |
//! | [`explain`] | why a dialog is where it is, and why not elsewhere, from what is stored | store, desk, domain |
//! | [`engine`] | actors around the core, the writer, recovery, webhooks | store, desk, rules, domain, telemetry |
//! | [`http`] | the API of a CRM backend, its OpenAPI document, event feed | engine and below |
//! | [`connectors`] | CRMs whose own protocol is spoken | engine, explain, store, domain, telemetry |
//! | [`drive`] | the load tool and CRM stand-in; speaks HTTP only | domain |
//! | [`sandbox`] | a stand-in for the CRM that connectors speak to | domain |
//! | [`config`], [`telemetry`], [`cli`] | settings, logs and metrics, commands | cli: everything |
//!
//! `tests/tidy.rs` keeps the directions.
//!
//! # The way of an event
//!
//! A request becomes an [`engine::inbound::Inbound`] and gets a permit; the supervisor finds or starts the
//! dialog's actor; the core decides; the change (dialog, messages, events) is queued, and the writer commits
//! whatever is queued as one group. Only then: answers, event feed, webhooks, metrics. A transition takes hold
//! in memory at once, so one dialog's events never wait for each other; should the store contradict, everything
//! that was built on it is refused too, and the actors start again from what is stored.
//!
//! # Invariants
//!
//! 1. An open dialog has at most one responsible; a closed one never changes again.
//! 2. The load of a manager is the sum of what is booked on them, and never exceeds capacity through the
//!    engine's own choice.
//! 3. No dialog waits while somebody its present step allows has room. One that is held until hours begin is
//!    allowed to nobody. A group with a limit never gets more dialogs through its step than it allows, and the step
//!    allows nobody while it has as many.
//! 4. Round robin: among an unchanged eligible set, turns differ by at most one. Least loaded: the chosen one
//!    has the least share in use; ties by the longest time since the last assignment, then id.
//! 5. With equal slopes a class with base B overtakes only those who waited less than B/slope longer.
//! 6. No dialog closes without its warnings, before its time, or while the customer waits for us, unless the
//!    rule says so; none stays open past it.
//! 7. At most `max_moves` automatic moves; never straight back.
//! 8. A presence blip shorter than `offline_after` moves nothing.
//! 9. Each change of responsible and each closure is announced exactly once, with a number without gaps in the
//!    account and a stable id.
//! 10. After a crash at any point, what was acknowledged is there.
//! 11. A rule set always answers, and names rule, step and version. A bad file never replaces a good one.
//! 12. Folding the events gives the stored state.
//!
//! They are checked by the property tests (`tests/it/desk_properties`, `tests/it/dialog_properties.rs`), by
//! the simulation (`tests/simulation.rs`), by the crash tests (`tests/it/engine`, `tests/it/process`), and from
//! outside by `reparto drive`.
//!
//! # Where do I add …
//!
//! * a strategy: [`domain::routing::Strategy`], its key in `desk/keys.rs`, its word in the rule language;
//! * a fact: `rules/facts.rs` and, if it is new knowledge, [`domain::facts::Facts`];
//! * a field of a dialog: [`domain::dialog::Dialog`], then the compiler leads to the store's records;
//! * an event: [`domain::announcement::Body`], its JSON in `store/event_json.rs`;
//! * a metric: `telemetry/metrics/catalogue.rs`, and whoever tells it in [`engine::observe::Observer`];
//! * a setting: `config/setting.rs`, once;
//! * a route: `http/routes.rs`, one line, and its handler in `http/resources`.

pub mod cli;
pub mod config;
pub mod connectors;
pub mod desk;
pub mod domain;
pub mod drive;
pub mod engine;
pub mod explain;
pub mod http;
mod nearest;
pub mod rules;
pub mod sandbox;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod trial;
