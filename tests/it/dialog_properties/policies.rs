//! Rules of all kinds, as far as one dialog feels them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use reparto::domain::closing::{ClosePolicy, DialogPolicy, LastFrom, NoReplyPolicy, ReassignPolicy, Text};
use reparto::domain::ids::{GroupId, RuleId};
use reparto::domain::routing::Target;
use reparto::domain::units::Units;

/// A rule file in a few words; times in seconds.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    idle_after: Option<u64>,
    no_reply: Option<(u64, Vec<u64>)>,
    max_moves: u32,
    has_last_resort: bool,
    avoids_last: bool,
    close: Option<Close>,
    may_write: bool,
}

#[derive(Clone, Debug)]
struct Close {
    after: u64,
    last_from: LastFrom,
    warnings: Vec<u64>,
    farewell_timeout: Option<u64>,
    by_account: bool,
}

fn close() -> impl Strategy<Value = Close> {
    let last_from = prop::sample::select(vec![LastFrom::Manager, LastFrom::Customer, LastFrom::Any]);
    let warnings = prop::collection::vec(1..4_000_u64, 0..3);
    let farewell = prop::option::of(1..120_u64);
    (1..10_000_u64, last_from, warnings, farewell, any::<bool>()).prop_map(
        |(after, last_from, mut warnings, farewell_timeout, by_account)| {
            warnings.sort_unstable_by(|one, other| other.cmp(one));
            Close { after, last_from, warnings, farewell_timeout, by_account }
        },
    )
}

pub fn rules() -> impl Strategy<Value = Rules> {
    let nudges = prop::collection::vec(1..900_u64, 0..3);
    (
        prop::option::of(1..2_000_u64),
        prop::option::of((1..1_000_u64, nudges)),
        prop_oneof![2 => Just(0), 2 => Just(1), 1 => 2..4_u32],
        any::<bool>(),
        any::<bool>(),
        prop::option::weighted(0.8, close()),
        prop::bool::weighted(0.8),
    )
        .prop_map(|(idle_after, no_reply, max_moves, has_last_resort, avoids_last, close, may_write)| {
            let no_reply = no_reply.map(|(after, mut nudges)| {
                nudges.sort_unstable();
                (after, nudges)
            });
            Rules { idle_after, no_reply, max_moves, has_last_resort, avoids_last, close, may_write }
        })
}

fn text(key: &str) -> Arc<Text> {
    Arc::new(Text {
        key: key.into(),
        wordings: BTreeMap::from([("en".into(), key.into())]),
        fallback: Arc::default(),
    })
}

fn seconds(seconds: &[u64]) -> Vec<Duration> {
    seconds.iter().copied().map(Duration::from_secs).collect()
}

impl Rules {
    /// What they say of a dialog.
    pub fn policy(&self) -> DialogPolicy {
        let close = self.close.as_ref().map(|close| {
            let warnings = seconds(&close.warnings);
            Arc::new(ClosePolicy {
                id: RuleId::trusted("quiet"),
                by_account: close.by_account,
                after: Duration::from_secs(close.after),
                last_from: close.last_from,
                warnings: warnings.into_iter().map(|before| (before, text("soon"))).collect(),
                farewell: close.farewell_timeout.map(|_| text("bye")),
                farewell_timeout: Duration::from_secs(close.farewell_timeout.unwrap_or_default()),
            })
        });
        let no_reply = self.no_reply.as_ref().map(|(after, nudges)| NoReplyPolicy {
            after: Duration::from_secs(*after),
            nudges: seconds(nudges),
        });
        DialogPolicy {
            weight: Units::ONE,
            idle_weight: Units::from_milli(250),
            idle_after: self.idle_after.map(Duration::from_secs),
            close,
            reassign: Arc::new(ReassignPolicy {
                max_moves: self.max_moves,
                then: self.has_last_resort.then(|| Target::Group(GroupId::trusted("duty"))),
                avoid_last: self.avoids_last,
                no_reply,
                offline: None,
            }),
            language: None,
            may_write: self.may_write,
            replies: Vec::new(),
            changes_at: None,
        }
    }
}
