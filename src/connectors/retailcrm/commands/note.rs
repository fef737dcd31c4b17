//! The answers to commands, as values; `english` and `spanish` find the words, so that no language tells more.

use std::time::Duration;

use super::{english, spanish};
use crate::domain::refusal::Refusal;
use crate::domain::sentence::Language;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The sentence of a decision, or of "why not them?".
    Said(String),
    /// No rule was asked about the dialog.
    NoDecision,
    /// Somebody gave it to somebody by hand, or in the CRM.
    ByHand(String),
    /// It goes to this person or bot.
    GoesTo(String),
    /// Nobody has room; it waits for these people.
    WaitsFor(String),
    /// It is with them already.
    IsWith(String),
    /// It went back, and waits.
    Waits,
    /// The queue.
    Queue(Queue),
    /// What there is to type.
    Help,
    /// There is no such command.
    Unknown(String),
    /// Whom to transfer it to was not said.
    ToWhom(Vec<String>),
    /// Nobody is called so; these are the groups.
    Nobody(String, Vec<String>),
    /// Several may be meant.
    Several(String, Vec<String>),
    /// No dialog is open in the chat.
    NoDialog,
    /// They may not, or it cannot be done; with the name of whoever is refused for being absent.
    Refused(Refusal, Option<String>),
    /// Not now.
    Later,
}

/// The queue as one manager is told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many wait.
    pub waiting: u32,
    /// For how long the first of them has waited.
    pub longest: Option<Duration>,
    /// How many are held until hours begin, or until their turn comes.
    pub held: u32,
    /// The place of this dialog among those who wait, from one.
    pub place: Option<u32>,
    /// How many may take work now.
    pub present: u32,
    /// How many dialogs whoever asks has.
    pub own: u32,
}

impl Note {
    /// The note in words.
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::English => english::text(self),
            Language::Spanish => spanish::text(self),
        }
    }
}

/// A span in whole minutes, and in hours where those are many.
pub(super) fn span(span: Duration) -> (u64, &'static str) {
    let minutes = span.as_secs() / 60;
    if minutes < 120 { (minutes, "min") } else { (minutes / 60, "h") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Note> {
        let queue = Queue {
            waiting: 3,
            longest: Some(Duration::from_mins(12)),
            held: 2,
            place: Some(1),
            present: 4,
            own: 5,
        };
        let forbidden = Refusal::Forbidden { action: "assign", by: "41".into() };
        let absent = Refusal::ManagerAbsent { manager: "41".into(), absence: "dinner" };
        vec![
            Note::NoDecision,
            Note::ByHand("Ana".into()),
            Note::GoesTo("Ana".into()),
            Note::WaitsFor("support".into()),
            Note::IsWith("Ana".into()),
            Note::Waits,
            Note::Queue(queue),
            Note::Queue(Queue::default()),
            Note::Help,
            Note::Unknown("dance".into()),
            Note::ToWhom(vec!["support".into()]),
            Note::Nobody("vera".into(), vec!["support".into(), "sales".into()]),
            Note::Several("ana".into(), vec!["Ana Gil".into(), "Ana Ruiz".into()]),
            Note::NoDialog,
            Note::Refused(forbidden, None),
            Note::Refused(absent, Some("Ana".into())),
            Note::Refused(Refusal::DialogClosed, None),
            Note::Refused(Refusal::NotAssigned, None),
            Note::Refused(Refusal::Quarantined, None),
            Note::Refused(Refusal::InternalDialog, None),
            Note::Later,
        ]
    }

    #[test]
    fn each_language_has_words_of_its_own_for_everything() {
        for note in all() {
            let [english, spanish] = Language::ALL.map(|language| note.text(language));
            assert_ne!(english, spanish, "{note:?}");
            assert!(english.ends_with(['.', '?']) && spanish.ends_with(['.', '?']), "{english} {spanish}");
        }
    }

    #[test]
    fn no_language_tells_more() {
        // Names and numbers are the same in every language.
        for note in all() {
            let [english, spanish] = Language::ALL.map(|language| {
                let text = note.text(language);
                let told = text.split(|c: char| !c.is_alphanumeric() && c != '/');
                let told = told.filter(|word| {
                    word.starts_with(|c: char| c.is_ascii_digit() || c == '/')
                        || matches!(*word, "Ana" | "Gil" | "Ruiz" | "support" | "sales" | "vera" | "dance")
                });
                told.map(str::to_owned).collect::<Vec<_>>()
            });
            assert_eq!(english, spanish, "{note:?}");
        }
    }

    #[test]
    fn the_queue_is_told_in_a_line() {
        let queue = Queue {
            waiting: 3,
            longest: Some(Duration::from_mins(12)),
            held: 0,
            place: Some(2),
            present: 1,
            own: 5,
        };
        assert_eq!(
            Note::Queue(queue).text(Language::English),
            "3 dialogs wait, the first for 12 min; this one is number 2. 1 manager can take dialogs now. You have 5."
        );
        let queue = Queue { held: 1, ..Queue::default() };
        assert_eq!(
            Note::Queue(queue).text(Language::Spanish),
            "Ningún diálogo en espera. 1 retenido hasta que llegue su hora. Nadie puede atender ahora mismo. Tiene 0."
        );
    }
}
