//! The shadow: a second rule set that decides beside the live one and acts on nothing.
//!
//! For each routing decision, after the live rules have found what to do and before anything of it is booked, the
//! shadow is asked the same about the same dialog, people and load. What it says is compared, counted, and forgotten
//! but for the latest differences. It reads the live desk and changes nothing of it, so the desk does the same
//! with and without one; should it panic, it is given up and the live decision goes on.
//!
//! What that means for what is compared:
//!
//! - load and the times that managers last had work are those of the live books: a shadow that would have chosen
//!   others is not followed into the loads that would have come of it;
//! - the places of a group with `max_dialogs` are taken up by dialogs that came through the live group of that name;
//! - round robin has turns of its own, which begin where the live ones are;
//! - how urgent who is, and when held dialogs get their turn, are the live rules' affair: the shadow says what would
//!   become of the dialogs that those come to;
//! - what a person chose is nobody's rule, and is not compared;
//! - nobody comes back to a shadow that waits for a customer's facts where the live rules do not: that is the
//!   difference.
//!
//! This is not `[bot] mode = "shadow"`, which is a property of the live set: there the rules decide for everybody
//! to see, and the default assignment acts.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::domain::agreement::{Agreement, Tally};
use crate::domain::dialog::Dialog;
use crate::domain::ids::RulesVersion;
use crate::domain::routing::Decision;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;

use super::Desk;
use super::mirror::Mirror;
use super::seat::Slot;
use super::waiting::Waiter;
use super::walk::Walk;

/// How many differences are kept.
pub const DIFFERENCES_KEPT: usize = 200;
/// Once so many are kept, at most this many a second take the place of the oldest. Writing the record is the larger
/// part of what a difference costs, and of a thousand a second nobody reads more.
const REPLACED_A_SECOND: u32 = 20;

/// The place of a shadow in a desk. A copy of a desk has none: what is tried on a copy is no live traffic.
#[derive(Debug, Default)]
pub struct Beside(Option<Box<Shadow>>);

impl Clone for Beside {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A rule set that decides and does not act.
#[derive(Debug)]
struct Shadow {
    version: RulesVersion,
    since: Timestamp,
    /// `None`: it panicked, and decides no more.
    mirror: Option<Mirror>,
    stopped_at: Option<Timestamp>,
    tally: Tally,
    differences: VecDeque<Difference>,
    /// How many of them took another's place in a second.
    replaced: (i64, u32),
}

impl Shadow {
    /// Whether a difference of this moment will be kept.
    fn keeps(&self, now: Timestamp) -> bool {
        let (second, count) = self.replaced;
        self.differences.len() < DIFFERENCES_KEPT || second != second_of(now) || count < REPLACED_A_SECOND
    }

    fn keep(&mut self, difference: Difference) {
        if self.differences.len() >= DIFFERENCES_KEPT {
            self.differences.pop_front();
            let second = second_of(difference.live.at);
            let before = Some(self.replaced).filter(|(of, _)| *of == second).map_or(0, |(_, count)| count);
            self.replaced = (second, before + 1);
        }
        self.differences.push_back(difference);
    }
}

fn second_of(moment: Timestamp) -> i64 {
    moment.micros().div_euclid(1_000_000)
}

/// What the shadow says instead of a live decision whose record is still to be written.
#[derive(Debug)]
pub struct Unlike {
    agreement: Agreement,
    decision: Decision,
}

/// A decision on which the two sets differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// In what.
    pub agreement: Agreement,
    /// What the live rules decided.
    pub live: Arc<Decision>,
    /// What the shadow would have decided. It has no basis: nobody stored how others stood for it.
    pub shadow: Arc<Decision>,
}

/// How a shadow did so far.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowReport {
    /// Its rule set.
    pub version: RulesVersion,
    /// Since when it has been counting.
    pub since: Timestamp,
    /// When it was given up because it panicked.
    pub stopped_at: Option<Timestamp>,
    /// How many decisions came how near.
    pub tally: Tally,
    /// The latest that differed, the newest first; at most [`DIFFERENCES_KEPT`]. Where they come by the hundred a
    /// second some are left out.
    pub differences: Vec<Difference>,
}

impl Desk {
    /// Lets a rule set decide beside the live one from now on, in place of any other; `None`: none does.
    pub fn set_shadow(&mut self, rules: Option<Arc<RuleSet>>, now: Timestamp) {
        let account = &self.account;
        let roster = &self.roster;
        self.shadow = Beside(rules.map(|rules| {
            let version = rules.version().clone();
            let made = catch_unwind(AssertUnwindSafe(|| Mirror::new(account, rules, roster))).ok();
            Box::new(Shadow {
                version,
                since: now,
                stopped_at: made.is_none().then_some(now),
                mirror: made,
                tally: Tally::default(),
                differences: VecDeque::new(),
                replaced: (0, 0),
            })
        }));
    }

    /// How the shadow did so far; `None`: there is none.
    pub fn shadow_report(&self) -> Option<ShadowReport> {
        let Shadow { version, since, mirror: _, stopped_at, tally, differences, replaced: _ } =
            self.shadow.0.as_deref()?;
        Some(ShadowReport {
            version: version.clone(),
            since: *since,
            stopped_at: *stopped_at,
            tally: *tally,
            differences: differences.iter().rev().cloned().collect(),
        })
    }

    /// What was counted so far, and whether the shadow had to be given up; for meters, after each call.
    pub fn shadow_tally(&self) -> Option<(Tally, bool)> {
        self.shadow.0.as_ref().map(|shadow| (shadow.tally, shadow.stopped_at.is_some()))
    }

    /// A dialog asks for a responsible.
    pub(super) fn shadow_begins(&mut self, dialog: &Dialog) {
        if let Some(mirror) = self.shadow.0.as_mut().and_then(|shadow| shadow.mirror.as_mut()) {
            mirror.begin(dialog);
        }
    }

    /// These seats may stand otherwise than at the last decision.
    pub(super) fn shadow_notes(&mut self, slots: &[Slot]) {
        if let Some(mirror) = self.shadow.0.as_mut().and_then(|shadow| shadow.mirror.as_mut()) {
            mirror.note(slots);
        }
    }

    /// Asks the shadow what the live walk has just found out. Stances must have been told, and nothing booked.
    pub(super) fn ask_shadow(&mut self, waiter: &Waiter, walk: &Walk, now: Timestamp) -> Option<Unlike> {
        if waiter.request.only.is_some() {
            return None;
        }
        let mut shadow = self.shadow.0.take()?;
        let mut unlike = None;
        if let Some(mut mirror) = shadow.mirror.take() {
            mirror.trim(self.waiting.count(), |dialog| self.waiting.get(dialog).is_some());
            mirror.swap_records(self);
            let (roster, keeps) = (&self.roster, shadow.keeps(now));
            let asked = catch_unwind(AssertUnwindSafe(|| mirror.decide(roster, waiter, walk, keeps, now)));
            // Whatever became of it: what was lent comes back.
            mirror.swap_records(self);
            match asked {
                Ok((agreement, decision)) => {
                    shadow.tally.add(agreement);
                    unlike = decision.map(|decision| Unlike { agreement, decision });
                    shadow.mirror = Some(mirror);
                }
                Err(_) => shadow.stopped_at = Some(now),
            }
        }
        self.shadow.0 = Some(shadow);
        unlike
    }

    /// Keeps a difference, with the live record that has been written meanwhile.
    pub(super) fn keep_difference(&mut self, unlike: Option<Unlike>, live: &Arc<Decision>) {
        let (Some(shadow), Some(unlike)) = (self.shadow.0.as_deref_mut(), unlike) else { return };
        let Unlike { agreement, decision } = unlike;
        let (live, decision) = (Arc::clone(live), Arc::new(decision));
        shadow.keep(Difference { agreement, live, shadow: decision });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Order;
    use crate::domain::account::Account;
    use crate::domain::channel::Channel;
    use crate::domain::dialog::{AssignmentRequest, Dialog, DialogKind, Opening};
    use crate::domain::ids::{AccountId, ChannelId, ChatId, CustomerId, DialogId, ManagerId};
    use crate::domain::manager::{Availability, Manager, Presence};
    use crate::domain::routing::{Cause, Responsible};
    use crate::rules::{Source, compile};

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    fn rules(to: &str) -> Arc<RuleSet> {
        let text = format!("[[rule]]\nid = \"{to}\"\nto = \"manager:{to}\"\n");
        compile(&[Source::new("a.toml", text)]).rules.expect("good rules")
    }

    fn desk(rules: Arc<RuleSet>) -> Desk {
        let mut desk = Desk::new(Account::new(AccountId::default_account()), rules);
        for id in ["ana", "boris"].map(ManagerId::trusted) {
            desk.put_manager(Arc::new(Manager::new(id.clone())), NOW);
            desk.set_availability(&id, Availability::Available, Presence::default(), NOW);
        }
        desk
    }

    fn open(desk: &mut Desk, id: &str) -> Option<Responsible> {
        let opening = Opening {
            id: DialogId::trusted(id),
            chat: ChatId::trusted(id),
            channel: Some((ChannelId::trusted("wa"), "whatsapp".into())),
            customer: Some(CustomerId::trusted("c")),
            kind: DialogKind::Customer,
            members: std::collections::BTreeSet::new(),
            returning: false,
            message: None,
            facts: std::collections::BTreeMap::new(),
        };
        let dialog = Arc::new(Dialog::open(opening, &super::super::policy::neutral_policy(), NOW).next);
        let request = AssignmentRequest { cause: Cause::Opened, ticket: 1, avoid: None, only: None };
        desk.request(&dialog, request, NOW).into_iter().find_map(|order| match order {
            Order::Route { decision, .. } => decision.choice.clone(),
            Order::Move { .. }
            | Order::Stay { .. }
            | Order::Lapse { .. }
            | Order::Save { .. }
            | Order::Announce { .. } => None,
        })
    }

    fn manager(id: &str) -> Responsible {
        Responsible::Manager(ManagerId::trusted(id))
    }

    #[test]
    fn what_differs_is_kept_with_both_decisions_and_not_without_bound() {
        let mut desk = desk(rules("ana"));
        desk.set_shadow(Some(rules("boris")), NOW);
        for n in 0..DIFFERENCES_KEPT + 5 {
            open(&mut desk, &format!("d{n}"));
        }
        let report = desk.shadow_report().expect("there is one");
        assert_eq!(report.differences.len(), DIFFERENCES_KEPT);
        let first = &desk.shadow_report().expect("there is one").differences[DIFFERENCES_KEPT - 1];
        assert_eq!(first.live.dialog.as_str(), "d5", "the oldest are forgotten");
        assert_eq!(
            (&first.live.choice, &first.shadow.choice),
            (&Some(manager("ana")), &Some(manager("boris")))
        );
        assert_eq!(first.agreement, Agreement::Manager);
        assert!(desk.clone().shadow_report().is_none(), "a copy has none");
        for n in 0..100 {
            open(&mut desk, &format!("e{n}"));
        }
        let report = desk.shadow_report().expect("there is one");
        assert_eq!(
            report.differences[0].live.dialog.as_str(),
            "e14",
            "twenty a second, and five were before"
        );
        assert_eq!(
            (report.tally.all(), report.tally.count(Agreement::Same)),
            (305, 0),
            "but all are counted"
        );
        desk.set_shadow(None, NOW);
        assert!(desk.shadow_report().is_none());
    }

    #[test]
    fn a_shadow_that_panics_is_given_up_and_the_live_decision_stands() {
        let mut desk = desk(rules("ana"));
        desk.put_channel(Arc::new(Channel {
            id: ChannelId::trusted("wa"),
            kind: "whatsapp".into(),
            name: String::new(),
            site: None,
            features: crate::domain::channel::ChannelFeatures::default(),
        }));
        desk.set_shadow(Some(rules("ana")), NOW);
        assert_eq!(open(&mut desk, "d1"), Some(manager("ana")));
        // Nobody has that seat: looking at it panics.
        desk.shadow_notes(&[usize::MAX]);
        assert_eq!(open(&mut desk, "d2"), Some(manager("ana")));
        let report = desk.shadow_report().expect("it is still told of");
        assert_eq!((report.stopped_at, report.tally.all()), (Some(NOW), 1));
        assert_eq!(desk.shadow_tally().map(|(_, is_stopped)| is_stopped), Some(true));
        assert!(desk.channel(&ChannelId::trusted("wa")).is_some(), "what was lent came back");
        assert_eq!(open(&mut desk, "d3"), Some(manager("ana")));
        assert_eq!(desk.shadow_report().map(|report| report.tally.all()), Some(1));
    }
}
