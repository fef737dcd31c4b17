//! Connectors: CRMs whose own protocol is spoken, so that their accounts need no code to connect.
//!
//! A connector turns what its CRM reports into [`crate::engine::inbound::Inbound`], and what the engine announces into
//! calls to the CRM. It decides nothing about dialogs; what it knows of the CRM's state it keeps only to tell news from
//! repeats. Deliberately absent: routing, rules, the life of a dialog.

pub mod retailcrm;
