//! The shell around the mirror and the session: one task for each account, which carries out what they ask for.
//!
//! | file | idea |
//! |---|---|
//! | `socket` | a socket that lives until it ends or is let go |
//! | `reading` | everything, read after a gap and now and then, in three rounds |
//! | `kept` | what a reading that was cut off had read, for the next |
//! | `telling` | the engine is told, chat by chat in order, until it has taken it |
//! | `beginning` | what the engine has when the connector starts |
//! | `feed` | the engine's events as wishes, and the place up to which they are done |
//!
//! The task owns mirror and session, so that neither is ever changed by two. Whatever takes time runs beside it and
//! reports back through one queue. Of the engine's events, the place up to which all is done is kept in the store, as
//! that of a subscriber with the id `connector:retailcrm`: after a crash, what was not done is done, and what was done
//! is recognised and left.

mod beginning;
mod feed;
mod kept;
mod reading;
mod socket;
mod telling;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::client::{Client, Failure, Token};
use super::crm::first_contact::Opened;
use super::crm::writes::Writes;
use super::crm_wire::User;
use super::mirror::{CustomerSeen, Found, Given, Input, Job, Lane, Mirror, News, Read, Step, Tally};
use super::session::{Act, Event, Session, Tempo};
use super::wire::{Frame, Id};
use crate::domain::ids::AccountId;
use crate::domain::message::Visibility;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::engine::clock::{Clock, pause};
use crate::engine::ids::IdSource;
use crate::store::StoreError;
use crate::telemetry::metrics::ConnectorMeters;
use feed::Feed;
use kept::Kept;
use reading::Round;
use telling::Tellers;

/// How many calls and readings are under way at once.
const AT_ONCE: usize = 16;

/// Somebody who answers what managers command.
pub trait Commands: Send + Sync + 'static {
    /// The answer, which only staff may read; `None`: it is no command of ours.
    fn answer<'a>(&'a self, given: &'a Given) -> BoxFuture<'a, Option<String>>;
}

/// Somebody who finds out who customers are.
pub trait Customers: Send + Sync + 'static {
    /// The gateway shows a customer. `is_news`: something about them changed. Never waits.
    fn see(&self, customer: &CustomerSeen, is_news: bool);

    /// A dialog of this customer is about to be opened. True: there will soon be more to know of them. Never waits.
    fn expect(&self, customer: Id) -> bool;

    /// Whether what was expected is still to come.
    fn is_expected(&self, customer: Id) -> bool;

    /// A dialog was opened. Never waits.
    fn opened(&self, opened: Opened);
}

/// What a connector is made of.
pub struct Options {
    /// The account.
    pub account: AccountId,
    /// The engine.
    pub engine: Engine,
    /// Speaks to the gateway.
    pub client: Client,
    /// How fast everything goes.
    pub tempo: Tempo,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<IdSource>,
    /// Counts.
    pub meters: ConnectorMeters,
    /// Answers commands; `None`: nobody does.
    pub commands: Option<Arc<dyn Commands>>,
    /// Is told of customers; `None`: nobody is.
    pub customers: Option<Arc<dyn Customers>>,
    /// The locks of records that others change too.
    pub writes: Writes,
}

/// What may be asked of a running connector.
enum Control {
    Token(Token),
    Crm { users: Vec<User>, asked: Timestamp },
    Allow(bool),
    Stop(oneshot::Sender<()>),
}

/// A running connector. Letting go of it does not stop it.
#[derive(Clone)]
pub struct Connector {
    control: mpsc::UnboundedSender<Control>,
    live: watch::Receiver<bool>,
}

impl Connector {
    /// Starts one, on the runtime of the calling thread.
    pub fn start(options: Options) -> Self {
        let (control, controls) = mpsc::unbounded_channel();
        let (is_live, live) = watch::channel(false);
        actix::spawn(run(options, controls, is_live));
        Self { control, live }
    }

    /// There may be another token: if so, it is used at once.
    pub fn set_token(&self, token: Token) {
        let _ = self.control.send(Control::Token(token));
    }

    /// The CRM, asked then, says of its users whether they are there, and what status they chose.
    pub fn hear_crm(&self, users: Vec<User>, asked: Timestamp) {
        let _ = self.control.send(Control::Crm { users, asked });
    }

    /// The account lets us act, or does not: then the gateway is followed and nothing is changed in it.
    pub fn allow(&self, is_allowed: bool) {
        let _ = self.control.send(Control::Allow(is_allowed));
    }

    /// Whether it follows the gateway, as that changes.
    pub fn live(&self) -> watch::Receiver<bool> {
        self.live.clone()
    }

    /// Stops it. What is not done in the gateway is done when it starts again.
    pub async fn stop(&self) {
        let (stopped, end) = oneshot::channel();
        if self.control.send(Control::Stop(stopped)).is_ok() {
            // It ends without an answer only when it was ended otherwise.
            let _ = end.await;
        }
    }
}

/// What comes back from whatever runs beside the task.
enum Back {
    Input(Input),
    /// Of the socket with this number.
    Session(u64, Event<Box<Frame>>),
    /// A round of reading everything, for the socket with this number.
    Round(u64, Result<Box<Round>, Failure>),
}

struct Runner {
    options: Arc<Options>,
    mirror: Mirror,
    session: Session<Box<Frame>>,
    feed: Feed,
    tellers: Tellers,
    back: mpsc::UnboundedSender<Back>,
    slots: Arc<Semaphore>,
    /// Lets go of the socket when it is dropped, and asks it for pings.
    socket: Option<mpsc::UnboundedSender<()>>,
    /// The socket's number: what comes of former ones is dropped.
    connection: u64,
    /// The reading of everything that is under way.
    reading: Option<JoinHandle<()>>,
    /// What one that was cut off had read.
    kept: Arc<Kept>,
    /// When what is known was last complete.
    complete_at: Option<Timestamp>,
    is_live: watch::Sender<bool>,
    /// The account lets us act.
    is_allowed: bool,
}

async fn run(options: Options, mut controls: mpsc::UnboundedReceiver<Control>, is_live: watch::Sender<bool>) {
    let options = Arc::new(options);
    let begun = loop {
        match beginning::begin(&options).await {
            Ok(begun) => break begun,
            Err(failure) => {
                tracing::warn!(account = %options.account, %failure, "the connector cannot start yet; trying again");
                pause(options.tempo.first_wait).await;
            }
        }
    };
    let (back, mut backs) = mpsc::unbounded_channel();
    let session = Session::new(options.tempo, options.clock.now());
    let mut runner = Runner {
        mirror: begun.mirror,
        session,
        feed: begun.feed,
        tellers: Tellers::start(&options, &back),
        back,
        slots: Arc::new(Semaphore::new(AT_ONCE)),
        socket: None,
        connection: 0,
        reading: None,
        kept: Arc::default(),
        complete_at: None,
        is_live,
        is_allowed: true,
        options,
    };
    let Some(mut newest) = runner.options.engine.newest_seq(&runner.options.account) else { return };
    let mut ticks = tokio::time::interval(runner.options.tempo.tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    newest.mark_changed();
    loop {
        tokio::select! {
            control = controls.recv() => match control {
                Some(Control::Token(token)) => runner.take_token(token).await,
                Some(Control::Crm { users, asked }) => runner.input(Input::Crm { users, asked }).await,
                Some(Control::Allow(is_allowed)) => runner.allow(is_allowed).await,
                Some(Control::Stop(stopped)) => {
                    runner.feed.keep(&runner.options, runner.mirror.done_up_to()).await;
                    runner.options.meters.connected(false);
                    let _ = stopped.send(());
                    return;
                }
                None => return,
            },
            Some(back) = backs.recv() => runner.came_back(back).await,
            Ok(()) = newest.changed() => {
                let reached = *newest.borrow_and_update();
                runner.read_feed(reached).await;
            }
            _ = ticks.tick() => runner.tick().await,
        }
    }
}

impl Runner {
    async fn tick(&mut self) {
        self.session_event(Event::Tick).await;
        self.input(Input::Tick).await;
        self.feed.keep_now_and_then(&self.options, self.mirror.done_up_to()).await;
        self.options.meters.owed(self.mirror.owed());
    }

    async fn read_feed(&mut self, reached: u64) {
        loop {
            match self.feed.next(&self.options, reached).await {
                Ok(Some(wishes)) => {
                    for wish in wishes {
                        self.input(wish).await;
                    }
                    self.mirror.read_up_to(self.feed.read_up_to());
                }
                Ok(None) => return,
                Err(failure) => return self.later(&failure),
            }
        }
    }

    /// The store cannot be read: the next event, or the next tick, tries again.
    fn later(&self, failure: &StoreError) {
        tracing::warn!(account = %self.options.account, %failure, "events could not be read; trying again");
    }

    async fn take_token(&mut self, token: Token) {
        if !self.options.client.has_token(&token) {
            tracing::info!(account = %self.options.account, "another token is in force");
            self.options.client.set_token(token);
            self.session_event(Event::NewToken).await;
        }
    }

    async fn allow(&mut self, is_allowed: bool) {
        self.is_allowed = is_allowed;
        if *self.is_live.borrow() {
            self.input(Input::Connected(is_allowed)).await;
        }
    }

    async fn came_back(&mut self, back: Back) {
        match back {
            Back::Input(input) => self.input(input).await,
            Back::Session(connection, event) if connection == self.connection => {
                self.session_event(event).await;
            }
            Back::Round(connection, round) if connection == self.connection => match round {
                Ok(round) => self.next_round(*round).await,
                Err(Failure::Unauthorized) => self.session_event(Event::Unauthorized).await,
                Err(failure) => {
                    tracing::warn!(account = %self.options.account, %failure, "the gateway could not be read");
                    self.options.meters.resynced("failed");
                    self.session_event(Event::NotSynced).await;
                }
            },
            Back::Session(..) | Back::Round(..) => {}
        }
    }

    async fn session_event(&mut self, event: Event<Box<Frame>>) {
        let now = self.options.clock.now();
        let chance = u32::from_le_bytes(self.options.ids.bytes());
        for act in self.session.on(event, now, chance) {
            self.act(act).await;
        }
    }

    async fn act(&mut self, act: Act<Box<Frame>>) {
        let account = &self.options.account;
        match act {
            Act::Connect => {
                self.connection += 1;
                self.socket = Some(socket::open(&self.options, self.connection, self.back.clone()));
            }
            Act::HangUp => self.socket = None,
            Act::Ping => {
                if let Some(socket) = &self.socket {
                    // The end of a socket is reported by itself.
                    let _ = socket.send(());
                }
            }
            Act::Read { is_routine } => self.read_everything(is_routine),
            Act::Tell(frame) => self.input(Input::Frame(frame)).await,
            Act::Live => {
                tracing::info!(%account, "the connector follows the gateway");
                self.options.meters.connected(true);
                self.options.meters.authorized(true);
                let _ = self.is_live.send(true);
                self.input(Input::Connected(self.is_allowed)).await;
            }
            Act::Gap => {
                tracing::info!(%account, "the connector lost the gateway; connecting again");
                self.options.meters.connected(false);
                let _ = self.is_live.send(false);
                self.input(Input::Connected(false)).await;
            }
            Act::Barred => {
                tracing::error!(
                    %account,
                    "the gateway does not take the connector's token: nothing is done in the CRM until it has another"
                );
                self.options.meters.authorized(false);
            }
        }
    }

    /// The mirror is told something, and what it asks for is done or begun.
    async fn input(&mut self, input: Input) {
        let now = self.options.clock.now();
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for step in self.mirror.on(input, now) {
                if let Some(next) = self.carry_out(step).await {
                    inputs.push_back(next);
                }
            }
        }
    }

    async fn carry_out(&mut self, step: Step) -> Option<Input> {
        match step {
            Step::Tell { lane: Lane::Everything, dialog, news } => {
                // Whatever comes after it builds on it.
                let taken = telling::tell(&self.options, &news).await;
                return Some(Input::Told { dialog, news, taken });
            }
            Step::Tell { lane: Lane::Chat(chat), dialog, news } => self.tellers.tell(chat, dialog, news),
            Step::Look { dialog, epoch } => self.look(dialog, epoch),
            Step::Call(job) => {
                let (options, back) = (Arc::clone(&self.options), self.back.clone());
                let slots = Arc::clone(&self.slots);
                actix::spawn(async move {
                    let _slot = slots.acquire().await;
                    let called = options.client.carry_out(&job).await;
                    let _ = back.send(Back::Input(Input::Called { job, called }));
                });
            }
            Step::Read(read) => self.read(read),
            Step::Command(given) => self.answer(given),
            Step::Distrust => {
                let account = &self.options.account;
                tracing::info!(%account, "what the bot may do may have changed; it connects anew to find out");
                // It has its turn after what the session is about to say: it must not say that it is live when the
                // line is gone already.
                let _ = self.back.send(Back::Session(self.connection, Event::Doubted));
            }
            Step::Count(tally) => self.count(tally),
            Step::GiveUp { job, why } => self.give_up(&job, &why),
        }
        None
    }

    fn look(&self, dialog: Id, epoch: u64) {
        let (options, back) = (Arc::clone(&self.options), self.back.clone());
        actix::spawn(async move {
            let (stand, acts) = feed::stand(&options, dialog).await;
            let _ = back.send(Back::Input(Input::Looked { dialog, epoch, stand, acts }));
        });
    }

    fn read(&self, read: Read) {
        let (options, back) = (Arc::clone(&self.options), self.back.clone());
        let slots = Arc::clone(&self.slots);
        actix::spawn(async move {
            loop {
                let found = {
                    let _slot = slots.acquire().await;
                    options.client.read(read).await
                };
                match found {
                    Ok(found) => {
                        let _ = back.send(Back::Input(Input::Read(found)));
                        return;
                    }
                    // What cannot be read is not there.
                    Err(Failure::Rejected { .. }) => {
                        let found = match read {
                            Read::Dialog(id) => Found::Dialog(id, None),
                            Read::Chat(id) => Found::Chat(id, None),
                            Read::Messages { dialog, .. } => Found::Messages(dialog, Vec::new()),
                            Read::Users => return,
                        };
                        let _ = back.send(Back::Input(Input::Read(found)));
                        return;
                    }
                    Err(Failure::Retry { .. } | Failure::Lost(_)) => {}
                    Err(Failure::Unauthorized) => {
                        let _ = back.send(Back::Input(Input::Doubted));
                    }
                }
                if back.is_closed() {
                    return;
                }
                pause(options.tempo.first_wait).await;
            }
        });
    }

    fn answer(&self, given: Given) {
        let Some(commands) = self.options.commands.clone() else { return };
        let client = self.options.client.clone();
        actix::spawn(async move {
            let Some(answer) = commands.answer(&given).await else { return };
            if let Err(failure) = client.send(given.chat, &answer, Visibility::Private).await {
                tracing::warn!(%failure, "a command could not be answered");
            }
        });
    }

    fn give_up(&self, job: &Job, why: &str) {
        let (account, dialog, kind) = (&self.options.account, job.dialog, job.call.word());
        tracing::warn!(%account, dialog, kind, why, "the gateway does not do it, and nothing depends on it: given up");
        self.options.meters.conflict("given_up");
    }

    fn count(&self, tally: Tally) {
        let meters = &self.options.meters;
        match tally {
            Tally::Repaired(kind) => {
                tracing::warn!(account = %self.options.account, kind, "reading in routine mended something");
                meters.repaired(kind);
            }
            Tally::Overwrote => meters.conflict("overwrote"),
            Tally::SentBack => meters.conflict("sent_back"),
            Tally::Refused => meters.conflict("refused"),
            Tally::Skipped => {}
        }
    }
}

/// A news item in short, for logs.
fn short(news: &News) -> &'static str {
    match news {
        News::Inbound(inbound) => inbound.word(),
        News::Customer(_) => "customer",
        News::Person(_) => "manager",
    }
}
