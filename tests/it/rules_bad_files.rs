//! Broken rule files, as data: each file in `tests/fixtures/rules/bad` says in its first line which
//! findings it must give, such as `# expect: R101 R204`. A folder there is one rule set of several files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use reparto::rules::codes::Code;
use reparto::rules::{Source, compile, load, render};

const FOLDER: &str = "tests/fixtures/rules/bad";

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).expect("the folder of fixtures");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}

/// The codes that the first line promises, in the order of the text.
fn expected(path: &Path, sources: &[Source]) -> Vec<String> {
    let first = sources[0].text.lines().next().unwrap_or_default();
    let codes = first
        .strip_prefix("# expect: ")
        .unwrap_or_else(|| panic!("{} must begin with `# expect: R…`", path.display()));
    codes.split_whitespace().map(str::to_owned).collect()
}

/// What is wrong with a fixture's findings, if anything.
fn objection(path: &Path) -> Option<String> {
    let sources = load(path).expect("a readable fixture");
    let compiled = compile(&sources);
    let found: Vec<_> = compiled.diagnostics.iter().map(|finding| finding.code.to_string()).collect();
    let human = render::human(&compiled.diagnostics, &sources, false);
    let expected = expected(path, &sources);
    if found != expected {
        return Some(format!("expected {expected:?}, found {found:?}\n{human}"));
    }
    let has_errors = compiled.diagnostics.iter().any(|finding| finding.severity.word() == "error");
    if has_errors == compiled.rules.is_some() {
        return Some("errors and a rule set exclude each other".into());
    }
    for finding in &compiled.diagnostics {
        let Some(span) = finding.span() else {
            return Some(format!("{} has no place", finding.code));
        };
        let source = &sources[span.file];
        let (line, column) = source.position(span.start);
        let place = format!("{}:{line}:{column}", source.name);
        if !human.contains(&place) || !human.contains(finding.code.as_str()) {
            return Some(format!("{place} is not in\n{human}"));
        }
        if let Some(fix) = &finding.fix
            && source.text.get(fix.span.start..fix.span.end).is_none()
        {
            return Some(format!("the fix of {} is outside of the text", finding.code));
        }
    }
    let json: serde_json::Value =
        serde_json::from_str(&render::json(&compiled.diagnostics, &sources)).expect("JSON");
    if json["diagnostics"].as_array().map(Vec::len) != Some(found.len()) {
        return Some(format!("not all findings are in {json:#}"));
    }
    let sarif: serde_json::Value =
        serde_json::from_str(&render::sarif(&[(&compiled.diagnostics, &sources)])).expect("JSON");
    if sarif["runs"][0]["results"].as_array().map(Vec::len) != Some(found.len()) {
        return Some(format!("not all findings are in {sarif:#}"));
    }
    let github = render::github(&compiled.diagnostics, &sources);
    if github.lines().count() != found.len() {
        return Some(format!("not one line a finding:\n{github}"));
    }
    None
}

#[test]
fn each_bad_file_gives_exactly_its_findings() {
    let paths = fixtures();
    assert!(paths.len() >= 100, "only {} kinds of bad files", paths.len());
    let objections: Vec<_> =
        paths.iter().filter_map(|path| Some(format!("{}: {}", path.display(), objection(path)?))).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n\n"));
}

#[test]
fn each_code_has_a_bad_file() {
    let covered: BTreeSet<_> =
        fixtures().iter().flat_map(|path| expected(path, &load(path).unwrap())).collect();
    // What is too large is not kept in a file, what takes an account not seen in one: `rules_fuzz` and
    // `rules_account` have them.
    let elsewhere = [Code::TooLarge, Code::UnknownManager, Code::UnknownCrmGroup, Code::UnknownChannel];
    let codes = Code::ALL.iter().filter(|code| !elsewhere.contains(code));
    let missing: Vec<_> = codes.filter(|code| !covered.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "no bad file for {missing:?}");
}

/// Applying the offered fixes removes the findings that offered them.
#[test]
fn fixes_mend() {
    let mut tried = 0;
    for path in fixtures() {
        let sources = load(&path).unwrap();
        for finding in compile(&sources).diagnostics {
            let Some(fix) = &finding.fix else { continue };
            let mut mended = sources.clone();
            mended[fix.span.file].text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
            let still = compile(&mended)
                .diagnostics
                .into_iter()
                .any(|other| other.code == finding.code && other.span() == finding.span());
            assert!(!still, "{}: {:?} does not mend {}", path.display(), fix, finding.code);
            tried += 1;
        }
    }
    assert!(tried >= 10, "only {tried} fixes tried");
}
