//! Applying the fixes that findings offer, as long as they make the files better.

use std::collections::BTreeSet;

use super::compile::{Compiled, compile};
use super::diagnostic::{Diagnostic, Fix};
use super::render::counts;
use super::source::{Source, version};

/// How often the files are checked at most. A fix may show the next thing that is wrong.
const ROUNDS: usize = 50;

/// Files after their fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The texts, in the order in which they were given.
    pub sources: Vec<Source>,
    /// What was done, in the order in which it was done.
    pub applied: Vec<Applied>,
    /// What the texts come to now.
    pub compiled: Compiled,
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The finding that offered it, with its place at that time.
    pub finding: Diagnostic,
    /// The line it stood in, from 1.
    pub line: usize,
}

/// Applies the fixes that findings offer until nothing changes. A fix that would add errors is left out:
/// the files never become worse.
pub fn fix(sources: &[Source]) -> Fixed {
    let mut sources = sources.to_vec();
    let mut compiled = compile(&sources);
    let mut applied = Vec::new();
    let mut seen = BTreeSet::from([version(&sources)]);
    for _ in 0..ROUNDS {
        let Some((better, now, done)) = round(&sources, &compiled) else {
            break;
        };
        // Two fixes that undo each other would go on for ever.
        if !seen.insert(version(&better)) {
            break;
        }
        applied.extend(done);
        (sources, compiled) = (better, now);
    }
    Fixed { sources, applied, compiled }
}

/// Applies all fixes that do not touch each other; when that makes it worse, the first that does not.
fn round(sources: &[Source], compiled: &Compiled) -> Option<(Vec<Source>, Compiled, Vec<Applied>)> {
    let offered: Vec<_> =
        compiled.diagnostics.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?))).collect();
    let apart = apart(&offered);
    if apart.is_empty() {
        return None;
    }
    let singles = apart.iter().map(std::slice::from_ref);
    let tries = std::iter::once(apart.as_slice()).chain(singles);
    for some in tries {
        let better = applied(sources, some.iter().map(|(_, fix)| *fix));
        let now = compile(&better);
        if counts(&now.diagnostics).0 <= counts(&compiled.diagnostics).0 {
            let done = some.iter().map(|(finding, fix)| Applied {
                finding: (*finding).clone(),
                line: sources[fix.span.file].position(fix.span.start).0,
            });
            return Some((better, now, done.collect()));
        }
    }
    None
}

type Offered<'a> = (&'a Diagnostic, &'a Fix);

/// Those of which no two touch the same text, earlier ones first.
fn apart<'a>(offered: &[Offered<'a>]) -> Vec<Offered<'a>> {
    let mut in_order = offered.to_vec();
    in_order.sort_by_key(|(_, fix)| fix.span);
    let mut kept: Vec<Offered<'a>> = Vec::new();
    for one in in_order {
        let is_apart = kept
            .last()
            .is_none_or(|(_, last)| last.span.file != one.1.span.file || last.span.end < one.1.span.start);
        if is_apart {
            kept.push(one);
        }
    }
    kept
}

/// The texts with the fixes, which stand in the order of the text.
fn applied<'a>(sources: &[Source], fixes: impl DoubleEndedIterator<Item = &'a Fix>) -> Vec<Source> {
    let mut sources = sources.to_vec();
    // From the end, so that places before stay where they are.
    for fix in fixes.rev() {
        let text = &mut sources[fix.span.file].text;
        if text.get(fix.span.start..fix.span.end).is_some() {
            text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, count: usize) -> Fixed {
        let fixed = fix(&[Source::new("a.toml", text)]);
        assert_eq!(fixed.sources[0].text, expected);
        assert_eq!(fixed.applied.len(), count, "{:#?}", fixed.applied);
        fixed
    }

    #[test]
    fn fixes_of_all_kinds_in_one_go() {
        let fixed = check(
            "timezon = \"Europe/Madrit\"\n[[rule]]\nwhen = 'custmer.vip and channel.type = \"site\"'\n\
             to = \"evryone\"\n[[rule]]\nto = \"everyone\"\n",
            "timezone = \"Europe/Madrid\"\n[[rule]]\nwhen = 'customer.vip && channel.type == \"site\"'\n\
             to = \"everyone\"\n[[rule]]\nto = \"everyone\"\n",
            6,
        );
        assert!(fixed.compiled.rules.is_some());
        assert_eq!(fixed.applied[0].line, 1);
        // The zone was only read once its key was right.
        assert!(fixed.applied.last().is_some_and(|last| last.finding.code.as_str() == "R110"));
    }

    #[test]
    fn escapes_stay_escapes() {
        check(
            "[[rule]]\nwhen = \"customer.language == es\"\nto = \"owner\"\n[[rule]]\nto = \"everyone\"\n",
            "[[rule]]\nwhen = \"customer.language == \\\"es\\\"\"\nto = \"owner\"\n[[rule]]\nto = \"everyone\"\n",
            1,
        );
    }

    #[test]
    fn what_is_fine_or_beyond_help_stays_as_it_is() {
        for text in ["[[rule]]\nto = \"everyone\"\n", "[[rule]\n", "", "[[rule]]\nto = \"nobody at all\"\n"] {
            check(text, text, 0);
        }
    }

    #[test]
    fn nothing_gets_worse() {
        let texts = std::fs::read_dir("tests/fixtures/rules/bad").expect("the folder of fixtures");
        for entry in texts {
            let path = entry.expect("a readable entry").path();
            let sources = crate::rules::load(&path).expect("a readable fixture");
            let before = counts(&compile(&sources).diagnostics).0;
            let fixed = fix(&sources);
            assert!(counts(&fixed.compiled.diagnostics).0 <= before, "{}", path.display());
            assert_eq!(fixed.applied.is_empty(), fixed.sources == sources, "{}", path.display());
        }
    }
}
