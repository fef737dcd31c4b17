//! The facts of a batch: read one by one into the engine's words, so that a mistake in one is its own.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::domain::ids::{AccountId, DialogId, MessageId};
use crate::domain::refusal::Refusal;
use crate::engine::inbound::{Inbound, NewMessage as Incoming};
use crate::http::body::Format;
use crate::http::idempotency::{self, Key};
use crate::http::json;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::http::resources::dialogs;
use crate::http::views::batch::{Item, ItemType};
use crate::http::views::channel::NewChannel;
use crate::http::views::customer::{Merging, NewCustomer};
use crate::http::views::dialog::{Answering, Assignment, Closing, GivingBack, NewDialog};
use crate::http::views::id::{Id, ParseId};
use crate::http::views::manager::{NewManager, NewPresence};
use crate::http::views::message::{DeliveryReport, NewMessage};

const LONGEST_SOURCE_ID: usize = 200;

/// What is known of a fact apart from what it says.
pub struct Fact {
    /// Its own id, if it could be read.
    pub source_id: Option<String>,
    /// What its receipt is filed under, if it needs one.
    pub receipt: Option<Key>,
    /// What tells it apart from another with the same id.
    pub fingerprint: [u8; 32],
    /// The earlier one of the batch that it repeats.
    pub repeats: Option<usize>,
}

/// Reads one fact: what is known of it, and what it says.
pub fn read(account: &AccountId, raw: &RawValue) -> (Fact, Result<Inbound, Problem>) {
    let text = raw.get().as_bytes();
    let mut fact = Fact {
        source_id: None,
        receipt: None,
        fingerprint: idempotency::fingerprint("", "", text),
        repeats: None,
    };
    let item = match json::read::<Item<'_>>(text).and_then(checked) {
        Ok(item) => item,
        Err(problem) => return (fact, Err(problem)),
    };
    let key = Key::of_source(account, &item.source_id);
    let inbound = inbound(&item, &key);
    fact.receipt = item.r#type.needs_receipt().then_some(key);
    fact.source_id = Some(item.source_id.into_owned());
    (fact, inbound)
}

/// Finds facts that stand in the batch twice: the same again is a repeat, other content with the same id a mistake.
pub fn settle_repeats(facts: &mut [Fact], inbounds: &mut [Result<Inbound, Problem>]) {
    let mut first: BTreeMap<String, (usize, [u8; 32])> = BTreeMap::new();
    for (at, (fact, inbound)) in facts.iter_mut().zip(inbounds).enumerate() {
        let Some(id) = fact.source_id.clone() else {
            continue;
        };
        let (earlier, fingerprint) = *first.entry(id).or_insert((at, fact.fingerprint));
        if earlier == at {
            continue;
        }
        fact.receipt = None;
        if fingerprint == fact.fingerprint {
            fact.repeats = Some(earlier);
        } else {
            let kind = &codes::IDEMPOTENCY_MISMATCH;
            *inbound = Err(Problem::new(kind, kind.meaning));
        }
    }
}

/// The facts, not yet read.
///
/// # Errors
/// When it cannot be told where one ends.
pub fn split(body: &[u8], format: Format) -> Result<Vec<&RawValue>, Problem> {
    match format {
        // A batch is never sent as a text of another kind.
        Format::Json | Format::Text => json::read(body),
        Format::Lines => {
            let lines = body.split(|byte| *byte == b'\n').enumerate();
            let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
            lines.map(|(number, line)| json::read(line).map_err(|problem| on_line(problem, number))).collect()
        }
    }
}

fn on_line(mut problem: Problem, number: usize) -> Problem {
    if let Some(place) = &mut problem.place {
        place.line += number;
    }
    problem
}

fn checked(item: Item<'_>) -> Result<Item<'_>, Problem> {
    if (1..=LONGEST_SOURCE_ID).contains(&item.source_id.len()) {
        return Ok(item);
    }
    let problem = format!("must have 1 to {LONGEST_SOURCE_ID} bytes");
    Err(Refusal::BadValue { field: "source_id", problem }.into())
}

fn id<T: ParseId>(item: &Item<'_>) -> Result<T, Problem> {
    let text = item.id.as_deref().ok_or_else(|| {
        Problem::new(&codes::MISSING_FIELD, "missing field `id`: what the single call has in its address")
    })?;
    let id = T::parse_id(text).map_err(|problem| Refusal::BadId { field: "id", problem })?;
    Ok(id)
}

fn data<'a, T: serde::Deserialize<'a>>(item: &Item<'a>) -> Result<T, Problem> {
    let text = item.data.map_or("{}", RawValue::get);
    json::read(text.as_bytes()).map_err(within_data)
}

fn within_data(mut problem: Problem) -> Problem {
    if let Some(place) = &mut problem.place {
        place.pointer.insert_str(0, "/data");
    }
    problem
}

/// In the engine's words. Ids that are left out follow from the fact's own.
fn inbound(item: &Item<'_>, key: &Key) -> Result<Inbound, Problem> {
    Ok(match item.r#type {
        ItemType::DialogOpen => {
            let mut opening = data::<NewDialog>(item)?.into_domain()?;
            dialogs::derive_ids(&mut opening, key);
            Inbound::Open(opening)
        }
        ItemType::DialogWrite => {
            let dialog: DialogId = id(item)?;
            let mut message: Incoming = data::<NewMessage>(item)?.into();
            message.id.get_or_insert_with(|| MessageId::trusted(&key.derive_id("message")));
            Inbound::Write { dialog, message }
        }
        ItemType::DialogAssign => {
            let assignment: Assignment = data(item)?;
            Inbound::Assign {
                dialog: id(item)?,
                to: assignment.to.into(),
                by: assignment.by.into(),
                allow_absent: assignment.allow_absent,
                external: assignment.external,
            }
        }
        ItemType::DialogUnassign => {
            Inbound::Unassign { dialog: id(item)?, by: data::<GivingBack>(item)?.by.into() }
        }
        ItemType::DialogAccept => {
            Inbound::Accept { dialog: id(item)?, by: data::<Answering>(item)?.by.into() }
        }
        ItemType::DialogDecline => {
            Inbound::Decline { dialog: id(item)?, by: data::<Answering>(item)?.by.into() }
        }
        ItemType::DialogClose => {
            let closing: Closing = data(item)?;
            Inbound::Close {
                dialog: id(item)?,
                by: closing.by.into(),
                reason: closing.reason.map(Into::into),
            }
        }
        ItemType::MessageStatus => {
            Inbound::ReportStatus { message: id(item)?, status: data::<DeliveryReport>(item)?.into_domain()? }
        }
        ItemType::CustomerPut => Inbound::PutCustomer(data::<NewCustomer>(item)?.into_domain(id(item)?)?),
        ItemType::CustomerMerge => {
            let Id(into) = data::<Merging>(item)?.into;
            Inbound::MergeCustomers { from: id(item)?, into }
        }
        ItemType::ManagerPut => Inbound::PutManager(data::<NewManager>(item)?.into_domain(id(item)?)?),
        ItemType::ManagerRemove => Inbound::RemoveManager(id(item)?),
        ItemType::ManagerPresence => {
            Inbound::PutPresence { manager: id(item)?, presence: data::<NewPresence>(item)?.into() }
        }
        ItemType::ChannelPut => Inbound::PutChannel(data::<NewChannel>(item)?.into_domain(id(item)?)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ManagerId;
    use crate::engine::inbound::AssignTo;

    fn read(text: &str) -> Result<Inbound, Problem> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        super::read(&AccountId::default_account(), raw).1
    }

    #[test]
    fn the_same_fact_twice_is_a_repeat_and_another_a_mistake() {
        let taken_back = r#"{"source_id":"s","type":"dialog.unassign","id":"d"}"#;
        let other = r#"{"source_id":"s","type":"dialog.unassign","id":"e"}"#;
        let apart = r#"{"source_id":"t","type":"dialog.unassign","id":"d"}"#;
        let account = AccountId::default_account();
        let texts = [taken_back, other, apart, taken_back];
        let raw = texts.map(|text| serde_json::from_str::<&RawValue>(text).unwrap());
        let (mut facts, mut inbounds): (Vec<_>, Vec<_>) =
            raw.iter().map(|raw| super::read(&account, raw)).unzip();
        settle_repeats(&mut facts, &mut inbounds);
        let repeats: Vec<_> = facts.iter().map(|fact| fact.repeats).collect();
        assert_eq!(repeats, [None, None, None, Some(0)]);
        let codes: Vec<_> =
            inbounds.iter().map(|inbound| inbound.as_ref().err().map(|p| p.kind.code)).collect();
        assert_eq!(codes, [None, Some("idempotency_mismatch"), None, None]);
        assert_eq!(facts.iter().filter(|fact| fact.receipt.is_some()).count(), 2);
    }

    #[test]
    fn both_formats_are_split_alike() {
        let array = split(br#"[{"a": 1}, {"b": 2}]"#, Format::Json).unwrap();
        let lines = split(b"{\"a\": 1}\n\r\n{\"b\": 2}\n", Format::Lines).unwrap();
        let text = |items: &[&RawValue]| items.iter().map(|item| item.get().to_owned()).collect::<Vec<_>>();
        assert_eq!(text(&array), text(&lines));
        let problem = split(b"{}\n{}\n{", Format::Lines).unwrap_err();
        assert_eq!(problem.place.unwrap().line, 3);
    }

    #[test]
    fn a_fact_sent_again_gives_the_same_ids() {
        let text = r#"{"source_id":"s1","type":"dialog.open","data":{"channel":"wa","customer":"c","message":{"text":"hi"}}}"#;
        let opening = |text| match read(text) {
            Ok(Inbound::Open(opening)) => opening,
            other => panic!("{other:?}"),
        };
        assert_eq!(opening(text), opening(text));
        assert!(opening(text).id.is_some());
        assert_ne!(opening(text).id, opening(&text.replace("s1", "s2")).id);
    }

    #[test]
    fn each_type_reads_the_body_of_its_call() {
        let assign = r#"{"source_id":"s","type":"dialog.assign","id":"d","data":{"to":{"manager":"ana"}}}"#;
        let Ok(Inbound::Assign { to, .. }) = read(assign) else {
            panic!("not read");
        };
        assert_eq!(to, AssignTo::Manager(ManagerId::trusted("ana")));
        for text in [
            r#"{"source_id":"s","type":"dialog.write","id":"d","data":{"from":{"manager":"a"}}}"#,
            r#"{"source_id":"s","type":"dialog.unassign","id":"d"}"#,
            r#"{"source_id":"s","type":"dialog.close","id":"d","data":{"reason":"x"}}"#,
            r#"{"source_id":"s","type":"message.status","id":"m","data":{"status":"seen"}}"#,
            r#"{"source_id":"s","type":"customer.put","id":"c","data":{"vip":true}}"#,
            r#"{"source_id":"s","type":"customer.merge","id":"c","data":{"into":"e"}}"#,
            r#"{"source_id":"s","type":"manager.put","id":"a","data":{}}"#,
            r#"{"source_id":"s","type":"manager.remove","id":"a"}"#,
            r#"{"source_id":"s","type":"manager.presence","id":"a","data":{"online":true}}"#,
            r#"{"source_id":"s","type":"channel.put","id":"w","data":{"type":"site"}}"#,
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn mistakes_are_the_facts_own() {
        for (text, code, pointer) in [
            (r#"{"type":"dialog.open"}"#, "missing_field", Some("")),
            (r#"{"source_id":"","type":"dialog.open"}"#, "bad_value", None),
            (r#"{"source_id":"s","type":"dialog.opne"}"#, "bad_value", Some("/type")),
            (r#"{"source_id":"s","type":"dialog.close"}"#, "missing_field", None),
            (r#"{"source_id":"s","type":"dialog.close","id":"a b"}"#, "bad_id", None),
            (
                r#"{"source_id":"s","type":"dialog.close","id":"d","data":{"resaon":1}}"#,
                "unknown_field",
                Some("/data/resaon"),
            ),
        ] {
            let problem = read(text).unwrap_err();
            assert_eq!(problem.kind.code, code, "{text}");
            let found = problem.place.as_ref().map(|place| place.pointer.as_str());
            assert_eq!(found, pointer, "{text}");
        }
    }
}
