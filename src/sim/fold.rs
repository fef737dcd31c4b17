//! The fold: what somebody knows who has heard every announcement and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Entry;
use crate::domain::announcement::{Body, Subject, TextPurpose};
use crate::domain::dialog::{Side, StartedBy};
use crate::domain::ids::{DialogId, ManagerId, MessageId};
use crate::domain::manager::Presence;
use crate::domain::message::{Author, Visibility};
use crate::domain::routing::{Cause, Responsible};
use crate::domain::time::Timestamp;

/// A warning that a dialog will close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warned {
    /// When it was given.
    pub at: Timestamp,
    /// When it said that the dialog closes.
    pub closes_at: Timestamp,
}

/// What is known of a dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Whether it is open.
    pub is_open: bool,
    /// Who holds it; of a closed one, who held it last.
    pub holder: Option<Responsible>,
    /// Automatic moves so far.
    pub moves: u32,
    /// Whom it is offered to, and until when.
    pub offer: Option<(ManagerId, Timestamp)>,
    /// From whom it was returned, if it waits for that.
    pub returned_from: Option<Responsible>,
    /// Last public message of either side; the opening counts as one.
    pub last_public_at: Timestamp,
    /// Whose it was.
    pub last_from: Option<Side>,
    /// The last warning since then.
    pub warned: Option<Warned>,
    /// How many warnings were given since then.
    pub warnings: u32,
    /// The farewell since then: the message, the version that brought it, and when it was asked for.
    pub farewell: Option<(MessageId, u64, Timestamp)>,
    /// All texts of our own that were asked for.
    pub requested: BTreeSet<MessageId>,
    /// How many of them were auto-replies.
    pub auto_replies: usize,
}

/// A time in which a manager was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// When they went.
    pub from: Timestamp,
    /// When they came back.
    pub until: Option<Timestamp>,
    /// They went on leave, which counts at once.
    pub on_leave: bool,
}

/// What all announcements up to some number tell.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    /// The number of the last announcement.
    pub last_seq: u64,
    /// All stable ids so far.
    pub ids: BTreeSet<String>,
    /// Dialogs.
    pub dialogs: BTreeMap<DialogId, Told>,
    /// How many dialogs came to each manager, went away from them, and were closed in their hands.
    pub did: BTreeMap<ManagerId, [u64; 3]>,
    /// When managers were away, the earliest time first. Nobody knows anything of those who are not here.
    pub away: BTreeMap<ManagerId, Vec<Away>>,
}

impl Fold {
    fn count(&mut self, body: &Body) {
        let (from, to, closed) = if let Body::DialogAssigned { to, .. } = body {
            (None, Some(to), None)
        } else if let Body::DialogReassigned { from, to, .. } = body {
            (Some(from), Some(to), None)
        } else if let Body::DialogReturned { from, .. } = body {
            (Some(from), None, None)
        } else if let Body::DialogClosed { last, .. } = body {
            (None, None, last.as_ref())
        } else {
            return;
        };
        for (what, whom) in [to, from, closed].into_iter().enumerate() {
            if let Some(manager) = whom.and_then(Responsible::manager) {
                self.did.entry(manager.clone()).or_default()[what] += 1;
            }
        }
    }

    /// Hears one announcement.
    pub fn hear(&mut self, entry: &Entry) {
        let Entry { seq, announcement } = entry;
        self.count(&announcement.body);
        self.last_seq = *seq;
        self.ids.insert(announcement.id());
        if let (Body::ManagerChanged { manager, presence }, at) = (&announcement.body, announcement.at) {
            self.presence(manager, *presence, at);
        }
        let Subject::Dialog(id) = &announcement.subject else { return };
        if let Body::DialogOpened { started_by, .. } = &announcement.body {
            let is_customers = *started_by == StartedBy::Customer;
            let told = Told {
                is_open: true,
                holder: None,
                moves: 0,
                offer: None,
                returned_from: None,
                last_public_at: announcement.at,
                last_from: is_customers.then_some(Side::Customer),
                warned: None,
                warnings: 0,
                farewell: None,
                requested: BTreeSet::new(),
                auto_replies: 0,
            };
            self.dialogs.insert(id.clone(), told);
        } else if let Some(told) = self.dialogs.get_mut(id) {
            told.hear(&announcement.body, announcement.cause, announcement.version, announcement.at);
        }
    }

    fn presence(&mut self, manager: &ManagerId, presence: Presence, at: Timestamp) {
        let times = self.away.entry(manager.clone()).or_default();
        let is_here = presence.online && !presence.on_leave;
        match times.last_mut() {
            Some(last) if last.until.is_none() && is_here => last.until = Some(at),
            Some(last) if last.until.is_none() => last.on_leave |= presence.on_leave,
            _ if is_here => {}
            _ => times.push(Away { from: at, until: None, on_leave: presence.on_leave }),
        }
    }
}

impl Told {
    fn hear(&mut self, body: &Body, cause: Option<Cause>, version: u64, at: Timestamp) {
        match body {
            Body::DialogOffered { to, until, .. } => self.offer = Some((to.clone(), *until)),
            Body::DialogOfferEnded { .. } => self.offer = None,
            Body::DialogAssigned { to, .. } => {
                self.offer = None;
                self.holder = Some(to.clone());
                self.returned_from = None;
            }
            Body::DialogReassigned { to, by, .. } => {
                self.offer = None;
                self.holder = Some(to.clone());
                if by.is_none() && cause.is_some_and(Cause::is_automatic_move) {
                    self.moves += 1;
                }
            }
            Body::DialogReturned { from, .. } => {
                self.offer = None;
                self.holder = None;
                self.returned_from = Some(from.clone());
            }
            Body::DialogCloseWarned { closes_at, .. } => {
                self.warned = Some(Warned { at, closes_at: *closes_at });
                self.warnings += 1;
            }
            Body::DialogClosePostponed => self.talks_again(),
            Body::DialogClosed { last, .. } => {
                self.is_open = false;
                self.holder.clone_from(last);
            }
            Body::MessageRecorded { from, visibility, failed, .. } => {
                let side = match from {
                    Author::Customer(_) => Some(Side::Customer),
                    Author::Manager(_) | Author::Bot(_) => {
                        Some(Side::Shop).filter(|_| *visibility == Visibility::Public)
                    }
                    Author::Reparto => None,
                };
                if let (Some(side), None) = (side, failed) {
                    self.last_from = Some(side);
                    self.last_public_at = at;
                    self.talks_again();
                }
            }
            Body::MessageRequested { message, purpose, .. } => {
                self.requested.insert(message.clone());
                self.auto_replies += usize::from(*purpose == TextPurpose::AutoReply);
                if *purpose == TextPurpose::Farewell {
                    self.farewell = Some((message.clone(), version, at));
                }
            }
            Body::DialogOpened { .. }
            | Body::DialogWaiting(_)
            | Body::DialogKept(_)
            | Body::DialogQuarantined
            | Body::ManagerAvailable(_)
            | Body::ManagerUnavailable { .. }
            | Body::ManagerChanged { .. }
            | Body::CustomerMerged { .. }
            | Body::FallbackUsed { .. }
            | Body::TargetMissing { .. }
            | Body::DeputiesCircular { .. }
            | Body::ShadowDecided(_)
            | Body::RulesApplied(_)
            | Body::RulesRejected { .. } => {}
        }
    }

    fn talks_again(&mut self) {
        self.warned = None;
        self.warnings = 0;
        self.farewell = None;
    }
}
