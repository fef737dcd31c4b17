//! Faults, on demand and by seeded chance: what goes wrong between a bot and its gateway.
//!
//! Pure: it says what is to go wrong; the server and the world do it. For the same seed, chances and questions the
//! answers are the same.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// All sockets break.
    Drop,
    /// All sockets stay open and are deaf and mute from now on.
    HalfOpen,
    /// A frame comes twice.
    Duplicate,
    /// A frame comes late, after those that followed it.
    Delay,
    /// A frame changes places with the next.
    Reorder,
    /// A request is refused: 429.
    TooMany,
    /// A request is refused: 503.
    Unavailable,
    /// A request fails: 500 with nothing in it.
    Broken,
    /// A request fails at the proxy: 502 with a page for people.
    BadGateway,
    /// An answer takes its time.
    Slow,
    /// A request is carried out, and the answer breaks off.
    ReplyLost,
    /// A request is carried out, and the proxy answers 502 with a page for people.
    ReplyReplaced,
    /// The manager loses access just before they are given a dialog; they are back a while later.
    Deactivate,
    /// A person gives the dialog to somebody just before a bot does.
    HandBefore,
    /// A person gives the dialog to somebody just after a bot did.
    HandAfter,
    /// The token is void; a new one has to be asked for.
    Revoke,
}

/// All of them, with their names for people and for the control API.
pub const FAULTS: [(Fault, &str); 16] = [
    (Fault::Drop, "drop"),
    (Fault::HalfOpen, "half-open"),
    (Fault::Duplicate, "duplicate"),
    (Fault::Delay, "delay"),
    (Fault::Reorder, "reorder"),
    (Fault::TooMany, "429"),
    (Fault::Unavailable, "503"),
    (Fault::Broken, "500"),
    (Fault::BadGateway, "502"),
    (Fault::Slow, "slow"),
    (Fault::ReplyLost, "reply-lost"),
    (Fault::ReplyReplaced, "reply-replaced"),
    (Fault::Deactivate, "deactivate"),
    (Fault::HandBefore, "hand-before"),
    (Fault::HandAfter, "hand-after"),
    (Fault::Revoke, "revoke"),
];

/// What may go wrong with any request.
const OF_REQUESTS: [Fault; 5] =
    [Fault::TooMany, Fault::Unavailable, Fault::Broken, Fault::BadGateway, Fault::Slow];
/// What may go wrong with a request that changes something.
const OF_CHANGES: [Fault; 2] = [Fault::ReplyLost, Fault::ReplyReplaced];
/// What may go wrong with a request that gives a dialog to somebody.
const OF_ASSIGNMENTS: [Fault; 3] = [Fault::Deactivate, Fault::HandBefore, Fault::HandAfter];
const OF_FRAMES: [Fault; 3] = [Fault::Duplicate, Fault::Delay, Fault::Reorder];
const OF_SOCKETS: [Fault; 2] = [Fault::Drop, Fault::HalfOpen];

impl Fault {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        FAULTS.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        FAULTS.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }
}

/// How often what goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chances {
    /// Share of requests that meet a fault.
    pub requests: f64,
    /// Share of frames that meet one.
    pub frames: f64,
    /// Share of assignments that a person or a dismissal crosses.
    pub crossings: f64,
    /// How many times an hour of real time all sockets break or go deaf.
    pub breaks_per_hour: f64,
}

impl Chances {
    /// A bad day: one in fifty requests and frames, one in fifty assignments crossed, a break every two minutes.
    pub const ROUGH: Self = Self { requests: 0.02, frames: 0.02, crossings: 0.02, breaks_per_hour: 30.0 };
}

/// What a request is, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Asks.
    Reads,
    /// Changes something.
    Changes,
    /// Gives a dialog to somebody.
    Assigns,
}

/// What happens to a frame on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// How late each copy comes.
    pub copies: [Option<Duration>; 2],
    /// Whether it is held until the next frame was sent.
    pub is_held: bool,
}

impl Way {
    const PLAIN: Self = Self { copies: [Some(Duration::ZERO), None], is_held: false };
}

/// Decides what goes wrong.
#[derive(Debug)]
pub struct Faults {
    /// How often.
    pub chances: Chances,
    chance: ChaCha8Rng,
    ordered: VecDeque<Fault>,
    met: BTreeMap<Fault, u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(Chances::default(), 0)
    }
}

impl Faults {
    /// Nothing is ordered yet.
    pub fn new(chances: Chances, seed: u64) -> Self {
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Self { chances, chance, ordered: VecDeque::new(), met: BTreeMap::new() }
    }

    /// This will go wrong at the next opportunity, so many times.
    pub fn order(&mut self, fault: Fault, times: usize) {
        self.ordered.extend(std::iter::repeat_n(fault, times));
    }

    /// How often each was met so far.
    pub fn met(&self) -> &BTreeMap<Fault, u64> {
        &self.met
    }

    /// Notes one that happened without being asked for here.
    pub fn note(&mut self, fault: Fault) {
        *self.met.entry(fault).or_default() += 1;
    }

    fn ordered(&mut self, among: &[Fault]) -> Option<Fault> {
        let at = self.ordered.iter().position(|fault| among.contains(fault))?;
        self.ordered.remove(at)
    }

    fn meet(&mut self, share: f64, among: &[Fault]) -> Option<Fault> {
        let ordered = self.ordered(among);
        // Drawn in any case: an order must not change what comes after it.
        let is_met = self.chance.random_bool(share.clamp(0.0, 1.0));
        let drawn = is_met.then(|| among[self.chance.random_range(0..among.len())]);
        let fault = ordered.or(drawn)?;
        self.note(fault);
        Some(fault)
    }

    /// What happens to a request.
    pub fn of_request(&mut self, kind: RequestKind) -> Option<Fault> {
        let crossing = (kind == RequestKind::Assigns)
            .then(|| self.meet(self.chances.crossings, &OF_ASSIGNMENTS))
            .flatten();
        let any = match kind {
            RequestKind::Reads => OF_REQUESTS.to_vec(),
            RequestKind::Changes | RequestKind::Assigns => [&OF_REQUESTS[..], &OF_CHANGES[..]].concat(),
        };
        if crossing.is_some() {
            return crossing;
        }
        self.meet(self.chances.requests, &any)
    }

    /// How slow a slow answer is.
    pub fn slowness(&mut self) -> Duration {
        Duration::from_millis(self.chance.random_range(500..4000))
    }

    /// Which way a frame takes.
    pub fn of_frame(&mut self) -> Way {
        match self.meet(self.chances.frames, &OF_FRAMES) {
            Some(Fault::Duplicate) => {
                let again = Duration::from_millis(self.chance.random_range(0..200));
                Way { copies: [Some(Duration::ZERO), Some(again)], ..Way::PLAIN }
            }
            Some(Fault::Delay) => {
                let late = Duration::from_millis(self.chance.random_range(50..1500));
                Way { copies: [Some(late), None], ..Way::PLAIN }
            }
            Some(_) => Way { is_held: true, ..Way::PLAIN },
            None => Way::PLAIN,
        }
    }

    /// What happens to the sockets while this much real time passes.
    pub fn of_sockets(&mut self, passing: Duration) -> Option<Fault> {
        self.meet(self.chances.breaks_per_hour * passing.as_secs_f64() / 3600.0, &OF_SOCKETS)
    }

    /// Whether tokens are void from now on; never by chance.
    pub fn of_tokens(&mut self) -> Option<Fault> {
        let fault = self.ordered(&[Fault::Revoke])?;
        self.note(fault);
        Some(fault)
    }

    /// A number below this one, by chance.
    pub fn pick(&mut self, below: usize) -> usize {
        self.chance.random_range(0..below.max(1))
    }

    /// How long a dismissed manager stays away.
    pub fn absence(&mut self) -> Duration {
        Duration::from_secs(self.chance.random_range(20..120))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(seed: u64, chances: Chances) -> Vec<Option<Fault>> {
        let mut faults = Faults::new(chances, seed);
        (0..5000).map(|_| faults.of_request(RequestKind::Assigns)).collect()
    }

    #[test]
    fn the_same_seed_brings_the_same_faults() {
        assert_eq!(day(1, Chances::ROUGH), day(1, Chances::ROUGH));
        assert_ne!(day(1, Chances::ROUGH), day(2, Chances::ROUGH));
        let met = day(1, Chances::ROUGH).into_iter().flatten().count();
        assert!((100..300).contains(&met), "about one in fifty, twice: {met}");
    }

    #[test]
    fn without_chances_only_what_is_ordered_goes_wrong() {
        let mut faults = Faults::default();
        assert_eq!(faults.of_request(RequestKind::Assigns), None);
        faults.order(Fault::ReplyLost, 2);
        assert_eq!(faults.of_request(RequestKind::Reads), None, "nothing is lost when somebody asks");
        assert_eq!(faults.of_request(RequestKind::Changes), Some(Fault::ReplyLost));
        assert_eq!(faults.of_request(RequestKind::Assigns), Some(Fault::ReplyLost));
        assert_eq!(faults.of_request(RequestKind::Assigns), None);
        faults.order(Fault::Duplicate, 1);
        assert!(faults.of_frame().copies[1].is_some());
        assert_eq!(faults.of_frame(), Way::PLAIN);
        faults.order(Fault::Drop, 1);
        assert_eq!(faults.of_sockets(Duration::ZERO), Some(Fault::Drop));
        assert_eq!(faults.met().values().sum::<u64>(), 4);
    }

    #[test]
    fn all_faults_have_names() {
        for (fault, name) in FAULTS {
            assert_eq!((Fault::named(name), fault.name()), (Some(fault), name));
        }
        assert_eq!(Fault::named("earthquake"), None);
    }
}
