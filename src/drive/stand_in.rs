//! A stand-in for the server, small and in memory, that can also misbehave: what the drive's own tests play against.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What it may do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Acknowledges closures and forgets them.
    ForgetsClosures,
    /// Pays no heed to capacity.
    Overloads,
    /// Does not look who waits when somebody becomes free.
    LeavesWaiting,
    /// Leaves out an event's number here and there.
    SkipsNumbers,
    /// Pays no heed to groups.
    IgnoresGroups,
}

/// How it misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// What it does wrong.
    pub deed: Option<Deed>,
    /// Dies at each so-many-th request: done or not, it and all that are on their way go unanswered.
    pub dies_every: Option<u64>,
    /// Is not ready for so many looks after dying.
    pub stays_away: u64,
    /// Puts off each so-many-th request.
    pub busy_every: Option<u64>,
}

impl Flaws {
    /// It does this wrong.
    pub fn of(deed: Deed) -> Self {
        Self { deed: Some(deed), ..Self::default() }
    }

    fn has(self, deed: Deed) -> bool {
        self.deed == Some(deed)
    }
}

#[derive(Default)]
struct Manager {
    groups: BTreeSet<String>,
    capacity: f64,
    available: bool,
    load: u32,
}

struct Dialog {
    group: Option<String>,
    holder: Option<String>,
    closed: bool,
}

#[derive(Default)]
pub struct World {
    flaws: Flaws,
    managers: BTreeMap<String, Manager>,
    dialogs: BTreeMap<String, Dialog>,
    /// Open dialogs by chat.
    chats: BTreeMap<String, String>,
    waiting: VecDeque<String>,
    messages: BTreeSet<String>,
    events: Vec<Value>,
    news: Rc<Notify>,
    pub requests: u64,
    pub vips: BTreeSet<String>,
    /// Grows with each death; connections of an earlier life are dead.
    life: u64,
    away: u64,
}

impl World {
    fn announce(&mut self, name: &str, dialog: Option<&str>, data: &Value) {
        let gap = u64::from(self.flaws.has(Deed::SkipsNumbers) && self.events.len() % 10 == 9);
        let seq = self.events.last().map_or(0, |last| last["seq"].as_u64().unwrap()) + 1 + gap;
        let at =
            format!("2026-03-02T10:{:02}:{:02}.{:03}Z", seq / 60_000 % 60, seq / 1_000 % 60, seq % 1_000);
        let event = json!({"seq": seq, "id": format!("e{seq}"), "type": name, "at": at, "dialog": dialog, "data": data});
        self.events.push(event);
        self.news.notify_waiters();
    }

    /// The least loaded who may.
    fn pick(&self, group: Option<&str>) -> Option<String> {
        let may = |manager: &Manager| {
            let in_group = group.is_none_or(|group| manager.groups.contains(group))
                || self.flaws.has(Deed::IgnoresGroups);
            let has_room =
                f64::from(manager.load) + 1.0 <= manager.capacity || self.flaws.has(Deed::Overloads);
            manager.available && in_group && has_room
        };
        let least = self.managers.iter().filter(|(_, manager)| may(manager));
        least.min_by_key(|(_, manager)| manager.load).map(|(id, _)| id.clone())
    }

    fn route(&mut self, dialog: &str) -> bool {
        let group = self.dialogs[dialog].group.clone();
        let Some(manager) = self.pick(group.as_deref()) else {
            return false;
        };
        self.managers.get_mut(&manager).unwrap().load += 1;
        self.announce(
            "dialog.assigned",
            Some(dialog),
            &json!({"to": {"manager": manager}, "decision": {"rule": "r"}}),
        );
        self.dialogs.get_mut(dialog).unwrap().holder = Some(manager);
        true
    }

    fn route_waiting(&mut self) {
        if !self.flaws.has(Deed::LeavesWaiting) {
            let mut waiting = std::mem::take(&mut self.waiting);
            waiting.retain(|dialog| !self.dialogs[dialog].closed && !self.route(dialog));
            self.waiting = waiting;
        }
    }

    fn view(&self, id: &str) -> Value {
        let dialog = &self.dialogs[id];
        let state = match &dialog.holder {
            _ if dialog.closed => "closed",
            Some(_) => "assigned",
            None => "waiting",
        };
        let responsible = dialog.holder.as_ref().filter(|_| !dialog.closed).map(|id| json!({"manager": id}));
        json!({"dialog": {"id": id, "state": state, "responsible": responsible}, "decision": null})
    }

    fn open(&mut self, body: &Value) -> (u16, Value) {
        let id = body["id"].as_str().unwrap().to_owned();
        if self.dialogs.contains_key(&id) {
            return (200, self.view(&id));
        }
        let chat = body["chat"].as_str().unwrap_or(body["customer"].as_str().unwrap()).to_owned();
        if let Some(open) = self.chats.get(&chat) {
            return (200, self.view(open));
        }
        let group = body["facts"]["fact.type"].as_str().map(str::to_owned);
        self.dialogs.insert(id.clone(), Dialog { group, holder: None, closed: false });
        self.chats.insert(chat, id.clone());
        let data = json!({"channel": body["channel"], "kind": "customer", "started_by": "customer"});
        self.announce("dialog.opened", Some(&id), &data);
        if !self.route(&id) {
            self.waiting.push_back(id.clone());
            self.announce(
                "dialog.waiting",
                Some(&id),
                &json!({"decision": {"steps": [{"step": 1, "to": "everyone"}]}}),
            );
        }
        (201, self.view(&id))
    }

    fn close(&mut self, id: &str, body: &Value) -> (u16, Value) {
        let Some(dialog) = self.dialogs.get_mut(id) else {
            return (404, json!({"code": "unknown_id"}));
        };
        if dialog.closed {
            return (409, json!({"code": "dialog_closed"}));
        }
        let by = body["by"]["manager"].as_str();
        if by.is_some() && by != dialog.holder.as_deref() {
            return (403, json!({"code": "forbidden", "detail": "not yours"}));
        }
        if self.flaws.has(Deed::ForgetsClosures) {
            return (200, json!({}));
        }
        dialog.closed = true;
        let last = dialog.holder.clone();
        self.chats.retain(|_, open| open != id);
        if let Some(manager) = &last {
            self.managers.get_mut(manager).unwrap().load -= 1;
        }
        let last = last.map(|manager| json!({"manager": manager}));
        self.announce("dialog.closed", Some(id), &json!({"reason": "manual", "last": last}));
        self.route_waiting();
        (200, json!({}))
    }

    fn batch(&mut self, lines: &str) -> (u16, Value) {
        let items: Vec<_> = lines
            .lines()
            .map(|line| {
                let item: Value = serde_json::from_str(line).unwrap();
                assert_eq!(item["type"], "dialog.close");
                match self.close(item["id"].as_str().unwrap(), &item["data"]) {
                    (200, _) => json!({"status": "done"}),
                    (_, problem) => json!({"status": "refused", "problem": problem}),
                }
            })
            .collect();
        (200, json!({"items": items}))
    }

    fn write(&mut self, dialog: &str, body: &Value) -> (u16, Value) {
        let id = body["id"].as_str().unwrap();
        let from = &body["from"];
        let holder = self.dialogs[dialog].holder.as_deref();
        if from["manager"].as_str().is_some_and(|manager| Some(manager) != holder) {
            return (403, json!({"code": "not_responsible"}));
        }
        if self.messages.insert(id.to_owned()) {
            self.announce("message.sent", Some(dialog), &json!({"message": id, "from": from}));
        }
        (201, json!({}))
    }

    fn roster(&self) -> Value {
        let view = |(id, manager): (&String, &Manager)| {
            let Manager { groups, capacity, available, load, .. } = manager;
            json!({"id": id, "groups": groups, "available": available, "load_units": load,
                "capacity_units": capacity, "dialogs": load})
        };
        json!({"items": self.managers.iter().map(view).collect::<Vec<_>>()})
    }

    fn events_after(&self, query: &str) -> Value {
        let number = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.map_or(0, |value| value.parse::<u64>().unwrap())
        };
        let limit = usize::try_from(number("limit")).unwrap();
        let after = self.events.iter().filter(|event| event["seq"].as_u64().unwrap() > number("after"));
        json!({"items": after.take(limit).collect::<Vec<_>>()})
    }

    fn handle(&mut self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.strip_prefix("/v1/accounts/default/").expect("a path of the account");
        let parts: Vec<_> = path.split('/').collect();
        if (method, &parts[..]) == ("POST", &["events"]) {
            return self.batch(std::str::from_utf8(body).unwrap());
        }
        let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
        match (method, &parts[..]) {
            ("GET", ["managers"]) => (200, self.roster()),
            ("GET", ["events"]) => (200, self.events_after(query)),
            ("PUT", ["managers", id]) => {
                let manager = self.managers.entry((*id).to_owned()).or_default();
                manager.capacity = body["capacity"].as_f64().unwrap_or(10.0);
                let groups = body["groups"].as_array().unwrap().iter();
                manager.groups = groups.map(|group| group.as_str().unwrap().to_owned()).collect();
                (200, json!({}))
            }
            ("PUT", ["managers", id, "presence"]) => {
                self.managers.get_mut(*id).unwrap().available = true;
                self.announce("manager.available", None, &json!({"manager": id}));
                self.route_waiting();
                (200, json!({}))
            }
            ("PUT", ["customers", id]) => {
                assert_eq!(body["vip"], true);
                self.vips.insert((*id).to_owned());
                (200, json!({}))
            }
            ("PUT", ["channels", _]) => (200, json!({})),
            ("POST", ["dialogs"]) => self.open(&body),
            ("POST", ["dialogs", id, "messages"]) => self.write(id, &body),
            ("POST", ["dialogs", id, "close"]) => self.close(id, &body),
            _ => (404, json!({"code": "unknown_path", "detail": path})),
        }
    }
}

/// A server at a port of its own. Must be started within a `LocalSet`.
pub async fn start(flaws: Flaws) -> (String, Rc<RefCell<World>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let world = Rc::new(RefCell::new(World { flaws, ..World::default() }));
    let shared = world.clone();
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::task::spawn_local(serve(stream, shared.clone()));
        }
    });
    (url, world)
}

/// One request out of the buffer: method, path, body, and how many bytes it took.
fn request(buffer: &[u8]) -> Option<(String, String, Vec<u8>, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer).unwrap() else {
        return None;
    };
    let length = request.headers.iter().find(|header| header.name == "content-length");
    let length = length.map_or(0, |header| std::str::from_utf8(header.value).unwrap().parse().unwrap());
    let body = buffer.get(head..head + length)?;
    Some((request.method?.to_owned(), request.path?.to_owned(), body.to_vec(), head + length))
}

/// Holds a question for events back until there is one after the last that was asked for.
async fn hold_back(path: &str, world: &RefCell<World>) {
    let Some((_, query)) = path.split_once("/events?").filter(|(_, query)| query.contains("wait=")) else {
        return;
    };
    loop {
        let (is_empty, life, news) = {
            let world = world.borrow();
            (world.events_after(query)["items"] == json!([]), world.life, world.news.clone())
        };
        if !is_empty || tokio::time::timeout(Duration::from_secs(1), news.notified()).await.is_err() {
            return;
        }
        if world.borrow().life != life {
            return;
        }
    }
}

async fn serve(mut stream: TcpStream, world: Rc<RefCell<World>>) {
    let life = world.borrow().life;
    let mut buffer = Vec::new();
    loop {
        while let Some((method, path, body, length)) = request(&buffer) {
            buffer.drain(..length);
            hold_back(&path, &world).await;
            let (status, answer) = {
                let mut world = world.borrow_mut();
                if path == "/readyz" {
                    world.away = world.away.saturating_sub(1);
                    (if world.away > 0 { 503 } else { 200 }, json!({}))
                } else {
                    if world.life != life {
                        return;
                    }
                    world.requests += 1;
                    let requests = world.requests;
                    if world.flaws.busy_every.is_some_and(|every| requests.is_multiple_of(every)) {
                        (503, json!({"code": "busy"}))
                    } else {
                        let dies = world.flaws.dies_every.is_some_and(|every| requests.is_multiple_of(every));
                        // Half of the time it dies before it did what was asked.
                        if dies {
                            world.life += 1;
                            world.away = world.flaws.stays_away;
                            if world.life.is_multiple_of(2) {
                                return;
                            }
                        }
                        let answer = world.handle(&method, &path, &body);
                        if dies {
                            return;
                        }
                        answer
                    }
                }
            };
            let body = answer.to_string();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
            if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            return;
        }
    }
}
