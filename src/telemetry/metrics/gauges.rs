//! What an account looks like now, as plain data: filled in by whoever keeps the books, shown by [`super::Meters`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::ids::{GroupId, ManagerId, RuleId};
use crate::domain::manager::Availability;
use crate::domain::routing::GroupUse;
use crate::domain::units::Units;

/// The label of what no rule speaks for.
pub const NO_RULE: &str = "-";

/// The state of a manager who may take work.
pub const AVAILABLE: &str = "available";

/// Buckets of waiting: the label, and the age at which the next one begins.
pub const AGES: [(&str, Duration); 5] = [
    ("0_20s", Duration::from_secs(20)),
    ("20_60s", Duration::from_mins(1)),
    ("1_5m", Duration::from_mins(5)),
    ("5_30m", Duration::from_mins(30)),
    ("30m_up", Duration::MAX),
];

/// Load, capacity and states of a set of managers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupGauges {
    /// Units in use by those who are not away.
    pub load: Units,
    /// Units in all of those who are not away.
    pub capacity: Units,
    /// How many managers are in each state.
    pub states: BTreeMap<&'static str, u32>,
}

impl GroupGauges {
    fn add(&mut self, load: Units, capacity: Units, state: &'static str, is_away: bool) {
        if !is_away {
            self.load = self.load.plus(load);
            self.capacity = self.capacity.plus(capacity);
        }
        *self.states.entry(state).or_default() += 1;
    }
}

/// What an account looks like now. Begin with the default and tell it every waiting dialog and every manager.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// Waiting dialogs by rule and kind of channel.
    pub waiting: BTreeMap<(Arc<str>, Arc<str>), u32>,
    /// Waiting dialogs by age, as in [`AGES`].
    pub ages: [u32; AGES.len()],
    /// How long the oldest has waited.
    pub oldest: Duration,
    /// Waiting dialogs that somebody could take: must be zero.
    pub serviceable: u32,
    /// Dialogs that are held: nobody is offered them yet.
    pub held: u32,
    /// Groups, those of the rule file included.
    pub groups: BTreeMap<GroupId, GroupGauges>,
    /// Groups with a limit, and how many dialogs they have and may have.
    pub group_uses: BTreeMap<GroupId, GroupUse>,
    /// All managers, each counted once.
    pub everyone: GroupGauges,
    /// Load of each manager.
    pub loads: BTreeMap<ManagerId, Units>,
    /// Shares of capacity in use among those available.
    pub ratios: Vec<f64>,
    /// Events that the slowest webhook has not acknowledged.
    pub webhook_backlog: u64,
    /// Webhooks paused after repeated failure.
    pub webhooks_paused: u32,
}

impl Gauges {
    /// A dialog waits, under this rule, for so long.
    pub fn waits(&mut self, rule: Option<&RuleId>, channel: &Arc<str>, age: Duration) {
        let rule: Arc<str> = rule.map_or(NO_RULE, RuleId::as_str).into();
        *self.waiting.entry((rule, channel.clone())).or_default() += 1;
        let bucket = AGES.iter().position(|(_, next)| age < *next).unwrap_or(AGES.len() - 1);
        self.ages[bucket] += 1;
        self.oldest = self.oldest.max(age);
    }

    /// A manager of the account; those who were removed are not told.
    pub fn manager<'a>(
        &mut self,
        manager: &ManagerId,
        groups: impl IntoIterator<Item = &'a GroupId>,
        load: Units,
        capacity: Units,
        availability: Availability,
    ) {
        let (state, is_away) = match availability {
            Availability::Available => (AVAILABLE, false),
            Availability::Absent(absence, _) => (absence.word(), absence.is_away()),
        };
        self.everyone.add(load, capacity, state, is_away);
        for group in groups {
            self.groups.entry(group.clone()).or_default().add(load, capacity, state, is_away);
        }
        if state == AVAILABLE && capacity > Units::ZERO {
            self.ratios.push(load.as_f64() / capacity.as_f64());
        }
        self.loads.insert(manager.clone(), load);
    }

    /// The least, the median, the ninetieth percentile and the most of the shares in use; zero when nobody is available.
    pub fn ranks(&self) -> [(&'static str, f64); 4] {
        let mut sorted = self.ratios.clone();
        sorted.sort_by(f64::total_cmp);
        // Nearest rank: the smallest value that at least this many per cent do not exceed.
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        [("min", at(0)), ("p50", at(50)), ("p90", at(90)), ("max", at(100))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::manager::Absence;
    use crate::domain::time::Timestamp;

    #[test]
    fn ages_fall_into_their_buckets() {
        let mut gauges = Gauges::default();
        for seconds in [0, 19, 20, 59, 60, 299, 300, 1_799, 1_800, 1_000_000] {
            gauges.waits(None, &"site".into(), Duration::from_secs(seconds));
        }
        assert_eq!(gauges.ages, [2, 2, 2, 2, 2]);
        assert_eq!(gauges.oldest, Duration::from_secs(1_000_000));
        assert_eq!(gauges.waiting.get(&(NO_RULE.into(), "site".into())), Some(&10));
    }

    #[test]
    fn the_away_add_neither_load_nor_capacity() {
        let mut gauges = Gauges::default();
        let sales = GroupId::trusted("sales");
        let since = Timestamp::default();
        let mut tell = |id: &str, availability| {
            gauges.manager(
                &ManagerId::trusted(id),
                [&sales],
                Units::whole(2),
                Units::whole(10),
                availability,
            );
        };
        tell("ana", Availability::Available);
        tell("boris", Availability::Absent(Absence::Offline, since));
        tell("vera", Availability::Absent(Absence::Busy, since));
        let group = &gauges.groups[&sales];
        assert_eq!((group.load, group.capacity), (Units::whole(4), Units::whole(20)));
        assert_eq!(group.states, [("available", 1), ("busy", 1), ("offline", 1)].into());
        assert_eq!(gauges.everyone, *group);
        assert_eq!(gauges.ratios, [0.2]);
    }

    #[test]
    fn ranks_are_values_that_occur() {
        let mut gauges = Gauges::default();
        let nobody = [("min", 0.0), ("p50", 0.0), ("p90", 0.0), ("max", 0.0)];
        assert_eq!(gauges.ranks(), nobody);
        gauges.ratios = (1..=10).rev().map(|n| f64::from(n) / 10.0).collect();
        assert_eq!(gauges.ranks(), [("min", 0.1), ("p50", 0.5), ("p90", 0.9), ("max", 1.0)]);
    }
}
