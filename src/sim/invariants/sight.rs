//! What the world shows the invariants, and when: each durable change, each decision, each answer, and the whole
//! whenever nothing is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::choice::{self, Waits};
use super::eligible::Legs;
use super::holding::Turn;
use super::watch::{Asking, Witness};
use super::{books, closings, crash, explained, holding, journal, moves, offers, texts, versions};
use crate::desk::Desk;
use crate::domain::dialog::Dialog;
use crate::domain::facts::Facts;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::manager::Manager;
use crate::domain::routing::{Decision, Place, Responsible, Step, Strategy, Target};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;
use crate::rules::ruleset::{BotMode, RuleSet};
use crate::sim::commits::Commit;
use crate::sim::inbound::{Outcome, Rejection};
use crate::sim::ledger::Write;
use crate::sim::world::World;

impl World {
    /// A change is durable.
    pub(in crate::sim) fn see_commit(&mut self, commit: &Commit) {
        let now = self.now;
        let bounds = self.watch.bounds;
        if let Some(witness) = &commit.witness {
            let Witness { before, after, .. } = &**witness;
            self.watch.hold("closed_stays_closed", now, journal::closed_stays_closed(before, after));
            let asked = offers::nobody_is_asked_twice(before, after, now);
            self.watch.hold("nobody_is_asked_twice", now, asked);
            if after.version == 1 {
                let opened = self.ledger.opened_in_chat.get(&after.chat).copied().unwrap_or_default();
                self.watch.hold("returning_is_true", now, journal::returning_is_true(after, opened));
            }
        }
        let events = commit.writes.iter().filter(|write| matches!(write, Write::Event(_))).count();
        let first = self.ledger.journal.len() - events;
        if let Some(witness) = &commit.witness {
            let Witness { before, after, policy } = &**witness;
            let change = &self.ledger.journal[first..];
            let asked = texts::what_is_told_is_asked_for(before, after, policy.may_write, change);
            self.watch.hold("what_is_told_is_asked_for", now, asked);
        }
        for entry in &self.ledger.journal[first..] {
            let Self { watch, fold, .. } = self;
            watch.hold("numbered_without_gaps", now, journal::numbered_without_gaps(fold, entry));
            watch.hold("announced_once", now, journal::announced_once(fold, entry));
            watch.hold("one_responsible", now, journal::one_responsible(fold, entry));
            watch.hold("one_offer_at_a_time", now, offers::one_offer_at_a_time(fold, entry));
            watch.hold("moves_are_few", now, moves::moves_are_few(fold, entry, bounds));
            watch.hold("never_straight_back", now, moves::never_straight_back(fold, entry));
            watch.hold("blips_move_nothing", now, moves::blips_move_nothing(fold, entry, bounds));
            if let Some(witness) = &commit.witness {
                let policy = &witness.policy;
                watch.hold("closes_when_due", now, closings::closes_when_due(fold, entry, policy));
                watch.hold("says_farewell", now, closings::says_farewell(fold, entry, policy, &self.ledger));
                watch.hold("warns_in_time", now, closings::warns_in_time(fold, entry, policy));
                let once = texts::no_text_is_asked_for_twice(fold, entry, &witness.after);
                watch.hold("no_text_is_asked_for_twice", now, once);
            }
            if let Some(decision) = entry.announcement.body.decision() {
                let explains = explained::explains_everybody(decision, &self.ledger);
                watch.hold("explains_everybody", now, explains);
            }
            watch.figures.announced(&entry.announcement);
            fold.hear(entry);
        }
        if let Some(witness) = &commit.witness {
            let told = journal::journal_tells_state(&self.fold, &witness.after);
            self.watch.hold("journal_tells_state", now, told);
            let known = texts::told_texts_are_known(&self.fold, &witness.after, &self.ledger);
            self.watch.hold("told_texts_are_known", now, known);
        }
        for write in &commit.writes {
            if let Write::Tally { manager, .. } = write {
                let told = journal::tallies_tell_the_journal(&self.fold, &self.ledger, manager);
                self.watch.hold("tallies_tell_the_journal", now, told);
            }
        }
    }

    /// A request is answered.
    pub(in crate::sim) fn see_answer(&mut self, answer: &Result<Outcome, Rejection>) {
        match answer {
            Ok(outcome) => {
                let durable = crash::acknowledged_is_durable(outcome, &self.ledger);
                self.watch.hold("acknowledged_is_durable", self.now, durable);
            }
            Err(Rejection::Refused(refusal)) => {
                *self.watch.figures.refusals.entry(refusal.code()).or_default() += 1;
            }
            Err(Rejection::Busy) => self.watch.figures.busy += 1,
            Err(Rejection::Unknown) => self.watch.figures.unknown += 1,
        }
    }

    /// The desk decided.
    pub(in crate::sim) fn see_decision(
        &mut self,
        dialog: &DialogId,
        decision: &Decision,
        place: Option<&Place>,
    ) {
        let now = self.now;
        let Self { watch, memory: Some(memory), .. } = self else { return };
        let desk = &memory.desk;
        watch.figures.decided(decision);
        let before = watch.asking.get(dialog).and_then(|asking| asking.place.clone());
        let kept = holding::nobody_has_a_held_one(before.as_ref(), decision, now);
        watch.hold("nobody_has_a_held_one", now, kept);
        if holding::goes_on(before.as_ref(), place, now) {
            let rates = watch.rules.values().map(|rules| rules.releases_per_second());
            let pause = Duration::from_secs_f64(1.0 / rates.fold(0.001, f64::max)).saturating_sub(TICK);
            let slowly = holding::held_go_on_slowly(watch.let_go_at.replace(now), pause, now);
            watch.hold("held_go_on_slowly", now, slowly);
            let turn = |asking: &Asking| turn_of_held(desk, &watch.rules, asking, now);
            let first = watch.asking.get(dialog).and_then(turn);
            let others: Vec<_> =
                watch.asking.values().filter(|other| other.dialog.id != *dialog).filter_map(turn).collect();
            let in_order = first.map(|first| holding::held_go_on_in_order(&first, &others, now));
            if let Some(in_order) = in_order {
                watch.hold("held_go_on_in_order", now, in_order);
            }
        }
        let known = |id: &ManagerId| desk.manager(id).map(|manager| &**manager);
        let is_known = |decision: &Decision| watch.rules.contains_key(&decision.rules);
        let complete = choice::decision_is_complete(decision, is_known);
        watch.hold("decision_is_complete", now, complete);
        if let Some(asking) = watch.asking.get(dialog).filter(|_| !watch.is_migrating) {
            let kept = versions::version_is_kept(decision, asking, desk.rules());
            watch.hold("version_is_kept", now, kept);
        }
        if decision.choice.is_none() {
            if let Some(asking) = watch.asking.get_mut(dialog) {
                asking.place = place.cloned();
                asking.entered_with =
                    place.filter(|place| place.rule.is_some()).map(|place| place.rules.clone());
            }
            return;
        }
        let rules = Arc::clone(desk.rules());
        watch.hold("choice_is_fair", now, choice::choice_is_fair(decision, &rules, &known));
        if decision.strategy == Some(Strategy::RoundRobin)
            && let Some((key, to)) = turn_of(decision)
        {
            let last = watch.turns.get(&key).or_else(|| self.ledger.rotations.get(&key));
            let kept = choice::turns_are_kept(decision, last, &rules, &known);
            watch.hold("turns_are_kept", now, kept);
            watch.turns.insert(key, to);
        }
        let Some(asked) = watch.asking.remove(dialog) else { return };
        let decided_by = watch.rules.get(&decision.rules).cloned().unwrap_or(rules);
        if let Some((cost, over)) = cost_of(desk, &decided_by, &asked.dialog, decision) {
            watch.hold("capacity_is_kept", now, choice::capacity_is_kept(decision, cost, over));
        }
        let chosen =
            decision.choice.as_ref().and_then(Responsible::manager).and_then(|id| desk.manager(id)).cloned();
        let legs = legs_by(desk, &watch.rules, &asked, decision);
        if let (Some(manager), Some(legs)) = (&chosen, &legs) {
            watch.hold("excluded_get_nothing", now, choice::excluded_get_nothing(decision, manager, legs));
        }
        if let Some(manager) = chosen.filter(|_| !watch.is_planning) {
            let overtaken = overtaken(desk, &watch.rules, &watch.asking, &asked, decision, &manager);
            if let Some(result) = overtaken {
                watch.hold("nobody_is_overtaken", now, result);
            }
        }
    }

    /// Nothing is under way: books, queue, deadlines and store must agree.
    pub fn check_at_rest(&mut self) {
        let (now, late_by) = (self.now, self.lag);
        let Self { watch, memory: Some(memory), ledger, .. } = self else { return };
        watch.figures.rests += 1;
        let view = memory.desk.view();
        // The longest queue of closings: each of the open dialogs at the slowest rate of the day.
        let rate =
            watch.rules.values().filter_map(|rules| rules.closings_per_second()).min_by(f64::total_cmp);
        let open = memory.open.len() as f64 + 10.0;
        let held_up = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(open / rate));
        let held_up_until = if rate.is_some() { now + held_up } else { Timestamp::default() };
        let mut held = BTreeMap::new();
        let mut standings = BTreeMap::new();
        for open in memory.open.values() {
            let Some(life) = memory.dialog_lives.get(&open.lineage) else { continue };
            let (dialog, policy) = (&life.dialog, life.policy(now));
            held.insert(&dialog.id, dialog);
            standings.insert(dialog.id.clone(), dialog.standing(&policy));
            let set = memory.timekeeper.of_dialog(&dialog.id, open.lineage);
            // Hours begin and end by themselves: what they bring is not due before the look that they call for.
            let before = |at: Timestamp| Timestamp::from_micros(at.micros() - 1);
            let calls = set.is_some_and(|set| set <= now && life.policy(before(set)).changes_at == Some(set));
            let result = closings::deadline_is_set(dialog, &policy, set, held_up_until);
            watch.hold("deadline_is_set", now, if calls { Ok(()) } else { result });
            // Actors that are slow, crashes and jumps excuse; an hour after the last of them nothing does.
            let is_calm = watch.disturbed_at.is_none_or(|at| now.since(at) > Duration::from_hours(1));
            if is_calm {
                let not_before = now - late_by * 3 - held_up;
                // What hours bring that began only since then is not due yet.
                let policy = life.policy(not_before);
                let result = closings::none_open_past_deadline(dialog, &policy, life.situated_at, not_before);
                watch.hold("none_open_past_deadline", now, result);
                let ended = offers::offers_end_in_time(dialog, late_by * 3, now);
                watch.hold("offers_end_in_time", now, ended);
            }
        }
        let calm = watch.disturbed_at.is_none_or(|at| now.since(at) > Duration::from_hours(1));
        if calm {
            let slowest = watch.rules.values().map(|rules| rules.releases_per_second()).fold(1.0, f64::min);
            let patience = Duration::from_secs_f64(open / slowest) + late_by * 3;
            watch.hold("held_are_let_go", now, holding::held_are_let_go(&view, patience, now));
        }
        watch.hold("books_balance", now, books::books_balance(&view, &standings));
        let uses = memory.desk.group_uses();
        let kept = books::groups_keep_their_limits(uses, &standings, &watch.rules);
        watch.hold("groups_keep_their_limits", now, kept);
        let waiting: Vec<_> = watch
            .asking
            .values()
            .filter_map(|asking| waiting(&memory.desk, &watch.rules, asking, now))
            .collect();
        watch.hold("nobody_waits_in_vain", now, books::nobody_waits_in_vain(&view, &waiting));
        watch.hold("memory_is_what_is_stored", now, crash::memory_is_what_is_stored(&held, ledger));
        watch.hold("desk_is_sound", now, memory.desk.check());
        let unanswered = self.edge.waiting();
        watch.hold("all_are_answered", now, crash::all_are_answered(&unanswered));
    }
}

/// The round-robin target that a decision served, and whom.
fn turn_of(decision: &Decision) -> Option<(Arc<str>, ManagerId)> {
    let at = decision.step?;
    let target = &decision.steps.iter().find(|traced| traced.step == at)?.to;
    let is_pool = matches!(target, Target::Group(_) | Target::Everyone);
    let to = decision.choice.as_ref().and_then(Responsible::manager)?;
    is_pool.then(|| (target.to_string().into(), to.clone()))
}

/// What a dialog costs whoever takes it, and how much of that may be over their capacity.
fn cost_of(desk: &Desk, rules: &RuleSet, dialog: &Dialog, decision: &Decision) -> Option<(Units, Units)> {
    let channel = desk.channel(dialog.channel.as_ref()?)?;
    let customer = desk.customer(dialog.customer.as_ref()?)?;
    let facts = Facts::of(dialog, channel, customer, decision.at);
    let cost = desk.rules().dialog_policy(&facts).weight;
    let plan = rules.plan(&facts).filter(|plan| decision.rule.is_some() && plan.rule == decision.rule);
    if decision.rule.is_some() && plan.is_none() {
        return None;
    }
    let step = |step: u16| plan.as_ref().and_then(|plan| plan.steps.get(usize::from(step)));
    let over = decision.step.and_then(step).map_or(Units::ZERO, |step: &Step| step.over_capacity);
    Some((cost, over))
}

/// Pauses are fractions of a second, times whole microseconds.
const TICK: Duration = Duration::from_micros(1);

/// How urgent a held dialog is whose turn may come; `None`: it is not held, its hours have not begun, or the account
/// does not know enough of it.
fn turn_of_held(desk: &Desk, rules: &Books, asking: &Asking, now: Timestamp) -> Option<Turn> {
    let place = asking.place.as_ref().filter(|place| place.held_until.is_some_and(|until| until <= now))?;
    let rules = rules.get(&place.rules)?;
    let channel = desk.channel(asking.dialog.channel.as_ref()?)?;
    let customer = desk.customer(asking.dialog.customer.as_ref()?)?;
    let facts = Facts::of(&asking.dialog, channel, customer, now);
    let plan = rules.plan(&facts).filter(|_| rules.mode() == BotMode::Enforce);
    let priority = plan.map(|plan| plan.priority).unwrap_or_default();
    Some(Turn { dialog: asking.dialog.id.clone(), since: asking.since, priority })
}

type Books = BTreeMap<crate::domain::ids::RulesVersion, Arc<RuleSet>>;

fn legs_of(desk: &Desk, rules: &Books, asking: &Asking, now: Timestamp) -> Option<Legs> {
    // Nobody is offered what is held.
    let place = asking.place.as_ref().filter(|place| place.held_until.is_none())?;
    Legs::at(desk, rules.get(&place.rules)?, &asking.dialog, &asking.request, place, now)
}

fn waiting(
    desk: &Desk,
    rules: &Books,
    asking: &Asking,
    now: Timestamp,
) -> Option<(DialogId, Legs, BTreeSet<ManagerId>)> {
    let barred =
        asking.request.avoid.iter().chain(asking.dialog.responsible().and_then(Responsible::manager));
    let barred = barred.chain(asking.passed());
    Some((asking.dialog.id.clone(), legs_of(desk, rules, asking, now)?, barred.cloned().collect()))
}

/// The legs up to the one that a decision chose by.
fn legs_by(desk: &Desk, rules: &Books, asked: &Asking, decision: &Decision) -> Option<Legs> {
    let place = Place {
        rules: decision.rules.clone(),
        rule: decision.rule.clone(),
        step: decision.step?,
        entered_at: Timestamp::default(),
        held_until: None,
    };
    Legs::at(desk, rules.get(&place.rules)?, &asked.dialog, &asked.request, &place, decision.at)
}

/// Whether somebody more urgent might have had the manager. `None`: the urgency of the one that got them is
/// not known from its rule alone.
fn overtaken(
    desk: &Desk,
    rules: &Books,
    asking: &BTreeMap<DialogId, Asking>,
    asked: &Asking,
    decision: &Decision,
    manager: &Manager,
) -> Option<Result<(), String>> {
    let legs = legs_by(desk, rules, asked, decision)?;
    let served = Waits { dialog: asked.dialog.id.clone(), since: asked.since, legs };
    let mut others = Vec::new();
    for other in asking.values() {
        let is_barred = other.request.avoid.as_ref() == Some(&manager.id)
            || other.dialog.responsible().and_then(Responsible::manager) == Some(&manager.id)
            || other.passed().any(|passed| *passed == manager.id);
        if let (false, Some(legs)) = (is_barred, legs_of(desk, rules, other, decision.at)) {
            others.push(Waits { dialog: other.dialog.id.clone(), since: other.since, legs });
        }
    }
    Some(choice::nobody_is_overtaken(decision, manager, &served, &others))
}
