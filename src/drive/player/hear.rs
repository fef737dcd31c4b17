//! What the player hears: answers and news, told to the stage and noted for the checks.

use std::time::Duration;

use super::Player;
use crate::drive::client::Answer;
use crate::drive::follower::Heard;
use crate::drive::stage::{DialogNo, Given};
use crate::drive::wire::{self, Item, Kind, Reply};

/// The answer to an opening.
struct Opened {
    given: wire::Given,
    closed: bool,
    is_repeat: bool,
    at: Duration,
}

impl Player<'_> {
    /// Takes in all answers and news.
    pub(super) fn hear(&mut self, now: Duration) {
        while let Some(answer) = self.pool.next_answer() {
            self.on_the_way -= 1;
            self.hear_answer(answer, now);
        }
        while let Some((dialog, heard)) = self.follower.next_news() {
            let given = match heard {
                Heard::To(manager) => Given::To(self.managers.number(&manager)),
                Heard::ToBot => Given::ToBot,
                Heard::Returned => Given::Waits,
                Heard::Closed => Given::Closed,
            };
            self.stage.fed(dialog, given);
        }
    }

    fn refuse(&mut self, kind: Kind, code: &str, detail: String) {
        let (count, _) = self.refusals.entry(format!("{} {code}", kind.word())).or_insert((0, detail));
        *count += 1;
    }

    fn hear_answer(&mut self, Answer { kind, tag, reply, is_repeat }: Answer, now: Duration) {
        match (kind, reply) {
            (Kind::Open, Reply::Dialog { id, given, closed }) => {
                let opened = Opened { given, closed, is_repeat, at: now };
                self.hear_opened(tag, &id, opened);
            }
            (Kind::Open, Reply::Refused { code, detail }) => {
                self.refuse(kind, &code, detail);
                self.stage.failed(tag);
            }
            (Kind::Customer, reply) => {
                if let Reply::Refused { code, detail } = reply {
                    self.refuse(kind, &code, detail);
                } else if let Some(customer) = &self.rows[tag as usize].customer {
                    self.introduced.insert(customer.as_str());
                }
                self.open(tag);
            }
            (Kind::Say, reply) => {
                if let Reply::Refused { code, detail } = reply {
                    self.refuse(kind, &code, detail);
                    self.strike_out_messages(tag);
                }
                self.stage.said(tag);
            }
            (Kind::Close, Reply::Refused { code, detail }) => {
                self.hear_refused_closure(tag, kind, &code, detail);
            }
            (Kind::Close, _) => self.hear_closed(tag),
            (Kind::Batch, reply) => self.hear_batch(tag, reply),
            (Kind::Open | Kind::Other, _) => {}
        }
    }

    /// Which of the dialog's messages was refused is not known; none of them is claimed.
    fn strike_out_messages(&mut self, dialog: DialogNo) {
        let of_dialog: Vec<_> = self.messages.range((dialog, 0)..=(dialog, u16::MAX)).copied().collect();
        for message in of_dialog {
            self.messages.remove(&message);
        }
    }

    fn hear_opened(&mut self, dialog: DialogNo, id: &str, opened: Opened) {
        let Opened { given, closed, is_repeat, at: now } = opened;
        match self.run.number(id) {
            Some(number) if number == dialog => {}
            _ => return self.stage.joined(dialog),
        }
        let given = match given {
            _ if closed => Given::Closed,
            wire::Given::To(manager) => Given::To(self.managers.number(&manager)),
            wire::Given::ToBot => Given::ToBot,
            wire::Given::Waits => Given::Waits,
        };
        let acknowledged = &mut self.acknowledged[dialog as usize];
        acknowledged.opened = true;
        acknowledged.heard_at = now;
        acknowledged.is_repeat = is_repeat;
        acknowledged.given_to = match given {
            Given::To(manager) => Some(manager),
            Given::ToBot | Given::Waits | Given::Closed => None,
        };
        self.stage.opened(dialog, given);
    }

    fn hear_closed(&mut self, dialog: DialogNo) {
        self.acknowledged[dialog as usize].closed = true;
        self.stage.closed(dialog);
    }

    fn hear_refused_closure(&mut self, dialog: DialogNo, kind: Kind, code: &str, detail: String) {
        if code == "dialog_closed" {
            return self.hear_closed(dialog);
        }
        self.refuse(kind, code, detail);
        self.stage.close_refused(dialog);
    }

    fn hear_batch(&mut self, tag: u32, reply: Reply) {
        let closures = self.batches.remove(&tag).unwrap_or_default();
        match reply {
            Reply::Batch(items) => {
                // An item without a result was not done.
                let items = items.into_iter().chain(std::iter::repeat(Item::Again));
                for ((dialog, closer), item) in closures.into_iter().zip(items) {
                    match item {
                        Item::Done => self.hear_closed(dialog),
                        Item::Refused(code) => {
                            self.hear_refused_closure(dialog, Kind::Batch, &code, String::new());
                        }
                        Item::Again => self.to_close.push((dialog, closer)),
                    }
                }
            }
            Reply::Refused { code, detail } => {
                for (dialog, _) in closures {
                    self.hear_refused_closure(dialog, Kind::Batch, &code, detail.clone());
                }
            }
            Reply::Done | Reply::Dialog { .. } => {}
        }
    }
}
