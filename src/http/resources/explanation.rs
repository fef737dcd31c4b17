//! Explanations: the newest decision about a dialog, and why somebody did not get it.

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::IntoParams;

use super::{dialogs, managers};
use crate::domain::dialog::Dialog;
use crate::http::call::Call;
use crate::http::problem::Problem;
use crate::http::reply::{Answer, Reply, internal};
use crate::http::views::decision::DecisionRecord;
use crate::http::views::explanation::{self, DecidedView, ExplanationView, WhyNot};
use crate::http::views::id::ManagerKey;
use crate::http::views::manager::ManagerView;
use crate::http::views::time::Time;
use crate::store::read::{EventFilter, StoredEvent};

/// Events whose data holds a decision that acted.
const DECIDED: [&str; 4] = ["dialog.waiting", "dialog.assigned", "dialog.reassigned", "dialog.kept"];
const SHADOW: &str = "routing.shadow_decided";
const AT_ONCE: u32 = 1_000;
const NO_RULE_ASKED: &str =
    "No rule was ever asked about this dialog: it was assigned by hand, or not at all.";

/// What to explain.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ExplanationQuery {
    /// Also say why this manager did not get the dialog.
    pub why_not: Option<ManagerKey>,
}

/// The part of an event's data that is asked for here.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    decision: Option<&'a RawValue>,
}

/// Why a dialog is where it is.
///
/// The newest decision as it is on record: rule, step, strategy, candidates, counts; its own sentence first. With
/// `why_not`, what it says of one manager; where the record does not list them, what is known and what is not.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/dialogs/{dialog}/explanation",
    params(ExplanationQuery),
    responses((status = 200, description = "The explanation.", body = ExplanationView))
)]
pub async fn get(call: Call) -> Answer {
    let query: ExplanationQuery = call.query()?;
    let dialog = dialogs::find(&call).await?;
    let events = decided(&call, &dialog).await?;
    let now = match &query.why_not {
        Some(manager) => managers::find(&call, &manager.0).await?,
        None => None,
    };
    let newest = newest(&events, |name| name != SHADOW)?;
    let record = newest.map(read).transpose()?;
    let why_not = query.why_not.as_ref().map(|manager| {
        let id = manager.0.as_str();
        let (verdict, answer) = match &record {
            Some(record) => explanation::why_not(record, id),
            None => (None, NO_RULE_ASKED.to_owned()),
        };
        WhyNot { manager: id, verdict, answer, now: now.as_ref().map(ManagerView::from) }
    });
    let view = ExplanationView {
        dialog: dialog.id.as_str(),
        state: dialog.state.word(),
        responsible: dialog.responsible().map(Into::into),
        summary: match record {
            Some(record) => record.sentence,
            None => NO_RULE_ASKED.to_owned(),
        },
        decision: newest,
        shadow: self::newest(&events, |name| name == SHADOW)?,
        why_not,
        history: events.iter().map(history).collect(),
    };
    Reply::json(200, &view)
}

/// All events of the dialog that hold decisions, oldest first.
async fn decided(call: &Call, dialog: &Dialog) -> Result<Vec<StoredEvent>, Problem> {
    let names = DECIDED.iter().chain([&SHADOW]);
    let filter =
        EventFilter { dialog: Some(dialog.id.clone()), names: names.map(|&name| name.to_owned()).collect() };
    let mut events: Vec<StoredEvent> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let store = call.store();
        let more = store.events(&call.account, after, AT_ONCE, &filter).await?;
        let is_last = more.len() < AT_ONCE as usize;
        events.extend(more);
        if is_last {
            return Ok(events);
        }
    }
}

/// The newest decision among events with such names. Assignments by hand have none.
fn newest(events: &[StoredEvent], wanted: impl Fn(&str) -> bool) -> Result<Option<&RawValue>, Problem> {
    for event in events.iter().rev().filter(|event| wanted(&event.name)) {
        let data: Data<'_> = serde_json::from_str(&event.data).map_err(unreadable)?;
        if data.decision.is_some() {
            return Ok(data.decision);
        }
    }
    Ok(None)
}

fn read(decision: &RawValue) -> Result<DecisionRecord, Problem> {
    serde_json::from_str(decision.get()).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn unreadable(error: serde_json::Error) -> Problem {
    internal(format!("a stored decision cannot be read: {error}"))
}

fn history(event: &StoredEvent) -> DecidedView<'_> {
    DecidedView { seq: event.seq, r#type: &event.name, at: Time(event.at), cause: event.cause.as_deref() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn event(name: &str, data: &str) -> StoredEvent {
        StoredEvent {
            seq: 1,
            id: "x".into(),
            name: name.into(),
            at: Timestamp::from_secs(0),
            dialog: None,
            cause: None,
            data: data.into(),
        }
    }

    #[test]
    fn the_newest_decision_is_found_behind_assignments_by_hand() {
        let events = [
            event("dialog.waiting", r#"{"decision":{"effect":"waiting"}}"#),
            event("dialog.assigned", r#"{"to":{"manager":"ana"},"decision":{"effect":"assigned"}}"#),
            event(SHADOW, r#"{"decision":{"effect":"kept"}}"#),
            event("dialog.reassigned", r#"{"to":{"manager":"eva"},"decision":null}"#),
        ];
        let found = newest(&events, |name| name != SHADOW).unwrap().unwrap();
        assert_eq!(found.get(), r#"{"effect":"assigned"}"#);
        let shadow = newest(&events, |name| name == SHADOW).unwrap().unwrap();
        assert_eq!(shadow.get(), r#"{"effect":"kept"}"#);
        assert_eq!(read(shadow).unwrap_err().status(), 500);
        assert!(newest(&events[3..], |_| true).unwrap().is_none());
        assert_eq!(newest(&[event("x", "no")], |_| true).unwrap_err().status(), 500);
    }
}
