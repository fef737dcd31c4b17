//! The effective file does what the file does, and is its own effective file.

use std::fs;
use std::path::Path;

use reparto::rules::codes::Code;
use reparto::rules::effective::effective;
use reparto::rules::{Source, compile, load, render};

/// The set without its version.
fn set(sources: &[Source]) -> Option<String> {
    let rules = compile(sources).rules?;
    Some(format!("{rules:?}").replace(rules.version().as_str(), ""))
}

#[test]
fn the_effective_file_does_the_same_and_is_its_own() {
    let folders = ["rules", "tests/fixtures/rules/bad"].map(Path::new);
    let paths = folders.into_iter().flat_map(|folder| fs::read_dir(folder).expect("a folder of rule files"));
    let mut tried = 0;
    for path in paths.map(|entry| entry.unwrap().path()) {
        let sources = load(&path).unwrap();
        // Files with warnings have an effective file too.
        let Some(expected) = set(&sources) else { continue };
        let shown = effective(&sources).expect("TOML").toml();
        let once = [Source::new("shown.toml", shown.clone())];
        let compiled = compile(&once);
        assert_eq!(set(&once), Some(expected), "{}\n{shown}", path.display());
        let codes = |sources: &[Source]| {
            let mut codes: Vec<_> = compile(sources).diagnostics.iter().map(|finding| finding.code).collect();
            codes.sort();
            codes.dedup();
            codes
        };
        let human = render::human(&compiled.diagnostics, &once, false);
        let (shown_codes, mut written) = (codes(&once), codes(&sources));
        // A key that lacked its companion has an effect once the companion's default is written.
        written.retain(|code| *code != Code::NoEffect || shown_codes.contains(code));
        assert_eq!(shown_codes, written, "{}\n{human}", path.display());
        assert_eq!(effective(&once).expect("TOML").toml(), shown, "{}", path.display());
        tried += 1;
    }
    assert!(tried >= 20, "only {tried} files");
}

#[test]
fn defaults_are_marked_and_what_was_chosen_is_not() {
    let text = "[presence]\nwrap_up = '30s'\n[[rule]]\nto = 'everyone'\n";
    let effective = effective(&[Source::new("a.toml", text)]).expect("TOML");
    let toml = effective.toml();
    for line in [
        "offline_after  = \"90s\"                # default",
        "wrap_up        = \"30s\"\n",
        "pick          = \"least_loaded\"  # default",
        "id            = \"rule-1\"        # default",
    ] {
        assert!(toml.contains(line), "{line} is missing in\n{toml}");
    }
    let json = effective.json();
    assert_eq!((&json["version"], &json["file"]["capacity"]["units"]), (&1.into(), &10.into()));
    let defaults = json["defaults"].as_array().expect("a list");
    assert!(defaults.contains(&"/rule/0/pick".into()) && !defaults.contains(&"/presence/wrap_up".into()));
}
