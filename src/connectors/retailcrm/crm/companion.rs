//! What goes on beside the connector when the CRM itself may be asked: one task for each account.
//!
//! | what | how often | what comes of it |
//! |---|---|---|
//! | who customers are | when one is seen, within the rate | their facts are put on record |
//! | users | every few seconds | presence, names, groups, administrators |
//! | settings | every few minutes | the store of each channel, the language of notes, hours for schedules with `from = "crm"` |
//! | first contacts | while one waits for a manager | a customer and an order in the CRM, where that is wanted |
//! | our module | every minute, if its code is known | the connector acts only while it may |
//!
//! Nobody waits for it: when the CRM is away, the gateway's data carry on. What it writes goes through the same locks
//! as what the connector writes ([`super::writes`]), since both change parts of the same records.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::answer::CrmError;
use super::client::Client;
use super::enquiries::Enquiries;
use super::first_contact::{FirstContacts, Opened, Wanted};
use super::lookup::{Memory, Outcome, Person, Question, Update};
use super::people::{Links, UserList};
use super::registration::Standing;
use super::request::Request;
use super::sites::Sites;
use super::writes::Writes;
use crate::connectors::retailcrm::crm_wire::{
    Customer as CrmCustomer, CustomerPage, ModuleShown, Settings, SettingsPage, User, UserPage,
};
use crate::connectors::retailcrm::mirror::CustomerSeen;
use crate::connectors::retailcrm::runner::{Connector, Customers};
use crate::domain::ids::AccountId;
use crate::domain::sentence::Language;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, pause};
use crate::engine::ids::IdSource;
use crate::engine::{Engine, EngineError};

mod creating;
mod recording;

/// How often things are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Users, with status and presence.
    pub users: Duration,
    /// The account's settings.
    pub settings: Duration,
    /// Whether our module may act.
    pub module: Duration,
    /// Whether somebody has the dialogs that orders wait for.
    pub orders: Duration,
}

impl Default for Tempo {
    fn default() -> Self {
        Self {
            users: Duration::from_secs(12),
            settings: Duration::from_mins(10),
            module: Duration::from_mins(1),
            orders: Duration::from_secs(2),
        }
    }
}

/// What a companion is made of.
pub struct Options {
    /// The account.
    pub account: AccountId,
    /// The engine.
    pub engine: Engine,
    /// Asks the CRM.
    pub client: Client,
    /// The connector it helps.
    pub connector: Connector,
    /// The locks of records that both change.
    pub writes: Writes,
    /// The code of our integration module; `None`: nobody asks whether we may act.
    pub module: Option<String>,
    /// What is created on a first contact.
    pub wanted: Wanted,
    /// How often things are asked for.
    pub tempo: Tempo,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<IdSource>,
}

/// Tells the companion of customers; cheap to clone. Telling never waits.
#[derive(Clone)]
pub struct Companion {
    told: mpsc::Sender<Told>,
    language: Arc<RwLock<Language>>,
    enquiries: Enquiries,
    clock: Arc<dyn Clock>,
}

/// What the companion is told.
enum Told {
    /// The gateway shows a customer; true: something about them changed.
    Customer(Person, bool),
    /// There may be somebody to ask about.
    Asked,
    /// A dialog was opened.
    Opened(Opened),
    /// The CRM called: whether we may act.
    Stands(Standing),
}

/// More customers at once than can be told are not looked up now; they are when they write again.
const SEEN_AT_ONCE: usize = 10_000;

impl Companion {
    /// Where the companion listens, before it starts. `memory`: how long answers about customers hold.
    pub fn new(memory: Memory, clock: Arc<dyn Clock>) -> (Self, Ear) {
        let (told, ear) = mpsc::channel(SEEN_AT_ONCE);
        let language = Arc::new(RwLock::new(Language::default()));
        let enquiries = Enquiries::new(memory);
        let ear = Ear { told: ear, language: Arc::clone(&language), enquiries: enquiries.clone() };
        (Self { told, language, enquiries, clock }, ear)
    }

    /// The CRM says whether we may act, before it is asked again.
    pub fn stands(&self, standing: Standing) {
        // A queue that is full leaves it to the next asking.
        let _ = self.told.try_send(Told::Stands(standing));
    }

    /// The language of the account, for notes.
    pub fn language(&self) -> Language {
        *self.language.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Customers for Companion {
    fn see(&self, customer: &CustomerSeen, is_news: bool) {
        let CustomerSeen { id, phone, email, .. } = customer;
        let person = Person { id: *id, phone: phone.clone(), email: email.clone() };
        // A full queue means that the CRM is away; the customer is seen again.
        let _ = self.told.try_send(Told::Customer(person, is_news));
    }

    fn expect(&self, customer: u64) -> bool {
        let person = Person { id: customer, ..Person::default() };
        let is_expected = self.enquiries.expect(&person, self.clock.now());
        // Whoever has a full queue asks soon anyway.
        let _ = self.told.try_send(Told::Asked);
        is_expected
    }

    fn is_expected(&self, customer: u64) -> bool {
        self.enquiries.is_expected(customer)
    }

    fn opened(&self, opened: Opened) {
        let _ = self.told.try_send(Told::Opened(opened));
    }
}

/// The companion's end of what it is told.
pub struct Ear {
    told: mpsc::Receiver<Told>,
    language: Arc<RwLock<Language>>,
    enquiries: Enquiries,
}

/// What comes back from the CRM.
enum Back {
    Customers(Question, Result<Vec<CrmCustomer>, CrmError>),
    Users(Timestamp, Result<Vec<User>, CrmError>),
    Settings(Result<Box<Settings>, CrmError>),
    Module(Result<Standing, CrmError>),
    /// The customer in the gateway, and in the CRM; `None`: they are on record there already.
    Created(u64, Result<Option<u64>, CrmError>),
}

/// What the CRM answers when something was created.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Created {
    id: u64,
}

/// What is asked for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Poll {
    Users,
    Settings,
    Module,
}

/// What is being asked for: a slow CRM is not asked for the same thing over and over.
#[derive(Debug, Default)]
struct UnderWay(BTreeSet<Poll>);

impl UnderWay {
    /// Whether it may be asked for now; then it counts as asked for.
    fn begins(&mut self, poll: Poll) -> bool {
        self.0.insert(poll)
    }

    fn ends(&mut self, poll: Poll) {
        self.0.remove(&poll);
    }
}

struct Task {
    options: Arc<Options>,
    enquiries: Enquiries,
    under_way: UnderWay,
    /// Users were asked for at least once.
    met_users: bool,
    links: Links,
    sites: Sites,
    firsts: FirstContacts,
    standing: Option<Standing>,
    /// What was told of the hours in the settings, so that it is told once.
    hours_told: Vec<String>,
    /// What was told of the CRM's health, so that it is told once.
    complained: bool,
    back: mpsc::UnboundedSender<Back>,
    language: Arc<RwLock<Language>>,
}

impl Options {
    /// Starts it, on the runtime of the calling thread. It ends when nobody can tell it anything any more.
    pub fn start(self, ear: Ear) {
        actix::spawn(run(self, ear));
    }
}

async fn run(options: Options, ear: Ear) {
    let Ear { mut told, language, enquiries } = ear;
    let (back, mut backs) = mpsc::unbounded_channel();
    let every = |span: Duration| {
        let mut ticks = tokio::time::interval(span);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let tempo = options.tempo;
    let (mut users, mut settings) = (every(tempo.users), every(tempo.settings));
    let (mut module, mut orders) = (every(tempo.module), every(tempo.orders));
    let mut task = Task {
        enquiries,
        under_way: UnderWay::default(),
        met_users: false,
        links: Links::default(),
        sites: Sites::default(),
        firsts: FirstContacts::new(options.wanted.clone()),
        standing: None,
        hours_told: Vec::new(),
        complained: false,
        back,
        language,
        options: Arc::new(options),
    };
    loop {
        let rest =
            task.enquiries.with(|lookup| lookup.wakes_at()).map(|at| at.since(task.options.clock.now()));
        tokio::select! {
            told = told.recv() => match told {
                Some(Told::Customer(person, is_news)) => task.sees(&person, is_news),
                Some(Told::Asked) => {}
                Some(Told::Opened(opened)) => task.opened(opened),
                Some(Told::Stands(standing)) => task.obey(standing),
                None => return,
            },
            Some(back) = backs.recv() => task.came_back(back).await,
            _ = users.tick() => task.ask_users(),
            _ = settings.tick() => task.ask_settings(),
            _ = module.tick() => task.ask_module(),
            _ = orders.tick() => task.look_for_managers().await,
            () = pause(rest.unwrap_or_default()), if rest.is_some() => {}
        }
        task.ask_about_customers();
    }
}

impl Task {
    /// Asks beside the task; what comes of it comes back.
    fn ask<T: serde::de::DeserializeOwned + 'static>(
        &self,
        request: &Request,
        wrap: impl FnOnce(Result<T, CrmError>) -> Back + 'static,
    ) {
        let (client, back, request) = (self.options.client.clone(), self.back.clone(), request.clone());
        actix::spawn(async move {
            let answer = client.ask::<T>(&request).await;
            // The task may have ended meanwhile.
            let _ = back.send(wrap(answer));
        });
    }

    fn sees(&mut self, person: &Person, is_news: bool) {
        let now = self.options.clock.now();
        self.enquiries
            .with(|lookup| if is_news { lookup.news(person, now) } else { lookup.see(person, now) });
    }

    fn ask_about_customers(&mut self) {
        if !self.met_users {
            // Who owns a customer can only be told once it is known who is who.
            return;
        }
        let now = self.options.clock.now();
        while let Some(question) = self.enquiries.with(|lookup| lookup.next(now)) {
            self.ask(&question.request(), |page: Result<CustomerPage, _>| {
                Back::Customers(question, page.map(|page| page.customers))
            });
        }
    }

    fn ask_settings(&mut self) {
        if !self.under_way.begins(Poll::Settings) {
            return;
        }
        self.ask(&Request::settings(), |page: Result<SettingsPage, _>| {
            Back::Settings(page.map(|page| Box::new(page.settings)))
        });
    }

    fn ask_users(&mut self) {
        if !self.under_way.begins(Poll::Users) {
            return;
        }
        let (client, back) = (self.options.client.clone(), self.back.clone());
        let asked = self.options.clock.now();
        actix::spawn(async move {
            let _ = back.send(Back::Users(asked, all_users(&client).await));
        });
    }

    fn ask_module(&mut self) {
        if let Some(code) = &self.options.module
            && self.under_way.begins(Poll::Module)
        {
            self.ask(&Request::module(code), |shown: Result<ModuleShown, _>| {
                Back::Module(shown.map(|shown| Standing::of_module(&shown.integration_module)))
            });
        }
    }

    async fn came_back(&mut self, back: Back) {
        match &back {
            Back::Users(..) => self.under_way.ends(Poll::Users),
            Back::Settings(_) => self.under_way.ends(Poll::Settings),
            Back::Module(_) => self.under_way.ends(Poll::Module),
            Back::Customers(..) | Back::Created(..) => {}
        }
        // Without an answer customers are looked up all the same.
        self.met_users |= matches!(back, Back::Users(..));
        match back {
            Back::Customers(question, Ok(found)) => {
                self.is_well();
                let now = self.options.clock.now();
                let update = self.enquiries.with(|lookup| lookup.answer(&question, &found, now));
                if let Some(update) = update {
                    self.update(update);
                }
            }
            Back::Customers(question, Err(error)) => {
                self.complain(&error);
                let chance = u32::from_le_bytes(self.options.ids.bytes());
                let now = self.options.clock.now();
                let is_passing = error.is_passing();
                let update = self.enquiries.with(|lookup| lookup.fail(&question, is_passing, chance, now));
                if let Some(update) = update {
                    self.update(update);
                }
            }
            Back::Users(asked, Ok(users)) => {
                self.is_well();
                self.links.of_crm(&users);
                self.options.connector.hear_crm(users.clone(), asked);
                self.note(self.put_managers(&users).await);
            }
            Back::Settings(Ok(settings)) => {
                self.is_well();
                let language = Language::of_tag(&settings.system_language.value).unwrap_or_default();
                *self.language.write().unwrap_or_else(PoisonError::into_inner) = language;
                self.put_hours(&settings).await;
                let result = self.put_sites(*settings).await;
                self.note(result);
            }
            Back::Module(Ok(standing)) => {
                self.is_well();
                self.obey(standing);
            }
            Back::Created(customer, Ok(crm_id)) => match crm_id {
                Some(crm_id) => self.firsts.known(customer, crm_id),
                None => self.firsts.failed(customer),
            },
            Back::Created(customer, Err(error)) => {
                // It may have been created all the same, so that it is not tried again.
                tracing::warn!(account = %self.options.account, customer, %error, "a customer was not created");
                self.firsts.failed(customer);
            }
            Back::Users(_, Err(error)) | Back::Settings(Err(error)) | Back::Module(Err(error)) => {
                self.complain(&error);
            }
        }
    }

    fn is_well(&mut self) {
        if self.complained {
            self.complained = false;
            tracing::info!(account = %self.options.account, "the CRM answers again");
        }
    }

    fn complain(&mut self, error: &CrmError) {
        if !self.complained {
            self.complained = true;
            let account = &self.options.account;
            tracing::warn!(%account, %error, "the CRM does not answer as it should; dialogs are shared out without it");
        }
    }

    fn note(&self, result: Result<(), EngineError>) {
        if let Err(error) = result {
            let account = &self.options.account;
            tracing::warn!(%account, %error, "what the CRM says could not be put on record; it is tried again");
        }
    }

    fn obey(&mut self, standing: Standing) {
        if self.standing == Some(standing) {
            return;
        }
        let account = &self.options.account;
        if standing == Standing::Runs {
            tracing::info!(%account, "{}", standing.words());
        } else {
            tracing::warn!(%account, "{}", standing.words());
        }
        self.standing = Some(standing);
        self.options.connector.allow(standing == Standing::Runs);
    }

    /// What came of looking a customer up.
    fn update(&mut self, update: Update) {
        match update.outcome {
            Outcome::Found(facts) => {
                self.firsts.known(update.person, facts.crm_id);
                self.put_facts(update.person, facts);
            }
            Outcome::Nobody => {
                self.options.end(&self.enquiries, update.person);
                self.create_customer(update.person);
            }
            Outcome::NoAnswer => self.options.end(&self.enquiries, update.person),
        }
    }
}

async fn all_users(client: &Client) -> Result<Vec<User>, CrmError> {
    let (mut list, mut next) = (UserList::default(), Some(1));
    while let Some(page) = next {
        next = list.add(client.ask::<UserPage>(&Request::users(page)).await?);
    }
    Ok(list.users())
}
