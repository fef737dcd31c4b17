//! What changed between two rule sets, as an admin would say it: rules added, removed, changed or moved, and
//! sections. Layout, comments and the order of keys are no change.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::source::Source;

/// Lists whose entries have a name of their own: the key of the list, and that of the name.
const NAMED: [(&str, &str); 6] = [
    ("rule", "id"),
    ("priority", "id"),
    ("close", "id"),
    ("objective", "id"),
    ("offer", "id"),
    ("test", "name"),
];

/// What changed between two rule sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// By the list that they stand in (`rule`, `priority`, …), entries that came, went, changed or moved.
    pub entries: Vec<Change>,
    /// Sections (`capacity`, `groups.sales`, …) that came, went or changed.
    pub sections: Vec<(String, How)>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The list: `rule`, `priority`, `close`, …
    pub list: &'static str,
    /// Its id or name.
    pub id: String,
    /// How.
    pub how: How,
    /// The keys that changed, for one that did.
    pub keys: Vec<String>,
}

/// How something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same at another place among its like, which decides what is asked first.
    Moved,
}

impl How {
    /// The word used in the API and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
        }
    }
}

impl Changes {
    /// Whether the sets say the same.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.sections.is_empty()
    }
}

/// What changed from one set to the other. Texts that are no TOML count as empty: whoever asks has checked them.
pub fn changes(before: &[Source], after: &[Source]) -> Changes {
    let (mut before, mut after) = (merged(before), merged(after));
    let mut changes = Changes::default();
    for (list, name) in NAMED {
        let (old, new) = (entries(&mut before, list, name), entries(&mut after, list, name));
        compare(list, &old, &new, &mut changes.entries);
    }
    let (before, after) = (sections(before), sections(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let how = match (before.get(name), after.get(name)) {
            (None, _) => How::Added,
            (_, None) => How::Removed,
            (old, new) if old == new => continue,
            _ => How::Changed,
        };
        changes.sections.push((name.clone(), how));
    }
    changes
}

/// All files as one: tables are joined, lists go on.
fn merged(sources: &[Source]) -> Table {
    let mut all = Table::new();
    for source in sources {
        for (key, value) in source.text.parse::<Table>().unwrap_or_default() {
            match (all.get_mut(&key), value) {
                (Some(Value::Table(known)), Value::Table(more)) => known.extend(more),
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
                (_, value) => {
                    all.insert(key, value);
                }
            }
        }
    }
    all
}

/// Takes the entries of a list out, in their order.
fn entries(all: &mut Table, list: &str, name: &str) -> Vec<(String, Table)> {
    let Some(Value::Array(entries)) = all.remove(list) else { return Vec::new() };
    let named = entries.into_iter().enumerate().filter_map(|(at, entry)| {
        let Value::Table(entry) = entry else { return None };
        let id =
            entry.get(name).and_then(Value::as_str).map_or_else(|| format!("#{}", at + 1), str::to_owned);
        Some((id, entry))
    });
    named.collect()
}

fn compare(list: &'static str, old: &[(String, Table)], new: &[(String, Table)], out: &mut Vec<Change>) {
    let find = |side: &[(String, Table)], id: &str| side.iter().position(|(known, _)| known == id);
    let common: Vec<usize> = new.iter().filter_map(|(id, _)| find(old, id)).collect();
    let kept = longest_rising(&common);
    let change = |id: &str, how, keys| Change { list, id: id.to_owned(), how, keys };
    for (id, entry) in new {
        let Some(at) = find(old, id) else {
            out.push(change(id, How::Added, Vec::new()));
            continue;
        };
        let before = &old[at].1;
        let keys: BTreeSet<&String> = before.keys().chain(entry.keys()).collect();
        let changed: Vec<String> =
            keys.into_iter().filter(|key| before.get(*key) != entry.get(*key)).cloned().collect();
        if !changed.is_empty() {
            out.push(change(id, How::Changed, changed));
        }
        if !kept.contains(&at) {
            out.push(change(id, How::Moved, Vec::new()));
        }
    }
    for (id, _) in old.iter().filter(|(id, _)| find(new, id).is_none()) {
        out.push(change(id, How::Removed, Vec::new()));
    }
}

/// The most entries that kept their order among themselves: the others moved.
fn longest_rising(places: &[usize]) -> BTreeSet<usize> {
    // The length of the longest run that ends at each place, and where it came from.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let before =
            (0..at).filter(|earlier| places[*earlier] < *place).max_by_key(|earlier| best[*earlier].0);
        best.push((before.map_or(1, |earlier| best[earlier].0 + 1), before));
    }
    let mut end = (0..places.len()).max_by_key(|at| best[*at].0);
    let mut kept = BTreeSet::new();
    while let Some(at) = end {
        kept.insert(places[at]);
        end = best[at].1;
    }
    kept
}

/// What is left, a level deep, so that one group of many can be named.
fn sections(all: Table) -> BTreeMap<String, Value> {
    let mut sections = BTreeMap::new();
    for (key, value) in all {
        match value {
            Value::Table(table) if !table.is_empty() => {
                sections.extend(table.into_iter().map(|(below, value)| (format!("{key}.{below}"), value)));
            }
            other @ (Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::Table(_)) => {
                sections.insert(key, other);
            }
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn told(before: &str, after: &str) -> Vec<String> {
        let source = |text: &str| [Source::new("a.toml", text)];
        let changes = changes(&source(before), &source(after));
        let entries = changes.entries.iter().map(|change| {
            let keys =
                if change.keys.is_empty() { String::new() } else { format!(" {}", change.keys.join(",")) };
            format!("{} {} {}{keys}", change.list, change.id, change.how.word())
        });
        let sections = changes.sections.iter().map(|(name, how)| format!("{name} {}", how.word()));
        entries.chain(sections).collect()
    }

    fn rules(ids: &[&str]) -> String {
        let rule = |id: &&str| format!("[[rule]]\nid = \"{id}\"\nto = \"everyone\"\n");
        ids.iter().map(rule).collect::<Vec<_>>().concat()
    }

    #[test]
    fn layout_is_no_change() {
        let tidy = "[capacity]\nunits = 5\nidle_after = \"5m\"\n";
        assert!(told(tidy, "# more\n[capacity]\nidle_after='5m'\n  units=5").is_empty());
    }

    #[test]
    fn rules_come_and_go_and_change_and_move() {
        assert_eq!(told(&rules(&["a", "b"]), &rules(&["b", "c"])), ["rule c added", "rule a removed"]);
        let moved = told(&rules(&["a", "b", "c", "d"]), &rules(&["d", "a", "b", "c"]));
        assert_eq!(moved, ["rule d moved"], "one moved, not the three that made room");
        let other = rules(&["a", "b"]).replacen("everyone", "owner", 1);
        assert_eq!(told(&rules(&["a", "b"]), &other), ["rule a changed to"]);
    }

    #[test]
    fn sections_are_named_a_level_deep() {
        let before = "timezone = \"UTC\"\n[groups]\na = { managers = [] }\nb = { managers = [] }\n";
        let after =
            "[groups]\na = { managers = [\"x\"] }\nb = { managers = [] }\n[presence]\nwrap_up = \"5s\"\n";
        assert_eq!(told(before, after), ["groups.a changed", "presence.wrap_up added", "timezone removed"]);
    }

    #[test]
    fn imported_hours_are_named_by_where_they_come_from() {
        let hours = "[imported.crm]\nopen = { mon = [\"09:00-18:00\"] }\n";
        assert_eq!(told(hours, &hours.replace("18:00", "19:00")), ["imported.crm changed"]);
    }

    #[test]
    fn files_of_a_folder_are_one_set() {
        let split = [Source::new("a.toml", rules(&["a"])), Source::new("b.toml", rules(&["b"]))];
        let whole = [Source::new("all.toml", rules(&["a", "b"]))];
        assert!(changes(&split, &whole).is_empty());
    }
}
