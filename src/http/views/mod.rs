//! The API's JSON: one file a resource, requests and answers side by side, each documented where it is defined.
//!
//! Requests refuse unknown fields; a field that may be missing says what is taken instead. A `PUT` replaces
//! the whole record: what is left out goes back to its default. Answers leave out fields that say nothing.

pub mod account;
pub mod batch;
pub mod channel;
pub mod customer;
pub mod decision;
pub mod dialog;
pub mod event;
pub mod explanation;
pub mod fact;
pub mod id;
pub mod manager;
pub mod manager_day;
pub mod message;
pub mod rule_diff;
pub mod rule_versions;
pub mod rules;
pub mod shadow;
pub mod span;
pub mod time;
pub mod token;
pub mod trial;
pub mod webhook;
pub mod who;
pub mod words;
