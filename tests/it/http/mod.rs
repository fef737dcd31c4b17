//! The API as strangers use it, one file a resource.

mod access;
mod batch;
mod customers;
mod dialogs;
mod documentation;
mod events;
mod explanation;
mod hours;
mod managers;
mod mistakes;
mod offers;
mod release;
mod repeats;
mod rule_diff;
mod rule_versions;
mod rules;
mod shadow;
mod webhooks;
