//! What single conditions come to for one customer.

use std::collections::BTreeMap;

use super::{Condition, compile};
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::customer::{Amount, Customer};
use crate::domain::dialog::{DialogKind, StartedBy};
use crate::domain::facts::{FactValue, Facts};
use crate::domain::ids::{ChannelId, CustomerId, ManagerId};
use crate::domain::time::Timestamp;
use crate::rules::diagnostic::{Findings, Span};
use crate::rules::facts::{DeclaredFact, FactTable, FactType};
use crate::rules::syntax::TextMap;

fn declared() -> FactTable {
    let mut table = FactTable::default();
    let mut declare = |name: &str, kind, values: &[&str], default| {
        table.declare(DeclaredFact {
            name: name.into(),
            kind,
            values: values.iter().map(|value| (*value).into()).collect(),
            default,
        });
    };
    let unknown = FactValue::Text("unknown".into());
    declare("segment", FactType::Enum, &["retail", "unknown"], unknown.clone());
    declare("odd", FactType::Enum, &["retail", "unknown"], unknown);
    declare("basket", FactType::Number, &[], FactValue::Number(7.0));
    declare("wrong", FactType::Number, &[], FactValue::Number(7.0));
    let text = |text: &str| FactValue::Text(text.into());
    declare("silence", FactType::Duration, &[], text("0s"));
    declare("pause", FactType::Duration, &[], text("0s"));
    declare("odd_pause", FactType::Duration, &[], text("7d"));
    declare("urgent", FactType::Bool, &[], FactValue::Bool(true));
    declare("skills", FactType::Texts, &[], FactValue::Texts(["es".into()].into()));
    table
}

#[track_caller]
fn compiled(text: &str) -> Condition {
    let quoted = format!("'{text}'");
    let whole = Span { file: 0, start: 0, end: quoted.len() };
    let map = TextMap::new(&quoted, whole, text);
    let mut findings = Findings::default();
    let condition = compile(text, &map, &declared(), &mut findings);
    condition.unwrap_or_else(|| panic!("{text}: {:#?}", findings.in_order()))
}

/// A VIP of manager `ana` with three orders who wrote through the site; no language is known.
#[track_caller]
fn check(text: &str, expected: bool) {
    let channel = Channel {
        id: ChannelId::trusted("site-1"),
        kind: "site".into(),
        name: "Shop".into(),
        site: None,
        features: ChannelFeatures::default(),
    };
    let mut customer = Customer::new(CustomerId::trusted("c1"));
    customer.vip = true;
    customer.owner = Some(ManagerId::trusted("ana"));
    customer.tags = ["b2b".into(), "es".into()].into();
    customer.orders_count = 3;
    customer.orders_total = Amount(10_050);
    customer.extra.insert("basket".into(), FactValue::Number(12.5));
    let extra = BTreeMap::from([
        ("silence".into(), FactValue::Text("1h30m".into())),
        ("pause".into(), FactValue::Number(1.5)),
        ("odd_pause".into(), FactValue::Text("later".into())),
        ("segment".into(), FactValue::Text("retail".into())),
        ("odd".into(), FactValue::Text("strange".into())),
        ("wrong".into(), FactValue::Text("12".into())),
    ]);
    let facts = Facts {
        now: Timestamp::default(),
        channel: &channel,
        customer: &customer,
        kind: DialogKind::Customer,
        started_by: StartedBy::Customer,
        returning: true,
        messages: 4,
        moves: 1,
        text: "Where is my parcel?",
        extra: &extra,
    };
    assert_eq!(compiled(text).holds(&facts), expected, "{text}");
}

#[test]
fn facts_of_the_catalogue() {
    check("customer.vip && !customer.bad && !customer.known", true);
    check(r#"channel.id == "site-1" && channel.type == 'site' && channel.name == "Shop""#, true);
    check(r#"channel.site == """#, true);
    check(r#"customer.id != "c1" || customer.owner != "ana""#, false);
    check("customer.orders_count == 3 && customer.orders_total == 100.5", true);
    check("customer.average_order == 0", true);
    check(r#"customer.language == "" && !has(customer.language)"#, true);
    check("has(customer.owner) && !has(channel.site)", true);
    check(r#"dialog.kind == "customer" && dialog.started_by in ["customer", "bot"]"#, true);
    check("dialog.returning && dialog.messages == 4 && dialog.moves == 1", true);
}

#[test]
fn declared_facts_and_their_defaults() {
    check(r#"segment == "retail""#, true);
    check("basket == 12.5 && has(basket)", true);
    check("urgent && !has(urgent)", true);
    check(r#""es" in skills && size(skills) == 1"#, true);
    // What was sent with a wrong type, or is none of the values, counts as not sent.
    check("wrong == 7", true);
    check(r#"odd == "unknown""#, true);
}

#[test]
fn operators_bind_as_in_cel() {
    check("false && false || true", true);
    check("true || false && false", true);
    check("!false == true", true);
    check("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9", true);
    check("10 - 4 - 3 == 3 && 16 / 4 / 2 == 2", true);
    check("-2 + 3 == 1 && 5 / 2 == 2.5", true);
    check("customer.vip ? 1 > 2 : true", false);
    check("false ? false : false ? false : true", true);
}

#[test]
fn texts_and_lists() {
    check(r#""b2b" in customer.tags && !("b2c" in customer.tags)"#, true);
    check(r#"channel.type in ["telegram", "site"]"#, true);
    check("customer.orders_count in [1, 3]", true);
    check("customer.orders_count in []", false);
    check(r#"dialog.text.startsWith("Where") && dialog.text.endsWith("?")"#, true);
    check(r#"dialog.text.contains("parcel") && !dialog.text.contains("Parcel")"#, true);
    check(r#"size("ñandú") == 5 && dialog.text.size() == 19"#, true);
    check(r#""a\"b" == 'a"b'"#, true);
    check(r#"(customer.vip ? "site" : "email") == channel.type"#, true);
}

#[test]
fn patterns() {
    check(r#"dialog.text.matches("^Where")"#, true);
    check(r#"dialog.text.matches(r"(?i)\bPARCEL\?$") && !dialog.text.matches(r"\d")"#, true);
    check(r#""2024-17".matches("^\\d{4}-\\d+$")"#, true);
}

#[test]
fn durations() {
    check(r#"silence == duration("90m") && has(silence)"#, true);
    check(r#"silence + duration("30m") >= duration("2h") && silence < duration("1d")"#, true);
    check(r#"silence - duration("2h") < duration("0s")"#, true);
    // A number is taken for seconds; what is no duration counts as not sent.
    check(r#"pause == duration("1500ms") && odd_pause == duration("1w")"#, true);
}

#[test]
fn nothing_can_fail() {
    check("customer.orders_total / customer.average_order == 0", true);
    check("1e308 * 10 > 1e307", true);
}

#[test]
fn what_is_constant_is_known_to_be() {
    assert!(compiled("1 < 2 || customer.vip").is_always());
    assert!(compiled("customer.vip && 'a' == 'b'").is_never());
    assert!(compiled("'a' in ['a'] && !false && (true == true)").is_always());
    assert!(!compiled("customer.vip").is_always());
}

#[track_caller]
fn check_implies(narrow: &str, wide: &str, expected: bool) {
    let implies = compiled(narrow).implies(&compiled(wide), &mut 1_000);
    assert_eq!(implies, expected, "{narrow}  =>  {wide}");
}

#[test]
fn a_narrower_condition_is_recognised() {
    let telegram = "channel.type == 'telegram'";
    check_implies("customer.vip && customer.bad", "customer.bad", true);
    check_implies("customer.bad", "customer.vip && customer.bad", false);
    check_implies("customer.bad", "customer.vip || customer.bad", true);
    check_implies("customer.vip || customer.bad", "customer.bad", false);
    check_implies(telegram, "channel.type in ['site', 'telegram']", true);
    check_implies("channel.type in ['site', 'telegram']", telegram, false);
    check_implies(telegram, "channel.type != 'site'", true);
    check_implies(telegram, "channel.type != 'telegram'", false);
    check_implies("dialog.moves >= 3", "dialog.moves > 2", true);
    check_implies("dialog.moves >= 2", "dialog.moves > 2", false);
    check_implies("dialog.moves == 1", "dialog.moves < 2", true);
    check_implies("dialog.moves < 2", "dialog.messages < 2", false);
    check_implies("customer.vip && dialog.moves > 5", "dialog.moves > 3 && customer.vip", true);
}
