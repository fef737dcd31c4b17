//! What is heard while a story is played: what the announcements say of each conversation.

use std::sync::Arc;

use super::{Story, Talk};
use crate::domain::announcement::{Body, Subject, TextPurpose};
use crate::domain::dialog::ClosureReason;
use crate::rules::cases::Conversation;
use crate::sim::ledger::Entry;
use crate::trial::coverage::{Part, texts};

impl Story<'_> {
    /// Takes in what was announced.
    pub(super) fn listen(&mut self) {
        for entry in self.world.news() {
            let Subject::Dialog(id) = &entry.announcement.subject else { continue };
            let found = self.talks.iter().find(|(_, talk)| talk.dialogs.contains(id));
            if let Some(conversation) = found.map(|(conversation, _)| *conversation) {
                self.hear(conversation, &entry);
            }
        }
    }

    fn hear(&mut self, conversation: Conversation, entry: &Entry) {
        let body = &entry.announcement.body;
        if let Some(decision) = body.decision() {
            self.coverage.decided(decision);
            self.conditions_hold(conversation);
        }
        let Some(talk) = self.talks.get_mut(&conversation) else { return };
        match body {
            Body::DialogOpened { .. } => {
                *talk = Talk { given: talk.given.clone(), dialogs: talk.dialogs.clone(), ..Talk::default() };
            }
            Body::ShadowDecided(decision) => talk.shadow = Some(Arc::clone(decision)),
            Body::DialogAssigned { by: None, decision: None, .. }
            | Body::DialogReassigned { by: None, decision: None, .. }
                if talk.is_offered =>
            {
                // Accepted: the decision was told with the offer.
                talk.is_offered = false;
                talk.cause = entry.announcement.cause;
            }
            Body::DialogOfferEnded { .. } => talk.is_offered = false,
            Body::DialogWaiting(_)
            | Body::DialogKept(_)
            | Body::DialogOffered { .. }
            | Body::DialogAssigned { .. }
            | Body::DialogReassigned { .. }
            | Body::DialogReturned { .. } => {
                talk.cause = entry.announcement.cause;
                // A choice by hand is no decision: nothing of an earlier one explains it.
                talk.decision = body.decision().cloned();
                talk.is_offered = matches!(body, Body::DialogOffered { .. });
                if let (Body::DialogReassigned { .. }, Some(cause)) = (body, talk.cause) {
                    self.coverage.reach(Part::Moves(cause));
                }
            }
            Body::DialogCloseWarned { rule, .. } => self.coverage.reach(Part::Close(rule.clone())),
            Body::DialogClosed { reason, .. } => {
                if let ClosureReason::Idle(rule) = reason {
                    self.coverage.reach(Part::Close(rule.clone()));
                }
                talk.closed_by = Some(reason.clone());
            }
            Body::MessageRequested { purpose: TextPurpose::Nudge, .. } => talk.reminded += 1,
            Body::MessageRequested { message, text, .. } => {
                talk.text = Some(message.clone());
                talk.says.push(Arc::clone(text));
                let said = texts(self.rules).find(|known| known.wordings.values().any(|known| known == text));
                if let Some(said) = said {
                    self.coverage.reach(Part::Text(Arc::clone(&said.key)));
                }
            }
            Body::DialogClosePostponed
            | Body::DialogQuarantined
            | Body::MessageRecorded { .. }
            | Body::ManagerAvailable(_)
            | Body::ManagerUnavailable { .. }
            | Body::ManagerChanged { .. }
            | Body::CustomerMerged { .. }
            | Body::FallbackUsed { .. }
            | Body::TargetMissing { .. }
            | Body::DeputiesCircular { .. }
            | Body::RulesApplied(_)
            | Body::RulesRejected { .. } => {}
        }
    }

    /// Classes and exclusions that hold for the newest dialog are reached.
    fn conditions_hold(&mut self, conversation: Conversation) {
        let Some(facts) = self.facts(conversation) else { return };
        let excluded: Vec<Part> =
            self.rules.exclusions(&facts).map(|exclusion| Part::Exclusion(exclusion.id.clone())).collect();
        let class = self.priority(conversation).map(Part::Priority);
        for part in excluded.into_iter().chain(class) {
            self.coverage.reach(part);
        }
    }
}
