//! The judge: folds the event feed and names everything that should not be. Pure; it is fed events in order.
//!
//! What holds without any leeway, because it is about the order of the feed alone: sequence numbers, event ids,
//! one responsible at a time, nothing after closure, only people allowed, nobody over capacity, nothing
//! acknowledged lost.
//!
//! What needs leeway: "no dialog waits while somebody allowed has room". The events of a dialog and of the manager
//! who becomes free are stamped by different actors, each when it handles its own message; between a closure and
//! the assignment that it makes possible lies the time those messages take, and events of other dialogs may stand
//! between them. So a span between two stamps of exactly zero would accuse the innocent. The judge measures instead:
//! the time by the server's own stamps during which a dialog waited *and* somebody allowed had room, without a
//! break. Longer than `grace` is a violation, and the longest one is reported, so that a run can be held to a
//! tighter bound. At the end of the feed, when nothing is under way any more, no leeway is given at all.
//! Time in which the server was away does not count.
//! The same grace covers somebody assigned a moment after they became absent.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::feed::{Event, Holder, What, fingerprint};
use crate::domain::ids::{ChannelId, GroupId};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

pub mod claims;
mod compare;
pub mod outages;
pub mod room;
pub mod verdict;
pub mod violation;

#[cfg(test)]
mod tests;

use outages::Outages;
use room::{Allowed, Class, DialogNo, InVain, ManagerNo, Member, Room};
use verdict::Verdict;
use violation::{Kind, Violation};

/// How many violations are kept with their text; all are counted.
const KEPT: usize = 1_000;

/// Which group must take a dialog, when that is known from outside: by the dialog's id.
pub type GroupOf = Box<dyn Fn(&str) -> Option<GroupId>>;

/// What the judge knows before the first event.
pub struct Terms {
    /// The number of the last event before the run.
    pub after: u64,
    /// All managers: their groups and capacities, and presence and load before the run.
    pub managers: Vec<Member>,
    /// What dialogs cost by channel; one unit when not listed.
    pub costs: BTreeMap<ChannelId, Units>,
    /// Who must take a dialog. Without it, the judge takes the server's decisions at their word.
    pub group_of: Option<GroupOf>,
    /// Units that rules may book over a manager's capacity.
    pub over_capacity: Units,
    /// The rule file charges idle dialogs less: loads are upper bounds, and capacity cannot be judged.
    pub idle_discount: bool,
    /// See the module.
    pub grace: Duration,
    /// When the server was away: that time does not count as waiting in vain.
    pub outages: Outages,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Opened, not yet spoken of.
    Fresh,
    Waiting,
    Held(By),
    Closed,
    /// Opened before the run, or never to be routed.
    Foreign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    Manager(ManagerNo),
    Bot(String),
}

struct Dialog {
    state: State,
    cost: Units,
    group: Option<GroupId>,
    opened_at: Timestamp,
    was_assigned: bool,
    first: Option<By>,
    taken_from: Option<ManagerNo>,
    /// Who is asked, as long as they have not answered: room for it is kept with them.
    offered: Option<ManagerNo>,
    /// Somebody passed it, since somebody is looked for.
    was_passed: bool,
}

/// Folds events.
pub struct Judge {
    terms: Terms,
    room: Room,
    dialogs: Vec<Dialog>,
    names: Vec<String>,
    by_name: HashMap<String, DialogNo>,
    /// Fingerprints of event ids, and of message ids: a run has millions.
    ids: HashSet<u64>,
    messages: HashSet<u64>,
    /// By manager: assignments, and the most dialogs at once.
    taken: Vec<(u64, u32)>,
    last_seq: u64,
    now: Timestamp,
    verdict: Verdict,
}

impl Judge {
    /// Begins.
    pub fn new(mut terms: Terms) -> Self {
        let mut room = Room::default();
        for member in std::mem::take(&mut terms.managers) {
            room.admit(Timestamp::default(), member);
        }
        let taken = vec![(0, 0); room.members().len()];
        Self {
            last_seq: terms.after,
            terms,
            room,
            dialogs: Vec::new(),
            names: Vec::new(),
            by_name: HashMap::new(),
            ids: HashSet::new(),
            messages: HashSet::new(),
            taken,
            now: Timestamp::default(),
            verdict: Verdict::default(),
        }
    }

    fn accuse(&mut self, kind: Kind, seq: u64, text: String) {
        *self.verdict.counts.entry(kind).or_default() += 1;
        if self.verdict.violations.len() < KEPT {
            self.verdict.violations.push(Violation { kind, seq, text });
        }
    }

    /// Reports what was found outside the feed.
    pub fn object(&mut self, kind: Kind, seq: u64, text: String) {
        self.accuse(kind, seq, text);
    }

    /// Takes in the next event.
    pub fn take(&mut self, event: &Event) {
        let seq = event.seq;
        self.verdict.events += 1;
        if seq != self.last_seq + 1 {
            self.accuse(Kind::SequenceGap, seq, format!("after event {} comes {seq}", self.last_seq));
        }
        self.last_seq = seq;
        if !self.ids.insert(fingerprint(&event.id)) {
            self.accuse(Kind::RepeatedEvent, seq, format!("the event id {} came before", &*event.id));
        }
        // Stamps of different actors may be out of order by a little; time does not run backwards here.
        self.now = self.now.max(event.at);
        let outages = &self.terms.outages;
        let in_vain = self.room.pass(self.now, self.terms.grace, |from, to| outages.within(from, to));
        self.accuse_in_vain(seq, in_vain);
        match &event.what {
            What::Available(name) => self.presence(name, true),
            What::Unavailable(name) => self.presence(name, false),
            What::Message(id) => self.messages.extend(id.as_ref().map(|id| fingerprint(id))),
            What::Other => {}
            What::Opened { .. }
            | What::Waiting(_)
            | What::Offered { .. }
            | What::OfferEnded
            | What::Assigned { .. }
            | What::Reassigned { .. }
            | What::Returned { .. }
            | What::Closed { .. }
            | What::Quarantined
            | What::OfDialog => {
                if let Some(dialog) = &event.dialog {
                    self.dialog_event(seq, dialog, event);
                }
            }
        }
    }

    fn accuse_in_vain(&mut self, seq: u64, found: Vec<InVain>) {
        for InVain { dialog, span, manager } in found {
            let member = self.room.member(manager);
            let span = if span == Duration::MAX {
                "waits at the end".to_owned()
            } else {
                format!("waited {}", super::moments::show(span))
            };
            let text = format!(
                "{} {span} while {} was available with {} of {} units in use",
                self.names[dialog], member.name, member.load, member.capacity
            );
            self.accuse(Kind::WaitedInVain, seq, text);
        }
    }

    fn presence(&mut self, name: &str, available: bool) {
        let (no, now) = (self.manager(name), self.now);
        self.room.change(now, no, |member| {
            if member.available != available {
                member.since = now;
            }
            member.available = available;
        });
    }

    /// A manager's number. Somebody of whom nothing is known has no capacity.
    fn manager(&mut self, name: &str) -> ManagerNo {
        if let Some(no) = self.room.find(name) {
            return no;
        }
        self.taken.push((0, 0));
        self.room.admit(self.now, Member { name: name.to_owned(), ..Member::default() })
    }

    fn dialog(&mut self, name: &str) -> DialogNo {
        if let Some(no) = self.by_name.get(name) {
            return *no;
        }
        let no = self.dialogs.len();
        self.by_name.insert(name.to_owned(), no);
        self.names.push(name.to_owned());
        self.dialogs.push(Dialog {
            state: State::Foreign,
            cost: Units::ONE,
            group: self.terms.group_of.as_ref().and_then(|group_of| group_of(name)),
            opened_at: self.now,
            was_assigned: false,
            first: None,
            taken_from: None,
            offered: None,
            was_passed: false,
        });
        no
    }

    fn by(&mut self, holder: &Holder) -> By {
        match holder {
            Holder::Manager(name) => By::Manager(self.manager(name)),
            Holder::Bot(name) => By::Bot(name.to_string()),
        }
    }

    fn show(&self, by: &By) -> String {
        match by {
            By::Manager(no) => self.room.member(*no).name.clone(),
            By::Bot(name) => format!("bot {name}"),
        }
    }

    fn dialog_event(&mut self, seq: u64, name: &str, event: &Event) {
        let no = self.dialog(name);
        if self.dialogs[no].state == State::Closed {
            self.accuse(Kind::AfterClosure, seq, format!("{name} was closed before this event"));
            return;
        }
        match &event.what {
            What::Opened { channel, routed } => {
                if self.dialogs[no].state != State::Foreign {
                    self.accuse(Kind::OpenedTwice, seq, format!("{name} was open already"));
                    return;
                }
                self.verdict.opened += 1;
                self.terms.outages.calibrate(name, event.at);
                let cost = channel.as_ref().and_then(|channel| self.terms.costs.get(&**channel)).copied();
                let now = self.now;
                let dialog = &mut self.dialogs[no];
                dialog.cost = cost.unwrap_or(Units::ONE);
                dialog.opened_at = now;
                if *routed {
                    dialog.state = State::Fresh;
                    self.await_room(no, None);
                }
            }
            What::Waiting(reach) => {
                if let State::Held(by) = &self.dialogs[no].state {
                    let text = format!("{name} is said to wait while {} has it", self.show(by));
                    self.accuse(Kind::TakenFromWrong, seq, text);
                    return;
                }
                self.dialogs[no].state = State::Waiting;
                self.await_room(no, reach.as_deref());
            }
            What::Offered { to, is_free } => {
                if let Some(other) = self.dialogs[no].offered {
                    let text = format!("{name} is offered to {to} and to {}", self.room.member(other).name);
                    self.accuse(Kind::AssignedTwice, seq, text);
                    self.end_offer(no);
                }
                if let By::Manager(manager) = self.by(to) {
                    self.offer(seq, no, manager, *is_free);
                }
            }
            What::OfferEnded => {
                self.end_offer(no);
                self.dialogs[no].was_passed = true;
            }
            What::Assigned { to, is_free } => {
                if let State::Held(by) = self.dialogs[no].state.clone() {
                    let text = format!("{name} went to {to} while {} had it", self.show(&by));
                    self.accuse(Kind::AssignedTwice, seq, text);
                    self.let_go(no, &by);
                }
                let to = self.by(to);
                self.hold(seq, no, &to, *is_free);
            }
            What::Reassigned { from, to, is_free } => {
                self.take_from(seq, no, from);
                self.verdict.moves += 1;
                let to = self.by(to);
                self.hold(seq, no, &to, *is_free);
            }
            What::Returned { from } => {
                self.take_from(seq, no, from);
                self.dialogs[no].state = State::Waiting;
                self.await_room(no, None);
            }
            What::Closed { last } => {
                self.verdict.closed += 1;
                match (last, self.dialogs[no].state.clone()) {
                    (Some(last), State::Held(_) | State::Foreign) => self.take_from(seq, no, last),
                    (None, State::Held(by)) => {
                        let text = format!("{name} closed as if nobody had it, but {} had", self.show(&by));
                        self.accuse(Kind::TakenFromWrong, seq, text);
                        self.let_go(no, &by);
                    }
                    // Whoever is named here had it before it was returned.
                    (_, State::Fresh | State::Waiting | State::Foreign | State::Closed) => {}
                }
                self.room.stop_waiting(no);
                self.end_offer(no);
                self.dialogs[no].state = State::Closed;
            }
            What::Quarantined => self.room.stop_waiting(no),
            What::OfDialog | What::Message(_) | What::Available(_) | What::Unavailable(_) | What::Other => {}
        }
    }

    /// The dialog waits from now on for whoever may take it, as far as that is known.
    fn await_room(&mut self, no: DialogNo, reach: Option<&[String]>) {
        let dialog = &self.dialogs[no];
        // Who passed, and until when, only the server knows.
        if dialog.was_passed {
            return;
        }
        let allowed = match (&dialog.group, reach) {
            (Some(group), _) => Allowed::Group(group.clone()),
            (None, Some(targets)) => Allowed::Targets(targets.to_vec()),
            // Before the server has said how it looks at the dialog, nothing can be held against it.
            (None, None) if dialog.state == State::Fresh || self.terms.group_of.is_some() => return,
            (None, None) => Allowed::Everyone,
        };
        let class = Class { allowed, cost: dialog.cost, except: dialog.taken_from };
        self.room.wait(self.now, no, class);
    }

    fn hold(&mut self, seq: u64, no: DialogNo, to: &By, is_free: bool) {
        self.verdict.assignments += 1;
        self.room.stop_waiting(no);
        // Whoever accepts was judged when they were asked.
        let is_accepted = self.dialogs[no].offered.is_some();
        self.end_offer(no);
        self.dialogs[no].was_passed = false;
        let dialog = &mut self.dialogs[no];
        if !dialog.was_assigned && dialog.state != State::Foreign {
            self.verdict.waits.add(self.now.since(dialog.opened_at));
        }
        dialog.was_assigned = true;
        dialog.state = State::Held(to.clone());
        dialog.first.get_or_insert_with(|| to.clone());
        if let &By::Manager(manager) = to {
            if !is_free && !is_accepted {
                self.judge_choice(seq, no, manager);
            }
            let (cost, now) = (self.dialogs[no].cost, self.now);
            self.room.change(now, manager, |member| {
                member.load = member.load.plus(cost);
                member.held += 1;
            });
            let (taken, most) = &mut self.taken[manager];
            *taken += 1;
            *most = (*most).max(self.room.member(manager).held);
        }
    }

    /// Somebody is asked: nobody else may have that room.
    fn offer(&mut self, seq: u64, no: DialogNo, manager: ManagerNo, is_free: bool) {
        self.room.stop_waiting(no);
        if !is_free {
            self.judge_choice(seq, no, manager);
        }
        let (cost, now) = (self.dialogs[no].cost, self.now);
        self.room.change(now, manager, |member| member.load = member.load.plus(cost));
        self.dialogs[no].offered = Some(manager);
    }

    fn end_offer(&mut self, no: DialogNo) {
        if let Some(manager) = self.dialogs[no].offered.take() {
            let (cost, now) = (self.dialogs[no].cost, self.now);
            self.room.change(now, manager, |member| member.load = member.load.minus(cost));
        }
    }

    /// The engine's own choice must respect group, presence and capacity. (A person's choice is a fact, and the
    /// default assignment may name anybody.)
    fn judge_choice(&mut self, seq: u64, no: DialogNo, manager: ManagerNo) {
        let (dialog, member) = (&self.dialogs[no], self.room.member(manager));
        let name = &self.names[no];
        let mut found = Vec::new();
        if let Some(group) = dialog.group.as_ref().filter(|group| !member.groups.contains(*group)) {
            found.push((
                Kind::NotAllowed,
                format!("{name} is for group {group}, and {} is not in it", member.name),
            ));
        }
        let load = member.load.plus(dialog.cost);
        if load > member.capacity.plus(self.terms.over_capacity) && !self.terms.idle_discount {
            let text = format!("{name} brings {} to {load} of {} units", member.name, member.capacity);
            found.push((Kind::OverCapacity, text));
        }
        let absent_for = self.now.since(member.since);
        if !member.available && absent_for > self.terms.grace {
            let span = super::moments::show(absent_for);
            found.push((Kind::Absent, format!("{name} went to {}, absent for {span}", member.name)));
        }
        for (kind, text) in found {
            self.accuse(kind, seq, text);
        }
    }

    /// The dialog leaves whoever is said to have it.
    fn take_from(&mut self, seq: u64, no: DialogNo, from: &Holder) {
        let from = self.by(from);
        match self.dialogs[no].state.clone() {
            State::Held(by) => {
                if by != from {
                    let text = format!(
                        "{} is taken from {}, but {} has it",
                        self.names[no],
                        self.show(&from),
                        self.show(&by)
                    );
                    self.accuse(Kind::TakenFromWrong, seq, text);
                }
                self.let_go(no, &by);
            }
            // Opened before the run: this is how we learn who has it.
            State::Foreign => self.let_go(no, &from),
            State::Fresh | State::Waiting | State::Closed => {
                let text =
                    format!("{} is taken from {}, but nobody has it", self.names[no], self.show(&from));
                self.accuse(Kind::TakenFromWrong, seq, text);
            }
        }
    }

    fn let_go(&mut self, no: DialogNo, by: &By) {
        if let By::Manager(manager) = by {
            let (cost, now) = (self.dialogs[no].cost, self.now);
            self.room.change(now, *manager, |member| {
                member.load = member.load.minus(cost);
                member.held = member.held.saturating_sub(1);
            });
            self.dialogs[no].taken_from = Some(*manager);
        }
    }
}
