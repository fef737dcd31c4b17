//! A plain client of the sandbox, and a small sandbox to try it on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reparto::domain::time::Timestamp;
use reparto::sandbox::clock::ManualClock;
use reparto::sandbox::crm::Crm;
use reparto::sandbox::gateway::Party;
use reparto::sandbox::server::{self, Handle, Options};
use reparto::sandbox::world::World;
use reqwest::Method;
use reqwest_websocket::{Message, Upgrade, WebSocket};
use serde_json::Value;

/// The bot's token.
pub const TOKEN: &str = "sandbox-token";
/// When the sandbox begins.
pub const START: Timestamp = Timestamp::from_secs(1_772_442_904);
/// Far longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A sandbox with a distributor, a channel and two managers, whose clock a test turns.
pub struct Stage {
    pub handle: Handle,
    pub clock: Arc<ManualClock>,
    pub client: reqwest::Client,
}

/// The client that all tests use.
pub fn http() -> reqwest::Client {
    let provider = rustls::crypto::ring::default_provider();
    // Another test may have been first.
    let _ = provider.install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client")
}

impl Stage {
    pub fn start() -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let options = Options { world: world(), clock: clock.clone(), ticks: false, ..Options::default() };
        let handle = server::start(options).expect("a free port");
        Self { handle, clock, client: http() }
    }

    /// A call of the bot API: the status and the body.
    pub async fn call(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}/api/bot/v1{path}", self.handle.url());
        let request = self.client.request(method, url).header("X-Bot-Token", TOKEN).body(body.to_owned());
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Tries to open a socket; the status when it is refused.
    pub async fn connect(&self, token: &str, query: &str) -> Result<Listener, (u16, String)> {
        let url = format!("{}/api/bot/v1/ws{query}", self.handle.url());
        let request = self.client.get(url).header("X-Bot-Token", token).upgrade();
        let response = request.send().await.expect("an answer");
        if response.status().as_u16() == 101 {
            return Ok(Listener(response.into_websocket().await.expect("a socket")));
        }
        let response = response.into_inner();
        Err((response.status().as_u16(), response.text().await.expect("a body")))
    }

    pub async fn listen(&self, events: &str) -> Listener {
        let query = format!("?events={events}&options=");
        self.connect(TOKEN, &query).await.unwrap_or_else(|refusal| panic!("refused: {refusal:?}"))
    }

    /// Marta writes in the first channel.
    pub fn marta_writes(&self, text: &str) {
        let marta = Party {
            external_id: "34611222333".into(),
            name: "Marta Ruiz".into(),
            phone: "34611222333".into(),
        };
        self.handle.with(|world, now| world.gateway.customer_writes(1, &marta, text, now)).expect("it works");
    }
}

fn world() -> World {
    let mut world = World::default();
    world.crm = Crm::new("no-key");
    let gateway = &mut world.gateway;
    gateway.add_bot("Router", TOKEN, START);
    gateway.add_channel("whatsapp", "Shop", 24, START);
    for (id, name) in [("17", "Ana"), ("18", "Boris")] {
        let user = gateway.add_user(id, name, "Gil", START);
        gateway.set_online(user, true, START);
    }
    gateway.take_frames();
    world
}

/// An open socket.
pub struct Listener(WebSocket);

impl Listener {
    /// The next frame; `None` when the socket is gone.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("not for ever")?;
            match message.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).expect("JSON")),
                Message::Close { .. } => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }

    /// The kinds of the next so many frames.
    pub async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            let frame = self.next().await.expect("a frame");
            kinds.push(frame["type"].as_str().expect("a type").to_owned());
        }
        kinds
    }

    /// Whether a ping is answered before anything else comes.
    pub async fn is_alive(&mut self) -> bool {
        self.0.send(Message::Ping("p".into())).await.expect("it is sent");
        let answer = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("not for ever");
        matches!(answer, Some(Ok(Message::Pong(bytes))) if bytes == "p")
    }
}
