//! A backlog that new rules set free, over HTTP: one by one, the most urgent and then the oldest first.

use serde_json::json;

use crate::server::{TestServer, Wishes};

/// Everybody waits for vera, who is not there.
const VERA: &str = "[[rule]]\nid = \"vera\"\nto = \"manager:vera\"\n";
/// One in a second.
const ALL: &str = r#"
[release]
rate = "60/min"
[[priority]]
id   = "vip"
when = 'customer.vip'
base = 600
[[rule]]
id = "all"
to = "everyone"
[capacity]
units = 20
"#;

#[actix_web::test]
async fn what_a_migration_sets_free_goes_on_in_order_and_no_faster_than_the_rate() {
    let server = TestServer::with(Wishes { rules: Some(VERA.to_owned()), ..Wishes::default() }).await;
    server.set_up(&[]).await;
    server.put("managers/vera", json!({})).await.expect(200);
    server.put("managers/ana", json!({})).await.expect(200);
    server.put("managers/ana/presence", json!({"online": true})).await.expect(200);
    server.put("customers/important", json!({"vip": true})).await.expect(200);
    for (dialog, customer) in [("z", "c1"), ("y", "c2"), ("x", "important")] {
        let opened = server.open(dialog, customer).await.expect(201);
        assert_eq!(opened.at("/dialog/state"), "waiting", "{}", opened.text);
    }
    let rules = json!({"sources": [{"name": "rules.toml", "text": ALL}]});
    server.put("rules?migrate=true", rules).await.expect(200);
    let mut assigned = Vec::new();
    let mut after = json!(0);
    while assigned.len() < 3 {
        let told =
            server.get(&format!("events?after={after}&types=dialog.assigned&wait=30")).await.expect(200);
        let events = told.at("/items").as_array().expect("a list").clone();
        after = events.last().unwrap_or_else(|| panic!("only {assigned:?}"))["seq"].clone();
        for event in events {
            // When it was decided: that it is told takes a moment, now more and now less.
            let at = event["data"]["decision"]["at"]
                .as_str()
                .expect("a time")
                .parse::<chrono::DateTime<chrono::Utc>>();
            assigned.push((event["dialog"].as_str().expect("a dialog").to_owned(), at.expect("a time")));
        }
    }
    let order: Vec<&str> = assigned.iter().map(|(dialog, _)| dialog.as_str()).collect();
    assert_eq!(order, ["x", "z", "y"]);
    for pair in assigned.windows(2) {
        let gap = pair[1].1 - pair[0].1;
        // The server's own clock, which it went by.
        assert!(gap >= chrono::TimeDelta::seconds(1), "{} follows {} after {gap}", pair[1].0, pair[0].0);
    }
    server.stop().await;
}
