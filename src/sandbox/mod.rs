//! The sandbox: a stand-in Message Gateway and CRM, to try a connection and to test the connector against.
//!
//! It keeps books of its own and shares no code with the connector, so that a misreading on one side shows on the
//! other. It is not part of `serve`. What the vendor's sources say is done as they say. Where they are silent the module
//! says what was chosen.
//!
//! | module | idea | pure |
//! |---|---|---|
//! | [`gateway`] | chats, dialogs, messages and their REST side | yes |
//! | [`crm`] | people, groups, customers, settings, and how bots are connected | yes |
//! | [`faults`] | what goes wrong, on demand and by seeded chance | yes |
//! | [`calls`] | requests to the world, and what faults make of them | yes |
//! | [`books`] | who was responsible for each dialog, when, by whose doing | yes |
//! | [`people`] | simulated customers and managers | yes |
//! | [`control`] | the sandbox's own calls: faults on demand, customers by hand, the books | yes |
//! | [`world`] | all that is pure, and what time does to it | yes |
//! | [`clock`] | where the time comes from, and the one place that waits | no |
//! | [`server`] | HTTP and WebSocket around the world | no |

pub mod books;
pub mod calls;
pub mod clock;
pub mod control;
pub mod crm;
pub mod faults;
pub mod gateway;
pub mod people;
pub mod server;
pub mod world;
