//! Meddling: what people do by hand beside serving customers, all of it at random.

use std::collections::BTreeSet;

use rand::RngExt;

use super::cast;
use super::people::{Act, People};
use crate::domain::dialog::{By, DialogKind};
use crate::domain::ids::{BotId, DialogId, GroupId, ManagerId};
use crate::domain::manager::{Presence, Status};
use crate::domain::message::{Author, Visibility};
use crate::domain::routing::Responsible;
use crate::domain::units::Units;
use crate::sim::inbound::{AssignTo, Inbound, NewMessage, OpenDialog};

impl People {
    /// One of the things that go on all day.
    pub(super) fn go_on(&mut self, act: &Act) -> Vec<Inbound> {
        match act {
            Act::Meddle => self.meddle().into_iter().collect(),
            Act::Presence => vec![self.change_presence()],
            Act::Records => vec![self.change_records()],
            Act::Rules => self.change_rules().into_iter().collect(),
            Act::Send(_) | Act::Arrive(_) | Act::LosePatience(_) | Act::Finish(..) => Vec::new(),
        }
    }

    fn any_manager(&mut self) -> ManagerId {
        cast::manager_id(self.chance.random_range(0..self.cast.managers.len().max(1)))
    }

    fn any_open(&mut self) -> Option<(DialogId, Option<Responsible>)> {
        let open: Vec<_> = self.dialogs.iter().filter(|(_, seen)| seen.is_open).collect();
        if open.is_empty() {
            return None;
        }
        let (id, seen) = open[self.chance.random_range(0..open.len())];
        Some((id.clone(), seen.holder.clone()))
    }

    fn somebody(&mut self, holder: Option<&Responsible>) -> By {
        match (self.chance.random_range(0..4), holder) {
            (0, _) => By::Backend,
            (1 | 2, Some(Responsible::Manager(manager))) => By::Manager(manager.clone()),
            _ => By::Manager(self.any_manager()),
        }
    }

    /// Somebody assigns, gives back, closes, writes where they may not, or talks among managers.
    fn meddle(&mut self) -> Option<Inbound> {
        let kind = self.chance.random_range(0..12);
        if kind == 0 {
            return Some(self.talk_among_managers());
        }
        let (dialog, holder) = self.any_open()?;
        let by = self.somebody(holder.as_ref());
        Some(match kind {
            1..=4 => {
                let to = match self.chance.random_range(0..8) {
                    0 => AssignTo::Bot(BotId::trusted("helper")),
                    1 => AssignTo::Group(GroupId::trusted("support")),
                    2 => AssignTo::Group(GroupId::trusted("sales")),
                    _ => AssignTo::Manager(self.any_manager()),
                };
                let (allow_absent, external) = (self.chance.random_bool(0.3), self.chance.random_bool(0.2));
                Inbound::Assign { dialog, to, by, allow_absent, external }
            }
            5 | 6 => Inbound::Unassign { dialog, by },
            // Whoever is asked, or somebody who is not.
            10 if self.dialogs.get(&dialog).is_some_and(|seen| seen.is_offered) => {
                if self.chance.random_bool(0.5) {
                    Inbound::Accept { dialog, by }
                } else {
                    Inbound::Decline { dialog, by }
                }
            }
            7 => Inbound::Close { dialog, by, reason: None },
            8 => {
                let writer = self.any_manager();
                let note =
                    NewMessage { visibility: Visibility::Private, ..self.message(Author::Manager(writer)) };
                Inbound::Write { dialog, message: note }
            }
            9 => {
                let writer = self.any_manager();
                Inbound::Write { dialog, message: self.message(Author::Manager(writer)) }
            }
            _ => {
                let customer = self.dialogs.get(&dialog).and_then(|seen| seen.customer.clone())?;
                Inbound::Write { dialog, message: self.message(Author::Customer(customer)) }
            }
        })
    }

    fn talk_among_managers(&mut self) -> Inbound {
        let (one, other) = (self.any_manager(), self.any_manager());
        Inbound::Open(OpenDialog {
            id: None,
            chat: None,
            channel: None,
            customer: None,
            kind: DialogKind::Internal,
            members: BTreeSet::from([other]),
            message: Some(self.message(Author::Manager(one))),
            facts: std::collections::BTreeMap::new(),
        })
    }

    /// Connections drop and come back, people go for dinner, or on leave.
    fn change_presence(&mut self) -> Inbound {
        let manager = self.any_manager();
        let mut presence = self.present.get(&manager).copied().unwrap_or_default();
        match self.chance.random_range(0..10) {
            0..=5 => presence.online = !presence.online,
            6 => presence.status = Status::Busy,
            7 => presence.status = Status::Dinner,
            8 => presence.on_leave = !presence.on_leave,
            _ => presence = Presence { online: true, status: Status::Free, on_leave: false },
        }
        // Nobody stays away for good.
        if presence.status != Status::Free && self.chance.random_bool(0.4) {
            presence.status = Status::Free;
        }
        self.present.insert(manager.clone(), presence);
        Inbound::PutPresence { manager, presence }
    }

    /// A customer's facts change, two customers turn out to be one, managers come, go, or get another capacity.
    fn change_records(&mut self) -> Inbound {
        let managers = self.cast.managers.len();
        let known = self.cast.customers.len().max(1);
        let number = self.chance.random_range(0..known);
        match self.chance.random_range(0..10) {
            0..=3 => Inbound::PutCustomer(cast::particular_customer(number, managers, &mut self.chance)),
            4 => {
                let into = cast::customer_id(self.chance.random_range(0..known));
                Inbound::MergeCustomers { from: cast::customer_id(number), into }
            }
            5 => Inbound::RemoveManager(self.any_manager()),
            6 | 7 => {
                let mut manager = cast::manager(self.chance.random_range(0..managers.max(1)));
                manager.capacity = Some(Units::whole(self.chance.random_range(0..6)));
                Inbound::PutManager(manager)
            }
            8 => Inbound::PutManager(cast::manager(self.chance.random_range(0..managers.max(1)))),
            _ => {
                let mut account =
                    crate::domain::account::Account::new(crate::domain::ids::AccountId::default_account());
                account.auto_close = self.chance.random_bool(0.5).then(|| std::time::Duration::from_mins(30));
                Inbound::PutAccount(account)
            }
        }
    }

    fn change_rules(&mut self) -> Option<Inbound> {
        if self.rules.is_empty() {
            return None;
        }
        let at = self.chance.random_range(0..self.rules.len());
        let rules = std::sync::Arc::clone(&self.rules[at]);
        Some(Inbound::ApplyRules { rules, migrate: self.chance.random_bool(0.3) })
    }
}
