//! Requests to the world, and what faults make of them. Pure: the server only sends what comes out here.

use std::time::Duration;

use serde_json::Value;

use super::crm;
use super::faults::{Fault, RequestKind};
use super::gateway::records::Id;
use super::gateway::rest;
use super::world::World;
use crate::domain::time::Timestamp;

/// What a client is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// JSON with a status.
    Json(u16, Value),
    /// The same, after a while.
    Slowly(Duration, Box<Self>),
    /// A page for people.
    Page(u16, &'static str),
    /// A status with nothing in it.
    Empty(u16),
    /// Everything was done; the answer breaks off.
    Cut,
}

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n";

fn errors(status: u16, text: &str) -> Outcome {
    Outcome::Json(status, serde_json::json!({"errors": [text]}))
}

/// Instead of an answer, and without anything being done.
fn instead(fault: Fault) -> Option<Outcome> {
    match fault {
        Fault::TooMany => Some(errors(429, "Too Many Requests")),
        Fault::Unavailable => Some(errors(503, "Service Unavailable")),
        Fault::Broken => Some(Outcome::Empty(500)),
        Fault::BadGateway => Some(Outcome::Page(502, BAD_GATEWAY)),
        Fault::Drop
        | Fault::HalfOpen
        | Fault::Duplicate
        | Fault::Delay
        | Fault::Reorder
        | Fault::Slow
        | Fault::ReplyLost
        | Fault::ReplyReplaced
        | Fault::Deactivate
        | Fault::HandBefore
        | Fault::HandAfter
        | Fault::Revoke => None,
    }
}

/// What becomes of an answer when everything was done.
fn after(fault: Option<Fault>, outcome: Outcome, slowness: Duration) -> Outcome {
    match fault {
        Some(Fault::Slow) => Outcome::Slowly(slowness, Box::new(outcome)),
        Some(Fault::ReplyLost) => Outcome::Cut,
        Some(Fault::ReplyReplaced) => Outcome::Page(502, BAD_GATEWAY),
        _ => outcome,
    }
}

/// The dialog and the manager that a request names.
fn assignment(request: &rest::Request<'_>) -> Option<(Id, Option<Id>)> {
    let dialog = request.path.strip_prefix("/dialogs/")?.strip_suffix("/assign")?.parse().ok()?;
    let body: Value = serde_json::from_slice(request.body).ok()?;
    Some((dialog, body.get("user_id").and_then(Value::as_u64)))
}

impl World {
    /// A call of the bot API.
    pub fn call_gateway(&mut self, request: &rest::Request<'_>, now: Timestamp) -> Outcome {
        let assignment = (request.method == "PATCH").then(|| assignment(request)).flatten();
        let kind = match (request.method, assignment) {
            ("GET", _) => RequestKind::Reads,
            (_, Some(_)) => RequestKind::Assigns,
            _ => RequestKind::Changes,
        };
        let fault = self.faults.of_request(kind);
        if let Some(outcome) = fault.and_then(instead) {
            return outcome;
        }
        if let Some((dialog, user)) = assignment {
            match fault {
                Some(Fault::Deactivate) => user.into_iter().for_each(|user| self.dismiss(user, now)),
                Some(Fault::HandBefore) => self.cross(dialog, user, now),
                _ => {}
            }
        }
        let answer = rest::answer(&mut self.gateway, request, now);
        if let (Some(Fault::HandAfter), Some((dialog, user))) = (fault, assignment) {
            self.cross(dialog, user, now);
        }
        let slowness = self.faults.slowness();
        after(fault, Outcome::Json(answer.status, answer.body), slowness)
    }

    /// Somebody gives the dialog by hand to a manager who is there, but not to this one.
    fn cross(&mut self, dialog: Id, other_than: Option<Id>, now: Timestamp) {
        let there = self.gateway.users().values().filter(|user| user.is_active && user.is_online);
        let there: Vec<Id> = there.map(|user| user.id).filter(|user| Some(*user) != other_than).collect();
        let at = self.faults.pick(there.len());
        if let Some(user) = there.get(at) {
            // The gateway may refuse: the dialog need not exist.
            let _ = self.gateway.assign_by_hand(dialog, *user, now);
        }
    }

    /// A call of the CRM's API.
    pub fn call_crm(&mut self, request: &crm::answer::Request<'_>, now: Timestamp) -> Outcome {
        let kind = if request.method == "GET" { RequestKind::Reads } else { RequestKind::Changes };
        let fault = self.faults.of_request(kind);
        if let Some(outcome) = fault.and_then(instead) {
            return outcome;
        }
        let outcome = match crm::answer::answer(&mut self.crm, &mut self.gateway, request, now) {
            crm::answer::Answer::Json(status, body) => Outcome::Json(status, body),
            crm::answer::Answer::Page(status, page) => Outcome::Page(status, page),
        };
        let slowness = self.faults.slowness();
        after(fault, outcome, slowness)
    }
}

#[cfg(test)]
mod tests {
    use super::super::gateway::Party;
    use super::super::gateway::records::Holder;
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_442_904);

    fn world() -> World {
        let mut world = World::default();
        let gateway = &mut world.gateway;
        gateway.add_bot("Router", "token", NOW);
        gateway.add_channel("whatsapp", "Shop", 0, NOW);
        for id in ["17", "18"] {
            let user = gateway.add_user(id, id, "", NOW);
            gateway.set_online(user, true, NOW);
        }
        let party = Party { external_id: "1".into(), name: "Marta".into(), phone: String::new() };
        gateway.customer_writes(1, &party, "Hola", NOW).unwrap();
        world
    }

    fn assign(world: &mut World, user: u64) -> Outcome {
        let body = serde_json::json!({"user_id": user}).to_string();
        let query = rest::Query::default();
        let (method, path) = ("PATCH", "/dialogs/1/assign");
        let request = rest::Request { method, path, query, token: "token", body: body.as_bytes() };
        world.call_gateway(&request, NOW)
    }

    fn holder(world: &World) -> Option<Holder> {
        world.gateway.dialogs()[&1].responsible.map(|(holder, _)| holder)
    }

    #[test]
    fn refusals_change_nothing_and_lost_replies_do() {
        let mut world = world();
        for (fault, wanted) in [
            (Fault::TooMany, errors(429, "Too Many Requests")),
            (Fault::Unavailable, errors(503, "Service Unavailable")),
            (Fault::Broken, Outcome::Empty(500)),
            (Fault::BadGateway, Outcome::Page(502, BAD_GATEWAY)),
        ] {
            world.faults.order(fault, 1);
            assert_eq!((assign(&mut world, 1), holder(&world)), (wanted, None));
        }
        world.faults.order(Fault::ReplyLost, 1);
        assert_eq!((assign(&mut world, 1), holder(&world)), (Outcome::Cut, Some(Holder::User(1))));
        world.faults.order(Fault::ReplyReplaced, 1);
        assert_eq!(assign(&mut world, 2), Outcome::Page(502, BAD_GATEWAY));
        assert_eq!(holder(&world), Some(Holder::User(2)));
        world.faults.order(Fault::Slow, 1);
        assert!(matches!(assign(&mut world, 1), Outcome::Slowly(span, _) if span > Duration::ZERO));
    }

    #[test]
    fn people_cross_what_bots_do() {
        let mut world = world();
        world.faults.order(Fault::HandBefore, 1);
        let Outcome::Json(200, body) = assign(&mut world, 1) else { panic!("it is done") };
        assert_eq!((&body["is_reassign"], &body["previous_responsible"]["id"]), (&true.into(), &2.into()));
        world.faults.order(Fault::HandAfter, 1);
        assert!(matches!(assign(&mut world, 1), Outcome::Json(200, _)));
        assert_eq!(holder(&world), Some(Holder::User(2)), "the person was last");
        world.faults.order(Fault::Deactivate, 1);
        assert!(matches!(assign(&mut world, 1), Outcome::Json(400, _)));
        assert!(!world.gateway.users()[&1].is_active);
        world.advance(NOW + Duration::from_mins(5));
        assert!(world.gateway.users()[&1].is_active && world.gateway.users()[&1].is_online, "they come back");
        world.settle(NOW);
        let by_hand = world.books().totals().by_hand;
        assert_eq!(by_hand, 2);
    }

    #[test]
    fn a_void_token_is_void_at_once() {
        let mut world = world();
        world.faults.order(Fault::Revoke, 1);
        world.advance(NOW);
        assert!(matches!(assign(&mut world, 1), Outcome::Json(403, _)));
    }
}
