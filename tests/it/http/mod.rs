//! The API as strangers use it, one file a resource.

mod access;
mod batch;
mod customers;
mod dialogs;
mod documentation;
mod events;
mod explanation;
mod managers;
mod mistakes;
mod repeats;
mod rules;
mod webhooks;
