//! Capacity and load are counted in units; a unit has a thousand parts so that sums stay exact.

use std::fmt;
use std::iter::Sum;

/// An amount of work: what a dialog costs, or what a manager can hold. Kept in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Units(u32);

impl Units {
    /// No work at all.
    pub const ZERO: Self = Self(0);
    /// One whole unit.
    pub const ONE: Self = Self(1_000);

    /// From thousandths of a unit.
    pub const fn from_milli(milli: u32) -> Self {
        Self(milli)
    }

    /// From whole units, saturating.
    pub const fn whole(units: u32) -> Self {
        Self(units.saturating_mul(1_000))
    }

    /// From a number of units as people write it, rounded to the nearest thousandth.
    /// `None` when it is negative, not finite, or over four million.
    pub fn from_f64(units: f64) -> Option<Self> {
        let milli = (units * 1_000.0).round();
        if milli.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&milli) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the range was checked"
            )]
            Some(Self(milli as u32))
        } else {
            None
        }
    }

    /// Thousandths of a unit.
    pub const fn milli(self) -> u32 {
        self.0
    }

    /// As a number of units.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, never below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This share of the amount, where `share` is itself in thousandths (250 = a quarter), rounded down.
    #[must_use]
    pub fn scaled(self, share: Self) -> Self {
        let product = u64::from(self.0) * u64::from(share.0) / 1_000;
        Self(u32::try_from(product).unwrap_or(u32::MAX))
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Units {
    /// As people write it: `3`, `0.25`, `1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_f64())
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}u")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_a_site_dialog_is_half_a_unit() {
        assert_eq!(Units::whole(2).scaled(Units::from_milli(250)), Units::from_milli(500));
    }

    #[test]
    fn accepts_only_sane_numbers() {
        assert_eq!(Units::from_f64(0.25), Some(Units::from_milli(250)));
        assert_eq!(Units::from_f64(-1.0), None);
        assert_eq!(Units::from_f64(f64::NAN), None);
        assert_eq!(Units::from_f64(1e12), None);
    }
}
