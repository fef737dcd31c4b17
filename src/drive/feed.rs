//! Events as the server's feed serves them, read as far as the drive needs; whatever else they hold is passed over.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::DateTime;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::time::Timestamp;

/// A text that is borrowed from the answer unless it has escapes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A number in place of an id, where millions are remembered only to be compared. The same in each run.
pub fn fingerprint(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// Who holds a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A manager.
    Manager(Text<'a>),
    /// A bot.
    Bot(Text<'a>),
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manager(id) => f.write_str(id),
            Self::Bot(id) => write!(f, "bot {}", &**id),
        }
    }
}

/// `{"manager": "ana"}` or `{"bot": "helper"}`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct HolderView<'a> {
    #[serde(borrow)]
    manager: Option<Text<'a>>,
    #[serde(borrow)]
    bot: Option<Text<'a>>,
}

impl<'a> HolderView<'a> {
    pub(super) fn holder(self) -> Option<Holder<'a>> {
        self.manager.map(Holder::Manager).or_else(|| self.bot.map(Holder::Bot))
    }
}

/// Whom the decision that left a dialog waiting had looked at: targets as the rule file says them,
/// with persons in place of `owner` and `last_manager`. `None`: the event does not tell.
pub type Reach = Option<Vec<String>>;

/// What happened, as far as the drive asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// A dialog was opened.
    Opened {
        /// Its channel.
        channel: Option<Text<'a>>,
        /// It is a customer's and is to be routed.
        routed: bool,
    },
    /// It waits, since nobody has room.
    Waiting(Reach),
    /// Somebody is asked whether they take it.
    Offered {
        /// Who.
        to: Holder<'a>,
        /// The default assignment chose.
        is_free: bool,
    },
    /// Whoever was asked did not take it.
    OfferEnded,
    /// Nobody had it, now somebody has.
    Assigned {
        /// Who.
        to: Holder<'a>,
        /// A person chose, or the default assignment: the rules for the engine's own choice do not apply.
        is_free: bool,
    },
    /// Somebody else has it.
    Reassigned {
        /// Who had it.
        from: Holder<'a>,
        /// Who has it.
        to: Holder<'a>,
        /// A person chose, or the default assignment: the rules for the engine's own choice do not apply.
        is_free: bool,
    },
    /// Nobody has it any more.
    Returned {
        /// Who had it.
        from: Holder<'a>,
    },
    /// It is over.
    Closed {
        /// Who had it.
        last: Option<Holder<'a>>,
    },
    /// It was set aside for a person.
    Quarantined,
    /// Somebody wrote.
    Message(Option<Text<'a>>),
    /// A manager may take work.
    Available(Text<'a>),
    /// A manager may not.
    Unavailable(Text<'a>),
    /// Something of a dialog that makes no difference here.
    OfDialog,
    /// Something else.
    Other,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its number: without gaps in the account.
    pub seq: u64,
    /// Its stable id.
    pub id: Text<'a>,
    /// When it happened, by the server's clock.
    pub at: Timestamp,
    /// The dialog it is about.
    pub dialog: Option<Text<'a>>,
    /// What happened.
    pub what: What<'a>,
}

#[derive(Deserialize)]
struct PageView<'a> {
    #[serde(borrow, alias = "items")]
    events: Vec<EventView<'a>>,
}

#[derive(Deserialize)]
struct EventView<'a> {
    seq: u64,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, alias = "type")]
    name: Text<'a>,
    #[serde(borrow)]
    at: Text<'a>,
    #[serde(borrow)]
    dialog: Option<Text<'a>>,
    #[serde(borrow)]
    cause: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OpenedView<'a> {
    #[serde(borrow)]
    channel: Option<Text<'a>>,
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    started_by: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct MoveView<'a> {
    #[serde(borrow)]
    from: Option<HolderView<'a>>,
    #[serde(borrow)]
    to: Option<HolderView<'a>>,
    #[serde(borrow)]
    by: Option<&'a RawValue>,
    #[serde(borrow)]
    decision: Option<FallbackView<'a>>,
}

/// The default assignment may choose somebody absent or full.
#[derive(Deserialize)]
struct FallbackView<'a> {
    #[serde(borrow)]
    fallback: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ClosedView<'a> {
    #[serde(borrow)]
    last: Option<HolderView<'a>>,
}

#[derive(Deserialize)]
struct ManagerView<'a> {
    #[serde(borrow)]
    manager: Text<'a>,
}

#[derive(Deserialize)]
struct MessageView<'a> {
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct WaitingView<'a> {
    #[serde(borrow)]
    decision: Option<DecisionView<'a>>,
}

#[derive(Deserialize)]
struct DecisionView<'a> {
    #[serde(borrow)]
    fallback: Option<&'a RawValue>,
    #[serde(borrow)]
    steps: Option<Vec<StepView<'a>>>,
}

#[derive(Deserialize)]
struct StepView<'a> {
    #[serde(borrow)]
    to: Text<'a>,
    #[serde(borrow)]
    person: Option<Text<'a>>,
}

impl DecisionView<'_> {
    /// A dialog that the default assignment leaves waiting reaches nobody.
    fn reach(self) -> Reach {
        if self.fallback.is_some() {
            return Some(Vec::new());
        }
        let target = |step: StepView| match (&*step.to, step.person) {
            (_, Some(person)) => Some(format!("manager:{}", &*person)),
            ("owner" | "last_manager", None) => None,
            (to, None) => Some(to.to_owned()),
        };
        self.steps.map(|steps| steps.into_iter().filter_map(target).collect())
    }
}

fn data<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<T, String> {
    serde_json::from_str(raw.map_or("{}", RawValue::get)).map_err(|error| format!("its data: {error}"))
}

impl<'a> EventView<'a> {
    fn event(self) -> Result<Event<'a>, String> {
        let at = DateTime::parse_from_rfc3339(&self.at).map_err(|error| format!("its time: {error}"))?;
        let what = self.what()?;
        let at = Timestamp::from_micros(at.timestamp_micros());
        Ok(Event { seq: self.seq, id: self.id, at, dialog: self.dialog, what })
    }

    fn what(&self) -> Result<What<'a>, String> {
        let holder = |view: Option<HolderView<'a>>, field: &str| {
            view.and_then(HolderView::holder).ok_or_else(|| format!("its data: `{field}` names nobody"))
        };
        let is_free = |view: &MoveView| {
            let is_fallback = view.decision.as_ref().is_some_and(|decision| decision.fallback.is_some());
            let is_outside = matches!(self.cause.as_deref(), Some("manual" | "picked" | "external"));
            view.by.is_some() || is_outside || is_fallback
        };
        Ok(match &*self.name {
            "dialog.opened" => {
                let view: OpenedView = data(self.data)?;
                let is_customers = view.kind.is_none_or(|kind| &*kind == "customer");
                let started_by_us = view.started_by.is_some_and(|side| &*side != "customer");
                What::Opened { channel: view.channel, routed: is_customers && !started_by_us }
            }
            "dialog.waiting" => {
                // What a decision looks like is the server's business: if it cannot be read, it does not tell.
                let view = data::<WaitingView>(self.data).ok();
                What::Waiting(view.and_then(|view| view.decision).and_then(DecisionView::reach))
            }
            "dialog.offered" => {
                let view: MoveView = data(self.data)?;
                What::Offered { is_free: is_free(&view), to: holder(view.to, "to")? }
            }
            "dialog.offer_ended" => What::OfferEnded,
            "dialog.assigned" => {
                let view: MoveView = data(self.data)?;
                What::Assigned { is_free: is_free(&view), to: holder(view.to, "to")? }
            }
            "dialog.reassigned" => {
                let view: MoveView = data(self.data)?;
                let is_free = is_free(&view);
                What::Reassigned { is_free, from: holder(view.from, "from")?, to: holder(view.to, "to")? }
            }
            "dialog.returned" => {
                let view: MoveView = data(self.data)?;
                What::Returned { from: holder(view.from, "from")? }
            }
            "dialog.closed" => {
                let view: ClosedView = data(self.data)?;
                What::Closed { last: view.last.and_then(HolderView::holder) }
            }
            "dialog.quarantined" => What::Quarantined,
            "message.received" | "message.sent" => {
                What::Message(data::<MessageView>(self.data).ok().and_then(|view| view.message))
            }
            "manager.available" => What::Available(data::<ManagerView>(self.data)?.manager),
            "manager.unavailable" => What::Unavailable(data::<ManagerView>(self.data)?.manager),
            name if name.starts_with("dialog.") => What::OfDialog,
            _ => What::Other,
        })
    }
}

/// Reads a page of the feed.
///
/// # Errors
/// A sentence that says which event cannot be understood.
pub fn page(body: &[u8]) -> Result<Vec<Event<'_>>, String> {
    let page: PageView =
        serde_json::from_slice(body).map_err(|error| format!("the event feed cannot be read: {error}"))?;
    let mut events = Vec::with_capacity(page.events.len());
    for view in page.events {
        let (seq, name) = (view.seq, view.name.clone());
        let named = |problem| format!("event {seq} ({}) cannot be read: {problem}", &*name);
        events.push(view.event().map_err(named)?);
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_far_as_needed() {
        let body = br#"{"events":[
            {"seq":1,"id":"dialog/d1/1.0","name":"dialog.opened","at":"2026-03-02T10:00:00.000250Z","dialog":"d1",
             "cause":"opened","data":{"chat":"x","channel":"shop","customer":"c1","kind":"customer","started_by":"customer"}},
            {"seq":2,"id":"dialog/d1/1.1","name":"dialog.waiting","at":"2026-03-02T10:00:00Z","dialog":"d1","data":{"decision":
             {"fallback":null,"steps":[{"step":1,"to":"owner","person":"ana","outcome":"full"},{"step":2,"to":"last_manager","person":null},
             {"step":3,"to":"group:sales"}],"colour":"red"}}},
            {"seq":3,"id":"dialog/d1/2.0","name":"dialog.assigned","at":"2026-03-02T10:00:01Z","dialog":"d1","cause":"opened",
             "data":{"to":{"manager":"ana"},"by":null,"decision":{"rule":"r","step":1}}},
            {"seq":4,"id":"dialog/d1/3.0","name":"dialog.reassigned","at":"2026-03-02T10:00:02Z","dialog":"d1","cause":"manual",
             "data":{"from":{"manager":"ana"},"to":{"bot":"helper"},"by":{"manager":"lead"}}},
            {"seq":5,"id":"manager/ana/4.0","name":"manager.unavailable","at":"2026-03-02T10:00:02Z","dialog":null,"data":{"manager":"ana","absence":"offline"}},
            {"seq":6,"id":"account/4.0","name":"rules.applied","at":"2026-03-02T10:00:02Z","data":{"version":"abc"}}
        ],"next":6}"#;
        let events = page(body).unwrap();
        assert_eq!(events[0].at, Timestamp::from_micros(1_772_445_600_000_250));
        assert_eq!(events[0].what, What::Opened { channel: Some("shop".into()), routed: true });
        assert_eq!(
            events[1].what,
            What::Waiting(Some(vec!["manager:ana".to_owned(), "group:sales".to_owned()]))
        );
        let ana = || Holder::Manager("ana".into());
        assert_eq!(events[2].what, What::Assigned { to: ana(), is_free: false });
        assert_eq!(
            events[3].what,
            What::Reassigned { from: ana(), to: Holder::Bot("helper".into()), is_free: true }
        );
        assert_eq!(events[4].what, What::Unavailable("ana".into()));
        assert_eq!((events[5].seq, &events[5].what), (6, &What::Other));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let body = br#"{"events":[{"seq":9,"id":"x","name":"dialog.assigned","at":"2026-03-02T10:00:00Z","data":{"to":null}}]}"#;
        assert_eq!(
            page(body).unwrap_err(),
            "event 9 (dialog.assigned) cannot be read: its data: `to` names nobody"
        );
        assert!(page(b"<html>").is_err());
    }
}
