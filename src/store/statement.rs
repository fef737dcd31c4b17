//! SQL texts for many rows at once, made from table and column names alone; never from data.
//!
//! A text takes a fixed number of rows so that few texts, prepared once, serve groups of any size: places
//! that are not needed are filled with nulls, and a row whose first column is null is passed over.

use std::fmt::Write;

/// What happens to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// New rows; a key that exists is an error.
    Insert,
    /// New rows, or all columns after so many key columns of existing ones.
    Upsert {
        /// The number of key columns.
        keys: usize,
    },
    /// New rows, or all columns after so many key columns added to those of existing ones.
    Add {
        /// The number of key columns.
        keys: usize,
    },
    /// New rows; existing ones stay.
    InsertIfAbsent {
        /// The number of key columns.
        keys: usize,
    },
    /// New rows whose last key column goes on counting where the stored rows of the same key end;
    /// it is given as how many of this group came before, plus one.
    Append {
        /// The number of key columns, the counting one included.
        keys: usize,
    },
    /// All columns after so many key columns of existing rows.
    Update {
        /// The number of key columns.
        keys: usize,
    },
    /// As `Update`, for rows whose `version` has the value given in one more, last column.
    /// All of them must exist: the text ends with a check that they did.
    UpdateVersion {
        /// The number of key columns.
        keys: usize,
    },
    /// Rows with these keys go.
    Delete,
}

/// A table and what to do with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its name.
    pub table: &'static str,
    /// The columns that are given, keys first.
    pub columns: Vec<&'static str>,
    /// What to do.
    pub verb: Verb,
}

impl Statement {
    /// How many values a row has.
    pub(crate) fn width(&self) -> usize {
        self.columns.len() + usize::from(matches!(self.verb, Verb::UpdateVersion { .. }))
    }

    /// Whether the text ends with a check that takes one more value: the number of rows that must have changed.
    pub(crate) fn is_checked(&self) -> bool {
        matches!(self.verb, Verb::UpdateVersion { .. })
    }

    /// The text for so many rows, in SQLite's dialect. Its parameters are anonymous: SQLite looks a numbered one
    /// up by its name, which takes longer the more there are. A row that does not fit rolls everything back:
    /// so SQLite need not keep a journal of each statement to undo it alone.
    pub(crate) fn text(&self, rows: usize) -> String {
        let Self { table, columns, verb } = self;
        let row = format!("({})", vec!["?"; self.width()].join(", "));
        let values = format!("(VALUES {})", vec![row; rows].join(", "));
        let names = columns.join(", ");
        let insert = |given: &str| {
            format!(
                "INSERT OR ROLLBACK INTO {table} ({names}) SELECT {given} FROM {values} WHERE column1 IS NOT NULL"
            )
        };
        let keys = |count: usize| columns[..count].join(", ");
        let assignments = |from: usize, value: &dyn Fn(usize) -> String| {
            let set = columns.iter().enumerate().skip(from);
            set.map(|(at, column)| format!("{column} = {}", value(at))).collect::<Vec<_>>().join(", ")
        };
        let update = |keys: usize| {
            let same = (0..keys).map(|at| format!("{table}.{} = given.column{}", columns[at], at + 1));
            let set = assignments(keys, &|at| format!("given.column{}", at + 1));
            format!(
                "UPDATE OR ROLLBACK {table} SET {set} FROM {values} AS given WHERE {}",
                same.collect::<Vec<_>>().join(" AND ")
            )
        };
        match *verb {
            Verb::Insert => insert("*"),
            Verb::InsertIfAbsent { keys: count } => {
                format!("{} ON CONFLICT ({}) DO NOTHING", insert("*"), keys(count))
            }
            Verb::Upsert { keys: count } => {
                let set = assignments(count, &|at| format!("excluded.{}", columns[at]));
                format!("{} ON CONFLICT ({}) DO UPDATE SET {set}", insert("*"), keys(count))
            }
            Verb::Add { keys: count } => {
                let set = assignments(count, &|at| format!("{table}.{0} + excluded.{0}", columns[at]));
                format!("{} ON CONFLICT ({}) DO UPDATE SET {set}", insert("*"), keys(count))
            }
            Verb::Append { keys: count } => insert(&self.counting(count)),
            Verb::Update { keys } => update(keys),
            Verb::UpdateVersion { keys } => {
                let mut text = update(keys);
                // Writing to a string cannot fail.
                let _ = write!(text, " AND {table}.version = given.column{}", columns.len() + 1);
                text.push_str("; INSERT OR ROLLBACK INTO must_hold (held) SELECT NULL WHERE changes() <> ?");
                text
            }
            Verb::Delete => format!("DELETE FROM {table} WHERE ({names}) IN {values}"),
        }
    }

    /// The columns of an appended row, with the counting one raised by what is stored.
    fn counting(&self, keys: usize) -> String {
        let Self { table, columns, .. } = self;
        let counter = columns[keys - 1];
        let same: Vec<_> =
            (0..keys - 1).map(|at| format!("stored.{} = column{}", columns[at], at + 1)).collect();
        let newest =
            format!("SELECT MAX(stored.{counter}) FROM {table} AS stored WHERE {}", same.join(" AND "));
        let given = (1..=columns.len()).map(|at| {
            if at == keys { format!("COALESCE(({newest}), 0) + column{at}") } else { format!("column{at}") }
        });
        given.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_should_be() {
        let work =
            |verb| Statement { table: "work", columns: vec!["account", "manager", "idle_since"], verb };
        assert_eq!(
            work(Verb::Upsert { keys: 2 }).text(2),
            "INSERT OR ROLLBACK INTO work (account, manager, idle_since) SELECT * FROM (VALUES (?, ?, ?), (?, ?, ?)) \
             WHERE column1 IS NOT NULL ON CONFLICT (account, manager) DO UPDATE SET idle_since = excluded.idle_since"
        );
        assert!(work(Verb::Add { keys: 2 }).text(1).ends_with(
            "ON CONFLICT (account, manager) DO UPDATE SET idle_since = work.idle_since + excluded.idle_since"
        ));
        assert_eq!(
            work(Verb::UpdateVersion { keys: 2 }).text(1),
            "UPDATE OR ROLLBACK work SET idle_since = given.column3 FROM (VALUES (?, ?, ?, ?)) AS given \
             WHERE work.account = given.column1 AND work.manager = given.column2 AND work.version = given.column4; \
             INSERT OR ROLLBACK INTO must_hold (held) SELECT NULL WHERE changes() <> ?"
        );
    }
}
