//! What is believed of one dialog of the gateway, and how news is told from repeats and from what is out of date.
//!
//! Nothing is promised about the order of frames, and they come twice or late. So each thing that is seen of a dialog
//! is a [`Sighting`] with the moment it was true at, by the gateway's own clock; what is older than what is believed is
//! dropped. The gateway writes some moments in whole seconds: where these cannot decide, the dialog is read again.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::step::Holder;
use crate::connectors::retailcrm::wire::{self, ActorType, DialogEvent, Id, LastDialog};
use crate::domain::time::Timestamp;

const SECOND: i64 = 1_000_000;
/// So many who held a dialog before are remembered.
const MOST_BEFORE: usize = 8;

/// Who holds a dialog, as something tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who; `None`: nobody.
    pub who: Option<Holder>,
    /// When that was so.
    pub as_of: Timestamp,
}

/// Something seen of a dialog.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The dialog.
    pub dialog: Id,
    /// Its chat; zero: not said.
    pub chat: Id,
    /// The message it began with; zero: not said.
    pub begin: Id,
    /// It is closed.
    pub closed: bool,
    /// When it was closed; `None`: not said.
    pub closed_at: Option<Timestamp>,
    /// Who holds it; `None`: not said.
    pub holding: Option<Holding>,
    /// Since when they have held it; `None`: not said.
    pub since: Option<Timestamp>,
    /// Its moments may have been cut to whole seconds.
    pub is_rounded: bool,
    /// It was read after everything that was seen before, so that no moments need be compared.
    pub is_certain: bool,
}

/// Who is meant; `None`: nobody.
pub fn holder(kind: &ActorType, id: Id) -> Option<Holder> {
    let is_bot = *kind == ActorType::Bot;
    (id != 0).then_some(if is_bot { Holder::Bot(id) } else { Holder::User(id) })
}

impl Sighting {
    fn of(dialog: Id, chat: Id) -> Self {
        Self {
            dialog,
            chat,
            begin: 0,
            closed: false,
            closed_at: None,
            holding: None,
            since: None,
            is_rounded: false,
            is_certain: false,
        }
    }

    /// An element of a list of dialogs.
    pub fn listed(dialog: &wire::Dialog) -> Self {
        let responsible = dialog.responsible.as_ref();
        let who = responsible.and_then(|one| holder(&one.kind, one.id));
        let since = responsible.and_then(|one| one.assigned_at);
        // That assigning changes `updated_at` is not promised.
        let as_of = [since, dialog.updated_at, dialog.created_at].into_iter().flatten().max();
        Self {
            begin: dialog.begin_message_id,
            closed: dialog.closed_at.is_some(),
            closed_at: dialog.closed_at,
            holding: as_of.map(|as_of| Holding { who, as_of }),
            since,
            ..Self::of(dialog.id, dialog.chat_id)
        }
    }

    /// What an event about a dialog says. That somebody is missing in it says nothing.
    pub fn event(dialog: &DialogEvent, chat: Id) -> Self {
        let holding = dialog.responsible.as_ref().and_then(|one| {
            let who = Some(holder(&one.kind, one.id)?);
            Some(Holding { who, as_of: one.assigned_at.or(dialog.assigned_at)? })
        });
        let chat = dialog.chat.as_ref().map_or(chat, |chat| chat.id);
        Self {
            begin: dialog.begin_message_id,
            closed: dialog.closed_at.is_some(),
            closed_at: dialog.closed_at,
            since: holding.map(|holding| holding.as_of),
            holding,
            is_rounded: true,
            ..Self::of(dialog.id, chat)
        }
    }

    /// What a chat says of its newest dialog: it was so when the chat last changed.
    pub fn last_of(last: &LastDialog, chat: &wire::Chat) -> Self {
        let who = last.responsible.as_ref().and_then(|one| holder(&one.kind, one.id));
        let holding = chat.updated_at.map(|as_of| Holding { who, as_of });
        Self {
            closed: last.closed_at.is_some(),
            closed_at: last.closed_at,
            holding,
            since: last.assigned_at,
            is_rounded: true,
            ..Self::of(last.id, chat.id)
        }
    }

    /// Whether it says that nobody holds it.
    fn tells_of_nobody(&self) -> bool {
        self.holding.is_some_and(|holding| holding.who.is_none())
    }

    /// The first and the last moment at which it may have been closed; `None`: not said.
    fn closed_within(&self) -> Option<(Timestamp, Timestamp)> {
        let closed = self.closed_at?;
        let is_cut = self.is_rounded && closed.micros() % SECOND == 0;
        let last = if is_cut { Timestamp::from_micros(closed.micros() + SECOND - 1) } else { closed };
        Some((closed, last))
    }

    /// What a system message says.
    pub fn told(dialog: Id, chat: Id, holding: Option<Holding>) -> Self {
        Self { holding, ..Self::of(dialog, chat) }
    }
}

/// Where a dialog is in its life, as far as the engine was told.
#[derive(Clone, Debug)]
pub enum Phase {
    /// It was seen, and the engine waits for the message it began with, or for its chat.
    Announced {
        /// Look no longer than until then.
        until: Timestamp,
        /// Its messages or its chat were asked for.
        asked: bool,
    },
    /// The engine has it.
    Open,
    /// It is closed.
    Closed {
        /// By a call of ours.
        by_us: bool,
    },
}

/// What news turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Known, or out of date.
    Nothing,
    /// It changes what is believed.
    Change,
    /// It cannot be told: read the dialog again.
    Unclear,
}

/// What is believed of one dialog.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its chat.
    pub chat: Id,
    /// Where it is in its life.
    pub phase: Phase,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// When that was so, by the gateway's clock.
    pub as_of: Timestamp,
    /// Who held it before, and until when; the latest last.
    before: Vec<(Option<Holder>, Timestamp)>,
    /// The message it began with; zero: not known.
    pub begin: Id,
    /// Messages that the engine was told of.
    pub heard: BTreeSet<Id>,
    /// The newest public one of them.
    pub newest_public: Id,
    /// Messages up to this moment were told before the connector started.
    pub heard_until: Timestamp,
    /// Messages that wait until the engine has the dialog.
    pub early: Vec<wire::Message>,
    /// Tags that it was seen with, or that we put on it or gave up.
    pub tags: Vec<Arc<str>>,
    /// A call about it is under way: what was seen meanwhile. It is judged when the call has ended.
    pub busy: Option<Vec<Sighting>>,
    /// When it last changed, counted in changes of the mirror.
    pub turn: u64,
}

impl Card {
    /// A dialog of which nothing is known but its chat.
    pub fn new(chat: Id, phase: Phase) -> Self {
        Self {
            chat,
            phase,
            holder: None,
            as_of: Timestamp::from_micros(0),
            before: Vec::new(),
            begin: 0,
            heard: BTreeSet::new(),
            newest_public: 0,
            heard_until: Timestamp::from_micros(0),
            early: Vec::new(),
            tags: Vec::new(),
            busy: None,
            turn: 0,
        }
    }

    /// Whether the engine has it and it is open.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// What is told of who holds it turns out to be.
    pub fn weigh(&self, holding: Holding, is_certain: bool) -> Weight {
        if holding.who == self.holder {
            return Weight::Nothing;
        }
        if is_certain {
            return Weight::Change;
        }
        let (told, known) = (holding.as_of.micros(), self.as_of.micros());
        // A whole second may stand for any moment of it.
        let latest = if told % SECOND == 0 { told + SECOND - 1 } else { told };
        if told > known {
            Weight::Change
        } else if latest < known {
            Weight::Nothing
        } else {
            Weight::Unclear
        }
    }

    /// Believes it.
    pub fn believe(&mut self, holding: Holding) {
        self.believe_since(holding, holding.as_of);
    }

    /// A call of ours took it from whoever held it, now by our own clock: the gateway does not say when. What it will
    /// say of others is compared with what it said before.
    pub fn taken_away(&mut self, now: Timestamp) {
        self.believe_since(Holding { who: None, as_of: self.as_of }, now.max(self.as_of));
    }

    fn believe_since(&mut self, holding: Holding, since: Timestamp) {
        if holding.who != self.holder {
            self.before.push((self.holder, since));
            let excess = self.before.len().saturating_sub(MOST_BEFORE);
            self.before.drain(..excess);
        }
        self.holder = holding.who;
        self.as_of = self.as_of.max(holding.as_of);
    }

    /// Whether a closing in whole seconds may have come before or after the last change of hands, one that only this
    /// tells of included: that nobody holds it any more.
    pub fn is_end_unclear(&self, sighting: &Sighting) -> bool {
        let Some((first, last)) = sighting.closed_within() else { return false };
        let is_within = |moment: Timestamp| first < moment && moment <= last;
        let is_news = sighting.tells_of_nobody() && self.holder.is_some();
        self.before.last().is_some_and(|(_, until)| is_within(*until)) || (sighting.is_rounded && is_news)
    }

    /// Whether a record of a closed dialog shows nobody, though somebody is believed to hold it, and changed after the
    /// closing: they may have been relieved before or after. Recorded accounts write every closing some milliseconds
    /// before the record's last change.
    pub fn may_have_been_left_later(&self, sighting: &Sighting) -> bool {
        let is_news = sighting.tells_of_nobody() && self.holder.is_some();
        let changed = sighting.holding.map(|holding| holding.as_of);
        is_news && !sighting.is_rounded && sighting.closed_at.is_some() && changed > sighting.closed_at
    }

    /// It is closed: whoever held it in that moment held it last. The gateway lets one be given to somebody or taken
    /// away even afterwards (a call of ours may have crossed the closing), and that does not count. A record
    /// that shows nobody and changed since does not count either: by then, messages have told.
    pub fn end(&mut self, sighting: &Sighting) {
        let closed_at = sighting.closed_within().map(|(_, last)| last);
        let is_after = |moment: Timestamp| closed_at.is_some_and(|closed| moment > closed);
        if let Some(told) = sighting.holding
            && !sighting.since.is_some_and(is_after)
            && !(sighting.tells_of_nobody() && is_after(told.as_of))
        {
            self.believe_since(told, sighting.since.or(closed_at).unwrap_or(told.as_of));
        }
        while let Some((who, until)) = self.before.last().copied()
            && is_after(until)
        {
            self.holder = who;
            self.before.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_772_442_904 * SECOND;

    fn card(holder: Option<Holder>, micros: i64) -> Card {
        let mut card = Card::new(1, Phase::Open);
        card.believe(Holding { who: holder, as_of: Timestamp::from_micros(START + micros) });
        card
    }

    fn holding(user: Id, micros: i64) -> Holding {
        Holding { who: Some(Holder::User(user)), as_of: Timestamp::from_micros(START + micros) }
    }

    #[test]
    fn the_later_one_stands_whatever_came_first() {
        let card = card(Some(Holder::User(1)), 500);
        assert_eq!(card.weigh(holding(2, 501), false), Weight::Change);
        assert_eq!(card.weigh(holding(2, 499), false), Weight::Nothing);
        assert_eq!(card.weigh(holding(1, 900), false), Weight::Nothing, "it is known");
        assert_eq!(card.weigh(holding(2, 500), false), Weight::Unclear, "at the same moment");
        assert_eq!(card.weigh(holding(2, 1), true), Weight::Change, "it was read after everything else");
    }

    fn closed(micros: i64, told: Option<(Id, i64)>) -> Sighting {
        let moment = |micros| Timestamp::from_micros(START + micros);
        Sighting {
            closed: true,
            closed_at: Some(moment(micros)),
            holding: told.map(|(user, since)| holding(user, since.max(micros))),
            since: told.map(|(_, since)| moment(since)),
            ..Sighting::of(1, 1)
        }
    }

    #[test]
    fn whoever_held_it_when_it_was_closed_held_it_last() {
        let reassigned = || {
            let mut card = card(Some(Holder::User(1)), 500);
            card.believe(holding(2, 900));
            card
        };
        let end = |told, closed_at| {
            let mut card = reassigned();
            card.end(&closed(closed_at, told));
            card.holder
        };
        assert_eq!(end(None, 950), Some(Holder::User(2)));
        assert_eq!(end(None, 700), Some(Holder::User(1)), "it was given to the second after it was closed");
        assert_eq!(end(None, 400), None, "nobody had it yet");
        assert_eq!(end(Some((2, 900)), 950), Some(Holder::User(2)));
        assert_eq!(end(Some((2, 900)), 700), Some(Holder::User(1)), "the record shows the second by now");
        assert_eq!(end(Some((3, 650)), 700), Some(Holder::User(3)), "somebody of whom nothing was heard");
        assert_eq!(end(Some((3, 800)), 700), Some(Holder::User(1)), "somebody who got it after that");
        let mut taken = card(Some(Holder::User(1)), 500);
        taken.taken_away(Timestamp::from_micros(START + 900));
        taken.believe(holding(2, 950));
        taken.end(&closed(700, Some((2, 950))));
        assert_eq!(taken.holder, Some(Holder::User(1)), "all that was done after it was closed");
        let nobody = |as_of| {
            let as_of = Timestamp::from_micros(START + as_of);
            Sighting { holding: Some(Holding { who: None, as_of }), ..closed(700, None) }
        };
        let mut crossed = card(Some(Holder::User(1)), 500);
        crossed.end(&nobody(900));
        assert_eq!(crossed.holder, Some(Holder::User(1)), "a call of ours took it away afterwards");
        let mut returned = card(Some(Holder::User(1)), 500);
        returned.end(&nobody(700));
        assert_eq!(returned.holder, None, "it was closed when nobody had it");
        let mut unknown = card(None, 0);
        unknown.end(&closed(700, Some((3, 650))));
        assert_eq!(unknown.holder, Some(Holder::User(3)));
    }

    #[test]
    fn a_closing_in_whole_seconds_may_not_tell_what_came_first() {
        let mut card = card(Some(Holder::User(1)), 500);
        let rounded = |micros| Sighting { is_rounded: true, ..closed(micros, None) };
        card.believe(holding(2, SECOND + 900));
        assert!(card.is_end_unclear(&rounded(SECOND)));
        assert!(!card.is_end_unclear(&rounded(2 * SECOND)));
        assert!(!card.is_end_unclear(&closed(SECOND, None)), "it is not rounded");
        let nobody = Holding { who: None, as_of: Timestamp::from_micros(START + 3 * SECOND) };
        let gone = Sighting { holding: Some(nobody), ..rounded(2 * SECOND) };
        assert!(card.is_end_unclear(&gone), "it may have been taken away before or after");
        assert!(
            !card.is_end_unclear(&Sighting { is_rounded: false, ..gone }),
            "what is exact can be weighed"
        );
    }

    #[test]
    fn whole_seconds_may_not_decide() {
        let card = card(Some(Holder::User(1)), 500);
        assert_eq!(card.weigh(holding(2, 0), false), Weight::Unclear);
        assert_eq!(card.weigh(holding(2, -SECOND), false), Weight::Nothing);
        assert_eq!(card.weigh(holding(2, SECOND), false), Weight::Change);
    }

    #[test]
    fn shapes_of_who_is_responsible_agree() {
        let text = r#"{"id": 9, "chat_id": 7, "created_at": "2026-03-02T09:15:04Z",
            "responsible": {"type": "user", "id": 41, "assigned_at": "2026-03-02T09:15:05.2Z"}}"#;
        let listed = Sighting::listed(&wire::decode(text.as_bytes()).expect("a dialog"));
        let event = Sighting::event(&wire::decode(text.as_bytes()).expect("an event"), 7);
        let text = r#"{"id": 7, "updated_at": "2026-03-02T09:15:05.2Z",
            "last_dialog": {"id": 9, "assigned_at": "2026-03-02T09:15:05Z", "responsible": {"type": "user", "id": 41}}}"#;
        let chat: wire::Chat = wire::decode(text.as_bytes()).expect("a chat");
        let last = Sighting::last_of(chat.last_dialog.as_ref().expect("it has one"), &chat);
        for sighting in [listed, event, last] {
            assert_eq!((sighting.dialog, sighting.chat), (9, 7));
            let held = sighting.holding.expect("somebody holds it");
            assert_eq!((held.who, held.as_of.micros()), (Some(Holder::User(41)), START + SECOND + 200_000));
        }
    }
}
