//! `[[objective]]`.

use super::tables::{SOME_TIME, key, table};
use super::{Bond, Table, Takes, Unsaid};

pub(super) static OBJECTIVE: Table = Table {
    title: "[[objective]]",
    about: "How long customers may wait, and how often no longer. Shown beside what was achieved in the metrics.",
    keys: &[
        key("id", Takes::Id, Unsaid::IsPlace("objective"), "Its name in the metrics."),
        key(
            "first_reply",
            Takes::Section(&PROMISE),
            Unsaid::Nothing,
            "From the first message to the first reply.",
        ),
        key(
            "reply",
            Takes::Section(&PROMISE),
            Unsaid::Nothing,
            "From the first unanswered message to the reply.",
        ),
        key("assign", Takes::Section(&PROMISE), Unsaid::Nothing, "From opening to the first assignment."),
    ],
    bonds: &[Bond::AnyOf(&["first_reply", "reply", "assign"])],
};

static PROMISE: Table = table(
    "A measure of [[objective]]",
    "A time, and the share of dialogs that must take no longer.",
    &[
        key("within", SOME_TIME, Unsaid::Refused, "How long it may take."),
        key(
            "ratio",
            Takes::Number(0.01, 1.0),
            Unsaid::Refused,
            "The share that must not take longer, such as 0.8.",
        ),
    ],
);
