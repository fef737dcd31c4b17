//! The world around one dialog: time, the desk, the messages as stored, and what subscribers were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reparto::domain::channel::ChannelFeatures;
use reparto::domain::closing::{DialogPolicy, LastFrom};
use reparto::domain::dialog::{
    AssignmentRequest, ClosureReason, Command, Dialog, DialogKind, DialogState, Effect, Opening, Side,
    Standing, Transition,
};
use reparto::domain::figures::ServiceFigure;
use reparto::domain::ids::{ChannelId, ChatId, CustomerId, DialogId, ManagerId, MessageId, RulesVersion};
use reparto::domain::message::{Author, DeliveryStatus, Message, Visibility};
use reparto::domain::offer::{Pass, Passed};
use reparto::domain::routing::{Cause, Decision, DecisionEffect, Responsible};
use reparto::domain::tags::Tags;
use reparto::domain::time::Timestamp;

use super::policies::Rules;

mod hearing;

/// What a subscriber knows who hears of everything.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Waiting,
    Held(Responsible),
    Internal,
    Closed,
}

pub struct World {
    now: Timestamp,
    policy: DialogPolicy,
    dialog: Dialog,
    told: Told,
    /// To whom it is offered, as was announced.
    offered: Option<ManagerId>,
    /// The latest closing time that was announced and not called off, and how often.
    promised: Option<Timestamp>,
    warnings: usize,
    /// What the desk was asked and has not answered, and what it was asked before.
    asked: Option<AssignmentRequest>,
    asked_before: Option<AssignmentRequest>,
    messages: BTreeMap<MessageId, Message>,
    once: BTreeSet<&'static str>,
    reached: BTreeSet<&'static str>,
    /// Automatic moves that rules allowed at the time.
    allowed_moves: u32,
}

impl World {
    pub fn open(rules: &Rules, first: Option<Author>, is_internal: bool) -> Self {
        let (now, policy) = (Timestamp::from_secs(1_000), rules.policy());
        // The edge refuses what only customers and bots could open.
        let first = first.filter(|first| !is_internal || matches!(first, Author::Manager(_)));
        let id = DialogId::trusted("d");
        let message = first.map(|from| Message {
            id: MessageId::trusted("m0"),
            dialog: id.clone(),
            from,
            text: Some("hello".into()),
            at: now,
            visibility: Visibility::Public,
            quote: None,
            status: DeliveryStatus::Queued,
        });
        let opening = Opening {
            id,
            chat: ChatId::trusted("chat"),
            channel: (!is_internal).then(|| (ChannelId::trusted("tg"), "telegram".into())),
            customer: (!is_internal).then(|| CustomerId::trusted("c")),
            kind: if is_internal { DialogKind::Internal } else { DialogKind::Customer },
            members: BTreeSet::from([ManagerId::trusted("boris")]),
            returning: false,
            message,
            facts: BTreeMap::new(),
        };
        let opened = Dialog::open(opening, &policy, now);
        assert_eq!((opened.next.version, &opened.refusal), (1, &None));
        let told = if is_internal { Told::Internal } else { Told::Waiting };
        let mut world = Self {
            now,
            allowed_moves: policy.reassign.max_moves,
            policy,
            dialog: opened.next.clone(),
            told,
            promised: None,
            warnings: 0,
            offered: None,
            asked: None,
            asked_before: None,
            messages: BTreeMap::new(),
            once: BTreeSet::new(),
            reached: BTreeSet::new(),
        };
        world.hear(&opened);
        world.check();
        world
    }

    pub fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    pub fn reached(&self) -> impl Iterator<Item = &'static str> {
        self.reached.iter().copied()
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Goes on to the deadline, if there is one.
    pub fn wait_for_deadline(&mut self) -> bool {
        let deadline = self.dialog.deadline(&self.policy);
        self.now = self.now.max(deadline.unwrap_or(self.now));
        deadline.is_some()
    }

    pub fn apply(&mut self, rules: &Rules) {
        self.policy = rules.policy();
        self.allowed_moves = self.allowed_moves.max(self.policy.reassign.max_moves);
    }

    /// Whether the rules say that it closes if nobody writes.
    pub fn closes_by_itself(&self) -> bool {
        let is_routed = self.dialog.is_open() && self.dialog.state != DialogState::Internal;
        is_routed && !self.dialog.quarantined && self.closing_applies()
    }

    fn closing_applies(&self) -> bool {
        self.policy.close.as_ref().is_some_and(|close| match close.last_from {
            LastFrom::Manager => self.dialog.last_from == Some(Side::Shop),
            LastFrom::Customer => self.dialog.last_from == Some(Side::Customer),
            LastFrom::Any => true,
        })
    }

    pub fn message(&self, from: Author, visibility: Visibility) -> Message {
        Message {
            id: MessageId::trusted(&format!("m{}", self.messages.len())),
            dialog: self.dialog.id.clone(),
            from,
            text: None,
            at: self.now,
            visibility,
            quote: None,
            status: DeliveryStatus::Queued,
        }
    }

    pub fn report(&self, which: usize, status: DeliveryStatus) -> Option<Command> {
        let at = which.checked_rem(self.messages.len())?;
        let message = self.messages.values().nth(at)?.clone();
        let status = message.status.after(status, &ChannelFeatures::default()).ok()?;
        Some(Command::Report { message, status })
    }

    pub fn answer(&self, effect: DecisionEffect, choice: Responsible, stale: bool) -> Option<Command> {
        let request = if stale { self.asked_before.as_ref() } else { self.asked.as_ref() }?;
        let previous = self.dialog.responsible().cloned();
        if request.avoid.as_ref() == choice.manager() && request.avoid.is_some() {
            return None;
        }
        let effect = match (effect, &previous) {
            (DecisionEffect::Waiting, Some(_)) => DecisionEffect::Kept,
            (DecisionEffect::Assigned, Some(_)) => DecisionEffect::Reassigned,
            (effect, _) => effect,
        };
        let takes = !matches!(effect, DecisionEffect::Waiting | DecisionEffect::Kept);
        if effect == DecisionEffect::Offered && (choice.manager().is_none() || self.offered.is_some()) {
            return None;
        }
        let is_passed = |(who, _): &(ManagerId, Pass)| choice.manager() == Some(who);
        if takes && self.dialog.passed.at(self.now).iter().any(is_passed) {
            return None;
        }
        let is_round = !takes && !self.dialog.passed.people.is_empty();
        let decision = Decision {
            dialog: self.dialog.id.clone(),
            at: self.now,
            cause: request.cause,
            rules: RulesVersion::trusted("r"),
            rule: None,
            tags: Tags::NONE,
            step: None,
            entered_step_at: None,
            strategy: None,
            steps: vec![],
            candidates: vec![],
            counts: vec![],
            choice: takes.then_some(choice),
            accept_by: (effect == DecisionEffect::Offered).then_some(self.now + Duration::from_mins(20)),
            ask_again_at: is_round.then_some(self.now + self.dialog.passed.pause()),
            previous,
            effect,
            fallback: None,
            waited: Duration::ZERO,
            facts_until: None,
            basis: None,
        };
        Some(Command::Route {
            ticket: request.ticket,
            decision: Arc::new(decision),
            place: None,
            texts: Vec::new(),
        })
    }

    /// Carries out a command and checks everything that must hold of any step.
    pub fn step(&mut self, command: &Command) {
        let before = self.dialog.clone();
        let is_tick = *command == Command::Tick;
        let is_due = before.deadline(&self.policy).is_some_and(|deadline| deadline <= self.now);
        let is_fact = matches!(
            command,
            Command::Route { .. }
                | Command::Move { .. }
                | Command::Stay
                | Command::NotTaken { .. }
                | Command::Lapse { .. }
                | Command::Tick
        );
        let transition = match before.decide(command.clone(), &self.policy, self.now) {
            Ok(transition) => transition,
            Err(refusal) => {
                assert!(!is_fact, "what the engine says is never refused: {command:?}, {refusal}");
                self.reached.insert("refused");
                return;
            }
        };
        let next = &transition.next;
        if before.is_open() {
            let is_step = *next != before || !transition.effects.is_empty();
            let version = before.version + u64::from(is_step);
            assert_eq!(next.version, version, "{command:?} led to {transition:?}");
            let mut unstepped = next.clone();
            unstepped.version = before.version;
            let is_change = unstepped != before || !transition.effects.is_empty();
            assert_eq!(is_step, is_change, "a step for nothing: {command:?}");
        } else {
            assert_eq!(*next, before, "a closed dialog never changes again");
        }
        assert!(transition.refusal.is_none() || next.state == before.state);
        if is_tick {
            assert_eq!(is_due, *next != before, "a tick does something if and only if it is due");
            let deadline = next.deadline(&self.policy);
            assert!(deadline.is_none_or(|deadline| deadline > self.now), "it is due at once again: {next:?}");
        }
        if let Command::Route { ticket, .. } = command {
            let is_current = before.request.as_ref().is_some_and(|asked| asked.ticket == *ticket);
            assert_eq!(is_current, *next != before, "only the newest request is answered");
            if next.moves > before.moves {
                self.reached.insert("moved automatically");
            }
        }
        self.check_move(&before, &transition);
        self.check_closure(&before, &transition);
        self.dialog = transition.next.clone();
        self.hear(&transition);
        self.check();
    }

    /// Invariant 7, and what the holders and figures say of each other.
    fn check_move(&mut self, before: &Dialog, transition: &Transition) {
        let next = &transition.next;
        assert!(next.moves <= before.moves + 1);
        assert!(next.moves <= self.allowed_moves, "more moves than any rules allowed");
        if next.then_used && !before.then_used {
            assert!(self.once.insert("last move"), "the last move was made twice");
            self.reached.insert("moved for the last time");
        }
        let figure = |is: fn(&ServiceFigure) -> bool| {
            let is = |effect: &&Effect| matches!(effect, Effect::Measure(figure) if is(figure));
            transition.effects.iter().filter(is).count()
        };
        let lost = before.responsible().is_some() && before.responsible() != next.responsible();
        assert_eq!(figure(|figure| matches!(figure, ServiceFigure::Handle { .. })), usize::from(lost));
        if lost && next.is_open() {
            let from = before.responsible().and_then(Responsible::manager);
            assert_eq!(next.taken_from.as_ref(), from, "nobody knows whom to avoid");
        }
        if next.first_reply_at.is_some() && before.first_reply_at.is_none() {
            assert!(self.once.insert("first reply"), "two first replies");
        }
        let closes = before.is_open() && !next.is_open() && next.kind == DialogKind::Customer;
        let resolutions = figure(|figure| matches!(figure, ServiceFigure::Resolution { .. }));
        assert_eq!(resolutions, usize::from(closes));
    }

    /// Invariant 6: no closure by itself before its time, its warnings and their promises, or on whom the
    /// rule does not mean.
    fn check_closure(&mut self, before: &Dialog, transition: &Transition) {
        let DialogState::Closed { reason, by, .. } = &transition.next.state else {
            return;
        };
        if !before.is_open() {
            return;
        }
        let is_account = match reason {
            ClosureReason::Idle(_) => false,
            ClosureReason::AccountAutoClose => true,
            ClosureReason::Manual(_) | ClosureReason::External => {
                assert!(by.is_some());
                self.reached.insert("closed by manual");
                return;
            }
        };
        self.reached.insert("closed by idle");
        let close = self.policy.close.as_ref().expect("no rule closes it");
        assert_eq!((is_account, by), (close.by_account, &None));
        assert!(self.closing_applies(), "the rule does not mean the writer of the last message");
        assert!(before.last_message_at + close.after <= self.now || before.farewell.is_some());
        if let Some(farewell) = &before.farewell {
            self.reached.insert("closed after a farewell");
            assert!(self.messages.contains_key(&farewell.message));
        } else {
            assert!(before.warnings_sent >= u16::try_from(close.warnings.len()).expect("few"));
            assert!(close.farewell.is_none() || !self.policy.may_write, "no farewell");
        }
        assert!(self.promised.is_none_or(|promised| promised <= self.now), "earlier than promised");
        assert!(close.warnings.is_empty() || self.warnings > 0 || before.farewell.is_some());
    }

    /// What must hold of any state.
    fn check(&mut self) {
        let dialog = &self.dialog;
        let (actual, is_asking) = match &dialog.state {
            DialogState::Waiting { .. } => (Told::Waiting, !dialog.quarantined),
            DialogState::Assigned { to, moving, .. } => (Told::Held(to.clone()), moving.is_some()),
            DialogState::Internal => (Told::Internal, false),
            DialogState::Closed { .. } => (Told::Closed, false),
        };
        assert_eq!(self.told, actual, "subscribers believe something else");
        assert_eq!(dialog.request, self.asked, "the desk works on something else");
        assert_eq!(dialog.request.is_some(), is_asking, "{dialog:?}");
        if let DialogState::Assigned { moving: Some(cause), to, .. } = &dialog.state {
            let request = dialog.request.as_ref().expect("it asks");
            assert_eq!(request.cause, *cause);
            assert!(request.avoid.is_none() || request.avoid.as_ref() == to.manager());
            assert_eq!(*cause == Cause::MaxMoves, request.only.is_some());
        }

        assert_eq!(usize::try_from(dialog.messages), Ok(self.messages.len()));
        assert!(dialog.unread <= dialog.messages);
        if dialog.last_from == Some(Side::Shop) {
            assert_eq!((dialog.awaiting_reply_since, dialog.unread), (None, 0));
        }
        if dialog.last_from == Some(Side::Customer) {
            assert!(dialog.awaiting_reply_since.is_some(), "the customer wrote last and waits");
            assert_eq!(Some(dialog.last_message_at), dialog.last_customer_message_at);
        }
        if let Some(since) = dialog.awaiting_reply_since {
            assert!(Some(since) <= dialog.last_customer_message_at);
            assert!(!dialog.idle, "who waits for us is not idle");
        }
        if dialog.idle {
            self.reached.insert("idle");
        }
        assert_eq!(dialog.warnings_sent > 0, dialog.closes_at.is_some());
        assert_eq!(dialog.closes_at, self.promised);
        assert!(dialog.is_open() || dialog.farewell.is_none());
        assert_eq!(self.offered.as_ref(), dialog.offer.as_ref().map(|offer| &offer.to));
        assert!(dialog.offer.is_none() || dialog.request.is_some(), "what is offered is asked for");
        assert!(dialog.request.is_some() || dialog.passed == Passed::default());

        let deadline = dialog.deadline(&self.policy);
        match dialog.standing(&self.policy) {
            Standing::Free => assert!(matches!(self.told, Told::Waiting | Told::Internal)),
            Standing::Offered(promise) => {
                assert_eq!((&self.told, self.offered.as_ref()), (&Told::Waiting, Some(&promise.to)));
            }
            Standing::Held { by, awaits_reply, offered, .. } => {
                assert_eq!(self.offered, offered.map(|promise| promise.to));
                assert_eq!(self.told, Told::Held(by));
                assert_eq!(awaits_reply, dialog.awaiting_reply_since.is_some());
            }
            Standing::Gone => assert_eq!((&self.told, deadline), (&Told::Closed, None)),
        }
    }
}
