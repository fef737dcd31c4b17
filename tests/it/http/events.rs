//! The feed: pages, long polls, streams.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;

use crate::server::{TestServer, with_json};

#[actix_web::test]
async fn numbers_have_no_gaps_and_pages_go_on() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    for number in 1..=3 {
        server.open(&format!("d{number}"), "c1").await;
    }
    let (mut seqs, mut after) = (Vec::new(), 0);
    loop {
        let page = server.get(&format!("events?limit=2&after={after}")).await.expect(200);
        let items = page.at("/items");
        if items.as_array().unwrap().is_empty() {
            assert_eq!(page.at("/newest_seq"), after);
            break;
        }
        seqs.extend(items.as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()));
        after = page.at("/next_after").as_u64().unwrap();
    }
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(seqs.len() >= 3);
    server.stop().await;
}

#[actix_web::test]
async fn a_long_poll_answers_when_something_happens() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    let newest = server.get("events?after=newest").await.at("/newest_seq");
    let path = format!("events?after={newest}&types=dialog.opened&wait=20");
    let poll = server.get(&path);
    let open = server.open("d1", "c1");
    let (polled, _) = futures_util::future::join(poll, open).await;
    assert_eq!(polled.expect(200).at("/items/0/dialog"), "d1");
    let nothing = server.get("events?after=newest&wait=1").await.expect(200);
    assert_eq!(nothing.at("/items"), json!([]));
    server.get("events?wait=61").await.expect_problem(422, "bad_value");
    server.get("events?types=dialog.asigned").await.expect_problem(422, "bad_value");
    server.stop().await;
}

/// Reads a stream until it holds so many events.
async fn read(response: reqwest::Response, count: usize) -> String {
    let mut text = String::new();
    let mut pieces = response.bytes_stream();
    while text.matches("\nevent: ").count() < count {
        let piece = tokio::time::timeout(Duration::from_secs(20), pieces.next()).await;
        let piece = piece.expect("in time").expect("more").expect("no error");
        text.push_str(std::str::from_utf8(&piece).expect("text"));
    }
    text
}

#[actix_web::test]
async fn a_stream_goes_on_after_the_last_event_seen() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    let all = server.events("").await;
    let stream = server.request("GET", "events/stream").header("Last-Event-ID", "1");
    let response = stream.send().await.expect("a stream");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = read(response, all.len() - 1).await;
    assert!(!text.contains("id: 1\n") && text.contains("id: 2\n"), "{text}");
    let by_accept = server.request("GET", "events?types=dialog.*").header("Accept", "text/event-stream");
    let response = by_accept.send().await.expect("a stream");
    let listening = read(response, 3);
    server.open("d2", "c2").await.expect(201);
    assert!(listening.await.contains("event: dialog.opened\n"));
    server.stop().await;
}

#[actix_web::test]
async fn a_stream_ends_when_the_server_stops() {
    let server = TestServer::start().await;
    let stream = server.request("GET", "events/stream?after=newest").send().await.expect("a stream");
    let mut pieces = stream.bytes_stream();
    pieces.next().await.expect("a greeting").expect("no error");
    let ended = async { while pieces.next().await.is_some_and(|piece| piece.is_ok()) {} };
    let both = futures_util::future::join(server.stop(), ended);
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("both end");
}

#[actix_web::test]
async fn events_of_one_dialog() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.open("d2", "c2").await.expect(201);
    let request = with_json(server.request("GET", "events?dialog=d2"), &json!({}));
    let answer = server.send(request).await.expect(200);
    let items = answer.at("/items");
    assert!(!items.as_array().unwrap().is_empty());
    assert!(items.as_array().unwrap().iter().all(|event| event["dialog"] == "d2"));
    assert_eq!(answer.at("/next_after"), answer.at("/newest_seq"));
    server.stop().await;
}
