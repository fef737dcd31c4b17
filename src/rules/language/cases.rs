//! `[[test]]`.

use super::tables::{key, table};
use super::{Bond, Key, Named, Names, Table, Takes, Unsaid};

/// The most conversations, tests and events.
const MOST: i64 = 1_000;
const MOST_UNITS: f64 = 1_000_000.0;

pub(super) static TEST: Table = Table {
    title: "[[test]]",
    about: "What is tried before the rules go live: `reparto rules test`.",
    keys: &[
        key("name", Takes::Text, Unsaid::Refused, "What it shows, in a few words."),
        key(
            "at",
            Takes::Moment,
            Unsaid::Nothing,
            "When it begins: a date with a time, with an offset or as clocks in the file's zone show it.",
        ),
        key("managers", Takes::Named(&PEOPLE), Unsaid::Nothing, PEOPLE.about),
        GIVEN,
        key("expect", Takes::Section(&EXPECT), Unsaid::Nothing, "What must come of a customer who writes."),
        key("events", Takes::Sections(&EVENT), Unsaid::Nothing, "What happens, one thing after another."),
    ],
    bonds: &[Bond::AtMostOne(&["expect", "events"])],
};

const GIVEN: Key = key(
    "given",
    Takes::Given,
    Unsaid::Nothing,
    "Facts of the dialog, its channel and its customer, such as `{ channel = \"site\", customer = { vip = true } }`.",
);

static PEOPLE: Named = Named {
    title: "managers of [[test]]",
    about: "How managers are, by id.",
    names: Names::Id,
    example: "ana",
    holds: Takes::Section(&PERSON),
};

const UNITS: Takes = Takes::Number(0.0, MOST_UNITS);

static PERSON: Table = table(
    "A manager of [[test]]",
    "What is not said stays as it was.",
    &[
        key("online", Takes::Bool, Unsaid::Nothing, "Whether they are online."),
        key(
            "status",
            Takes::Words(&[
                ("free", "Takes work."),
                ("busy", "Is busy."),
                ("dinner", "Is at dinner."),
                ("break", "Has a break."),
            ]),
            Unsaid::Nothing,
            "What they say of themselves.",
        ),
        key("on_leave", Takes::Bool, Unsaid::Nothing, "Whether they are on leave."),
        key("load", UNITS, Unsaid::Nothing, "Units that are booked on them."),
        key("capacity", UNITS, Unsaid::Nothing, "Their budget in the CRM, in units."),
        key(
            "idle",
            Takes::Duration { may_be_zero: true },
            Unsaid::Nothing,
            "How long ago they last got or finished a dialog.",
        ),
        key("groups", Takes::List(&Takes::Id), Unsaid::Nothing, "The groups of the CRM that they are in."),
        key("languages", Takes::List(&Takes::Text), Unsaid::Nothing, "The languages that they speak."),
        key("deputy", Takes::Id, Unsaid::Nothing, "Who stands in for them."),
        key("admin", Takes::Bool, Unsaid::Nothing, "Whether they administrate the account."),
        key("removed", Takes::Bool, Unsaid::Nothing, "Whether they were removed from the account."),
    ],
);

static EXPECT: Table = table(
    "expect of [[test]]",
    "What must have come of it; what is not said may be anything.",
    &[
        key("dialog", Takes::Whole(1, MOST), Unsaid::Nothing, "Which conversation it is about."),
        key("to", Takes::Id, Unsaid::Nothing, "Who has the dialog: a manager's id, `bot:ID` or `nobody`."),
        key("offered", Takes::Id, Unsaid::Nothing, "The manager whom it is offered to, or `nobody`."),
        key("waits", Takes::Bool, Unsaid::Nothing, "Whether it waits for somebody."),
        key("held", Takes::Id, Unsaid::Nothing, "The schedule whose opening it is held for, or `none`."),
        key("rule", Takes::Id, Unsaid::Nothing, "The rule that matched."),
        key("step", Takes::Whole(1, 100), Unsaid::Nothing, "The step, from 1."),
        key("cause", CAUSES, Unsaid::Nothing, "Why the last decision was taken."),
        key("fallback", FALLBACKS, Unsaid::Nothing, "Why the default assignment took over."),
        key("rejected", Takes::Named(&REJECTED), Unsaid::Nothing, REJECTED.about),
        key("priority", Takes::Id, Unsaid::Nothing, "The priority class, or `none`."),
        key("close", Takes::Id, Unsaid::Nothing, "The close rule, or `none`."),
        key("closed", Takes::Bool, Unsaid::Nothing, "Whether the dialog is closed."),
        key("says", Takes::Texts, Unsaid::Nothing, "The keys of the texts written to the customer so far."),
        key("language", Takes::Text, Unsaid::Nothing, "The language of the last of them."),
        key("reminded", Takes::Whole(0, MOST), Unsaid::Nothing, "How often the manager was reminded."),
        key("moves", Takes::Whole(0, MOST), Unsaid::Nothing, "How often it moved by itself."),
        key("load", Takes::Named(&LOADS), Unsaid::Nothing, LOADS.about),
        key("refused", Takes::Text, Unsaid::Nothing, "The code with which the event was refused."),
    ],
);

const CAUSES: Takes = Takes::Words(&[
    ("opened", "It was opened."),
    ("manual", "A manager or administrator chose."),
    ("picked", "A manager opened it or answered while it waited."),
    ("external", "The CRM reported it as done elsewhere."),
    ("no_reply", "Its manager did not reply in time."),
    ("offline", "Its manager went offline."),
    ("returned", "Its manager gave it back."),
    ("member_removed", "Its manager was removed."),
    ("max_moves", "The limit of automatic moves was reached."),
    ("rules_changed", "The rules changed."),
    ("recovered", "The server started again and found it waiting."),
]);

const FALLBACKS: Takes = Takes::Words(&[
    ("bot_off", "The bot is off or in shadow."),
    ("no_rule", "No rule matched."),
    ("steps_exhausted", "All steps were over."),
    ("rules_broken", "The rules could not be loaded."),
    ("max_moves", "The limit of automatic moves was reached."),
]);

static REJECTED: Named = Named {
    title: "rejected of [[test]]",
    about: "Why others did not get it, by manager.",
    names: Names::Id,
    example: "ana",
    holds: Takes::Words(&[
        ("outranked", "Somebody was before them."),
        ("over_capacity", "Present, but without room."),
        ("failed_before", "It was just taken from them."),
        ("declined", "It was offered to them, and they declined."),
        ("did_not_accept", "It was offered to them, and they did not accept in time."),
        ("excluded", "Never this customer to them."),
        ("group_full", "Their group has as many dialogs as it may have."),
        ("removed", "Removed from the account."),
        ("on_leave", "On leave."),
        ("offline", "Not online."),
        ("settling", "Online, but not yet for long enough."),
        ("busy", "Status busy."),
        ("dinner", "Status dinner."),
        ("break", "Status break."),
        ("wrap_up", "In the pause after a closed dialog."),
    ]),
};

static LOADS: Named = Named {
    title: "load of [[test]]",
    about: "Units booked on managers, by id.",
    names: Names::Id,
    example: "ana",
    holds: UNITS,
};

/// The number of a conversation.
const CONVERSATION: Takes = Takes::Whole(1, MOST);

const fn deed(name: &'static str, about: &'static str) -> Key {
    key(name, CONVERSATION, Unsaid::Nothing, about)
}

/// What may be done in an event; the value is the number of the conversation.
pub(in crate::rules) const DEEDS: [&str; 14] = [
    "customer_writes",
    "customer_changes",
    "look_up_begins",
    "look_up_ends",
    "manager_replies",
    "manager_notes",
    "bot_replies",
    "assigns",
    "gives_back",
    "manager_accepts",
    "manager_declines",
    "closes",
    "text_delivered",
    "text_failed",
];

static EVENT: Table = Table {
    title: "An event of [[test]]",
    about: "What somebody does in a conversation, how managers are from then on, and what must have come of it.",
    keys: &[
        key(
            "at",
            Takes::Duration { may_be_zero: true },
            Unsaid::Refused,
            "When, counted from the beginning.",
        ),
        deed(
            "customer_writes",
            "The number of the conversation in which the customer writes; a new one begins it.",
        ),
        deed("customer_changes", "The number of the conversation whose customer is given other facts."),
        deed(
            "look_up_begins",
            "The number of the conversation whose customer the CRM is asked about; it need not have begun.",
        ),
        deed(
            "look_up_ends",
            "The number of the conversation of whose customer no more is to come from the CRM. Give what came with \
             `customer_changes` before.",
        ),
        deed("manager_replies", "The number of the conversation in which its manager replies."),
        deed("manager_notes", "The number of the conversation in which its manager leaves a note."),
        deed("bot_replies", "The number of the conversation in which its bot replies."),
        deed("assigns", "The number of the conversation that is given to whom `to` says."),
        deed("gives_back", "The number of the conversation that its manager gives back."),
        deed("manager_accepts", "The number of the conversation that whoever it is offered to takes."),
        deed(
            "manager_declines",
            "The number of the conversation that whoever it is offered to does not take.",
        ),
        deed("closes", "The number of the conversation that is closed."),
        deed("text_delivered", "The number of the conversation whose text of ours was delivered."),
        deed("text_failed", "The number of the conversation whose text of ours could not be delivered."),
        key("by", Takes::Id, Unsaid::Nothing, "The manager who does it. Without it: whoever has the dialog."),
        key("to", Takes::Id, Unsaid::Nothing, "Who gets it: a manager's id, `group:ID` or `bot:ID`."),
        key("channel", Takes::TextOrGiven, Unsaid::Nothing, "The kind of channel, or facts of it."),
        key("customer", Takes::Given, Unsaid::Nothing, "Facts of the customer."),
        key("text", Takes::Text, Unsaid::Nothing, "What the customer writes."),
        GIVEN,
        key("managers", Takes::Named(&PEOPLE), Unsaid::Nothing, PEOPLE.about),
        key("expect", Takes::Section(&EXPECT), Unsaid::Nothing, "What must have come of it."),
    ],
    bonds: &[
        Bond::AtMostOne(&DEEDS),
        Bond::Needs("assigns", "to"),
        Bond::Serves("to", "assigns"),
        Bond::Serves("by", "manager_replies"),
        Bond::Serves("channel", "customer_writes"),
        Bond::Serves("customer", "customer_writes"),
        Bond::Serves("text", "customer_writes"),
        Bond::Serves("given", "customer_writes"),
    ],
};
