//! What another rule set would do, over HTTP: told before anything happens, and then it happens just so.

use serde_json::{Value, json};

use crate::server::TestServer;

const TO_ANA: &str = "[[rule]]\nid = \"ana\"\nto = \"manager:ana\"\n";
const BOTH: &str = "[[rule]]\nid = \"boris\"\nwhen = 'customer.vip'\nto = \"manager:boris\"\n\
    [[rule]]\nid = \"ana\"\nto = \"manager:lev\"\n";
const BROKEN: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loded\"\n";

fn one(text: &str) -> Value {
    json!({"sources": [{"name": "rules.toml", "text": text}]})
}

#[actix_web::test]
async fn the_diff_says_what_an_apply_then_does() {
    let mut server = TestServer::start().await;
    server.set_up(&["boris"]).await;
    server.put("managers/ana", json!({})).await.expect(200);
    server.put("customers/vip", json!({"vip": true})).await.expect(200);
    let ana = server.put("rules", one(TO_ANA)).await.expect(200).at("/version");
    for (dialog, customer) in [("d1", "vip"), ("d2", "c2"), ("d3", "c3")] {
        server.open(dialog, customer).await.expect(201);
    }
    let seq = server.events("rules.applied").await.last().unwrap()["seq"].clone();

    let kept = server.post("rules/diff", one(BOTH)).await.expect(200);
    assert_eq!((kept.at("/version"), kept.at("/from")), (json!(1), ana.clone()));
    let changes = json!([
        {"what": "rule", "name": "boris", "how": "added"},
        {"what": "rule", "name": "ana", "how": "changed", "keys": ["to"]},
    ]);
    assert_eq!(kept.at("/changes"), changes);
    let counts = |told: &crate::server::Answer| {
        ["waiting", "assigned", "moved", "kept", "earlier"].map(|n| told.at(&format!("/account/{n}")))
    };
    assert_eq!(counts(&kept), [3, 0, 0, 3, 3].map(Value::from), "{}", kept.text);
    assert_eq!(kept.at("/account/unknown_managers"), json!(["lev"]));

    let moved = server.post("rules/diff?migrate=true", one(BOTH)).await.expect(200);
    assert_eq!(counts(&moved), [3, 1, 2, 0, 0].map(Value::from), "{}", moved.text);
    assert_eq!(moved.at("/account/dialogs/0/dialog"), "d1");
    let to = moved.at("/account/dialogs/0/to");
    assert_eq!(
        (&to["state"], &to["to"], &to["rule"]),
        (&json!("assigned"), &json!("boris"), &json!("boris"))
    );
    assert_eq!(moved.at("/account/ways/0/count"), 2, "{}", moved.text);
    assert_eq!(server.get("rules").await.at("/version"), ana, "nothing happened");
    let nothing = server.get(&format!("events?after={seq}&types=dialog.assigned")).await.expect(200);
    assert_eq!(nothing.at("/items"), json!([]));

    server.put("rules?migrate=true", one(BOTH)).await.expect(200);
    let told = server.get(&format!("events?after={seq}&types=dialog.assigned&wait=30")).await.expect(200);
    assert_eq!(
        (told.at("/items/0/dialog"), told.at("/items/0/data/to/manager")),
        (json!("d1"), json!("boris"))
    );

    let gone = server.post("rules/diff", one(TO_ANA)).await.expect(200);
    assert_eq!(gone.at("/account/dropped"), json!([{"manager": "boris", "dialogs": 1}]), "{}", gone.text);
    server.post("rules/diff", one(BROKEN)).await.expect_problem(422, "bad_rules");
    server.token = server.token("backend", Some("default")).await;
    server.post("rules/diff", one(BOTH)).await.expect_problem(403, "not_permitted");
    server.stop().await;
}
