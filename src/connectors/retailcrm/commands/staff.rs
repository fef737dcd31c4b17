//! Whom somebody means by a name: one of the staff, or a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::{GroupId, ManagerId};

/// The people and groups of an account.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    names: BTreeMap<ManagerId, String>,
    groups: BTreeSet<GroupId>,
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// One manager.
    Manager(ManagerId),
    /// A group.
    Group(GroupId),
    /// Several may be: their names as shown.
    Several(Vec<String>),
    /// Nobody is called so.
    Nobody,
}

/// Longer lists help nobody.
const SHOWN: usize = 8;

impl Staff {
    /// From everybody's id, name and groups.
    pub fn new(people: impl IntoIterator<Item = (ManagerId, String, BTreeSet<GroupId>)>) -> Self {
        let mut staff = Self::default();
        for (id, name, groups) in people {
            let name = if name.trim().is_empty() { id.to_string() } else { name.trim().to_owned() };
            staff.names.insert(id, name);
            staff.groups.extend(groups);
        }
        staff
    }

    /// The name to show; with the id behind it where two are called the same.
    pub fn shown(&self, id: &ManagerId) -> String {
        let Some(name) = self.names.get(id) else {
            return id.to_string();
        };
        let namesakes = self.names.values().filter(|other| other.eq_ignore_ascii_case(name)).count();
        if namesakes > 1 { format!("{name} ({id})") } else { name.clone() }
    }

    /// The groups, for lists.
    pub fn groups(&self) -> Vec<String> {
        self.groups.iter().take(SHOWN).map(ToString::to_string).collect()
    }

    /// Whom a text means: an id, a group, a whole name; else the beginning of a name or of a part of it.
    pub fn find(&self, text: &str) -> Meant {
        let wanted = text.trim().trim_start_matches('@').to_lowercase();
        if wanted.is_empty() {
            return Meant::Nobody;
        }
        if let Some(group) = self.groups.iter().find(|group| group.as_str().to_lowercase() == wanted) {
            return Meant::Group(group.clone());
        }
        if let Some((id, _)) = self.names.get_key_value(wanted.as_str()) {
            return Meant::Manager(id.clone());
        }
        let whole = self.whose(|id, name| *name == wanted || format!("{name} ({id})") == wanted);
        if !whole.is_empty() {
            return self.meant(&whole);
        }
        let begins = |name: &str| name.split_whitespace().any(|part| part.starts_with(&wanted));
        self.meant(&self.whose(|_, name| name.starts_with(&wanted) || begins(name)))
    }

    fn whose(&self, is_meant: impl Fn(&ManagerId, &String) -> bool) -> Vec<&ManagerId> {
        let all = self.names.iter().filter(|(id, name)| is_meant(id, &name.to_lowercase()));
        all.map(|(id, _)| id).collect()
    }

    fn meant(&self, found: &[&ManagerId]) -> Meant {
        match found {
            [] => Meant::Nobody,
            [one] => Meant::Manager((*one).clone()),
            several => Meant::Several(several.iter().take(SHOWN).map(|id| self.shown(id)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff() -> Staff {
        let person = |id: &str, name: &str, group: &str| {
            (ManagerId::trusted(id), name.to_owned(), BTreeSet::from([GroupId::trusted(group)]))
        };
        Staff::new([
            person("41", "Ana Gil", "support"),
            person("42", "Ana Ruiz", "support"),
            person("43", "Boris", "sales"),
            person("44", "boris", "sales"),
            person("45", "Álvaro Sales", "VIP"),
            person("46", "", "VIP"),
        ])
    }

    fn manager(id: &str) -> Meant {
        Meant::Manager(ManagerId::trusted(id))
    }

    #[test]
    fn whoever_is_meant_is_found() {
        let staff = staff();
        assert_eq!(staff.find("support"), Meant::Group(GroupId::trusted("support")));
        assert_eq!(staff.find("vip"), Meant::Group(GroupId::trusted("VIP")));
        assert_eq!(
            staff.find("sales"),
            Meant::Group(GroupId::trusted("sales")),
            "groups go before parts of names"
        );
        assert_eq!(staff.find("41"), manager("41"));
        assert_eq!(staff.find("ana gil"), manager("41"));
        assert_eq!(staff.find("@Ruiz"), manager("42"));
        assert_eq!(staff.find("álv"), manager("45"));
        assert_eq!(staff.find("46"), manager("46"));
        assert_eq!(staff.find("Boris (44)"), manager("44"));
        assert_eq!(staff.find("ana"), Meant::Several(vec!["Ana Gil".into(), "Ana Ruiz".into()]));
        assert_eq!(staff.find("boris"), Meant::Several(vec!["Boris (43)".into(), "boris (44)".into()]));
        assert_eq!([staff.find("vera"), staff.find(" ")], [Meant::Nobody, Meant::Nobody]);
    }
}
