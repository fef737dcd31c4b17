//! `tags` of a rule: what it puts on its dialogs.

use std::sync::Arc;

use super::table::Entry;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};
use crate::rules::language::{LONGEST_TAG, MOST_TAGS};

/// The names, without the white space around them: the CRM drops it too.
pub(super) fn read(entry: Entry<'_>, findings: &mut Findings) -> Vec<Arc<str>> {
    match entry.length() {
        Some(0) => {
            let finding = Diagnostic::new(Code::OutOfRange, entry.span(), "the list of tags is empty");
            findings.add(finding.help("leave `tags` out, or name one: `tags = [\"vip\"]`"));
        }
        Some(count) if count > MOST_TAGS => {
            let message = format!("{count} tags are more than the {MOST_TAGS} that a rule may have");
            let finding = Diagnostic::new(Code::OutOfRange, entry.span(), message);
            findings.add(finding.help("keep those that people look for"));
        }
        _ => {}
    }
    let mut names: Vec<Arc<str>> = Vec::new();
    for item in entry.list(findings).unwrap_or_default() {
        let Some(text) = item.text(findings) else { continue };
        let name = text.value.trim();
        let length = name.chars().count();
        if length == 0 {
            let finding = Diagnostic::new(Code::OutOfRange, text.span, "the tag has no name");
            findings.add(finding.help("name it, such as \"vip\", or take it out of the list"));
        } else if length > LONGEST_TAG {
            let message = format!("the tag has {length} characters; the CRM takes {LONGEST_TAG} at most");
            let finding = Diagnostic::new(Code::OutOfRange, text.span, message);
            findings.add(finding.help("a word or two is enough"));
        } else if names.iter().any(|known| **known == *name) {
            let message = format!("the tag \"{name}\" is listed twice");
            findings.add(Diagnostic::new(Code::Repeated, text.span, message));
        } else {
            names.push(name.into());
        }
    }
    names
}
