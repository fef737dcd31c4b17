//! Lists: filters, order and pages.
//!
//! Chosen where the sources are silent: bounds of ids and times are inclusive; lists go down by id, and up only when the
//! one bound is a lower one.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Value;

use super::Gateway;
use super::life::NotDone;
use super::records::{Dialog, Holder, Id, Message};
use super::views::Shown;
use crate::domain::time::Timestamp;

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// The query of a request: names with values, in order. Unknown names are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// From names with values.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    fn number(&self, name: &str) -> Result<Option<u64>, NotDone> {
        let parse =
            |text: &str| text.parse().map_err(|_| NotDone::new(400, format!("{name} must be a number")));
        self.get(name).map(parse).transpose()
    }

    fn switch(&self, name: &str) -> Result<Option<bool>, NotDone> {
        match self.get(name) {
            None => Ok(None),
            Some("1" | "true") => Ok(Some(true)),
            Some("0" | "false") => Ok(Some(false)),
            Some(_) => Err(NotDone::new(400, format!("{name} must be one of [0 1 true false]"))),
        }
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, NotDone> {
        let parse = |text: &str| {
            let at = DateTime::parse_from_rfc3339(text)
                .map_err(|_| NotDone::new(400, format!("{name} must be a valid date-time")))?;
            Ok(Timestamp::from_micros(at.timestamp_micros()))
        };
        self.get(name).map(parse).transpose()
    }
}

/// Whether an element is wanted: no filter, or one that agrees.
#[expect(
    clippy::needless_pass_by_value,
    reason = "ids, switches and words: copies are cheap, and calls read better"
)]
fn agrees<T: PartialEq>(wanted: Option<T>, actual: T) -> bool {
    wanted.is_none_or(|wanted| wanted == actual)
}

/// The bounds and the size that all lists understand.
struct Page {
    ids: (u64, u64),
    times: (Option<Timestamp>, Option<Timestamp>),
    limit: usize,
    is_ascending: bool,
}

impl Page {
    fn read(query: &Query) -> Result<Self, NotDone> {
        let limit = match query.number("limit")? {
            None => DEFAULT_LIMIT,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        if limit < 1 {
            return Err(NotDone::new(400, "limit must be 1 or greater"));
        }
        if limit > MAX_LIMIT {
            return Err(NotDone::new(400, "limit must be 1,000 or less"));
        }
        let (since_id, until_id) = (query.number("since_id")?, query.number("until_id")?);
        let times = (query.moment("since")?, query.moment("until")?);
        let has_lower = since_id.is_some() || times.0.is_some();
        let has_upper = until_id.is_some() || times.1.is_some();
        let ids = (since_id.unwrap_or(0), until_id.unwrap_or(u64::MAX));
        Ok(Self { ids, times, limit, is_ascending: has_lower && !has_upper })
    }

    /// Only the one with this number, if one is asked for.
    fn only(mut self, id: Option<Id>) -> Self {
        if let Some(id) = id {
            self.ids = (self.ids.0.max(id), self.ids.1.min(id));
        }
        self
    }

    fn take<'a, T>(
        &self,
        records: &'a BTreeMap<Id, T>,
        updated_at: impl Fn(&T) -> Timestamp,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Vec<&'a T> {
        if self.ids.0 > self.ids.1 {
            return Vec::new();
        }
        let (since, until) = self.times;
        let is_inside = |record: &T| {
            let at = updated_at(record);
            since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
        };
        let within = records.range(self.ids.0..=self.ids.1).map(|(_, record)| record);
        let mut within: Box<dyn Iterator<Item = &'a T>> =
            if self.is_ascending { Box::new(within) } else { Box::new(within.rev()) };
        let mut taken = Vec::new();
        while taken.len() < self.limit {
            match within.next() {
                Some(record) if is_inside(record) && is_wanted(record) => taken.push(record),
                Some(_) => {}
                None => break,
            }
        }
        taken
    }
}

impl Gateway {
    pub(super) fn list_bots(&self, query: &Query, asking: Id) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, active, only_self) = (query.number("id")?, query.switch("active")?, query.switch("self")?);
        let roles = [query.all("role"), query.all("roles")].concat();
        let found = page.take(
            &self.bots,
            |bot| bot.updated_at,
            |bot| {
                agrees(id, bot.id)
                    && agrees(active, bot.is_active)
                    && agrees(only_self, bot.id == asking)
                    && (roles.is_empty() || bot.roles.iter().any(|role| roles.contains(&role.as_str())))
            },
        );
        Ok(found.into_iter().map(|bot| Self::bot_view(bot, asking)).collect())
    }

    pub(super) fn list_channels(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, active, types) = (query.number("id")?, query.switch("active")?, query.all("types"));
        let found = page.take(
            &self.channels,
            |channel| channel.updated_at,
            |channel| {
                agrees(id, channel.id)
                    && agrees(active, channel.is_active)
                    && (types.is_empty() || types.contains(&channel.kind.as_str()))
            },
        );
        Ok(found.into_iter().map(Self::channel_view).collect())
    }

    pub(super) fn list_users(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, external) = (query.number("id")?, query.get("external_id"));
        let (active, online) = (query.switch("active")?, query.switch("online")?);
        let found = page.take(
            &self.users,
            |user| user.updated_at,
            |user| {
                agrees(id, user.id)
                    && agrees(external, user.external_id.as_str())
                    && agrees(active, user.is_active)
                    && agrees(online, user.is_online)
            },
        );
        Ok(found.into_iter().map(Self::user_view).collect())
    }

    pub(super) fn list_customers(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, channel) = (query.number("id")?, query.number("channel_id")?);
        let (external, kind) = (query.get("external_id"), query.get("channel_type"));
        let found = page.take(
            &self.customers,
            |customer| customer.updated_at,
            |customer| {
                agrees(id, customer.id)
                    && agrees(channel, customer.channel)
                    && agrees(external, customer.external_id.as_str())
                    && agrees(kind, self.kind_of(customer.channel))
            },
        );
        Ok(found.into_iter().map(Self::customer_view).collect())
    }

    pub(super) fn list_chats(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, channel) = (query.number("id")?, query.number("channel_id")?);
        let (customer, kind) = (query.number("customer_id")?, query.get("channel_type"));
        let external = query.get("customer_external_id");
        let found = page.only(id).take(
            &self.chats,
            |chat| chat.updated_at,
            |chat| {
                let person = self.customers.get(&chat.customer).map_or("", |customer| &customer.external_id);
                agrees(id, chat.id)
                    && agrees(channel, chat.channel)
                    && agrees(customer, chat.customer)
                    && agrees(kind, self.kind_of(chat.channel))
                    && agrees(external, person)
            },
        );
        Ok(found.into_iter().map(|chat| self.chat_view(chat, Shown::InAnswer)).collect())
    }

    pub(super) fn list_members(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (chat, user, state) = (query.number("chat_id")?, query.number("user_id")?, query.get("state"));
        let found = page.take(
            &self.members,
            |member| member.updated_at,
            |member| agrees(chat, member.chat) && agrees(user, member.user) && agrees(state, member.state),
        );
        Ok(found.into_iter().map(Self::member_view).collect())
    }

    pub(super) fn list_dialogs(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let (id, chat) = (query.number("id")?, query.number("chat_id")?);
        let (user, bot) = (query.number("user_id")?, query.number("bot_id")?);
        let (active, assigned) = (query.switch("active")?, query.switch("assign")?);
        let holder = |dialog: &Dialog| dialog.responsible.map(|(holder, _)| holder);
        let found = page.only(id).take(
            &self.dialogs,
            |dialog| dialog.updated_at,
            |dialog| {
                agrees(id, dialog.id)
                && agrees(chat, dialog.chat)
                && user.is_none_or(|user| holder(dialog) == Some(Holder::User(user)))
                && bot.is_none_or(|bot| holder(dialog) == Some(Holder::Bot(bot)))
                && agrees(active, dialog.is_open())
                // The two descriptions of this filter contradict each other; this is the newer one.
                && agrees(assigned, dialog.responsible.is_some())
            },
        );
        Ok(found.into_iter().map(|dialog| self.dialog_view(dialog)).collect())
    }

    pub(super) fn list_messages(&self, query: &Query) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let ids = query.all("id");
        let (chat, dialog) = (query.number("chat_id")?, query.number("dialog_id")?);
        // Those of one dialog are asked for most: all of a long day need not be looked through for them.
        let own: Option<BTreeMap<Id, Message>> = dialog.map(|dialog| {
            let ids = self.messages_of.get(&dialog).into_iter().flatten();
            ids.filter_map(|id| Some((*id, self.messages.get(id)?.clone()))).collect()
        });
        let (kind, scope) = (query.get("type"), query.get("scope"));
        let channel = query.number("channel_id")?;
        let found = page.take(
            own.as_ref().unwrap_or(&self.messages),
            |message| message.updated_at,
            |message| {
                (ids.is_empty() || ids.contains(&message.id.to_string().as_str()))
                    && agrees(chat, message.chat)
                    && agrees(kind, message.kind)
                    && agrees(scope, if message.is_private { "private" } else { "public" })
                    && channel
                        .is_none_or(|id| self.chats.get(&message.chat).is_some_and(|chat| chat.channel == id))
            },
        );
        Ok(found.into_iter().map(|message| self.message_view(message, None)).collect())
    }

    pub(super) fn list_commands(&self, query: &Query, asking: Id) -> Result<Value, NotDone> {
        let page = Page::read(query)?;
        let name = query.get("name");
        let found = page.take(
            &self.commands,
            |command| command.updated_at,
            |command| command.bot == asking && agrees(name, command.name.as_str()),
        );
        Ok(found.into_iter().map(Self::command_view).collect())
    }

    fn kind_of(&self, channel: Id) -> &str {
        self.channels.get(&channel).map_or("", |channel| &channel.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Party;
    use super::*;

    fn query(text: &str) -> Query {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Query::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn ids(gateway: &Gateway, text: &str) -> Vec<u64> {
        let list = gateway.list_dialogs(&query(text)).expect(text);
        list.as_array().unwrap().iter().map(|dialog| dialog["id"].as_u64().unwrap()).collect()
    }

    fn with_dialogs(count: i64) -> Gateway {
        let mut gateway = Gateway::default();
        let at = |second: i64| Timestamp::from_secs(1_772_442_904 + second);
        let channel = gateway.add_channel("telegram", "Shop", 0, at(0));
        for number in 1..=count {
            let party = Party { external_id: number.to_string(), name: "N".into(), phone: String::new() };
            gateway.customer_writes(channel, &party, "Hola", at(number)).unwrap();
        }
        gateway
    }

    #[test]
    fn lists_go_down_and_are_paged_by_the_last_id() {
        let gateway = with_dialogs(5);
        assert_eq!(ids(&gateway, "limit=2"), [5, 4]);
        assert_eq!(ids(&gateway, "limit=2&until_id=4"), [4, 3]);
        assert_eq!(ids(&gateway, "since_id=4"), [4, 5]);
        assert_eq!(ids(&gateway, "since_id=2&until_id=3"), [3, 2]);
        assert_eq!(ids(&gateway, "since=2026-03-02T09:15:08Z"), [4, 5]);
        assert_eq!(ids(&gateway, "active=1&unknown=x&id=3"), [3]);
        assert_eq!(ids(&gateway, "active=false"), [0; 0]);
    }

    #[test]
    fn limits_are_kept() {
        let gateway = with_dialogs(1);
        for bad in ["limit=0", "limit=1001", "limit=x", "active=yes", "since=monday"] {
            assert_eq!(gateway.list_dialogs(&query(bad)).map_err(|e| e.status), Err(400), "{bad}");
        }
    }
}
