//! Handlers: one file a resource. Each reads a request, has the engine or the store answer, and writes a view.

pub mod accounts;
pub mod batch;
pub mod channels;
pub mod customers;
pub mod dialogs;
pub mod docs;
pub mod events;
pub mod explanation;
pub mod facts;
pub mod hands;
pub mod managers;
pub mod messages;
pub mod rule_diff;
pub mod rule_versions;
pub mod rules;
pub mod service;
pub mod shadow;
pub mod timeline;
pub mod tokens;
pub mod trials;
pub mod webhooks;
