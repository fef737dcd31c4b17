//! `schema`, `timezone` and `[bot]` with its fallback.

use chrono_tz::{TZ_VARIANTS, Tz};

use super::table::{Entry, id_in, keys};
use super::{Bot, targets};
use crate::domain::account::DefaultAssignment;
use crate::domain::ids::{BotId, GroupId, ManagerId};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};
use crate::rules::ruleset::BotMode;

/// The one version of the language there is.
const SCHEMA: i64 = 1;

const MODES: [(&str, BotMode); 3] =
    [("enforce", BotMode::Enforce), ("shadow", BotMode::Shadow), ("off", BotMode::Off)];

pub(super) fn check_schema(entry: Entry<'_>, findings: &mut Findings) {
    let Some(schema) = entry.whole(0, 1_000, findings) else {
        return;
    };
    if schema.value != SCHEMA {
        let message = format!("schema {} is not known", schema.value);
        let finding = Diagnostic::new(Code::SchemaUnknown, schema.span, message);
        findings.add(finding.help(if schema.value > SCHEMA {
            "the file was written for a newer version of Reparto"
        } else {
            "schemas begin with 1"
        }));
    }
}

pub(super) fn timezone(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Tz>> {
    let text = entry.text(findings)?;
    if let Ok(zone) = text.value.parse() {
        return Some(At::new(zone, text.span));
    }
    let message = format!("there is no time zone \"{}\"", text.value);
    let finding = Diagnostic::new(Code::UnknownTimezone, text.span, message);
    let near = findings.nearest(text.value, TZ_VARIANTS.iter().map(|zone| zone.name()));
    let near = near.map(|near| format!("\"{near}\""));
    findings.add(finding.nearest(near.as_deref(), || {
        "zones are named by continent and city, such as \"Europe/Madrid\"".into()
    }));
    None
}

pub(super) fn read(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Bot>> {
    let section = entry.section(keys(&["mode", "fallback"]), findings)?;
    let mode = section.get("mode").and_then(|mode| mode.word(Code::UnknownWord, &MODES, findings));
    let fallback = section.get("fallback");
    let bot = Bot {
        mode: mode.map_or_else(BotMode::default, |mode| mode.value),
        has_fallback: fallback.is_some(),
        fallback: fallback.and_then(|entry| read_fallback(entry, findings)),
    };
    Some(At::new(bot, entry.key_span))
}

fn read_fallback(entry: Entry<'_>, findings: &mut Findings) -> Option<At<DefaultAssignment>> {
    let section = entry.section(keys(&["assign"]), findings)?;
    let text = section.require("assign", "\"group:duty\"", findings)?.text(findings)?;
    let assignment = match targets::split(text.value) {
        ("crm", None) => DefaultAssignment::Crm,
        ("nobody", None) => DefaultAssignment::Nobody,
        ("manager", Some(id)) => {
            let id = id_in(At::new(id, text.span), ManagerId::parse, findings)?;
            DefaultAssignment::Manager(id.value)
        }
        ("group", Some(id)) => {
            let id = id_in(At::new(id, text.span), GroupId::parse, findings)?;
            DefaultAssignment::Group(id.value)
        }
        ("bot", Some(id)) => {
            let id = id_in(At::new(id, text.span), BotId::parse, findings)?;
            DefaultAssignment::Bot(id.value)
        }
        _ => {
            let message = format!("\"{}\" is not a default assignment", text.value);
            let finding = Diagnostic::new(Code::BadFallback, text.span, message);
            findings.add(finding.help("it is one of `crm`, `nobody`, `manager:ID`, `group:ID` and `bot:ID`"));
            return None;
        }
    };
    Some(At::new(assignment, text.span))
}
