//! The sandbox's own books: who was responsible for each dialog, since when, by whose doing, and when it was closed.
//!
//! Kept from the gateway's journal, which no bot sees, so that a bot's own account can be compared with it dialog by
//! dialog.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::gateway::Gateway;
use super::gateway::journal::{By, Deed, Entry};
use super::gateway::records::{Author, Holder, Id};
use crate::domain::time::Timestamp;

/// A stretch of time in which somebody was responsible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Who.
    pub holder: Holder,
    /// By whose doing.
    pub by: By,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None`: still, or until the dialog was closed.
    pub to: Option<Timestamp>,
}

/// The page of one dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its chat.
    pub chat: Id,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who held it, in order.
    pub spans: Vec<Span>,
    /// When it was closed, and by whose doing.
    pub closed: Option<(Timestamp, By)>,
    /// Messages of the customer.
    pub from_customer: u32,
    /// Messages to the customer, of managers and bots.
    pub to_customer: u32,
    /// When a manager first answered.
    pub answered_at: Option<Timestamp>,
}

impl Page {
    /// Who holds it, or held it when it was closed.
    pub fn holder(&self) -> Option<Holder> {
        self.spans.last().filter(|span| span.to.is_none()).map(|span| span.holder)
    }
}

/// Figures of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Dialogs opened.
    pub opened: usize,
    /// Of these, closed.
    pub closed: usize,
    /// Open ones that nobody holds.
    pub unassigned: usize,
    /// Closed ones that nobody ever held.
    pub never_held: usize,
    /// Times a bot gave one to somebody.
    pub by_bots: usize,
    /// Times a person did.
    pub by_hand: usize,
}

/// All pages, by the dialog's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books(BTreeMap<Id, Page>);

impl Books {
    /// All pages.
    pub fn pages(&self) -> &BTreeMap<Id, Page> {
        &self.0
    }

    /// Writes down what happened.
    pub fn write(&mut self, entry: &Entry) {
        let Entry { at, dialog, deed } = *entry;
        if let Deed::Opened { chat } = deed {
            let page = Page {
                chat,
                opened_at: at,
                spans: Vec::new(),
                closed: None,
                from_customer: 0,
                to_customer: 0,
                answered_at: None,
            };
            self.0.insert(dialog, page);
            return;
        }
        let Some(page) = self.0.get_mut(&dialog) else { return };
        match deed {
            Deed::Opened { .. } | Deed::Said { is_private: true, .. } => {}
            Deed::Given { to, by } => {
                if page.holder() == Some(to) {
                    return;
                }
                if let Some(last) = page.spans.last_mut() {
                    last.to.get_or_insert(at);
                }
                page.spans.push(Span { holder: to, by, from: at, to: None });
            }
            Deed::Taken { .. } => {
                if let Some(last) = page.spans.last_mut() {
                    last.to.get_or_insert(at);
                }
            }
            Deed::Closed { by } => page.closed = Some((at, by)),
            Deed::Said { from: Author::Customer(_), .. } => page.from_customer += 1,
            Deed::Said { from, .. } => {
                page.to_customer += 1;
                if matches!(from, Author::User(_)) {
                    page.answered_at.get_or_insert(at);
                }
            }
        }
    }

    /// Figures of the whole.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { opened: self.0.len(), ..Totals::default() };
        for page in self.0.values() {
            let is_closed = page.closed.is_some();
            totals.closed += usize::from(is_closed);
            totals.unassigned += usize::from(!is_closed && page.holder().is_none());
            totals.never_held += usize::from(is_closed && page.spans.is_empty());
            totals.by_bots += page.spans.iter().filter(|span| matches!(span.by, By::Bot(_))).count();
            totals.by_hand += page.spans.iter().filter(|span| span.by == By::Hand).count();
        }
        totals
    }

    /// As JSON, for a comparison: `{"totals": …, "dialogs": [{"id", "chat_id", "opened_at", "responsible", "spans",
    /// "closed_at", "closed_by", …}]}`, by number. Times are microseconds since 1970. `responsible` is who holds it, or
    /// held it when it was closed: `{"type": "user", "id": 41, "external_id": "17"}`. `by` is `bot:7`, `hand` or
    /// `gateway`.
    pub fn view(&self, gateway: &Gateway) -> Value {
        let totals = self.totals();
        let dialogs: Vec<_> = self.0.iter().map(|(id, page)| page_view(*id, page, gateway)).collect();
        json!({
            "totals": {
                "opened": totals.opened, "closed": totals.closed, "unassigned": totals.unassigned,
                "never_held": totals.never_held, "by_bots": totals.by_bots, "by_hand": totals.by_hand,
            },
            "dialogs": dialogs,
        })
    }
}

fn by(by: By) -> String {
    match by {
        By::Bot(id) => format!("bot:{id}"),
        By::Hand => "hand".into(),
        By::Gateway => "gateway".into(),
    }
}

fn holder_view(holder: Holder, gateway: &Gateway) -> Value {
    match holder {
        Holder::User(id) => {
            let external = gateway.users().get(&id).map_or("", |user| &user.external_id);
            json!({"type": "user", "id": id, "external_id": external})
        }
        Holder::Bot(id) => json!({"type": "bot", "id": id}),
    }
}

fn page_view(id: Id, page: &Page, gateway: &Gateway) -> Value {
    let span = |span: &Span| {
        json!({
            "responsible": holder_view(span.holder, gateway), "by": by(span.by), "from": span.from.micros(),
            "to": span.to.map(Timestamp::micros),
        })
    };
    let channel = gateway.chats().get(&page.chat).map(|chat| chat.channel);
    json!({
        "id": id, "chat_id": page.chat, "channel_id": channel, "opened_at": page.opened_at.micros(),
        "responsible": page.holder().map(|holder| holder_view(holder, gateway)),
        "spans": page.spans.iter().map(span).collect::<Vec<_>>(),
        "closed_at": page.closed.map(|(at, _)| at.micros()), "closed_by": page.closed.map(|(_, who)| by(who)),
        "from_customer": page.from_customer, "to_customer": page.to_customer,
        "answered_at": page.answered_at.map(Timestamp::micros),
    })
}

#[cfg(test)]
mod tests {
    use super::super::gateway::Party;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(1_772_442_904 + second)
    }

    #[test]
    fn every_stretch_is_written_down() {
        let (mut gateway, mut books) = (Gateway::default(), Books::default());
        let channel = gateway.add_channel("whatsapp", "Shop", 0, at(0));
        let [ana, boris] = ["17", "18"].map(|id| gateway.add_user(id, id, "", at(0)));
        let party = Party { external_id: "1".into(), name: "Marta".into(), phone: String::new() };
        gateway.customer_writes(channel, &party, "Hola", at(1)).unwrap();
        gateway.assign_by_hand(1, ana, at(2)).unwrap();
        gateway.assign_by_hand(1, ana, at(3)).unwrap();
        gateway.unassign_by_hand(1, at(4)).unwrap();
        gateway.assign_by_hand(1, boris, at(5)).unwrap();
        gateway.user_writes(boris, 1, "Hola", at(6)).unwrap();
        gateway.close(1, at(7)).unwrap();
        gateway.take_journal().iter().for_each(|entry| books.write(entry));
        let page = &books.pages()[&1];
        let spans: Vec<_> = page.spans.iter().map(|span| (span.holder, span.from, span.to)).collect();
        assert_eq!(spans, [(Holder::User(ana), at(2), Some(at(4))), (Holder::User(boris), at(5), None),]);
        assert_eq!((page.closed, page.holder()), (Some((at(7), By::Hand)), Some(Holder::User(boris))));
        assert_eq!((page.from_customer, page.to_customer, page.answered_at), (1, 1, Some(at(6))));
        let totals = books.totals();
        assert_eq!((totals.opened, totals.closed, totals.by_hand), (1, 1, 2));
        let view = books.view(&gateway);
        assert_eq!(view["dialogs"][0]["responsible"]["external_id"], "18");
    }
}
