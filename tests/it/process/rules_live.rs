//! Rules that change under the running program: by its command line, by its files, and what a crash leaves of it.

use std::fs;
use std::process::Output;

use serde_json::Value;

use super::place::{Place, Server, TOKEN, reparto};

const RULES: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";
const BAD_RULES: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loded\"\n";

fn named(id: &str) -> String {
    RULES.replace("\"all\"", &format!("\"{id}\""))
}

/// Runs `reparto rules …` against a server.
fn rules(server: &Server, arguments: &[&str]) -> Output {
    let mut command = reparto();
    command.arg("rules").args(arguments).args([
        "--url",
        &format!("http://{}", server.address),
        "--token",
        TOKEN,
    ]);
    command.output().expect("the program starts")
}

#[track_caller]
fn ends_with(output: &Output, code: i32) -> (String, String) {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    (out, err)
}

#[test]
fn a_rule_is_changed_looked_at_and_taken_back_by_the_command_line() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    let file = |name: &str, text: &str| {
        fs::write(place.path(name), text).expect("it is writable");
        place.path(name).display().to_string()
    };
    let (fridays, bad) = (file("fridays.toml", &named("fridays")), file("bad.toml", BAD_RULES));

    let (out, _) = ends_with(&rules(&server, &["diff", &fridays]), 0);
    assert!(out.contains("+ rule fridays added") && out.contains("no dialog waits"), "{out}");
    let (_, err) = ends_with(&rules(&server, &["apply", &fridays]), 2);
    assert!(err.contains("--yes"), "nobody can be asked here: {err}");
    let (out, _) = ends_with(&rules(&server, &["apply", &fridays, "--yes", "--why", "it is Friday"]), 0);
    assert!(out.contains("is in force; back with: reparto rules rollback"), "{out}");
    assert_eq!(server.open("d1").expect(201).at("/decision/rule"), "fridays");
    let (_, err) = ends_with(&rules(&server, &["apply", &bad, "--yes"]), 1);
    assert!(err.contains("nothing was changed"), "{err}");

    let (out, _) = ends_with(&rules(&server, &["history"]), 0);
    let lines: Vec<_> = out.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("file") && lines[1].contains(": it is Friday"), "{out}");
    let first = lines[0].split_whitespace().next().expect("a version").to_owned();
    let (out, _) = ends_with(&rules(&server, &["history", "--show", &first[..6]]), 0);
    assert_eq!(out, RULES);
    let (out, _) = ends_with(&rules(&server, &["rollback", &first[..6], "--yes", "--format", "json"]), 0);
    let told: Value = serde_json::from_str(&out).expect("one document");
    assert_eq!((&told["version"], &told["rules"]["version"]), (&1.into(), &first.as_str().into()));
    assert_eq!(server.open("d2").expect(201).at("/decision/rule"), "all");
    ends_with(&rules(&server, &["rollback", "nothing", "--yes"]), 2);
    server.stops();
}

#[test]
fn names_are_looked_up_in_a_live_account() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    let file = place.path("names.toml");
    let text =
        "[[rule]]\nid = \"a\"\nstep = [{ to = \"manager:ana\", wait = \"1m\" }, { to = \"manager:anna\" }]\n";
    fs::write(&file, text).expect("it is writable");
    let file = file.display().to_string();
    let mut alone = reparto();
    ends_with(&alone.args(["rules", "check", &file]).output().expect("the program starts"), 0);
    let (out, err) = ends_with(&rules(&server, &["check", &file, "--account", "default"]), 0);
    let told = format!("{out}{err}");
    assert!(told.contains("R410") && told.contains("`anna`") && !told.contains("manager `ana`"), "{told}");
    server.stops();
}

#[test]
fn what_can_be_mended_is_mended_and_shown() {
    let place = Place::new(RULES);
    let file = place.path("mend.toml");
    fs::write(&file, BAD_RULES).expect("it is writable");
    let shown = file.display().to_string();
    let mut fix = reparto();
    let (out, _) = ends_with(&fix.args(["rules", "fix", &shown]).output().expect("the program starts"), 0);
    assert!(out.contains("least_loaded"), "{out}");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), RULES);
}

/// What only the CRM knows is declared in the rules, comes with a dialog, and decides.
#[test]
fn facts_come_with_a_dialog_and_decide() {
    let rules = "[facts]\n\"case.urgency\" = { type = \"number\", default = 0 }\n\
        [[rule]]\nid = \"urgent\"\nwhen = 'case.urgency > 5'\nto = \"everyone\"\n\
        [[rule]]\nid = \"calm\"\nto = \"everyone\"\n";
    let place = Place::new(rules);
    let server = place.start();
    server.set_up("ana");
    let open = |id: &str, facts: &str| {
        let message = format!("{{\"id\":\"m-{id}\",\"text\":\"hi\"}}");
        let body = format!(
            "{{\"id\":\"{id}\",\"channel\":\"wa\",\"customer\":\"c-{id}\",\"message\":{message}{facts}}}"
        );
        server.ask("POST", "dialogs", &body)
    };
    assert_eq!(open("d1", ",\"facts\":{\"case.urgency\":7}").expect(201).at("/decision/rule"), "urgent");
    assert_eq!(open("d2", "").expect(201).at("/decision/rule"), "calm");
    assert_eq!(open("d3", ",\"facts\":{\"case.urgency\":3}").expect(201).at("/decision/rule"), "calm");
    assert_eq!(server.get("dialogs/d1").expect(200).at("/facts/case.urgency"), 7.0);
    server.stops();
}

#[test]
fn what_was_applied_survives_being_killed_and_a_changed_file_goes_before_it() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    let applied = place.path("applied.toml");
    fs::write(&applied, named("applied")).expect("it is writable");
    ends_with(&rules(&server, &["apply", &applied.display().to_string(), "--yes"]), 0);
    server.dies();
    let server = place.start();
    assert_eq!(server.open("d1").expect(201).at("/decision/rule"), "applied");
    let told = server.get("rules");
    assert_eq!((told.at("/via"), told.at("/file/unapplied")), ("api".into(), true.into()), "{}", told.body);
    server.stops();
    place.write_rules(&named("edited"));
    let server = place.start();
    assert_eq!(server.open("d2").expect(201).at("/decision/rule"), "edited");
    server.stops();
}

#[test]
fn a_shadow_is_set_looked_at_and_ended_by_the_command_line_and_outlives_a_kill() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    let file = place.path("next.toml");
    fs::write(&file, named("next")).expect("it is writable");
    let file = file.display().to_string();
    ends_with(&rules(&server, &["shadow", "status"]), 2);
    let (out, _) = ends_with(&rules(&server, &["apply", &file, "--shadow", "--why", "to see"]), 0);
    assert!(out.contains("acts on nothing"), "{out}");
    assert_eq!(server.open("d1").expect(201).at("/decision/rule"), "all");
    let (out, _) = ends_with(&rules(&server, &["shadow", "status"]), 0);
    assert!(out.contains(": to see") && out.contains("1 decisions since"), "{out}");
    assert!(out.contains("d1  rule") && out.contains("  shadow: Went to ana by rule next"), "{out}");
    assert!(
        server
            .get("/metrics")
            .body
            .contains("reparto_shadow_decisions_total{account=\"default\",agreement=\"rule\"} 1")
    );
    server.dies();

    let server = place.start();
    server.open("d2").expect(201);
    let (out, _) = ends_with(&rules(&server, &["shadow", "status", "--format", "json"]), 0);
    let told: Value = serde_json::from_str(&out).expect("one document");
    assert_eq!((&told["version"], &told["shadow"]["why"]), (&1.into(), &"to see".into()));
    assert_eq!(told["shadow"]["differences"][0]["dialog"], "d2");
    let bad = place.path("bad.toml");
    fs::write(&bad, BAD_RULES).expect("it is writable");
    ends_with(&rules(&server, &["apply", &bad.display().to_string(), "--shadow"]), 1);
    ends_with(&rules(&server, &["shadow", "clear"]), 0);
    server.dies();
    let server = place.start();
    ends_with(&rules(&server, &["shadow", "status"]), 2);
    server.stops();
}

#[test]
fn a_file_that_changes_is_read_without_a_word() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    let mut stream = server.follow();
    // Of the start.
    stream.reaches_event("rules.applied");
    // As editors do that rename.
    fs::write(place.path("rules.toml.new"), named("renamed")).expect("it is writable");
    fs::rename(place.path("rules.toml.new"), place.path("rules.toml")).expect("it can be renamed");
    stream.reaches_event("rules.applied");
    assert_eq!(server.open("d1").expect(201).at("/decision/rule"), "renamed");
    place.write_rules(BAD_RULES);
    stream.reaches_event("rules.rejected");
    let told = server.get("rules");
    assert!(told.at("/file/unapplied") == true && told.body.contains("least_loaded"), "{}", told.body);
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.at("/rejected_rule_files")), (200, 1.into()), "{}", ready.body);
    assert_eq!(server.open("d2").expect(201).at("/decision/rule"), "renamed");
    place.write_rules(&named("mended"));
    stream.reaches_event("rules.applied");
    assert_eq!(server.open("d3").expect(201).at("/decision/rule"), "mended");
    // The bad file was an error, and logged as one.
    server.signal("TERM");
    server.ends(0);
}
