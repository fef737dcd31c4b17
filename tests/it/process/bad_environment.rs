//! What a server may meet on its disk, in its rule file and on its port: a clear sentence each time, no harm done.

use std::fs;
use std::io::Write;
use std::process::Command;

use reparto::store::sqlite::SqliteStore;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::place::{Answer, Place, TOKEN, contents, request};

const RULES: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";
const BAD_RULES: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loded\"\n";

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::new(RULES);
    place.start().stops();
    let database = SqliteConnectOptions::new().filename(place.database());
    let mut connection = database.connect().await.expect("a database");
    let later = "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)";
    connection.execute(later).await.expect("a statement that works");
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("a statement that works");
    drop(connection);
    let before = contents(&place.database());
    let told = place.fails_with(2);
    let known = format!("up to version {};", SqliteStore::wanted_version());
    assert!(told.contains("version 9999") && told.contains(&known), "{told}");
    assert!(told.contains("start the newer program") && told.contains("reparto.db"), "{told}");
    assert_eq!(contents(&place.database()), before, "the file is as it was");
}

#[test]
fn what_is_no_database_is_left_alone() {
    let place = Place::new(RULES);
    let diary = "Dear diary, today I was opened as a database. ".repeat(100);
    fs::create_dir(place.path("data")).expect("it is writable");
    fs::write(place.database(), &diary).expect("it is writable");
    let told = place.fails_with(2);
    assert!(told.contains("damaged or no database") && told.contains("reparto.db"), "{told}");
    assert_eq!(contents(&place.database()), diary.as_bytes());
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_the_first_goes_on() {
    let place = Place::new(RULES);
    let server = place.start();
    server.set_up("ana");
    // On a port of its own, since the first one's is taken.
    let output = place.serve().args(["--listen", "127.0.0.1:0"]).output().expect("the program starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("another server has") && told.contains("data directory of its own"), "{told}");
    server.open("d1").expect(201);
    server.stops();
}

#[test]
fn rules_that_turn_bad_leave_the_former_ones_in_force() {
    let place = Place::new(RULES);
    let mut server = place.start();
    server.set_up("ana");
    place.write_rules(BAD_RULES);
    server.signal("HUP");
    server.line_with("the former ones stay in force");
    server.line_with("least_loaded");
    let mut stream = server.follow();
    stream.reaches_event("rules.rejected");
    let opened = server.open("d1").expect(201);
    assert_eq!(opened.at("/decision/rule"), "all", "{}", opened.body);
    assert!(
        server.get("/metrics").body.contains("reparto_rules_last_reload_success{account=\"default\"} 0\n")
    );
    assert!(server.get("/readyz").status == 200, "it goes on");

    place.write_rules(&RULES.replace("\"all\"", "\"mended\""));
    server.signal("HUP");
    stream.reaches_event("rules.applied");
    let opened = server.open("d2").expect(201);
    assert_eq!(opened.at("/decision/rule"), "mended", "{}", opened.body);
    assert!(
        server.get("/metrics").body.contains("reparto_rules_last_reload_success{account=\"default\"} 1\n")
    );
    // The bad file was an error, and logged as one.
    server.signal("TERM");
    server.ends(0);
}

/// No file of the process may grow beyond this from now on, as if the disk were full.
fn limit_files(process: u32, bytes: &str) {
    let arguments = ["--pid", &process.to_string(), &format!("--fsize={bytes}:unlimited")];
    let status = Command::new("prlimit").args(arguments).status().expect("prlimit is there");
    assert!(status.success());
}

#[test]
fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let place = Place::new(RULES);
    let mut server = place.start_as(&mut place.serve_within_limits());
    server.set_up("ana");
    server.open("before").expect(201);
    limit_files(server.id(), "4096");
    let is_told = |answer: &Answer| answer.at("/code") == "store_unavailable";
    server.opens_until("full", is_told).expect_problem(503, "store_unavailable");
    // It reads what is stored anew, and tries to go on.
    for n in 0..20 {
        server.open(&format!("still-full-{n}")).expect_problem(503, "store_unavailable");
    }
    assert_eq!(server.get("dialogs/before").expect(200).at("/state"), "assigned", "reading goes on");
    assert_eq!(server.get("dialogs/full").status, 404, "what was refused did not happen");

    // Somebody makes room; the server needs no telling.
    limit_files(server.id(), "unlimited");
    server.opens_until("after", |answer| answer.status == 201);
    server.open("full").expect(201);
    assert_eq!(server.events("dialog.assigned"), 3);
    assert!(server.dies().contains("could not be stored"), "operators are told too");
    let server = place.start();
    for id in ["before", "full", "after"] {
        assert_eq!(server.get(&format!("dialogs/{id}")).expect(200).at("/state"), "assigned", "{id}");
    }
    assert_eq!(server.get("dialogs/still-full-19").status, 404);
    server.stops();
}

#[test]
fn what_is_no_proper_request_harms_nothing() {
    let place = Place::new(RULES);
    let server = place.start_as(place.serve().args(["--limit-body", "10KiB"]));
    server.set_up("ana");
    let before = server.events("dialog.*");
    let post = |length: &str, body: &[u8]| {
        let head = request("POST", "dialogs", "").replace("Content-Length: 0", length);
        Answer::parse(&server.raw([head.as_bytes(), body].concat())).expect("an answer")
    };
    post("Content-Length: 12", b"{\"id\": \"d1\",").expect_problem(400, "malformed_json");
    post("Content-Length: 2", b"\xff\xfe").expect_problem(400, "malformed_json");
    post("Content-Length: 14", b"{\"channel\": 7}").expect_problem(422, "wrong_type");
    // Refused by what it announces, before any of it is sent.
    post("Content-Length: 99999999999", b"").expect_problem(413, "body_too_large");
    // Refused when it grows too large without having announced it.
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    post("Transfer-Encoding: chunked", (chunk.repeat(4) + "0\r\n\r\n").as_bytes())
        .expect_problem(413, "body_too_large");
    // Nested deeper than any stack goes.
    post("Content-Length: 9000", &b"[".repeat(9_000)).expect_problem(422, "wrong_type");
    let deep = [&b"{\"facts\":{\"fact.a\":"[..], &b"[".repeat(8_900)].concat();
    let answer = post(&format!("Content-Length: {}", deep.len()), &deep);
    assert!(matches!(answer.status, 400 | 422), "{answer:?}");
    server.get("dialogs/none").expect_problem(404, "unknown_id");
    server
        .ask("POST", "dialogs/none/close", r#"{"by": {"manager": "ana"}}"#)
        .expect_problem(404, "unknown_id");
    server.ask("PUT", "managers/none/presence", r#"{"online": true}"#).expect_problem(404, "unknown_id");

    // These are no HTTP: an answer of 400, or none at all.
    for noise in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let answer = server.raw(noise);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let answer = server.raw(format!("GET /healthz HTTP/1.1\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20)));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    // Whoever hangs up in the middle of a body has said nothing.
    let mut half = server.connect();
    let text = request("POST", "dialogs", "{\"id\": \"half\", \"channel\": \"wa\", \"customer\": \"c\"}");
    half.write_all(&text.as_bytes()[..text.len() - 9]).expect("it reads");
    drop(half);
    let stranger = request("GET", "dialogs", "").replace(TOKEN, "rpt_nobody");
    Answer::parse(&server.raw(stranger)).expect("an answer").expect_problem(401, "unauthorized");

    assert_eq!(server.events("dialog.*"), before, "nothing was harmed");
    server.open("d1").expect(201);
    server.stops();
}
