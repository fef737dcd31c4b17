//! The one way in which actors speak to each other: without waiting, and never refused.
//!
//! Work is limited once, at the edge (see [`super::admission`]); what was let in must not be dropped
//! half way, so mailboxes may overfill here and nowhere else.

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};

/// Puts a message into an actor's mailbox. A stopped actor's mailbox swallows it: whoever stopped it
/// recovers from the store.
#[expect(clippy::disallowed_methods, reason = "the one place that may overfill a mailbox")]
pub fn tell<A, M>(actor: &Addr<A>, message: M)
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    actor.do_send(message);
}
