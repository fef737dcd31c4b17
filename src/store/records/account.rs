//! Accounts, their channels, and the rule sets that were in force, as rows.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::{Account, DefaultAssignment};
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::ids::{AccountId, BotId, ChannelId, GroupId, ManagerId, RulesVersion};
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Json, Record, record};
use crate::store::change::{RulesRecord, RulesVia, ShadowRecord};

record! {
    /// An account.
    AccountRecord {
        account: AccountId,
        name: String,
        default_kind: Arc<str>,
        default_target: Option<Arc<str>>,
        auto_close: Option<Duration>,
    }
}

record! {
    /// A channel.
    ChannelRecord {
        account: AccountId,
        id: ChannelId,
        kind: Arc<str>,
        name: String,
        site: Option<String>,
        reports_delivered: bool,
        reports_seen: bool,
        bot_may_write: bool,
        reply_window: Option<Duration>,
    }
}

record! {
    /// A rule set that came into force; `n` counts them in an account.
    RulesHistoryRecord {
        account: AccountId,
        n: u64,
        version: RulesVersion,
        sources: Json<Vec<(String, String)>>,
        at: Timestamp,
        applied_by: String,
        via: RulesVia,
        why: String,
    }
}

record! {
    /// A rule set that decides beside the live one, or the end of one; `n` counts them in an account.
    ShadowHistoryRecord {
        account: AccountId,
        n: u64,
        version: Option<RulesVersion>,
        sources: Json<Vec<(String, String)>>,
        at: Timestamp,
        applied_by: String,
        why: String,
    }
}

impl AccountRecord {
    /// Takes an account apart.
    pub(crate) fn new(account: &Account) -> Self {
        let Account { id, name, default_assignment, auto_close } = account;
        let (default_kind, default_target) = match default_assignment {
            DefaultAssignment::Crm => ("crm", None),
            DefaultAssignment::Nobody => ("nobody", None),
            DefaultAssignment::Manager(id) => ("manager", Some(id.shared())),
            DefaultAssignment::Group(id) => ("group", Some(id.shared())),
            DefaultAssignment::Bot(id) => ("bot", Some(id.shared())),
        };
        Self {
            account: id.clone(),
            name: name.clone(),
            default_kind: default_kind.into(),
            default_target,
            auto_close: *auto_close,
        }
    }

    /// Reads an account.
    pub(crate) fn account(cells: &impl Cells) -> Result<Account, String> {
        let record = Self::read(cells, 0)?;
        let default_assignment = match (&*record.default_kind, record.default_target.as_deref()) {
            ("crm", None) => DefaultAssignment::Crm,
            ("nobody", None) => DefaultAssignment::Nobody,
            ("manager", Some(id)) => DefaultAssignment::Manager(ManagerId::trusted(id)),
            ("group", Some(id)) => DefaultAssignment::Group(GroupId::trusted(id)),
            ("bot", Some(id)) => DefaultAssignment::Bot(BotId::trusted(id)),
            (kind, _) => {
                return Err(format!("column default_kind: `{kind}` is unknown or does not fit its target"));
            }
        };
        Ok(Account {
            id: record.account,
            name: record.name,
            default_assignment,
            auto_close: record.auto_close,
        })
    }
}

impl ChannelRecord {
    /// Takes a channel apart.
    pub(crate) fn new(account: &AccountId, channel: &Channel) -> Self {
        let Channel { id, kind, name, site, features } = channel;
        let ChannelFeatures { reports_delivered, reports_seen, bot_may_write, reply_window } = features;
        Self {
            account: account.clone(),
            id: id.clone(),
            kind: kind.clone(),
            name: name.clone(),
            site: site.clone(),
            reports_delivered: *reports_delivered,
            reports_seen: *reports_seen,
            bot_may_write: *bot_may_write,
            reply_window: *reply_window,
        }
    }

    /// Reads a channel.
    pub(crate) fn channel(cells: &impl Cells) -> Result<Channel, String> {
        let record = Self::read(cells, 0)?;
        Ok(Channel {
            id: record.id,
            kind: record.kind,
            name: record.name,
            site: record.site,
            features: ChannelFeatures {
                reports_delivered: record.reports_delivered,
                reports_seen: record.reports_seen,
                bot_may_write: record.bot_may_write,
                reply_window: record.reply_window,
            },
        })
    }
}

impl RulesHistoryRecord {
    /// Takes a rule set's record apart; `n` tells how many came before it.
    pub(crate) fn new(account: &AccountId, n: u64, rules: &RulesRecord) -> Self {
        let RulesRecord { version, sources, at, by, via, why } = rules;
        Self {
            account: account.clone(),
            n,
            version: version.clone(),
            sources: Json(sources.clone()),
            at: *at,
            applied_by: by.clone(),
            via: *via,
            why: why.clone(),
        }
    }

    /// Reads a rule set's record.
    pub(crate) fn rules(cells: &impl Cells) -> Result<RulesRecord, String> {
        let Self { account: _, n: _, version, sources, at, applied_by, via, why } = Self::read(cells, 0)?;
        Ok(RulesRecord { version, sources: sources.0, at, by: applied_by, via, why })
    }
}

impl ShadowHistoryRecord {
    /// Takes a shadow's record apart; `n` tells how many came before it.
    pub(crate) fn new(account: &AccountId, n: u64, shadow: &ShadowRecord) -> Self {
        let ShadowRecord { version, sources, at, by, why } = shadow;
        Self {
            account: account.clone(),
            n,
            version: version.clone(),
            sources: Json(sources.clone()),
            at: *at,
            applied_by: by.clone(),
            why: why.clone(),
        }
    }

    /// Reads a shadow's record.
    pub(crate) fn shadow(cells: &impl Cells) -> Result<ShadowRecord, String> {
        let Self { account: _, n: _, version, sources, at, applied_by, why } = Self::read(cells, 0)?;
        Ok(ShadowRecord { version, sources: sources.0, at, by: applied_by, why })
    }
}
