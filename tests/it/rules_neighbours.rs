//! For each code a good neighbour: a file near to what the code objects to, to which nothing is objected.
//! They are `tests/fixtures/rules/good_neighbours/R204.toml`, or a folder of that name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use reparto::rules::codes::Code;
use reparto::rules::{compile, load, render};

const FOLDER: &str = "tests/fixtures/rules/good_neighbours";
/// What is too large is not kept in a file: the unit tests of the limits have both sides.
const WITHOUT_FILE: &[Code] = &[Code::TooLarge];

fn neighbours() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).expect("the folder of neighbours");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}

fn code_of(path: &Path) -> String {
    path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned()
}

#[test]
fn each_code_has_a_good_neighbour() {
    let there: BTreeSet<_> = neighbours().iter().map(|path| code_of(path)).collect();
    let codes = Code::ALL.iter().filter(|code| !WITHOUT_FILE.contains(code));
    let missing: Vec<_> = codes.filter(|code| !there.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "no good neighbour for {missing:?}");
    let unknown: Vec<_> =
        there.iter().filter(|name| Code::ALL.iter().all(|code| code.as_str() != *name)).collect();
    assert!(unknown.is_empty(), "neighbours of nothing: {unknown:?}");
}

#[test]
fn nothing_is_objected_to_good_neighbours() {
    let mut objections = Vec::new();
    for path in neighbours() {
        let sources = load(&path).expect("a readable neighbour");
        // The first line says in what it differs.
        assert!(sources[0].text.starts_with(&format!("# {}: ", code_of(&path))), "{}", path.display());
        let compiled = compile(&sources);
        if !compiled.diagnostics.is_empty() || compiled.rules.is_none() {
            objections.push(render::human(&compiled.diagnostics, &sources, false));
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}
