//! Admission: how much may be under way at once. Beyond it the edge says "try again" instead of queueing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A limit on what is under way.
#[derive(Debug)]
pub struct Admission {
    under_way: AtomicUsize,
    limit: usize,
}

/// Permission for one request; given back when dropped.
#[derive(Debug)]
pub struct Permit(Arc<Admission>);

impl Admission {
    /// At most `limit` at once.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { under_way: AtomicUsize::new(0), limit })
    }

    /// A permit, unless too much is under way.
    pub fn permit(self: &Arc<Self>) -> Option<Permit> {
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        // The permit is made first so that refusing gives the place back.
        let permit = Permit(Arc::clone(self));
        (before < self.limit).then_some(permit)
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_beyond_the_limit_and_admits_again() {
        let admission = Admission::new(2);
        let (first, second) = (admission.permit(), admission.permit());
        assert!(first.is_some() && second.is_some());
        assert!(admission.permit().is_none());
        drop(first);
        assert!(admission.permit().is_some());
        drop(second);
        assert_eq!(admission.under_way(), 0);
    }
}
