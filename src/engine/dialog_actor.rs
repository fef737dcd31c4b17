//! The actor of one dialog: it holds the state, lets the core decide, and sees to what the core asks for.
//!
//! A transition takes hold in memory at once and is queued for the store; answers and announcements
//! wait for the store. If the store contradicts (another life wrote the dialog), this life's later
//! writes are refused too, and the keeper starts the actor again from what is stored.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, ActorContext, Addr, Context, Handler, Message};

use super::inbound::Outcome;
use super::manager_actor::FinishDialog;
use super::messages::{FromDialog, News};
use super::supervisor::Supervisor;
use super::surroundings::Surroundings;
use super::tell::tell;
use super::timekeeper::Whose;
use super::{EngineError, Failure, Reply};
use crate::desk::Save;
use crate::desk::policy::{dialog_policy, neutral_policy};
use crate::domain::account::Account;
use crate::domain::announcement::{Announcement, Subject};
use crate::domain::channel::Channel;
use crate::domain::closing::DialogPolicy;
use crate::domain::customer::Customer;
use crate::domain::dialog::{Command, Dialog, DialogState, Effect, Standing, Transition};
use crate::domain::facts::Facts;
use crate::domain::message::Message as Text;
use crate::domain::routing::Decision;
use crate::domain::tally::tallies;
use crate::domain::time::Timestamp;
use crate::rules::ruleset::RuleSet;
use crate::store::change::Write;

/// How many decisions of one dialog may panic before it is set aside for a person.
const PANICS_BEFORE_QUARANTINE: u8 = 3;

/// What a dialog's policy follows from; told anew when any of it changes.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct Situation {
    /// The rule set in force.
    pub rules: Arc<RuleSet>,
    /// The account's settings.
    pub account: Arc<Account>,
    /// The channel.
    pub channel: Option<Arc<Channel>>,
    /// The customer.
    pub customer: Option<Arc<Customer>>,
}

impl Situation {
    /// What holds for a dialog in this situation at a moment.
    pub fn policy(&self, dialog: &Dialog, now: Timestamp) -> DialogPolicy {
        match (&self.channel, &self.customer) {
            (Some(channel), Some(customer)) => {
                dialog_policy(&self.rules, &self.account, &Facts::of(dialog, channel, customer, now))
            }
            _ => neutral_policy(),
        }
    }
}

/// What the desk wants stored, as the store takes it.
pub(super) fn to_store(save: Save) -> Write {
    match save {
        Save::Work { manager, work } => Write::Work { manager, work },
        Save::Rotation { key, last } => Write::Rotation { key, last },
        Save::Stance(change) => Write::Stance(change),
    }
}

/// Somebody asked, and waits for an answer.
pub struct Asked {
    /// To whom.
    pub reply: Reply,
    /// The message that came with it.
    pub message: Option<Arc<Text>>,
    /// It was about a message rather than about the dialog.
    pub about_message: bool,
    /// The dialog is new.
    pub created: bool,
}

impl Asked {
    fn outcome(&self, dialog: Arc<Dialog>, decision: Option<Arc<Decision>>) -> Outcome {
        match (&self.message, self.about_message) {
            (Some(message), true) => {
                Outcome::Message { message: Arc::clone(message), dialog, decision, opened: self.created }
            }
            (message, _) => {
                Outcome::Dialog { dialog, decision, created: self.created, message: message.clone() }
            }
        }
    }
}

/// Carry out a command.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Do {
    /// What.
    pub command: Command,
    /// For whom, if anybody waits.
    pub asked: Option<Asked>,
    /// What the desk wants written along with it.
    pub saves: Vec<Save>,
}

/// Answer with the dialog as it is.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Show(pub Asked);

/// Deadlines may be due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Look {
    /// The supervisor has permitted it to close by itself.
    pub may_close: bool,
}

/// Set the deadlines: the actor was started from what is stored, and the books know it already.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Introduce;

/// Stop.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Retire;

/// The actor of one dialog.
pub struct DialogActor {
    around: Surroundings,
    supervisor: Addr<Supervisor>,
    situation: Situation,
    dialog: Arc<Dialog>,
    lineage: u64,
    /// Who waits for the decision on a request of ours.
    awaiting_decision: Option<Asked>,
    /// The ticket of a request that the supervisor has not answered at all yet. It answers at once, and what
    /// comes in meanwhile is held back, so that whoever writes right behind an opening meets its outcome.
    undecided: Option<u64>,
    held_back: VecDeque<Do>,
    /// The newest decision of this life.
    decision: Option<Arc<Decision>>,
    /// The transition that brought the dialog into being, until the actor runs.
    birth: Option<(Transition, Asked)>,
    /// Its first state has not been queued for the store yet.
    unborn: bool,
    stood: Option<Standing>,
    armed: Option<Timestamp>,
    panics: u8,
}

impl DialogActor {
    /// The actor of a dialog that is stored.
    pub fn stored(
        around: Surroundings,
        supervisor: Addr<Supervisor>,
        situation: Situation,
        lineage: u64,
        dialog: Arc<Dialog>,
    ) -> Self {
        Self {
            around,
            supervisor,
            situation,
            dialog,
            lineage,
            awaiting_decision: None,
            undecided: None,
            held_back: VecDeque::new(),
            decision: None,
            birth: None,
            unborn: false,
            stood: None,
            armed: None,
            panics: 0,
        }
    }

    /// The actor of a dialog that is being opened.
    pub fn opening(
        around: Surroundings,
        supervisor: Addr<Supervisor>,
        situation: Situation,
        lineage: u64,
        transition: Transition,
        asked: Asked,
    ) -> Self {
        let dialog = Arc::new(transition.next.clone());
        let mut actor = Self::stored(around, supervisor, situation, lineage, dialog);
        actor.birth = Some((transition, asked));
        actor.unborn = true;
        actor
    }

    fn carry_out(&mut self, command: Command, asked: Option<Asked>, saves: Vec<Save>) {
        let now = self.around.now();
        let policy = self.situation.policy(&self.dialog, now);
        let routed = match &command {
            Command::Route { ticket, decision, .. } => Some((*ticket, Arc::clone(decision))),
            Command::Write(_)
            | Command::Heard { .. }
            | Command::Report { .. }
            | Command::Assign { .. }
            | Command::Return { .. }
            | Command::Close { .. }
            | Command::Relink(_)
            | Command::Move { .. }
            | Command::Stay
            | Command::NotTaken { .. }
            | Command::Accept { .. }
            | Command::Decline { .. }
            | Command::Lapse { .. }
            | Command::Tick
            | Command::Quarantine => None,
        };
        // The state is replaced only by what a whole decision returns, so a panic in it harms nothing.
        match catch_unwind(AssertUnwindSafe(|| self.dialog.decide(command, &policy, now))) {
            Ok(Ok(transition)) => {
                let dropped = transition.next.version == self.dialog.version;
                if let (Some((ticket, _)), true) = (&routed, dropped) {
                    self.tell_supervisor(News::Decline { ticket: *ticket });
                }
                self.apply(transition, asked, saves, routed.map(|(_, decision)| decision), &policy);
            }
            Ok(Err(refusal)) => {
                if let Some(asked) = asked {
                    self.around.answer(asked.reply, Err(Failure::Engine(EngineError::Refused(refusal))));
                }
            }
            Err(_) => self.survive(asked),
        }
    }

    /// Whether a tick would close it now.
    fn is_about_to_close(&self) -> bool {
        let now = self.around.now();
        let policy = self.situation.policy(&self.dialog, now);
        let tick = || self.dialog.decide(Command::Tick, &policy, now);
        matches!(catch_unwind(AssertUnwindSafe(tick)), Ok(Ok(transition)) if !transition.next.is_open())
    }

    /// A decision panicked (the panic itself was logged by the hook). Three times is enough.
    fn survive(&mut self, asked: Option<Asked>) {
        self.panics = self.panics.saturating_add(1);
        self.around.observer.panicked(&self.around.cell.id);
        tracing::error!(dialog = %self.dialog.id, panics = self.panics, "a decision about a dialog panicked");
        if let Some(asked) = asked {
            self.around.answer(asked.reply, Err(Failure::Engine(EngineError::Internal)));
        }
        if self.panics == PANICS_BEFORE_QUARANTINE {
            self.carry_out(Command::Quarantine, None, Vec::new());
        }
    }

    fn apply(
        &mut self,
        transition: Transition,
        asked: Option<Asked>,
        saves: Vec<Save>,
        decision: Option<Arc<Decision>>,
        policy: &DialogPolicy,
    ) {
        let Transition { next, effects, refusal } = transition;
        if decision.is_some() {
            self.decision.clone_from(&decision);
        }
        let now = self.around.now();
        let is_news = std::mem::take(&mut self.unborn) || next.version != self.dialog.version;
        let next = Arc::new(next);
        let before = std::mem::replace(&mut self.dialog, Arc::clone(&next));

        let mut writes = Vec::with_capacity(effects.len() + saves.len() + 1);
        let mut figures = Vec::new();
        let mut requests = Vec::new();
        let mut finished = None;
        let mut withdrawn = false;
        if is_news {
            writes.push(Write::Dialog(Arc::clone(&next)));
        }
        let day = self.situation.rules.day(now);
        for (manager, tally) in tallies(&effects) {
            writes.push(Write::Tally { manager, day, tally });
        }
        if let (Some(from), Some(into)) = (&before.customer, &next.customer)
            && from != into
        {
            // The merge relinked what was stored by then: maybe not yet this dialog, whose opening was under way.
            writes.push(Write::CustomerMerged { from: from.clone(), into: into.clone() });
        }
        let mut part = 0;
        for effect in effects {
            match effect {
                Effect::Announce { cause, body } => {
                    let subject = Subject::Dialog(next.id.clone());
                    writes.push(Write::Event(Announcement {
                        subject,
                        version: next.version,
                        part,
                        at: now,
                        cause,
                        body,
                    }));
                    part += 1;
                }
                Effect::RecordMessage(message) => writes.push(Write::Message(Arc::new(message))),
                Effect::RecordStatus { message, status } => {
                    writes.push(Write::MessageStatus { message, status });
                }
                Effect::RequestAssignment(request) => requests.push(request),
                Effect::WithdrawRequest => withdrawn = true,
                Effect::RememberServing(served) => {
                    if let Some(customer) = next.customer.clone() {
                        // While somebody holds the dialog, the dialog itself remembers who served.
                        let keep = !matches!(next.state, DialogState::Assigned { .. });
                        self.tell_supervisor(News::Serve { customer, served, keep });
                    }
                }
                Effect::FinishDialog(manager) => finished = Some(manager),
                Effect::Measure(figure) => figures.push(figure),
            }
        }
        if is_news {
            writes.extend(saves.into_iter().map(to_store));
        }

        let answer = self.answer_for(asked, decision, refusal, !requests.is_empty());
        if !writes.is_empty() || answer.is_some() {
            self.around.commit(self.lineage, writes, answer, figures);
        }
        if withdrawn {
            self.tell_supervisor(News::Withdraw);
        }
        self.stand(policy, finished);
        if withdrawn || !next.is_open() {
            self.undecided = None;
        }
        for request in requests {
            self.undecided = Some(request.ticket);
            self.tell_supervisor(News::Request { dialog: Arc::clone(&next), request });
        }
        self.arm(policy);
        if !next.is_open() {
            self.tell_supervisor(News::Closed);
        }
    }

    /// Who is answered with this change, and what. Whoever asked for something that needs a decision
    /// is answered with the decision.
    fn answer_for(
        &mut self,
        asked: Option<Asked>,
        decision: Option<Arc<Decision>>,
        refusal: Option<crate::domain::refusal::Refusal>,
        awaits_decision: bool,
    ) -> Option<(Reply, Result<Outcome, Failure>)> {
        if let Some(refusal) = refusal {
            return asked.map(|asked| (asked.reply, Err(Failure::Engine(EngineError::Refused(refusal)))));
        }
        if awaits_decision && self.awaiting_decision.is_none() {
            self.awaiting_decision = asked;
            return None;
        }
        let asked = if decision.is_some() { asked.or_else(|| self.awaiting_decision.take()) } else { asked };
        asked.map(|asked| {
            let outcome = asked.outcome(Arc::clone(&self.dialog), decision);
            (asked.reply, Ok(outcome))
        })
    }

    fn news(&self, news: News) -> FromDialog {
        FromDialog { dialog: self.dialog.id.clone(), lineage: self.lineage, news }
    }

    fn tell_supervisor(&self, news: News) {
        tell(&self.supervisor, self.news(news));
    }

    /// Tells the desk how the dialog stands, when that changed. A closure goes by way of the manager, so
    /// that the pause after it begins before the freed place is given away.
    fn stand(&mut self, policy: &DialogPolicy, finished: Option<crate::domain::ids::ManagerId>) {
        let standing = self.dialog.standing(policy);
        if self.stood.as_ref() == Some(&standing) {
            return;
        }
        self.stood = Some(standing.clone());
        let stand = self.news(News::Stand(standing));
        match finished {
            Some(manager) => tell(&self.supervisor, FinishDialog { manager, stand }),
            None => tell(&self.supervisor, stand),
        }
    }

    fn arm(&mut self, policy: &DialogPolicy) {
        let deadline = self.dialog.deadline(policy);
        if deadline != self.armed {
            self.armed = deadline;
            self.around.arm(Whose::Dialog(self.dialog.id.clone(), self.lineage), deadline);
        }
    }
}

impl Actor for DialogActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if let Some((transition, asked)) = self.birth.take() {
            let policy = self.situation.policy(&self.dialog, self.around.now());
            self.apply(transition, Some(asked), Vec::new(), None, &policy);
        }
    }
}

impl Handler<Do> for DialogActor {
    type Result = ();

    fn handle(&mut self, task: Do, _: &mut Self::Context) {
        if let Command::Route { ticket, .. } = &task.command {
            self.undecided = self.undecided.filter(|undecided| undecided != ticket);
        } else if self.undecided.is_some() && task.asked.is_some() {
            return self.held_back.push_back(task);
        }
        self.carry_out(task.command, task.asked, task.saves);
        while self.undecided.is_none()
            && let Some(Do { command, asked, saves }) = self.held_back.pop_front()
        {
            self.carry_out(command, asked, saves);
        }
    }
}

impl Handler<Show> for DialogActor {
    type Result = ();

    fn handle(&mut self, Show(asked): Show, _: &mut Self::Context) {
        let outcome = asked.outcome(Arc::clone(&self.dialog), self.decision.clone());
        // With its lineage: what it shows may turn out never to have been.
        self.around.commit(self.lineage, Vec::new(), Some((asked.reply, Ok(outcome))), Vec::new());
    }
}

impl Handler<Look> for DialogActor {
    type Result = ();

    fn handle(&mut self, Look { may_close }: Look, _: &mut Self::Context) {
        // The timekeeper has forgotten the deadline by now.
        self.armed = None;
        if !may_close && self.situation.rules.closings_per_second().is_some() && self.is_about_to_close() {
            return self.tell_supervisor(News::MayClose);
        }
        self.carry_out(Command::Tick, None, Vec::new());
        let policy = self.situation.policy(&self.dialog, self.around.now());
        self.arm(&policy);
    }
}

impl Handler<Situation> for DialogActor {
    type Result = ();

    fn handle(&mut self, situation: Situation, _: &mut Self::Context) {
        self.situation = situation;
        let policy = self.situation.policy(&self.dialog, self.around.now());
        self.stand(&policy, None);
        self.arm(&policy);
    }
}

impl Handler<Introduce> for DialogActor {
    type Result = ();

    fn handle(&mut self, _: Introduce, _: &mut Self::Context) {
        let policy = self.situation.policy(&self.dialog, self.around.now());
        self.stood = Some(self.dialog.standing(&policy));
        self.arm(&policy);
    }
}

impl Handler<Retire> for DialogActor {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Self::Context) {
        let held_back = self.held_back.drain(..).filter_map(|task| task.asked);
        for asked in self.awaiting_decision.take().into_iter().chain(held_back) {
            self.around.answer(asked.reply, Err(Failure::Engine(self.around.cell.away())));
        }
        ctx.stop();
        ctx.terminate();
    }
}
