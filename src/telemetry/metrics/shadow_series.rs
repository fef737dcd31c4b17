//! How near the shadow rules came to the live ones.

use metrics::{Counter, Gauge, SharedString};

use super::catalogue as family;
use crate::domain::agreement::Agreement;

/// Series of one account; nothing is shown before it has a shadow.
pub struct ShadowSeries {
    account: SharedString,
    series: Option<Series>,
}

struct Series {
    active: Gauge,
    decisions: [Counter; 4],
    panics: Counter,
}

impl ShadowSeries {
    /// Of an account that had no shadow yet.
    pub fn new(account: SharedString) -> Self {
        Self { account, series: None }
    }

    fn series(&mut self) -> &Series {
        let account = &self.account;
        self.series.get_or_insert_with(|| Series {
            active: family::SHADOW_ACTIVE.gauge([account.clone()]),
            decisions: Agreement::ALL
                .map(|kind| family::SHADOW_DECISIONS.counter([account.clone(), kind.word().into()])),
            panics: family::SHADOW_PANICS.counter([account.clone()]),
        })
    }

    /// A shadow decides, or none does any more.
    pub fn set(&mut self, active: bool) {
        if active || self.series.is_some() {
            self.series().active.set(f64::from(u8::from(active)));
        }
    }

    /// So many decisions came so near.
    pub fn decided(&mut self, agreement: Agreement, count: u64) {
        let series = self.series();
        for (kind, counter) in Agreement::ALL.into_iter().zip(&series.decisions) {
            if kind == agreement {
                counter.increment(count);
            }
        }
    }

    /// It was given up.
    pub fn panicked(&mut self) {
        self.series().panics.increment(1);
    }
}
