//! `[[objective]]`: how long customers may wait, and how often no longer.

use super::ObjectiveDraft;
use super::routes::id_or;
use super::table::{Entry, Zero, keys};
use crate::domain::figures::{Measure, Objective};
use crate::domain::ids::RuleId;
use crate::rules::codes::Code;
use crate::rules::diagnostic::{Diagnostic, Findings};

/// The most objectives of a file: each is a few series of metrics.
const MAX_OBJECTIVES: usize = 50;

pub(super) fn read(entry: Entry<'_>, objectives: &mut Vec<ObjectiveDraft>, findings: &mut Findings) {
    for section in entry.sections(keys(&["id", "first_reply", "reply", "assign"]), findings) {
        if objectives.len() == MAX_OBJECTIVES {
            let message = format!("more than {MAX_OBJECTIVES} `[[objective]]`");
            findings.add(Diagnostic::new(Code::OutOfRange, section.span, message));
            return;
        }
        let id = id_or(section, "objective", objectives.len(), findings);
        let there = Measure::ALL.map(|measure| section.get(measure.word()).map(|entry| (measure, entry)));
        let there: Vec<_> = there.into_iter().flatten().collect();
        if there.is_empty() {
            section.require("first_reply", "{ within = \"20s\", ratio = 0.8 }", findings);
        }
        let read = |(measure, entry)| promise(&id.value, measure, entry, findings);
        let promises = there.into_iter().filter_map(read).collect();
        objectives.push(ObjectiveDraft { id, promises });
    }
}

fn promise(id: &RuleId, measure: Measure, entry: Entry<'_>, findings: &mut Findings) -> Option<Objective> {
    let section = entry.section(keys(&["within", "ratio"]), findings)?;
    let within = section
        .require("within", "\"20s\"", findings)
        .and_then(|entry| entry.duration(Zero::Senseless, findings));
    let ratio = section.require("ratio", "0.8", findings).and_then(|entry| entry.number(0.01, 1.0, findings));
    Some(Objective { id: id.as_str().into(), measure, within: within?.value, ratio: ratio?.value })
}
