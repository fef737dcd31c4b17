//! Rules change: in one turn of the supervisor, so that no decision falls between the old set and the new one.

use std::sync::Arc;

use actix::{Context, Handler};

use super::Reply;
use super::inbound::Outcome;
use super::manager_actor;
use super::messages::{ApplyRules, CopyDesk, ImportHours, RecordRules};
use super::rulebook::{Edition, InForce};
use super::supervisor::Supervisor;
use super::tell::tell;
use crate::domain::announcement::{Body, RulesChange, Subject};
use crate::domain::ids::RulesVersion;
use crate::domain::refusal::Refusal;
use crate::store::change::{RulesVia, Write};

impl Handler<ApplyRules> for Supervisor {
    type Result = ();

    fn handle(&mut self, apply: ApplyRules, _: &mut Context<Self>) {
        let ApplyRules { edition, expected, migrate, reply } = apply;
        let in_force = self.desk.rules().version().clone();
        if let Some(expected) = expected.filter(|expected| *expected != in_force) {
            let refusal = Refusal::RulesMoved {
                expected: expected.as_str().into(),
                in_force: in_force.as_str().into(),
            };
            if let Some(reply) = reply {
                self.refuse(reply, refusal);
            }
            return;
        }
        // In this turn, so that nobody's hours get lost between two sets.
        let edition = self.around.rulebook.joined(&self.around.cell.id, edition);
        self.put_in_force(edition, migrate, reply);
    }
}

impl Handler<ImportHours> for Supervisor {
    type Result = ();

    fn handle(&mut self, ImportHours { hours, by, reply }: ImportHours, _: &mut Context<Self>) {
        let (book, account) = (Arc::clone(&self.around.rulebook), self.around.cell.id.clone());
        let why = match (book.hours(&account).flatten(), &hours) {
            (_, None) => "the CRM's settings name no working hours any more",
            (None, Some(_)) => "the working hours of the CRM's settings",
            (Some(_), Some(_)) => "the working hours of the CRM's settings changed",
        };
        book.put_hours(&account, hours);
        self.join_shadow();
        let in_force = self.around.cell.rules().map(|rules| rules.edition.clone());
        let joined = in_force.map(|in_force| book.joined(&account, in_force));
        match joined.filter(|joined| joined.version() != self.desk.rules().version()) {
            Some(joined) => {
                let edition = Edition { by: by.to_string(), why: why.to_owned(), ..joined };
                self.put_in_force(edition, false, Some(reply));
            }
            // The rules ask for no hours of the CRM's.
            None => self.around.answer(reply, Ok(Outcome::Done)),
        }
    }
}

impl Handler<RecordRules> for Supervisor {
    type Result = ();

    fn handle(&mut self, RecordRules { edition, previous }: RecordRules, _: &mut Context<Self>) {
        let is_news = previous.as_ref() != Some(edition.version());
        let writes = self.on_record(&edition, previous, false, is_news);
        self.around.commit(0, writes, None, Vec::new());
    }
}

impl Handler<CopyDesk> for Supervisor {
    type Result = actix::MessageResult<CopyDesk>;

    fn handle(&mut self, _: CopyDesk, _: &mut Context<Self>) -> Self::Result {
        actix::MessageResult(Box::new(self.desk.clone()))
    }
}

impl Supervisor {
    /// From one decision to the next another set is in force.
    fn put_in_force(&mut self, edition: Edition, migrate: bool, reply: Option<Reply>) {
        let in_force = self.desk.rules().version().clone();
        let rules = Arc::clone(&edition.rules);
        let is_news = *edition.version() != in_force || migrate;
        let writes = self.on_record(&edition, Some(in_force), migrate, is_news);
        let answer = reply.map(|reply| (reply, Ok(Outcome::Done)));
        self.around.commit(0, writes, answer, Vec::new());
        let since = self.around.now();
        self.around.cell.put_rules(InForce { edition, since });
        if !is_news {
            return;
        }
        self.with_desk(|desk, now| desk.set_rules(Arc::clone(&rules), migrate, now));
        for manager in self.managers.values() {
            tell(manager, manager_actor::Rules(Arc::clone(self.desk.rules())));
        }
        self.tell_situation(self.open_dialog_ids().into_iter());
    }

    /// The record of a set, and its announcement when it is another one than before. A file that was brought in
    /// line with what is in force is put on record too: it counts as loaded from then on.
    fn on_record(
        &mut self,
        edition: &Edition,
        previous: Option<RulesVersion>,
        migrated: bool,
        is_news: bool,
    ) -> Vec<Write> {
        let (version, now) = (edition.version().clone(), self.around.now());
        self.around.observer.rules_applied(&self.around.cell.id, &version, now);
        self.around.observer.objectives_set(&self.around.cell.id, edition.rules.objectives());
        let mut writes = vec![Write::Rules(edition.record(now))];
        if is_news {
            let change = RulesChange {
                version,
                previous,
                by: edition.by.as_str().into(),
                why: edition.why.as_str().into(),
                migrated,
            };
            writes.push(self.account_event(Subject::Account, None, Body::RulesApplied(Arc::new(change))));
        }
        if edition.via == RulesVia::Default {
            tracing::debug!(account = %self.around.cell.id, "the account follows the rules of `default`");
        }
        writes
    }
}
