//! Formatting changes how a rule file looks and nothing of what it means, whatever the file.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reparto::rules::format::format;
use reparto::rules::{Source, compile, load};

fn texts() -> Vec<String> {
    let folders = ["rules", "tests/fixtures/rules/bad"].map(Path::new);
    let paths = folders.into_iter().flat_map(|folder| fs::read_dir(folder).expect("a folder of rule files"));
    let mut paths: Vec<_> = paths.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| load(path).expect("a readable file")).map(|source| source.text).collect()
}

/// What the text comes to: the findings without their places, and the set without its version.
fn meaning(text: &str) -> (Vec<String>, String) {
    let compiled = compile(&[Source::new("a.toml", text)]);
    let mut findings: Vec<String> =
        compiled.diagnostics.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect();
    findings.sort();
    let rules = compiled.rules.map(|rules| format!("{rules:?}").replace(rules.version().as_str(), ""));
    (findings, rules.unwrap_or_default())
}

fn comments(text: &str) -> usize {
    text.matches('~').count()
}

fn harmless(text: &str) -> Result<(), TestCaseError> {
    let Some(formatted) = format(text) else {
        return Ok(());
    };
    prop_assert_eq!(meaning(&formatted), meaning(text), "{}\n-- became --\n{}", text, &formatted);
    prop_assert_eq!(comments(&formatted), comments(text), "{}\n-- became --\n{}", text, &formatted);
    let again = format(&formatted);
    prop_assert_eq!(again.as_ref(), Some(&formatted), "once more, from\n{}", text);
    Ok(())
}

#[test]
fn every_file_keeps_its_meaning() {
    let texts = texts();
    assert!(texts.len() >= 150, "only {} files", texts.len());
    let changed =
        texts.iter().filter(|text| format(text).is_some_and(|formatted| formatted != **text)).count();
    assert!(changed >= 10, "only {changed} files change at all");
    for text in texts {
        harmless(&text).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_change_of_a_file_keeps_its_meaning(
        file in prop::sample::select(texts()),
        changes in prop::collection::vec(
            (
                0..10_000_usize,
                prop::sample::select(vec![
                    " ", "  ", "\t", "\n", "\n\n\n", "\r\n", " #~ why\n", "#~\n", ", ", "'", "\"", "{ a = 1 }", "[\n",
                    "]", "\n]\n", "x = [1, #~\n 2]\n", "\"\"\"", "\\u00e9", "é", "\n[ a . 'b c' ]\n", "1", ".",
                ]),
            ),
            1..4,
        ),
    ) {
        let mut text = file;
        for (at, insert) in changes {
            let at = text.floor_char_boundary(at % (text.len() + 1));
            text.insert_str(at, insert);
        }
        harmless(&text)?;
    }
}
