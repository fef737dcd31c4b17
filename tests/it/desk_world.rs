//! A world around a desk: dialogs that act as their actors do, with a delay between the desk and them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use reparto::desk::{Desk, Order};
use reparto::domain::account::Account;
use reparto::domain::announcement::{Body, Subject};
use reparto::domain::dialog::{AssignmentRequest, Dialog, DialogState, Standing};
use reparto::domain::ids::{AccountId, DialogId, GroupId, ManagerId};
use reparto::domain::manager::{Absence, Availability, Manager};
use reparto::domain::offer::{Offer, Pass, Passed, Promise};
use reparto::domain::routing::{Cause, Decision, DecisionEffect, Responsible, Target, Verdict};
use reparto::domain::time::Timestamp;
use reparto::domain::units::Units;
use reparto::rules::ruleset::RuleSet;

use crate::desk_sketch::{ONLINE, dialog, person, rules_of};

/// A dialog and the ticket of its request, while it asks.
#[derive(Clone, Debug)]
pub struct Player {
    pub dialog: Dialog,
    pub asks: Option<u64>,
}

/// A desk, dialogs, and what is on its way to them.
pub struct World {
    pub desk: Desk,
    pub now: Timestamp,
    pub players: BTreeMap<DialogId, Player>,
    pub on_the_way: VecDeque<Order>,
    /// All that the desk ever ordered.
    pub log: Vec<Order>,
    /// Units over capacity that the rules allow.
    pub over_capacity: Units,
}

impl World {
    pub fn new(rules: Arc<RuleSet>, now: Timestamp) -> Self {
        let desk = Desk::new(Account::new(AccountId::default_account()), rules);
        let (players, on_the_way, log) = (BTreeMap::new(), VecDeque::new(), Vec::new());
        Self { desk, now, players, on_the_way, log, over_capacity: Units::ZERO }
    }

    /// One with this rule file, and these people present.
    pub fn staffed(text: &str, now: Timestamp, people: &[&str]) -> Self {
        let mut world = Self::new(rules_of(text), now);
        for id in people {
            world.enrol(person(id, &[]));
            world.present(id);
        }
        world
    }

    /// Takes in what the desk ordered.
    pub fn take(&mut self, mut orders: Vec<Order>) {
        // For the store, which this world does without.
        orders.retain(|order| !matches!(order, Order::Save { .. }));
        for order in &orders {
            if let Order::Route { decision, .. } = order {
                self.check_decision(decision);
            }
        }
        self.log.extend(orders.iter().cloned());
        self.on_the_way.extend(orders);
    }

    pub fn enrol(&mut self, manager: Manager) {
        let orders = self.desk.put_manager(Arc::new(manager), self.now);
        self.take(orders);
    }

    pub fn present(&mut self, id: &str) {
        self.set(id, Availability::Available);
    }

    pub fn absent(&mut self, id: &str, absence: Absence) {
        self.set(id, Availability::Absent(absence, self.now));
    }

    pub fn set(&mut self, id: &str, availability: Availability) {
        let orders = self.desk.set_availability(&ManagerId::trusted(id), availability, ONLINE, self.now);
        self.take(orders);
    }

    /// Opens a dialog and lets the desk decide, without delay.
    pub fn open(&mut self, id: &str, customer: &str, kind: &str) {
        self.begin(id, customer, kind);
        self.deliver_all();
    }

    /// Opens a dialog; the answer stays on its way.
    pub fn begin(&mut self, id: &str, customer: &str, kind: &str) {
        let dialog = dialog(id, customer, kind, self.now);
        self.players.insert(dialog.id.clone(), Player { dialog, asks: None });
        self.ask(&DialogId::trusted(id), Cause::Opened, None, None);
    }

    pub fn ask(&mut self, id: &DialogId, cause: Cause, avoid: Option<ManagerId>, only: Option<Target>) {
        let Some(player) = self.players.get_mut(id) else { return };
        player.dialog.version += 1;
        let ticket = player.dialog.version;
        player.asks = Some(ticket);
        let request = AssignmentRequest { cause, ticket, avoid, only };
        let orders = self.desk.request(&Arc::new(player.dialog.clone()), request, self.now);
        self.take(orders);
    }

    /// Tells the desk how a dialog stands.
    pub fn tell(&mut self, id: &DialogId) {
        let Some(player) = self.players.get(id) else { return };
        let dialog = &player.dialog;
        let standing = match &dialog.state {
            DialogState::Waiting { .. } | DialogState::Internal => {
                self.promise(dialog).map_or(Standing::Free, Standing::Offered)
            }
            DialogState::Assigned { to, .. } => Standing::Held {
                by: to.clone(),
                charge: self.desk.policy_of(dialog, self.now).weight,
                awaits_reply: dialog.awaiting_reply_since.is_some(),
                answered: dialog.first_reply_at.is_some(),
                through: dialog.through.clone(),
                offered: self.promise(dialog),
            },
            DialogState::Closed { .. } => Standing::Gone,
        };
        let orders = self.desk.stand(id, standing, self.now);
        self.take(orders);
    }

    fn promise(&self, dialog: &Dialog) -> Option<Promise> {
        let Offer { to, ticket, through, .. } = dialog.offer.clone()?;
        Some(Promise { to, charge: self.desk.policy_of(dialog, self.now).weight, ticket, through })
    }

    /// Whoever a dialog is offered to accepts.
    pub fn accept(&mut self, id: &str) {
        let id = DialogId::trusted(id);
        let Some(player) = self.players.get_mut(&id) else { return };
        let Some(Offer { to, through, .. }) = player.dialog.offer.take() else { return };
        player.asks = None;
        player.dialog.passed = Passed::default();
        let state = DialogState::Assigned { to: Responsible::Manager(to), since: self.now, moving: None };
        self.become_through(&id, state, through);
    }

    /// Whoever a dialog is offered to passes, and somebody else is asked.
    pub fn pass_on(&mut self, id: &str, how: Pass) {
        let id = DialogId::trusted(id);
        let Some(player) = self.players.get_mut(&id) else { return };
        let Some(Offer { to, cause, .. }) = player.dialog.offer.take() else { return };
        let passed = &mut player.dialog.passed;
        passed.forget(self.now);
        passed.people.retain(|(who, _)| *who != to);
        passed.people.push((to, how));
        player.dialog.version += 1;
        self.tell(&id);
        self.ask(&id, cause, None, None);
    }

    /// The dialog's state after something happened to it.
    pub fn become_of(&mut self, id: &DialogId, state: DialogState) {
        self.become_through(id, state, None);
    }

    fn become_through(&mut self, id: &DialogId, state: DialogState, through: Option<GroupId>) {
        if let Some(player) = self.players.get_mut(id) {
            player.dialog.state = state;
            player.dialog.through = through;
            player.dialog.offer = None;
            player.dialog.version += 1;
        }
        self.tell(id);
    }

    pub fn hold(&mut self, id: &DialogId, by: &str) {
        let had_asked = self.players.get_mut(id).and_then(|player| player.asks.take()).is_some();
        if let Some(player) = self.players.get_mut(id) {
            player.dialog.passed = Passed::default();
        }
        let to = Responsible::Manager(ManagerId::trusted(by));
        self.become_of(id, DialogState::Assigned { to, since: self.now, moving: None });
        if had_asked {
            let orders = self.desk.withdraw(id, self.now);
            self.take(orders);
        }
    }

    pub fn close(&mut self, id: &str) {
        let id = DialogId::trusted(id);
        if self.players.remove(&id).is_some() {
            let orders = self.desk.stand(&id, Standing::Gone, self.now);
            self.take(orders);
        }
    }

    pub fn pass(&mut self, seconds: u64) {
        let end = self.now + std::time::Duration::from_secs(seconds);
        while let Some(at) = self.desk.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            let orders = self.desk.on_time(self.now);
            self.take(orders);
        }
        self.now = end;
    }

    pub fn deliver_all(&mut self) {
        while self.deliver() {}
    }

    /// Brings the next order to its dialog.
    pub fn deliver(&mut self) -> bool {
        let Some(order) = self.on_the_way.pop_front() else { return false };
        match order {
            Order::Route { dialog, ticket, decision, place, .. } => {
                let Some(player) = self.players.get_mut(&dialog).filter(|player| player.asks == Some(ticket))
                else {
                    let orders = self.desk.decline(&dialog, ticket, self.now);
                    self.take(orders);
                    return true;
                };
                if let (DecisionEffect::Offered, Some(Responsible::Manager(to)), Some(until)) =
                    (decision.effect, decision.choice.clone(), decision.accept_by)
                {
                    let through = decision.through().cloned();
                    player.dialog.passed.forget(decision.at);
                    player.dialog.offer = Some(Offer { to, until, ticket, cause: decision.cause, through });
                    if let DialogState::Waiting { place: stands, .. } = &mut player.dialog.state {
                        *stands = place;
                    }
                    player.dialog.version += 1;
                    self.tell(&dialog);
                    return true;
                }
                if let Some(to) = decision.choice.clone() {
                    player.asks = None;
                    let state = DialogState::Assigned { to, since: self.now, moving: None };
                    self.become_through(&dialog, state, decision.through().cloned());
                    return true;
                }
                if let DialogState::Waiting { place: stands, .. } = &mut player.dialog.state {
                    *stands = place;
                }
                if let Some(again_at) = decision.ask_again_at {
                    player.dialog.passed.again_at = Some(again_at);
                    player.dialog.passed.rounds += 1;
                }
                player.dialog.version += 1;
                self.tell(&dialog);
            }
            Order::Move { dialog, cause, .. } => self.move_on(&dialog, cause),
            Order::Lapse { dialog, to } => {
                let offer = self.players.get(&dialog).and_then(|player| player.dialog.offer.as_ref());
                if offer.is_some_and(|offer| offer.to == to) {
                    self.pass_on(dialog.as_str(), Pass::Expired);
                }
            }
            Order::Stay { dialog } => {
                if let Some(player) = self.players.get_mut(&dialog)
                    && let DialogState::Assigned { moving, .. } = &mut player.dialog.state
                    && *moving == Some(Cause::Offline)
                {
                    *moving = None;
                    player.asks = None;
                    player.dialog.offer = None;
                    player.dialog.passed = Passed::default();
                    self.tell(&dialog);
                    let orders = self.desk.withdraw(&dialog, self.now);
                    self.take(orders);
                }
            }
            Order::Save { .. } | Order::Announce { .. } => {}
        }
        true
    }

    fn move_on(&mut self, id: &DialogId, why: Cause) {
        let Some(player) = self.players.get_mut(id) else { return };
        let DialogState::Assigned { to, moving, .. } = &mut player.dialog.state else { return };
        let holder = to.manager().cloned();
        if why == Cause::MemberRemoved {
            self.become_of(id, DialogState::Waiting { since: self.now, place: None });
        } else if moving.is_none() {
            *moving = Some(why);
            self.tell(id);
        } else {
            return;
        }
        self.ask(id, why, holder, None);
    }

    /// What must hold for each decision by itself.
    fn check_decision(&self, decision: &Decision) {
        assert_eq!(
            decision.choice.is_some(),
            !matches!(decision.effect, DecisionEffect::Waiting | DecisionEffect::Kept)
        );
        assert!(decision.choice.is_none() || decision.choice != decision.previous, "{decision:?}");
        let Some(Responsible::Manager(chosen)) = &decision.choice else { return };
        let found = decision.candidates.iter().find(|candidate| candidate.manager == *chosen);
        let candidate = found.unwrap_or_else(|| panic!("the chosen one is no candidate: {decision:?}"));
        assert_eq!(candidate.verdict, Verdict::Chosen);
        let dialog = &self.players[&decision.dialog].dialog;
        let load = candidate.load.plus(self.desk.policy_of(dialog, self.now).weight);
        assert!(load <= candidate.capacity.plus(self.over_capacity), "no room: {decision:?}");
    }

    pub fn holder(&self, id: &str) -> Option<String> {
        let player = self.players.get(&DialogId::trusted(id))?;
        player.dialog.responsible().and_then(Responsible::manager).map(ToString::to_string)
    }

    /// What was decided for which dialog, in order.
    pub fn routed(&self) -> impl DoubleEndedIterator<Item = (&str, &Arc<Decision>)> {
        self.log.iter().filter_map(|order| {
            if let Order::Route { dialog, decision, .. } = order {
                Some((dialog.as_str(), decision))
            } else {
                None
            }
        })
    }

    /// What rules that do not act would have done, in order.
    pub fn would_have(&self) -> impl Iterator<Item = (&Subject, &Arc<Decision>)> {
        self.log.iter().filter_map(|order| {
            if let Order::Announce { subject, body: Body::ShadowDecided(decision), .. } = order {
                Some((subject, decision))
            } else {
                None
            }
        })
    }

    /// The last decision for a dialog.
    pub fn decision(&self, id: &str) -> Arc<Decision> {
        let last = self.routed().rev().find(|(dialog, _)| *dialog == id);
        let (_, decision) = last.unwrap_or_else(|| panic!("nothing was decided for {id}"));
        Arc::clone(decision)
    }

    pub fn load(&self, id: &str) -> Units {
        self.desk.manager_view(&ManagerId::trusted(id)).map(|view| view.load).unwrap_or_default()
    }

    #[track_caller]
    pub fn check(&self) {
        if let Err(problem) = self.desk.check() {
            panic!("{problem}");
        }
        assert_eq!(self.desk.view().serviceable, 0);
    }
}
