//! The REST side: a request in, an answer out. No sockets here.
//!
//! Bodies of GET and DELETE are ignored, as are unknown keys and unknown parts of the query; zero and null are absent.

use serde_json::{Value, json};

use super::journal::By;
use super::life::NotDone;
pub use super::lists::Query;
use super::records::{Author, Command, Holder, Id};
use super::views::{nanoseconds, stamp};
use super::{Gateway, next};
use crate::domain::time::Timestamp;

/// What all paths begin with.
pub const PREFIX: &str = "/api/bot/v1";
const MAX_NAME: usize = 255;
const COLOURS: [&str; 12] = [
    "light-red",
    "light-blue",
    "light-green",
    "light-orange",
    "light-gray",
    "light-grayish-blue",
    "red",
    "blue",
    "green",
    "orange",
    "gray",
    "grayish-blue",
];

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path below [`PREFIX`], such as `/dialogs/7/assign`.
    pub path: &'a str,
    /// The query.
    pub query: Query,
    /// The header `X-Bot-Token`.
    pub token: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Value,
}

impl From<NotDone> for Answer {
    fn from(NotDone { status, text }: NotDone) -> Self {
        Self { status, body: json!({"errors": [text]}) }
    }
}

/// The bot that shows a token.
pub fn bot_of(gateway: &Gateway, token: &str) -> Option<Id> {
    gateway.bots().values().find(|bot| bot.is_active && bot.token == token).map(|bot| bot.id)
}

/// Answers a request.
pub fn answer(gateway: &mut Gateway, request: &Request<'_>, now: Timestamp) -> Answer {
    let Some(bot) = bot_of(gateway, request.token) else {
        return NotDone::new(403, "Forbidden").into();
    };
    let body = if matches!(request.method, "GET" | "DELETE") || request.body.is_empty() {
        Value::Null
    } else {
        match serde_json::from_slice(request.body) {
            Ok(body) => body,
            Err(error) => return NotDone::new(400, format!("invalid body: {error}")).into(),
        }
    };
    match done(gateway, bot, request, &body, now) {
        Ok((status, body)) => Answer { status, body },
        Err(not_done) => not_done.into(),
    }
}

fn id(text: &str) -> Result<Id, NotDone> {
    text.parse().map_err(|_| NotDone::new(400, "incorrect id"))
}

/// A number in a body; zero is absent.
fn number(body: &Value, name: &str) -> Option<Id> {
    body.get(name).and_then(Value::as_u64).filter(|number| *number > 0)
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn done(
    gateway: &mut Gateway,
    bot: Id,
    request: &Request<'_>,
    body: &Value,
    now: Timestamp,
) -> Result<(u16, Value), NotDone> {
    let query = &request.query;
    let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let found = match (request.method, path.as_slice()) {
        ("GET", ["bots"]) => gateway.list_bots(query, bot)?,
        ("GET", ["channels"]) => gateway.list_channels(query)?,
        ("GET", ["users"]) => gateway.list_users(query)?,
        ("GET", ["customers"]) => gateway.list_customers(query)?,
        ("GET", ["chats"]) => gateway.list_chats(query)?,
        ("GET", ["members"]) => gateway.list_members(query)?,
        ("GET", ["dialogs"]) => gateway.list_dialogs(query)?,
        ("GET", ["messages"]) => gateway.list_messages(query)?,
        ("GET", ["my", "commands"]) => gateway.list_commands(query, bot)?,
        ("PATCH", ["my", "info"]) => change_bot(gateway, bot, body, now)?,
        ("PUT", ["my", "commands", name]) => put_command(gateway, bot, name, body, now)?,
        ("DELETE", ["my", "commands", name]) => {
            gateway.commands.retain(|_, command| command.bot != bot || command.name != *name);
            json!({})
        }
        ("POST", ["chats", chat, "dialogs"]) => create_dialog(gateway, bot, id(chat)?, body, now)?,
        ("PATCH", ["dialogs", dialog, "assign"]) => assign(gateway, bot, dialog_id(dialog)?, body, now)?,
        ("PATCH", ["dialogs", dialog, "unassign"]) => {
            let previous = gateway.unassign(dialog_id(dialog)?, By::Bot(bot), now)?;
            json!({"previous_responsible": gateway.responsible_view(previous)})
        }
        ("DELETE", ["dialogs", dialog, "close"]) => {
            gateway.close_by(dialog_id(dialog)?, By::Bot(bot), now)?;
            json!({})
        }
        ("PATCH", ["dialogs", dialog, "tags", verb @ ("add" | "delete")]) => {
            tag(gateway, dialog_id(dialog)?, verb, body, now)?
        }
        ("POST", ["messages"]) => return Ok((201, send(gateway, bot, body, now)?)),
        ("PATCH" | "DELETE", ["messages", message]) => {
            let message = id(message)?;
            if message == 0 {
                return Err(NotDone::new(400, "Incorrect message_id"));
            }
            edit(gateway, message, request.method, body, now)?
        }
        _ => return Err(NotDone::new(404, "Not found")),
    };
    Ok((200, found))
}

fn dialog_id(text: &str) -> Result<Id, NotDone> {
    text.parse().map_err(|_| NotDone::new(400, "incorrect dialog_id"))
}

fn change_bot(gateway: &mut Gateway, bot: Id, body: &Value, now: Timestamp) -> Result<Value, NotDone> {
    let name = text(body, "name");
    if name.is_some_and(|name| name.chars().count() > MAX_NAME) {
        return Err(NotDone::new(400, "name must be a maximum of 255 characters in length"));
    }
    let roles = body.get("roles").and_then(Value::as_array);
    let roles =
        roles.map(|roles| roles.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    let known = |role: &String| ["distributor", "responsible", "hidden"].contains(&role.as_str());
    if roles.as_ref().is_some_and(|roles| !roles.iter().all(known)) {
        return Err(NotDone::new(400, "roles must be one of [distributor responsible hidden]"));
    }
    if let Some(record) = gateway.bots.get_mut(&bot) {
        if let Some(name) = name {
            name.clone_into(&mut record.name);
        }
        if let Some(avatar) = text(body, "avatar_url") {
            avatar.clone_into(&mut record.avatar_url);
        }
        if let Some(roles) = roles {
            record.roles = roles;
        }
        record.updated_at = now;
    }
    let actor = gateway.bot_actor(bot);
    gateway.tell("bot_updated", actor);
    Ok(json!({}))
}

fn put_command(
    gateway: &mut Gateway,
    bot: Id,
    name: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Value, NotDone> {
    if name.chars().count() > 32 {
        return Err(NotDone::new(400, "name must be a maximum of 32 characters in length"));
    }
    let Some(description) = text(body, "description") else {
        return Err(NotDone::new(400, "description is a required field"));
    };
    if description.chars().count() > 64 {
        return Err(NotDone::new(400, "description must be a maximum of 64 characters in length"));
    }
    let known = gateway.commands.values().find(|command| command.bot == bot && command.name == name);
    let (id, created_at) =
        known.map_or_else(|| (next(&gateway.commands), now), |known| (known.id, known.created_at));
    let command =
        Command { id, bot, name: name.into(), description: description.into(), created_at, updated_at: now };
    let view = Gateway::command_view(&command);
    gateway.commands.insert(id, command);
    Ok(view)
}

/// The one of the two who is named.
fn holder(body: &Value) -> Option<Holder> {
    let user = number(body, "user_id").map(Holder::User);
    user.or_else(|| number(body, "bot_id").map(Holder::Bot))
}

fn create_dialog(
    gateway: &mut Gateway,
    bot: Id,
    chat: Id,
    body: &Value,
    now: Timestamp,
) -> Result<Value, NotDone> {
    if !gateway.chats.contains_key(&chat) {
        return Err(NotDone::new(404, format!("chat #{chat} not found")));
    }
    // What happens when one is open is not documented; a second open dialog in a chat would break every client.
    if gateway.open_dialog_of(chat).is_some() {
        return Err(NotDone::new(400, "chat already has an active dialog"));
    }
    let dialog = gateway.open_dialog(chat, 0, now);
    if let Some(holder) = holder(body) {
        gateway.assign(dialog, holder, By::Bot(bot), now)?;
    }
    Ok(json!({"id": dialog, "created_at": stamp(now)}))
}

fn assign(
    gateway: &mut Gateway,
    bot: Id,
    dialog: Id,
    body: &Value,
    now: Timestamp,
) -> Result<Value, NotDone> {
    let Some(to) = holder(body) else {
        return Err(NotDone::new(400, "user_id or bot_id is a required field"));
    };
    let handed = gateway.assign(dialog, to, By::Bot(bot), now)?;
    Ok(json!({
        "responsible": gateway.responsible_view((to, now)),
        "is_reassign": handed.previous.is_some(),
        "previous_responsible": handed.previous.map(|previous| gateway.responsible_view(previous)),
        "left_user_id": handed.left,
    }))
}

fn tag(
    gateway: &mut Gateway,
    dialog: Id,
    verb: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Value, NotDone> {
    if !gateway.dialogs.contains_key(&dialog) {
        return Err(NotDone::new(404, format!("dialog #{dialog} not found")));
    }
    let tags = body.get("tags").and_then(Value::as_array).filter(|tags| !tags.is_empty());
    let Some(tags) = tags else {
        return Err(NotDone::new(400, "tags is a required field"));
    };
    let mut read = Vec::new();
    for tag in tags {
        let Some(name) = text(tag, "name").filter(|name| name.chars().count() <= MAX_NAME) else {
            return Err(NotDone::new(400, "name is a required field"));
        };
        let colour = text(tag, "color_code");
        if colour.is_some_and(|colour| !COLOURS.contains(&colour)) {
            let known = COLOURS.join("; ");
            return Err(NotDone::new(
                400,
                format!("color_code can contain only the following values: {known}"),
            ));
        }
        read.push((name.to_owned(), colour.map(str::to_owned)));
    }
    if verb == "add" {
        gateway.tag(dialog, &read, &[], now);
    } else {
        let names: Vec<_> = read.into_iter().map(|(name, _)| name).collect();
        gateway.tag(dialog, &[], &names, now);
    }
    Ok(json!({}))
}

fn send(gateway: &mut Gateway, bot: Id, body: &Value, now: Timestamp) -> Result<Value, NotDone> {
    let Some(chat) = number(body, "chat_id") else {
        return Err(NotDone::new(400, "chat_id is a required field"));
    };
    let is_private = match text(body, "scope") {
        Some("public") => false,
        Some("private") => true,
        Some(_) => return Err(NotDone::new(400, "scope must be one of [public private]")),
        None => return Err(NotDone::new(400, "scope is a required field")),
    };
    if text(body, "type").is_some_and(|kind| kind != "text") {
        return Err(NotDone::new(400, "the sandbox sends texts only"));
    }
    let Some(content) = text(body, "content") else {
        return Err(NotDone::new(400, "content is a required field"));
    };
    let quote = number(body, "quote_message_id");
    let message = gateway.staff_writes(Author::Bot(bot), chat, content, is_private, quote, now)?;
    Ok(json!({"message_id": message, "time": nanoseconds(now)}))
}

fn edit(
    gateway: &mut Gateway,
    message: Id,
    method: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Value, NotDone> {
    let Some(record) = gateway.messages.get_mut(&message) else {
        return Err(NotDone::new(404, format!("message #{message} not found")));
    };
    record.updated_at = now;
    if method == "PATCH" {
        if let Some(content) = text(body, "content") {
            content.clone_into(&mut record.content);
        }
        gateway.tell_message("message_updated", message);
    } else {
        gateway.tell_message("message_deleted", message);
        gateway.messages.remove(&message);
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::super::Party;
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_772_442_904_108_310);

    fn sandbox() -> Gateway {
        let mut gateway = Gateway::default();
        gateway.add_bot("Router", "token", NOW);
        gateway.add_channel("whatsapp", "Shop", 24, NOW);
        gateway.add_user("17", "Ana", "Gil", NOW);
        gateway.add_user("18", "Boris", "Gil", NOW);
        let party = Party { external_id: "34".into(), name: "Marta Ruiz".into(), phone: "34".into() };
        let answer = call(&mut gateway, "PATCH", "/my/info", r#"{"roles": ["distributor"]}"#);
        assert_eq!(answer, Answer { status: 200, body: json!({}) });
        gateway.customer_writes(1, &party, "Hola", NOW).unwrap();
        gateway
    }

    fn call(gateway: &mut Gateway, method: &str, path: &str, body: &str) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = Query::new(pairs.map(|(name, value)| (name.into(), value.into())).collect());
        answer(gateway, &Request { method, path, query, token: "token", body: body.as_bytes() }, NOW)
    }

    #[test]
    fn a_dialog_is_given_and_taken() {
        let mut gateway = sandbox();
        let first = call(
            &mut gateway,
            "PATCH",
            "/dialogs/1/assign",
            r#"{"user_id": 1, "bot_id": 0, "dialog_id": 1}"#,
        );
        assert_eq!(first.status, 200);
        let assigned_at = "2026-03-02T09:15:04.10831Z";
        let ana = json!({"type": "user", "id": 1, "external_id": "17", "assigned_at": assigned_at});
        let wanted = json!({"responsible": ana, "is_reassign": false, "previous_responsible": null, "left_user_id": null});
        assert_eq!(first.body, wanted);
        let second = call(&mut gateway, "PATCH", "/dialogs/1/assign", r#"{"user_id": 2}"#);
        assert_eq!((&second.body["previous_responsible"], &second.body["left_user_id"]), (&ana, &json!(1)));
        let taken = call(&mut gateway, "PATCH", "/dialogs/1/unassign", "");
        assert_eq!(taken.body["previous_responsible"]["id"], 2);
        let listed = call(&mut gateway, "GET", "/dialogs?active=1&limit=1000", "");
        assert_eq!(listed.body[0]["responsible"], Value::Null);
        assert_eq!(call(&mut gateway, "DELETE", "/dialogs/1/close", "1").body, json!({}));
        assert_eq!(call(&mut gateway, "GET", "/dialogs?active=1", "").body, json!([]));
    }

    #[test]
    fn refusals_have_the_gateways_words() {
        let mut gateway = sandbox();
        let mut refusal = |method, path, body| {
            let answer = call(&mut gateway, method, path, body);
            (answer.status, answer.body["errors"][0].as_str().unwrap_or_default().to_owned())
        };
        let unassigned = refusal("PATCH", "/dialogs/1/unassign", "");
        assert_eq!(unassigned, (400, "dialog is not assigned".into()));
        assert_eq!(refusal("PATCH", "/dialogs/-1/assign", "{}"), (400, "incorrect dialog_id".into()));
        let unknown = refusal("PATCH", "/dialogs/444/assign", r#"{"user_id": 1}"#);
        assert_eq!(unknown, (404, "dialog #444 not found".into()));
        assert_eq!(refusal("POST", "/messages", "{}"), (400, "chat_id is a required field".into()));
        assert_eq!(refusal("PATCH", "/messages/0", "{}"), (400, "Incorrect message_id".into()));
        assert_eq!(refusal("GET", "/dialogs/1", ""), (404, "Not found".into()));
        assert_eq!(refusal("GET", "/chats?limit=1001", ""), (400, "limit must be 1,000 or less".into()));
        assert_eq!(refusal("POST", "/messages", "{").0, 400);
    }

    #[test]
    fn without_the_token_nothing_is_told() {
        let mut gateway = sandbox();
        let query = Query::default();
        let request = Request { method: "GET", path: "/bots", query, token: "other", body: b"" };
        assert_eq!(answer(&mut gateway, &request, NOW).status, 403);
    }

    #[test]
    fn notes_are_for_staff_and_calm_nobody() {
        let mut gateway = sandbox();
        let note = r#"{"chat_id": 1, "scope": "private", "content": "Ana is at lunch"}"#;
        let sent = call(&mut gateway, "POST", "/messages", note);
        assert_eq!((sent.status, &sent.body["time"]), (201, &json!("2026-03-02T09:15:04.108310000Z")));
        assert!(gateway.chats()[&1].waits_since.is_some());
    }
}
