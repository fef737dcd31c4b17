//! An event of Reparto's feed as a line that people read: who wrote, who got it and why, how it ended.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::gateway::Gateway;
use crate::sandbox::gateway::records::Id;

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

fn manager(gateway: &Gateway, id: &str) -> String {
    let user = id.parse().ok().and_then(|id: Id| gateway.users().get(&id));
    user.map_or_else(|| format!("manager {id}"), |user| format!("{} {}", user.first_name, user.last_name))
}

/// A person or bot of an event: `{"manager": "4"}`.
fn party(gateway: &Gateway, party: Option<&Value>) -> Option<String> {
    let party = party?;
    if let Some(id) = text(party, "/manager") {
        return Some(manager(gateway, id));
    }
    text(party, "/bot").map(|id| format!("bot {id}"))
}

/// The number of a manager where a sentence names one: after "manager", or before what they have or are.
fn is_manager(before: Option<&str>, word: &str, after: Option<&str>) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && (before == Some("manager") || after.is_some_and(|after| ["has", "is", "was"].contains(&after)))
}

/// Why, in the words of the decision: without those who came after, and with names in place of numbers.
fn reason(gateway: &Gateway, sentence: &str) -> String {
    let has_head = ["Went to ", "Went from "].iter().any(|start| sentence.starts_with(start));
    let reason = sentence.split_once(": ").filter(|_| has_head).map_or(sentence, |(_, reason)| reason);
    let kept: Vec<_> = reason.split(", ").filter(|part| !part.contains(" comes after (")).collect();
    let text = kept.join(", ");
    let words: Vec<_> = text.trim_end_matches('.').split(' ').collect();
    let named = words.iter().enumerate().map(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied();
        if is_manager(before, word, words.get(at + 1).copied()) {
            manager(gateway, word)
        } else {
            (*word).to_owned()
        }
    });
    named.collect::<Vec<_>>().join(" ")
}

/// The reason with rule and step, or who else had a hand in it.
fn why(gateway: &Gateway, data: &Value) -> String {
    let Some(sentence) = text(data, "/decision/sentence") else {
        return match data.get("by") {
            Some(by) => match party(gateway, Some(by)) {
                Some(name) => format!("by hand, says {name}"),
                None => "by hand, in the CRM".into(),
            },
            None => String::new(),
        };
    };
    let rule = text(data, "/decision/rule").unwrap_or_default();
    let step = data.pointer("/decision/step").and_then(Value::as_u64);
    let reason = reason(gateway, sentence);
    match step.filter(|_| !rule.is_empty()) {
        Some(step) => format!("{reason} ({rule}, step {step})"),
        None => reason,
    }
}

/// The time of day of a point in people's time.
pub fn clock(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// The line of an event; `None`: nothing to tell.
pub fn line(event: &Value, gateway: &Gateway) -> Option<String> {
    let data = event.get("data").unwrap_or(&Value::Null);
    let dialog = text(event, "/dialog").map_or_else(String::new, |dialog| format!("#{dialog:<5}"));
    let to = || party(gateway, data.get("to")).unwrap_or_else(|| "nobody".into());
    let from = || party(gateway, data.get("from")).unwrap_or_else(|| "nobody".into());
    let told = match text(event, "/type")? {
        "dialog.opened" => {
            let id = |name: &str| text(data, name).and_then(|id| id.parse::<Id>().ok());
            let customer = id("/customer").and_then(|id| gateway.customers().get(&id));
            let channel = id("/channel").and_then(|id| gateway.channels().get(&id));
            let customer = customer.map_or("somebody", |customer| customer.name.as_str());
            let channel = channel.map_or("a channel", |channel| channel.name.as_str());
            format!("{customer} writes in {channel}")
        }
        "dialog.assigned" => format!("→ {}: {}", to(), why(gateway, data)),
        "dialog.reassigned" => format!("{} → {}: {}", from(), to(), why(gateway, data)),
        "dialog.waiting" => format!("waits: {}", why(gateway, data)),
        "dialog.returned" => format!("is taken from {}", from()),
        "dialog.closed" => {
            let last = party(gateway, data.get("last"));
            last.map_or_else(|| "closed; nobody had it".into(), |name| format!("closed; {name} had it"))
        }
        "manager.available" => format!("{} can take dialogs", manager(gateway, text(data, "/manager")?)),
        "manager.unavailable" => {
            let why = text(data, "/absence").unwrap_or("away").replace('_', " ");
            format!("{} cannot take dialogs: {why}", manager(gateway, text(data, "/manager")?))
        }
        _ => return None,
    };
    let told = told.trim_end_matches([':', ' ']);
    Some(if dialog.is_empty() { format!("       {told}") } else { format!("{dialog} {told}") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::time::Timestamp;
    use crate::sandbox::gateway::Party;

    #[test]
    fn events_become_sentences_with_names() {
        let now = Timestamp::from_secs(1_772_442_904);
        let mut gateway = Gateway::default();
        let channel = gateway.add_channel("whatsapp", "WhatsApp", 0, now);
        gateway.add_user("101", "Ana", "Gil", now);
        let marta = Party { external_id: "34".into(), name: "Marta Ruiz".into(), phone: String::new() };
        gateway.customer_writes(channel, &marta, "Hola", now);
        let told = |event: Value| line(&event, &gateway).unwrap_or_default();
        let opened =
            json!({"type": "dialog.opened", "dialog": "1", "data": {"customer": "1", "channel": "1"}});
        assert_eq!(told(opened), "#1     Marta Ruiz writes in WhatsApp");
        let sentence = "Went to 1 by rule all, step 1: own manager 1 is away; of six present 1 has room (0 of 6), \
                        2 comes after (0 of 6), 3 comes after (0 of 6).";
        let decision = json!({"sentence": sentence, "rule": "all", "step": 1});
        let assigned = json!({"type": "dialog.assigned", "dialog": "1",
            "data": {"to": {"manager": "1"}, "decision": decision}});
        assert_eq!(
            told(assigned),
            "#1     → Ana Gil: own manager Ana Gil is away; of six present Ana Gil has room (0 of 6) (all, step 1)"
        );
        let by_hand = json!({"type": "dialog.reassigned", "dialog": "1",
            "data": {"from": {"manager": "9"}, "to": {"manager": "1"}, "by": "backend"}});
        assert_eq!(told(by_hand), "#1     manager 9 → Ana Gil: by hand, in the CRM");
        assert_eq!(line(&json!({"type": "message.received", "data": {}}), &gateway), None);
        assert_eq!(clock(Duration::from_mins(25 * 60 + 7)), "01:07");
    }
}
