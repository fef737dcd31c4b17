//! A shop for engine tests: a real engine on this thread, in paused time, on a store that survives it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::dialog::{By, Dialog, DialogKind};
use reparto::domain::ids::{AccountId, ChannelId, CustomerId, DialogId, ManagerId, MessageId};
use reparto::domain::manager::{Manager, Presence, Status};
use reparto::domain::message::{Author, Visibility};
use reparto::domain::routing::Responsible;
use reparto::domain::time::Timestamp;
use reparto::engine::backoff::Schedule;
use reparto::engine::clock::{RuntimeClock, pause};
use reparto::engine::ids::IdSource;
use reparto::engine::inbound::{AssignTo, Inbound, NewMessage, OpenDialog, Outcome};
use reparto::engine::observe::Unobserved;
use reparto::engine::outbox_relay::{Courier, NotPosted, Posted};
use reparto::engine::rulebook::Origin;
use reparto::engine::webhook_signature::Signed;
use reparto::engine::{Engine, EngineError, Options};
use reparto::store::SharedStore;
use reparto::store::read::{EventFilter, StoredEvent};

pub use crate::desk_sketch::rules_of;

/// 2026-03-02T09:00:00Z, a Monday.
pub const MORNING: Timestamp = Timestamp::from_secs(1_772_442_000);

/// Receives webhooks; answers what it is told to.
#[derive(Default)]
pub struct Mailbox {
    /// What arrived: id and body.
    pub arrived: Mutex<Vec<(String, String)>>,
    /// How many of the next posts fail.
    pub failing: Mutex<u32>,
}

impl Courier for Mailbox {
    fn post<'a>(
        &'a self,
        _: &'a str,
        signed: Signed,
        body: String,
    ) -> BoxFuture<'a, Result<Posted, NotPosted>> {
        Box::pin(async move {
            let mut failing = self.failing.lock().expect("the test holds no lock");
            if *failing > 0 {
                *failing -= 1;
                return Ok(Posted { status: 500, retry_after: None });
            }
            self.arrived.lock().expect("the test holds no lock").push((signed.id, body));
            Ok(Posted { status: 204, retry_after: None })
        })
    }
}

/// An engine and what a test asks of it.
pub struct Shop {
    pub engine: Engine,
    pub mailbox: Arc<Mailbox>,
}

pub fn account() -> AccountId {
    AccountId::default_account()
}

impl Shop {
    /// Opens a shop on a store: new, or as an earlier one left it.
    pub async fn open(store: SharedStore, rules: &str) -> Self {
        Self::open_at(store, rules, Arc::new(RuntimeClock::starting_at(MORNING))).await
    }

    /// Opens a shop by a clock that may have gone for longer than it.
    pub async fn open_at(store: SharedStore, rules: &str, clock: Arc<RuntimeClock>) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        let engine = Engine::new(Options {
            store,
            clock,
            ids: Arc::new(IdSource::seeded([1; 32])),
            observer: Arc::new(Unobserved),
            courier: Arc::clone(&mailbox) as Arc<dyn Courier>,
            backoff: Schedule::new([Duration::from_secs(5), Duration::from_mins(1)]),
            rules: rules_of(rules),
            origin: Origin { sources: vec![("test.toml".into(), rules.into())], by: "test".into() },
            in_flight: 1_000,
        });
        engine.add_host(actix::Arbiter::current());
        engine.start().await.expect("the store is well");
        let shop = Self { engine, mailbox };
        shop.until_ready().await;
        shop
    }

    pub async fn until_ready(&self) {
        while !self.engine.is_ready() {
            tokio::task::yield_now().await;
        }
    }

    pub async fn submit(&self, inbound: Inbound) -> Result<Outcome, EngineError> {
        self.engine.submit(&account(), inbound).await
    }

    /// Lets everything settle that needs no time.
    pub async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass, in steps small enough for one deadline to lead to the next.
    pub async fn wait(&self, span: Duration) {
        let step = Duration::from_millis(500);
        let mut left = span;
        while left > Duration::ZERO {
            pause(step.min(left)).await;
            self.settle().await;
            left = left.saturating_sub(step);
        }
    }

    pub async fn channel(&self, id: &str, kind: &str) {
        let channel = Channel {
            id: ChannelId::trusted(id),
            kind: kind.into(),
            name: id.into(),
            site: None,
            features: ChannelFeatures::default(),
        };
        self.submit(Inbound::PutChannel(channel)).await.expect("a channel");
    }

    pub async fn manager(&self, id: &str, groups: &[&str], admin: bool) {
        let mut manager = Manager::new(ManagerId::trusted(id));
        manager.groups = groups.iter().map(|group| reparto::domain::ids::GroupId::trusted(group)).collect();
        manager.admin = admin;
        self.submit(Inbound::PutManager(manager)).await.expect("a manager");
    }

    pub async fn presence(&self, id: &str, online: bool) {
        let presence = Presence { online, status: Status::Free, on_leave: false };
        let inbound = Inbound::PutPresence { manager: ManagerId::trusted(id), presence };
        self.submit(inbound).await.expect("a presence");
        self.settle().await;
    }

    /// A shop with one channel and these managers, all online.
    pub async fn staffed(store: SharedStore, rules: &str, managers: &[&str]) -> Self {
        let shop = Self::open(store, rules).await;
        shop.channel("tg", "telegram").await;
        for manager in managers {
            shop.manager(manager, &["sales"], false).await;
            shop.presence(manager, true).await;
        }
        shop
    }

    pub fn opening(id: &str, customer: &str) -> OpenDialog {
        OpenDialog {
            id: Some(DialogId::trusted(id)),
            chat: None,
            channel: Some(ChannelId::trusted("tg")),
            customer: Some(CustomerId::trusted(customer)),
            kind: DialogKind::Customer,
            members: BTreeSet::new(),
            message: Some(said_by_customer(customer, "hello", None)),
            facts: BTreeMap::new(),
        }
    }

    pub async fn customer_opens(&self, id: &str, customer: &str) -> Arc<Dialog> {
        match self.submit(Inbound::Open(Self::opening(id, customer))).await {
            Ok(Outcome::Dialog { dialog, .. }) => dialog,
            other => panic!("a dialog was to be opened: {other:?}"),
        }
    }

    pub async fn says(&self, dialog: &str, message: NewMessage) -> Result<Outcome, EngineError> {
        self.submit(Inbound::Write { dialog: DialogId::trusted(dialog), message }).await
    }

    pub async fn closes(&self, dialog: &str, by: By) -> Result<Outcome, EngineError> {
        self.submit(Inbound::Close { dialog: DialogId::trusted(dialog), by, reason: None }).await
    }

    pub async fn assigns(
        &self,
        dialog: &str,
        to: &str,
        by: By,
        allow_absent: bool,
    ) -> Result<Outcome, EngineError> {
        let to = AssignTo::Manager(ManagerId::trusted(to));
        let dialog = DialogId::trusted(dialog);
        self.submit(Inbound::Assign { dialog, to, by, allow_absent, external: false }).await
    }

    /// A dialog as it is stored.
    pub async fn stored(&self, id: &str) -> Dialog {
        let found = self.engine.store().dialog(&account(), &DialogId::trusted(id)).await;
        found.expect("the store is well").expect("the dialog is stored")
    }

    /// Who holds a dialog, as it is stored.
    pub async fn holder(&self, id: &str) -> Option<String> {
        match self.stored(id).await.responsible() {
            Some(Responsible::Manager(id)) => Some(id.to_string()),
            Some(Responsible::Bot(id)) => Some(format!("bot:{id}")),
            None => None,
        }
    }

    pub async fn events(&self) -> Vec<StoredEvent> {
        let filter = EventFilter::default();
        self.engine.store().events(&account(), 0, 1_000_000, &filter).await.expect("the store is well")
    }

    /// Names of the events about a dialog.
    pub async fn story(&self, dialog: &str) -> Vec<String> {
        let events = self.events().await;
        let about =
            events.iter().filter(|event| event.dialog.as_ref().is_some_and(|id| id.as_str() == dialog));
        about.map(|event| event.name.to_string()).collect()
    }

    /// Sequence numbers are there without gaps, and each id once.
    pub async fn check_feed(&self) {
        let events = self.events().await;
        let mut ids = BTreeSet::new();
        for (expected, event) in (1..).zip(&events) {
            assert_eq!(event.seq, expected, "a gap before {}", event.id);
            assert!(ids.insert(event.id.clone()), "{} twice", event.id);
        }
    }
}

pub fn said_by_customer(customer: &str, text: &str, id: Option<&str>) -> NewMessage {
    said(Author::Customer(CustomerId::trusted(customer)), text, id)
}

pub fn said_by_manager(manager: &str, text: &str) -> NewMessage {
    said(Author::Manager(ManagerId::trusted(manager)), text, None)
}

fn said(from: Author, text: &str, id: Option<&str>) -> NewMessage {
    NewMessage {
        id: id.map(MessageId::trusted),
        from,
        text: Some(text.into()),
        at: None,
        visibility: Visibility::Public,
        quote: None,
    }
}

pub fn by(manager: &str) -> By {
    By::Manager(ManagerId::trusted(manager))
}
