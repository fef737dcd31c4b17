//! retailCRM (Simla.com): its Message Gateway, to which Reparto is a bot with the role `distributor`, and its CRM.
//!
//! | module | idea | pure |
//! |---|---|---|
//! | [`wire`], [`crm_wire`] | bodies as they go over the wire | yes |
//! | [`mirror`] | what is known of the gateway; news for the engine, calls for the gateway | yes |
//! | [`session`] | the life of the connection | yes |
//! | [`client`] | the gateway's REST side, within its rate | no |
//! | [`runner`] | the task that carries out what mirror and session ask for | no |
//! | [`commands`] | what managers may command in a chat, and the answers | in part |
//! | [`crm`] | the CRM's own API: who customers and managers are | in part |
//!
//! One instance acts for an account: the store is locked by the server that has it open. Two servers with stores of their
//! own and one token would undo each other's choices; the connector warns when it sees another distributor, but it cannot
//! see a second self.

pub mod client;
pub mod commands;
pub mod crm;
pub mod crm_wire;
pub mod mirror;
pub mod runner;
pub mod session;
pub mod wire;
