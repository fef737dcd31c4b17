//! Every section and key. The order is that of the effective file.

use super::cases::TEST;
use super::hours::{AUTO_REPLY, HOLD, IMPORTED, NOTIFY, RELEASE, SCHEDULES};
use super::objectives::OBJECTIVE;
use super::tags::TAGS;
use super::{Bond, Key, Named, Names, Table, Takes, Unsaid};

pub(super) const fn key(name: &'static str, takes: Takes, unless_said: Unsaid, about: &'static str) -> Key {
    Key { name, about, takes, unless_said }
}

pub(super) const fn table(title: &'static str, about: &'static str, keys: &'static [Key]) -> Table {
    Table { title, about, keys, bonds: &[] }
}

/// A duration longer than nothing.
pub(super) const SOME_TIME: Takes = Takes::Duration { may_be_zero: false };
const ANY_TIME: Takes = Takes::Duration { may_be_zero: true };

/// A rule file.
pub(in crate::rules) static FILE: Table = table(
    "Rules of Reparto",
    "Who gets a customer's dialog, when it moves and when it closes. One `[[rule]]` with `to` is a complete file.",
    &[
        key("schema", Takes::Schema, Unsaid::Is("1"), "The version of this language; there is only 1."),
        key(
            "timezone",
            Takes::Timezone,
            Unsaid::Is("\"UTC\""),
            "The zone that times of day mean, by its IANA name, such as `Europe/Madrid`.",
        ),
        key("bot", Takes::Section(&BOT), Unsaid::Is("{}"), BOT.about),
        key("facts", Takes::Facts(&FACT), Unsaid::Nothing, FACTS_ABOUT),
        key("groups", Takes::Named(&GROUPS), Unsaid::Nothing, GROUPS.about),
        key("schedules", Takes::Named(&SCHEDULES), Unsaid::Nothing, SCHEDULES.about),
        key("imported", Takes::Section(&IMPORTED), Unsaid::Nothing, IMPORTED.about),
        key("presence", Takes::Section(&PRESENCE), Unsaid::Is("{}"), PRESENCE.about),
        key("capacity", Takes::Section(&CAPACITY), Unsaid::Is("{}"), CAPACITY.about),
        key("priority", Takes::Sections(&PRIORITY), Unsaid::Nothing, PRIORITY.about),
        key("rule", Takes::Sections(&RULE), Unsaid::Nothing, RULE.about),
        key("exclude", Takes::Sections(&EXCLUDE), Unsaid::Nothing, EXCLUDE.about),
        key("reassign", Takes::Section(&REASSIGN), Unsaid::Is("{}"), REASSIGN.about),
        key("close", Takes::Sections(&CLOSE), Unsaid::Nothing, CLOSE.about),
        key("closing", Takes::Section(&CLOSING), Unsaid::Nothing, CLOSING.about),
        key("release", Takes::Section(&RELEASE), Unsaid::Is("{}"), RELEASE.about),
        key("auto_reply", Takes::Sections(&AUTO_REPLY), Unsaid::Nothing, AUTO_REPLY.about),
        key(
            "languages",
            Takes::List(&Takes::Language),
            Unsaid::Nothing,
            "Languages of texts to fall back to, in this order, when a text has none of the customer's.",
        ),
        key("texts", Takes::Named(&TEXTS), Unsaid::Nothing, TEXTS.about),
        key("objective", Takes::Sections(&OBJECTIVE), Unsaid::Nothing, OBJECTIVE.about),
        key("test", Takes::Sections(&TEST), Unsaid::Nothing, TEST.about),
    ],
);

static BOT: Table = table(
    "[bot]",
    "Whether Reparto acts, and what happens where it does not.",
    &[
        key(
            "mode",
            Takes::Words(&[
                ("enforce", "Assigns, moves and closes."),
                ("shadow", "Decides and explains; the default assignment acts."),
                ("off", "The default assignment acts."),
            ]),
            Unsaid::Is("\"enforce\""),
            "Whether Reparto acts.",
        ),
        key("fallback", Takes::Section(&FALLBACK), Unsaid::Nothing, FALLBACK.about),
    ],
);

static FALLBACK: Table = table(
    "[bot.fallback]",
    "The default assignment: when the bot is off or in shadow, no rule matches, or all steps are over. \
     Without it the account's own setting holds.",
    &[key(
        "assign",
        Takes::Assignment,
        Unsaid::Refused,
        "`crm` (leave it to the CRM's own default), `nobody`, `manager:ID`, `group:ID` or `bot:ID`.",
    )],
);

const FACTS_ABOUT: &str = "Facts that the CRM may send besides those of the catalogue, by name, such as \
    `\"customer.segment\"`. Conditions may use them.";

static FACT: Table = table(
    "A fact of [facts]",
    "Its type, and its value when the CRM sent none.",
    &[
        key(
            "type",
            Takes::Words(&[
                ("bool", "True or false."),
                ("number", "A number."),
                ("text", "Any text."),
                ("enum", "One of the `values`."),
                ("texts", "Several texts; conditions ask with `in`."),
                ("duration", "A length of time, sent as a text such as `90m` or as a number of seconds."),
            ]),
            Unsaid::Refused,
            "The type of the fact.",
        ),
        key("values", Takes::List(&Takes::Text), Unsaid::Nothing, "All values of a fact of type `enum`."),
        key(
            "default",
            Takes::Text,
            Unsaid::Nothing,
            "The value when none was sent; of the fact's type, and for an `enum` one of its values. \
             Without it: false, 0, an empty text or list, no time.",
        ),
    ],
);

static GROUPS: Named = Named {
    title: "[groups]",
    about: "Named sets of managers; steps name them as `group:NAME`.",
    names: Names::Id,
    example: "sales",
    holds: Takes::Section(&GROUP),
};

static GROUP: Table = Table {
    title: "A group of [groups]",
    about: "Either the managers themselves, or a group of the CRM's.",
    keys: &[
        key(
            "managers",
            Takes::List(&Takes::Id),
            Unsaid::Nothing,
            "Ids of managers. `pick = \"ordered\"` goes by this order.",
        ),
        key("crm_group", Takes::Id, Unsaid::Nothing, "Whoever the CRM puts into its own group of this name."),
        key(
            "max_dialogs",
            Takes::Whole(0, 1_000_000),
            Unsaid::Nothing,
            "How many open dialogs that came through a step of this group may be assigned at once. What people \
             assign by hand does not count. Without it: any number.",
        ),
    ],
    bonds: &[Bond::OneOf(&["managers", "crm_group"])],
};

static PRESENCE: Table = table(
    "[presence]",
    "When a manager counts as there.",
    &[
        key(
            "available_when",
            Takes::Words(&[
                ("status_and_online", "Free by status and online."),
                ("status", "Free by status, online or not."),
                ("online", "Online, whatever the status."),
            ]),
            Unsaid::Is("\"status_and_online\""),
            "Which signs count.",
        ),
        key(
            "online_after",
            ANY_TIME,
            Unsaid::Is("\"0s\""),
            "How long somebody must stay online before they get work.",
        ),
        key("offline_after", ANY_TIME, Unsaid::Is("\"90s\""), "A shorter drop is a blip: nothing moves."),
        key("wrap_up", ANY_TIME, Unsaid::Is("\"0s\""), "The pause after a dialog of theirs closes."),
        key(
            "deputies",
            Takes::Bool,
            Unsaid::Is("true"),
            "Whether the deputy of somebody on leave gets what is meant for them.",
        ),
    ],
);

/// The largest capacity or weight.
const MOST_UNITS: f64 = 1_000_000.0;

static CAPACITY: Table = table(
    "[capacity]",
    "How much a manager can hold: one budget across all channels, in units.",
    &[
        key(
            "units",
            Takes::Number(0.0, MOST_UNITS),
            Unsaid::Is("10"),
            "The budget of whoever has none of their own.",
        ),
        key(
            "idle_weight",
            Takes::Number(0.0, 1.0),
            Unsaid::IsWith("1", "idle_after"),
            "The share of its cost that a dialog takes once its customer is silent for `idle_after`.",
        ),
        key("idle_after", SOME_TIME, Unsaid::Nothing, "The customer's silence after which a dialog is idle."),
        key("channel", Takes::Named(&WEIGHTS), Unsaid::Nothing, WEIGHTS.about),
        key("manager", Takes::Named(&BUDGETS), Unsaid::Nothing, BUDGETS.about),
    ],
);

static WEIGHTS: Named = Named {
    title: "channel of [capacity]",
    about: "What a dialog costs, by kind of channel; one unit when not listed.",
    names: Names::Free,
    example: "whatsapp",
    holds: Takes::Number(0.0, MOST_UNITS),
};

static BUDGETS: Named = Named {
    title: "manager of [capacity]",
    about: "Budgets of single managers, by id.",
    names: Names::Id,
    example: "ana",
    holds: Takes::Section(&BUDGET),
};

static BUDGET: Table = table(
    "A manager of [capacity]",
    "The budget of one manager.",
    &[key("units", Takes::Number(0.0, MOST_UNITS), Unsaid::Refused, "The manager's budget, in units.")],
);

pub(super) const WHEN_ABOUT: &str =
    "A condition over facts, such as `customer.vip && channel.type == \"telegram\"`. Without it: always.";

static PRIORITY: Table = table(
    "[[priority]]",
    "A class of dialogs that go first. The first class that matches counts; other dialogs begin with no \
     points and gain 60 a minute.",
    &[
        key("id", Takes::Id, Unsaid::IsPlace("priority"), "Its name in explanations and metrics."),
        key("when", Takes::Condition, Unsaid::Nothing, WHEN_ABOUT),
        key(
            "base",
            Takes::Whole(-1_000_000, 1_000_000),
            Unsaid::Is("0"),
            "Points at once. With 60 points a minute, 600 overtake at most ten minutes of waiting.",
        ),
        key("per_minute", Takes::Whole(0, 100_000), Unsaid::Is("60"), "Points for each minute of waiting."),
    ],
);

/// How one of several is picked.
const STRATEGIES: Takes = Takes::Words(&[
    ("round_robin", "In turn."),
    ("least_loaded", "The least share of capacity in use."),
    ("longest_idle", "The longest without new work."),
    ("ordered", "The first with room, in the group's order."),
]);

const TO: Key = key(
    "to",
    Takes::Target,
    Unsaid::Refused,
    "Whom the step is about: `owner` (the customer's manager in the CRM), `last_manager` (who served the \
     customer last), `everyone`, `manager:ID`, `group:ID` or `bot:ID`. People of earlier steps stay eligible.",
);
const PICK: Key = key("pick", STRATEGIES, Unsaid::IsOfMany("least_loaded"), "How one of several is picked.");
const WAIT: Key = key(
    "wait",
    SOME_TIME,
    Unsaid::Nothing,
    "How long to stay before the next step widens the search. Without it: until somebody is free.",
);
const ONLY: Key = key(
    "only",
    Takes::Bool,
    Unsaid::IsWith("false", "to"),
    "Replaces the people of earlier steps instead of adding to them.",
);
const OVER_CAPACITY: Key = key(
    "over_capacity",
    Takes::Number(0.0, 1_000.0),
    Unsaid::IsWith("0", "to"),
    "Units by which this step may go over a manager's budget.",
);
const ACCEPT_WITHIN: Key = key(
    "accept_within",
    SOME_TIME,
    Unsaid::Nothing,
    "Whoever is picked is asked first, and must accept within this time; else somebody else is asked. Without it they \
     get the dialog at once.",
);
const WITHIN: Key = key(
    "within",
    SOME_TIME,
    Unsaid::Nothing,
    "How long ago `last_manager` may have served the customer. Without it: ever.",
);

const FACTS_WITHIN: Key = key(
    "facts_within",
    SOME_TIME,
    Unsaid::Nothing,
    "How long after it began to wait a dialog stops here, before the condition is looked at, while its customer is \
     being looked up in the CRM. At most 30s. Without it: the rule goes by what is known.",
);

static RULE: Table = Table {
    title: "[[rule]]",
    about: "Where dialogs go. The first rule whose condition holds is used, so the last one has no `when`.",
    keys: &[
        key("id", Takes::Id, Unsaid::IsPlace("rule"), "Its name in explanations, metrics and tests."),
        key("when", Takes::Condition, Unsaid::Nothing, WHEN_ABOUT),
        FACTS_WITHIN,
        TAGS,
        key(
            "step",
            Takes::SomeSections(&STEP, MAX_STEPS),
            Unsaid::Nothing,
            "The steps, in order; each widens the search.",
        ),
        TO,
        PICK,
        WAIT,
        ONLY,
        OVER_CAPACITY,
        ACCEPT_WITHIN,
        WITHIN,
        HOLD,
        NOTIFY,
    ],
    bonds: &[
        Bond::AnyOf(&["step", "to", "hold"]),
        Bond::Alone(
            "step",
            &["to", "pick", "wait", "only", "over_capacity", "accept_within", "within", "hold", "notify"],
        ),
        Bond::Alone("hold", &HOLD_EXCLUDES),
    ],
};

/// Widening by ten is already more than anybody follows.
const MAX_STEPS: usize = 100;

static STEP: Table = Table {
    title: "A step of [[rule]]",
    about: "Whom to ask, how to pick one of them, and how long to wait before the next step.",
    keys: &[TO, PICK, WAIT, ONLY, OVER_CAPACITY, ACCEPT_WITHIN, WITHIN, HOLD, NOTIFY],
    bonds: &[Bond::OneOf(&["to", "hold"]), Bond::Alone("hold", &HOLD_EXCLUDES)],
};

/// What goes with people, and not with nobody.
const HOLD_EXCLUDES: [&str; 7] = ["to", "pick", "wait", "only", "over_capacity", "accept_within", "within"];

static EXCLUDE: Table = table(
    "[[exclude]]",
    "Never these dialogs to those managers, whatever the rules say. All that match count.",
    &[
        key("id", Takes::Id, Unsaid::IsPlace("exclude"), "Its name in explanations."),
        key("when", Takes::Condition, Unsaid::Nothing, WHEN_ABOUT),
        key(
            "managers",
            Takes::List(&Takes::Id),
            Unsaid::Nothing,
            "Ids of managers who never get such a dialog.",
        ),
        key(
            "groups",
            Takes::List(&Takes::Id),
            Unsaid::Nothing,
            "Groups whose members never get such a dialog.",
        ),
    ],
);

static REASSIGN: Table = table(
    "[reassign]",
    "When a dialog moves to somebody else by itself.",
    &[
        key("max_moves", Takes::Whole(0, 1_000), Unsaid::Is("3"), "Automatic moves that a dialog may make."),
        key("then", Takes::Target, Unsaid::Nothing, "Who gets it after that. Without it: it stays."),
        key("avoid_last", Takes::Bool, Unsaid::Is("true"), "Never straight back to whom it was taken from."),
        key("no_reply", Takes::Section(&NO_REPLY), Unsaid::Nothing, NO_REPLY.about),
        key("offline", Takes::Section(&OFFLINE), Unsaid::Nothing, OFFLINE.about),
    ],
);

static NO_REPLY: Table = table(
    "[reassign.no_reply]",
    "Moves dialogs whose manager does not answer.",
    &[
        key(
            "after",
            SOME_TIME,
            Unsaid::Refused,
            "How long a customer's message may stay unanswered. The clock keeps running over moves.",
        ),
        key(
            "nudge",
            Takes::List(&SOME_TIME),
            Unsaid::Nothing,
            "Reminders to the manager before that, counted from the same message.",
        ),
    ],
);

static OFFLINE: Table = table(
    "[reassign.offline]",
    "Moves dialogs whose manager went offline.",
    &[
        key("after", ANY_TIME, Unsaid::Refused, "How long after the manager counts as offline."),
        key(
            "which",
            Takes::Words(&[
                ("waiting", "All whose last message is the customer's."),
                ("unanswered", "Only those never answered."),
            ]),
            Unsaid::Is("\"waiting\""),
            "Which dialogs move.",
        ),
    ],
);

static CLOSE: Table = table(
    "[[close]]",
    "When a silent dialog closes by itself. The first that matches counts.",
    &[
        key("id", Takes::Id, Unsaid::IsPlace("close"), "Its name in explanations and metrics."),
        key("when", Takes::Condition, Unsaid::Nothing, WHEN_ABOUT),
        key(
            "after",
            SOME_TIME,
            Unsaid::Refused,
            "The silence after which the dialog closes, from the last message.",
        ),
        key(
            "last_from",
            Takes::Words(&[
                ("manager", "Ours: never close on a customer who waits for us."),
                ("customer", "The customer's."),
                ("any", "Anybody's."),
            ]),
            Unsaid::Is("\"manager\""),
            "Whose message must have been the last.",
        ),
        key(
            "warn",
            Takes::Sections(&WARN),
            Unsaid::Nothing,
            "Warnings to the customer before the dialog closes.",
        ),
        key(
            "farewell",
            Takes::Id,
            Unsaid::Nothing,
            "The key in `[texts]` of what is sent before the dialog closes.",
        ),
        key(
            "farewell_timeout",
            SOME_TIME,
            Unsaid::IsWith("\"1m\"", "farewell"),
            "How long to wait for the farewell's acknowledgement before closing all the same.",
        ),
    ],
);

static WARN: Table = table(
    "A warning of [[close]]",
    "What is sent, and how long before the dialog closes.",
    &[
        key("before", SOME_TIME, Unsaid::Refused, "How long before the dialog closes; shorter than `after`."),
        key("text", Takes::Id, Unsaid::Refused, "The key in `[texts]` of what is sent."),
    ],
);

static CLOSING: Table = table(
    "[closing]",
    "How fast dialogs that are due are closed.",
    &[key(
        "rate",
        Takes::Rate,
        Unsaid::Nothing,
        "Automatic closures at most, such as `5/s` or `90/m`, so that a backlog does not flood the CRM.",
    )],
);

static TEXTS: Named = Named {
    title: "[texts]",
    about: "What is written to customers, by key and language. A language that is missing falls back to its \
            first tag, then to `languages`, then to the first language there is.",
    names: Names::Id,
    example: "closed",
    holds: Takes::Named(&WORDINGS),
};

static WORDINGS: Named = Named {
    title: "A text of [texts]",
    about: "The wording by language tag, such as `es`, `pt-BR` or `zh-Hans`.",
    names: Names::Language,
    example: "en",
    holds: Takes::Text,
};
