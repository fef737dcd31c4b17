//! A world of plain values for the mirror: the stand-in gateway, a toy engine, and frames, calls and readings under way.
//!
//! Whatever is under way is done in any order that the test says. The toy engine keeps only what matters between the
//! two: which dialogs are open and who holds them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use reparto::connectors::retailcrm::mirror::{
    Call, Called, Found, Holder, Input, Job, Lane, Mirror, News, Read, Snapshot, Stand, Step, Taken, Wish,
};
use reparto::connectors::retailcrm::wire::{self, Frame, decode, decode_list};
use reparto::domain::dialog::By;
use reparto::domain::message::Author;
use reparto::domain::time::Timestamp;
use reparto::engine::inbound::{AssignTo, Fact, Inbound};
use reparto::sandbox::gateway::rest::{Answer, Query, Request, answer};
use reparto::sandbox::gateway::{Gateway, Party, records};
use serde_json::json;

pub const TOKEN: &str = "ours";
const OTHER: &str = "somebody else's";

/// What may go wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    Good,
    /// The answer is lost after the call took hold.
    ReplyLost,
    /// The gateway is too busy.
    Busy,
}

pub struct World {
    pub gateway: Gateway,
    pub mirror: Mirror,
    pub now: Timestamp,
    /// The engine's dialogs.
    pub engine: BTreeMap<u64, Stand>,
    pub seq: u64,
    pub frames: Vec<Frame>,
    pub calls: VecDeque<Job>,
    pub reads: VecDeque<Read>,
    pub looks: VecDeque<(u64, u64)>,
    pub tellings: VecDeque<(Lane, Option<u64>, News)>,
    /// How many public messages the engine was told, by dialog.
    pub told_messages: BTreeMap<u64, usize>,
    /// What the engine was told, as short texts.
    pub told: Vec<String>,
    /// Tags of the rules that decided, by dialog.
    pub tags: BTreeMap<u64, BTreeSet<&'static str>>,
}

impl World {
    pub fn new() -> Self {
        let now = Timestamp::from_secs(1_772_442_904);
        let mut gateway = Gateway::default();
        let bot = gateway.add_bot("Router", TOKEN, now);
        gateway.add_bot("A person", OTHER, now);
        gateway.add_channel("whatsapp", "Shop", 0, now);
        for number in 1..=3_u64 {
            let user = gateway.add_user(&format!("1{number}"), &format!("Ana{number}"), "Gil", now);
            gateway.set_online(user, true, now);
        }
        let mut mirror = Mirror::new();
        mirror.set_me(&wire::Bot { id: bot, ..wire::Bot::default() });
        gateway.take_frames();
        let mut world = Self {
            gateway,
            mirror,
            now,
            engine: BTreeMap::new(),
            seq: 0,
            frames: Vec::new(),
            calls: VecDeque::new(),
            reads: VecDeque::new(),
            looks: VecDeque::new(),
            tellings: VecDeque::new(),
            told_messages: BTreeMap::new(),
            told: Vec::new(),
            tags: BTreeMap::new(),
        };
        world.rest("PATCH", "/my/info", r#"{"roles": ["distributor"]}"#, TOKEN);
        world.resync(false);
        world
    }

    pub fn input(&mut self, input: Input) {
        self.now = self.now + Duration::from_micros(137);
        for step in self.mirror.on(input, self.now) {
            match step {
                Step::Tell { lane, dialog, news } => self.tellings.push_back((lane, dialog, news)),
                Step::Look { dialog, epoch } => self.looks.push_back((dialog, epoch)),
                Step::Call(job) => self.calls.push_back(job),
                Step::Read(read) => self.reads.push_back(read),
                Step::GiveUp { job, why } => panic!("the gateway refuses nothing of {job:?}: {why}"),
                Step::Command(_) | Step::Distrust | Step::Count(_) => {}
            }
        }
    }

    fn rest(&mut self, method: &str, path: &str, body: &str, token: &str) -> Answer {
        self.now = self.now + Duration::from_micros(211);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = Query::new(pairs.map(|(name, value)| (name.into(), value.into())).collect());
        let request = Request { method, path, query, token, body: body.as_bytes() };
        let answer = answer(&mut self.gateway, &request, self.now);
        self.gather();
        answer
    }

    /// Frames that the gateway sent are under way.
    fn gather(&mut self) {
        for frame in self.gateway.take_frames() {
            let text = json!({"type": frame.kind, "meta": {"timestamp": 0}, "data": frame.data}).to_string();
            self.frames.push(Frame::decode(text.as_bytes()).expect("the stand-in's frames can be read"));
        }
    }

    fn list<T: serde::de::DeserializeOwned>(&mut self, path: &str) -> Vec<T> {
        let answer = self.rest("GET", path, "", TOKEN);
        assert_eq!(answer.status, 200, "{path}");
        decode_list(answer.body.to_string().as_bytes()).expect("a list").0
    }

    // What people do.

    pub fn customer_writes(&mut self, who: u64) {
        self.now = self.now + Duration::from_micros(307);
        let party =
            Party { external_id: who.to_string(), name: format!("Customer {who}"), phone: String::new() };
        self.gateway.customer_writes(1, &party, "Hola", self.now);
        self.gather();
    }

    pub fn open_dialog(&self, at: usize) -> Option<(u64, u64)> {
        let open: Vec<_> = self.gateway.dialogs().values().filter(|dialog| dialog.is_open()).collect();
        let found = open.get(at % open.len().max(1))?;
        Some((found.id, found.chat))
    }

    pub fn person_assigns(&mut self, dialog: u64, user: u64) {
        self.now = self.now + Duration::from_micros(401);
        self.gateway.assign_by_hand(dialog, user, self.now).expect("it is the newest of its chat");
        self.gather();
    }

    pub fn person_takes_back(&mut self, dialog: u64) {
        self.rest("PATCH", &format!("/dialogs/{dialog}/unassign"), "", OTHER);
    }

    pub fn person_closes(&mut self, dialog: u64) {
        self.now = self.now + Duration::from_micros(503);
        self.gateway.close(dialog, self.now).expect("it is there");
        self.gather();
    }

    pub fn manager_writes(&mut self, user: u64, chat: u64) {
        self.now = self.now + Duration::from_micros(601);
        // A manager who lost access cannot.
        let _ = self.gateway.user_writes(user, chat, "Buenos días", self.now);
        self.gather();
    }

    // What the engine does on its own account.

    pub fn engine_assigns(&mut self, dialog: u64, user: u64) {
        if let Some(Stand::Open(holder)) = self.engine.get_mut(&dialog) {
            *holder = Some(Holder::User(user));
            self.wish(dialog);
        }
    }

    pub fn engine_closes(&mut self, dialog: u64) {
        if let Some(state @ Stand::Open(_)) = self.engine.get_mut(&dialog) {
            *state = Stand::Closed;
            self.wish(dialog);
        }
    }

    /// A rule with a tag decided.
    pub fn engine_tags(&mut self, dialog: u64, tag: &'static str) {
        if let Some(Stand::Open(_)) = self.engine.get(&dialog) {
            self.tags.entry(dialog).or_default().insert(tag);
            self.seq += 1;
            let wish = Wish::Tags([tag].into_iter().collect());
            self.input(Input::Wish { seq: self.seq, dialog, wish });
        }
    }

    fn wish(&mut self, dialog: u64) {
        self.seq += 1;
        self.input(Input::Wish { seq: self.seq, dialog, wish: Wish::State });
    }

    /// The engine takes the next thing that it is told.
    pub fn engine_hears(&mut self) -> bool {
        let Some((_, dialog, news)) = self.tellings.pop_front() else { return false };
        let taken = match &news {
            News::Inbound(inbound) => self.take(&Arc::clone(inbound)),
            News::Customer(_) | News::Person(_) => Taken::Done,
        };
        self.input(Input::Told { dialog, news, taken });
        true
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the mirror must say nothing of any other kind")]
    fn take(&mut self, inbound: &Inbound) -> Taken {
        let of = |id: &reparto::domain::ids::DialogId| id.as_str().parse::<u64>().expect("a number");
        match inbound {
            Inbound::Open(wanted) => {
                let id = of(wanted.id.as_ref().expect("it has an id"));
                if let Some(known) = self.engine.get(&id) {
                    return if *known == Stand::Closed { Taken::Closed } else { Taken::Done };
                }
                let holder = match wanted.message.as_ref().map(|message| &message.from) {
                    Some(Author::Manager(user)) => {
                        Some(Holder::User(user.as_str().parse().expect("a number")))
                    }
                    _ => None,
                };
                self.told.push(format!("open {id}"));
                *self.told_messages.entry(id).or_default() += usize::from(wanted.message.is_some());
                self.engine.insert(id, Stand::Open(holder));
                if holder.is_some() {
                    self.wish(id);
                }
            }
            Inbound::Assign { dialog, to, by: By::Backend, external: true, .. } => {
                let holder = match to {
                    AssignTo::Manager(user) => Holder::User(user.as_str().parse().expect("a number")),
                    AssignTo::Bot(bot) => Holder::Bot(bot.as_str().parse().expect("a number")),
                    AssignTo::Group(_) => panic!("the gateway has no groups"),
                };
                let Some(Stand::Open(held)) = self.engine.get_mut(&of(dialog)) else { return Taken::Closed };
                *held = Some(holder);
                self.told.push(format!("assign {dialog} {holder:?}"));
                self.wish(of(dialog));
            }
            Inbound::Unassign { dialog, .. } | Inbound::Reported { dialog, fact: Fact::Returned } => {
                let Some(Stand::Open(held)) = self.engine.get_mut(&of(dialog)) else { return Taken::Closed };
                if held.take().is_none() {
                    return Taken::Refused;
                }
                self.told.push(format!("return {dialog}"));
                self.wish(of(dialog));
            }
            Inbound::Reported { dialog, fact: Fact::NotTaken { by } } => {
                let Some(Stand::Open(held)) = self.engine.get_mut(&of(dialog)) else { return Taken::Closed };
                if *held == Some(Holder::User(by.as_str().parse().expect("a number"))) {
                    *held = None;
                    self.told.push(format!("return {dialog}"));
                    self.wish(of(dialog));
                }
            }
            Inbound::Reported { dialog, fact: Fact::Closed { .. } } => {
                let Some(state @ Stand::Open(_)) = self.engine.get_mut(&of(dialog)) else {
                    return Taken::Closed;
                };
                *state = Stand::Closed;
                self.told.push(format!("close {dialog}"));
                self.wish(of(dialog));
            }
            Inbound::Reported { dialog, fact: Fact::Wrote { message, late } } => {
                let Some(Stand::Open(held)) = self.engine.get_mut(&of(dialog)) else { return Taken::Closed };
                *self.told_messages.entry(of(dialog)).or_default() += 1;
                if let (None, Author::Manager(user), false) = (&held, &message.from, late) {
                    *held = Some(Holder::User(user.as_str().parse().expect("a number")));
                    self.wish(of(dialog));
                }
            }
            Inbound::PutChannel(_) | Inbound::PutPresence { .. } | Inbound::ReportStatus { .. } => {}
            other => panic!("the mirror says nothing of this kind: {other:?}"),
        }
        Taken::Done
    }

    pub fn engine_looks(&mut self) -> bool {
        let Some((dialog, epoch)) = self.looks.pop_front() else { return false };
        let stand = self.engine.get(&dialog).copied().unwrap_or(Stand::Unknown);
        self.input(Input::Looked { dialog, epoch, stand, acts: true });
        true
    }

    // What the network does.

    /// A frame arrives: any of those under way.
    pub fn frame_arrives(&mut self, at: usize, stays: bool) -> bool {
        if self.frames.is_empty() {
            return false;
        }
        let at = at % self.frames.len();
        let frame = if stays { self.frames[at].clone() } else { self.frames.remove(at) };
        self.input(Input::Frame(Box::new(frame)));
        true
    }

    pub fn call_is_made(&mut self, luck: Luck) -> bool {
        let Some(job) = self.calls.pop_front() else { return false };
        if luck == Luck::Busy {
            self.input(Input::Called { job, called: Called::Later(Duration::ZERO) });
            return true;
        }
        let (dialog, chat) = (job.dialog, job.chat);
        let answer = match &job.call {
            Call::Assign(Holder::User(user)) => {
                let body = json!({"user_id": user}).to_string();
                self.rest("PATCH", &format!("/dialogs/{dialog}/assign"), &body, TOKEN)
            }
            Call::Assign(Holder::Bot(bot)) => {
                let body = json!({"bot_id": bot}).to_string();
                self.rest("PATCH", &format!("/dialogs/{dialog}/assign"), &body, TOKEN)
            }
            Call::Unassign => self.rest("PATCH", &format!("/dialogs/{dialog}/unassign"), "", TOKEN),
            Call::Close => self.rest("DELETE", &format!("/dialogs/{dialog}/close"), "", TOKEN),
            Call::OpenNext => self.rest("POST", &format!("/chats/{chat}/dialogs"), "{}", TOKEN),
            Call::Send(text) => {
                let body = json!({"chat_id": chat, "scope": "public", "content": &*text.text}).to_string();
                self.rest("POST", "/messages", &body, TOKEN)
            }
            Call::Tag(tags) => {
                let tags: Vec<_> = tags.names().iter().map(|name| json!({"name": &**name})).collect();
                let body = json!({"tags": tags}).to_string();
                self.rest("PATCH", &format!("/dialogs/{dialog}/tags/add"), &body, TOKEN)
            }
        };
        let body = answer.body.to_string();
        let called = if luck == Luck::ReplyLost {
            Called::Lost
        } else if answer.status >= 300 {
            Called::Rejected { status: answer.status, text: body }
        } else {
            match job.call {
                Call::Assign(_) => {
                    let reply: wire::Assigned = decode(body.as_bytes()).expect("an answer");
                    let before = reply.previous_responsible.map(|one| Holder::User(one.id));
                    Called::Assigned { at: reply.responsible.and_then(|one| one.assigned_at), before }
                }
                Call::Unassign => Called::Unassigned(None),
                Call::Close => Called::Closed,
                Call::OpenNext => Called::Opened(answer.body["id"].as_u64().expect("an id")),
                Call::Send(_) => Called::Sent(answer.body["message_id"].as_u64().expect("an id")),
                Call::Tag(_) => Called::Tagged,
            }
        };
        self.input(Input::Called { job, called });
        true
    }

    pub fn reading_ends(&mut self) -> bool {
        let Some(read) = self.reads.pop_front() else { return false };
        let found = match read {
            Read::Dialog(id) => {
                Found::Dialog(id, self.list(&format!("/dialogs?id={id}")).pop().map(Box::new))
            }
            Read::Chat(id) => Found::Chat(id, self.list(&format!("/chats?id={id}")).pop().map(Box::new)),
            Read::Messages { dialog, .. } => {
                Found::Messages(dialog, self.list(&format!("/messages?dialog_id={dialog}&limit=1000")))
            }
            Read::Users => Found::Users(self.list("/users?limit=1000")),
        };
        self.input(Input::Read(found));
        true
    }

    /// Reads everything, as after a gap or in routine.
    pub fn resync(&mut self, is_routine: bool) {
        let began = self.mirror.turn();
        let open: Vec<wire::Dialog> = self.list("/dialogs?active=1&limit=1000");
        let chats = open.iter().map(|dialog| dialog.chat_id).collect::<Vec<_>>();
        let chats = chats
            .into_iter()
            .flat_map(|chat| self.list::<wire::Chat>(&format!("/chats?id={chat}")))
            .collect();
        let missed = open.iter().map(|dialog| dialog.id).collect::<Vec<_>>();
        let messages = missed
            .into_iter()
            .flat_map(|dialog| {
                self.list::<wire::Message>(&format!("/messages?dialog_id={dialog}&limit=1000"))
            })
            .collect();
        let snapshot = Snapshot {
            began,
            is_routine,
            users: self.list("/users?limit=1000"),
            channels: self.list("/channels"),
            open,
            chats,
            messages,
        };
        self.input(Input::Snapshot(Box::new(snapshot)));
        self.input(Input::Connected(true));
    }

    /// Does everything that is under way, until nothing is; time passes in between.
    pub fn settle(&mut self) {
        for round in 0..10_000_u32 {
            let mut is_busy = false;
            while self.frame_arrives(0, false)
                || self.engine_hears()
                || self.engine_looks()
                || self.reading_ends()
                || self.call_is_made(Luck::Good)
            {
                is_busy = true;
            }
            self.now = self.now + Duration::from_secs(2);
            self.input(Input::Tick);
            if !is_busy && round > 80 {
                return;
            }
        }
        panic!("it never comes to rest: owed {}, {:?}", self.mirror.owed(), self.calls);
    }

    /// Both sides' books, dialog by dialog.
    pub fn disagreements(&self) -> Vec<String> {
        let there = self.gateway.dialogs().values().map(|dialog| {
            let holder = dialog.responsible.map(|(holder, _)| match holder {
                records::Holder::User(user) => Holder::User(user),
                records::Holder::Bot(bot) => Holder::Bot(bot),
            });
            (dialog.id, if dialog.is_open() { Stand::Open(holder) } else { Stand::Closed })
        });
        let mut found = Vec::new();
        for (dialog, there) in there {
            // One that opened and closed unseen is nobody's business.
            let here = self.engine.get(&dialog).copied().unwrap_or(Stand::Closed);
            if here != there {
                found.push(format!("dialog {dialog}: there {there:?}, here {here:?}"));
            }
        }
        for (dialog, wished) in &self.tags {
            let there = &self.gateway.dialogs()[dialog];
            let names: BTreeSet<&str> = there.tags.iter().map(|(name, _)| name.as_str()).collect();
            // One that was closed before its turn came goes without.
            if there.is_open() && names != *wished {
                found.push(format!("dialog {dialog}: tagged {names:?} instead of {wished:?}"));
            }
            let is_call = |message: &&records::Message| {
                message.dialog == Some(*dialog) && message.action == "dialog_tag_added"
            };
            let calls = self.gateway.messages().values().filter(is_call).count();
            if calls > wished.len() {
                found.push(format!("dialog {dialog}: tagged {calls} times with {wished:?}"));
            }
        }
        found
    }
}
