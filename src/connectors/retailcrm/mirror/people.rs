//! Managers and bots: who may serve, who is there, and who rests after a call that was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::step::{Holder, Lane, News, PersonSeen, Step};
use crate::connectors::retailcrm::crm::presence::{GatewaySign, Signs};
use crate::connectors::retailcrm::crm_wire::User as CrmUser;
use crate::connectors::retailcrm::wire::{Actor, ActorType, Bot, Id, User};
use crate::domain::ids::{BotId, ManagerId};
use crate::domain::manager::{Presence, Status};
use crate::domain::message::Author;
use crate::domain::time::Timestamp;
use crate::engine::inbound::{AssignTo, Inbound};

/// How long a manager gets nothing after the gateway refused to give them a dialog.
pub const REST: Duration = Duration::from_mins(5);

/// A manager, as far as the engine was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Person {
    name: String,
    serves: bool,
    is_technical: bool,
    /// What the gateway and the CRM say of their presence.
    signs: Signs,
    rests_until: Option<Timestamp>,
    told: Option<Presence>,
    told_record: Option<(String, bool)>,
}

impl Person {
    fn presence(&self) -> Presence {
        let presence = self.signs.presence();
        let status = if self.rests_until.is_some() { Status::Busy } else { presence.status };
        Presence { status, ..presence }
    }
}

/// What one frame or list says of a manager; what it does not say stays as it was.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// A name for people; empty: not said.
    pub name: String,
    /// Has access.
    pub is_active: Option<bool>,
    /// A login of the vendor's support.
    pub is_technical: Option<bool>,
    /// Counted as online.
    pub online: Option<bool>,
    /// Takes part, in the gateway's opinion.
    pub available: Option<bool>,
}

impl From<&User> for Said {
    fn from(user: &User) -> Self {
        Self {
            name: user.display_name(),
            is_active: Some(user.is_active != Some(false) && user.revoked_at.is_none()),
            is_technical: user.is_technical_account,
            online: user.is_online.or(user.connected),
            available: user.available,
        }
    }
}

impl From<&Actor> for Said {
    fn from(actor: &Actor) -> Self {
        Self {
            name: actor.display_name(),
            is_active: actor.is_active,
            is_technical: actor.is_technical_account,
            online: None,
            available: actor.available,
        }
    }
}

/// Everybody of the account.
#[derive(Debug, Default)]
pub struct People {
    me: Id,
    now: Timestamp,
    users: BTreeMap<Id, Person>,
    resting: BTreeSet<(Timestamp, Id)>,
}

pub(super) fn manager_id(user: Id) -> ManagerId {
    ManagerId::trusted(&user.to_string())
}

fn tell(inbound: Inbound) -> Step {
    Step::Tell { lane: Lane::Everything, dialog: None, news: News::Inbound(Arc::new(inbound)) }
}

impl People {
    /// When whatever is said next is said.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Whose messages are our own.
    pub fn set_me(&mut self, bot: &Bot) {
        self.me = bot.id;
    }

    /// Whether it is us.
    pub fn is_me(&self, bot: Id) -> bool {
        self.me == bot
    }

    /// Somebody of whom the engine knows already.
    pub fn seed(&mut self, user: Id, name: &str, serves: bool) {
        let person = self.users.entry(user).or_default();
        name.clone_into(&mut person.name);
        person.serves = serves;
        person.told_record = Some((name.to_owned(), serves));
    }

    /// Something is said of a manager.
    pub fn said(&mut self, user: Id, said: &Said, out: &mut Vec<Step>) {
        if user == 0 {
            return;
        }
        let (is_new, now) = (!self.users.contains_key(&user), self.now);
        let person = self.users.entry(user).or_default();
        if is_new {
            person.serves = true;
        }
        if !said.name.is_empty() {
            person.name.clone_from(&said.name);
        }
        let is_technical = said.is_technical.unwrap_or(person.is_technical);
        if let Some(is_active) = said.is_active {
            let was_away = !person.serves;
            person.serves = is_active && !is_technical;
            if was_away && person.serves {
                // What they rested for is over.
                person.rests_until = None;
            }
        } else if is_technical {
            person.serves = false;
        }
        person.is_technical = is_technical;
        // Whoever gets access again begins as somebody who is not there.
        let online = if person.serves { said.online } else { Some(false) };
        let sign = GatewaySign { online, connected: None, available: said.available };
        person.signs.gateway(sign, now);
        self.tell(user, out);
    }

    /// The CRM, asked then, says of its users whether they are there, and what status they chose.
    pub fn hear_crm(&mut self, users: &[CrmUser], asked: Timestamp, out: &mut Vec<Step>) {
        for user in users {
            if let Some(person) = self.users.get_mut(&user.mg_user_id) {
                person.signs.crm(user, asked);
                self.tell(user.mg_user_id, out);
            }
        }
    }

    /// The list of all managers: who is not in it is gone.
    pub fn all(&mut self, users: &[User], out: &mut Vec<Step>) {
        let listed: BTreeSet<Id> = users.iter().map(|user| user.id).collect();
        for user in users {
            self.said(user.id, &Said::from(user), out);
        }
        let gone: Vec<Id> = self.users.keys().copied().filter(|user| !listed.contains(user)).collect();
        for user in gone {
            self.said(user, &Said { is_active: Some(false), ..Said::default() }, out);
        }
    }

    /// The gateway refused to give them a dialog: they get nothing for a while.
    pub fn rest(&mut self, user: Id, now: Timestamp, out: &mut Vec<Step>) {
        let Some(person) = self.users.get_mut(&user) else { return };
        let until = now + REST;
        if let Some(before) = person.rests_until.replace(until) {
            self.resting.remove(&(before, user));
        }
        self.resting.insert((until, user));
        self.tell(user, out);
    }

    /// Whoever has rested is back.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<Step>) {
        while let Some((_, user)) = self.resting.first().copied().filter(|(until, _)| *until <= now) {
            self.resting.pop_first();
            if let Some(person) = self.users.get_mut(&user) {
                person.rests_until = None;
                self.tell(user, out);
            }
        }
    }

    /// Tells the engine what it was not told yet. Whoever never served is nobody to it.
    fn tell(&mut self, user: Id, out: &mut Vec<Step>) {
        let Some(person) = self.users.get_mut(&user) else { return };
        let record = (person.name.clone(), person.serves);
        if !person.serves && person.told_record.as_ref().is_none_or(|(_, served)| !served) {
            return;
        }
        if person.told_record.as_ref() != Some(&record) {
            let seen = PersonSeen { id: user, name: record.0.clone(), serves: record.1 };
            out.push(Step::Tell { lane: Lane::Everything, dialog: None, news: News::Person(seen) });
            person.told_record = Some(record);
            if !person.serves {
                person.told = None;
            }
        }
        let presence = person.presence();
        if person.serves && person.told != Some(presence) {
            person.told = Some(presence);
            out.push(tell(Inbound::PutPresence { manager: manager_id(user), presence }));
        }
    }

    /// Whether dialogs may be given to them.
    pub fn serves(&self, user: Id) -> bool {
        self.users.get(&user).is_some_and(|person| person.serves)
    }

    /// Who holds a dialog, in the engine's words. Logins that may not serve hold dialogs all the same once a person
    /// gave them one; to the engine they are bots, which it neither chooses nor counts.
    pub fn assign_to(&mut self, holder: Holder, out: &mut Vec<Step>) -> AssignTo {
        match holder {
            Holder::Bot(bot) => AssignTo::Bot(BotId::trusted(&bot.to_string())),
            Holder::User(user) => {
                if !self.users.contains_key(&user) {
                    self.said(user, &Said::default(), out);
                }
                if self.serves(user) {
                    AssignTo::Manager(manager_id(user))
                } else {
                    AssignTo::Bot(outsider(user))
                }
            }
        }
    }

    /// Who wrote, in the engine's words; `None`: the gateway itself.
    pub fn author(&self, from: Option<&Actor>) -> Option<Author> {
        let from = from?;
        Some(match &from.kind {
            ActorType::Customer => {
                Author::Customer(crate::domain::ids::CustomerId::trusted(&from.id.to_string()))
            }
            ActorType::User if self.serves(from.id) => Author::Manager(manager_id(from.id)),
            ActorType::User => Author::Bot(outsider(from.id)),
            ActorType::Bot => Author::Bot(BotId::trusted(&from.id.to_string())),
            // The owner wrote from the messenger's own app: it counts as answered by staff.
            ActorType::Channel | ActorType::Unsaid | ActorType::Other(_) => {
                Author::Bot(BotId::trusted("channel"))
            }
        })
    }
}

fn outsider(user: Id) -> BotId {
    BotId::trusted(&format!("user:{user}"))
}

/// Who holds a dialog in the engine, in the gateway's words. `None`: somebody who is not of the gateway.
pub fn holder_of(responsible: &crate::domain::routing::Responsible) -> Option<Holder> {
    use crate::domain::routing::Responsible;
    match responsible {
        Responsible::Manager(id) => id.as_str().parse().ok().map(Holder::User),
        Responsible::Bot(id) => match id.as_str().strip_prefix("user:") {
            Some(user) => user.parse().ok().map(Holder::User),
            None => id.as_str().parse().ok().map(Holder::Bot),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_442_904);

    fn inbounds(steps: &[Step]) -> Vec<String> {
        let told = steps.iter().filter_map(|step| {
            let Step::Tell { news, .. } = step else { return None };
            if let News::Person(seen) = news {
                return Some(format!("{} serves={}", seen.id, seen.serves));
            }
            let News::Inbound(inbound) = news else { return None };
            let Inbound::PutPresence { manager, presence } = &**inbound else { return None };
            Some(format!("{manager} online={} {:?}", presence.online, presence.status))
        });
        told.collect()
    }

    fn user(id: Id) -> User {
        User { id, first_name: "Ana".into(), is_online: Some(true), ..User::default() }
    }

    #[test]
    fn only_what_is_new_is_told() {
        let (mut people, mut out) = (People::default(), Vec::new());
        people.all(&[user(12)], &mut out);
        assert_eq!(inbounds(&out), ["12 serves=true", "12 online=true Free"]);
        out.clear();
        people.all(&[user(12)], &mut out);
        assert_eq!(inbounds(&out), <[String; 0]>::default());
        people.said(12, &Said { available: Some(false), ..Said::default() }, &mut out);
        assert_eq!(inbounds(&out), ["12 online=true Busy"]);
        out.clear();
        let free = CrmUser { mg_user_id: 12, online: true, status: "free".into(), ..CrmUser::default() };
        people.hear_crm(&[free], NOW, &mut out);
        assert_eq!(inbounds(&out), ["12 online=true Free"], "the CRM knows better than the switch");
        out.clear();
        people.all(&[], &mut out);
        assert_eq!(inbounds(&out), ["12 serves=false"]);
    }

    #[test]
    fn technical_accounts_are_nobody_to_the_engine() {
        let (mut people, mut out) = (People::default(), Vec::new());
        let support = User { is_technical_account: Some(true), ..user(9) };
        people.all(&[support], &mut out);
        assert_eq!(inbounds(&out), <[String; 0]>::default());
        assert_eq!(people.assign_to(Holder::User(9), &mut out), AssignTo::Bot(BotId::trusted("user:9")));
        let held = crate::domain::routing::Responsible::Bot(BotId::trusted("user:9"));
        assert_eq!(holder_of(&held), Some(Holder::User(9)), "it is the same holder on the way back");
    }

    #[test]
    fn whoever_was_refused_a_dialog_rests_for_a_while() {
        let (mut people, mut out) = (People::default(), Vec::new());
        people.all(&[user(12)], &mut out);
        out.clear();
        people.rest(12, NOW, &mut out);
        assert_eq!(inbounds(&out), ["12 online=true Busy"]);
        out.clear();
        people.on_time(NOW + REST / 2, &mut out);
        assert_eq!(inbounds(&out), <[String; 0]>::default());
        people.on_time(NOW + REST, &mut out);
        assert_eq!(inbounds(&out), ["12 online=true Free"]);
    }
}
