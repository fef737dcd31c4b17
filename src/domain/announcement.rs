//! Announcements: what happened, in the past tense, for every subscriber, exactly once and in order.

use std::sync::Arc;

use super::dialog::{By, ClosureReason, DialogKind, StartedBy};
use super::ids::{ChannelId, ChatId, CustomerId, DialogId, ManagerId, MessageId, RuleId, RulesVersion};
use super::manager::{Absence, Presence};
use super::message::{Author, Visibility};
use super::offer::OfferEnd;
use super::routing::{Cause, Decision, FallbackReason, Responsible, Target};
use super::time::Timestamp;

/// What an announcement is about; with its version it makes the stable id that subscribers drop repeats by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A dialog.
    Dialog(DialogId),
    /// A manager.
    Manager(ManagerId),
    /// A customer.
    Customer(CustomerId),
    /// The account as a whole.
    Account,
}

/// Something that happened. Its sequence number is given by the store when it becomes durable.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// About what.
    pub subject: Subject,
    /// The subject's version that brought it.
    pub version: u64,
    /// Which of several announcements of that version this is, from zero.
    pub part: u16,
    /// When.
    pub at: Timestamp,
    /// Why, where that says something.
    pub cause: Option<Cause>,
    /// What.
    pub body: Body,
}

impl Announcement {
    /// The stable id within the account: equal for a repeat, different for everything else.
    pub fn id(&self) -> String {
        let Self { version, part, .. } = self;
        match &self.subject {
            Subject::Dialog(id) => format!("dialog/{id}/{version}.{part}"),
            Subject::Manager(id) => format!("manager/{id}/{version}.{part}"),
            Subject::Customer(id) => format!("customer/{id}/{version}.{part}"),
            Subject::Account => format!("account/{version}.{part}"),
        }
    }
}

/// What a text that the CRM should send is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextPurpose {
    /// The dialog will close soon.
    CloseWarning,
    /// The dialog closes now.
    Farewell,
    /// The manager should reply: a private note.
    Nudge,
    /// An automatic reply.
    AutoReply,
}

impl TextPurpose {
    /// The word used in the API and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::CloseWarning => "close_warning",
            Self::Farewell => "farewell",
            Self::Nudge => "nudge",
            Self::AutoReply => "auto_reply",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `dialog.opened`
    DialogOpened {
        /// Its chat.
        chat: ChatId,
        /// Its channel.
        channel: Option<ChannelId>,
        /// The customer.
        customer: Option<CustomerId>,
        /// Between whom.
        kind: DialogKind,
        /// Who opened it.
        started_by: StartedBy,
    },
    /// `dialog.waiting`: nobody can take it yet.
    DialogWaiting(Arc<Decision>),
    /// `dialog.offered`: somebody is asked whether they take it. It is assigned, or the offer ends.
    DialogOffered {
        /// Who.
        to: ManagerId,
        /// Until when they may accept.
        until: Timestamp,
        /// Why them.
        decision: Arc<Decision>,
    },
    /// `dialog.offer_ended`: whoever was asked did not take it.
    DialogOfferEnded {
        /// Who.
        to: ManagerId,
        /// How it ended.
        how: OfferEnd,
    },
    /// `dialog.assigned`: a responsible where there was none.
    DialogAssigned {
        /// Who.
        to: Responsible,
        /// Who said so, when by hand.
        by: Option<By>,
        /// Why, when by rules.
        decision: Option<Arc<Decision>>,
    },
    /// `dialog.reassigned`: another responsible.
    DialogReassigned {
        /// Who had it.
        from: Responsible,
        /// Who has it.
        to: Responsible,
        /// Who said so, when by hand.
        by: Option<By>,
        /// Why, when by rules.
        decision: Option<Arc<Decision>>,
    },
    /// `dialog.returned`: nobody holds it any more, it is routed again.
    DialogReturned {
        /// Who had it.
        from: Responsible,
        /// Who said so, when by hand.
        by: Option<By>,
    },
    /// `dialog.kept`: it should have moved, and nobody could take it yet.
    DialogKept(Arc<Decision>),
    /// `dialog.close_warned`
    DialogCloseWarned {
        /// The close rule.
        rule: RuleId,
        /// When it will close if nobody writes.
        closes_at: Timestamp,
    },
    /// `dialog.close_postponed`: somebody wrote after a warning, or during the farewell.
    DialogClosePostponed,
    /// `dialog.closed`
    DialogClosed {
        /// Why.
        reason: ClosureReason,
        /// By whom, when by hand.
        by: Option<By>,
        /// Who held it.
        last: Option<Responsible>,
    },
    /// `dialog.quarantined`: set aside after repeated failures.
    DialogQuarantined,
    /// `message.received` or `message.sent`: somebody wrote.
    MessageRecorded {
        /// The message.
        message: MessageId,
        /// Who wrote.
        from: Author,
        /// Who may read.
        visibility: Visibility,
        /// It failed at once, for this reason.
        failed: Option<Arc<str>>,
    },
    /// `message.requested`: a text that the CRM should send.
    MessageRequested {
        /// The id to report its delivery with.
        message: MessageId,
        /// What for.
        purpose: TextPurpose,
        /// The text.
        text: Arc<str>,
        /// Who may read.
        visibility: Visibility,
    },
    /// `manager.available`
    ManagerAvailable(ManagerId),
    /// `manager.unavailable`
    ManagerUnavailable {
        /// Who.
        manager: ManagerId,
        /// Why.
        absence: Absence,
    },
    /// `manager.changed`: record, presence or capacity, as far as routing asks for them.
    ManagerChanged {
        /// Who.
        manager: ManagerId,
        /// What they say of themselves.
        presence: Presence,
    },
    /// `customer.merged`: dialogs of `from` are now `into`'s.
    CustomerMerged {
        /// The record that went.
        from: CustomerId,
        /// The record that stays.
        into: CustomerId,
    },
    /// `routing.fallback_used`: the default assignment decided.
    FallbackUsed {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        reason: FallbackReason,
    },
    /// `routing.target_missing`: a step names somebody who does not exist.
    TargetMissing {
        /// The rule.
        rule: Option<RuleId>,
        /// The step, from zero.
        step: u16,
        /// The name.
        target: Target,
    },
    /// `routing.deputies_circular`: managers on leave whose deputies lead back to one of them, so that nobody
    /// stands in. Told once, until that changes.
    DeputiesCircular {
        /// Those in the circle.
        managers: Vec<ManagerId>,
    },
    /// `routing.shadow_decided`: what the rules would have done while the bot only watches.
    ShadowDecided(Arc<Decision>),
    /// `rules.applied`
    RulesApplied(Arc<RulesChange>),
    /// `rules.rejected`: a changed rule file was not loadable; the old one stays in force.
    RulesRejected {
        /// How many errors it had.
        errors: u32,
    },
}

/// Other rules came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesChange {
    /// The set in force from now on.
    pub version: RulesVersion,
    /// The set that was in force until now; `None` when the account had none.
    pub previous: Option<RulesVersion>,
    /// Who brought it.
    pub by: Arc<str>,
    /// What for, in their words; may be empty.
    pub why: Arc<str>,
    /// Dialogs that waited were planned anew, instead of keeping the plan they entered with.
    pub migrated: bool,
}

impl Body {
    /// The names of all events, for those who subscribe.
    pub const NAMES: [&'static str; 25] = [
        "dialog.opened",
        "dialog.waiting",
        "dialog.offered",
        "dialog.offer_ended",
        "dialog.assigned",
        "dialog.reassigned",
        "dialog.returned",
        "dialog.kept",
        "dialog.close_warned",
        "dialog.close_postponed",
        "dialog.closed",
        "dialog.quarantined",
        "message.received",
        "message.sent",
        "message.requested",
        "manager.available",
        "manager.unavailable",
        "manager.changed",
        "customer.merged",
        "routing.fallback_used",
        "routing.target_missing",
        "routing.deputies_circular",
        "routing.shadow_decided",
        "rules.applied",
        "rules.rejected",
    ];

    /// The event's name in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DialogOpened { .. } => "dialog.opened",
            Self::DialogWaiting(_) => "dialog.waiting",
            Self::DialogOffered { .. } => "dialog.offered",
            Self::DialogOfferEnded { .. } => "dialog.offer_ended",
            Self::DialogAssigned { .. } => "dialog.assigned",
            Self::DialogReassigned { .. } => "dialog.reassigned",
            Self::DialogReturned { .. } => "dialog.returned",
            Self::DialogKept(_) => "dialog.kept",
            Self::DialogCloseWarned { .. } => "dialog.close_warned",
            Self::DialogClosePostponed => "dialog.close_postponed",
            Self::DialogClosed { .. } => "dialog.closed",
            Self::DialogQuarantined => "dialog.quarantined",
            Self::MessageRecorded { from: Author::Customer(_), .. } => "message.received",
            Self::MessageRecorded { .. } => "message.sent",
            Self::MessageRequested { .. } => "message.requested",
            Self::ManagerAvailable(_) => "manager.available",
            Self::ManagerUnavailable { .. } => "manager.unavailable",
            Self::ManagerChanged { .. } => "manager.changed",
            Self::CustomerMerged { .. } => "customer.merged",
            Self::FallbackUsed { .. } => "routing.fallback_used",
            Self::TargetMissing { .. } => "routing.target_missing",
            Self::DeputiesCircular { .. } => "routing.deputies_circular",
            Self::ShadowDecided(_) => "routing.shadow_decided",
            Self::RulesApplied(_) => "rules.applied",
            Self::RulesRejected { .. } => "rules.rejected",
        }
    }

    /// The decision it carries.
    pub fn decision(&self) -> Option<&Arc<Decision>> {
        match self {
            Self::DialogWaiting(decision)
            | Self::DialogOffered { decision, .. }
            | Self::DialogKept(decision)
            | Self::ShadowDecided(decision) => Some(decision),
            Self::DialogAssigned { decision, .. } | Self::DialogReassigned { decision, .. } => {
                decision.as_ref()
            }
            Self::DialogOpened { .. }
            | Self::DialogOfferEnded { .. }
            | Self::DialogReturned { .. }
            | Self::DialogCloseWarned { .. }
            | Self::DialogClosePostponed
            | Self::DialogClosed { .. }
            | Self::DialogQuarantined
            | Self::MessageRecorded { .. }
            | Self::MessageRequested { .. }
            | Self::ManagerAvailable(_)
            | Self::ManagerUnavailable { .. }
            | Self::ManagerChanged { .. }
            | Self::CustomerMerged { .. }
            | Self::FallbackUsed { .. }
            | Self::TargetMissing { .. }
            | Self::DeputiesCircular { .. }
            | Self::RulesApplied(_)
            | Self::RulesRejected { .. } => None,
        }
    }
}
