//! Records: each kind of thing as the columns of its table, without loss.
//!
//! A record's fields are its table's columns. Each conversion takes the domain's struct apart field by field,
//! so that a field that is added there and forgotten here does not compile.

pub(crate) mod account;
pub(crate) mod customer;
pub(crate) mod dialog;
pub(crate) mod event;
pub(crate) mod manager;
pub(crate) mod message;
pub(crate) mod offer;
pub(crate) mod request;
pub(crate) mod stance;
pub(crate) mod subscriber;
pub(crate) mod tally;
