//! `reparto explain` beside a running server, after a power cut, and where there is nothing to read.

use serde_json::Value;

use super::place::{Place, Server, TOKEN, reparto};

const RULES: &str = "[capacity]\nunits = 1\n[groups]\nsales = { managers = [\"m05\", \"m07\"] }\n\
                     [[rule]]\nid = \"all\"\nto = \"group:sales\"\npick = \"ordered\"\n";

/// Runs `reparto explain …`; its output, and what else it said.
#[track_caller]
fn explain(code: i32, arguments: &[&str]) -> (String, String) {
    let output = reparto().arg("explain").args(arguments).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is text");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    (out, err)
}

/// More managers than a decision writes down.
fn hire(server: &Server) {
    server.set_up("m05");
    for number in 1..=12 {
        let manager = format!("managers/m{number:02}");
        server.ask("PUT", &manager, "{}").expect(200);
        if number != 9 {
            server.ask("PUT", &format!("{manager}/presence"), r#"{"online": true}"#).expect(200);
        }
    }
}

#[test]
fn a_dialog_is_explained_by_a_server_and_by_what_it_left_behind() {
    let place = Place::new(RULES);
    let server = place.start();
    hire(&server);
    for dialog in ["d1", "d2", "d3"] {
        server.open(dialog).expect(201);
    }
    let url = format!("http://{}", server.address);
    let ask =
        |code, arguments: &[&str]| explain(code, &[&["--url", &url, "--token", TOKEN], arguments].concat());
    let (page, err) = ask(0, &["d2", "--why-not", "m05"]);
    assert!(page.starts_with("Went to m07 by rule all, step 1"), "{page}");
    assert!(
        page.contains("\nWhy not\n  m05 was there but had not enough room (1 of 1 units in use)"),
        "{page}"
    );
    assert!(page.contains("\nCandidates\n"), "{page}");
    assert_eq!(err, "");
    let (page, _) = ask(0, &["d1", "--why-not", "m07", "--language", "es"]);
    assert!(page.starts_with("Fue a m05 por la regla all, paso 1"), "{page}");
    assert!(page.contains("va antes en la lista del grupo (puesto 1; m07, puesto 2)"), "{page}");
    let (_, err) = ask(1, &["d9"]);
    assert!(err.contains("There is no such thing"), "{err}");
    ask(1, &["d1", "--decision", "2"]);
    let (_, err) = ask(1, &["d1", "--why-not", "nobody"]);
    assert!(err.contains("has no manager nobody"), "{err}");
    let (text, _) = ask(0, &["d3", "--why-not", "m09", "--format", "json"]);
    let by_server: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(by_server["version"], 1);
    assert_eq!(by_server["explanation"]["why_not"]["why"], "not_named");

    // Beside the running server, and after it was killed: the same.
    let data = place.path("data");
    let data = data.to_str().expect("a plain path");
    let read = |code, arguments: &[&str]| explain(code, &[&["--data-dir", data], arguments].concat());
    let told = |text: &str| -> Value {
        let mut told: Value = serde_json::from_str(text).expect("JSON");
        told["explanation"]["why_not"].as_object_mut().expect("an answer").remove("now");
        told["explanation"].take()
    };
    let by_server = told(&text);
    let question = ["d3", "--why-not", "m09", "--format", "json"];
    assert_eq!(told(&read(0, &question).0), by_server);
    server.dies();
    assert_eq!(told(&read(0, &question).0), by_server);
    let (_, err) = read(1, &["d9"]);
    assert!(err.contains("there is no dialog d9 of the account default in"), "{err}");
    read(1, &["d1", "--why-not", "nobody"]);
    read(1, &["d1", "--decision", "7"]);

    // No server: the database in the usual place is read, and that is said.
    let mut command = reparto();
    command.args(["explain", "d1", "--url", &url]).env("REPARTO_DATA_DIR", data);
    let output = command.output().expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("no answer from") && err.contains("reading the database in"), "{err}");
}

#[test]
fn where_there_is_nothing_to_ask_it_says_so() {
    let place = Place::new(RULES);
    let nowhere = place.path("nowhere");
    let nowhere = nowhere.to_str().expect("a plain path");
    let (_, err) = explain(2, &["d1", "--data-dir", nowhere]);
    assert!(err.contains("there is no database"), "{err}");
    assert!(!place.path("nowhere").exists(), "reading makes nothing");
    let mut command = reparto();
    command.args(["explain", "d1", "--url", "http://127.0.0.1:9"]).env("REPARTO_DATA_DIR", nowhere);
    let output = command.output().expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("no answer from http://127.0.0.1:9/"), "{err}");
}
