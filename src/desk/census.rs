//! The census: how many managers of each class are absent, and for what, and how many have how much room.
//!
//! A class is all managers with the same pools. A decision that looked at several targets counts each
//! manager once by adding up classes, so its cost does not grow with the number of managers.

use std::collections::BTreeMap;

use crate::domain::manager::Absence;

use super::seat::{ClassNo, PoolNo, Posture};

/// The order in which absences are counted.
pub const ABSENCES: [Absence; 8] = Absence::ALL;

/// Where an absence is counted.
pub fn place(absence: Absence) -> usize {
    match absence {
        Absence::Removed => 0,
        Absence::OnLeave => 1,
        Absence::Offline => 2,
        Absence::Settling => 3,
        Absence::Busy => 4,
        Absence::Dinner => 5,
        Absence::Break => 6,
        Absence::WrapUp => 7,
    }
}

/// Managers with the same pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Their pools, ascending.
    pub pools: Vec<PoolNo>,
    /// How many are absent, by [`ABSENCES`].
    pub absent: [u32; ABSENCES.len()],
    levels: Vec<u32>,
}

impl Class {
    /// How many may take work and have at least this level of room.
    pub fn with_room(&self, level: usize) -> u32 {
        self.levels.iter().skip(level).sum()
    }

    /// How many may take work, with room or without.
    pub fn present(&self) -> u32 {
        self.with_room(0)
    }

    fn count(&mut self, posture: &Posture) -> &mut u32 {
        if let Some(absence) = posture.absence {
            return &mut self.absent[place(absence)];
        }
        if self.levels.len() <= posture.level {
            self.levels.resize(posture.level + 1, 0);
        }
        &mut self.levels[posture.level]
    }
}

/// All classes.
#[derive(Clone, Debug, Default)]
pub struct Census {
    classes: Vec<Class>,
    by_pools: BTreeMap<Vec<PoolNo>, ClassNo>,
}

impl Census {
    /// The class of those who are in these pools (ascending).
    pub fn class_of(&mut self, pools: &[PoolNo]) -> ClassNo {
        if let Some(class) = self.by_pools.get(pools) {
            return *class;
        }
        let class = self.classes.len();
        self.classes.push(Class { pools: pools.to_vec(), ..Class::default() });
        self.by_pools.insert(pools.to_vec(), class);
        class
    }

    /// Counts a member where they stand now; `None`: was, or is, no member.
    pub fn shift(&mut self, class: ClassNo, before: Option<&Posture>, after: Option<&Posture>) {
        let Some(class) = self.classes.get_mut(class) else {
            return;
        };
        if let Some(posture) = before {
            *class.count(posture) -= 1;
        }
        if let Some(posture) = after {
            *class.count(posture) += 1;
        }
    }

    /// Forgets all classes.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All classes; some may have no members left.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }
}
