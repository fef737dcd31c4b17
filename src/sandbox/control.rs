//! The sandbox's own calls, below `/sandbox`: faults on demand, customers and managers moved by hand, the books.
//!
//! | call | body |
//! |---|---|
//! | `GET /sandbox/books` | |
//! | `GET /sandbox/state` | |
//! | `POST /sandbox/faults` | `{"fault": "429", "times": 3}`, names as in [`super::faults::FAULTS`] |
//! | `POST /sandbox/chances` | `{"requests": 0.02, "frames": 0.02, "crossings": 0.02, "breaks_per_hour": 30}` |
//! | `POST /sandbox/customer-message` | `{"channel_id", "external_id", "name", "phone", "text"}` |
//! | `POST /sandbox/user-message` | `{"user_id", "chat_id", "text"}`; a slash makes it a command |
//! | `POST /sandbox/user` | `{"user_id", "online", "available", "active", "status"}`, what is named changes |
//! | `POST /sandbox/assign`, `unassign`, `close` | `{"dialog_id", "user_id"}`: a person does it |
//! | `POST /sandbox/token` | `{"bot_id", "token"}` |
//! | `POST /sandbox/module` | `{"code", "active", "freeze"}`; the module is told |
//! | `POST /sandbox/account` | `{"missing", "has_no_chats", "calls_per_second"}` |

use serde_json::{Value, json};

use super::faults::{Chances, FAULTS, Fault};
use super::gateway::{NotDone, Party};
use super::world::World;
use crate::domain::time::Timestamp;

/// What all paths begin with.
pub const PREFIX: &str = "/sandbox";

/// A form that a module is to be sent, and where.
pub type Callback = (String, Vec<(&'static str, String)>);

/// An answer, and what else is to be done.
pub type Done = Result<(Value, Option<Callback>), NotDone>;

fn number(body: &Value, name: &str) -> Result<u64, NotDone> {
    body.get(name)
        .and_then(Value::as_u64)
        .ok_or_else(|| NotDone::new(400, format!("{name} must be a number")))
}

fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, NotDone> {
    body.get(name).and_then(Value::as_str).ok_or_else(|| NotDone::new(400, format!("{name} must be a text")))
}

fn switch(body: &Value, name: &str) -> Option<bool> {
    body.get(name).and_then(Value::as_bool)
}

/// Carries a call out.
///
/// # Errors
/// A status and words for whoever called.
pub fn carry_out(world: &mut World, method: &str, path: &str, body: &[u8], now: Timestamp) -> Done {
    let body: Value = match (method, body) {
        ("GET", _) | (_, []) => Value::Null,
        (_, body) => {
            serde_json::from_slice(body).map_err(|error| NotDone::new(400, format!("no JSON: {error}")))?
        }
    };
    let done = match (method, path) {
        ("GET", "/books") => {
            world.settle(now);
            world.books().view(&world.gateway)
        }
        ("GET", "/state") => {
            world.settle(now);
            state(world)
        }
        ("POST", "/faults") => order(world, &body)?,
        ("POST", "/chances") => {
            let share = |name| body.get(name).and_then(Value::as_f64).unwrap_or_default();
            world.faults.chances = Chances {
                requests: share("requests"),
                frames: share("frames"),
                crossings: share("crossings"),
                breaks_per_hour: share("breaks_per_hour"),
            };
            json!({})
        }
        ("POST", "/customer-message") => customer_message(world, &body, now)?,
        ("POST", "/user-message") => user_message(world, &body, now)?,
        ("POST", "/user") => change_user(world, &body, now)?,
        ("POST", "/assign") => {
            world.gateway.assign_by_hand(number(&body, "dialog_id")?, number(&body, "user_id")?, now)?;
            json!({})
        }
        ("POST", "/unassign") => {
            world.gateway.unassign_by_hand(number(&body, "dialog_id")?, now)?;
            json!({})
        }
        ("POST", "/close") => {
            world.gateway.close(number(&body, "dialog_id")?, now)?;
            json!({})
        }
        ("POST", "/token") => {
            world.gateway.change_token(number(&body, "bot_id")?, text(&body, "token")?, now);
            json!({})
        }
        ("POST", "/module") => {
            let (is_active, is_frozen) = (switch(&body, "active"), switch(&body, "freeze"));
            let (is_active, is_frozen) = (is_active.unwrap_or(true), is_frozen.unwrap_or(false));
            let World { crm, gateway, .. } = world;
            let callback = crm.switch_module(text(&body, "code")?, is_active, is_frozen, gateway, now);
            return Ok((json!({"told": callback.is_some()}), callback));
        }
        ("POST", "/account") => {
            let crm = &mut world.crm;
            crm.is_missing = switch(&body, "missing").unwrap_or(crm.is_missing);
            crm.has_no_chats = switch(&body, "has_no_chats").unwrap_or(crm.has_no_chats);
            let calls = body.get("calls_per_second").and_then(Value::as_u64);
            crm.calls_per_second =
                calls.and_then(|calls| u32::try_from(calls).ok()).unwrap_or(crm.calls_per_second);
            json!({})
        }
        _ => return Err(NotDone::new(404, "no such call of the sandbox")),
    };
    Ok((done, None))
}

fn state(world: &World) -> Value {
    let totals = world.books().totals();
    let met = world.faults.met().iter().map(|(fault, times)| (fault.name().to_owned(), (*times).into()));
    let met: serde_json::Map<String, Value> = met.collect();
    let online = world.gateway.users().values().filter(|user| user.is_online).count();
    json!({
        "opened": totals.opened, "closed": totals.closed, "unassigned": totals.unassigned, "online": online,
        "has_distributor": world.gateway.has_distributor(), "faults": met,
    })
}

fn order(world: &mut World, body: &Value) -> Result<Value, NotDone> {
    let name = text(body, "fault")?;
    let Some(fault) = Fault::named(name) else {
        let known: Vec<_> = FAULTS.iter().map(|(_, name)| *name).collect();
        return Err(NotDone::new(400, format!("no fault is called {name}; there are {}", known.join(", "))));
    };
    let times = body.get("times").and_then(Value::as_u64).unwrap_or(1).min(100_000);
    world.faults.order(fault, usize::try_from(times).unwrap_or(1));
    Ok(json!({}))
}

fn customer_message(world: &mut World, body: &Value, now: Timestamp) -> Result<Value, NotDone> {
    let optional = |name| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let party = Party {
        external_id: text(body, "external_id")?.to_owned(),
        name: optional("name"),
        phone: optional("phone"),
    };
    let channel = number(body, "channel_id")?;
    let Some(message) = world.gateway.customer_writes(channel, &party, text(body, "text")?, now) else {
        return Err(NotDone::new(400, "the channel does not work, or the customer is blocked"));
    };
    let record = world.gateway.messages().get(&message);
    Ok(json!({
        "message_id": message, "chat_id": record.map(|record| record.chat),
        "dialog_id": record.and_then(|record| record.dialog),
    }))
}

fn user_message(world: &mut World, body: &Value, now: Timestamp) -> Result<Value, NotDone> {
    let (user, chat, words) = (number(body, "user_id")?, number(body, "chat_id")?, text(body, "text")?);
    let message = if words.starts_with('/') {
        let message = world.gateway.user_commands(user, chat, words, now);
        message.ok_or_else(|| NotDone::new(404, format!("chat #{chat} not found")))?
    } else {
        world.gateway.user_writes(user, chat, words, now)?
    };
    Ok(json!({"message_id": message}))
}

fn change_user(world: &mut World, body: &Value, now: Timestamp) -> Result<Value, NotDone> {
    let user = number(body, "user_id")?;
    if !world.gateway.users().contains_key(&user) {
        return Err(NotDone::new(404, format!("user #{user} not found")));
    }
    if let Some(is_active) = switch(body, "active") {
        world.gateway.set_active(user, is_active, now);
    }
    if let Some(is_online) = switch(body, "online") {
        world.gateway.set_online(user, is_online, now);
    }
    if let Some(is_available) = switch(body, "available") {
        world.gateway.set_available(user, is_available, now);
    }
    if let Some(status) = body.get("status").and_then(Value::as_str) {
        let known = ["free", "busy", "dinner", "break"].into_iter().find(|known| *known == status);
        let Some(status) = known else {
            return Err(NotDone::new(400, "status must be free, busy, dinner or break"));
        };
        let person = world.crm.people().values().find(|person| person.gateway_id == Some(user));
        if let Some(person) = person.map(|person| person.id) {
            world.crm.set_status(person, status);
        }
        world.gateway.set_available(user, status == "free", now);
    }
    Ok(json!({}))
}
