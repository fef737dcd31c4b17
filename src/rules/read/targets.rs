//! Targets as texts: `owner`, `last_manager`, `everyone`, `manager:ana`, `group:sales`, `bot:helper`.

use super::table::{Entry, id_in};
use crate::domain::ids::{BotId, GroupId, ManagerId, ScheduleId};
use crate::domain::routing::Target;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};

const WORDS: [&str; 3] = ["owner", "last_manager", "everyone"];
const PREFIXES: [&str; 3] = ["manager", "group", "bot"];

/// The word before the colon and the id after it.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(':') {
        Some((word, id)) => (word, Some(id)),
        None => (text, None),
    }
}

/// Reads what a step holds for: `until_open:office`.
pub(super) fn hold(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Target>> {
    let text = entry.text(findings)?;
    if let ("until_open", Some(id)) = split(text.value) {
        let id = id_in(At::new(id, text.span), ScheduleId::parse, findings)?;
        return Some(id.map(Target::UntilOpen));
    }
    let message = format!("\"{}\" is nothing that a dialog can be held for", text.value);
    let finding = Diagnostic::new(Code::BadHold, text.span, message);
    let near = match split(text.value) {
        (word, Some(id)) => findings.nearest(word, ["until_open"]).map(|near| format!("\"{near}:{id}\"")),
        (_, None) => None,
    };
    findings
        .add(finding.nearest(near.as_deref(), || "write for example `hold = \"until_open:office\"`".into()));
    None
}

/// Reads a target.
pub(super) fn read(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Target>> {
    let text = entry.text(findings)?;
    let target = match split(text.value) {
        ("owner", None) => Target::Owner,
        ("last_manager", None) => Target::LastManager { within: None },
        ("everyone", None) => Target::Everyone,
        ("manager", Some(id)) => {
            Target::Manager(id_in(At::new(id, text.span), ManagerId::parse, findings)?.value)
        }
        ("group", Some(id)) => Target::Group(id_in(At::new(id, text.span), GroupId::parse, findings)?.value),
        ("bot", Some(id)) => Target::Bot(id_in(At::new(id, text.span), BotId::parse, findings)?.value),
        (word, id) => {
            let message = format!("\"{}\" is not a target", text.value);
            let finding = Diagnostic::new(Code::UnknownTarget, text.span, message);
            let near = match id {
                Some(id) => findings.nearest(word, PREFIXES).map(|near| format!("\"{near}:{id}\"")),
                None => findings.nearest(word, WORDS).map(|near| format!("\"{near}\"")),
            };
            findings.add(finding.nearest(near.as_deref(), || {
                match GroupId::parse(word) {
                    Ok(group) if id.is_none() => {
                        format!("write `group:{group}` for a group, `manager:{group}` for a manager")
                    }
                    _ => "targets are `owner`, `last_manager`, `everyone`, `manager:ID`, `group:ID` and \
                 `bot:ID`"
                        .into(),
                }
            }));
            return None;
        }
    };
    Some(At::new(target, text.span))
}
