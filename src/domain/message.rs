//! Messages: who wrote, who may read, and how far delivery got.

use std::sync::Arc;

use super::channel::ChannelFeatures;
use super::ids::{BotId, CustomerId, DialogId, ManagerId, MessageId};
use super::refusal::Refusal;
use super::time::Timestamp;

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// The customer.
    Customer(CustomerId),
    /// A manager.
    Manager(ManagerId),
    /// A bot.
    Bot(BotId),
    /// Reparto itself: warnings, farewells, reminders.
    Reparto,
}

/// Who may read a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Everybody in the dialog.
    #[default]
    Public,
    /// Managers only: a note. It is not a reply.
    Private,
}

/// How far a message got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// Accepted, not yet handed to the messenger.
    Queued,
    /// Handed to the messenger.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen.
    Seen,
    /// It did not arrive, for this reason.
    Failed(Arc<str>),
}

impl DeliveryStatus {
    fn rank(&self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sent => 1,
            Self::Delivered => 2,
            Self::Seen => 3,
            Self::Failed(_) => 4,
        }
    }

    /// The word used in the API and in the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Seen => "seen",
            Self::Failed(_) => "failed",
        }
    }

    /// The status after a report of `reported`. Reports may come late or out of order, so a step back
    /// changes nothing; a failure after delivery is not believed.
    ///
    /// # Errors
    /// [`Refusal::StatusNotReported`] when the channel cannot report this.
    pub fn after(&self, reported: Self, features: &ChannelFeatures) -> Result<Self, Refusal> {
        let reportable = match reported {
            Self::Delivered => features.reports_delivered,
            Self::Seen => features.reports_seen,
            Self::Queued | Self::Sent | Self::Failed(_) => true,
        };
        if !reportable {
            return Err(Refusal::StatusNotReported { status: reported.word() });
        }
        let settled = matches!(self, Self::Delivered | Self::Seen | Self::Failed(_));
        let believed = match reported {
            Self::Failed(_) => !settled,
            Self::Queued | Self::Sent | Self::Delivered | Self::Seen => {
                self.rank() < reported.rank() && !matches!(self, Self::Failed(_))
            }
        };
        Ok(if believed { reported } else { self.clone() })
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id, unique in the account.
    pub id: MessageId,
    /// The dialog it belongs to.
    pub dialog: DialogId,
    /// Who wrote it.
    pub from: Author,
    /// The text, if it had any.
    pub text: Option<Arc<str>>,
    /// When it was written.
    pub at: Timestamp,
    /// Who may read it.
    pub visibility: Visibility,
    /// The message it quotes.
    pub quote: Option<MessageId>,
    /// How far it got.
    pub status: DeliveryStatus,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_out_of_order_never_step_back() {
        let features = ChannelFeatures::default();
        let seen = DeliveryStatus::Queued.after(DeliveryStatus::Seen, &features);
        assert_eq!(seen, Ok(DeliveryStatus::Seen));
        assert_eq!(DeliveryStatus::Seen.after(DeliveryStatus::Sent, &features), Ok(DeliveryStatus::Seen));
        let failed = DeliveryStatus::Failed("blocked".into());
        assert_eq!(DeliveryStatus::Delivered.after(failed.clone(), &features), Ok(DeliveryStatus::Delivered));
        assert_eq!(failed.after(DeliveryStatus::Seen, &features), Ok(failed.clone()));
    }

    #[test]
    fn a_channel_reports_only_what_it_can() {
        let features = ChannelFeatures { reports_seen: false, ..ChannelFeatures::default() };
        assert_eq!(
            DeliveryStatus::Sent.after(DeliveryStatus::Seen, &features),
            Err(Refusal::StatusNotReported { status: "seen" })
        );
    }
}
