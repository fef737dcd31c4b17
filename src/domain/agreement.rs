//! Agreement: how near a second rule set came to what the live one decided.

/// How a decision of a shadow compares with the live one. Ordered by how much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// The same comes of it, by the same rule and step.
    Same,
    /// The same comes of it, by another rule or step.
    Rule,
    /// Somebody gets the dialog, and it is somebody else.
    Manager,
    /// One gives the dialog to somebody, the other lets it wait; or one holds it, or asks a bot.
    Outcome,
}

impl Agreement {
    /// All kinds, the nearest first.
    pub const ALL: [Self; 4] = [Self::Same, Self::Rule, Self::Manager, Self::Outcome];

    /// The word used in the API and in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Rule => "rule",
            Self::Manager => "manager",
            Self::Outcome => "outcome",
        }
    }

    fn place(self) -> usize {
        match self {
            Self::Same => 0,
            Self::Rule => 1,
            Self::Manager => 2,
            Self::Outcome => 3,
        }
    }
}

/// How many decisions came how near.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; 4]);

impl Tally {
    /// Counts one.
    pub fn add(&mut self, agreement: Agreement) {
        self.0[agreement.place()] += 1;
    }

    /// How many of one kind.
    pub fn count(&self, agreement: Agreement) -> u64 {
        self.0[agreement.place()]
    }

    /// How many in all.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What was counted since an earlier state of the same tally; of a new one, all.
    pub fn since(&self, earlier: Self) -> impl Iterator<Item = (Agreement, u64)> {
        let is_new = Agreement::ALL.into_iter().any(|kind| self.count(kind) < earlier.count(kind));
        let before = if is_new { Self::default() } else { earlier };
        let now = *self;
        Agreement::ALL.into_iter().map(move |kind| (kind, now.count(kind) - before.count(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_since_is_told_apart() {
        let mut tally = Tally::default();
        tally.add(Agreement::Same);
        let earlier = tally;
        tally.add(Agreement::Same);
        tally.add(Agreement::Outcome);
        let news: Vec<u64> = tally.since(earlier).map(|(_, count)| count).collect();
        assert_eq!(news, [1, 0, 0, 1]);
        assert_eq!((tally.all(), tally.count(Agreement::Same)), (3, 2));
        let mut anew = Tally::default();
        anew.add(Agreement::Manager);
        let news: Vec<u64> = anew.since(tally).map(|(_, count)| count).collect();
        assert_eq!(news, [0, 0, 1, 0], "another tally begins at nothing");
    }
}
