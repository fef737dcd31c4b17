//! Habits: how people behave, in chances and mean times.

use std::time::Duration;

/// How people behave. Times are means of exponential draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// People chat: managers reply, customers ask again, and somebody closes. Otherwise a dialog is closed when
    /// its handling time is over, like a telephone call.
    pub chat: bool,
    /// From a customer's message to the manager's reply.
    pub reply_after: Duration,
    /// A manager never replies to a message.
    pub neglect: f64,
    /// From an offer to the manager's answer.
    pub answer_after: Duration,
    /// A manager accepts what is offered to them.
    pub accept: f64,
    /// A manager declines it; else they let the time pass.
    pub decline: f64,
    /// From a reply to the customer's next question.
    pub ask_after: Duration,
    /// A customer asks again after a reply.
    pub ask_again: f64,
    /// A manager closes after the last reply, rather than leaving it to silence.
    pub close: f64,
    /// A customer writes again after the closure.
    pub return_after_closing: f64,
    /// The channel reports that a message was delivered, or seen.
    pub report_delivery: f64,
    /// The channel reports that a farewell went out, or failed.
    pub report_farewell: f64,
    /// Whoever comes is looked up in the CRM.
    pub look_up: f64,
    /// How long that takes.
    pub look_up_takes: Duration,
    /// Between two things done by hand (assign, give back, close, a note, a word from somebody else).
    pub meddle_every: Option<Duration>,
    /// Between two changes of somebody's presence.
    pub presence_every: Option<Duration>,
    /// Between two changes of records (customers, managers, the account).
    pub records_every: Option<Duration>,
    /// Between two changes of the rules.
    pub rules_every: Option<Duration>,
}

impl Habits {
    /// Every dialog is a call: whoever gets it serves it for its handling time and closes it. Nothing else happens.
    pub fn calls() -> Self {
        Self {
            chat: false,
            reply_after: Duration::ZERO,
            neglect: 0.0,
            answer_after: Duration::ZERO,
            accept: 1.0,
            decline: 0.0,
            ask_after: Duration::ZERO,
            ask_again: 0.0,
            close: 1.0,
            return_after_closing: 0.0,
            report_delivery: 0.0,
            report_farewell: 1.0,
            look_up: 0.0,
            look_up_takes: Duration::ZERO,
            meddle_every: None,
            presence_every: None,
            records_every: None,
            rules_every: None,
        }
    }

    /// A lively day of chats, with everything that people do.
    pub fn lively() -> Self {
        Self {
            chat: true,
            reply_after: Duration::from_secs(90),
            neglect: 0.15,
            answer_after: Duration::from_secs(12),
            accept: 0.55,
            decline: 0.25,
            ask_after: Duration::from_mins(2),
            ask_again: 0.5,
            close: 0.6,
            return_after_closing: 0.2,
            report_delivery: 0.1,
            report_farewell: 0.7,
            look_up: 0.3,
            look_up_takes: Duration::from_secs(3),
            meddle_every: Some(Duration::from_mins(3)),
            presence_every: Some(Duration::from_mins(4)),
            records_every: Some(Duration::from_secs(400)),
            rules_every: Some(Duration::from_mins(40)),
        }
    }

    /// The day is over: nobody leaves anything undone, and nobody meddles.
    #[must_use]
    pub fn winding_down(&self) -> Self {
        Self {
            neglect: 0.0,
            answer_after: Duration::from_secs(2),
            accept: 1.0,
            decline: 0.0,
            ask_again: 0.0,
            close: 1.0,
            return_after_closing: 0.0,
            meddle_every: None,
            presence_every: None,
            records_every: None,
            rules_every: None,
            ..self.clone()
        }
    }
}
