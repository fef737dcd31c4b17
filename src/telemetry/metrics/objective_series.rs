//! Objectives of the rules: what was promised, and how much of it was kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::SharedString;

use super::bounded::Names;
use super::catalogue as family;
use crate::domain::figures::{Measure, Objective, ServiceFigure};

/// Most names of objectives of one account that are told apart.
const OBJECTIVES: usize = 100;

/// Series of one account.
pub struct ObjectiveSeries {
    account: SharedString,
    names: Names,
    in_force: Vec<Objective>,
    kept: BTreeMap<(Arc<str>, Measure), Count>,
}

/// How often it was met and missed, since the objective is what it is.
#[derive(Clone, Copy, Debug)]
struct Count {
    within: Duration,
    met: u64,
    missed: u64,
}

impl ObjectiveSeries {
    /// No objectives.
    pub fn new(account: SharedString) -> Self {
        Self { account, names: Names::new(OBJECTIVES), in_force: Vec::new(), kept: BTreeMap::new() }
    }

    /// These are in force now; what was counted goes on for those that stay as they were.
    pub fn set(&mut self, objectives: &[Objective]) {
        for gone in std::mem::take(&mut self.in_force) {
            let labels = self.labels(&gone.id, gone.measure);
            family::OBJECTIVE_TARGET.gauge(labels).set(0.0);
        }
        for objective in objectives {
            let id = self.names.bounded(&objective.id);
            let labels = self.labels(&id, objective.measure);
            family::OBJECTIVE_TARGET.gauge(labels.clone()).set(objective.ratio);
            family::OBJECTIVE_WITHIN.gauge(labels).set(objective.within.as_secs_f64());
            let fresh = Count { within: objective.within, met: 0, missed: 0 };
            let count = self.kept.entry((id.clone(), objective.measure)).or_insert(fresh);
            if count.within != objective.within {
                *count = fresh;
            }
            self.in_force.push(Objective { id, ..objective.clone() });
        }
        let in_force = &self.in_force;
        self.kept.retain(|(id, measure), _| in_force.iter().any(|o| o.id == *id && o.measure == *measure));
    }

    /// Something ended, and this is how long it took.
    pub fn figure(&mut self, figure: &ServiceFigure) {
        for index in 0..self.in_force.len() {
            let objective = &self.in_force[index];
            let Some(is_met) = objective.judge(figure) else {
                continue;
            };
            let (id, measure) = (objective.id.clone(), objective.measure);
            let [account, name, word] = self.labels(&id, measure);
            let result = if is_met { "met" } else { "missed" };
            let judged = [account.clone(), name.clone(), word.clone(), result.into()];
            family::OBJECTIVE_JUDGED.counter(judged).increment(1);
            if let Some(count) = self.kept.get_mut(&(id, measure)) {
                count.met += u64::from(is_met);
                count.missed += u64::from(!is_met);
                let share = count.met as f64 / (count.met + count.missed) as f64;
                family::OBJECTIVE_ACHIEVED.gauge([account, name, word]).set(share);
            }
        }
    }

    fn labels(&self, id: &Arc<str>, measure: Measure) -> [SharedString; 3] {
        [self.account.clone(), SharedString::from_shared(id.clone()), measure.word().into()]
    }
}
