//! What holds for all conditions: compiled ones agree with a plain reading of the tree, text and tree go
//! both ways, and no text does harm.

#![expect(clippy::wildcard_enum_match_arm, reason = "every value but the wanted one fails the test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::ast::{Comparison, Expr, Kind, Name, Operator};
use super::cover::Cover;
use super::{Condition, Report, compile, lexer, parser};
use crate::domain::channel::{Channel, ChannelFeatures};
use crate::domain::customer::{Amount, Customer};
use crate::domain::dialog::{DialogKind, StartedBy};
use crate::domain::facts::{FactValue, Facts};
use crate::domain::ids::{ChannelId, CustomerId, ManagerId};
use crate::domain::time::Timestamp;
use crate::rules::diagnostic::{Findings, Span};
use crate::rules::durations;
use crate::rules::facts::{DeclaredFact, FactTable, FactType};
use crate::rules::syntax::TextMap;

/// Everything that facts borrow from.
#[derive(Debug)]
pub(super) struct World {
    pub(super) channel: Channel,
    pub(super) customer: Customer,
    pub(super) text: String,
    pub(super) messages: u32,
    pub(super) extra: BTreeMap<Arc<str>, FactValue>,
}

impl World {
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            now: Timestamp::default(),
            channel: &self.channel,
            customer: &self.customer,
            kind: DialogKind::Customer,
            started_by: StartedBy::Manager,
            returning: self.messages % 2 == 1,
            messages: self.messages,
            moves: 0,
            text: &self.text,
            extra: &self.extra,
        }
    }
}

/// Few different values, so that comparisons hold as often as not.
const TEXTS: [&str; 5] = ["", "a", "site", "si", "ñ\"\\\n"];
const NUMBERS: [f64; 5] = [0.0, 1.0, 2.0, 2.5, 1e300];
const AGES: [&str; 4] = ["0s", "90s", "2m", "1h30m"];
const PATTERNS: [&str; 6] = ["", "a", "^s", "i$", r"^(a|si?)\w*$", r"[^\w]"];

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TEXTS.as_slice())
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let extra = prop_oneof![
        Just(None),
        text().prop_map(|text| Some(FactValue::Text(text.into()))),
        Just(Some(FactValue::Bool(true))),
    ];
    let tags = prop::collection::btree_set(text(), 0..3);
    let age = prop::option::of(prop::sample::select(AGES.as_slice()));
    let customer = (any::<bool>(), prop::option::of(Just("ana")), tags, 0..4_u32, 0..400_i64);
    (text(), text(), 0..4_u32, customer, extra, age).prop_map(|(kind, text, messages, about, sent, age)| {
        let (vip, owner, tags, orders_count, total) = about;
        let mut customer = Customer::new(CustomerId::trusted("c"));
        customer.vip = vip;
        customer.owner = owner.map(ManagerId::trusted);
        customer.tags = tags.into_iter().map(Arc::from).collect();
        customer.orders_count = orders_count;
        customer.orders_total = Amount(total);
        World {
            channel: Channel {
                id: ChannelId::trusted("ch"),
                kind: kind.into(),
                name: "Shop".into(),
                site: None,
                features: ChannelFeatures::default(),
            },
            customer,
            text: text.to_owned(),
            messages,
            extra: sent
                .map(|value| ("segment".into(), value))
                .into_iter()
                .chain(age.map(|age| ("age".into(), FactValue::Text(age.into()))))
                .collect(),
        }
    })
}

pub(super) fn table() -> FactTable {
    let mut table = FactTable::default();
    table.declare(DeclaredFact {
        name: "segment".into(),
        kind: FactType::Text,
        values: Vec::new(),
        default: FactValue::Text("a".into()),
    });
    table.declare(DeclaredFact {
        name: "age".into(),
        kind: FactType::Duration,
        values: Vec::new(),
        default: FactValue::Text("2m".into()),
    });
    table
}

pub(super) fn expr(kind: Kind) -> Expr {
    Expr::new(kind, 0..0)
}

/// Conditions of few parts, many of which are opposites.
fn mixture() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "customer.vip",
        "!customer.vip",
        "has(customer.owner)",
        "!has(customer.owner)",
        "customer.orders_count < 2",
        "customer.orders_count >= 2",
        "customer.orders_count > 1",
        "channel.type == \"a\"",
        "channel.type != \"a\"",
        "channel.type in [\"a\", \"site\"]",
    ]);
    let parts = prop::collection::vec(prop::collection::vec(part, 1..3), 1..3);
    parts.prop_map(|parts| parts.iter().map(|all| all.join(" && ")).collect::<Vec<_>>().join(" || "))
}

fn fact(name: &'static str) -> impl Strategy<Value = Expr> + Clone {
    Just(expr(Kind::Fact(name.into())))
}

pub(super) fn name(name: &str) -> Name {
    Name { text: name.into(), span: 0..0 }
}

fn text_expr() -> impl Strategy<Value = Expr> + Clone {
    prop_oneof![
        prop::sample::select(TEXTS.as_slice()).prop_map(|text| expr(Kind::Text(text.into()))),
        fact("channel.type"),
        fact("dialog.text"),
        fact("customer.owner"),
        fact("segment"),
    ]
    .boxed()
}

fn number_expr() -> impl Strategy<Value = Expr> + Clone {
    let leaf = prop_oneof![
        prop::sample::select(NUMBERS.as_slice()).prop_map(|number| expr(Kind::Number(number))),
        fact("customer.orders_count"),
        fact("customer.orders_total"),
        fact("dialog.messages"),
        text_expr().prop_map(|text| expr(Kind::Call(name("size"), vec![text]))),
        fact("customer.tags").prop_map(|tags| expr(Kind::Call(name("size"), vec![tags]))),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let operators = [Operator::Plus, Operator::Minus, Operator::Times, Operator::Over];
        prop_oneof![
            inner.clone().prop_map(|number| expr(Kind::Negative(Box::new(number)))),
            (prop::sample::select(operators.to_vec()), inner.clone(), inner)
                .prop_map(|(operator, a, b)| expr(Kind::Calculate(operator, Box::new((a, b))))),
        ]
    })
    .boxed()
}

pub(super) fn duration_expr() -> impl Strategy<Value = Expr> + Clone {
    let written = prop::sample::select(AGES.as_slice()).prop_map(|age| expr(Kind::Text(age.into())));
    let written = written.prop_map(|text| expr(Kind::Call(name("duration"), vec![text])));
    let leaf = prop_oneof![fact("age"), written];
    leaf.prop_recursive(2, 4, 2, |inner| {
        (any::<bool>(), inner.clone(), inner).prop_map(|(plus, a, b)| {
            let operator = if plus { Operator::Plus } else { Operator::Minus };
            expr(Kind::Calculate(operator, Box::new((a, b))))
        })
    })
    .boxed()
}

pub(super) fn condition_expr() -> impl Strategy<Value = Expr> {
    let comparisons = vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    let list = prop::collection::vec(text().prop_map(|text| expr(Kind::Text(text.into()))), 0..3)
        .prop_map(|items| expr(Kind::List(items)));
    let methods = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| expr(Kind::Bool(value))),
        fact("customer.vip"),
        fact("dialog.returning"),
        fact("customer.owner").prop_map(|owner| expr(Kind::Call(name("has"), vec![owner]))),
        fact("segment").prop_map(|fact| expr(Kind::Call(name("has"), vec![fact]))),
        (prop::sample::select(comparisons.clone()), duration_expr(), duration_expr())
            .prop_map(|(comparison, a, b)| expr(Kind::Compare(comparison, Box::new((a, b))))),
        (prop::sample::select(comparisons), number_expr(), number_expr())
            .prop_map(|(comparison, a, b)| expr(Kind::Compare(comparison, Box::new((a, b))))),
        (any::<bool>(), text_expr(), text_expr()).prop_map(|(equal, a, b)| {
            let comparison = if equal { Comparison::Equal } else { Comparison::NotEqual };
            expr(Kind::Compare(comparison, Box::new((a, b))))
        }),
        (text_expr(), prop_oneof![list, fact("customer.tags")])
            .prop_map(|pair| expr(Kind::In(Box::new(pair)))),
        (text_expr(), prop::sample::select(PATTERNS.as_slice())).prop_map(|(text, pattern)| {
            let pattern = expr(Kind::Text(pattern.into()));
            expr(Kind::Method(name("matches"), Box::new(text), vec![pattern]))
        }),
        (methods, text_expr(), text_expr()).prop_map(|(method, a, b)| expr(Kind::Method(
            name(method),
            Box::new(a),
            vec![b]
        ))),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|part| expr(Kind::Not(Box::new(part)))),
            some.clone().prop_map(|parts| expr(Kind::And(parts))),
            some.prop_map(|parts| expr(Kind::Or(parts))),
            (inner.clone(), inner.clone())
                .prop_map(|pair| { expr(Kind::Compare(Comparison::Equal, Box::new(pair))) }),
            (inner.clone(), inner.clone(), inner).prop_map(|three| expr(Kind::If(Box::new(three)))),
        ]
    })
}

/// The plainest reading of a tree: values without types, looked up by name.
pub(super) fn reading(expr: &Expr, world: &World) -> FactValue {
    let boolean = |expr: &Expr| reading(expr, world) == FactValue::Bool(true);
    let number = |expr: &Expr| match reading(expr, world) {
        FactValue::Number(number) => number,
        other => panic!("{other:?} is no number"),
    };
    let text = |expr: &Expr| match reading(expr, world) {
        FactValue::Text(text) => text,
        other => panic!("{other:?} is no text"),
    };
    match &expr.kind {
        Kind::Bool(value) => FactValue::Bool(*value),
        Kind::Number(number) => FactValue::Number(*number),
        Kind::Text(text) => FactValue::Text(text.clone()),
        Kind::List(items) => FactValue::Texts(items.iter().map(text).collect()),
        Kind::Fact(name) => lookup(name, world),
        Kind::Not(inner) => FactValue::Bool(!boolean(inner)),
        Kind::Negative(inner) => FactValue::Number(-number(inner)),
        Kind::And(parts) => FactValue::Bool(parts.iter().all(boolean)),
        Kind::Or(parts) => FactValue::Bool(parts.iter().any(boolean)),
        Kind::Compare(comparison, pair) => FactValue::Bool(match comparison {
            Comparison::Equal => reading(&pair.0, world) == reading(&pair.1, world),
            Comparison::NotEqual => reading(&pair.0, world) != reading(&pair.1, world),
            Comparison::Less => number(&pair.0) < number(&pair.1),
            Comparison::LessOrEqual => number(&pair.0) <= number(&pair.1),
            Comparison::Greater => number(&pair.0) > number(&pair.1),
            Comparison::GreaterOrEqual => number(&pair.0) >= number(&pair.1),
        }),
        Kind::Calculate(operator, pair) => {
            let (a, b) = (number(&pair.0), number(&pair.1));
            let exact = match operator {
                Operator::Plus => a + b,
                Operator::Minus => a - b,
                Operator::Times => a * b,
                Operator::Over if b == 0.0 => 0.0,
                Operator::Over => a / b,
            };
            FactValue::Number(exact.clamp(f64::MIN, f64::MAX))
        }
        Kind::In(pair) => match reading(&pair.1, world) {
            FactValue::Texts(texts) => FactValue::Bool(texts.contains(&text(&pair.0))),
            other => panic!("{other:?} is no list"),
        },
        Kind::If(three) => {
            let chosen = if boolean(&three.0) { &three.1 } else { &three.2 };
            reading(chosen, world)
        }
        Kind::Call(name, arguments) if &*name.text == "has" => {
            FactValue::Bool(match arguments[0].to_string().as_str() {
                "customer.owner" => world.customer.owner.is_some(),
                name => world.extra.contains_key(name),
            })
        }
        Kind::Call(name, arguments) if &*name.text == "duration" => {
            FactValue::Number(seconds(&text(&arguments[0])))
        }
        Kind::Call(_, arguments) => FactValue::Number(match reading(&arguments[0], world) {
            FactValue::Text(text) => text.chars().count() as f64,
            FactValue::Texts(texts) => texts.len() as f64,
            other => panic!("{other:?} has no size"),
        }),
        Kind::Method(name, on, arguments) => {
            let (on, part) = (text(on), text(&arguments[0]));
            FactValue::Bool(match &*name.text {
                "startsWith" => on.starts_with(&*part),
                "endsWith" => on.ends_with(&*part),
                "matches" => regex::Regex::new(&part).expect("a good pattern").is_match(&on),
                _ => on.contains(&*part),
            })
        }
    }
}

fn lookup(name: &str, world: &World) -> FactValue {
    let customer = &world.customer;
    match name {
        "channel.type" => FactValue::Text(world.channel.kind.clone()),
        "dialog.text" => FactValue::Text(world.text.as_str().into()),
        "customer.owner" => FactValue::Text(customer.owner.as_ref().map_or("", |id| id.as_str()).into()),
        "segment" => match world.extra.get("segment") {
            Some(text @ FactValue::Text(_)) => text.clone(),
            _ => FactValue::Text("a".into()),
        },
        "age" => match world.extra.get("age") {
            Some(FactValue::Text(age)) => FactValue::Number(seconds(age)),
            _ => FactValue::Number(120.0),
        },
        "customer.orders_count" => FactValue::Number(f64::from(customer.orders_count)),
        "customer.orders_total" => FactValue::Number(customer.orders_total.as_f64()),
        "dialog.messages" => FactValue::Number(f64::from(world.messages)),
        "customer.tags" => FactValue::Texts(customer.tags.iter().cloned().collect()),
        "customer.vip" => FactValue::Bool(customer.vip),
        "dialog.returning" => FactValue::Bool(world.messages % 2 == 1),
        other => panic!("{other} is not in this test's world"),
    }
}

fn seconds(duration: &str) -> f64 {
    durations::parse(duration).expect("one of the samples").as_secs_f64()
}

pub(super) fn compiled(text: &str) -> (Option<Condition>, Findings) {
    let mut findings = Findings::default();
    let map = map(text);
    let condition = compile(text, &map, &table(), &mut findings);
    (condition, findings)
}

fn map(text: &str) -> TextMap {
    let quoted = format!("'''{text}'''");
    let whole = Span { file: 0, start: 0, end: quoted.len() };
    TextMap::new(&quoted, whole, text)
}

fn parsed(text: &str) -> Option<Expr> {
    let mut findings = Findings::default();
    let map = map(text);
    let mut report = Report { text, map: &map, findings: &mut findings, has_errors: false };
    let tokens = lexer::tokens(text, &mut report);
    parser::parse(tokens, &mut report)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn compiled_conditions_agree_with_a_plain_reading(tree in condition_expr(), world in world()) {
        let text = tree.to_string();
        let (condition, findings) = compiled(&text);
        // A constant divisor of zero is refused, not evaluated.
        if findings.has_errors() {
            prop_assert!(text.contains("/ "), "{text}: {:?}", findings.in_order());
            return Ok(());
        }
        let expected = reading(&tree, &world) == FactValue::Bool(true);
        prop_assert_eq!(condition.unwrap().holds(&world.facts()), expected, "{}", text);
    }

    #[test]
    fn text_and_tree_go_both_ways(tree in condition_expr()) {
        let text = tree.to_string();
        prop_assert_eq!(parsed(&text), Some(tree), "{}", text);
    }

    #[test]
    fn what_follows_from_its_form_follows(a in condition_expr(), b in condition_expr(), world in world()) {
        let narrow = expr(Kind::And(vec![a.clone(), b]));
        let (Some(narrow), Some(a)) = (compiled(&narrow.to_string()).0, compiled(&a.to_string()).0)
        else { return Ok(()) };
        let mut patience = 10_000;
        for (one, other) in [(&narrow, &a), (&a, &narrow)] {
            if one.implies(other, &mut patience) {
                prop_assert!(!one.holds(&world.facts()) || other.holds(&world.facts()));
            }
        }
    }

    #[test]
    fn what_several_hold_between_them_is_held_by_one_of_them(
        several in prop::collection::vec(mixture(), 1..5), narrow in mixture(), world in world(),
    ) {
        let known: Vec<_> = several.iter().filter_map(|text| compiled(text).0).collect();
        let mut cover = Cover::default();
        known.iter().enumerate().for_each(|(number, one)| cover.add(number, one));
        let narrow = compiled(&narrow).0.expect("a good condition");
        if let Some(found) = cover.of(&narrow, &mut 10_000) {
            let holds = |number: &usize| known[*number].holds(&world.facts());
            prop_assert!(!narrow.holds(&world.facts()) || found.iter().any(holds));
        }
    }

    #[test]
    fn no_text_does_harm(text in "\\PC{0,60}") {
        compiled(&text);
    }

    #[test]
    fn no_jumble_of_words_does_harm(words in prop::collection::vec(prop::sample::select(vec![
        "customer.vip", "channel.type", "\"a\"", "'b", "\\", "(", ")", "[", "]", "&&", "||", "and", "!", "==",
        "=", "<", "in", "+", "/", "0", "1.5e3", "10m", ".", "size", "has", "contains", "?", ":", ",", "“x”", "ñ",
    ]), 0..20), gap in prop::sample::select(vec!["", " "])) {
        compiled(&words.join(gap));
    }
}

#[test]
fn long_and_deep_texts_are_answered_at_once() {
    for part in ["(", "!", "-", "[", "a?", "a.", "1+", "a==", "a&&", "\"", "customer.tags.contains(", "a in "]
    {
        let (condition, findings) = compiled(&part.repeat(20_000));
        assert_eq!(condition, None, "{part}");
        assert!(findings.has_errors(), "{part}");
    }
    let long = vec!["customer.vip"; 20_000].join(" && ");
    assert!(compiled(&long).0.is_some());
}

#[test]
fn only_what_leaves_nothing_between_its_sides_covers_everything() {
    let covered = |several: [&str; 2]| {
        let known = several.map(|text| compiled(text).0.expect("a good condition"));
        let mut cover = Cover::default();
        known.iter().enumerate().for_each(|(number, one)| cover.add(number, one));
        let narrow = compiled("customer.vip").0.expect("a good condition");
        cover.of(&narrow, &mut 10_000).map(|found| found.len())
    };
    assert_eq!(covered(["customer.orders_count < 2", "customer.orders_count >= 2"]), Some(2));
    assert_eq!(covered(["customer.orders_count <= 2", "customer.orders_count > 2"]), Some(2));
    for (several, left) in [
        (["customer.orders_count < 2", "customer.orders_count > 2"], "two orders"),
        (["customer.orders_count < 2", "customer.orders_count >= 3"], "two orders"),
        (["customer.orders_count < 2", "dialog.messages >= 2"], "many orders and few messages"),
        (
            [
                "customer.orders_count / customer.orders_count < 2",
                "customer.orders_count / customer.orders_count >= 2",
            ],
            "no orders: nothing divided by nothing is no number",
        ),
    ] {
        assert_eq!(covered(several), None, "{several:?} leaves {left}");
    }
}
