//! What compiled rule files say of time: schedules, and conditions that ask for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;
use reparto::domain::channel::{Channel, ChannelFeatures};
use reparto::domain::customer::Customer;
use reparto::domain::dialog::{DialogKind, StartedBy};
use reparto::domain::facts::Facts;
use reparto::domain::ids::{ChannelId, CustomerId};
use reparto::domain::time::Timestamp;
use reparto::rules::ruleset::RuleSet;
use reparto::rules::{Compiled, Source, compile, render};

/// A shop with a lunch break, a night team, Christmas, the first days of each year, and a short 24 December.
const SHOP: &str = r#"
timezone = "Europe/Madrid"

[schedules.office]
open    = { mon-fri = ["09:00-13:00", "14:00-18:00"], sat = ["10:00-15:00"] }
closed  = ["2026-12-25", "01-01..01-06", "12-31..01-02"]
special = { "2026-12-24" = ["09:00-12:00"], "2026-12-27" = ["10:00-14:00"] }

[schedules.nights]
open     = { fri-sat = ["22:00-06:00"] }
timezone = "Atlantic/Canary"

[[rule]]
id   = "day"
when = 'open("office")'
to   = "group:sales"

[[rule]]
id   = "night"
when = 'open("nights") && !open("office")'
to   = "group:duty"

[[rule]]
id = "rest"
to = "everyone"

[groups]
sales = { managers = ["ana"] }
duty  = { managers = ["lead"] }
"#;

#[track_caller]
fn clean(text: &str) -> Arc<RuleSet> {
    let sources = [Source::new("a.toml", text)];
    let Compiled { rules, diagnostics, .. } = compile(&sources);
    assert!(diagnostics.is_empty(), "{}", render::human(&diagnostics, &sources, false));
    rules.expect("no finding, so a rule set")
}

/// A moment by a clock that is so many hours ahead of UTC.
fn at(ahead: i64, shown: &str) -> Timestamp {
    let shown: NaiveDateTime = shown.parse().expect("a date and a time");
    Timestamp::from_secs(shown.and_utc().timestamp() - ahead * 3_600)
}

fn winter(shown: &str) -> Timestamp {
    at(1, shown)
}

fn rule_at(rules: &RuleSet, now: Timestamp) -> String {
    let channel = Channel {
        id: ChannelId::trusted("ch"),
        kind: "telegram".into(),
        name: "Telegram".into(),
        site: None,
        features: ChannelFeatures::default(),
    };
    let facts = Facts {
        now,
        channel: &channel,
        customer: &Customer::new(CustomerId::trusted("c")),
        kind: DialogKind::Customer,
        started_by: StartedBy::Customer,
        returning: false,
        messages: 1,
        moves: 0,
        text: "",
        extra: &BTreeMap::new(),
    };
    rules.plan(&facts).and_then(|plan| plan.rule).map_or_else(String::new, |rule| rule.to_string())
}

#[test]
fn rules_match_by_the_hours_of_the_moment() {
    let rules = clean(SHOP);
    for (shown, expected) in [
        // A Monday.
        ("2026-11-23T08:59:59", "rest"),
        ("2026-11-23T09:00:00", "day"),
        ("2026-11-23T12:59:59", "day"),
        ("2026-11-23T13:00:00", "rest"),
        ("2026-11-23T14:00:00", "day"),
        ("2026-11-23T18:00:00", "rest"),
        // A Saturday. The night team lives an hour to the west.
        ("2026-11-28T14:59:59", "day"),
        ("2026-11-28T22:30:00", "rest"),
        ("2026-11-28T23:00:00", "night"),
        ("2026-11-29T06:59:59", "night"),
        ("2026-11-29T07:00:00", "rest"),
        // Christmas Eve has hours of its own, Christmas none, the Sunday after it some for once.
        ("2026-12-24T11:59:59", "day"),
        ("2026-12-24T12:00:00", "rest"),
        ("2026-12-25T10:00:00", "rest"),
        ("2026-12-27T10:00:00", "day"),
        // Each year.
        ("2026-12-31T10:00:00", "rest"),
        ("2027-01-06T10:00:00", "rest"),
        ("2027-01-07T10:00:00", "day"),
        ("2030-01-04T10:00:00", "rest"),
    ] {
        assert_eq!(rule_at(&rules, winter(shown)), expected, "{shown}");
    }
    // In summer the same time of day is another moment.
    assert_eq!(rule_at(&rules, at(2, "2026-07-06T09:00:00")), "day");
    assert_eq!(rule_at(&rules, at(2, "2026-07-06T08:59:59")), "rest");
}

#[test]
fn a_schedule_says_when_it_changes() {
    let rules = clean(SHOP);
    let office = rules.schedule("office").expect("it is defined");
    let monday = winter("2026-11-23T10:00:00");
    assert!(office.is_open(monday));
    assert_eq!(office.next_change(monday), Some(winter("2026-11-23T13:00:00")));
    assert_eq!(office.next_opening(monday), Some(monday));
    // From the evening of the 30th over the turn of the year to the 7th.
    let eve = winter("2026-12-30T18:00:00");
    assert_eq!(office.next_opening(eve), Some(winter("2027-01-07T09:00:00")));
    assert_eq!(office.offset(eve), 3_600);
    assert!(rules.schedule("offices").is_none());
}

#[test]
fn hours_that_touch_and_nights_that_meet_are_fine() {
    clean(
        r#"
[schedules.always]
open = { mon-sun = ["00:00-12:00", "12:00-24:00"] }
[schedules.nights]
open = { mon-sun = ["22:00-06:00", "06:00-07:00"] }
[schedules.over_the_weekend]
open = { sat-mon = ["9:00-18:00"] }
closed = ["02-29", "2028-03-06", "12-24..01-06"]
[[rule]]
when = 'open("always") && open("nights") && open("over_the_weekend")'
to = "group:sales"
[[rule]]
to = "everyone"
[groups]
sales = { managers = ["ana"] }
"#,
    );
}

/// Two rules that together cover the whole week leave nobody out.
#[test]
fn rules_for_all_hours_of_the_week_are_not_reported_as_leaving_hours_out() {
    let text = r#"
[schedules.day]
open = { mon-sun = ["06:00-22:00"] }
[schedules.night]
open = { mon-sun = ["22:00-06:00"] }
[[rule]]
when = 'open("day")'
to = "everyone"
[[rule]]
when = 'open("night")'
to = "manager:ana"
"#;
    let sources = [Source::new("a.toml", text)];
    let codes: Vec<_> = compile(&sources).diagnostics.iter().map(|finding| finding.code.as_str()).collect();
    // A closed day, or another zone, may still leave somebody out: the general remark stays.
    assert_eq!(codes, ["R202"]);
}

#[test]
fn one_answer_does_not_depend_on_those_before() {
    let (asked, fresh) = (clean(SHOP), || clean(SHOP));
    let start = winter("2026-12-20T00:00:00").micros();
    for step in [0, 40, 3, 77, 12, 500, 501, 44, 900, 2] {
        let now = Timestamp::from_micros(start + step * 1_234_567_890);
        assert_eq!(rule_at(&asked, now), rule_at(&fresh(), now), "{now:?}");
    }
}
