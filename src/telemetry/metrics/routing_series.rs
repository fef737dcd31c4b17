//! Counters of decisions and announcements: by rule, step, strategy and reason.

use std::collections::BTreeMap;

use metrics::{Counter, SharedString};

use super::bounded::Bounded;
use super::catalogue as family;
use super::gauges::NO_RULE;
use crate::domain::announcement::{Announcement, Body};
use crate::domain::dialog::{By, ClosureReason};
use crate::domain::ids::RuleId;
use crate::domain::routing::{Cause, Decision, DecisionEffect, FallbackReason, Strategy, Verdict};

/// Most rules of one account that are told apart.
const RULES: usize = 500;

/// The strategy of what a person chose.
const BY_HAND: &str = "by_hand";
/// The strategy of an assignment that was offered and accepted: the offer is counted under what chose.
const ACCEPTED: &str = "accepted";

/// Counters of one account.
pub struct RoutingSeries {
    account: SharedString,
    rules: Bounded<RuleSeries>,
    reassignments: BTreeMap<Cause, Counter>,
    rejected: BTreeMap<Verdict, Counter>,
    fallback: BTreeMap<FallbackReason, Counter>,
    events: BTreeMap<&'static str, Counter>,
    quarantined: Counter,
}

/// Counters of one rule, made when first needed: a close rule assigns nothing.
struct RuleSeries {
    label: SharedString,
    matches: Option<Counter>,
    assignments: BTreeMap<(Option<u16>, &'static str), Counter>,
    closed: Option<Counter>,
    postponed: Option<Counter>,
    warned: Option<Counter>,
}

impl RuleSeries {
    fn new(label: SharedString) -> Self {
        Self {
            label,
            matches: None,
            assignments: BTreeMap::new(),
            closed: None,
            postponed: None,
            warned: None,
        }
    }
}

impl RoutingSeries {
    /// Counters at zero, as far as their labels are known beforehand.
    pub fn new(account: SharedString) -> Self {
        let reasons = [
            FallbackReason::BotOff,
            FallbackReason::NoRule,
            FallbackReason::StepsExhausted,
            FallbackReason::RulesBroken,
            FallbackReason::MaxMoves,
        ];
        let fallback =
            |reason: FallbackReason| family::FALLBACK.counter([account.clone(), reason.word().into()]);
        let reassigned = |cause: Cause| family::REASSIGNMENTS.counter([account.clone(), cause.word().into()]);
        let moves =
            Cause::ALL.into_iter().filter(|cause| cause.is_automatic_move() || *cause == Cause::Manual);
        Self {
            rules: Bounded::new(RULES),
            reassignments: moves.map(|cause| (cause, reassigned(cause))).collect(),
            rejected: BTreeMap::new(),
            fallback: reasons.into_iter().map(|reason| (reason, fallback(reason))).collect(),
            events: BTreeMap::new(),
            quarantined: family::QUARANTINED.counter([account.clone()]),
            account,
        }
    }

    fn rule(&mut self, rule: Option<&RuleId>) -> &mut RuleSeries {
        self.rules.get(rule.map_or(NO_RULE, RuleId::as_str), RuleSeries::new)
    }

    /// A decision was made, whatever it led to.
    pub fn decided(&mut self, decision: &Decision) {
        let account = self.account.clone();
        let rule = self.rule(decision.rule.as_ref());
        if decision.rule.is_some() {
            let label = &rule.label;
            rule.matches
                .get_or_insert_with(|| family::RULE_MATCHES.counter([account.clone(), label.clone()]))
                .increment(1);
        }
        if matches!(decision.effect, DecisionEffect::Assigned | DecisionEffect::Reassigned) {
            let strategy = match (decision.fallback, decision.strategy) {
                (Some(_), _) => "fallback",
                (None, Some(strategy)) => Strategy::word(strategy),
                (None, None) => NO_RULE,
            };
            self.assigned(decision.rule.as_ref(), decision.step, strategy);
        }
        for (verdict, count) in &decision.counts {
            if *verdict != Verdict::Chosen {
                self.rejected
                    .entry(*verdict)
                    .or_insert_with(|| family::REJECTED.counter([account.clone(), verdict.word().into()]))
                    .increment(u64::from(*count));
            }
        }
    }

    fn assigned(&mut self, rule: Option<&RuleId>, step: Option<u16>, strategy: &'static str) {
        let account = self.account.clone();
        let rule = self.rule(rule);
        let label = &rule.label;
        rule.assignments
            .entry((step, strategy))
            .or_insert_with(|| {
                // People count steps from one.
                let step = step.map_or(NO_RULE.into(), |step| (u32::from(step) + 1).to_string().into());
                family::ASSIGNMENTS.counter([account, label.clone(), step, strategy.into()])
            })
            .increment(1);
    }

    /// Something was announced. The decision that it may carry is counted by [`Self::decided`].
    pub fn announced(&mut self, announcement: &Announcement) {
        let account = self.account.clone();
        let body = &announcement.body;
        self.events
            .entry(body.name())
            .or_insert_with(|| family::EVENTS.counter([account.clone(), body.name().into()]))
            .increment(1);
        match body {
            Body::DialogAssigned { decision: None, by, .. } => {
                self.assigned(None, None, not_by_rule(by.as_ref(), announcement));
            }
            Body::DialogReassigned { by, decision, .. } => {
                if decision.is_none() {
                    self.assigned(None, None, not_by_rule(by.as_ref(), announcement));
                }
                let cause = cause_of_move(announcement.cause, by.as_ref());
                self.reassignments
                    .entry(cause)
                    .or_insert_with(|| family::REASSIGNMENTS.counter([account, cause.word().into()]))
                    .increment(1);
            }
            Body::DialogCloseWarned { rule, .. } => {
                let RuleSeries { warned, label, .. } = self.rule(Some(rule));
                warned
                    .get_or_insert_with(|| family::CLOSE_WARNINGS.counter([account, label.clone()]))
                    .increment(1);
            }
            Body::DialogClosed { reason: ClosureReason::Idle(rule), .. } => self.closed(Some(rule)),
            Body::DialogClosed { reason: ClosureReason::AccountAutoClose, .. } => self.closed(None),
            Body::DialogClosePostponed => {
                let RuleSeries { postponed, label, .. } = self.rule(None);
                postponed
                    .get_or_insert_with(|| {
                        family::CLOSE.counter([account, label.clone(), "postponed".into()])
                    })
                    .increment(1);
            }
            Body::FallbackUsed { reason, .. } => self
                .fallback
                .entry(*reason)
                .or_insert_with(|| family::FALLBACK.counter([account, reason.word().into()]))
                .increment(1),
            Body::DialogQuarantined => self.quarantined.increment(1),
            Body::DialogAssigned { .. }
            | Body::DialogClosed { .. }
            | Body::DialogOpened { .. }
            | Body::DialogWaiting(_)
            | Body::DialogOffered { .. }
            | Body::DialogOfferEnded { .. }
            | Body::DialogReturned { .. }
            | Body::DialogKept(_)
            | Body::MessageRecorded { .. }
            | Body::MessageRequested { .. }
            | Body::ManagerAvailable(_)
            | Body::ManagerUnavailable { .. }
            | Body::ManagerChanged { .. }
            | Body::CustomerMerged { .. }
            | Body::TargetMissing { .. }
            | Body::DeputiesCircular { .. }
            | Body::ShadowDecided(_)
            | Body::RulesApplied(_)
            | Body::RulesRejected { .. } => {}
        }
    }

    fn closed(&mut self, rule: Option<&RuleId>) {
        let account = self.account.clone();
        let RuleSeries { closed, label, .. } = self.rule(rule);
        closed
            .get_or_insert_with(|| family::CLOSE.counter([account, label.clone(), "closed".into()]))
            .increment(1);
    }
}

/// How somebody got a dialog whose event has no decision: by hand, or by accepting it, when the offer told the decision.
fn not_by_rule(by: Option<&By>, announcement: &Announcement) -> &'static str {
    let is_hand = by.is_some() || announcement.cause == Some(Cause::Picked);
    if is_hand { BY_HAND } else { ACCEPTED }
}

/// Why a dialog moved; a move that somebody made and that says nothing else was made by hand.
fn cause_of_move(said: Option<Cause>, by: Option<&By>) -> Cause {
    match (said, by) {
        (Some(cause), _) => cause,
        (None, Some(_)) => Cause::Manual,
        (None, None) => Cause::External,
    }
}
