//! One conversation: who has to say something next. A mark counts what was said; whoever meant to speak after an
//! older mark keeps quiet.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::gateway::journal::{Deed, Entry};
use super::super::gateway::records::{Author, Holder, Id};
use super::super::gateway::{Gateway, Party};
use super::{Around, Moment, Next, People, draws, names};

/// How often a manager who is not there is looked for again.
const LATER: Duration = Duration::from_mins(5);

/// A conversation that is not over.
#[derive(Debug)]
pub(super) struct Talk {
    chat: Id,
    /// What was said so far.
    mark: u32,
    /// Messages the customer still adds to what they wrote.
    additions: u32,
    /// Answers it still takes.
    answers: u32,
    /// Times the customer asked whether anybody is there.
    reminders: u32,
    /// A colleague will get it before the first answer.
    is_handed_on: bool,
    chance: ChaCha8Rng,
}

impl Talk {
    fn new(dialog: Id, chat: Id, seed: u64) -> Self {
        let seed = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ dialog;
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        Self {
            chat,
            mark: 0,
            additions: [0, 0, 0, 1, 1, 2][chance.random_range(0..6)],
            answers: draws::answers(&mut chance),
            reminders: 0,
            is_handed_on: chance.random_bool(draws::SHARE_HANDED_ON),
            chance,
        }
    }
}

/// Who holds a dialog that is open, and whether its customer waits.
fn situation(gateway: &Gateway, dialog: Id) -> Option<(Option<Holder>, bool)> {
    let dialog = gateway.dialogs().get(&dialog).filter(|dialog| dialog.is_open())?;
    let waits = gateway.chats().get(&dialog.chat).is_some_and(|chat| chat.waits_since.is_some());
    Some((dialog.responsible.map(|(holder, _)| holder), waits))
}

/// The person of a chat, and their channel.
fn party(gateway: &Gateway, chat: Id) -> Option<(Id, Party)> {
    let chat = gateway.chats().get(&chat)?;
    let customer = gateway.customers().get(&chat.customer)?;
    let party = Party {
        external_id: customer.external_id.clone(),
        name: customer.name.clone(),
        phone: customer.phone.clone(),
    };
    Some((chat.channel, party))
}

fn write(chat: Id, text: &str, around: &mut Around<'_>) {
    if let Some((channel, party)) = party(around.gateway, chat) {
        // A channel that was switched off takes nothing.
        let _ = around.gateway.customer_writes(channel, &party, text, around.now);
    }
}

impl People {
    /// Hears of something that happened in a dialog.
    pub(super) fn hear(&mut self, entry: &Entry, gateway: &Gateway, at: Moment) {
        let dialog = entry.dialog;
        match entry.deed {
            Deed::Opened { chat } => {
                self.talks.insert(dialog, Talk::new(dialog, chat, self.plan.seed));
            }
            Deed::Said { from: Author::Customer(_), .. } => self.hear_customer(dialog, gateway, at),
            Deed::Said { from: Author::User(user), is_private: false } => {
                self.hear_manager(dialog, user, at);
            }
            Deed::Given { to: Holder::User(user), .. } => self.hear_of_holder(dialog, user, gateway, at),
            Deed::Closed { .. } => self.hear_of_end(dialog, at),
            Deed::Said { .. } | Deed::Given { .. } | Deed::Taken { .. } => {}
        }
    }

    fn hear_customer(&mut self, dialog: Id, gateway: &Gateway, at: Moment) {
        let Some(talk) = self.talks.get_mut(&dialog) else { return };
        talk.mark += 1;
        let mark = talk.mark;
        if talk.additions > 0 {
            talk.additions -= 1;
            let added = at + draws::adding(&mut talk.chance);
            self.plan(added, Next::Add(dialog));
            return;
        }
        let impatient = at + draws::patience(&mut talk.chance);
        let answered = at + draws::answering(&mut talk.chance);
        self.plan(impatient, Next::LosePatience(dialog, mark));
        if let Some((Some(Holder::User(user)), _)) = situation(gateway, dialog) {
            self.plan(answered, Next::Answer(dialog, user, mark));
        }
    }

    fn hear_manager(&mut self, dialog: Id, user: Id, at: Moment) {
        let Some(talk) = self.talks.get_mut(&dialog) else { return };
        talk.mark += 1;
        let mark = talk.mark;
        talk.answers = talk.answers.saturating_sub(1);
        if talk.answers > 0 {
            talk.additions = u32::from(talk.chance.random_bool(0.3));
            let (replies, ends) =
                (at + draws::replying(&mut talk.chance), at + draws::giving_up_on_them(&mut talk.chance));
            self.plan(replies, Next::Reply(dialog, mark));
            // Should they never come back, that is the end too.
            self.plan(ends, Next::Close(dialog, user, mark));
        } else {
            let ends = at + draws::closing(&mut talk.chance);
            self.plan(ends, Next::Close(dialog, user, mark));
        }
    }

    fn hear_of_holder(&mut self, dialog: Id, user: Id, gateway: &Gateway, at: Moment) {
        let Some(talk) = self.talks.get_mut(&dialog) else { return };
        let mark = talk.mark;
        let Some((_, waits)) = situation(gateway, dialog) else { return };
        if waits {
            let answers = at + draws::answering(&mut talk.chance);
            self.plan(answers, Next::Answer(dialog, user, mark));
        } else {
            let wait = if talk.answers > 0 {
                draws::giving_up_on_them(&mut talk.chance)
            } else {
                draws::closing(&mut talk.chance)
            };
            self.plan(at + wait, Next::Close(dialog, user, mark));
        }
    }

    fn hear_of_end(&mut self, dialog: Id, at: Moment) {
        let Some(mut talk) = self.talks.remove(&dialog) else { return };
        if talk.chance.random_bool(draws::SHARE_THAT_THANKS_LATE) {
            let thanks = at + draws::replying(&mut talk.chance);
            self.plan(thanks, Next::ThankLate(talk.chat));
        }
    }

    pub(super) fn add(&mut self, dialog: Id, around: &mut Around<'_>) {
        let Some(talk) = self.talks.get_mut(&dialog) else { return };
        write(talk.chat, names::addition(&mut talk.chance), around);
    }

    pub(super) fn reply(&mut self, dialog: Id, mark: u32, around: &mut Around<'_>) {
        let Some(talk) = self.talks.get_mut(&dialog).filter(|talk| talk.mark == mark) else { return };
        write(talk.chat, names::reply(&mut talk.chance), around);
    }

    /// Asks once whether anybody is there; the second time, gives up and says nothing more.
    pub(super) fn lose_patience(&mut self, dialog: Id, mark: u32, around: &mut Around<'_>) {
        let Some(talk) = self.talks.get_mut(&dialog).filter(|talk| talk.mark == mark) else { return };
        talk.reminders += 1;
        if talk.reminders > 1 {
            talk.answers = talk.answers.min(1);
            return;
        }
        write(talk.chat, "¿Hay alguien?", around);
    }

    pub(super) fn answer(&mut self, dialog: Id, user: Id, mark: u32, at: Moment, around: &mut Around<'_>) {
        let colleagues = self.colleagues_of(user, around);
        let is_there = self.staff.get(&user).is_some_and(super::staff::Colleague::is_there);
        let Some(talk) = self.talks.get_mut(&dialog).filter(|talk| talk.mark == mark) else { return };
        if !matches!(situation(around.gateway, dialog), Some((Some(Holder::User(holder)), _)) if holder == user)
        {
            return;
        }
        if is_there && talk.is_handed_on && !colleagues.is_empty() {
            talk.is_handed_on = false;
            let to = colleagues[talk.chance.random_range(0..colleagues.len())];
            // The gateway may have dismissed them this instant.
            let _ = around.gateway.assign_by_hand(dialog, to, around.now);
            return;
        }
        if is_there && talk.chance.random_bool(draws::SHARE_THAT_ASKS_WHY) {
            around.gateway.user_commands(user, talk.chat, "/why", around.now);
        }
        let text = names::answer(&mut talk.chance);
        if !is_there || around.gateway.user_writes(user, talk.chat, text, around.now).is_err() {
            self.plan(at + LATER, Next::Answer(dialog, user, mark));
        }
    }

    pub(super) fn close(&mut self, dialog: Id, user: Id, mark: u32, at: Moment, around: &mut Around<'_>) {
        if self.talks.get(&dialog).is_none_or(|talk| talk.mark != mark) {
            return;
        }
        if !matches!(situation(around.gateway, dialog), Some((Some(Holder::User(holder)), _)) if holder == user)
        {
            return;
        }
        let is_there = self.staff.get(&user).is_some_and(super::staff::Colleague::is_there);
        if !is_there || around.gateway.close(dialog, around.now).is_err() {
            self.plan(at + LATER, Next::Close(dialog, user, mark));
        }
    }

    /// "Thank you" after the end: the gateway opens another dialog for it. One answer, and it is over.
    pub(super) fn thank_late(chat: Id, around: &mut Around<'_>) {
        let is_over = around.gateway.open_dialog_of(chat).is_none();
        if is_over {
            write(chat, "¡Gracias!", around);
        }
    }
}
