//! The gateway's words, each an open list: a word that is not known yet survives as it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// Not said.
            #[default]
            Unsaid,
            /// A word that is not known yet.
            Other(Box<str>),
        }

        impl $name {
            /// The gateway's word.
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unsaid => "",
                    Self::Other(word) => word,
                }
            }

            /// Whether anything was said.
            pub fn is_unsaid(&self) -> bool {
                *self == Self::Unsaid
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    "" => Self::Unsaid,
                    other => Self::Other(other.into()),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(&*String::deserialize(deserializer)?))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    )+};
}

words! {
    /// Who acts.
    ActorType {
        /// A manager.
        User "user",
        /// A bot.
        Bot "bot",
        /// A customer.
        Customer "customer",
        /// The channel itself: the owner wrote from the messenger's own app.
        Channel "channel",
    }
    /// What a bot may do. The vendor does not define them; `distributor` switches off the built-in assignment.
    BotRole {
        /// Shares out dialogs.
        Distributor "distributor",
        /// May be responsible for dialogs.
        Responsible "responsible",
        /// Is not shown to staff.
        Hidden "hidden",
    }
    /// The kind of messenger. New ones appear now and then.
    ChannelType {
        /// Telegram.
        Telegram "telegram",
        /// WhatsApp.
        WhatsApp "whatsapp",
        /// The chat window on the shop's site.
        Consultant "consultant",
        /// Facebook Messenger.
        FbMessenger "fbmessenger",
        /// Instagram.
        Instagram "instagram",
        /// Viber.
        Viber "viber",
        /// A module of the account's own.
        Custom "custom",
    }
    /// Which way a feature of a channel works.
    Feature {
        /// Not at all.
        None "none",
        /// From the customer to us.
        Receive "receive",
        /// From us to the customer.
        Send "send",
        /// Both ways.
        Both "both",
    }
    /// What a message is.
    MessageType {
        /// Text.
        Text "text",
        /// Something that happened to the dialog, told by the gateway.
        System "system",
        /// A manager's command to a bot: `/transfer sales`.
        Command "command",
        /// An order.
        Order "order",
        /// A product.
        Product "product",
        /// A file.
        File "file",
        /// A picture.
        Image "image",
        /// A recording.
        Audio "audio",
    }
    /// Who may read a message.
    Scope {
        /// Everybody.
        Public "public",
        /// Staff only.
        Private "private",
    }
    /// How far a message got.
    MessageStatus {
        /// Came in.
        Received "received",
        /// On its way.
        Sending "sending",
        /// The messenger has it.
        Sent "sent",
        /// Not delivered.
        Failed "failed",
        /// Read: by the customer, or by staff when it is the customer's.
        Seen "seen",
    }
    /// Why a message failed.
    MessageErrorCode {
        /// No reason given.
        General "general",
        /// The messenger does not know the customer.
        CustomerNotExists "customer_not_exists",
        /// The channel's reply window was over.
        ReplyTimedOut "reply_timed_out",
        /// Taken for spam.
        SpamSuspicion "spam_suspicion",
        /// Not permitted.
        AccessRestricted "access_restricted",
        /// The gateway does not know why.
        Unknown "unknown",
        /// The module could not be reached.
        NetworkError "network_error",
        /// The module answered nonsense.
        MalformedResponse "malformed_response",
        /// The module never confirmed.
        AsyncSendTimeout "async_send_timeout",
    }
    /// What a system message tells.
    SystemAction {
        /// A dialog was opened.
        DialogOpened "dialog_opened",
        /// It was closed.
        DialogClosed "dialog_closed",
        /// It got a responsible.
        DialogAssign "dialog_assign",
        /// It lost its responsible. There is no event of its own for this.
        DialogUnassign "dialog_unassign",
        /// A manager came into the chat.
        UserJoined "user_joined",
        /// A manager left the chat.
        UserLeft "user_left",
        /// The customer was blocked.
        CustomerBlocked "customer_blocked",
        /// The customer was unblocked.
        CustomerUnblocked "customer_unblocked",
        /// A tag was added to the dialog.
        TagAdded "dialog_tag_added",
        /// A tag was taken from the dialog.
        TagRemoved "dialog_tag_removed",
    }
    /// How urgent a chat is by the account's own time limits.
    WaitingLevel {
        /// Nobody waits too long.
        None "none",
        /// Longer than the first limit.
        Warning "warning",
        /// Longer than the second.
        Danger "danger",
    }
    /// How a manager stands to a chat.
    MemberState {
        /// In it.
        Active "active",
        /// Put out of it.
        Kicked "kicked",
        /// Left it.
        Leaved "leaved",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_survive() {
        let read: Vec<ChannelType> = serde_json::from_str(r#"["whatsapp", "max", ""]"#).unwrap();
        assert_eq!(read, [ChannelType::WhatsApp, ChannelType::Other("max".into()), ChannelType::Unsaid]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["whatsapp","max",""]"#);
    }
}
