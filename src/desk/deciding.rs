//! Deciding: a request is answered at once or waits, and whatever frees somebody serves those who wait.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::announcement::{Body, Subject};
use crate::domain::dialog::{AssignmentRequest, Dialog, DialogKind, DialogState};
use crate::domain::ids::DialogId;
use crate::domain::routing::{DecisionEffect, Place, StepOutcome, Strategy};
use crate::domain::time::Timestamp;
use crate::rules::ruleset::BotMode;

use super::Desk;
use super::books::Reservation;
use super::gradual::Hold;
use super::itinerary::{Itinerary, Who};
use super::orders::{Order, Save};
use super::planning::{Ask, By, Planned};
use super::record::{Question, decision};
use super::roster::EVERYONE;
use super::seat::Slot;
use super::waiting::{Those, Urgency, Waiter};
use super::walk::{Taker, Walk, outcome, taker, walk};

impl Desk {
    /// Somebody is to be found for a dialog. The answer comes at once, as an [`Order::Route`]; when nobody can
    /// take it yet, more answers follow as it goes from step to step, until somebody can.
    ///
    /// A newer request of a dialog replaces an older one. Whoever holds the dialog never gets it.
    pub fn request(
        &mut self,
        dialog: &Arc<Dialog>,
        request: AssignmentRequest,
        now: Timestamp,
    ) -> Vec<Order> {
        let mut orders = Vec::new();
        self.trim_cuts();
        let earlier = self.waiting.take(&dialog.id);
        self.release_reservation(&dialog.id);
        self.believe(dialog, now);
        if dialog.is_open() && dialog.kind == DialogKind::Customer {
            if self.rules.mode() == BotMode::Shadow && request.only.is_none() {
                self.forget_postponed(&dialog.id);
                self.shadow(dialog, &request, now, &mut orders);
            }
            self.shadow_begins(dialog);
            let waiter = self.waiter(dialog, request, earlier.as_ref(), now);
            if self.freed.is_empty() && self.vacated.is_empty() {
                // Nobody who waits can be helped, so whoever is free is free for this dialog.
                self.settle(waiter, now, &mut orders);
            } else {
                self.waiting.add(waiter);
            }
        }
        self.drain(now, &mut orders);
        if self.waiting.get(&dialog.id).is_some_and(|waiter| !waiter.told) {
            self.settle_again(&dialog.id, now, &mut orders);
        }
        orders
    }

    /// Lets time pass: steps that are over, hours that begin, turns of held dialogs, and dialogs of people who
    /// are away for too long.
    pub fn on_time(&mut self, now: Timestamp) -> Vec<Order> {
        let mut orders = Vec::new();
        self.desert_due(now, &mut orders);
        let due = self.waiting.due(now);
        self.settle_all(&due, now, &mut orders);
        self.let_in(now, &mut orders);
        self.ask_postponed_due(now, &mut orders);
        orders
    }

    /// When to call [`Desk::on_time`], if nothing happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        let leaving = self.leaving.first().map(|(at, _)| *at);
        let postponed = self.postponed.keys().next().map(|(at, _)| *at);
        leaving.into_iter().chain(self.waiting.deadline()).chain(self.next_turn()).chain(postponed).min()
    }

    fn waiter(
        &mut self,
        dialog: &Arc<Dialog>,
        request: AssignmentRequest,
        earlier: Option<&Waiter>,
        now: Timestamp,
    ) -> Waiter {
        let ask = request.only.as_ref().map_or(Ask::Mode, Ask::Only);
        let by = self.entered_by(dialog, earlier);
        let stands = matches!(&dialog.state, DialogState::Waiting { place: Some(_), .. });
        let Planned { rules, way, charge } =
            if stands { self.plan(dialog, ask, &by, now) } else { self.plan_or_wait(dialog, ask, &by, now) };
        let bars = self.bars(dialog, request.avoid.as_ref(), &way, now);
        let (since, place) = match &dialog.state {
            DialogState::Waiting { since, place } => (*since, place.as_ref()),
            DialogState::Assigned { .. } | DialogState::Internal | DialogState::Closed { .. } => {
                (earlier.filter(|earlier| earlier.is_moving()).map_or(now, |earlier| earlier.since), None)
            }
        };
        let known = place.and_then(|place| Some((way.leg_of(place)?, place.entered_at)));
        let (at, entered_at) = known.unwrap_or((0, now));
        let dialog = Arc::clone(dialog);
        // Even when another rule applies by now, it keeps waiting for its turn; what a person decides goes first.
        let hold = place.filter(|_| request.only.is_none()).and_then(Hold::of);
        let (deadline, watches, told, place) = (None, None, false, None);
        Waiter {
            dialog,
            request,
            rules,
            way,
            bars,
            charge,
            at,
            entered_at,
            since,
            deadline,
            watches,
            hold,
            told,
            place,
        }
    }

    /// Decides for a dialog that is not in the waiting set; true when somebody gets it, else it waits there.
    pub(super) fn settle(&mut self, mut waiter: Waiter, now: Timestamp, orders: &mut Vec<Order>) -> bool {
        waiter.bars.forget(now);
        self.end_facts_wait(&mut waiter, now);
        let walk = Self::stay_held(&waiter, now).unwrap_or_else(|| {
            walk(&self.roster, &waiter.way, &waiter.bars, waiter.at, waiter.entered_at, now)
        });
        self.announce_missing(&waiter, &walk, orders);
        if let Some((at, taker)) = &walk.chosen {
            self.tell_stances(orders);
            let unlike = self.ask_shadow(&waiter, &walk, now);
            let decision =
                Arc::new(decision(&self.roster, &waiter.way, &waiter.bars, &walk, question(&waiter, now)));
            self.keep_difference(unlike, &decision);
            let texts = self.texts(&waiter, &walk, &decision);
            let saves = self.book(&waiter, *at, taker, now);
            // Should they not accept, it goes on where it stood.
            let is_offer = decision.effect == DecisionEffect::Offered && !waiter.is_moving();
            let place = waiter.way.place(walk.at, walk.entered_at).filter(|_| is_offer);
            let (dialog, ticket) = (waiter.dialog.id.clone(), waiter.request.ticket);
            orders.push(Order::Route { dialog, ticket, decision, place, saves, texts });
            return true;
        }
        waiter.at = walk.at;
        waiter.entered_at = walk.entered_at;
        // Nobody else can be asked: those who passed are, after a pause.
        let all_passed =
            walk.hold.is_none() && !waiter.bars.passed.is_empty() && waiter.bars.again_at.is_none();
        if all_passed {
            waiter.bars.again_at = Some(now + waiter.dialog.passed.pause());
        }
        let again_at = waiter.bars.again_at.filter(|_| walk.hold.is_none());
        waiter.deadline = walk.deadline.into_iter().chain(again_at).min();
        waiter.watches = walk.watches;
        waiter.hold = walk.hold;
        // A dialog that somebody holds keeps no place: it is asked for anew after a restart.
        let place = waiter.way.place(walk.at, walk.entered_at).filter(|_| !waiter.is_moving());
        let place = place.map(|place| Place { held_until: walk.hold.map(Hold::until), ..place });
        if !waiter.told || waiter.place != place || all_passed {
            self.tell_stances(orders);
            let unlike = self.ask_shadow(&waiter, &walk, now);
            let decision =
                Arc::new(decision(&self.roster, &waiter.way, &waiter.bars, &walk, question(&waiter, now)));
            self.keep_difference(unlike, &decision);
            let texts = self.texts(&waiter, &walk, &decision);
            waiter.told = true;
            waiter.place.clone_from(&place);
            let (dialog, ticket) = (waiter.dialog.id.clone(), waiter.request.ticket);
            orders.push(Order::Route { dialog, ticket, decision, place, saves: Vec::new(), texts });
        }
        self.waiting.add(waiter);
        false
    }

    fn settle_again(&mut self, dialog: &DialogId, now: Timestamp, orders: &mut Vec<Order>) -> bool {
        let waiter = self.waiting.take(dialog);
        waiter.is_some_and(|waiter| self.settle(waiter, now, orders))
    }

    /// Decides anew for waiting dialogs, the most urgent first.
    pub(super) fn settle_all(&mut self, dialogs: &[DialogId], now: Timestamp, orders: &mut Vec<Order>) {
        for dialog in self.waiting.by_urgency(dialogs, now) {
            self.settle_again(&dialog, now, orders);
        }
    }

    /// Books the dialog on whoever takes it; what to store with the decision.
    fn book(&mut self, waiter: &Waiter, at: usize, taker: &Taker, now: Timestamp) -> Vec<Save> {
        let mut saves = Vec::new();
        if let Taker::Manager(slot) = taker {
            let (slot, leg) = (*slot, &waiter.way.legs[at]);
            let through = match leg.who {
                Who::Pool(pool) => Some(self.roster.whole(pool)).filter(|pool| *pool != EVERYONE),
                Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => None,
            };
            let (charge, ticket) = (waiter.charge, waiter.request.ticket);
            let reservation = Reservation { slot, charge, ticket, through, offered: false };
            self.reserve(&waiter.dialog.id, reservation, now);
            saves.push(self.save_work(slot));
            if let (Who::Pool(pool), Strategy::RoundRobin) = (leg.who, leg.step.pick) {
                let last = self.roster.seat(slot).id.clone();
                let pool = self.roster.whole(pool);
                let pool = self.roster.pool_mut(pool);
                pool.last_served = Some(last.clone());
                saves.push(Save::Rotation { key: Arc::clone(&pool.key), last });
            }
        }
        for slot in std::mem::take(&mut self.unsaved) {
            // Whoever was saved meanwhile, with a decision of their own, needs no second time.
            if self.roster.seat(slot).unsaved {
                saves.push(self.save_work(slot));
            }
        }
        saves
    }

    fn save_work(&mut self, slot: Slot) -> Save {
        let seat = self.roster.seat_mut(slot);
        seat.unsaved = false;
        Save::Work { manager: seat.id.clone(), work: seat.work }
    }

    /// Gives what became free to those who wait for it, the most urgent first, until nobody fits.
    ///
    /// Only the heads of the queues that lead to the freed managers and groups are looked at. Who of them gets a dialog
    /// is then decided as for any other dialog.
    pub(super) fn drain(&mut self, now: Timestamp, orders: &mut Vec<Order>) {
        self.freed.sort_unstable();
        self.freed.dedup();
        self.vacated.sort_unstable();
        self.vacated.dedup();
        while let Some((_, _, dialog)) = self.most_urgent(now) {
            let is_served = self.settle_again(&dialog.0, now, orders);
            debug_assert!(is_served, "{:?} was found serviceable, and nobody took it", dialog.0);
            if !is_served {
                break;
            }
        }
        self.freed.clear();
        self.vacated.clear();
    }

    fn most_urgent(&mut self, now: Timestamp) -> Option<Urgency> {
        let Self { freed, vacated, roster, waiting, .. } = self;
        let mut best: Option<Urgency> = None;
        for slot in freed.iter() {
            let seat = roster.seat(*slot);
            if !seat.belongs() {
                continue;
            }
            let is_able = |_: &Slot| seat.absence().is_none();
            let acts_for = std::iter::once(*slot).chain(roster.stand_ins().principals_of(*slot));
            let persons = acts_for.filter(is_able).map(Who::Person);
            let pools = seat.pools.iter().copied().filter(is_able).map(Who::Pool);
            for who in std::iter::once(Who::Desk(*slot)).chain(persons).chain(pools) {
                let full = match who {
                    Who::Pool(pool) => roster.full_for(pool, None).map(|_| roster.whole(pool)),
                    Who::Nobody | Who::Person(_) | Who::Desk(_) | Who::Bot | Who::Gate => None,
                };
                let those = if full.is_some() { Those::WithPlace } else { Those::All };
                let accepts = |waiter: &Waiter| {
                    waiter.bars.admit(*slot, seat) && (full.is_none() || waiter.bars.place == full)
                };
                best = best.max(waiting.most_urgent(who, seat.free(), those, now, accepts));
            }
        }
        for group in vacated.iter().filter(|group| roster.full_for(**group, None).is_none()) {
            let cuts = roster.cuts().iter().filter(|(_, cut)| cut.of == *group).map(|(number, _)| number);
            for pool in std::iter::once(*group).chain(cuts) {
                let Some(room) = roster.most_room(pool) else { continue };
                let who = Who::Pool(pool);
                let accepts = |waiter: &Waiter| {
                    let mut legs = waiter.counting_legs().iter().filter(|leg| leg.who == who);
                    legs.any(|leg| taker(roster, leg, &waiter.bars).is_some())
                };
                best = best.max(waiting.most_urgent(who, room, Those::All, now, accepts));
            }
        }
        best
    }

    /// What the rules would do, for everybody to see; nothing is booked.
    pub(super) fn shadow(
        &mut self,
        dialog: &Arc<Dialog>,
        request: &AssignmentRequest,
        now: Timestamp,
        orders: &mut Vec<Order>,
    ) {
        let Planned { way, charge, .. } = self.plan_or_wait(dialog, Ask::Rules, &By::InForce, now);
        if let Some(until) = way.facts_by {
            return self.postpone(until, dialog, request);
        }
        let bars = self.bars(dialog, request.avoid.as_ref(), &way, now);
        let walk = walk(&self.roster, &way, &bars, 0, now, now);
        self.tell_stances(orders);
        let previous = dialog.responsible().cloned();
        let question = Question {
            dialog: &dialog.id,
            cause: request.cause,
            previous,
            waited: Duration::ZERO,
            charge,
            now,
        };
        let decision = decision(&self.roster, &way, &bars, &walk, question);
        orders.push(Order::Announce {
            subject: Subject::Dialog(dialog.id.clone()),
            cause: Some(request.cause),
            body: Body::ShadowDecided(Arc::new(decision)),
        });
    }

    /// Announces targets that do not exist, once for each step under the same rules.
    fn announce_missing(&mut self, waiter: &Waiter, walk: &Walk, orders: &mut Vec<Order>) {
        let way: &Itinerary = &waiter.way;
        for at in waiter.at..=walk.at.min(way.legs.len().saturating_sub(1)) {
            let Some(leg) = way.legs.get(at) else { return };
            if outcome(&self.roster, leg, &waiter.bars) != StepOutcome::TargetMissing {
                continue;
            }
            let step = u16::try_from(at).unwrap_or(u16::MAX);
            if self.missing.insert((way.rule.clone(), step)) {
                let (rule, target) = (way.rule.clone(), leg.step.to.clone());
                let body = Body::TargetMissing { rule, step, target };
                orders.push(Order::Announce { subject: Subject::Account, cause: None, body });
            }
        }
    }
}

fn question(waiter: &Waiter, now: Timestamp) -> Question<'_> {
    Question {
        dialog: &waiter.dialog.id,
        cause: waiter.request.cause,
        previous: waiter.dialog.responsible().cloned(),
        waited: now.since(waiter.since),
        charge: waiter.charge,
        now,
    }
}
