//! Another implementation of CEL as an oracle: the same condition and the same facts, the same answer.
//!
//! Where the languages differ on purpose, the condition is put in CEL's words first:
//!
//! * there is one type of number here, so every number becomes a `double`;
//! * a fact that is missing is an empty text here and an error in CEL; the oracle is told the empty text, and
//!   `has` is asked of a map of what is known;
//! * a division by zero gives 0 here and an infinity in CEL, and what is too large the largest number: such
//!   conditions are left out, and counted.
//!
//! What is only refused here (values that an enum does not have, texts compared by `<`) is never asked.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cel::{Context, Program, Value};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::ast::{Expr, Kind};
use super::properties::{World, compiled, condition_expr, expr, name, reading, world};
use crate::domain::facts::FactValue;

/// How many conditions are compared, a few seconds' worth; `REPARTO_ORACLE_CASES` asks for another number:
/// `REPARTO_ORACLE_CASES=10000 cargo test --lib oracle`.
const CASES: usize = 1_000;

/// The tree in CEL's words.
fn in_cel(tree: &Expr) -> Expr {
    let both = |pair: &(Expr, Expr)| Box::new((in_cel(&pair.0), in_cel(&pair.1)));
    let all = |parts: &[Expr]| parts.iter().map(in_cel).collect::<Vec<_>>();
    let double = |inner| Kind::Call(name("double"), vec![inner]);
    expr(match &tree.kind {
        Kind::Number(number) => double(expr(Kind::Number(*number))),
        Kind::Call(called, arguments) if &*called.text == "size" => {
            double(expr(Kind::Call(called.clone(), all(arguments))))
        }
        Kind::Call(called, arguments) if &*called.text == "has" => {
            let known = format!("known.{}", arguments[0].to_string().replace('.', "_"));
            Kind::Call(called.clone(), vec![expr(Kind::Fact(known.into()))])
        }
        Kind::Call(called, arguments) => Kind::Call(called.clone(), all(arguments)),
        Kind::Method(called, on, arguments) => {
            Kind::Method(called.clone(), Box::new(in_cel(on)), all(arguments))
        }
        Kind::List(items) => Kind::List(all(items)),
        Kind::Not(inner) => Kind::Not(Box::new(in_cel(inner))),
        Kind::Negative(inner) => Kind::Negative(Box::new(in_cel(inner))),
        Kind::And(parts) => Kind::And(all(parts)),
        Kind::Or(parts) => Kind::Or(all(parts)),
        Kind::Compare(comparison, pair) => Kind::Compare(*comparison, both(pair)),
        Kind::Calculate(operator, pair) => Kind::Calculate(*operator, both(pair)),
        Kind::In(pair) => Kind::In(both(pair)),
        Kind::If(parts) => Kind::If(Box::new((in_cel(&parts.0), in_cel(&parts.1), in_cel(&parts.2)))),
        Kind::Bool(_) | Kind::Text(_) | Kind::Fact(_) => tree.kind.clone(),
    })
}

/// What CEL and we calculate in different ways: a result that is zero for want of a divisor, or too large.
fn is_beyond_numbers(tree: &Expr, world: &World) -> bool {
    let pair = |pair: &(Expr, Expr)| is_beyond_numbers(&pair.0, world) || is_beyond_numbers(&pair.1, world);
    let some = |parts: &[Expr]| parts.iter().any(|part| is_beyond_numbers(part, world));
    match &tree.kind {
        Kind::Bool(_) | Kind::Text(_) | Kind::Fact(_) => false,
        // As a whole number it is too large for CEL.
        Kind::Number(number) => *number > 1e15,
        Kind::Calculate(operator, operands) => {
            let divides_by_zero =
                operator.sign() == "/" && reading(&operands.1, world) == FactValue::Number(0.0);
            let is_huge = matches!(reading(tree, world), FactValue::Number(number) if number.abs() > 1e300);
            divides_by_zero || is_huge || pair(operands)
        }
        Kind::Not(inner) | Kind::Negative(inner) => is_beyond_numbers(inner, world),
        Kind::And(parts) | Kind::Or(parts) | Kind::List(parts) | Kind::Call(_, parts) => some(parts),
        Kind::Compare(_, operands) | Kind::In(operands) => pair(operands),
        Kind::If(parts) => some(&[parts.0.clone(), parts.1.clone(), parts.2.clone()]),
        Kind::Method(_, on, arguments) => is_beyond_numbers(on, world) || some(arguments),
    }
}

fn value(fact: &FactValue) -> Value {
    match fact {
        FactValue::Bool(value) => (*value).into(),
        FactValue::Number(number) => (*number).into(),
        FactValue::Text(text) => text.to_string().into(),
        FactValue::Texts(texts) => texts.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
    }
}

/// The facts as CEL's variables.
fn context(world: &World) -> Context<'static, 'static> {
    let read = |name: &str| value(&reading(&expr(Kind::Fact(name.into())), world));
    let map = |prefix: &str, names: &[&str]| {
        let named = names.iter().map(|name| ((*name).to_owned(), read(&format!("{prefix}.{name}"))));
        Value::from(named.collect::<HashMap<String, Value>>())
    };
    let mut known: HashMap<String, Value> = HashMap::new();
    if world.customer.owner.is_some() {
        known.insert("customer_owner".into(), true.into());
    }
    known.extend(world.extra.keys().map(|name| (name.to_string(), true.into())));
    let mut context = Context::default();
    context.add_variable_from_value("channel", map("channel", &["type"]));
    let customer = ["owner", "orders_count", "orders_total", "tags", "vip"];
    context.add_variable_from_value("customer", map("customer", &customer));
    context.add_variable_from_value("dialog", map("dialog", &["text", "messages", "returning"]));
    context.add_variable_from_value("segment", read("segment"));
    context.add_variable_from_value("known", Value::from(known));
    let FactValue::Number(age) = reading(&expr(Kind::Fact("age".into())), world) else {
        panic!("an age is a duration");
    };
    context.add_variable_from_value(
        "age",
        Value::Duration(TimeDelta::from_std(Duration::from_secs_f64(age)).expect("a short time")),
    );
    context
}

/// The oracle's answer; `Err` when it has none.
fn asked(condition: &str, world: &World) -> Result<bool, String> {
    // Its grammar's runtime has been seen to panic.
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let program = Program::compile(condition).map_err(|errors| errors.to_string())?;
        program.execute(&context(world)).map_err(|error| error.to_string())
    }));
    match answer {
        Ok(Ok(Value::Bool(answer))) => Ok(answer),
        Ok(Ok(other)) => Err(format!("{other:?} is no condition")),
        Ok(Err(error)) => Err(error),
        Err(_) => Err("it panicked".into()),
    }
}

#[test]
fn conditions_mean_what_they_mean_in_cel() {
    let cases = std::env::var("REPARTO_ORACLE_CASES")
        .ok()
        .map_or(CASES, |cases| cases.parse().expect("REPARTO_ORACLE_CASES is a number"));
    let mut runner = TestRunner::deterministic();
    let strategy = (condition_expr(), world());
    let (mut compared, mut held, mut left_out) = (0, 0, 0);
    while compared < cases {
        let (tree, world) = strategy.new_tree(&mut runner).expect("nothing is filtered").current();
        if is_beyond_numbers(&tree, &world) {
            left_out += 1;
            continue;
        }
        let text = tree.to_string();
        let (condition, findings) = compiled(&text);
        let condition = condition.unwrap_or_else(|| panic!("{text}: {:#?}", findings.in_order()));
        let ours = condition.holds(&world.facts());
        let theirs = asked(&in_cel(&tree).to_string(), &world);
        assert_eq!(Ok(ours), theirs, "{text}\n{world:#?}");
        compared += 1;
        held += usize::from(ours);
    }
    // A comparison of conditions that always come out the same would show nothing.
    assert!(held * 5 > compared && (compared - held) * 5 > compared, "{held} of {compared} hold");
    assert!(left_out < compared, "{left_out} left out, {compared} compared");
}

#[test]
fn the_oracle_is_asked_in_its_own_words() {
    let check = |condition: &str, expected: Result<bool, ()>| {
        let world = world().new_tree(&mut TestRunner::deterministic()).expect("a world").current();
        let answer = asked(condition, &world);
        assert_eq!(answer.clone().map_err(|_| ()), expected, "{condition}: {answer:?}");
    };
    check("double(1) < double(2) && size('ab') == 2", Ok(true));
    check("duration('90s') + duration('30s') == duration('2m')", Ok(true));
    check(r#""order 17".matches("r \\d+$") && !has(known.nothing)"#, Ok(true));
    // An answer that is none is told from `false`.
    check("1 + 2", Err(()));
    check("1 +", Err(()));
    check("nothing.at.all", Err(()));
}
