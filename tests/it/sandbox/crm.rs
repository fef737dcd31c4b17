//! The stand-in CRM over real sockets: forms, keys, and the way from registration to a call of the bot API.

use serde_json::{Value, json};

use super::client::{START, Stage};

async fn post(stage: &Stage, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let encode = |text: &str| text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    let body: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let url = format!("{}{path}", stage.handle.url());
    let request = stage.client.post(url).header("X-API-KEY", "key").body(body.join("&"));
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json_value().await)
}

trait JsonValue {
    async fn json_value(self) -> Value;
}

impl JsonValue for reqwest::Response {
    async fn json_value(self) -> Value {
        serde_json::from_str(&self.text().await.expect("a body")).expect("JSON")
    }
}

#[tokio::test]
async fn a_bot_registers_and_speaks_with_the_token_it_was_given() {
    let stage = Stage::start();
    stage.handle.with(|world, _| world.crm.keys.push("key".into()));
    let module =
        json!({"code": "reparto", "name": "Reparto & Co", "active": true, "integrations": {"mgBot": {}}});
    let form = [("integrationModule", module.to_string())].map(|(name, value)| (name, value));
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, body) = post(&stage, "/api/v5/integration-modules/reparto/edit", &form).await;
    assert_eq!(status, 201, "{body}");
    let bot = &body["info"]["mgBot"];
    assert_eq!(bot["endpointUrl"], stage.handle.url());
    let url = format!("{}/api/bot/v1/bots?self=1", stage.handle.url());
    let token = bot["token"].as_str().expect("a token");
    let bots = stage.client.get(url).header("X-Bot-Token", token).send().await.expect("an answer");
    assert_eq!(bots.json_value().await[0]["name"], "Reparto & Co");
    stage.handle.stop().await;
}

#[tokio::test]
async fn calls_beyond_the_limit_are_put_off_until_the_next_second() {
    let stage = Stage::start();
    stage.handle.with(|world, _| world.crm.keys.push("key".into()));
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let url = format!("{}/api/v5/settings?apiKey=key", stage.handle.url());
        statuses.push(stage.client.get(url).send().await.expect("an answer").status().as_u16());
    }
    assert_eq!((statuses.iter().filter(|status| **status == 200).count(), statuses[10]), (10, 503));
    stage.clock.pass(std::time::Duration::from_secs(1));
    assert!(stage.handle.now() > START);
    let url = format!("{}/api/credentials?apiKey=key", stage.handle.url());
    assert_eq!(stage.client.get(url).send().await.expect("an answer").status().as_u16(), 200);
    stage.handle.stop().await;
}
