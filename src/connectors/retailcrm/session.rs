//! The life of the connection as a state machine: connect, read everything, follow, and begin again after any gap.
//!
//! ```text
//!   Waiting ──► Connecting ──► Syncing ──► Live ──► (silence, end of the socket) ──► Waiting
//!      ▲            │             │
//!      └── failed ──┴─────────────┘      401, 403 ──► Barred ──► (another token, or a try now and then) ──► Connecting
//! ```
//!
//! Every connection follows a gap, also the first. What comes while everything is being read is kept, and told after
//! it. The gateway answers pings; when neither frame nor answer came for a while, the socket is taken for dead.
//! No sockets, clocks or chance here: the shell brings them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::time::Timestamp;

/// How fast everything goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Between two pings.
    pub ping: Duration,
    /// So long without a sign, and the socket is dead.
    pub silence: Duration,
    /// Between two readings in routine.
    pub routine: Duration,
    /// The first wait before connecting again; twice as long each time.
    pub first_wait: Duration,
    /// The longest one.
    pub longest_wait: Duration,
    /// Between two tries with a token that was refused.
    pub probe: Duration,
    /// How often the clock is looked at.
    pub tick: Duration,
}

impl Default for Tempo {
    /// As the vendor's protocol notes advise.
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(30),
            silence: Duration::from_secs(40),
            routine: Duration::from_mins(3),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(1),
            probe: Duration::from_mins(1),
            tick: Duration::from_millis(250),
        }
    }
}

/// More than this under way while everything is being read: then it is read once more.
const MOST_KEPT: usize = 100_000;

/// What happens to a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<F> {
    /// Time passed.
    Tick,
    /// The socket is open.
    Opened,
    /// It could not be opened.
    NotOpened,
    /// The gateway does not take the token.
    Unauthorized,
    /// A frame came.
    Frame(F),
    /// The gateway answered a ping.
    Pong,
    /// The socket is gone.
    Ended,
    /// Everything was read.
    Synced,
    /// Everything could not be read.
    NotSynced,
    /// Somebody doubts that the token is good.
    Doubted,
    /// There is another token.
    NewToken,
}

/// What a session asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Act<F> {
    /// Open a socket; end with [`Event::Opened`], [`Event::NotOpened`] or [`Event::Unauthorized`].
    Connect,
    /// Let go of the socket.
    HangUp,
    /// Ping.
    Ping,
    /// Read everything; in routine or after a gap.
    Read {
        /// Nothing is amiss.
        is_routine: bool,
    },
    /// A frame is told.
    Tell(F),
    /// From now on, what is known is complete.
    Live,
    /// From now on it is not.
    Gap,
    /// The token is refused.
    Barred,
}

#[derive(Clone, Debug, PartialEq)]
enum State<F> {
    Waiting { until: Timestamp },
    Connecting,
    Syncing { kept: VecDeque<F> },
    Live { routine_at: Timestamp, is_reading: bool },
    Barred { until: Timestamp },
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Session<F> {
    tempo: Tempo,
    state: State<F>,
    failures: u32,
    heard_at: Timestamp,
    pinged_at: Timestamp,
}

impl<F> Session<F> {
    /// One that connects at the first tick.
    pub fn new(tempo: Tempo, now: Timestamp) -> Self {
        Self { tempo, state: State::Waiting { until: now }, failures: 0, heard_at: now, pinged_at: now }
    }

    /// Whether what is known is complete.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    /// Whether the token was refused.
    pub fn is_barred(&self) -> bool {
        matches!(self.state, State::Barred { .. })
    }

    fn has_socket(&self) -> bool {
        matches!(self.state, State::Syncing { .. } | State::Live { .. })
    }

    /// The wait grows, and chance spreads those that were cut off together.
    fn wait(&mut self, now: Timestamp, chance: u32, acts: &mut Vec<Act<F>>) {
        if self.is_live() {
            acts.push(Act::Gap);
        }
        if self.has_socket() {
            acts.push(Act::HangUp);
        }
        let steps = self.failures.min(16);
        let wait = (self.tempo.first_wait * 2_u32.saturating_pow(steps)).min(self.tempo.longest_wait);
        let spread = wait / 2 * (chance % 1_024) / 1_024;
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting { until: now + wait / 2 + spread };
    }

    fn bar(&mut self, now: Timestamp, acts: &mut Vec<Act<F>>) {
        if self.is_live() {
            acts.push(Act::Gap);
        }
        if self.has_socket() {
            acts.push(Act::HangUp);
        }
        self.state = State::Barred { until: now + self.tempo.probe };
        acts.push(Act::Barred);
    }

    /// Takes in what happened. `chance` is any number, evenly spread.
    pub fn on(&mut self, event: Event<F>, now: Timestamp, chance: u32) -> Vec<Act<F>> {
        let mut acts = Vec::new();
        if matches!(event, Event::Frame(_) | Event::Pong) {
            self.heard_at = now;
        }
        match (event, &mut self.state) {
            (Event::Tick, _) => self.tick(now, chance, &mut acts),
            (Event::Opened, State::Connecting) => {
                self.heard_at = now;
                self.pinged_at = now;
                self.state = State::Syncing { kept: VecDeque::new() };
                acts.push(Act::Read { is_routine: false });
            }
            (Event::Opened, _) => acts.push(Act::HangUp),
            (Event::NotOpened, State::Connecting)
            | (Event::Ended | Event::NotSynced, State::Syncing { .. })
            | (Event::Ended, State::Live { .. })
            // A new connection asks who we are: that settles a doubt.
            | (Event::Doubted, State::Syncing { .. } | State::Live { .. }) => {
                self.wait(now, chance, &mut acts);
            }
            (Event::NotSynced, State::Live { is_reading, .. }) => *is_reading = false,
            (Event::Unauthorized, State::Connecting | State::Syncing { .. } | State::Live { .. }) => {
                self.bar(now, &mut acts);
            }
            (Event::Frame(frame), State::Syncing { kept }) => {
                kept.push_back(frame);
                if kept.len() > MOST_KEPT {
                    self.wait(now, chance, &mut acts);
                }
            }
            (Event::Frame(frame), State::Live { .. }) => acts.push(Act::Tell(frame)),
            (Event::Synced, State::Syncing { kept }) => {
                acts.extend(std::mem::take(kept).into_iter().map(Act::Tell));
                acts.push(Act::Live);
                self.failures = 0;
                let routine_at = now + self.tempo.routine;
                self.state = State::Live { routine_at, is_reading: false };
            }
            (Event::Synced, State::Live { routine_at, is_reading }) => {
                *routine_at = now + self.tempo.routine;
                *is_reading = false;
            }
            (
                Event::NewToken,
                State::Waiting { .. } | State::Syncing { .. } | State::Live { .. } | State::Barred { .. },
            ) => {
                self.failures = 0;
                self.wait(now, chance, &mut acts);
                self.state = State::Waiting { until: now };
            }
            (
                Event::Frame(_)
                | Event::Pong
                | Event::NotOpened
                | Event::Ended
                | Event::Synced
                | Event::NotSynced
                | Event::Unauthorized
                | Event::NewToken
                | Event::Doubted,
                _,
            ) => {}
        }
        acts
    }

    fn tick(&mut self, now: Timestamp, chance: u32, acts: &mut Vec<Act<F>>) {
        if self.has_socket() && self.heard_at + self.tempo.silence <= now {
            return self.wait(now, chance, acts);
        }
        match &mut self.state {
            State::Waiting { until } | State::Barred { until } if *until <= now => {
                self.state = State::Connecting;
                acts.push(Act::Connect);
                return;
            }
            State::Live { routine_at, is_reading: is_reading @ false } if *routine_at <= now => {
                *is_reading = true;
                acts.push(Act::Read { is_routine: true });
            }
            State::Waiting { .. }
            | State::Barred { .. }
            | State::Connecting
            | State::Syncing { .. }
            | State::Live { .. } => {}
        }
        if self.has_socket() && self.pinged_at + self.tempo.ping <= now {
            self.pinged_at = now;
            acts.push(Act::Ping);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_772_442_904);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    fn live() -> Session<u32> {
        let mut session = Session::new(Tempo::default(), START);
        assert_eq!(session.on(Event::Tick, START, 0), [Act::Connect]);
        assert_eq!(session.on(Event::Opened, START, 0), [Act::Read { is_routine: false }]);
        assert_eq!(session.on(Event::Frame(1), START, 0), []);
        assert_eq!(session.on(Event::Synced, START, 0), [Act::Tell(1), Act::Live]);
        session
    }

    #[test]
    fn what_comes_while_everything_is_read_is_told_after_it() {
        let mut session = live();
        assert_eq!(session.on(Event::Frame(2), after(1), 0), [Act::Tell(2)]);
    }

    #[test]
    fn silence_is_a_gap() {
        let mut session = live();
        assert_eq!(session.on(Event::Tick, after(30), 0), [Act::Ping]);
        session.on(Event::Pong, after(31), 0);
        assert_eq!(session.on(Event::Tick, after(60), 0), [Act::Ping]);
        assert_eq!(session.on(Event::Tick, after(71), 0), [Act::Gap, Act::HangUp]);
        assert_eq!(session.on(Event::Frame(9), after(71), 0), [], "of the old socket");
        assert_eq!(session.on(Event::Tick, after(72), 0), [Act::Connect]);
    }

    #[test]
    fn waits_grow_up_to_a_limit_and_begin_anew_once_it_works() {
        let mut session = Session::<u32>::new(Tempo::default(), START);
        let (mut now, mut waits) = (START, Vec::new());
        for _ in 0..9 {
            let begun = now;
            while session.on(Event::Tick, now, 1_023).is_empty() {
                now = now + Duration::from_millis(100);
            }
            waits.push(now.since(begun).as_secs_f64().round());
            session.on(Event::NotOpened, now, 1_023);
        }
        assert_eq!(waits, [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
    }

    #[test]
    fn a_refused_token_is_tried_now_and_then_and_another_at_once() {
        let mut session = live();
        let acts = session.on(Event::Unauthorized, after(1), 0);
        assert_eq!(acts, [Act::Gap, Act::HangUp, Act::Barred]);
        assert_eq!(session.on(Event::Tick, after(30), 0), []);
        assert_eq!(session.on(Event::Tick, after(61), 0), [Act::Connect]);
        assert_eq!(session.on(Event::Unauthorized, after(61), 0), [Act::Barred]);
        session.on(Event::NewToken, after(62), 0);
        assert_eq!(session.on(Event::Tick, after(62), 0), [Act::Connect]);
    }

    #[test]
    fn now_and_then_everything_is_read_without_need() {
        let mut session = live();
        for second in (0..200).step_by(10) {
            session.on(Event::Pong, after(second), 0);
            let reads = session.on(Event::Tick, after(second), 0).contains(&Act::Read { is_routine: true });
            assert_eq!(reads, second == 180, "{second}");
        }
        assert_eq!(session.on(Event::Synced, after(200), 0), []);
        assert!(session.is_live());
    }

    fn event() -> impl Strategy<Value = Event<u32>> {
        prop_oneof![
            8 => Just(Event::Tick),
            3 => Just(Event::Opened),
            1 => Just(Event::NotOpened),
            1 => Just(Event::Unauthorized),
            4 => (0_u32..9).prop_map(Event::Frame),
            2 => Just(Event::Pong),
            1 => Just(Event::Ended),
            3 => Just(Event::Synced),
            1 => Just(Event::NotSynced),
            1 => Just(Event::Doubted),
            1 => Just(Event::NewToken),
        ]
    }

    proptest! {
        /// Frames are told only while what is known is complete or is becoming so, each gap is told, and there is
        /// always a way back.
        #[test]
        fn it_never_gets_stuck(events in prop::collection::vec((event(), 0_u64..50), 0..60)) {
            let mut session = Session::new(Tempo::default(), START);
            let (mut now, mut live, mut socket) = (START, false, false);
            for (event, gap) in events {
                now = now + Duration::from_secs(gap);
                // The shell opens a socket only when it was asked to, so never a second one; it may come late.
                let opened = event == Event::Opened;
                if opened && session.has_socket() {
                    continue;
                }
                for act in session.on(event, now, 7) {
                    match act {
                        Act::Live => live = true,
                        Act::Gap => { prop_assert!(live); live = false; }
                        Act::Read { is_routine } => {
                            prop_assert_eq!(is_routine, live);
                            socket = true;
                        }
                        Act::HangUp => { prop_assert!(socket || opened); socket = false; }
                        Act::Tell(_) => prop_assert!(socket),
                        Act::Connect => prop_assert!(!live && !socket),
                        Act::Ping | Act::Barred => prop_assert!(socket || session.is_barred()),
                    }
                }
                prop_assert_eq!(live, session.is_live());
            }
            for _ in 0..400 {
                now = now + Duration::from_secs(1);
                for act in session.on(Event::Tick, now, 7) {
                    if act == Act::Connect {
                        session.on(Event::Opened, now, 7);
                        session.on(Event::Synced, now, 7);
                    }
                }
                if matches!(session.state, State::Connecting) {
                    session.on(Event::NotOpened, now, 7);
                }
                if matches!(session.state, State::Syncing { .. }) {
                    session.on(Event::Synced, now, 7);
                }
                session.on(Event::Pong, now, 7);
            }
            prop_assert!(session.is_live());
        }
    }
}
