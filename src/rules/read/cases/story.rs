//! `events` of a test: what happens, one thing after another.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{MOST, expect, given, people};
use crate::domain::ids::{BotId, GroupId, ManagerId};
use crate::rules::cases::{Act, Assignee, Conversation, Deed, Expect, Given, Moment};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings, Span};
use crate::rules::durations::written;
use crate::rules::facts::FactTable;
use crate::rules::language::cases::DEEDS;
use crate::rules::read::table::{Entry, Section, Zero, id_in, keys};
use crate::rules::read::targets;

/// The keys of an event besides what is done.
const OTHERS: [&str; 8] = ["by", "to", "channel", "customer", "text", "given", "managers", "expect"];
const KEYS: [&str; 1 + DEEDS.len() + OTHERS.len()] = all_keys();

const fn all_keys() -> [&'static str; 1 + DEEDS.len() + OTHERS.len()] {
    let mut all = ["at"; 1 + DEEDS.len() + OTHERS.len()];
    let mut next = 0;
    while next < DEEDS.len() {
        all[1 + next] = DEEDS[next];
        next += 1;
    }
    let mut next = 0;
    while next < OTHERS.len() {
        all[1 + DEEDS.len() + next] = OTHERS[next];
        next += 1;
    }
    all
}

/// Keys that give facts, and thus belong to what a customer does.
const GIVING: [&str; 4] = ["channel", "customer", "text", "given"];
/// The most conversations of one test.
const MOST_CONVERSATIONS: i64 = 1_000;

/// The events of a test. Facts that the test gives hold for all of its conversations.
pub(super) fn read(
    entry: Entry<'_>,
    general: &Given,
    facts: &FactTable,
    findings: &mut Findings,
) -> Vec<Moment> {
    let sections = entry.sections(keys(&KEYS), findings);
    if sections.len() > MOST {
        let message = format!("more than {MOST} events");
        findings.add(Diagnostic::new(Code::OutOfRange, entry.span(), message));
        return Vec::new();
    }
    let mut last: Option<At<Duration>> = None;
    let mut begun = BTreeSet::new();
    let mut moments = Vec::new();
    for section in sections {
        let at = section.require("at", "\"10m\"", findings);
        let Some(at) = at.and_then(|entry| entry.duration(Zero::Allowed, findings)) else {
            continue;
        };
        if let Some(before) = last.filter(|before| at.value < before.value) {
            let message = format!("{} is before {}", written(at.value), written(before.value));
            let finding = Diagnostic::new(Code::EventsOutOfOrder, at.span, message);
            findings.add(finding.also(before.span, "the event before").help("events stand in order of time"));
        }
        last = Some(at);
        let act = act(section, general, facts, findings);
        if let Some(act) = &act {
            begins(act, &mut begun, findings);
        }
        let managers = section.get("managers").map(|entry| people::read(entry, findings));
        let expect = section.get("expect").map(|entry| expect::read(entry, findings)).unwrap_or_default();
        if let Some((conversation, key)) = expect.conversation
            && !begun.contains(&conversation)
        {
            findings.add(nothing_there(conversation, key));
        }
        let conversation = expect.conversation.map(|(conversation, _)| conversation);
        moments.push(Moment {
            after: at.value,
            act,
            managers: managers.unwrap_or_default(),
            expect: Expect { conversation, all: expect.all },
            span: section.span,
        });
    }
    moments
}

fn nothing_there(conversation: Conversation, place: Span) -> Diagnostic {
    let message = format!("there is no conversation {conversation} yet");
    Diagnostic::new(Code::NoConversation, place, message)
        .help(format!("it begins with `customer_writes = {conversation}`"))
}

/// A conversation begins when a customer writes, or a manager does who is named.
fn begins(act: &Act, begun: &mut BTreeSet<Conversation>, findings: &mut Findings) {
    match &act.deed {
        Deed::CustomerWrites(_) | Deed::ManagerReplies { by: Some(_), .. } => {
            begun.insert(act.conversation);
        }
        // Who is about to write may be known before.
        Deed::LookUpBegins(_) | Deed::LookUpEnds => {}
        Deed::CustomerChanges(_)
        | Deed::ManagerReplies { by: None, .. }
        | Deed::ManagerNotes(_)
        | Deed::BotReplies
        | Deed::Assigns { .. }
        | Deed::GivesBack(_)
        | Deed::Accepts(_)
        | Deed::Declines(_)
        | Deed::Closes(_)
        | Deed::TextDelivered
        | Deed::TextFailed => {
            if !begun.contains(&act.conversation) {
                findings.add(nothing_there(act.conversation, act.span));
            }
        }
    }
}

fn act(section: Section<'_>, general: &Given, facts: &FactTable, findings: &mut Findings) -> Option<Act> {
    let mut deeds = DEEDS.iter().filter_map(|deed| section.get(deed));
    let Some(deed) = deeds.next() else {
        for key in GIVING.iter().chain(&["by", "to"]) {
            no_effect(section, key, "nobody does anything in this event", findings);
        }
        return None;
    };
    if let Some(second) = deeds.next() {
        let message = format!("`{}` and `{}` in one event", deed.key, second.key);
        let finding = Diagnostic::new(Code::KeysExclude, second.key_span, message);
        findings.add(finding.also(deed.key_span, "first here").help("write two events, at the same time"));
    }
    let number = deed.whole(1, MOST_CONVERSATIONS, findings)?;
    let conversation = Conversation::try_from(number.value).ok()?;
    let by = section.get("by").and_then(|entry| entry.id(ManagerId::parse, findings));
    let by = by.map(|by| by.value);
    let is_customers = matches!(deed.key, "customer_writes" | "customer_changes");
    for key in GIVING.iter().filter(|_| !is_customers && deed.key != "manager_replies") {
        no_effect(section, key, "it belongs to `customer_writes` and `customer_changes`", findings);
    }
    if deed.key != "assigns" {
        no_effect(section, "to", "it belongs to `assigns`", findings);
    }
    let is_nobodys = matches!(
        deed.key,
        "look_up_begins" | "look_up_ends" | "bot_replies" | "text_delivered" | "text_failed"
    );
    if is_customers || is_nobodys {
        no_effect(section, "by", "it belongs to what managers do", findings);
    }
    let mut own = || {
        let mut given = general.clone();
        for key in ["channel", "customer", "text"] {
            if let Some(entry) = section.get(key) {
                given::fact(entry, key, facts, &mut given, findings);
            }
        }
        match section.get("given") {
            Some(entry) => given.with(&given::read(entry, facts, findings)),
            None => given,
        }
    };
    let deed_done = match deed.key {
        "customer_writes" => Deed::CustomerWrites(own()),
        "customer_changes" => Deed::CustomerChanges(own()),
        "look_up_begins" => Deed::LookUpBegins(general.clone()),
        "look_up_ends" => Deed::LookUpEnds,
        "manager_replies" => Deed::ManagerReplies { by, given: own() },
        "manager_notes" => Deed::ManagerNotes(by),
        "bot_replies" => Deed::BotReplies,
        "assigns" => Deed::Assigns { to: assignee(section, findings)?, by },
        "gives_back" => Deed::GivesBack(by),
        "manager_accepts" => Deed::Accepts(by),
        "manager_declines" => Deed::Declines(by),
        "closes" => Deed::Closes(by),
        "text_delivered" => Deed::TextDelivered,
        _ => Deed::TextFailed,
    };
    Some(Act { conversation, deed: deed_done, span: deed.key_span })
}

fn no_effect(section: Section<'_>, key: &str, help: &str, findings: &mut Findings) {
    if let Some(entry) = section.get(key) {
        let message = format!("`{key}` has no effect here");
        findings.add(Diagnostic::new(Code::NoEffect, entry.key_span, message).help(help));
    }
}

/// A manager's id, or `manager:`, `group:` or `bot:` with one.
fn assignee(section: Section<'_>, findings: &mut Findings) -> Option<Assignee> {
    let text = section.require("to", "\"ana\"", findings)?.text(findings)?;
    Some(match targets::split(text.value) {
        ("group", Some(id)) => {
            Assignee::Group(id_in(At::new(id, text.span), GroupId::parse, findings)?.value)
        }
        ("bot", Some(id)) => Assignee::Bot(id_in(At::new(id, text.span), BotId::parse, findings)?.value),
        ("manager", Some(id)) => {
            Assignee::Manager(id_in(At::new(id, text.span), ManagerId::parse, findings)?.value)
        }
        _ => Assignee::Manager(id_in(text, ManagerId::parse, findings)?.value),
    })
}
