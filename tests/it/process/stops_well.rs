//! Being asked to stop: soon, whoever is connected, and without losing anything that was acknowledged.

use std::io::{BufRead, BufReader, Read, Write};

use super::driver::Drive;
use super::place::{Place, request};

const RULES: &str =
    "[capacity]\nunits = 4\n[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";

#[test]
fn a_server_that_stops_under_load_has_done_what_it_acknowledged() {
    let place = Place::new(RULES);
    let server = place.start();
    let drive = Drive::start(&server, &["--synthetic", "3000", "--managers", "40"]);
    let mut stream = server.follow();
    stream.reaches(5_000);
    server.stops();
    stream.ends();
    // It comes back, the drive goes on, and its checks demand all that was acknowledged before and after.
    let server = place.start();
    let report = drive.passes();
    assert!(report.number("/played/lost_connections") > 0, "it stopped while requests came in");
    for what in ["opened", "assignments", "closed"] {
        assert_eq!(report.number(&format!("/checked/{what}")), 3_000, "{what}");
    }
    server.stops();
}

#[test]
fn whoever_only_listens_does_not_hold_up_the_stop() {
    let place = Place::new(RULES);
    // Longer than the tests' patience: nobody may use it up.
    let server = place.start_as(place.serve().args(["--shutdown-grace", "10m"]));
    server.set_up("ana");
    let mut stream = server.follow();
    stream.reaches(1);
    // A connection kept for the next request, one whose request is not whole yet, and one that waits for events.
    let mut kept = BufReader::new(server.connect());
    let request_to_keep = request("GET", "/healthz", "").replace("Connection: close\r\n", "");
    kept.get_mut().write_all(request_to_keep.as_bytes()).expect("it reads");
    let mut status = String::new();
    kept.read_line(&mut status).expect("it answers");
    assert_eq!(status, "HTTP/1.1 200 OK\r\n");
    let mut begun = server.connect();
    begun.write_all(b"POST /v1/accounts/default/dialogs HTTP/1.1\r\nHost:").expect("it reads");
    let mut waits = server.connect();
    waits.write_all(request("GET", "events?after=1000000&wait=60", "").as_bytes()).expect("it reads");
    // And one that was refused in the middle of its body, and never sent the rest.
    let mut refused = BufReader::new(server.connect());
    let endless = request("POST", "dialogs", "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).repeat(17);
    refused.get_mut().write_all(format!("{endless}{chunk}").as_bytes()).expect("it reads");
    refused.read_line(&mut status).expect("it answers");
    assert!(status.ends_with("HTTP/1.1 413 Payload Too Large\r\n"), "{status}");

    server.stops();
    stream.ends();
    let mut answer = String::new();
    waits.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "the wait ends with an answer: {answer:?}");
}
