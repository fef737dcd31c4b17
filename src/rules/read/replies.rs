//! `[[auto_reply]]`: what customers are told by themselves.

use std::time::Duration;

use super::lifecycle::key_of;
use super::routes::{id_or, when};
use super::table::{Entry, Zero, keys};
use super::{On, ReplyDraft};
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::facts::FactTable;

const ON: [(&str, On); 3] =
    [("opened", On::Opened), ("waiting", On::Waiting), ("nobody_online", On::NobodyOnline)];

pub(super) fn read(
    entry: Entry<'_>,
    facts: &FactTable,
    replies: &mut Vec<ReplyDraft>,
    findings: &mut Findings,
) {
    for section in entry.sections(keys(&["id", "on", "when", "text", "after", "ahead"]), findings) {
        let on = section
            .require("on", "\"opened\"", findings)
            .and_then(|entry| entry.word(Code::UnknownWord, &ON, findings));
        let text = section.require("text", "\"closed_now\"", findings);
        let after = section.get("after").and_then(|entry| entry.duration(Zero::Refused, findings));
        let ahead = section.get("ahead").and_then(|entry| entry.whole(1, 1_000_000, findings));
        for key in ["after", "ahead"] {
            let is_idle = on.as_ref().is_some_and(|on| on.value != On::Waiting);
            if let Some(entry) = section.get(key).filter(|_| is_idle) {
                let message = format!("`{key}` says nothing about a reply that is not `on = \"waiting\"`");
                findings.add(Diagnostic::new(Code::NoEffect, entry.key_span, message));
            }
        }
        if let (Some(after), Some(ahead)) = (&after, &ahead) {
            let message = "`after` and `ahead` exclude each other";
            let finding = Diagnostic::new(Code::KeysExclude, ahead.span, message);
            let help = "write two replies: one for a long queue, one for a long wait";
            findings.add(finding.also(after.span, "the other one").help(help));
        }
        replies.push(ReplyDraft {
            id: id_or(section, "auto-reply", replies.len(), findings),
            when: when(section, facts, findings),
            on: on.map(|on| on.value),
            text: text.and_then(|entry| key_of(entry, findings)),
            after: after.map_or(Duration::ZERO, |after| after.value),
            ahead: ahead.and_then(|ahead| u32::try_from(ahead.value).ok()).unwrap_or(0),
        });
    }
}
