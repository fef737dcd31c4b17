//! The names that a running server knows in an account, for `rules check --account`.

use serde_json::Value;

use crate::cli::exit::Failure;
use crate::cli::remote::Remote;
use crate::domain::ids::{GroupId, ManagerId};
use crate::rules::roster::Roster;

/// Asks the server.
///
/// # Errors
/// Nobody there, or a refusal.
pub async fn ask(remote: &Remote) -> Result<Roster, Failure> {
    let managers = all(remote, "managers").await?;
    let channels = all(remote, "channels").await?;
    Ok(roster(&managers, &channels))
}

/// All pages of a list.
async fn all(remote: &Remote, list: &str) -> Result<Vec<Value>, Failure> {
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "1000")];
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        let mut page = remote.get(&[list], &query).await?;
        if let Some(found) = page.get_mut("items").and_then(Value::as_array_mut) {
            items.append(found);
        }
        match page.get("next").and_then(Value::as_str) {
            // The same cursor again would go on for ever.
            Some(next) if cursor.as_deref() != Some(next) => cursor = Some(next.to_owned()),
            _ => return Ok(items),
        }
    }
}

fn roster(managers: &[Value], channels: &[Value]) -> Roster {
    let is_active = |manager: &&Value| manager["active"].as_bool() != Some(false);
    let mut roster = Roster::default();
    for manager in managers.iter().filter(is_active) {
        roster.managers.extend(manager["id"].as_str().and_then(|id| ManagerId::parse(id).ok()));
        let groups = manager["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
        roster.groups.extend(groups.filter_map(|id| GroupId::parse(id).ok()));
    }
    roster.channel_types =
        channels.iter().filter_map(|channel| channel["type"].as_str()).map(Into::into).collect();
    roster
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn those_who_were_removed_do_not_count() {
        let managers = [
            json!({"id": "ana", "groups": ["sales", "duty"], "active": true}),
            json!({"id": "boris", "groups": ["old"], "active": false}),
        ];
        let roster = roster(&managers, &[json!({"id": "wa-1", "type": "whatsapp"})]);
        assert_eq!(roster.managers, [ManagerId::trusted("ana")].into());
        assert_eq!(roster.groups, ["duty", "sales"].map(GroupId::trusted).into());
        assert_eq!(roster.channel_types, ["whatsapp".into()].into());
    }
}
