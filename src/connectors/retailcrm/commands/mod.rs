//! What managers may type into a chat: `/why`, `/transfer`, `/release`, `/queue`, `/help`; each is answered by a note
//! that only staff sees.
//!
//! [`parse`] reads the text, [`staff`] finds who is meant, [`note`] and its two languages are the answers; all of them
//! are pure. [`carry`] carries a command out through the engine, which alone says who may.

pub mod carry;
pub mod chat;
mod english;
pub mod naming;
pub mod note;
pub mod parse;
mod spanish;
pub mod staff;
