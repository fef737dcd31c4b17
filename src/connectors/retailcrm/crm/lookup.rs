//! Who is this customer in the CRM? Asked once for many, remembered for a while, never in anybody's way.
//!
//! A pure state machine: it is told of customers and of answers, and says what to ask next and what is news. It is
//! bounded whatever comes: a customer is at most once in it, and when it is full, whoever was seen longest ago goes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::facts::{CrmFacts, best, same_number};
use super::pace::wait;
use super::request::Request;
use crate::connectors::retailcrm::crm_wire;
use crate::domain::time::Timestamp;

/// A customer's id in the Message Gateway.
pub type GatewayId = u64;

/// How long answers hold, and how much is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// How long what was found holds.
    pub found: Duration,
    /// How long it holds that nobody was found.
    pub nobody: Duration,
    /// News of a customer sooner than this after a look-up wait until then.
    pub news: Duration,
    /// Most customers remembered.
    pub customers: usize,
    /// Most questions on their way.
    pub at_once: usize,
    /// How often a customer is tried again after failures, before the next news of them.
    pub attempts: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            found: Duration::from_mins(15),
            nobody: Duration::from_mins(5),
            news: Duration::from_secs(30),
            customers: 20_000,
            at_once: 4,
            attempts: 6,
        }
    }
}

/// A customer as the gateway shows them: what the CRM may know them by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their id in the gateway.
    pub id: GatewayId,
    /// Telephone number; may be empty.
    pub phone: String,
    /// E-mail address; may be empty.
    pub email: String,
}

impl Person {
    /// Takes over what is said of them; what is not said stays.
    fn learn(&mut self, said: &Self) {
        for (known, said) in [(&mut self.phone, &said.phone), (&mut self.email, &said.email)] {
            if !said.is_empty() {
                known.clone_from(said);
            }
        }
    }
}

/// By what a customer is looked up; tried in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Their id in the gateway.
    Gateway,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
}

/// A question for the CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// About whom.
    pub person: Person,
    /// By what.
    pub by: By,
}

impl Question {
    /// The request that asks it.
    pub fn request(&self) -> Request {
        match self.by {
            By::Gateway => Request::customers_of_gateway(self.person.id),
            By::Phone => Request::customers_of_phone(&self.person.phone),
            By::Email => Request::customers_of_email(&self.person.email),
        }
    }

    /// Whether a record that came back is theirs: filters find more than was asked for.
    fn means(&self, customer: &crm_wire::Customer) -> bool {
        match self.by {
            By::Gateway => true,
            By::Phone => customer.phones.iter().any(|phone| same_number(&phone.number, &self.person.phone)),
            By::Email => customer.email.eq_ignore_ascii_case(&self.person.email),
        }
    }
}

/// What is known of a customer at the moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    /// What the CRM knows, as far as anybody remembers.
    pub facts: Option<Arc<CrmFacts>>,
    /// An answer is on its way that may say more; a wait for it is a wait for something.
    pub is_pending: bool,
    /// The CRM was asked, and knows nobody like them.
    pub is_nobody: bool,
}

/// News of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Of whom.
    pub person: GatewayId,
    /// What came of asking.
    pub outcome: Outcome,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The CRM knows them, and now says this; the same as before is told too, since it ends a wait.
    Found(Arc<CrmFacts>),
    /// The CRM does not know them.
    Nobody,
    /// The CRM did not answer; it is asked again later.
    NoAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// To be asked.
    Queued(By),
    /// Asked.
    Asked(By),
    /// Nothing to ask before.
    Settled(Timestamp),
}

#[derive(Clone, Debug)]
struct Entry {
    person: Person,
    stage: Stage,
    facts: Option<Arc<CrmFacts>>,
    is_nobody: bool,
    /// There was news while the question was on its way.
    is_stale: bool,
    asked_at: Timestamp,
    failures: u32,
    seen: u64,
}

/// The look-ups of one account.
#[derive(Clone, Debug)]
pub struct Lookup {
    memory: Memory,
    entries: BTreeMap<GatewayId, Entry>,
    /// When each was seen last, the longest ago first.
    by_seen: BTreeSet<(u64, GatewayId)>,
    queue: VecDeque<GatewayId>,
    under_way: usize,
    seen: u64,
    /// Failures in a row, of any question.
    failures: u32,
    rests_until: Option<Timestamp>,
    /// Customers who were not looked up because nothing more could be remembered.
    refused: u64,
}

impl Lookup {
    /// Nobody is known yet.
    pub fn new(memory: Memory) -> Self {
        Self {
            memory: Memory { customers: memory.customers.max(1), at_once: memory.at_once.max(1), ..memory },
            entries: BTreeMap::new(),
            by_seen: BTreeSet::new(),
            queue: VecDeque::new(),
            under_way: 0,
            seen: 0,
            failures: 0,
            rests_until: None,
            refused: 0,
        }
    }

    /// Somebody writes: what is known of them? Asks when that is nothing, or old, or there is more to ask by.
    pub fn see(&mut self, person: &Person, now: Timestamp) -> Sight {
        let has_settled = |until: Timestamp| until <= now;
        self.touch(person, now, has_settled)
    }

    /// The gateway reports a change of them: asks again, but not over and over.
    pub fn news(&mut self, person: &Person, now: Timestamp) -> Sight {
        let (asked_at, pause) = (self.entries.get(&person.id).map(|entry| entry.asked_at), self.memory.news);
        self.touch(person, now, |until| until <= now || asked_at.is_none_or(|at| at + pause <= now))
    }

    fn touch(&mut self, person: &Person, now: Timestamp, is_due: impl Fn(Timestamp) -> bool) -> Sight {
        if !self.entries.contains_key(&person.id) && !self.make_room() {
            self.refused += 1;
            return Sight::default();
        }
        self.seen += 1;
        let seen = self.seen;
        let entry = self.entries.entry(person.id).or_insert_with(|| Entry {
            person: person.clone(),
            stage: Stage::Settled(now),
            facts: None,
            is_nobody: false,
            is_stale: false,
            asked_at: now,
            failures: 0,
            seen,
        });
        self.by_seen.remove(&(entry.seen, person.id));
        self.by_seen.insert((seen, person.id));
        entry.seen = seen;
        let before = entry.person.clone();
        entry.person.learn(person);
        let has_more_to_ask_by = entry.person != before;
        match entry.stage {
            Stage::Settled(until) if has_more_to_ask_by || is_due(until) => {
                entry.stage = Stage::Queued(By::Gateway);
                entry.failures = 0;
                self.queue.push_back(person.id);
            }
            Stage::Asked(_) => entry.is_stale |= has_more_to_ask_by,
            Stage::Settled(_) | Stage::Queued(_) => {}
        }
        let is_pending = !matches!(entry.stage, Stage::Settled(_));
        Sight { facts: entry.facts.clone(), is_pending, is_nobody: entry.is_nobody }
    }

    /// Forgets whoever was seen longest ago, if need be. False: all of them are being asked about.
    fn make_room(&mut self) -> bool {
        if self.entries.len() < self.memory.customers {
            return true;
        }
        let is_settled = |id: &GatewayId| {
            self.entries.get(id).is_some_and(|entry| matches!(entry.stage, Stage::Settled(_)))
        };
        let Some(oldest) = self.by_seen.iter().find(|(_, id)| is_settled(id)).copied() else {
            return false;
        };
        self.by_seen.remove(&oldest);
        self.entries.remove(&oldest.1);
        true
    }

    /// Whether an answer about a customer is on its way, from a CRM that answered when it was asked last.
    pub fn answers_soon(&self, id: GatewayId) -> bool {
        let is_asking = |entry: &Entry| entry.failures == 0 && !matches!(entry.stage, Stage::Settled(_));
        self.failures == 0 && self.entries.get(&id).is_some_and(is_asking)
    }

    /// What is remembered of a customer.
    pub fn facts(&self, id: GatewayId) -> Option<&Arc<CrmFacts>> {
        self.entries.get(&id)?.facts.as_ref()
    }

    /// What to ask now. Answer each with [`Lookup::answer`] or [`Lookup::fail`].
    pub fn next(&mut self, now: Timestamp) -> Option<Question> {
        if self.under_way >= self.memory.at_once || self.rests_until.is_some_and(|until| now < until) {
            return None;
        }
        while let Some(id) = self.queue.pop_front() {
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            let Stage::Queued(by) = entry.stage else {
                continue;
            };
            entry.stage = Stage::Asked(by);
            entry.asked_at = now;
            self.under_way += 1;
            return Some(Question { person: entry.person.clone(), by });
        }
        None
    }

    /// When to call [`Lookup::next`] again, though nothing happens before.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.rests_until.filter(|_| !self.queue.is_empty() && self.under_way < self.memory.at_once)
    }

    /// The CRM answered.
    pub fn answer(
        &mut self,
        question: &Question,
        found: &[crm_wire::Customer],
        now: Timestamp,
    ) -> Option<Update> {
        self.failures = 0;
        self.rests_until = None;
        let (found_holds, nobody_holds) = (now + self.memory.found, now + self.memory.nobody);
        let entry = self.asked(question)?;
        entry.failures = 0;
        if entry.is_stale {
            entry.is_stale = false;
            return self.ask_next(question.person.id, By::Gateway);
        }
        let meant = best(found.iter().filter(|customer| question.means(customer)));
        if let Some(customer) = meant {
            let facts = Arc::new(CrmFacts::from(customer));
            entry.facts = Some(Arc::clone(&facts));
            entry.is_nobody = false;
            entry.stage = Stage::Settled(found_holds);
            return Some(Update { person: question.person.id, outcome: Outcome::Found(facts) });
        }
        if let Some(by) = next_way(&entry.person, question.by) {
            return self.ask_next(question.person.id, by);
        }
        entry.facts = None;
        entry.is_nobody = true;
        entry.stage = Stage::Settled(nobody_holds);
        Some(Update { person: question.person.id, outcome: Outcome::Nobody })
    }

    /// The CRM did not answer. `is_passing`: asking again later may help. What was known stays known.
    pub fn fail(
        &mut self,
        question: &Question,
        is_passing: bool,
        chance: u32,
        now: Timestamp,
    ) -> Option<Update> {
        if is_passing {
            self.failures = self.failures.saturating_add(1);
            self.rests_until = Some(now + wait(self.failures, chance, None));
        }
        let (attempts, nobody) = (self.memory.attempts, self.memory.nobody);
        let entry = self.asked(question)?;
        entry.is_stale = false;
        entry.failures += 1;
        let is_first = entry.failures == 1;
        if is_passing && entry.failures < attempts {
            entry.stage = Stage::Queued(question.by);
            self.queue.push_back(question.person.id);
        } else {
            entry.stage = Stage::Settled(now + nobody);
        }
        is_first.then_some(Update { person: question.person.id, outcome: Outcome::NoAnswer })
    }

    fn asked(&mut self, question: &Question) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&question.person.id)?;
        // An answer that nobody waits for is of a question that was answered before.
        if entry.stage != Stage::Asked(question.by) {
            return None;
        }
        self.under_way = self.under_way.saturating_sub(1);
        Some(entry)
    }

    /// Somebody half looked up goes before those who were not looked up at all.
    fn ask_next(&mut self, id: GatewayId, by: By) -> Option<Update> {
        self.entries.get_mut(&id)?.stage = Stage::Queued(by);
        self.queue.push_front(id);
        None
    }

    /// Customers remembered, questions that wait, and customers who were turned away.
    pub fn size(&self) -> (usize, usize, u64) {
        (self.entries.len(), self.queue.len(), self.refused)
    }
}

fn next_way(person: &Person, after: By) -> Option<By> {
    let ways =
        [(By::Gateway, true), (By::Phone, !person.phone.is_empty()), (By::Email, !person.email.is_empty())];
    ways.into_iter().find(|(by, is_there)| *is_there && *by > after).map(|(by, _)| by)
}

#[cfg(test)]
mod tests;
