//! Series by the value of a label, however many values come in: the first few are told apart, the rest is `other`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use metrics::{Gauge, SharedString};

/// The label of everything beyond the limit.
pub const OTHER: &str = "other";

/// Handles by the value of a label. Looking up a known value allocates nothing.
pub struct Bounded<H> {
    limit: usize,
    handles: BTreeMap<Arc<str>, H>,
}

impl<H> Bounded<H> {
    /// Tells at most `limit` values apart.
    pub fn new(limit: usize) -> Self {
        Self { limit, handles: BTreeMap::new() }
    }

    /// The handle of a value, or of `other`; made when it is first asked for.
    pub fn get(&mut self, value: &str, make: impl FnOnce(SharedString) -> H) -> &mut H {
        let has_room = self.handles.len() < self.limit;
        let key = if has_room || self.handles.contains_key(value) { value } else { OTHER };
        if !self.handles.contains_key(key) {
            let key: Arc<str> = key.into();
            let handle = make(SharedString::from_shared(key.clone()));
            self.handles.insert(key, handle);
        }
        self.handles.get_mut(key).expect("it was there or has just been put there")
    }
}

/// Values of a label, of which only the first few are told apart.
pub struct Names {
    limit: usize,
    known: BTreeSet<Arc<str>>,
}

impl Names {
    /// Tells at most `limit` names apart.
    pub fn new(limit: usize) -> Self {
        Self { limit, known: BTreeSet::new() }
    }

    /// The name itself, unless it is beyond the limit.
    pub fn exactly(&mut self, name: &str) -> Option<Arc<str>> {
        if !self.known.contains(name) && self.known.len() >= self.limit {
            return None;
        }
        Some(self.bounded(name))
    }

    /// The name itself, or `other`.
    pub fn bounded(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let name: Arc<str> = if self.known.len() < self.limit { name.into() } else { OTHER.into() };
        self.known.insert(name.clone());
        name
    }
}

/// Gauges by key, set all at once; what is not named any more goes to zero.
pub struct GaugeSet<K> {
    gauges: BTreeMap<K, Gauge>,
}

impl<K: Ord> GaugeSet<K> {
    /// No gauges.
    pub fn new() -> Self {
        Self { gauges: BTreeMap::new() }
    }

    /// Sets all gauges; those without a value are set to zero.
    pub fn set(&mut self, values: BTreeMap<K, f64>, make: impl Fn(&K) -> Gauge) {
        for (key, gauge) in &self.gauges {
            if !values.contains_key(key) {
                gauge.set(0.0);
            }
        }
        for (key, value) in values {
            self.gauges.entry(key).or_insert_with_key(&make).set(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_all_is_other() {
        let mut bounded = Bounded::new(2);
        for value in ["a", "b", "c", "a", "d"] {
            *bounded.get(value, |_| 0) += 1;
        }
        let counts: Vec<_> = bounded.handles.iter().map(|(k, n)| (&**k, *n)).collect();
        assert_eq!(counts, [("a", 2), ("b", 1), (OTHER, 2)]);
    }

    #[test]
    fn names_beyond_the_limit_stay_other_for_good() {
        let mut names = Names::new(1);
        assert_eq!(&*names.bounded("a"), "a");
        assert_eq!(&*names.bounded("b"), OTHER);
        assert_eq!(&*names.bounded("a"), "a");
        assert_eq!(&*names.bounded(OTHER), OTHER);
    }
}
