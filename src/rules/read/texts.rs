//! `[texts]`: what is written to customers, in each language.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Wordings;
use super::table::{Entry, Section};
use crate::domain::ids::RuleId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{At, Diagnostic, Findings};

pub(super) fn read(entry: Entry<'_>, texts: &mut BTreeMap<Arc<str>, At<Wordings>>, findings: &mut Findings) {
    let section = entry.open_section(findings);
    for entry in section.into_iter().flat_map(Section::entries) {
        let wordings = wordings(entry, findings);
        let Some(id) = entry.key_id(RuleId::parse, findings) else {
            continue;
        };
        let key: Arc<str> = id.value.as_str().into();
        if let Some(first) = texts.get(&key) {
            super::report_twice(&format!("the text `{key}`"), id.span, first.span, findings);
            continue;
        }
        texts.insert(key, At::new(wordings, id.span));
    }
}

/// `languages`: which to fall back to, in order.
pub(super) fn languages(entry: Entry<'_>, findings: &mut Findings) -> Option<At<Vec<Arc<str>>>> {
    let mut languages: Vec<Arc<str>> = Vec::new();
    for item in entry.list(findings)? {
        let Some(tag) = item.text(findings) else { continue };
        if !is_language(tag.value) {
            let message = format!("\"{}\" is not a language tag", tag.value);
            let finding = Diagnostic::new(Code::BadLanguage, tag.span, message);
            findings.add(finding.help("tags look like `es`, `pt-BR` or `zh-Hans`"));
        } else if languages.iter().any(|known| **known == *tag.value) {
            findings.add(Diagnostic::new(Code::Repeated, tag.span, "the same language twice"));
        } else {
            languages.push(tag.value.into());
        }
    }
    Some(At::new(languages, entry.key_span))
}

/// What could be read; what could not was reported.
fn wordings(entry: Entry<'_>, findings: &mut Findings) -> Wordings {
    let mut wordings = Wordings::new();
    let Some(section) = entry.open_section(findings) else {
        return wordings;
    };
    if section.entries().next().is_none() {
        let message = format!("the text `{}` has no wording", entry.key);
        let finding = Diagnostic::new(Code::NoWording, section.span, message);
        findings.add(finding.help("add for example `en = \"…\"`"));
    }
    for entry in section.entries() {
        if !is_language(entry.key) {
            let message = format!("\"{}\" is not a language tag", entry.key);
            let finding = Diagnostic::new(Code::BadLanguage, entry.key_span, message);
            findings.add(finding.help("tags look like `es`, `pt-BR` or `zh-Hans`"));
        }
        let Some(wording) = entry.text(findings) else {
            continue;
        };
        if wording.value.trim().is_empty() {
            let message = "the wording is empty";
            findings.add(Diagnostic::new(Code::NoWording, wording.span, message));
        }
        wordings.insert(entry.key.into(), wording.value.into());
    }
    wordings
}

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or("");
    let is_primary = matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part =
        |part: &str| matches!(part.len(), 1..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_primary && parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_language_tags() {
        for good in ["es", "pt-BR", "zh-Hans", "sr-Latn-RS", "ast"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "e", "spanish", "es_MX", "es-", "1s", "es-waytoolong"] {
            assert!(!is_language(bad), "{bad}");
        }
    }
}
