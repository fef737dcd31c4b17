//! Lists, page by page. Nothing is promised about their order, nor whether bounds are inclusive: so pages are put
//! together by id, and reading ends with a page that is short or brings nothing new.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::{Client, Failure};
use crate::connectors::retailcrm::mirror::{Found, Read};
use crate::connectors::retailcrm::wire::{Bot, Channel, Chat, Dialog, Id, Message, User, decode_list};

/// The most that a page may have.
const PAGE: usize = 1_000;
/// Up to so many chats are read one by one; more of them by pages.
const FEW: usize = 20;

/// Something of a list.
trait Numbered: DeserializeOwned {
    fn number(&self) -> Id;
}

macro_rules! numbered {
    ($($of:ty),+) => {$(
        impl Numbered for $of {
            fn number(&self) -> Id {
                self.id
            }
        }
    )+};
}
numbered!(Bot, Channel, Chat, Dialog, Message, User);

impl Client {
    async fn page<T: Numbered>(&self, kind: &'static str, path: &str) -> Result<(Vec<T>, usize), Failure> {
        let (read, unread) = self.patiently(kind, path, decode_list::<T>).await?;
        for undecodable in &unread {
            tracing::warn!(kind, %undecodable, "an element of a list cannot be read and is left out");
        }
        let len = read.len() + unread.len();
        Ok((read, len))
    }

    async fn all<T: Numbered>(&self, kind: &'static str, query: &str) -> Result<Vec<T>, Failure> {
        self.between(kind, query, 0, None).await
    }

    /// Elements with numbers from `down_to` up to `up_to`, and maybe a few others.
    async fn between<T: Numbered>(
        &self,
        kind: &'static str,
        query: &str,
        down_to: Id,
        up_to: Option<Id>,
    ) -> Result<Vec<T>, Failure> {
        let mut found: BTreeMap<Id, T> = BTreeMap::new();
        let mut until = up_to.map(|id| format!("&until_id={id}")).unwrap_or_default();
        loop {
            let path = format!("/{kind}?{query}limit={PAGE}{until}");
            let (page, len) = self.page::<T>(kind, &path).await?;
            let before = found.len();
            found.extend(page.into_iter().map(|one| (one.number(), one)));
            let lowest = found.first_key_value().map_or(0, |(id, _)| *id);
            if len < PAGE || found.len() == before || lowest <= down_to {
                return Ok(found.into_values().collect());
            }
            until = format!("&until_id={lowest}");
        }
    }

    /// Who we are.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Rejected`] when the gateway does not say.
    pub async fn me(&self) -> Result<Bot, Failure> {
        let bots: Vec<Bot> = self.all("bots", "self=1&").await?;
        let me = bots.into_iter().find(|bot| bot.is_self != Some(false));
        me.ok_or_else(|| Failure::Rejected {
            status: 200,
            text: "the gateway names no bot of this token".into(),
        })
    }

    /// Other bots that share out dialogs.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn rivals(&self) -> Result<Vec<Bot>, Failure> {
        let bots: Vec<Bot> = self.all("bots", "role=distributor&active=1&").await?;
        Ok(bots
            .into_iter()
            .filter(|bot| bot.is_self != Some(true) && bot.acts() && bot.is_distributor())
            .collect())
    }

    /// All managers, those without access included.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn users(&self) -> Result<Vec<User>, Failure> {
        self.all("users", "").await
    }

    /// All channels.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn channels(&self) -> Result<Vec<Channel>, Failure> {
        self.all("channels", "").await
    }

    /// All open dialogs. What the filter means is not relied on.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn open_dialogs(&self) -> Result<Vec<Dialog>, Failure> {
        let dialogs: Vec<Dialog> = self.all("dialogs", "active=1&").await?;
        Ok(dialogs.into_iter().filter(|dialog| dialog.closed_at.is_none()).collect())
    }

    /// These chats, one by one when they are few, by pages when they are many.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn chats(&self, wanted: &BTreeSet<Id>) -> Result<Vec<Chat>, Failure> {
        let (Some(lowest), Some(highest)) = (wanted.first(), wanted.last()) else { return Ok(Vec::new()) };
        if wanted.len() > FEW {
            // One above the highest, since the bound may be exclusive.
            let mut found = self.between::<Chat>("chats", "", *lowest, Some(highest + 1)).await?;
            found.retain(|chat| wanted.contains(&chat.id));
            let known: BTreeSet<Id> = found.iter().map(|chat| chat.id).collect();
            for chat in wanted.difference(&known) {
                found.extend(self.chat(*chat).await?);
            }
            return Ok(found);
        }
        let mut found = Vec::new();
        for chat in wanted {
            found.extend(self.chat(*chat).await?);
        }
        Ok(found)
    }

    /// Chats that changed since then.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn chats_since(&self, since: &str) -> Result<Vec<Chat>, Failure> {
        self.all("chats", &format!("since={since}&")).await
    }

    async fn chat(&self, id: Id) -> Result<Option<Chat>, Failure> {
        let (chats, _) = self.page::<Chat>("chats", &format!("/chats?id={id}")).await?;
        Ok(chats.into_iter().find(|chat| chat.id == id))
    }

    async fn dialog(&self, id: Id) -> Result<Option<Dialog>, Failure> {
        let (dialogs, _) = self.page::<Dialog>("dialogs", &format!("/dialogs?id={id}")).await?;
        Ok(dialogs.into_iter().find(|dialog| dialog.id == id))
    }

    /// The messages of a dialog.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn messages(&self, dialog: Id) -> Result<Vec<Message>, Failure> {
        let mut messages: Vec<Message> = self.all("messages", &format!("dialog_id={dialog}&")).await?;
        messages.retain(|message| message.dialog.is_none_or(|of| of.id == dialog || of.id == 0));
        Ok(messages)
    }

    /// Reads something again.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn read(&self, read: Read) -> Result<Found, Failure> {
        Ok(match read {
            Read::Dialog(id) => Found::Dialog(id, self.dialog(id).await?.map(Box::new)),
            Read::Chat(id) => Found::Chat(id, self.chat(id).await?.map(Box::new)),
            Read::Messages { dialog, .. } => Found::Messages(dialog, self.messages(dialog).await?),
            Read::Users => Found::Users(self.users().await?),
        })
    }
}
