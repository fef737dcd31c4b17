//! The check: what must hold after every call, worked out the slow way.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::DialogId;
use crate::domain::routing::Strategy;

use super::Desk;
use super::census::{ABSENCES, Census};
use super::keys::Key;
use super::pool::Pool;
use super::seat::{PoolNo, Posture, Slot};
use super::waiting::Waiter;
use super::walk::walk;

impl Desk {
    /// Checks that loads are the sums of what is booked, that nobody waits whom somebody could take, and that
    /// every index says what the records say. For tests and the simulation: it looks at everything.
    ///
    /// # Errors
    /// A sentence about the first thing that does not hold.
    pub fn check(&self) -> Result<(), String> {
        self.check_loads()?;
        for pool in self.roster.pools() {
            self.check_pool(pool)?;
        }
        self.check_census()?;
        self.check_stand_ins()?;
        self.waiting.check()?;
        for waiter in self.waiting.iter() {
            let id = &waiter.dialog.id;
            if let Some(taker) = self.taker_of(waiter) {
                return Err(format!("{id} waits, but {taker:?} could take it"));
            }
            if waiter.bars.place != self.place_of(id) {
                return Err(format!("{id} is taken to have a place in {:?}", waiter.bars.place));
            }
            if waiter.hold.is_some() {
                continue;
            }
            // As if no time had passed: only people may have come or gone.
            let Waiter { way, bars, at, entered_at, .. } = waiter;
            let walk = walk(&self.roster, way, bars, *at, *entered_at, *entered_at);
            if walk.at != *at {
                return Err(format!(
                    "{id} stays at leg {at}, where nobody is left; it should be at {}",
                    walk.at
                ));
            }
        }
        Ok(())
    }

    fn check_loads(&self) -> Result<(), String> {
        let mut booked: BTreeMap<Slot, (u64, BTreeSet<&DialogId>)> = BTreeMap::new();
        let mut places: BTreeMap<PoolNo, u32> = BTreeMap::new();
        let mut dialogs: Vec<_> = self.books.keys().collect();
        dialogs.sort();
        for dialog in dialogs {
            let Some(booking) = self.books.get(dialog) else {
                continue;
            };
            for pool in booking.places().into_iter().flatten() {
                *places.entry(pool).or_insert(0) += 1;
            }
            let held = booking.holding.as_ref().and_then(|holding| Some((holding.slot?, holding.charge)));
            let reserved = booking.reservation.as_ref().map(|reserved| (reserved.slot, reserved.charge));
            if booking.holding.is_none() && reserved.is_none() {
                return Err(format!("{dialog} has an empty booking"));
            }
            for (slot, charge) in held.into_iter().chain(reserved) {
                let entry = booked.entry(slot).or_default();
                entry.0 += u64::from(charge.milli());
                if !entry.1.insert(dialog) {
                    return Err(format!("{dialog} is booked twice on {}", self.roster.seat(slot).id));
                }
            }
        }
        for (slot, seat) in self.roster.seats().iter().enumerate() {
            let (load, dialogs) = booked.remove(&slot).unwrap_or_default();
            if seat.load != load || seat.dialogs.iter().collect::<BTreeSet<_>>() != dialogs {
                return Err(format!(
                    "{} has a load of {}, booked are {load} for {dialogs:?}",
                    seat.id, seat.load
                ));
            }
        }
        for (number, pool) in self.roster.pools().iter().enumerate() {
            let counted = places.remove(&number).unwrap_or_default();
            if pool.used != counted {
                return Err(format!("{} counts {} dialogs, it has {counted}", pool.key, pool.used));
            }
        }
        Ok(())
    }

    fn check_pool(&self, pool: &Pool) -> Result<(), String> {
        let member = |slot: &Slot| {
            let seat = self.roster.seat(*slot);
            seat.pools.iter().any(|number| std::ptr::eq(self.roster.pool(*number), pool))
        };
        let expected: BTreeSet<Slot> = (0..self.roster.seats().len()).filter(member).collect();
        if expected != pool.members {
            return Err(format!("{}: members {:?}, not {expected:?}", pool.key, pool.members));
        }
        if let Some((_, cut)) =
            self.roster.cuts().iter().find(|(no, _)| std::ptr::eq(self.roster.pool(*no), pool))
        {
            let is_kept = |slot: &Slot| {
                let seat = self.roster.seat(*slot);
                seat.belongs() && cut.keeps(*slot, |pool| seat.pools.contains(&pool))
            };
            let kept: BTreeSet<Slot> = (0..self.roster.seats().len()).filter(is_kept).collect();
            if kept != expected {
                return Err(format!("{cut:?}: members {expected:?}, not {kept:?}"));
            }
        }
        let here = expected.iter().filter(|slot| self.roster.posture(**slot).is_here()).count();
        if usize::try_from(pool.here) != Ok(here) {
            return Err(format!("{}: {} at work, not {here}", pool.key, pool.here));
        }
        let orders = Strategy::ALL.into_iter().filter(|strategy| pool.has_order(*strategy));
        let mut places: BTreeSet<(Strategy, usize, Key, Slot)> = BTreeSet::new();
        for strategy in orders {
            for slot in &expected {
                let (seat, posture): (_, Posture) = (self.roster.seat(*slot), self.roster.posture(*slot));
                if posture.absence.is_none() {
                    let (level, key) = pool.place(strategy, &posture, &seat.id, seat.rank);
                    places.insert((strategy, level, key, *slot));
                }
            }
        }
        let kept: BTreeSet<_> = pool.entries().collect();
        if kept == places { Ok(()) } else { Err(format!("{}: kept {kept:?}, not {places:?}", pool.key)) }
    }

    fn check_census(&self) -> Result<(), String> {
        let mut expected = Census::default();
        let kept = self.roster.census().classes();
        for (_, seat) in self.roster.by_id() {
            expected.class_of(&seat.pools);
        }
        for (slot, seat) in self.roster.by_id() {
            let class = expected.class_of(&seat.pools);
            expected.shift(class, None, Some(&self.roster.posture(slot)));
        }
        for class in expected.classes() {
            let found = kept.iter().find(|kept| kept.pools == class.pools);
            let same = |level| found.is_some_and(|found| found.with_room(level) == class.with_room(level));
            let levels_agree = (0..=self.roster.level_for(i64::MAX)).all(same);
            if !levels_agree || found.is_none_or(|found| found.absent != class.absent) {
                return Err(format!("class {class:?} is kept as {found:?} ({} absences)", ABSENCES.len()));
            }
        }
        let members: u32 = kept.iter().map(|class| class.present() + class.absent.iter().sum::<u32>()).sum();
        let counted = u32::try_from(self.roster.by_id().count()).unwrap_or(u32::MAX);
        if members == counted {
            Ok(())
        } else {
            Err(format!("classes have {members} members, not {counted}"))
        }
    }
}
