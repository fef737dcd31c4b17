//! The sections about time and about what customers are told by themselves.

use super::tables::{SOME_TIME, WHEN_ABOUT, key, table};
use super::{Bond, Key, Named, Names, Table, Takes, Unsaid};

/// `[schedules]`.
pub(super) static SCHEDULES: Named = Named {
    title: "[schedules]",
    about: "Opening hours; conditions ask for them with `open(\"NAME\")`, steps hold dialogs until they begin.",
    names: Names::Id,
    example: "office",
    holds: Takes::Section(&SCHEDULE),
};

static SCHEDULE: Table = Table {
    title: "A schedule of [schedules]",
    about: "Hours of the week, dates on which it is closed, and dates with hours of their own. A time of day that the \
            clocks leave out counts from the moment after the gap; of one that comes twice the first opens and the \
            last closes. Hours past midnight belong to the day on which they begin.",
    keys: &[
        key(
            "from",
            Takes::Words(&[("crm", "The working hours, breaks, holidays and zone of the CRM's settings.")]),
            Unsaid::Nothing,
            "Has the hours from elsewhere, as they are there now; `closed` and `special` add to them. Open at all \
             times while nothing has been imported.",
        ),
        OPEN,
        CLOSED,
        SPECIAL_DATES,
        ZONE,
    ],
    bonds: &[Bond::Alone("from", &["open", "timezone"])],
};

/// `[imported]`.
pub(super) static IMPORTED: Table = table(
    "[imported]",
    "Hours for schedules with `from`, where a server has imported none: in checks, in the tests of the file, in an \
     account without a CRM. What a server imports goes before them.",
    &[key(
        "crm",
        Takes::Section(&IMPORTED_CRM),
        Unsaid::Nothing,
        "The hours that the CRM's settings are taken to say.",
    )],
);

static IMPORTED_CRM: Table = table(
    "[imported.crm]",
    "The hours that the CRM's settings are taken to say, as `reparto retailcrm hours --imported` prints them.",
    &[OPEN, CLOSED, SPECIAL_DATES, ZONE],
);

const OPEN: Key = key("open", Takes::Named(&WEEK), Unsaid::Nothing, WEEK.about);
const CLOSED: Key = key(
    "closed",
    Takes::List(&Takes::Dates),
    Unsaid::Nothing,
    "Dates on which it does not open: once (`2026-12-25`), each year (`12-25`), or several (`12-24..01-06`).",
);
const SPECIAL_DATES: Key = key("special", Takes::Named(&SPECIAL), Unsaid::Nothing, SPECIAL.about);
const ZONE: Key = key(
    "timezone",
    Takes::Timezone,
    Unsaid::Nothing,
    "The zone of its times, when it is another one than the file's.",
);

static WEEK: Named = Named {
    title: "open of a schedule",
    about: "Hours by day (`mon`) or days (`mon-fri`); what lies between two of them is a pause.",
    names: Names::Day,
    example: "mon-fri",
    holds: Takes::List(&Takes::Hours),
};

static SPECIAL: Named = Named {
    title: "special of a schedule",
    about: "Hours of single dates in place of those of the week; they go before `closed`.",
    names: Names::Date,
    example: "2026-12-24",
    holds: Takes::List(&Takes::Hours),
};

/// `[release]`.
pub(super) static RELEASE: Table = table(
    "[release]",
    "How fast dialogs go on that were held, at opening the most urgent first; and dialogs that a change \
     of rules sets free which plans them anew.",
    &[key(
        "rate",
        Takes::Rate,
        Unsaid::Is("\"30/min\""),
        "How many go on at most, such as `30/min` or `2/s`; one at a time.",
    )],
);

/// `[[auto_reply]]`.
pub(super) static AUTO_REPLY: Table = Table {
    title: "[[auto_reply]]",
    about: "What a customer is told by themselves, at most once for each dialog and text, where the channel \
            lets bots write. Of several on one occasion the first that matches is sent.",
    keys: &[
        key("id", Takes::Id, Unsaid::IsPlace("auto-reply"), "Its name in findings."),
        key(
            "on",
            Takes::Words(&[
                ("opened", "The dialog was opened."),
                ("waiting", "Nobody has room: at once, with so many `ahead`, or `after` a time."),
                ("nobody_online", "Of those whom the rule names nobody is there."),
            ]),
            Unsaid::Refused,
            "The occasion.",
        ),
        key("when", Takes::Condition, Unsaid::Nothing, WHEN_ABOUT),
        key("text", Takes::Id, Unsaid::Refused, "The key in `[texts]` of what is sent."),
        key("after", SOME_TIME, Unsaid::Nothing, "Only after waiting for so long."),
        key("ahead", Takes::Whole(1, 1_000_000), Unsaid::Nothing, "Only when so many dialogs wait already."),
    ],
    bonds: &[Bond::Alone("ahead", &["after"])],
};

/// A key of a step.
pub(super) const HOLD: Key = key(
    "hold",
    Takes::Hold,
    Unsaid::Nothing,
    "Holds the dialog, offered to nobody, until hours begin: `until_open:SCHEDULE`. Then the steps behind it \
     apply; behind the last step the rules are asked anew. A rule that does nothing but hold matches only \
     while it would.",
);

/// A key of a step.
pub(super) const NOTIFY: Key = key(
    "notify",
    Takes::Id,
    Unsaid::Nothing,
    "The key in `[texts]` of what the customer is told when the dialog comes to wait here; once.",
);
