//! How calls end: they took hold, they are to be tried again, they were refused, or nobody knows. Then the gateway is
//! read, and what is found there decides.

use std::time::Duration;

use super::Mirror;
use super::card::{Holding, Sighting};
use super::duties::{Doing, report_text};
use super::people::manager_id;
use super::step::{Call, Called, Holder, Job, Read, Step, Tally};
use crate::connectors::retailcrm::wire::{self, Id};
use crate::domain::message::DeliveryStatus;
use crate::domain::time::Timestamp;
use crate::engine::inbound::Fact;

/// The longest wait before a call is tried again.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Of so many texts the delivery is followed.
const MOST_SENT: usize = 10_000;
/// How often a call is tried that the gateway refuses, before the dialog is left to the periodic comparison.
pub(super) const PATIENCE: u32 = 5;

/// How long to wait after so many failures: a quarter of a second, twice as long each time, up to a minute. The dialog's
/// number spreads those that failed together.
fn wait(failures: u32, asked: Duration, dialog: Id) -> Duration {
    let steps = failures.min(10);
    let wait = (Duration::from_millis(250) * 2_u32.saturating_pow(steps)).min(LONGEST_WAIT);
    let spread = u32::try_from(dialog % 16).unwrap_or_default();
    wait.max(asked.min(LONGEST_WAIT)) + wait / 64 * spread
}

impl Mirror {
    /// A call came to an end.
    pub(super) fn called(&mut self, job: &Job, called: Called, now: Timestamp, out: &mut Vec<Step>) {
        let Job { dialog, chat, call } = job;
        let (dialog, chat) = (*dialog, *chat);
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        if !matches!(&duty.doing, Doing::Calling(doing) if doing == call) {
            return;
        }
        match called {
            Called::Later(asked) => self.try_later(dialog, asked, now, out),
            Called::Unauthorized => {
                out.push(Step::Distrust);
                if matches!(call, Call::Tag(_)) && duty.failures >= PATIENCE {
                    // Everything else is done with this token: it is not for this.
                    return self.give_tags_up(job, "the bot may not", now, out);
                }
                self.try_later(dialog, Duration::from_secs(1), now, out);
            }
            Called::Lost => {
                duty.doing = Doing::Checking(call.clone(), None);
                out.push(Step::Read(what_tells(call, dialog, chat)));
            }
            Called::Rejected { status, text } => match call {
                Call::Send(sent) => {
                    let reason = format!("{status} {text}");
                    report_text(chat, sent, DeliveryStatus::Failed(reason.trim().into()), out);
                    self.text_is_done(dialog, now, out);
                }
                Call::OpenNext => {
                    // The customer opened it themselves, or it cannot be: then there is nothing to wait for.
                    self.carried.remove(&chat);
                    self.done_once(dialog, now, out);
                }
                Call::Tag(_) => self.give_tags_up(job, &format!("{status} {text}"), now, out),
                Call::Assign(_) | Call::Unassign | Call::Close => {
                    duty.doing = Doing::Checking(call.clone(), Some(text));
                    out.push(Step::Read(Read::Dialog(dialog)));
                }
            },
            Called::Assigned { at, before } => {
                let Call::Assign(to) = call else { return };
                let believed = self.cards.get(&dialog).and_then(|card| card.holder);
                self.found_before(dialog, before);
                self.settle(dialog, Holding { who: Some(*to), as_of: at.unwrap_or(now) });
                let overwritten = before.filter(|before| before != to && Some(*before) != believed);
                if let Some(person) = overwritten {
                    // Somebody chose while we did. The engine learns of it, and it will be restored.
                    out.push(Step::Count(Tally::Overwrote));
                    self.hand_over(dialog, chat, Some(person), out);
                }
                self.done_once(dialog, now, out);
            }
            Called::Unassigned(before) => {
                self.found_before(dialog, before);
                if let Some(card) = self.cards.get_mut(&dialog) {
                    card.taken_away(now);
                }
                self.touch(dialog);
                self.done_once(dialog, now, out);
            }
            Called::Closed => {
                self.close(dialog, true, now, out);
                self.open_next(dialog, chat, out);
                if !self.is_opening(dialog) {
                    self.done_once(dialog, now, out);
                }
            }
            Called::Opened(next) => {
                self.done_once(dialog, now, out);
                self.see(Sighting::told(next, chat, None), now, out);
            }
            Called::Sent(id) => self.sent(dialog, chat, id, now, out),
            Called::Tagged => self.tagged(job, now, out),
        }
    }

    pub(super) fn is_opening(&self, dialog: Id) -> bool {
        let duty = self.duties.by_dialog.get(&dialog);
        duty.is_some_and(|duty| duty.doing == Doing::Calling(Call::OpenNext))
    }

    fn sent(&mut self, dialog: Id, chat: Id, id: Id, now: Timestamp, out: &mut Vec<Step>) {
        let duty = self.duties.by_dialog.get(&dialog);
        if let Some(text) = duty.and_then(|duty| duty.texts.front()).cloned() {
            self.sent.insert(id, text.id.clone());
            if self.sent.len() > MOST_SENT {
                self.sent.pop_first();
            }
            report_text(chat, &text, DeliveryStatus::Sent, out);
        }
        self.text_is_done(dialog, now, out);
    }

    fn text_is_done(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
            duty.texts.pop_front();
            duty.failures = 0;
            duty.unsure = false;
        }
        self.do_nothing(dialog, now, out);
    }

    /// A call took hold. The engine may have moved on since: it is looked at once more.
    pub(super) fn done_once(&mut self, dialog: Id, now: Timestamp, out: &mut Vec<Step>) {
        self.judge_delayed(dialog, now, out);
        if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
            duty.failures = 0;
        }
        self.do_nothing(dialog, now, out);
    }

    pub(super) fn try_later(&mut self, dialog: Id, asked: Duration, now: Timestamp, out: &mut Vec<Step>) {
        self.judge_delayed(dialog, now, out);
        if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
            let until = now + wait(duty.failures, asked, dialog);
            duty.failures = duty.failures.saturating_add(1);
            duty.doing = Doing::Resting(until);
            self.alarms.insert((until, dialog));
        }
    }

    /// The dialog was read again. Whether a call waited for it.
    pub(super) fn check(
        &mut self,
        dialog: Id,
        found: Option<&wire::Dialog>,
        now: Timestamp,
        out: &mut Vec<Step>,
    ) -> bool {
        let Some(duty) = self.duties.by_dialog.get(&dialog) else { return false };
        let Doing::Checking(call, refused) = duty.doing.clone() else { return false };
        match call {
            Call::Send(_) | Call::OpenNext => return false,
            Call::Tag(tags) => {
                self.check_tags(dialog, tags, now, out);
                return false;
            }
            Call::Assign(_) | Call::Unassign | Call::Close => {}
        }
        let is_gone = found.is_none_or(|found| found.closed_at.is_some());
        let is_superseded =
            refused.as_deref().is_some_and(|text| text.contains("not the latest in the chat"));
        if is_gone || is_superseded {
            let by_us = call == Call::Close && refused.is_none();
            if let Some(sighting) = found.filter(|_| !by_us).map(Sighting::listed) {
                if self.asks_messages(&sighting, out) {
                    return true;
                }
                if let Some(card) = self.cards.get_mut(&dialog) {
                    card.end(&sighting);
                }
            }
            self.close(dialog, by_us, now, out);
            self.go_on_after(dialog, now, out);
            return true;
        }
        let sighting = found.map(Sighting::listed);
        let holding = sighting.as_ref().and_then(|sighting| sighting.holding);
        let believed = self.cards.get(&dialog).and_then(|card| card.holder);
        let wanted = match call {
            Call::Assign(holder) => Some(holder),
            Call::Unassign => None,
            Call::Close | Call::OpenNext | Call::Send(_) | Call::Tag(_) => believed,
        };
        if let Some(holding) = holding {
            // What we wanted, or as it was: nobody else's doing.
            if holding.who == wanted || holding.who == believed {
                self.settle(dialog, holding);
            } else if let Some(card) = self.cards.get_mut(&dialog) {
                let meanwhile = card.busy.take().unwrap_or_default();
                let read = sighting.map(|sighting| Sighting { is_certain: true, ..sighting });
                read.into_iter().chain(meanwhile).for_each(|sighting| self.see(sighting, now, out));
                self.do_nothing(dialog, now, out);
                return true;
            }
            if holding.who == wanted && call != Call::Close {
                self.done_once(dialog, now, out);
                return true;
            }
        }
        self.refused_or_lost(dialog, &call, refused.is_some(), now, out);
        true
    }

    /// The gateway has the dialog as before: the call did nothing.
    fn refused_or_lost(
        &mut self,
        dialog: Id,
        call: &Call,
        is_refused: bool,
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        let failures = self.duties.by_dialog.get(&dialog).map_or(0, |duty| duty.failures);
        if let (true, Call::Assign(Holder::User(user))) = (is_refused, call) {
            // They may have lost access between choice and call. Somebody else is to have it, and they rest.
            self.judge_delayed(dialog, now, out);
            out.push(Step::Count(Tally::SentBack));
            out.push(Step::Read(Read::Users));
            self.people.rest(*user, now, out);
            let chat = self.cards.get(&dialog).map_or(0, |card| card.chat);
            // The engine may have given it to somebody else meanwhile: then that stands.
            self.report(dialog, chat, Fact::NotTaken { by: manager_id(*user) }, out);
            return self.do_nothing(dialog, now, out);
        }
        if is_refused && failures >= PATIENCE {
            if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
                (duty.state, duty.seq, duty.failures) = (false, None, 0);
            }
            return self.done_once(dialog, now, out);
        }
        self.try_later(dialog, Duration::ZERO, now, out);
    }

    /// The messages of a dialog were read: whether a text of ours is among them.
    pub(super) fn check_text(
        &mut self,
        dialog: Id,
        messages: &[wire::Message],
        now: Timestamp,
        out: &mut Vec<Step>,
    ) {
        let Some(duty) = self.duties.by_dialog.get_mut(&dialog) else { return };
        let Doing::Checking(Call::Send(text), _) = &duty.doing else { return };
        let ours = messages.iter().find(|message| {
            let is_ours = message.from.as_ref().is_some_and(|from| self.people.is_me(from.id));
            is_ours && !self.sent.contains_key(&message.id) && is_same(&message.content, &text.text)
        });
        if let Some(message) = ours {
            let (chat, id) = (message.chat_id, message.id);
            return self.sent(dialog, chat, id, now, out);
        }
        duty.unsure = false;
        self.try_later(dialog, Duration::ZERO, now, out);
    }

    /// A chat was read: whether its next dialog is there.
    pub(super) fn check_opening(&mut self, chat: Id, now: Timestamp, out: &mut Vec<Step>) {
        let waiting = self.duties.by_dialog.iter().find(|(dialog, duty)| {
            duty.doing == Doing::Checking(Call::OpenNext, None)
                && self.cards.get(dialog).is_some_and(|card| card.chat == chat)
        });
        let Some(dialog) = waiting.map(|(dialog, _)| *dialog) else { return };
        let is_there = self.places.chat(chat).is_some_and(|place| place.newest_dialog > dialog);
        if is_there {
            return self.done_once(dialog, now, out);
        }
        if let Some(duty) = self.duties.by_dialog.get_mut(&dialog) {
            duty.doing = Doing::Nothing;
        }
        self.open_next(dialog, chat, out);
    }
}

/// What to read to find out whether a call took hold.
fn what_tells(call: &Call, dialog: Id, chat: Id) -> Read {
    match call {
        Call::Assign(_) | Call::Unassign | Call::Close | Call::Tag(_) => Read::Dialog(dialog),
        Call::OpenNext => Read::Chat(chat),
        Call::Send(_) => Read::Messages { dialog, chat },
    }
}

/// Whether two texts are the same. The gateway may have trimmed one and written `<`, `>`, `&` and quotes as entities.
pub(super) fn is_same(stored: &str, sent: &str) -> bool {
    let plain = |text: &str| {
        let text =
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"");
        text.replace("&#39;", "'").replace("&amp;", "&").trim().to_owned()
    };
    plain(stored) == plain(sent)
}
