//! A server of its own for each test: a new database in a folder that goes away, a free port, an operator's token.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use reparto::engine::Engine;
use reparto::engine::Options;
use reparto::engine::backoff::Schedule;
use reparto::engine::clock::{Clock, SystemClock};
use reparto::engine::courier::HttpCourier;
use reparto::engine::ids::IdSource;
use reparto::engine::observe::Unobserved;
use reparto::engine::rulebook::Origin;
use reparto::engine::webhook_reach::Reach;
use reparto::http::auth::Auth;
use reparto::http::auth::bucket::Rate;
use reparto::http::auth::secret;
use reparto::http::{AppState, HttpOptions, server};
use reparto::store::SharedStore;
use reparto::store::change::{Role, TokenRecord};
use reparto::store::sqlite::SqliteStore;
use serde_json::Value;
use tokio::sync::watch;

/// A rule file for tests that have no wishes: everybody, whoever has least to do.
pub const EVERYBODY: &str = "[[rule]]\nid = \"all\"\nto = \"everyone\"\npick = \"least_loaded\"\n";

/// What a test may want otherwise than usual.
#[derive(Default)]
pub struct Wishes {
    pub rules: Option<String>,
    pub rate: Option<Rate>,
    pub options: HttpOptions,
}

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The JSON at a pointer.
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Expects a problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.at("/code")), (status, code.into()), "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.at("/status"), status);
        self
    }
}

/// A running server.
pub struct TestServer {
    pub url: String,
    pub client: reqwest::Client,
    pub token: String,
    pub engine: Engine,
    handle: ServerHandle,
    stopping: watch::Sender<bool>,
    // Last: the folder goes away when all else is gone.
    folder: tempfile::TempDir,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(Wishes::default()).await
    }

    pub async fn with(wishes: Wishes) -> Self {
        // Twice in one process is once too often, and no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder for the database");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let store = SqliteStore::open(&folder.path().join("reparto.db")).await.expect("a new database");
        let store: SharedStore = Arc::new(store);
        let ids = Arc::new(IdSource::seeded([7; 32]));
        let rules = wishes.rules.as_deref().unwrap_or(EVERYBODY);
        let engine = Engine::new(Options {
            store: Arc::clone(&store),
            clock: clock.clone(),
            ids: Arc::clone(&ids),
            observer: Arc::new(Unobserved),
            courier: Arc::new(HttpCourier::new(Duration::from_secs(5), Reach::Loopback).expect("TLS")),
            backoff: Schedule::new([Duration::from_millis(50), Duration::from_millis(200)]),
            rules: crate::engine::shop::rules_of(rules),
            origin: Origin { sources: vec![("test.toml".into(), rules.into())], by: "test".into() },
            in_flight: 10_000,
        });
        let token = "test-operator".to_owned();
        let record = TokenRecord {
            id: "test-operator".into(),
            hash: secret::hash(&token),
            account: None,
            role: Role::Operator,
            name: "tests".to_owned(),
            created_at: clock.now(),
            revoked_at: None,
        };
        store.put_token(&record).await.expect("the token is stored");
        let (stopping, is_stopping) = watch::channel(false);
        let state = AppState {
            engine: engine.clone(),
            auth: Auth::new(store, wishes.rate),
            clock: clock.clone(),
            metrics: Arc::new(|| Box::pin(async { "# EOF\n".to_owned() })),
            ids,
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let options = HttpOptions {
            shutdown_timeout: Duration::from_secs(2),
            stopping: Some(is_stopping),
            ..wishes.options
        };
        let server = server::build(state, listener, options).expect("a server");
        let handle = server.handle();
        actix_rt::spawn(server);
        engine.start().await.expect("the store is well");
        while !engine.is_ready() {
            reparto::engine::clock::pause(Duration::from_millis(1)).await;
        }
        Self { url, client: reqwest::Client::new(), token, engine, handle, stopping, folder }
    }

    /// Stops the server and its engine; the folder can be looked at until this returns.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        self.engine.stop().await;
        self.handle.stop(true).await;
        drop(self.folder);
    }

    /// The same server seen by the holder of another token.
    pub async fn token(&self, role: &str, account: Option<&str>) -> String {
        let mut body = serde_json::json!({ "role": role });
        if let Some(account) = account {
            body["account"] = account.into();
        }
        let made = self.post("/v1/tokens", body).await.expect(201);
        made.at("/token").as_str().expect("a token").to_owned()
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let address = if path.starts_with('/') {
            format!("{}{path}", self.url)
        } else {
            format!("{}/v1/accounts/default/{path}", self.url)
        };
        self.client.request(method, address).bearer_auth(&self.token)
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    /// Paths without a leading slash are below the default account.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(with_json(self.request("POST", path), &body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(with_json(self.request("PUT", path), &body)).await
    }

    /// A channel `wa`, and these managers online.
    pub async fn set_up(&self, managers: &[&str]) {
        self.put("channels/wa", serde_json::json!({"type": "whatsapp"})).await.expect(200);
        for id in managers {
            self.put(&format!("managers/{id}"), serde_json::json!({"capacity": 2})).await.expect(200);
            let presence = format!("managers/{id}/presence");
            self.put(&presence, serde_json::json!({"online": true})).await.expect(200);
        }
    }

    /// Opens a customer's dialog through `wa`.
    pub async fn open(&self, id: &str, customer: &str) -> Answer {
        let body = serde_json::json!({
            "id": id, "channel": "wa", "customer": customer, "message": {"id": format!("{id}-1"), "text": "hello"},
        });
        self.post("dialogs", body).await
    }

    /// Events of these kinds so far.
    pub async fn events(&self, types: &str) -> Vec<Value> {
        let answer = self.get(&format!("events?limit=1000&types={types}")).await.expect(200);
        answer.at("/items").as_array().expect("a list").clone()
    }
}

pub fn with_json(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}
