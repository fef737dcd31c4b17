//! A bench for the connector: a real engine, the stand-in gateway over real sockets, and the connector between them.

use std::sync::Arc;
use std::time::Duration;

use reparto::connectors::retailcrm::client::{Address, Client, ClientOptions, Token};
use reparto::connectors::retailcrm::crm::writes::Writes;
use reparto::connectors::retailcrm::mirror::Holder;
use reparto::connectors::retailcrm::runner::{Connector, Options};
use reparto::connectors::retailcrm::session::Tempo;
use reparto::domain::dialog::Dialog;
use reparto::domain::ids::{AccountId, DialogId};
use reparto::domain::routing::Responsible;
use reparto::engine::backoff::Schedule;
use reparto::engine::clock::{Clock, SystemClock, pause};
use reparto::engine::courier::HttpCourier;
use reparto::engine::ids::IdSource;
use reparto::engine::observe::Unobserved;
use reparto::engine::rulebook::Origin;
use reparto::engine::webhook_reach::Reach;
use reparto::engine::{Engine, Options as EngineOptions};
use reparto::sandbox::books::{Page, Span};
use reparto::sandbox::gateway::{Party, records};
use reparto::sandbox::server::{self, Handle};
use reparto::sandbox::world::World;
use reparto::store::SharedStore;
use reparto::store::memory::MemoryStore;
use reparto::telemetry::metrics::ConnectorMeters;

use crate::desk_sketch::rules_of;

pub const TOKEN: &str = "sandbox-token";
/// Far longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(5);

/// Everybody may get everything.
pub const RULES: &str = r#"
[presence]
available_when = "online"

[[rule]]
id = "all"
to = "everyone"
pick = "least_loaded"
"#;

/// An hour of the gateway's habits in a few seconds.
pub const TEMPO: Tempo = Tempo {
    ping: Duration::from_millis(500),
    silence: Duration::from_millis(1_500),
    routine: Duration::from_millis(700),
    first_wait: Duration::from_millis(20),
    longest_wait: Duration::from_millis(200),
    probe: Duration::from_millis(200),
    tick: Duration::from_millis(20),
};

pub struct Bench {
    pub sandbox: Handle,
    pub engine: Engine,
    pub connector: Connector,
    tempo: Tempo,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
}

pub fn account() -> AccountId {
    AccountId::default_account()
}

/// A world with a bot, a channel and these managers, all online.
pub fn world(managers: u64) -> World {
    let now = SystemClock::default().now();
    let mut world = World::default();
    let gateway = &mut world.gateway;
    gateway.add_bot("Router", TOKEN, now);
    gateway.add_channel("whatsapp", "Shop", 0, now);
    for number in 1..=managers {
        let user = gateway.add_user(&format!("{}", 100 + number), &format!("Ana{number}"), "Gil", now);
        gateway.set_online(user, true, now);
    }
    gateway.take_frames();
    world
}

async fn engine(store: SharedStore, rules: &str, clock: &Arc<dyn Clock>, ids: &Arc<IdSource>) -> Engine {
    let courier = HttpCourier::new(Duration::from_secs(1), Reach::Loopback).expect("TLS is there");
    let engine = Engine::new(EngineOptions {
        store,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        observer: Arc::new(Unobserved),
        courier: Arc::new(courier),
        backoff: Schedule::new([Duration::from_secs(5)]),
        rules: rules_of(rules),
        origin: Origin { sources: vec![("test.toml".into(), rules.into())], by: "test".into() },
        in_flight: 10_000,
    });
    engine.add_host(actix::Arbiter::current());
    engine.start().await.expect("the store is well");
    engine.until_ready().await;
    engine
}

impl Bench {
    pub async fn start(world: World, rules: &str) -> Self {
        Self::start_at(TEMPO, world, rules).await
    }

    pub async fn start_at(tempo: Tempo, world: World, rules: &str) -> Self {
        // What is said goes nowhere unless RUST_LOG asks for it.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
        let options = server::Options { world, ..server::Options::default() };
        let sandbox = server::start(options).expect("a free port");
        let store: SharedStore = Arc::new(MemoryStore::default());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let ids = Arc::new(IdSource::seeded([3; 32]));
        let engine = engine(store, rules, &clock, &ids).await;
        let connector = connect(&sandbox, &engine, tempo, &clock, &ids);
        Self { sandbox, engine, connector, tempo, clock, ids }
    }

    /// The connector stops and starts again.
    pub fn reconnect(&mut self) {
        self.connector = connect(&self.sandbox, &self.engine, self.tempo, &self.clock, &self.ids);
    }

    pub async fn until_live(&self) {
        let mut live = self.connector.live();
        tokio::time::timeout(PATIENCE, live.wait_for(|live| *live))
            .await
            .expect("it connects")
            .expect("it runs");
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self).await {
                pause(LOOK).await;
            }
        };
        let is_so = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(is_so, "it never came about that {what}: {:#?}", self.disagreements().await);
    }

    pub fn customer_writes(&self, who: u64, text: &str) {
        let party =
            Party { external_id: who.to_string(), name: format!("Customer {who}"), phone: String::new() };
        self.sandbox
            .with(|world, now| world.gateway.customer_writes(1, &party, text, now))
            .expect("it works");
    }

    /// Who holds a dialog in the gateway.
    pub fn holder_there(&self, dialog: u64) -> Option<u64> {
        self.sandbox.with(|world, _| match world.gateway.dialogs().get(&dialog)?.responsible?.0 {
            records::Holder::User(user) => Some(user),
            records::Holder::Bot(_) => None,
        })
    }

    pub fn is_open_there(&self, dialog: u64) -> bool {
        self.sandbox
            .with(|world, _| world.gateway.dialogs().get(&dialog).is_some_and(records::Dialog::is_open))
    }

    pub async fn here(&self, dialog: u64) -> Option<Dialog> {
        let id = DialogId::trusted(&dialog.to_string());
        self.engine.store().dialog(&account(), &id).await.expect("the store is well")
    }

    pub async fn holder_here(&self, dialog: u64) -> Option<String> {
        match self.here(dialog).await?.last_responsible()? {
            Responsible::Manager(manager) => Some(manager.to_string()),
            Responsible::Bot(bot) => Some(format!("bot {bot}")),
        }
    }

    /// Both sides' books, dialog by dialog.
    pub async fn disagreements(&self) -> Vec<String> {
        let there: Vec<_> = self.sandbox.with(|world, _| {
            let line = |dialog: &records::Dialog| {
                let holder = dialog.responsible.map(|(holder, _)| match holder {
                    records::Holder::User(user) => user.to_string(),
                    records::Holder::Bot(bot) => format!("bot {bot}"),
                });
                (dialog.id, dialog.is_open(), holder)
            };
            world.gateway.dialogs().values().map(line).collect()
        });
        let mut found = Vec::new();
        for (dialog, is_open, holder) in there {
            let Some(here) = self.here(dialog).await else {
                found.push(format!("dialog {dialog} was forgotten"));
                continue;
            };
            let held = self.holder_here(dialog).await;
            if is_open != here.is_open() || (is_open && held != holder) {
                let is_open_here = here.is_open();
                found.push(format!(
                    "dialog {dialog}: there open={is_open} {holder:?}, here open={is_open_here} {held:?}"
                ));
            }
        }
        found
    }

    pub async fn until_agreed(&self) {
        self.until("both sides agree", async |bench| bench.disagreements().await.is_empty()).await;
    }

    /// Both sides agree, and nothing that the engine wished is left undone.
    pub async fn is_settled(&self) -> bool {
        let newest = self.engine.newest_seq(&account()).map_or(0, |newest| *newest.borrow());
        let places = self.engine.store().webhooks(&account()).await.expect("the store is well");
        places.iter().any(|place| place.is_within() && place.acknowledged == newest)
            && self.disagreements().await.is_empty()
    }

    /// Closed dialogs of the gateway's books, and who held them then. In the gateway even a closed dialog may change
    /// hands afterwards; in the engine it may not.
    pub fn closed_there(&self) -> Vec<(u64, Option<Holder>)> {
        self.sandbox.with(|world, _| {
            let line = |(dialog, page): (&u64, &Page)| {
                let (at, _) = page.closed?;
                let then = |span: &&Span| span.from <= at && span.to.is_none_or(|to| to > at);
                let holder = page.spans.iter().rev().find(then).map(|span| match span.holder {
                    records::Holder::User(user) => Holder::User(user),
                    records::Holder::Bot(bot) => Holder::Bot(bot),
                });
                Some((*dialog, holder))
            };
            world.books().pages().iter().filter_map(line).collect()
        })
    }

    pub async fn end(self) {
        self.connector.stop().await;
        self.engine.stop().await;
        self.sandbox.stop().await;
    }
}

fn connect(
    sandbox: &Handle,
    engine: &Engine,
    tempo: Tempo,
    clock: &Arc<dyn Clock>,
    ids: &Arc<IdSource>,
) -> Connector {
    let meters = ConnectorMeters::new(&account());
    let options = ClientOptions {
        address: Address::parse(&sandbox.url()).expect("a loopback address"),
        token: Token::new(TOKEN),
        per_second: 5_000,
        timeout: Duration::from_secs(2),
    };
    let client = Client::new(options, Arc::clone(clock), meters.clone()).expect("TLS is there");
    Connector::start(Options {
        account: account(),
        engine: engine.clone(),
        client,
        tempo,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        meters,
        commands: None,
        customers: None,
        writes: Writes::default(),
    })
}
