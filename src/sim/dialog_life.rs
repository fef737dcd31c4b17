//! The life of one dialog's actor: it holds the state, lets the core decide, and sees to what the core asks for.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::RngExt;

use super::commits::Commit;
use super::faults::Sabotage;
use super::inbound::Outcome;
use super::invariants::watch::Witness;
use super::ledger::Write;
use super::mail::{Asked, Failure, News, ToDesk, ToDialog, Whose};
use super::situation::Situation;
use super::world::World;
use crate::desk::Save;
use crate::domain::announcement::{Announcement, Subject};
use crate::domain::closing::DialogPolicy;
use crate::domain::dialog::{Command, Dialog, DialogState, Effect, Standing, Transition};
use crate::domain::figures::ServiceFigure;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::routing::Decision;
use crate::domain::tally::tallies;
use crate::domain::time::Timestamp;

/// The actor of one dialog.
#[derive(Debug)]
pub(super) struct DialogLife {
    pub situation: Situation,
    pub dialog: Arc<Dialog>,
    pub lineage: u64,
    /// Since when it is in this situation.
    pub situated_at: Timestamp,
    /// Who waits for the decision on a request of its own.
    awaiting_decision: Option<Asked>,
    /// The ticket of a request that the desk has not answered at all yet. It answers at once, and what comes in
    /// meanwhile is held back, so that whoever writes right behind an opening meets its outcome.
    undecided: Option<u64>,
    held_back: VecDeque<(Command, Asked)>,
    /// The newest decision of this life.
    decision: Option<Arc<Decision>>,
    /// Its first state has not been queued for the store yet.
    unborn: bool,
    stood: Option<Standing>,
    armed: Option<Timestamp>,
}

impl DialogLife {
    /// The actor of a dialog that is stored, or about to be.
    pub fn new(
        situation: Situation,
        lineage: u64,
        dialog: Arc<Dialog>,
        unborn: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            situation,
            dialog,
            lineage,
            situated_at: now,
            awaiting_decision: None,
            undecided: None,
            held_back: VecDeque::new(),
            decision: None,
            unborn,
            stood: None,
            armed: None,
        }
    }

    pub fn policy(&self, now: Timestamp) -> DialogPolicy {
        self.situation.policy(&self.dialog, now)
    }

    /// Who is answered with this change, and what. Whoever asked for something that needs a decision is
    /// answered with the decision.
    fn answer_for(
        &mut self,
        asked: Option<Asked>,
        decision: Option<Arc<Decision>>,
        awaits_decision: bool,
    ) -> Option<(Asked, Option<Arc<Decision>>)> {
        if awaits_decision && self.awaiting_decision.is_none() {
            self.awaiting_decision = asked;
            return None;
        }
        let asked = if decision.is_some() { asked.or_else(|| self.awaiting_decision.take()) } else { asked };
        asked.map(|asked| (asked, decision))
    }
}

fn outcome(asked: &Asked, dialog: Arc<Dialog>, decision: Option<Arc<Decision>>) -> Outcome {
    match (&asked.message, asked.about_message) {
        (Some(message), true) => {
            Outcome::Message { message: Arc::clone(message), dialog, opened: asked.created }
        }
        (_, _) => Outcome::Dialog { dialog, decision, created: asked.created },
    }
}

/// Whom a command is answered to, what is to be stored with it, and the decision that it brought.
type Along = (Option<Asked>, Vec<Save>, Option<Arc<Decision>>);

/// What a transition asks for, sorted.
#[derive(Default)]
struct Asks {
    writes: Vec<Write>,
    figures: Vec<ServiceFigure>,
    news: Vec<News>,
    requests: Vec<(u64, News)>,
    finished: Option<ManagerId>,
}

impl World {
    /// A dialog's actor takes a mail.
    pub(super) fn dialog_hears(&mut self, lineage: u64, mail: ToDialog) {
        match mail {
            ToDialog::Begin { transition, at, asked } => {
                self.apply(lineage, *transition, at, (Some(asked), Vec::new(), None));
            }
            ToDialog::Introduce => {
                let now = self.now;
                if let Some(life) = self.life(lineage) {
                    life.stood = Some(life.dialog.standing(&life.policy(now)));
                    self.arm_dialog(lineage);
                }
            }
            ToDialog::Do { command, asked, saves } => self.do_or_hold_back(lineage, command, asked, saves),
            ToDialog::Show(asked) => {
                if let Some(life) = self.life(lineage) {
                    let outcome = outcome(&asked, Arc::clone(&life.dialog), life.decision.clone());
                    // With its lineage: what it shows may turn out never to have been.
                    let commit = Commit::answering(asked.request, Ok(outcome));
                    self.commit(Commit { lineage, ..commit });
                }
            }
            ToDialog::Look { may_close } => self.look(lineage, may_close),
            ToDialog::Situation(situation) => {
                let now = self.now;
                if let Some(life) = self.life(lineage) {
                    life.situation = situation;
                    life.situated_at = now;
                    self.stand(lineage, None);
                    self.arm_dialog(lineage);
                }
            }
            ToDialog::Retire => self.retire_dialog(lineage),
        }
    }

    fn life(&mut self, lineage: u64) -> Option<&mut DialogLife> {
        self.memory.as_mut()?.dialog_lives.get_mut(&lineage)
    }

    fn retire_dialog(&mut self, lineage: u64) {
        let Some(memory) = &mut self.memory else { return };
        let unread = memory.mail.dismiss_dialog(lineage);
        let Some(mut life) = memory.dialog_lives.remove(&lineage) else { return };
        let held_back = life.held_back.drain(..).map(|(_, asked)| asked);
        for asked in life.awaiting_decision.take().into_iter().chain(held_back) {
            self.answer(asked.request, Err(Failure::Stopping));
        }
        for mail in unread {
            self.unread(mail);
        }
    }

    fn do_or_hold_back(&mut self, lineage: u64, command: Command, asked: Option<Asked>, saves: Vec<Save>) {
        let Some(life) = self.life(lineage) else { return };
        match (&command, asked) {
            (Command::Route { ticket, .. }, asked) => {
                life.undecided = life.undecided.filter(|undecided| undecided != ticket);
                self.carry_out(lineage, command, asked, saves);
            }
            (_, Some(asked)) if life.undecided.is_some() => {
                return life.held_back.push_back((command, asked));
            }
            (_, asked) => self.carry_out(lineage, command, asked, saves),
        }
        while let Some(life) = self.life(lineage).filter(|life| life.undecided.is_none())
            && let Some((command, asked)) = life.held_back.pop_front()
        {
            self.carry_out(lineage, command, Some(asked), Vec::new());
        }
    }

    /// A deadline may be due.
    fn look(&mut self, lineage: u64, may_close: bool) {
        let now = self.now;
        let Some(life) = self.life(lineage) else { return };
        // The timekeeper has forgotten the deadline by now.
        life.armed = None;
        let is_limited = life.situation.rules.closings_per_second().is_some();
        let closes = || {
            life.dialog.decide(Command::Tick, &life.policy(now), now).is_ok_and(|tick| !tick.next.is_open())
        };
        if !may_close && is_limited && closes() {
            let id = life.dialog.id.clone();
            return self.tell_news(lineage, &id, News::MayClose);
        }
        self.carry_out(lineage, Command::Tick, None, Vec::new());
        self.arm_dialog(lineage);
    }

    fn carry_out(&mut self, lineage: u64, command: Command, asked: Option<Asked>, saves: Vec<Save>) {
        let (now, is_sabotaged) = (self.now, self.sabotage == Some(Sabotage::CloseEarly));
        let Some(life) = self.life(lineage) else { return };
        let mut policy = life.policy(now);
        if is_sabotaged {
            close_early(&mut policy);
        }
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
        match life.dialog.decide(command, &policy, now) {
            Ok(transition) => {
                let is_dropped = transition.next.version == life.dialog.version;
                let id = life.dialog.id.clone();
                if let (Some((ticket, _)), true) = (&routed, is_dropped) {
                    self.tell_news(lineage, &id, News::Decline { ticket: *ticket });
                }
                self.apply(lineage, transition, now, (asked, saves, routed.map(|(_, decision)| decision)));
            }
            Err(refusal) => {
                if let Some(asked) = asked {
                    self.answer(asked.request, Err(Failure::Refused(refusal)));
                }
            }
        }
    }

    /// Sees to what follows from a transition. `at` is the transition's own time, which its announcements tell.
    fn apply(&mut self, lineage: u64, transition: Transition, at: Timestamp, along: Along) {
        let now = self.now;
        let (asked, saves, decision) = along;
        let Some(life) = self.life(lineage) else { return };
        let Transition { next, effects, refusal } = transition;
        if decision.is_some() {
            life.decision.clone_from(&decision);
        }
        let policy = life.policy(now);
        let is_news = std::mem::take(&mut life.unborn) || next.version != life.dialog.version;
        let next = Arc::new(next);
        let before = std::mem::replace(&mut life.dialog, Arc::clone(&next));
        let answer_to = if let Some(refusal) = refusal {
            asked.map(|asked| (asked.request, Err(Failure::Refused(refusal))))
        } else {
            let awaits = effects.iter().any(|effect| matches!(effect, Effect::RequestAssignment(_)));
            let answer = life.answer_for(asked, decision, awaits);
            answer.map(|(asked, decision)| (asked.request, Ok(outcome(&asked, Arc::clone(&next), decision))))
        };
        let day = life.situation.rules.day(at);
        let did = tallies(&effects);
        let Asks { mut writes, figures, news, requests, finished } = sort(effects, &next, at);
        writes.extend(did.into_iter().map(|(manager, tally)| Write::Tally { manager, day, tally }));
        if is_news {
            writes.insert(0, Write::Dialog(Arc::clone(&next)));
            writes.extend(saves.into_iter().map(Write::from));
        }
        self.spoil_announcements(&mut writes);
        if !writes.is_empty() || answer_to.is_some() {
            let witness = is_news.then(|| Box::new(Witness { before, after: Arc::clone(&next), policy }));
            self.commit(Commit { lineage, writes, answer: answer_to, figures, witness });
        }
        let is_withdrawn = news.iter().any(|told| matches!(told, News::Withdraw));
        for told in news {
            self.tell_news(lineage, &next.id, told);
        }
        self.stand(lineage, finished);
        if let Some(life) = self.life(lineage) {
            if is_withdrawn || !next.is_open() {
                life.undecided = None;
            }
            life.undecided = requests.last().map_or(life.undecided, |(ticket, _)| Some(*ticket));
        }
        for (_, request) in requests {
            if self.sabotage != Some(Sabotage::LoseRequests) || !self.chance.random_bool(0.05) {
                self.tell_news(lineage, &next.id, request);
            }
        }
        self.arm_dialog(lineage);
        if !next.is_open() {
            self.tell_news(lineage, &next.id, News::Closed);
        }
    }

    fn tell_news(&mut self, lineage: u64, dialog: &DialogId, news: News) {
        if let Some(memory) = &mut self.memory {
            memory.mail.tell_desk(ToDesk::FromDialog { lineage, dialog: dialog.clone(), news });
        }
    }

    /// Tells the desk how the dialog stands, when that changed. A closure goes by way of the manager, so that
    /// the pause after it begins before the freed place is given away.
    fn stand(&mut self, lineage: u64, finished: Option<ManagerId>) {
        let now = self.now;
        let is_lost = self.sabotage == Some(Sabotage::LoseStandings) && self.chance.random_bool(0.05);
        let Some(life) = self.life(lineage) else { return };
        let standing = life.dialog.standing(&life.policy(now));
        if life.stood.as_ref() == Some(&standing) {
            return;
        }
        life.stood = Some(standing.clone());
        let dialog = life.dialog.id.clone();
        if is_lost {
            return;
        }
        let Some(memory) = &mut self.memory else { return };
        memory.mail.tell_desk(match finished {
            Some(manager) => ToDesk::Finish { manager, lineage, dialog, standing },
            None => ToDesk::FromDialog { lineage, dialog, news: News::Stand(standing) },
        });
    }

    fn arm_dialog(&mut self, lineage: u64) {
        let now = self.now;
        let is_lost = self.sabotage == Some(Sabotage::LoseDeadlines) && self.chance.random_bool(0.02);
        let Some(life) = self.life(lineage) else { return };
        let deadline = life.dialog.deadline(&life.policy(now));
        if deadline != life.armed {
            life.armed = deadline;
            let id = life.dialog.id.clone();
            if !is_lost {
                self.arm(Whose::Dialog(id, lineage), deadline);
            }
        }
    }

    fn spoil_announcements(&mut self, writes: &mut Vec<Write>) {
        let is_event = |write: &Write| matches!(write, Write::Event(_));
        if self.sabotage == Some(Sabotage::AnnounceTwice) && self.chance.random_bool(0.01) {
            let again: Vec<Write> = writes.iter().filter(|write| is_event(write)).cloned().collect();
            writes.extend(again);
        }
        if self.sabotage == Some(Sabotage::AnnounceNever) && self.chance.random_bool(0.01) {
            writes.retain(|write| !is_event(write));
        }
    }
}

/// Sorts what a transition asks for, in order.
fn sort(effects: Vec<Effect>, next: &Arc<Dialog>, now: Timestamp) -> Asks {
    let mut asks = Asks::default();
    let mut part = 0;
    for effect in effects {
        match effect {
            Effect::Announce { cause, body } => {
                let subject = Subject::Dialog(next.id.clone());
                let version = next.version;
                asks.writes.push(Write::Event(Announcement { subject, version, part, at: now, cause, body }));
                part += 1;
            }
            Effect::RecordMessage(message) => asks.writes.push(Write::Message(Arc::new(message))),
            Effect::RecordStatus { message, status } => {
                asks.writes.push(Write::MessageStatus { message, status });
            }
            Effect::RequestAssignment(request) => {
                let ticket = request.ticket;
                asks.requests.push((ticket, News::Request { dialog: Arc::clone(next), request }));
            }
            Effect::WithdrawRequest => asks.news.push(News::Withdraw),
            Effect::RememberServing(served) => {
                if let Some(customer) = next.customer.clone() {
                    // While somebody holds the dialog, the dialog itself remembers who served.
                    let keep = !matches!(next.state, DialogState::Assigned { .. });
                    asks.news.push(News::Serve { customer, served, keep });
                }
            }
            Effect::FinishDialog(manager) => asks.finished = Some(manager),
            Effect::Measure(figure) => asks.figures.push(figure),
        }
    }
    asks
}

fn close_early(policy: &mut DialogPolicy) {
    if let Some(close) = &mut policy.close {
        let close = Arc::make_mut(close);
        close.after = close.after.saturating_sub(std::time::Duration::from_hours(1));
    }
}
