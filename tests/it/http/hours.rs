//! Hours that were imported from the CRM, over HTTP: findings, differences, answers and rolling back go by them.

use serde_json::{Value, json};

use crate::engine::shop::account;
use crate::server::TestServer;

const ASKS: &str = "[schedules.office]\nfrom = \"crm\"\n[[rule]]\nid = \"closed\"\nwhen = '!open(\"office\")'\n\
    to = \"manager:ana\"\n[[rule]]\nid = \"open\"\nto = \"everyone\"\n[[test]]\nname = \"as if always open\"\n\
    at = 2026-03-02T03:00:00Z\nmanagers = { boris = { online = true } }\ngiven = { channel = \"whatsapp\" }\n\
    expect = { to = \"boris\", rule = \"open\" }\n";
const HOURS: &str = "[imported.crm]\nopen = { mon-fri = [\"09:00-18:00\"] }\n";

fn one(text: &str) -> Value {
    json!({"sources": [{"name": "rules.toml", "text": text}]})
}

#[actix_web::test]
async fn imported_hours_are_part_of_the_set_wherever_it_is_looked_at() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    let unknown = server.put("rules", one(ASKS)).await.expect(200);
    assert_eq!(unknown.at("/check/diagnostics/0/code"), "R712", "{}", unknown.text);
    server.engine.import_hours(&account(), Some(HOURS), "retailcrm").await.expect("good hours");
    let told = server.get("rules").await.expect(200);
    assert_eq!((told.at("/applied_by"), told.at("/via")), (json!("retailcrm"), json!("api")));
    assert_eq!(told.at("/sources/1"), json!({"name": "<crm>", "text": HOURS}));
    assert_eq!(server.post("rules/check", one(ASKS)).await.expect(200).at("/warnings"), 0);
    let same = server.post("rules/diff", one(ASKS)).await.expect(200);
    assert_eq!((same.at("/changes"), same.at("/to")), (json!([]), told.at("/version")), "{}", same.text);

    // What was shown may be sent back, with whatever hours: the account's own count, and the tests see none.
    let mut back = told.at("/sources");
    back[1]["text"] = "[imported.crm]\nopen = { sat = [\"09:00-10:00\"] }\n".into();
    let again = server.put("rules", json!({"sources": back})).await.expect(200);
    assert_eq!((again.at("/version"), again.at("/sources/1/text")), (told.at("/version"), json!(HOURS)));

    let later = HOURS.replace("18:00", "20:00");
    server.engine.import_hours(&account(), Some(&later), "retailcrm").await.expect("good hours");
    // An earlier version comes back with the hours of today.
    let asked = json!({"version": told.at("/version")});
    let rolled_back = server.post("rules/rollback", asked).await.expect(200);
    assert_eq!(
        (rolled_back.at("/via"), rolled_back.at("/sources/1/text")),
        (json!("rollback"), json!(later))
    );
    let history = server.get("rules/history").await.expect(200).at("/items");
    let by: Vec<_> = history.as_array().expect("a list").iter().map(|item| &item["why"]).collect();
    let told = [
        "",
        "",
        "the working hours of the CRM's settings",
        "",
        "the working hours of the CRM's settings changed",
        "",
    ];
    assert_eq!(by.len(), told.len());
    for (why, told) in by.into_iter().zip(told) {
        assert_eq!(why.as_str().unwrap_or_default(), told);
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_file_is_in_force_though_hours_were_imported_to_it() {
    let server =
        TestServer::with(crate::server::Wishes { rules: Some(ASKS.into()), ..Default::default() }).await;
    server.set_up(&[]).await;
    server.engine.import_hours(&account(), Some(HOURS), "retailcrm").await.expect("good hours");
    let told = server.get("rules").await.expect(200);
    assert_eq!(told.at("/file/unapplied"), false, "{}", told.text);
    assert_ne!(told.at("/file/version"), told.at("/version"));
    server.stop().await;
}
