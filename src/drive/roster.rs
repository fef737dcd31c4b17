//! The simulated managers: putting them on record and online, and reading how everybody stands.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::check::room::Member;
use super::client::Pool;
use super::names::InPath;
use super::wire::{self, Kind, Reply};
use crate::domain::ids::{ChannelId, GroupId, ManagerId};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// What has to stand before the first dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Managers and their groups.
    pub managers: BTreeMap<ManagerId, BTreeSet<GroupId>>,
    /// A capacity of their own.
    pub capacity: Option<Units>,
    /// Channels and their kinds.
    pub channels: BTreeMap<ChannelId, String>,
}

#[derive(Serialize)]
struct NewManager<'a> {
    name: &'a str,
    groups: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<f64>,
}

#[derive(Serialize)]
struct NewPresence {
    online: bool,
    status: &'static str,
}

#[derive(Serialize)]
struct NewChannel<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
}

#[derive(Deserialize)]
struct PageView {
    #[serde(alias = "managers")]
    items: Vec<ManagerView>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct ManagerView {
    id: String,
    #[serde(default)]
    groups: BTreeSet<String>,
    #[serde(default)]
    available: bool,
    load_units: f64,
    capacity_units: f64,
    dialogs: u32,
}

/// Sends a request that must succeed; its answer.
///
/// # Errors
/// A sentence for people: what was refused and why.
pub async fn ask(pool: &Pool, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, String> {
    let (status, answer) = pool.call(method, format_args!("{path}"), body).await?;
    match wire::read(Kind::Other, status, &answer) {
        Reply::Refused { code, detail } => Err(format!("{method} …{path}: {detail} ({code})")),
        Reply::Done | Reply::Dialog { .. } | Reply::Batch(_) => Ok(answer),
    }
}

async fn put(pool: &Pool, path: String, body: impl Serialize) -> Result<(), String> {
    let body = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
    ask(pool, "PUT", &path, &body).await?;
    Ok(())
}

/// Puts channels and managers on record, and the managers online.
///
/// # Errors
/// A sentence for people.
pub async fn prepare(pool: &Pool, scene: &Scene) -> Result<(), String> {
    let channel = |(id, kind): (&ChannelId, &String)| {
        let (path, name, kind) = (format!("/channels/{}", InPath(id.as_str())), id.to_string(), kind.clone());
        async move { put(pool, path, NewChannel { kind: &kind, name: &name }).await }
    };
    try_join_all(scene.channels.iter().map(channel)).await?;
    let manager = |(id, groups): (&ManagerId, &BTreeSet<GroupId>)| {
        let (path, name) = (format!("/managers/{}", InPath(id.as_str())), id.to_string());
        let groups: Vec<_> = groups.iter().cloned().collect();
        let capacity = scene.capacity.map(Units::as_f64);
        async move {
            let groups = groups.iter().map(GroupId::as_str).collect();
            put(pool, path.clone(), NewManager { name: &name, groups, capacity }).await?;
            put(pool, format!("{path}/presence"), NewPresence { online: true, status: "free" }).await
        }
    };
    try_join_all(scene.managers.iter().map(manager)).await?;
    Ok(())
}

/// All managers as the server sees them now.
///
/// # Errors
/// A sentence for people.
pub async fn read(pool: &Pool) -> Result<Vec<Member>, String> {
    let mut members = Vec::new();
    let mut path = "/managers?limit=200".to_owned();
    loop {
        let answer = ask(pool, "GET", &path, b"").await?;
        let page: PageView = serde_json::from_slice(&answer)
            .map_err(|error| format!("the list of managers cannot be read: {error}"))?;
        for view in page.items {
            let units = |units: f64| Units::from_f64(units).unwrap_or_default();
            members.push(Member {
                groups: view.groups.iter().filter_map(|group| GroupId::parse(group).ok()).collect(),
                name: view.id,
                capacity: units(view.capacity_units),
                load: units(view.load_units),
                held: view.dialogs,
                available: view.available,
                since: Timestamp::default(),
            });
        }
        match page.next {
            Some(cursor) => path = format!("/managers?limit=200&cursor={}", InPath(&cursor)),
            None => return Ok(members),
        }
    }
}

/// The number of the account's newest event, found by asking whether there is one after a number, ever closer:
/// numbers have no gaps.
///
/// # Errors
/// A sentence for people.
pub async fn newest_seq(pool: &Pool) -> Result<u64, String> {
    // There is one after `exists` (or `exists` is zero and there may be none), and none after `missing`.
    let (mut low, mut high) = (0, 1);
    while has_event_after(pool, high - 1).await? {
        low = high;
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if has_event_after(pool, middle - 1).await? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

async fn has_event_after(pool: &Pool, seq: u64) -> Result<bool, String> {
    let page = ask(pool, "GET", &format!("/events?after={seq}&limit=1"), b"").await?;
    Ok(!super::feed::page(&page)?.is_empty())
}
