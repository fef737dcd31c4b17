//! Who has room, and who waits all the same: the fold behind "no dialog waited while somebody allowed had room".
//!
//! Waiting dialogs that the same people may take at the same cost form a class. A class knows how many of its
//! people have room, and since when at least one has; so an event costs a look at each class, not at each manager.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::ids::GroupId;
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// A manager, by place in the list.
pub type ManagerNo = usize;
/// A dialog, by place in the list.
pub type DialogNo = usize;

/// Who may take a dialog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowed {
    /// Everybody.
    Everyone,
    /// The members of a group.
    Group(GroupId),
    /// Those whom the decision's steps name: `everyone`, `group:…`, `manager:…`.
    Targets(Vec<String>),
}

/// A manager as the events add up.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Their id.
    pub name: String,
    /// Their groups.
    pub groups: BTreeSet<GroupId>,
    /// The most they may hold.
    pub capacity: Units,
    /// What they hold, in units.
    pub load: Units,
    /// What they hold, in dialogs.
    pub held: u32,
    /// Whether they may take work, and since when.
    pub available: bool,
    /// When that changed.
    pub since: Timestamp,
}

impl Member {
    fn has_room(&self, cost: Units) -> bool {
        self.available && self.load.plus(cost) <= self.capacity
    }

    /// Whether they are among those allowed.
    pub fn is_in(&self, allowed: &Allowed) -> bool {
        match allowed {
            Allowed::Everyone => true,
            Allowed::Group(group) => self.groups.contains(group),
            Allowed::Targets(targets) => targets.iter().any(|target| match target.split_once(':') {
                Some(("group", group)) => self.groups.contains(group),
                Some(("manager", name)) => self.name == name,
                _ => target == "everyone",
            }),
        }
    }
}

/// What dialogs of a class have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Who may take them.
    pub allowed: Allowed,
    /// What they cost.
    pub cost: Units,
    /// Not this one: it was just taken from them.
    pub except: Option<ManagerNo>,
}

#[derive(Debug)]
struct Queue {
    class: Class,
    /// By manager: may they.
    allowed: Vec<bool>,
    /// By manager: may they, and have they room.
    roomy: Vec<bool>,
    /// How many of them.
    count: usize,
    /// Since when at least one of them has room.
    since: Option<Timestamp>,
    /// Who waits, by when they began to.
    waiting: BTreeSet<(Timestamp, DialogNo)>,
}

impl Queue {
    /// Somebody is new, or is in other groups.
    fn admit(&mut self, at: Timestamp, no: ManagerNo, member: &Member) {
        if self.roomy.len() <= no {
            self.roomy.resize(no + 1, false);
            self.allowed.resize(no + 1, false);
        }
        self.allowed[no] = self.class.except != Some(no) && member.is_in(&self.class.allowed);
        self.look(at, no, member);
    }

    fn look(&mut self, at: Timestamp, no: ManagerNo, member: &Member) {
        let has_room = self.allowed[no] && member.has_room(self.class.cost);
        match (self.roomy[no], has_room) {
            (false, true) => self.count += 1,
            (true, false) => self.count -= 1,
            (true, true) | (false, false) => return,
        }
        self.roomy[no] = has_room;
        self.since = match (self.count, self.since) {
            (0, _) => None,
            (_, None) => Some(at),
            (_, since) => since,
        };
    }
}

/// A dialog that waited although somebody had room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InVain {
    /// The dialog.
    pub dialog: DialogNo,
    /// For how long by now.
    pub span: Duration,
    /// One who had room.
    pub manager: ManagerNo,
}

/// All managers, and all who wait.
#[derive(Debug, Default)]
pub struct Room {
    members: Vec<Member>,
    by_name: BTreeMap<String, ManagerNo>,
    queues: Vec<Queue>,
    by_class: BTreeMap<Class, usize>,
    place: BTreeMap<DialogNo, (usize, Timestamp)>,
    told: BTreeSet<DialogNo>,
    longest: Duration,
}

impl Room {
    /// Takes in a manager, or what is new about one.
    pub fn admit(&mut self, at: Timestamp, member: Member) -> ManagerNo {
        let no = if let Some(no) = self.by_name.get(&member.name) {
            self.members[*no] = member;
            *no
        } else {
            self.by_name.insert(member.name.clone(), self.members.len());
            self.members.push(member);
            self.members.len() - 1
        };
        for queue in &mut self.queues {
            queue.admit(at, no, &self.members[no]);
        }
        no
    }

    /// A manager's number, if they are known.
    pub fn find(&self, name: &str) -> Option<ManagerNo> {
        self.by_name.get(name).copied()
    }

    /// A manager.
    pub fn member(&self, no: ManagerNo) -> &Member {
        &self.members[no]
    }

    /// All managers.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Changes a manager's load or presence.
    pub fn change(&mut self, at: Timestamp, no: ManagerNo, change: impl FnOnce(&mut Member)) {
        change(&mut self.members[no]);
        for queue in &mut self.queues {
            queue.look(at, no, &self.members[no]);
        }
    }

    /// A dialog begins to wait. One that does already counts anew if other people may take it now.
    pub fn wait(&mut self, at: Timestamp, dialog: DialogNo, class: Class) {
        let queue = match self.by_class.get(&class) {
            Some(queue) => *queue,
            None => self.add_queue(at, class),
        };
        if self.place.get(&dialog).is_some_and(|(present, _)| *present == queue) {
            return;
        }
        self.stop_waiting(dialog);
        self.queues[queue].waiting.insert((at, dialog));
        self.place.insert(dialog, (queue, at));
    }

    fn add_queue(&mut self, at: Timestamp, class: Class) -> usize {
        self.by_class.insert(class.clone(), self.queues.len());
        let mut queue = Queue {
            class,
            allowed: Vec::new(),
            roomy: Vec::new(),
            count: 0,
            since: None,
            waiting: BTreeSet::new(),
        };
        for (no, member) in self.members.iter().enumerate() {
            queue.admit(at, no, member);
        }
        self.queues.push(queue);
        self.queues.len() - 1
    }

    /// A dialog waits no more, if it did.
    pub fn stop_waiting(&mut self, dialog: DialogNo) {
        if let Some((queue, since)) = self.place.remove(&dialog) {
            self.queues[queue].waiting.remove(&(since, dialog));
        }
    }

    /// Time passes up to `now`, in which nothing changed: names each dialog (once) that by then waited in vain
    /// for longer than `grace`, not counting the time that is `excused` between two moments.
    pub fn pass(
        &mut self,
        now: Timestamp,
        grace: Duration,
        excused: impl Fn(Timestamp, Timestamp) -> Duration,
    ) -> Vec<InVain> {
        let mut found = Vec::new();
        for queue in &self.queues {
            let Some(since) = queue.since else { continue };
            for (joined, dialog) in &queue.waiting {
                let begin = since.max(*joined);
                let span = now.since(begin).saturating_sub(excused(begin, now));
                self.longest = self.longest.max(span);
                if span <= grace {
                    break;
                }
                if self.told.insert(*dialog) {
                    let manager = queue.roomy.iter().position(|roomy| *roomy).unwrap_or(0);
                    found.push(InVain { dialog: *dialog, span, manager });
                }
            }
        }
        found
    }

    /// Those who wait although somebody has room and nothing is under way any more.
    pub fn left_behind(&mut self) -> Vec<InVain> {
        let mut found = Vec::new();
        for queue in self.queues.iter().filter(|queue| queue.since.is_some()) {
            for (_, dialog) in &queue.waiting {
                if self.told.insert(*dialog) {
                    let manager = queue.roomy.iter().position(|roomy| *roomy).unwrap_or(0);
                    found.push(InVain { dialog: *dialog, span: Duration::MAX, manager });
                }
            }
        }
        found
    }

    /// The longest time that any dialog waited while somebody allowed had room.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.place.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    fn class(group: &str) -> Class {
        Class { allowed: Allowed::Group(GroupId::trusted(group)), cost: Units::ONE, except: None }
    }

    fn room() -> Room {
        let mut room = Room::default();
        for (name, group) in [("ana", "sales"), ("boris", "support")] {
            let groups = [GroupId::trusted(group)].into();
            let name = name.to_owned();
            room.admit(
                at(0),
                Member { name, groups, capacity: Units::ONE, available: true, ..Member::default() },
            );
        }
        room
    }

    fn never(_: Timestamp, _: Timestamp) -> Duration {
        Duration::ZERO
    }

    const GRACE: Duration = Duration::from_millis(100);

    #[test]
    fn waiting_for_people_without_room_is_no_fault() {
        let mut room = room();
        room.change(at(0), 0, |ana| ana.load = Units::ONE);
        room.wait(at(1), 7, class("sales"));
        assert_eq!(room.pass(at(60_000), GRACE, never), []);
        assert_eq!(room.longest(), Duration::ZERO);
    }

    #[test]
    fn the_time_counts_from_when_both_hold() {
        let mut room = room();
        room.change(at(0), 0, |ana| ana.load = Units::ONE);
        room.wait(at(1), 7, class("sales"));
        room.change(at(500), 0, |ana| ana.load = Units::ZERO);
        assert_eq!(room.pass(at(600), GRACE, never), []);
        let found = room.pass(at(601), GRACE, never);
        assert_eq!(found, [InVain { dialog: 7, span: Duration::from_millis(101), manager: 0 }]);
        assert_eq!(room.pass(at(700), GRACE, never), [], "told once");
        assert_eq!(room.longest(), Duration::from_millis(200));
    }

    #[test]
    fn time_that_is_excused_does_not_count() {
        let mut room = room();
        room.wait(at(0), 7, class("sales"));
        let excused = |from: Timestamp, to: Timestamp| to.since(from).min(Duration::from_millis(900));
        assert_eq!(room.pass(at(1_000), GRACE, excused), []);
        assert_eq!(room.pass(at(1_001), GRACE, excused).len(), 1);
    }

    #[test]
    fn taking_it_in_time_is_no_fault() {
        let mut room = room();
        room.wait(at(0), 7, class("sales"));
        assert_eq!(room.pass(at(90), GRACE, never), []);
        room.stop_waiting(7);
        assert_eq!(room.pass(at(900), GRACE, never), []);
        assert_eq!(room.left_behind(), []);
        assert_eq!(room.longest(), Duration::from_millis(90));
    }

    #[test]
    fn absence_and_exception_take_away_room() {
        let mut room = room();
        room.change(at(0), 0, |ana| ana.available = false);
        room.wait(at(0), 7, class("sales"));
        room.wait(at(0), 8, Class { except: Some(1), ..class("support") });
        assert_eq!(room.pass(at(900), GRACE, never), []);
        assert_eq!(room.left_behind(), []);
    }

    #[test]
    fn at_the_end_no_grace_is_given() {
        let mut room = room();
        let targets = vec!["owner".to_owned(), "manager:boris".to_owned()];
        room.wait(at(0), 7, Class { allowed: Allowed::Targets(targets), ..class("") });
        assert_eq!(room.left_behind().len(), 1);
    }

    #[test]
    fn a_dialog_that_others_may_take_now_counts_from_now() {
        let mut room = room();
        room.change(at(0), 0, |ana| ana.load = Units::ONE);
        room.wait(at(0), 7, class("sales"));
        room.wait(at(0), 8, class("support"));
        room.stop_waiting(8);
        room.wait(at(50), 7, class("support"));
        room.wait(at(80), 7, class("support"));
        assert_eq!(room.pass(at(150), GRACE, never), []);
        assert_eq!(room.pass(at(151), GRACE, never).len(), 1);
    }

    #[test]
    fn joining_a_group_gives_those_who_wait_for_it_somebody_with_room() {
        let mut room = room();
        room.wait(at(0), 7, class("night"));
        assert_eq!(room.pass(at(900), GRACE, never), []);
        let groups = [GroupId::trusted("night")].into();
        let ana = Member { groups, ..room.member(0).clone() };
        room.admit(at(900), ana);
        assert_eq!(room.pass(at(1_100), GRACE, never).len(), 1);
    }
}
