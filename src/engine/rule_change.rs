//! Rules change: in one turn of the supervisor, so that no decision falls between the old set and the new one.

use std::sync::Arc;

use actix::{Context, Handler};

use super::inbound::Outcome;
use super::manager_actor;
use super::messages::{ApplyRules, CopyDesk, RecordRules};
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
