//! A story: the moments of one test, played one after another, and what is heard meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::coverage::Coverage;
use super::judge;
use super::question::Answer;
use super::report::{Difference, Failure, Tried};
use super::stage::{self, Present};
use crate::domain::dialog::{By, ClosureReason, Dialog, DialogKind};
use crate::domain::facts::Facts;
use crate::domain::ids::{ChatId, DialogId, ManagerId, MessageId};
use crate::domain::message::{Author, DeliveryStatus, Visibility};
use crate::domain::routing::{Cause, Decision, Responsible};
use crate::domain::time::Timestamp;
use crate::rules::cases::{Act, Assignee, Case, Conversation, Deed, Given, Moment, Person};
use crate::rules::diagnostic::Span;
use crate::rules::ruleset::RuleSet;
use crate::sim::inbound::{AssignTo, Inbound, NewMessage, OpenDialog, Outcome, Rejection};
use crate::sim::world::World;

mod hearing;

/// A conversation, and what was heard of it.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    given: Given,
    /// Its dialogs, the newest last.
    dialogs: Vec<DialogId>,
    /// The newest decision.
    pub decision: Option<Arc<Decision>>,
    /// What the rules would have decided while they do not act.
    pub shadow: Option<Arc<Decision>>,
    /// Why it got its responsible, lost them, or was asked about last.
    pub cause: Option<Cause>,
    /// Texts written to the customer since the moment before.
    pub says: Vec<Arc<str>>,
    /// Reminders since then.
    pub reminded: u32,
    /// It is offered to somebody.
    is_offered: bool,
    /// The close rule that closed it.
    pub closed_by: Option<ClosureReason>,
    /// The last text of ours, whose delivery may be reported.
    text: Option<MessageId>,
}

impl Talk {
    /// Its newest dialog.
    pub fn dialog<'a>(&self, world: &'a World) -> Option<&'a Arc<Dialog>> {
        world.ledger().dialogs.get(self.dialogs.last()?)
    }
}

/// A story being played.
pub struct Story<'a> {
    pub rules: &'a Arc<RuleSet>,
    pub world: World,
    pub talks: BTreeMap<Conversation, Talk>,
    /// The code of the refusal of this moment's act.
    pub refused: Option<&'static str>,
    people: BTreeMap<ManagerId, Present>,
    coverage: &'a mut Coverage,
    last: Conversation,
}

/// Why a moment could not be played.
struct Stuck {
    expected: &'static str,
    got: String,
}

fn stuck(expected: &'static str, got: impl Into<String>) -> Stuck {
    Stuck { expected, got: got.into() }
}

/// Plays a test.
pub fn play(rules: &Arc<RuleSet>, case: &Case, coverage: &mut Coverage) -> Tried {
    let start = case.start.instant(rules.timezone());
    let people = stage::people(rules, case.managers.as_ref());
    let failure = match stage::world(rules, &people, case.managers.as_ref(), start) {
        Ok(world) => {
            let talks = BTreeMap::new();
            let mut story = Story { rules, world, talks, refused: None, people, coverage, last: 1 };
            case.moments.iter().find_map(|moment| story.moment(moment, start))
        }
        Err(problem) => Some(Failure {
            after: Duration::ZERO,
            conversation: 1,
            differences: vec![impossible(case.span, problem)],
            decision: None,
        }),
    };
    Tried { name: Arc::clone(&case.name), span: case.span, failure }
}

/// Plays a story of one moment, and says what came of it.
///
/// # Errors
/// When time does not go on.
pub fn answer(rules: &Arc<RuleSet>, case: &Case, coverage: &mut Coverage) -> Result<Answer, &'static str> {
    let start = case.start.instant(rules.timezone());
    let people = stage::people(rules, case.managers.as_ref());
    let world = stage::world(rules, &people, case.managers.as_ref(), start)?;
    let talks = BTreeMap::new();
    let mut story = Story { rules, world, talks, refused: None, people, coverage, last: 1 };
    for moment in &case.moments {
        story.happens(moment, start + moment.after);
    }
    let talk = story.talks.get(&1).cloned().unwrap_or_default();
    let dialog = talk.dialog(&story.world);
    let policy =
        dialog.zip(story.world.desk()).map(|(dialog, desk)| desk.policy_of(dialog, story.world.now()));
    Ok(Answer {
        holder: story.holder(1),
        priority: story.priority(1),
        close: policy.and_then(|policy| Some(policy.close?.id.clone())),
        says: talk.says.clone(),
        decision: talk.shadow.or(talk.decision),
    })
}

fn impossible(span: Span, problem: &str) -> Difference {
    let expected = "time goes on".to_owned();
    Difference { span, what: "at".to_owned(), expected, got: problem.to_owned() }
}

impl Story<'_> {
    /// Plays a moment; what is not as expected.
    fn moment(&mut self, moment: &Moment, start: Timestamp) -> Option<Failure> {
        let mut differences = self.happens(moment, start + moment.after);
        let conversation = moment.expect.conversation.unwrap_or(self.last);
        if differences.is_empty() {
            differences = judge::differences(self, conversation, &moment.expect);
        }
        let talk = self.talks.get(&conversation);
        let decision = talk.and_then(|talk| talk.shadow.clone().or_else(|| talk.decision.clone()));
        for talk in self.talks.values_mut() {
            (talk.says, talk.reminded) = (Vec::new(), 0);
        }
        self.refused = None;
        (!differences.is_empty()).then_some(Failure {
            after: moment.after,
            conversation,
            differences,
            decision,
        })
    }

    /// Lets time go on, and what is to happen happen; what could not.
    fn happens(&mut self, moment: &Moment, at: Timestamp) -> Vec<Difference> {
        if let Err(problem) = self.time_goes_on(at) {
            return vec![impossible(moment.span, problem)];
        }
        for (id, person) in &moment.managers {
            self.somebody_changes(id, person);
        }
        if let Some(act) = &moment.act {
            self.last = act.conversation;
            if let Err(Stuck { expected, got }) = self.act(act) {
                let (what, expected) = ("the event".to_owned(), expected.to_owned());
                return vec![Difference { span: act.span, what, expected, got }];
            }
        }
        self.time_goes_on(at).err().map(|problem| impossible(moment.span, problem)).into_iter().collect()
    }

    fn time_goes_on(&mut self, to: Timestamp) -> Result<(), &'static str> {
        self.world.play_to(to)?;
        self.listen();
        Ok(())
    }

    fn somebody_changes(&mut self, id: &ManagerId, person: &Person) {
        let before = self.people.get(id).cloned();
        let mut after = before.clone().unwrap_or_else(|| Present::new(id.clone()));
        after.change(person);
        for inbound in after.told(before.as_ref()) {
            // Records and presence are never refused.
            let _ = self.send(inbound);
        }
        if let Some(units) = person.load {
            self.world.burden(id, units);
        }
        self.people.insert(id.clone(), after);
    }

    /// Brings something in; what came of it.
    fn send(&mut self, inbound: Inbound) -> Result<Outcome, Rejection> {
        let request = self.world.submit(inbound);
        self.world.settle();
        let answers = self.world.answers();
        let answer = answers.into_iter().find(|(answered, ..)| *answered == request);
        answer.map_or(Err(Rejection::Unknown), |(.., answer)| answer)
    }

    /// Brings in what somebody does in a conversation, and remembers the dialog that it led to.
    fn does(&mut self, conversation: Conversation, inbound: Inbound) -> Result<(), Stuck> {
        match self.send(inbound) {
            Ok(outcome) => {
                let talk = self.talks.entry(conversation).or_default();
                if let Some(dialog) = outcome.dialog()
                    && !talk.dialogs.contains(&dialog.id)
                {
                    talk.dialogs.push(dialog.id.clone());
                }
            }
            Err(Rejection::Refused(refusal)) => self.refused = Some(refusal.code()),
            Err(Rejection::Busy | Rejection::Unknown) => return Err(stuck("an answer", "none")),
        }
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), Stuck> {
        let conversation = act.conversation;
        match &act.deed {
            Deed::CustomerWrites(given) => {
                let text = given.opening_text();
                self.introduce(conversation, given);
                let customer = self.customer(conversation);
                self.write_or_open(conversation, Author::Customer(customer), text)
            }
            Deed::CustomerChanges(given) => {
                self.introduce(conversation, given);
                Ok(())
            }
            Deed::LookUpBegins(given) => {
                self.look_up(conversation, given, true);
                Ok(())
            }
            Deed::LookUpEnds => {
                self.look_up(conversation, &Given::default(), false);
                Ok(())
            }
            Deed::ManagerReplies { by, given } => {
                if !self.talks.contains_key(&conversation) {
                    self.introduce(conversation, given);
                }
                let writer = self.manager_or_holder(conversation, by.as_ref())?;
                self.write_or_open(conversation, Author::Manager(writer), None)
            }
            Deed::ManagerNotes(by) => {
                let writer = Author::Manager(self.manager_or_holder(conversation, by.as_ref())?);
                let dialog = self.newest(conversation)?;
                let message = NewMessage { visibility: Visibility::Private, ..message(writer, None) };
                self.does(conversation, Inbound::Write { dialog, message })
            }
            Deed::BotReplies => {
                let holder = self.holder(conversation);
                let Some(Responsible::Bot(bot)) = holder else {
                    return Err(stuck("a bot holds the dialog", who(holder.as_ref())));
                };
                let dialog = self.newest(conversation)?;
                let message = message(Author::Bot(bot), None);
                self.does(conversation, Inbound::Write { dialog, message })
            }
            Deed::Assigns { to, by } => {
                let to = match to {
                    Assignee::Manager(id) => AssignTo::Manager(id.clone()),
                    Assignee::Group(id) => AssignTo::Group(id.clone()),
                    Assignee::Bot(id) => AssignTo::Bot(id.clone()),
                };
                let (dialog, by) = (self.newest(conversation)?, by_whom(by.as_ref()));
                let assign = Inbound::Assign { dialog, to, by, allow_absent: false, external: false };
                self.does(conversation, assign)
            }
            Deed::GivesBack(by) => {
                let (dialog, by) = (self.newest(conversation)?, by_whom(by.as_ref()));
                self.does(conversation, Inbound::Unassign { dialog, by })
            }
            Deed::Accepts(by) => {
                let (dialog, by) =
                    (self.newest(conversation)?, self.whoever_is_asked(conversation, by.as_ref())?);
                self.does(conversation, Inbound::Accept { dialog, by })
            }
            Deed::Declines(by) => {
                let (dialog, by) =
                    (self.newest(conversation)?, self.whoever_is_asked(conversation, by.as_ref())?);
                self.does(conversation, Inbound::Decline { dialog, by })
            }
            Deed::Closes(by) => {
                let (dialog, by) = (self.newest(conversation)?, by_whom(by.as_ref()));
                self.does(conversation, Inbound::Close { dialog, by, reason: None })
            }
            Deed::TextDelivered => self.report_text(conversation, DeliveryStatus::Delivered),
            Deed::TextFailed => self.report_text(conversation, DeliveryStatus::Failed("failed".into())),
        }
    }

    /// Sees to the records of a conversation's channel and customer.
    fn introduce(&mut self, conversation: Conversation, given: &Given) {
        let now = self.world.now();
        let talk = self.talks.entry(conversation).or_default();
        talk.given = talk.given.with(given);
        let channel = talk.given.channel();
        let mut customer = talk.given.customer(&format!("customer-{conversation}"), now);
        let ledger = self.world.ledger();
        let mut records = Vec::new();
        if ledger.channels.get(&channel.id).is_none_or(|known| **known != channel) {
            records.push(Inbound::PutChannel(channel));
        }
        let known = ledger.customers.get(&customer.id);
        if let Some(known) = known {
            customer.last_served.clone_from(&known.last_served);
        }
        if known.is_none_or(|known| **known != customer) {
            records.push(Inbound::PutCustomer(customer));
        }
        for record in records {
            // Records are never refused.
            let _ = self.send(record);
        }
    }

    fn customer(&self, conversation: Conversation) -> crate::domain::ids::CustomerId {
        let given = self.talks.get(&conversation).map(|talk| talk.given.clone()).unwrap_or_default();
        given.customer(&format!("customer-{conversation}"), self.world.now()).id
    }

    /// Somebody looks the customer up, or ends doing so: of a conversation that has not begun, whoever is `given`.
    fn look_up(&mut self, conversation: Conversation, given: &Given, is_pending: bool) {
        let given = self.talks.get(&conversation).map_or(given, |talk| &talk.given);
        let customer = given.customer(&format!("customer-{conversation}"), self.world.now()).id;
        // It is never refused, and begins no conversation.
        let _ = self.send(Inbound::LookUp { customer, is_pending });
    }

    /// A message to the open dialog, or one that opens the next.
    fn write_or_open(
        &mut self,
        conversation: Conversation,
        from: Author,
        text: Option<Arc<str>>,
    ) -> Result<(), Stuck> {
        let talk = self.talks.entry(conversation).or_default();
        let newest = talk.dialog(&self.world).map(|dialog| (dialog.id.clone(), dialog.is_open()));
        let is_customer = matches!(from, Author::Customer(_));
        if let Some((dialog, is_open)) = newest
            && (is_open || !is_customer)
        {
            return self.does(conversation, Inbound::Write { dialog, message: message(from, text) });
        }
        let id = match talk.dialogs.len() {
            0 => format!("dialog-{conversation}"),
            before => format!("dialog-{conversation}-{}", before + 1),
        };
        let chat = ChatId::trusted(&format!("chat-{conversation}"));
        let channel = talk.given.channel().id;
        if talk.given.returning() {
            self.world.remember_chat(&chat);
        }
        let open = OpenDialog {
            id: Some(DialogId::trusted(&id)),
            chat: Some(chat),
            channel: Some(channel),
            customer: Some(self.customer(conversation)),
            kind: DialogKind::Customer,
            members: BTreeSet::new(),
            message: Some(message(from, text)),
            facts: self.talks.get(&conversation).map(|talk| talk.given.extra()).unwrap_or_default(),
        };
        self.does(conversation, Inbound::Open(open))
    }

    fn newest(&self, conversation: Conversation) -> Result<DialogId, Stuck> {
        let talk = self.talks.get(&conversation);
        let newest = talk.and_then(|talk| talk.dialogs.last().cloned());
        newest.ok_or_else(|| stuck("a dialog", "the conversation has none"))
    }

    /// Who holds the newest dialog, or held it when it closed.
    pub fn holder(&self, conversation: Conversation) -> Option<Responsible> {
        self.talks.get(&conversation)?.dialog(&self.world)?.last_responsible().cloned()
    }

    fn manager_or_holder(
        &self,
        conversation: Conversation,
        named: Option<&ManagerId>,
    ) -> Result<ManagerId, Stuck> {
        match (named, self.holder(conversation)) {
            (Some(named), _) => Ok(named.clone()),
            (None, Some(Responsible::Manager(holder))) => Ok(holder),
            (None, holder) => Err(stuck("a manager holds the dialog", who(holder.as_ref()))),
        }
    }

    fn whoever_is_asked(&self, conversation: Conversation, named: Option<&ManagerId>) -> Result<By, Stuck> {
        let dialog = self.talks.get(&conversation).and_then(|talk| talk.dialog(&self.world));
        let offer = dialog.and_then(|dialog| dialog.offer.as_ref());
        match (named, offer) {
            (Some(named), _) => Ok(By::Manager(named.clone())),
            (None, Some(offer)) => Ok(By::Manager(offer.to.clone())),
            (None, None) => Err(stuck("it is offered to somebody", "it is offered to nobody")),
        }
    }

    fn report_text(&mut self, conversation: Conversation, status: DeliveryStatus) -> Result<(), Stuck> {
        let text = self.talks.get(&conversation).and_then(|talk| talk.text.clone());
        let message = text.ok_or_else(|| stuck("a text to the customer", "none was written yet"))?;
        self.does(conversation, Inbound::ReportStatus { message, status })
    }

    fn facts(&self, conversation: Conversation) -> Option<Facts<'_>> {
        let dialog = self.talks.get(&conversation)?.dialog(&self.world)?;
        let ledger = self.world.ledger();
        let channel = ledger.channels.get(dialog.channel.as_ref()?)?;
        let customer = ledger.customers.get(dialog.customer.as_ref()?)?;
        Some(Facts::of(dialog, channel, customer, self.world.now()))
    }

    /// The priority class of the newest dialog; `None`: it is in none.
    pub fn priority(&self, conversation: Conversation) -> Option<Arc<str>> {
        let priority = self.rules.priority(&self.facts(conversation)?);
        (!priority.id.is_empty()).then(|| Arc::clone(&priority.id))
    }
}

fn by_whom(manager: Option<&ManagerId>) -> By {
    manager.map_or(By::Backend, |manager| By::Manager(manager.clone()))
}

fn message(from: Author, text: Option<Arc<str>>) -> NewMessage {
    let text = text.or_else(|| Some("hello".into()));
    NewMessage { id: None, from, text, visibility: Visibility::Public }
}

/// A holder in words.
pub fn who(holder: Option<&Responsible>) -> String {
    match holder {
        Some(Responsible::Manager(id)) => id.to_string(),
        Some(Responsible::Bot(id)) => format!("bot:{id}"),
        None => "nobody".to_owned(),
    }
}
