//! A day: a world, the people in it and what goes wrong, played from the first customer to the last closure.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::faults::{Faults, Sabotage};
use super::inbound::Rejection;
use super::invariants::watch::Violation;
use super::workload::cast::Cast;
use super::workload::{Arrival, Habits, People};
use super::world::{Setup, World};
use crate::domain::account::Account;
use crate::domain::announcement::Subject;
use crate::domain::dialog::Dialog;
use crate::domain::ids::ManagerId;
use crate::domain::routing::Verdict;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

/// The most steps in one instant of virtual time: more means that deadlines ring without end.
const MOST_STEPS_IN_AN_INSTANT: u64 = 200_000;

/// A day to play.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What all chance follows from.
    pub seed: u64,
    /// When it begins.
    pub start: Timestamp,
    /// How long people do as they please; after that they finish what they began.
    pub length: Duration,
    /// How long it may take them to finish before the day is called off.
    pub overtime: Duration,
    /// The account.
    pub account: Account,
    /// Rule sets; the first is in force in the beginning, the others come and go.
    pub rules: Vec<Arc<RuleSet>>,
    /// Who there is.
    pub cast: Cast,
    /// How they behave.
    pub habits: Habits,
    /// Who comes when.
    pub arrivals: Vec<Arrival>,
    /// What goes wrong.
    pub faults: Faults,
    /// A defect to build in.
    pub sabotage: Option<Sabotage>,
    /// Every dialog must be closed in the end.
    pub must_end: bool,
}

/// A day being played.
#[derive(Debug)]
pub struct Day {
    world: World,
    people: People,
    faults: Faults,
    chance: ChaCha8Rng,
    start: Timestamp,
    closing_time: Timestamp,
    end: Timestamp,
    is_winding_down: bool,
    must_end: bool,
    up_again_at: Option<Timestamp>,
    steps_in_this_instant: u64,
}

/// Plays a day to its end, or to the first violation.
///
/// # Errors
/// The violation.
pub fn play(plan: Plan) -> Result<World, (Box<World>, Violation)> {
    Day::new(plan).play()
}

/// The same day with another rule set that decides beside those in force.
///
/// # Errors
/// The violation.
pub fn play_beside(plan: Plan, shadow: Arc<RuleSet>) -> Result<World, (Box<World>, Violation)> {
    let mut day = Day::new(plan);
    day.world.shadow(shadow);
    day.play()
}

impl Day {
    /// A day about to begin.
    ///
    /// # Panics
    /// Without any rule set.
    pub fn new(plan: Plan) -> Self {
        let Plan {
            seed,
            start,
            length,
            overtime,
            account,
            rules,
            cast,
            habits,
            arrivals,
            faults,
            sabotage,
            must_end,
        } = plan;
        let first = rules.first().cloned().expect("a day needs rules");
        let setup = Setup { seed, start, account, rules: first, lag: faults.lag, sabotage };
        let mut world = World::new(setup);
        let mut people = People::new(seed, start, cast, habits, arrivals, rules);
        for inbound in people.opening() {
            world.submit(inbound);
            world.settle();
        }
        Self {
            world,
            people,
            faults,
            chance: ChaCha8Rng::seed_from_u64(seed ^ 0xfa_0175),
            start,
            closing_time: start + length,
            end: start + length + overtime,
            is_winding_down: false,
            must_end,
            up_again_at: None,
            steps_in_this_instant: 0,
        }
    }

    fn play(mut self) -> Result<World, (Box<World>, Violation)> {
        while self.goes_on() {}
        let world = self.world;
        match world.watch().violations.first().cloned() {
            Some(violation) => Err((Box::new(world), violation)),
            None => Ok(world),
        }
    }

    /// Lets one thing happen; false when the day is over, or something is wrong.
    fn goes_on(&mut self) -> bool {
        let before = self.world.now();
        let goes_on = self.one_thing();
        if self.world.now() == before {
            self.steps_in_this_instant += 1;
        } else {
            self.steps_in_this_instant = 0;
        }
        if self.steps_in_this_instant > MOST_STEPS_IN_AN_INSTANT {
            self.world.hold("time_goes_on", Err("deadlines ring without end".to_owned()));
        }
        goes_on && self.world.watch().violations.is_empty()
    }

    fn one_thing(&mut self) -> bool {
        self.listen();
        if self.world.is_busy() {
            if self.is_to_crash() {
                self.go_down();
            } else if self.happens(self.faults.hurry) {
                self.world.disturb();
                return self.wait_for_what_comes();
            } else {
                self.world.step();
                self.take_time();
            }
            return true;
        }
        if self.world.is_up() {
            self.world.check_at_rest();
            if self.happens(self.faults.clock_jump) {
                let jump = self.some(self.faults.jump);
                self.world.disturb();
                self.go_to(self.world.now() + jump);
            }
        }
        self.wait_for_what_comes()
    }

    fn happens(&mut self, chance: f64) -> bool {
        // What goes wrong goes wrong during the day: the rest of it shows what became of everything.
        !self.is_winding_down && chance > 0.0 && self.chance.random_bool(chance)
    }

    fn is_to_crash(&mut self) -> bool {
        let is_certain = self.faults.crash_at.is_some_and(|at| at <= self.world.watch().figures.steps);
        if is_certain {
            self.faults.crash_at = None;
        }
        is_certain || self.happens(self.faults.crash)
    }

    fn some(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.chance.random_range(0..=most))
    }

    fn go_down(&mut self) {
        self.world.crash();
        let outage = self.some(self.faults.outage);
        self.up_again_at = Some(self.world.now() + outage);
    }

    /// A step takes a moment; what is due by then happens.
    fn take_time(&mut self) {
        if !self.faults.step_takes.is_zero() {
            let took = self.some(self.faults.step_takes);
            self.go_to(self.world.now() + took);
        }
    }

    /// Time goes on to whatever happens next. False: nothing does any more.
    fn wait_for_what_comes(&mut self) -> bool {
        let closing_time = (!self.is_winding_down).then_some(self.closing_time);
        let next = [self.up_again_at, self.people.next(), self.world.next_alarm(), closing_time];
        match next.into_iter().flatten().min() {
            Some(at) if at <= self.end => {
                self.go_to(at);
                true
            }
            Some(_) | None => {
                if self.must_end && !self.world.is_busy() {
                    self.check_the_end();
                }
                false
            }
        }
    }

    fn go_to(&mut self, at: Timestamp) {
        self.world.advance(at);
        let now = self.world.now();
        if self.up_again_at.is_some_and(|up| up <= now) {
            self.up_again_at = None;
            self.world.recover();
        }
        if !self.is_winding_down && self.closing_time <= now {
            self.is_winding_down = true;
            if self.up_again_at.take().is_some() {
                self.world.recover();
            }
            self.people.wind_down(now);
        }
        for inbound in self.people.act(now) {
            self.world.submit(inbound);
        }
    }

    /// People hear what came out, and what became of their requests.
    fn listen(&mut self) {
        let now = self.world.now();
        for entry in self.world.news() {
            self.people.hear(&entry, now);
        }
        for (_, inbound, answer) in self.world.answers() {
            match answer {
                Err(Rejection::Unknown | Rejection::Busy) => self.people.try_again(&inbound, now),
                Ok(_) if self.happens(self.faults.repeat) => self.people.repeat(&inbound, now),
                Ok(_) | Err(Rejection::Refused(_)) => {}
            }
        }
    }

    /// Nobody starves: in the end every dialog of a customer was served and closed, but for those that a person
    /// sent to a group where nobody else is, and those of customers whom nobody there is may serve.
    fn check_the_end(&mut self) {
        let is_left = |dialog: &&Arc<Dialog>| {
            let is_sent = dialog
                .request
                .as_ref()
                .is_some_and(|request| request.only.is_some() || request.avoid.is_some());
            dialog.customer.is_some() && !is_sent
        };
        let ledger = self.world.ledger();
        let may_be_served = |dialog: &&Arc<Dialog>| {
            let subject = Subject::Dialog(dialog.id.clone());
            let mut told = ledger.journal.iter().rev().filter(|entry| entry.announcement.subject == subject);
            let decision = told.find_map(|entry| entry.announcement.body.decision());
            let barred = decision.and_then(|decision| decision.basis.as_ref()).map(|basis| &basis.barred);
            let is_excluded = |manager| {
                barred.is_some_and(|barred| barred.contains(&(ManagerId::clone(manager), Verdict::Excluded)))
            };
            !ledger.managers.keys().all(is_excluded)
        };
        let open: Vec<_> = ledger.open_dialogs().filter(is_left).filter(may_be_served).collect();
        let first = open
            .first()
            .map(|dialog| format!("{} and {} others are open: {dialog:?}", dialog.id, open.len() - 1));
        let result = first.map_or(Ok(()), Err);
        self.world.hold("nobody_starves", result);
    }

    /// When it began.
    pub fn start(&self) -> Timestamp {
        self.start
    }
}
