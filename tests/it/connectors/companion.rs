//! The CRM's side against the sandbox over real sockets: registration, facts of customers, managers, presence, stores,
//! notes that answer commands, and what the module's switch does.

use std::sync::Arc;
use std::time::Duration;

use reparto::connectors::retailcrm::client::{Address, Client, ClientOptions, Token};
use reparto::connectors::retailcrm::commands::chat::{ChatCommands, make_known};
use reparto::connectors::retailcrm::crm::client::Client as CrmClient;
use reparto::connectors::retailcrm::crm::companion::{Companion, Options as CompanionOptions, Tempo};
use reparto::connectors::retailcrm::crm::first_contact::{Channels, Wanted};
use reparto::connectors::retailcrm::crm::lookup::Memory;
use reparto::connectors::retailcrm::crm::registration::{Identity, access, client_id, register};
use reparto::connectors::retailcrm::crm::writes::Writes;
use reparto::connectors::retailcrm::crm_wire::ModuleEdited;
use reparto::connectors::retailcrm::runner::{Connector, Customers, Options};
use reparto::connectors::retailcrm::session;
use reparto::domain::customer::Customer;
use reparto::domain::ids::{CustomerId, GroupId, ManagerId};
use reparto::domain::manager::{Presence, Status};
use reparto::engine::clock::{Clock, SystemClock, pause};
use reparto::engine::ids::IdSource;
use reparto::rules::imported::CRM;
use reparto::sandbox::crm::Crm;
use reparto::sandbox::crm::records::{Customer as CrmCustomer, Group, Person, WorkTime};
use reparto::sandbox::gateway::Party;
use reparto::sandbox::server::{self, Handle};
use reparto::sandbox::world::World;
use reparto::store::memory::MemoryStore;
use reparto::telemetry::metrics::ConnectorMeters;
use serde_json::Value;

use super::crm_gate::Gate;
use crate::engine::shop::{MORNING, Shop, account};

const KEY: &str = "k3y";
const RULES: &str = "[groups]\nsupport = { crm_group = \"support\" }\n\n[[rule]]\nid = \"own\"\n\
    when = \"has(customer.owner)\"\nstep = [{ to = \"owner\" }, { to = \"everyone\" }]\n\n\
    [[rule]]\nid = \"all\"\nto = \"group:support\"\n";

/// Ana (CRM 17) and Boris (18) have chats; Boris owns Marta. The shop of channel 1 is `kids`.
fn world() -> World {
    let now = SystemClock::default().now();
    let mut world = World::default();
    world.crm = Crm::new(KEY);
    world.gateway.add_channel("whatsapp", "Shop", 24, now);
    for (id, name, status) in [(17, "Ana", "free"), (18, "Boris", "dinner")] {
        let user = world.gateway.add_user(&id.to_string(), name, "Gil", now);
        world.gateway.set_online(user, true, now);
        world.crm.add_person(Person {
            id,
            gateway_id: Some(user),
            first_name: name.into(),
            last_name: "Gil".into(),
            email: String::new(),
            status,
            is_admin: id == 17,
            is_manager: true,
            groups: vec![1],
            created_at: now,
        });
    }
    let support = Group { id: 1, code: "support".into(), name: "Support".into(), sites: Vec::new() };
    world.crm.add_group(support);
    world.crm.put_customer(CrmCustomer {
        id: 900,
        first_name: "Marta".into(),
        phones: vec!["+34 611 222 333".into()],
        manager: Some(18),
        is_vip: true,
        orders: 2,
        total: 90,
        segments: vec!["gold".into()],
        ..CrmCustomer::default()
    });
    world.crm.settings.sites = vec![(1, "kids".into())];
    world.gateway.take_frames();
    world
}

/// The first rule waits for the CRM.
const PATIENT: &str = "[groups]\nsupport = { crm_group = \"support\" }\n\n[[rule]]\nid = \"own\"\n\
    facts_within = \"30s\"\nwhen = \"has(customer.owner)\"\nstep = [{ to = \"owner\" }, { to = \"everyone\" }]\n\n\
    [[rule]]\nid = \"all\"\nto = \"group:support\"\n";

/// Nobody is given a dialog while the CRM's settings say that the office is closed.
const BY_HOURS: &str = "[schedules.office]\nfrom = \"crm\"\n\n[release]\nrate = \"60/s\"\n\n[[rule]]\nid = \"closed\"\n\
    when = '!open(\"office\")'\nstep = [{ hold = \"until_open:office\" }]\n\n[[rule]]\nid = \"open\"\nto = \"everyone\"\n";

struct Stage {
    sandbox: Handle,
    /// Before the CRM, for what the connector asks of customers.
    gate: Gate,
    shop: Shop,
    connector: Connector,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with(RULES).await
    }

    async fn start_with(rules: &str) -> Self {
        let options = server::Options { world: world(), ..server::Options::default() };
        let sandbox = server::start(options).expect("a free port");
        let gate = Gate::before(&sandbox.url()).await;
        let shop = Shop::open(Arc::new(MemoryStore::default()), rules).await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let ids = Arc::new(IdSource::seeded([5; 32]));
        let crm = CrmClient::new(&gate.address, KEY, 8, Arc::clone(&clock), Arc::clone(&ids));
        let crm = crm.expect("a client");
        let identity = Identity {
            code: "reparto".into(),
            name: "Reparto".into(),
            client_id: client_id(KEY, "reparto"),
            base_url: None,
        };
        let edited: ModuleEdited = crm.ask(&register(&identity, true, false)).await.expect("registered");
        let access = access(edited).expect("a token");
        let meters = ConnectorMeters::new(&account());
        let address = Address::parse(&access.endpoint).expect("an address");
        let (token, timeout) = (Token::new(access.token), Duration::from_secs(30));
        let options = ClientOptions { address, token, per_second: 100, timeout };
        let client = Client::new(options, Arc::clone(&clock), meters.clone()).expect("a client");
        let (companion, ear) = Companion::new(Memory::default(), Arc::clone(&clock));
        let writes = Writes::default();
        let commands = ChatCommands {
            account: account(),
            engine: shop.engine.clone(),
            clock: Arc::clone(&clock),
            companion: Some(companion.clone()),
        };
        let connector = Connector::start(Options {
            account: account(),
            engine: shop.engine.clone(),
            client: client.clone(),
            tempo: session::Tempo::default(),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            meters,
            commands: Some(Arc::new(commands)),
            customers: Some(Arc::new(companion) as Arc<dyn Customers>),
            writes: writes.clone(),
        });
        actix::spawn(make_known(client, connector.live()));
        let tempo = Tempo {
            users: Duration::from_millis(500),
            settings: Duration::from_secs(1),
            module: Duration::from_secs(1),
            orders: Duration::from_millis(100),
        };
        let options = CompanionOptions {
            account: account(),
            engine: shop.engine.clone(),
            client: crm,
            connector: connector.clone(),
            writes,
            module: Some("reparto".into()),
            wanted: Wanted { customer: Channels::None, order: Channels::All },
            tempo,
            clock,
            ids,
        };
        options.start(ear);
        Self { sandbox, gate, shop, connector }
    }

    async fn stop(self) {
        self.connector.stop().await;
        self.shop.engine.stop().await;
        self.sandbox.stop().await;
    }

    async fn customer(&self, id: u64) -> Option<Customer> {
        let id = CustomerId::trusted(&id.to_string());
        self.shop.engine.store().customer(&account(), &id).await.expect("the store is well")
    }

    async fn presence(&self, user: u64) -> Option<Presence> {
        let roster = self.shop.engine.roster(&account()).await.expect("a roster");
        let id = ManagerId::trusted(&user.to_string());
        roster.managers.into_iter().find(|view| view.manager.id == id).map(|view| view.presence)
    }

    fn marta_writes(&self, text: &str) {
        self.writes("Marta", "34611222333", text);
    }

    fn writes(&self, name: &str, phone: &str, text: &str) {
        let who = Party { external_id: phone.into(), name: name.into(), phone: phone.into() };
        self.sandbox.with(|world, now| world.gateway.customer_writes(1, &who, text, now)).expect("it works");
    }

    /// Names and data of a dialog's decisions.
    async fn decisions(&self, dialog: &str) -> Vec<(String, Value)> {
        let events = self.shop.events().await.into_iter();
        let decided = events.filter(|event| {
            event.dialog.as_ref().is_some_and(|id| id.as_str() == dialog)
                && ["dialog.waiting", "dialog.assigned"].contains(&&*event.name)
        });
        let data = |data: &str| serde_json::from_str(data).expect("JSON");
        decided.map(|event| (event.name.to_string(), data(&event.data))).collect()
    }

    /// Somebody changes the working hours in the CRM.
    fn set_hours(&self, from: &'static str, to: &'static str) {
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let hours = days.map(|day| WorkTime { day, from, to, lunch: None });
        self.sandbox.with(|world, _| world.crm.settings.work_times = hours.to_vec());
    }

    /// Whether the office is open now by the rules in force; `None`: they know of no hours yet.
    fn is_office_open(&self) -> Option<bool> {
        let rules = self.shop.engine.rules(&account()).expect("the account runs");
        let has_hours = rules.edition.sources.iter().any(|(name, _)| name == CRM);
        let office = rules.edition.rules.schedule("office").expect("the rules have it");
        has_hours.then(|| office.is_open(MORNING))
    }

    fn notes(&self) -> Vec<String> {
        self.sandbox.with(|world, _| {
            let notes = world.gateway.messages().values().filter(|message| message.is_private);
            notes.map(|message| message.content.clone()).collect()
        })
    }
}

/// Waits for what comes by itself; how long only matters to a failing test.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..3_000 {
        if is_so().await {
            return;
        }
        pause(Duration::from_millis(10)).await;
    }
    panic!("it never came to this: {what}");
}

#[actix::test]
async fn the_account_is_known_as_the_crm_knows_it() {
    let stage = Stage::start().await;
    until("Ana is an administrator of support", || async {
        let roster = stage.shop.engine.roster(&account()).await.expect("a roster");
        roster.managers.iter().any(|view| {
            view.manager.admin
                && view.manager.name == "Ana Gil"
                && view.groups.contains(&GroupId::trusted("support"))
        })
    })
    .await;
    let dinner = Presence { online: true, status: Status::Dinner, on_leave: false };
    until("Boris is at dinner", || async { stage.presence(2).await == Some(dinner) }).await;
    until("the channel has its store", || async {
        let channels = stage.shop.engine.store().channels(&account()).await.expect("the store is well");
        channels.iter().any(|channel| channel.site.as_deref() == Some("kids"))
    })
    .await;
    stage.marta_writes("hello");
    until("Marta is known, with her owner", || async {
        let marta = stage.customer(1).await;
        marta.is_some_and(|marta| {
            marta.known && marta.vip && marta.owner == Some(ManagerId::trusted("2")) && marta.orders_count > 0
        })
    })
    .await;
    until("her first contact is an order, of whoever got the dialog", || async {
        let orders = stage.sandbox.with(|world, _| world.crm.orders().values().cloned().collect::<Vec<_>>());
        orders.iter().any(|order| order.customer == 900 && order.dialog == Some(1) && order.manager.is_some())
    })
    .await;
    stage.stop().await;
}

#[actix::test]
async fn commands_are_answered_by_notes() {
    let stage = Stage::start().await;
    until("Ana is there", || async { stage.presence(1).await.is_some_and(|presence| presence.online) }).await;
    stage.marta_writes("hello");
    until("the dialog is there", || async {
        let id = reparto::domain::ids::DialogId::trusted("1");
        let dialog = stage.shop.engine.store().dialog(&account(), &id).await.expect("the store is well");
        dialog.is_some_and(|dialog| dialog.responsible().is_some())
    })
    .await;
    stage.sandbox.with(|world, now| world.gateway.user_commands(1, 1, "/queue", now));
    until("the queue is told", || async {
        stage.notes().iter().any(|note| note.contains("No dialog waits") || note.contains("Ningún diálogo"))
    })
    .await;
    stage.stop().await;
}

#[actix::test]
async fn a_dialog_waits_for_what_the_crm_knows_of_its_customer() {
    let stage = Stage::start_with(PATIENT).await;
    until("Ana is there", || async { stage.presence(1).await.is_some_and(|presence| presence.online) }).await;
    stage.gate.set_open(false);
    stage.marta_writes("hello");
    stage.writes("Pablo", "34600000000", "hello");
    for dialog in ["1", "2"] {
        until("it waits", || async { !stage.decisions(dialog).await.is_empty() }).await;
        let [(name, data)] = &stage.decisions(dialog).await[..] else { panic!("it waits, and no more") };
        let decision = &data["decision"];
        assert_eq!((name.as_str(), decision["rule"].as_str()), ("dialog.waiting", Some("own")), "{data}");
        assert!(decision["facts_until"].is_string(), "{data}");
    }
    stage.gate.set_open(true);
    // Boris owns Marta, and is at dinner; of Pablo the CRM knows nothing.
    for (dialog, rule) in [("1", "own"), ("2", "all")] {
        until("it is decided", || async { stage.decisions(dialog).await.len() > 1 }).await;
        let decisions = stage.decisions(dialog).await;
        let [_, (name, data)] = &decisions[..] else { panic!("decided once: {decisions:?}") };
        let decision = &data["decision"];
        assert_eq!((name.as_str(), decision["rule"].as_str()), ("dialog.assigned", Some(rule)), "{data}");
    }
    stage.stop().await;
}

#[actix::test]
async fn a_crm_that_hangs_up_is_not_waited_for() {
    let stage = Stage::start_with(PATIENT).await;
    until("Ana is there", || async { stage.presence(1).await.is_some_and(|presence| presence.online) }).await;
    stage.gate.tear_down();
    for (dialog, name) in [("1", "Pablo"), ("2", "Lola")] {
        stage.writes(name, &format!("3460000000{dialog}"), "hello");
        let is_assigned = || async {
            stage.decisions(dialog).await.last().is_some_and(|(name, _)| name == "dialog.assigned")
        };
        until("it is decided", is_assigned).await;
    }
    // The first was waited for until the CRM had not answered, the second not at all.
    let first = stage.decisions("1").await;
    let [(_, waits), (_, goes_on)] = &first[..] else { panic!("it waits and goes on: {first:?}") };
    let (until, at) = (&waits["decision"]["facts_until"], &goes_on["decision"]["at"]);
    let (until, at) = (until.as_str().expect("a moment"), at.as_str().expect("a moment"));
    assert!(at < until, "{at} comes before {until}");
    let second = stage.decisions("2").await;
    assert_eq!(second.len(), 1, "{second:?}");
    for decisions in [first, second] {
        let (_, data) = decisions.last().expect("a decision");
        assert_eq!(data["decision"]["rule"], "all", "{data}");
    }
    stage.stop().await;
}

/// The shop's clock begins on a Monday at 9 in UTC, 10 in the CRM's zone, and no test takes an hour.
#[actix::test]
async fn the_office_is_open_when_the_crm_says_so() {
    let stage = Stage::start_with(BY_HOURS).await;
    until("the CRM was asked", || async { stage.is_office_open() == Some(true) }).await;
    until("Ana is there", || async { stage.presence(1).await.is_some_and(|presence| presence.online) }).await;
    let holder = async |dialog: &str| {
        let id = reparto::domain::ids::DialogId::trusted(dialog);
        let dialog = stage.shop.engine.store().dialog(&account(), &id).await.expect("the store is well");
        dialog.and_then(|dialog| dialog.responsible().cloned())
    };
    stage.marta_writes("hello");
    until("day and night somebody serves her", || async { holder("1").await.is_some() }).await;

    stage.set_hours("14:00", "18:00");
    until("the office is closed", || async { stage.is_office_open() == Some(false) }).await;
    stage.writes("Pablo", "34600000000", "hello");
    until("he waits", || async { !stage.decisions("2").await.is_empty() }).await;
    let [(name, data)] = &stage.decisions("2").await[..] else { panic!("he waits, and no more") };
    assert_eq!(
        (name.as_str(), data["decision"]["rule"].as_str()),
        ("dialog.waiting", Some("closed")),
        "{data}"
    );

    stage.set_hours("09:30", "18:00");
    until("the office is open", || async { stage.is_office_open() == Some(true) }).await;
    until("he is served at once", || async { holder("2").await.is_some() }).await;

    let history = stage.shop.engine.store().rules_history(&account()).await.expect("the store is well");
    let by: Vec<_> = history.iter().map(|record| record.by.as_str()).collect();
    assert_eq!(by, ["retailcrm", "retailcrm", "retailcrm", "test"], "as often as they changed");
    stage.stop().await;
}
