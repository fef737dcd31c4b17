//! The tools for rule files as an admin or a script runs them.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `reparto rules …`.
fn rules(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reparto"))
        .arg("rules")
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[track_caller]
fn ends_with(code: i32, arguments: &[&str]) -> (String, String) {
    let output = rules(arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    (out, err)
}

#[test]
fn the_schema_is_one_document_of_json() {
    let (long, _) = ends_with(0, &["schema"]);
    let (short, _) = ends_with(0, &["schema", "--compact"]);
    let schema: serde_json::Value = serde_json::from_str(&long).expect("JSON");
    assert_eq!(schema, serde_json::from_str::<serde_json::Value>(&short).expect("JSON"));
    assert_eq!(short.lines().count(), 1);
    assert_eq!(schema["properties"]["presence"]["properties"]["offline_after"]["default"], "90s");
    let (help, _) = ends_with(0, &["schema", "--help"]);
    assert!(help.contains("#:schema ./"), "{help}");
}

#[test]
fn shipped_files_are_in_canonical_form() {
    ends_with(0, &["fmt", "--check", "rules"]);
}

#[test]
fn files_are_rewritten_whole_and_keep_their_rights() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
    let messy = "[[rule]]\nto='everyone'   # all\n";
    fs::write(&file, messy).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("a.toml", &link).unwrap();
    let path = link.to_str().unwrap();

    let (diff, _) = ends_with(1, &["fmt", "--check", path]);
    assert!(diff.contains("-to='everyone'   # all\n+to = \"everyone\"  # all\n"), "{diff}");
    assert!(!diff.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(fs::read_to_string(&file).unwrap(), messy, "--check changes nothing");
    let (json, _) = ends_with(1, &["fmt", "--check", "--format", "json", path]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["version"], &json["files"][0]["outcome"]), (&1.into(), &"would_change".into()));

    ends_with(0, &["fmt", path]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "[[rule]]\nto = \"everyone\"  # all\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    ends_with(0, &["fmt", "--check", path]);
}

#[test]
fn what_cannot_be_formatted_is_told_of_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, "to = \n").unwrap();
    let (_, err) = ends_with(1, &["fmt", file.to_str().unwrap()]);
    assert!(err.contains("R001") && err.contains("left alone"), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "to = \n");
    ends_with(2, &["fmt", "no/such/file.toml"]);
}

#[test]
fn standard_input_becomes_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reparto"))
        .args(["rules", "fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().unwrap().write_all(b"schema=1").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"schema = 1\n".as_slice()));
}

#[test]
fn show_and_graph_tell_of_rules_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, "[[rule]]\nto = 'evryone'\n").unwrap();
    let path = file.to_str().unwrap();
    for command in ["show", "graph"] {
        let (out, err) = ends_with(1, &[command, path]);
        assert!(out.is_empty() && err.contains("R205"), "{command}: {out}\n{err}");
        ends_with(2, &[command, "no/such/file.toml"]);
    }
    let (toml, _) = ends_with(0, &["show", "rules/retail.toml"]);
    assert!(toml.contains("# default"), "{toml}");
    let (json, _) = ends_with(0, &["show", "rules/retail.toml", "--format", "json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON")["version"], 1);
    for (format, begins) in [("mermaid", "flowchart TD\n"), ("dot", "digraph rules {\n"), ("svg", "<svg ")] {
        let (picture, _) = ends_with(0, &["graph", "rules/retail.toml", "--format", format]);
        assert!(picture.starts_with(begins), "{picture}");
    }
}
