//! Every recorded body of the CRM that the connector may meet is read without loss of what is used.

use reparto::connectors::retailcrm::crm_wire::{
    Answer, Credentials, CustomerPage, GroupPage, ModuleEdited, ModuleShown, OrderPage, SettingsPage,
    SystemInfo, UserPage, decode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bodies::{compare, files, folder};

/// What a page holds that is used; all else of the body may be lost.
#[track_caller]
fn holds<T: DeserializeOwned + Serialize>(name: &str, body: &[u8], used: &[&str]) {
    let Answer::Success(read) = decode::<T>(body).unwrap_or_else(|error| panic!("{name}: {error}")) else {
        panic!("{name} is no refusal");
    };
    let raw: Value = serde_json::from_slice(body).expect("a recorded body is JSON of this shape");
    let read = serde_json::to_value(read).expect("a recorded body is JSON of this shape");
    let mut differences = Vec::new();
    let mut found = 0;
    for path in used {
        for (read, raw) in at(&read, path).into_iter().zip(at(&raw, path)) {
            found += usize::from(!raw.is_null());
            compare(&read, &raw, "crm", &format!("{name} {path}"), &[], &mut differences);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(found > 0, "{name} holds nothing of {used:?}");
}

/// All values at a path; `*` means every element.
fn at(value: &Value, path: &str) -> Vec<Value> {
    path.split('.').fold(vec![value.clone()], |found, name| {
        let below = |value: Value| match (name, value) {
            ("*", Value::Array(list)) => list,
            ("*", Value::Object(fields)) => fields.into_iter().map(|(_, value)| value).collect(),
            (name, value) => vec![value.get(name).cloned().unwrap_or_default()],
        };
        found.into_iter().flat_map(below).collect()
    })
}

#[test]
fn answers_of_the_crm_are_read_without_loss() {
    let Some(folder) = folder() else { return };
    let mut checked = 0;
    for source in ["crm-v5-php", "crm-v5-go"] {
        for (name, body) in files(&folder.join(source)) {
            checked += 1;
            let has = |part: &str| name.contains(part);
            if has("error") {
                let Ok(Answer::Refusal(refusal)) = decode::<GroupPage>(&body) else { panic!("{name}") };
                assert!(!refusal.text().is_empty(), "{name} says nothing");
                assert_eq!(refusal.is_about_the_key(), has("apikey") || has("access_denied"), "{name}");
                assert_eq!(refusal.is_about_the_account(), has("account_does_not_exist"), "{name}");
            } else if has("customers_list") {
                let fields = [
                    "id",
                    "type",
                    "managerId",
                    "vip",
                    "bad",
                    "site",
                    "ordersCount",
                    "totalSumm",
                    "averageSumm",
                ];
                let fields: Vec<_> = fields.iter().map(|field| format!("customers.*.{field}")).collect();
                let mut used: Vec<_> = fields.iter().map(String::as_str).collect();
                used.extend(["customers.*.segments.*.code", "customers.*.tags", "pagination"]);
                holds::<CustomerPage>(&name, &body, &used);
            } else if has("users_list") {
                let used = [
                    "users.*.id",
                    "users.*.online",
                    "users.*.status",
                    "users.*.groups",
                    "users.*.mgUserId",
                    "users.*.active",
                ];
                holds::<UserPage>(&name, &body, &used);
            } else if has("user_groups") {
                let used =
                    ["groups.*.id", "groups.*.name", "groups.*.code", "groups.*.grantedSites", "pagination"];
                holds::<GroupPage>(&name, &body, &used);
            } else if has("settings") {
                let used = [
                    "settings.timezone.value",
                    "settings.work_times",
                    "settings.non_working_days",
                    "settings.mg",
                ];
                holds::<SettingsPage>(&name, &body, &used);
            } else if has("credentials") {
                holds::<Credentials>(&name, &body, &["credentials", "scopes", "siteAccess"]);
            } else if has("orders_list") {
                holds::<OrderPage>(
                    &name,
                    &body,
                    &["orders.*.id", "orders.*.managerId", "orders.*.createdAt"],
                );
            } else if has("system_info") {
                holds::<SystemInfo>(&name, &body, &["publicUrl", "technicalUrl"]);
            } else if has("integration_get") {
                let module = "integrationModule";
                holds::<ModuleShown>(&name, &body, &[&format!("{module}.code"), &format!("{module}.active")]);
            } else if has("integration_module_edit") {
                // A module of another kind: there is nothing for a bot in it.
                let Ok(Answer::Success(edited)) = decode::<ModuleEdited>(&body) else { panic!("{name}") };
                assert_eq!(edited.info.mg_bot, None);
            } else {
                // Never asked for by the connector.
                checked -= 1;
            }
        }
    }
    assert!(checked >= 18, "only {checked} bodies were checked");
}

#[test]
fn access_to_the_gateway_is_read_and_never_shown() {
    let body = br#"{"success": true, "info": {"mgBot": {"endpointUrl": "https://mg.example", "token": "very-secret"}}}"#;
    let Ok(Answer::Success(edited)) = decode::<ModuleEdited>(body) else { panic!("a good answer") };
    let bot = edited.info.mg_bot.clone().expect("access");
    assert_eq!((bot.endpoint_url.as_str(), bot.token.as_str()), ("https://mg.example", "very-secret"));
    assert!(!format!("{edited:?}").contains("very-secret"));
    let Ok(Answer::Success(empty)) = decode::<ModuleEdited>(br#"{"success": true, "info": []}"#) else {
        panic!("empty")
    };
    assert_eq!(empty, ModuleEdited::default());
}
