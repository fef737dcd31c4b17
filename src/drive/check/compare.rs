//! The end of the judging: what was acknowledged, and the roster, against what the events add up to.

use std::collections::BTreeMap;

use super::claims::{Claims, Standing};
use super::room::Member;
use super::verdict::Verdict;
use super::violation::Kind;
use super::{By, Judge, State, fingerprint};

impl Judge {
    /// The feed is at its end and nothing is under way: compares with what was acknowledged, and with the roster.
    pub fn finish(mut self, claims: &Claims) -> Verdict {
        let left = self.room.left_behind();
        self.accuse_in_vain(self.last_seq, left);
        for no in 0..self.dialogs.len() {
            if self.dialogs[no].state == State::Fresh {
                let text = format!("{} was opened, and neither assigned nor left waiting", self.names[no]);
                self.accuse(Kind::NeverRouted, self.last_seq, text);
            }
        }
        self.compare_claims(claims);
        self.compare_roster(&claims.roster);
        self.verdict.longest_in_vain = self.room.longest();
        self.verdict.still_waiting = self
            .dialogs
            .iter()
            .filter(|dialog| matches!(dialog.state, State::Waiting | State::Fresh))
            .count() as u64;
        let taken = self.room.members().iter().zip(&self.taken).filter(|(_, (taken, _))| *taken > 0);
        self.verdict.managers = taken.map(|(member, taken)| (member.name.clone(), *taken)).collect();
        self.verdict
    }

    fn compare_claims(&mut self, claims: &Claims) {
        let mut found = Vec::new();
        for (name, claim) in &claims.dialogs {
            let Some(dialog) = self.by_name.get(name.as_str()).map(|no| &self.dialogs[*no]) else {
                found.push((Kind::LostDialog, format!("{name} was acknowledged")));
                continue;
            };
            if let Some(manager) = &claim.given_to {
                let agrees = match &dialog.first {
                    Some(By::Manager(no)) => claim.is_repeat || self.room.member(*no).name == **manager,
                    Some(By::Bot(_)) | None => false,
                };
                if !agrees {
                    found.push((Kind::LostAssignment, format!("{name} was answered as given to {manager}")));
                }
            }
            if claim.closed && dialog.state != State::Closed {
                found.push((Kind::LostClosure, format!("the closure of {name} was acknowledged")));
            }
        }
        let lost = claims.messages.iter().filter(|id| !self.messages.contains(&fingerprint(id)));
        found.extend(lost.map(|id| (Kind::LostMessage, format!("message {id} was acknowledged"))));
        for (kind, text) in found {
            self.accuse(kind, 0, text);
        }
    }

    fn compare_roster(&mut self, roster: &BTreeMap<String, Standing>) {
        let mut found = Vec::new();
        for Member { name, held, load, .. } in self.room.members() {
            let Some(standing) = roster.get(name) else {
                continue;
            };
            if let Some(dialogs) = standing.dialogs.filter(|dialogs| dialogs != held) {
                found.push(format!("{name} has {dialogs} dialogs by the roster, {held} by the events"));
            }
            if let Some(units) = standing.load.filter(|units| units != load && !self.terms.idle_discount) {
                found.push(format!("{name} has {units} units in use by the roster, {load} by the events"));
            }
        }
        for text in found {
            self.accuse(Kind::RosterDisagrees, self.last_seq, text);
        }
    }
}
