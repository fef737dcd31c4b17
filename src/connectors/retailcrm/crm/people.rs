//! Managers as the CRM keeps them: names, groups, who is an administrator, and who may serve at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::connectors::retailcrm::crm_wire::{Group, User, UserPage};
use crate::domain::ids::GroupId;
use crate::domain::manager::Manager;

/// Puts pages together. `None`: there are more; ask for the page it names.
#[derive(Clone, Debug, Default)]
pub struct UserList {
    users: Vec<User>,
}

/// Longer lists are no shop's staff, or pages that go round in circles.
const MOST_PAGES: u64 = 100;

impl UserList {
    /// Takes in a page; returns the number of the next one, if there is one.
    pub fn add(&mut self, page: UserPage) -> Option<u64> {
        let pagination = page.pagination;
        self.users.extend(page.users);
        let next = pagination.current_page + 1;
        (pagination.has_more() && next <= MOST_PAGES).then_some(next)
    }

    /// All users, each once.
    pub fn users(self) -> Vec<User> {
        let by_id: BTreeMap<u64, User> = self.users.into_iter().map(|user| (user.id, user)).collect();
        by_id.into_values().collect()
    }
}

/// The name of a group in rule files (`crm_group = "support"`): its code; its id where the code is no name.
pub fn group_name(group: &Group) -> Option<GroupId> {
    let by_id = || (group.id > 0).then(|| GroupId::trusted(&group.id.to_string()));
    GroupId::parse(&group.code).ok().or_else(by_id)
}

/// The groups that the CRM puts a user into.
pub fn groups(user: &User) -> BTreeSet<GroupId> {
    user.groups.iter().filter_map(group_name).collect()
}

/// Writes what the CRM knows of a user into their record. What only Reparto knows stays: capacity, languages, deputy.
/// Whether they are active is the gateway's to say, since dialogs go through it; the CRM can only take it away.
pub fn write(user: &User, manager: &mut Manager) {
    let name = format!("{} {}", user.first_name, user.last_name);
    if !name.trim().is_empty() {
        name.trim().clone_into(&mut manager.name);
    }
    manager.groups = groups(user);
    manager.admin = user.is_admin;
    manager.active &= user.active;
}

/// Who is who: users of the CRM and of the gateway, in both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    to_gateway: BTreeMap<u64, u64>,
}

impl Links {
    /// The gateway tells the CRM's id of one of its users, as text.
    pub fn of_gateway(&mut self, gateway_user: u64, external_id: &str) {
        if let Ok(crm_user) = external_id.trim().parse() {
            self.to_gateway.insert(crm_user, gateway_user);
        }
    }

    /// The CRM tells the gateway's id of its users. Where the two contradict each other the later word stands.
    pub fn of_crm(&mut self, users: &[User]) {
        let linked = users.iter().filter(|user| user.mg_user_id > 0);
        self.to_gateway.extend(linked.map(|user| (user.id, user.mg_user_id)));
    }

    /// The user of the CRM who is this user of the gateway.
    pub fn crm_user(&self, gateway_user: u64) -> Option<u64> {
        self.to_gateway.iter().find(|(_, user)| **user == gateway_user).map(|(user, _)| *user)
    }

    /// The gateway's user who is this user of the CRM.
    pub fn gateway_user(&self, crm_user: u64) -> Option<u64> {
        self.to_gateway.get(&crm_user).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::retailcrm::crm_wire::Pagination;
    use crate::domain::ids::ManagerId;

    fn user(id: u64) -> User {
        User { id, mg_user_id: id + 300, active: true, ..User::default() }
    }

    #[test]
    fn pages_are_put_together_and_end() {
        let page = |current_page, users: Vec<User>| UserPage {
            pagination: Pagination { current_page, total_page_count: 2, ..Pagination::default() },
            users,
        };
        let mut list = UserList::default();
        assert_eq!(list.add(page(1, vec![user(2), user(1)])), Some(2));
        assert_eq!(
            list.add(page(2, vec![user(2), user(3)])),
            None,
            "somebody moved to the second page meanwhile"
        );
        let ids: Vec<_> = list.users().iter().map(|user| user.id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(UserList::default().add(UserPage::default()), None);
    }

    #[test]
    fn groups_go_by_their_code() {
        let group = |id, code: &str| Group { id, code: code.into(), ..Group::default() };
        let groups = [group(25, "manager"), group(26, ""), group(27, "two words"), group(0, "")];
        let names: Vec<_> = groups.iter().filter_map(group_name).map(|id| id.to_string()).collect();
        assert_eq!(names, ["manager", "26", "27"]);
    }

    #[test]
    fn what_the_crm_does_not_know_stays() {
        let mut manager = Manager::new(ManagerId::trusted("41"));
        manager.languages = ["es".into()].into();
        let groups = vec![Group { code: "support".into(), ..Group::default() }];
        let ana = User { first_name: "Ana".into(), is_admin: true, groups, ..user(17) };
        write(&ana, &mut manager);
        assert_eq!((manager.name.as_str(), manager.admin, manager.active), ("Ana", true, true));
        assert_eq!(manager.groups, [GroupId::trusted("support")].into());
        assert_eq!(manager.languages, ["es".into()].into());
        manager.active = false;
        write(&ana, &mut manager);
        assert!(!manager.active, "without chats nobody serves, whatever the CRM says");
    }

    #[test]
    fn links_are_learned_from_both_sides() {
        let mut links = Links::default();
        links.of_gateway(41, "17");
        links.of_gateway(42, "");
        links.of_crm(&[user(5), User { mg_user_id: 0, ..user(6) }]);
        assert_eq!([17, 5, 6, 0].map(|id| links.gateway_user(id)), [Some(41), Some(305), None, None]);
        assert_eq!([41, 305, 7].map(|id| links.crm_user(id)), [Some(17), Some(5), None]);
    }
}
