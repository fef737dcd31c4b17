//! Simulated people: customers who arrive, write, wait and lose patience; managers who come, eat, answer and leave.
//!
//! | file | idea |
//! |---|---|
//! | `draws` | how long people take, and the shape of a day, with the published data each figure is from |
//! | `names` | what they are called and what they say |
//! | `cast` | who there is at the beginning: channels, managers, groups, customers on record |
//! | `staff` | shifts, lunch, lines that drop |
//! | `talks` | one conversation: who has to say something next |
//!
//! Pure and seeded. People live in a time of their own, counted from the midnight before the sandbox begins; it may run
//! faster than the gateway's stamps. What a person does depends on the seed and on what happened to them, never on when
//! somebody looked. What a bot does, people learn from the gateway's journal.

mod cast;
mod draws;
mod names;
mod staff;
mod talks;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::crm::Crm;
use super::gateway::Gateway;
use super::gateway::journal::Entry;
use super::gateway::records::Id;
use crate::domain::time::Timestamp;
use staff::Colleague;
use talks::Talk;

/// A point in people's time: since the midnight before the sandbox began.
type Moment = Duration;

const DAY: Duration = Duration::from_hours(24);

/// Who lives here, and how much comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What everything is drawn from.
    pub seed: u64,
    /// Managers.
    pub managers: usize,
    /// Channels.
    pub channels: usize,
    /// Times somebody writes anew on a day.
    pub dialogs: usize,
    /// Days on which customers come; people finish what is open afterwards.
    pub days: u32,
    /// What time of the day it is at the beginning.
    pub begins: Duration,
    /// How much faster people live than the gateway's clock goes.
    pub speed: f64,
}

impl Default for Plan {
    /// A whole day of a large account: 10,000 dialogs, 60 managers, 6 channels.
    fn default() -> Self {
        Self {
            seed: 1,
            managers: 60,
            channels: 6,
            dialogs: 10_000,
            days: 1,
            begins: Duration::ZERO,
            speed: 1.0,
        }
    }
}

/// What somebody does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// The next customer of this day arrives.
    Arrive(u32, usize),
    /// A customer adds something to what they wrote.
    Add(Id),
    /// A customer replies; unless something was said after this mark.
    Reply(Id, u32),
    /// A customer has waited long enough since this mark.
    LosePatience(Id, u32),
    /// A manager gets round to answering what was said at this mark.
    Answer(Id, Id, u32),
    /// A manager closes a dialog in which nothing was said after this mark.
    Close(Id, Id, u32),
    /// A customer thanks after the end, which begins another dialog.
    ThankLate(Id),
    /// A manager comes.
    Come(Id),
    /// A manager goes to lunch.
    Lunch(Id),
    /// A manager is back from lunch.
    Return(Id),
    /// A manager goes home.
    Leave(Id),
    /// A manager's line drops, or is back.
    Line(Id, bool),
}

/// All of them.
#[derive(Debug)]
pub struct People {
    plan: Plan,
    /// The stamp at which people's time was [`Plan::begins`].
    started: Timestamp,
    agenda: BinaryHeap<Reverse<(Moment, u64, Next)>>,
    steps: u64,
    arrivals: Vec<Moment>,
    staff: BTreeMap<Id, Colleague>,
    talks: BTreeMap<Id, Talk>,
    channels: Vec<Id>,
    still_come: bool,
    /// When everybody stopped where they are.
    stopped: Option<Timestamp>,
}

/// The world around people, for as long as they act.
struct Around<'a> {
    gateway: &'a mut Gateway,
    crm: &'a mut Crm,
    now: Timestamp,
}

impl People {
    /// Moves them in: channels, managers and customers on record are added to the world.
    pub fn move_in(plan: Plan, gateway: &mut Gateway, crm: &mut Crm, now: Timestamp) -> Self {
        let (channels, users) = cast::fill(&plan, gateway, crm, now);
        let mut people = Self {
            started: now,
            agenda: BinaryHeap::new(),
            steps: 0,
            arrivals: Vec::new(),
            staff: BTreeMap::new(),
            talks: BTreeMap::new(),
            channels,
            still_come: true,
            stopped: None,
            plan,
        };
        let begins = people.plan.begins;
        for (at, user) in users.into_iter().enumerate() {
            people.staff.insert(user, Colleague::new(at, people.plan.seed));
            let mut around = Around { gateway, crm, now };
            people.begin_work(user, begins, &mut around);
        }
        people.plan_day(0, begins);
        people
    }

    /// What time it is for them.
    pub fn time(&self, now: Timestamp) -> Duration {
        let now = self.stopped.map_or(now, |stopped| now.min(stopped));
        self.plan.begins + now.since(self.started).mul_f64(self.plan.speed)
    }

    /// Everybody stops where they are: nobody comes, writes, answers or leaves any more.
    pub fn stop_at(&mut self, now: Timestamp) {
        self.stopped.get_or_insert(now);
        self.agenda.clear();
    }

    /// Whether nobody new will come and every conversation is over.
    pub fn are_done(&self) -> bool {
        !self.still_come && self.talks.is_empty()
    }

    /// Whether a manager's shift is on.
    pub fn is_on_shift(&self, user: Id) -> bool {
        self.staff.get(&user).is_some_and(|colleague| colleague.is_on_shift)
    }

    /// Does what is due by now.
    pub fn advance(&mut self, gateway: &mut Gateway, crm: &mut Crm, now: Timestamp) -> Vec<Entry> {
        let until = self.time(now);
        let mut told = Vec::new();
        while let Some(Reverse((at, _, next))) = self.agenda.peek().copied() {
            if at > until {
                break;
            }
            self.agenda.pop();
            self.act(next, at, &mut Around { gateway: &mut *gateway, crm: &mut *crm, now });
            for entry in gateway.take_journal() {
                self.hear(&entry, gateway, at);
                told.push(entry);
            }
        }
        told
    }

    /// Hears what happened without their doing.
    pub fn learn(&mut self, entry: &Entry, gateway: &Gateway, now: Timestamp) {
        if self.stopped.is_some() {
            return;
        }
        let at = self.time(now);
        self.hear(entry, gateway, at);
    }

    fn plan(&mut self, at: Moment, next: Next) {
        self.steps += 1;
        self.agenda.push(Reverse((at, self.steps, next)));
    }

    /// When customers come on this day. Those who came before the sandbox began are left out.
    fn plan_day(&mut self, day: u32, from: Moment) {
        if day >= self.plan.days || self.plan.dialogs == 0 {
            self.still_come = false;
            return;
        }
        let mut chance = ChaCha8Rng::seed_from_u64(self.plan.seed.wrapping_add(u64::from(day)));
        let midnight = DAY * day;
        let mut arrivals: Vec<_> =
            (0..self.plan.dialogs).map(|_| midnight + draws::time_of_day(&mut chance)).collect();
        arrivals.sort_unstable();
        self.arrivals = arrivals;
        let first = self.arrivals.partition_point(|at| *at < from);
        self.plan_arrival(day, first);
    }

    fn plan_arrival(&mut self, day: u32, number: usize) {
        match self.arrivals.get(number) {
            Some(at) => self.plan(*at, Next::Arrive(day, number)),
            None => self.plan_day(day + 1, DAY * (day + 1)),
        }
    }

    fn act(&mut self, next: Next, at: Moment, around: &mut Around<'_>) {
        match next {
            Next::Arrive(day, number) => {
                self.arrive(day, number, around);
                self.plan_arrival(day, number + 1);
            }
            Next::Add(dialog) => self.add(dialog, around),
            Next::Reply(dialog, mark) => self.reply(dialog, mark, around),
            Next::LosePatience(dialog, mark) => self.lose_patience(dialog, mark, around),
            Next::Answer(dialog, user, mark) => self.answer(dialog, user, mark, at, around),
            Next::Close(dialog, user, mark) => self.close(dialog, user, mark, at, around),
            Next::ThankLate(chat) => Self::thank_late(chat, around),
            Next::Come(user) => self.begin_work(user, at, around),
            Next::Lunch(user) => self.go_to_lunch(user, at, around),
            Next::Return(user) => self.return_from_lunch(user, around),
            Next::Leave(user) => self.leave(user, at, around),
            Next::Line(user, is_up) => self.change_line(user, is_up, at, around),
        }
    }

    /// A new customer, or one who was here before, writes.
    fn arrive(&mut self, day: u32, number: usize, around: &mut Around<'_>) {
        let seed =
            self.plan.seed ^ (u64::from(day) << 40) ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let before = day as usize * self.plan.dialogs + number;
        let is_known = before > 0 && chance.random_bool(draws::SHARE_THAT_RETURNS);
        let who = if is_known { chance.random_range(0..before) } else { before };
        let channel = self.channels[who % self.channels.len()];
        let party = cast::party(who);
        let text = names::opening(&mut chance);
        // A channel that was switched off takes nothing.
        let _ = around.gateway.customer_writes(channel, &party, text, around.now);
    }
}

#[cfg(test)]
mod tests;
