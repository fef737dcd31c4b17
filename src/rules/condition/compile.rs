//! From the tree as written to the typed one: names are looked up and types agree, or it is reported.
//! All type errors of a condition are found in one run.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every type but the wanted one is reported in the same way"
)]

use std::ops::Range;
use std::sync::Arc;

use super::Report;
use super::ast::{Comparison, Expr, Kind, Operator};
use super::typed::{BoolFact, Condition, Number, NumberFact, Text, TextFact, Texts};
use crate::rules::codes::Code;
use crate::rules::facts::{FactInfo, FactTable, FactType, Known, Reads};
use crate::rules::listing::listed;

/// A part of a condition with its type.
pub(super) enum Typed {
    Condition(Condition),
    Number(Number),
    /// In milliseconds.
    Duration(Number),
    /// A text, and the values it can have when they are few.
    Text(Text, Option<Arc<[Arc<str>]>>),
    Texts(Texts),
    TextList(Vec<(Arc<str>, Range<usize>)>),
    NumberList(Vec<f64>),
    EmptyList,
}

impl Typed {
    fn what(&self) -> &'static str {
        match self {
            Self::Condition(_) => "a condition",
            Self::Number(_) => "a number",
            Self::Duration(_) => "a duration",
            Self::Text(..) => "a text",
            Self::Texts(_) | Self::TextList(_) => "a list of texts",
            Self::NumberList(_) => "a list of numbers",
            Self::EmptyList => "an empty list",
        }
    }
}

/// Compiles the whole condition. `None` when something was reported.
pub(super) fn compile(tree: &Expr, facts: &FactTable, report: &mut Report<'_>) -> Option<Condition> {
    let mut compiler = Compiler { facts, report };
    match compiler.typed(tree)? {
        Typed::Condition(condition) => Some(condition),
        other => {
            let message = format!("a condition is true or false, this is {}", other.what());
            let finding = compiler.report.finding(Code::NotACondition, &tree.span, message);
            let help = match other {
                Typed::Number(_) => "compare it, for example with `> 0`",
                Typed::Duration(_) => "compare it, for example with `> duration(\"1h\")`",
                Typed::Text(..) => "compare it, for example with `== \"…\"`",
                _ => "ask whether something is in it: `\"…\" in …`",
            };
            compiler.report.add(finding.help(help));
            None
        }
    }
}

pub(super) struct Compiler<'a, 'r> {
    pub(super) facts: &'a FactTable,
    pub(super) report: &'a mut Report<'r>,
}

impl Compiler<'_, '_> {
    pub(super) fn typed(&mut self, expr: &Expr) -> Option<Typed> {
        match &expr.kind {
            Kind::Bool(value) => Some(Typed::Condition(Condition::Constant(*value))),
            Kind::Number(number) => Some(Typed::Number(Number::Constant(*number))),
            Kind::Text(text) => Some(Typed::Text(Text::Constant(text.clone()), None)),
            Kind::List(items) => self.list(items),
            Kind::Fact(name) => self.fact(name, &expr.span),
            Kind::Not(inner) => {
                let inner = self.condition(inner, "`!`")?;
                Some(Typed::Condition(inner.not()))
            }
            Kind::Negative(inner) => {
                let inner = self.number(inner, "`-`")?;
                Some(Typed::Number(inner.negative()))
            }
            Kind::And(parts) => {
                let parts = self.conditions(parts, "`&&`")?;
                Some(Typed::Condition(Condition::all(parts)))
            }
            Kind::Or(parts) => {
                let parts = self.conditions(parts, "`||`")?;
                Some(Typed::Condition(Condition::any(parts)))
            }
            Kind::Compare(comparison, pair) => self.compare(*comparison, pair, &expr.span),
            Kind::Calculate(operator, pair) => self.calculate(*operator, pair),
            Kind::In(pair) => self.membership(pair, &expr.span),
            Kind::If(three) => self.choice(three, &expr.span),
            Kind::Call(name, arguments) => self.call(name, arguments, &expr.span),
            Kind::Method(name, on, arguments) => self.method(name, on, arguments, &expr.span),
        }
    }

    pub(super) fn wrong(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) -> Option<Typed> {
        let finding = self.report.finding(Code::WrongOperand, at, message);
        let finding = if help.is_empty() { finding } else { finding.help(help) };
        self.report.add(finding);
        None
    }

    fn condition(&mut self, expr: &Expr, user: &str) -> Option<Condition> {
        match self.typed(expr)? {
            Typed::Condition(condition) => Some(condition),
            other => {
                let message = format!("{user} takes conditions, this is {}", other.what());
                self.wrong(&expr.span, message, "compare it with something first");
                None
            }
        }
    }

    fn conditions(&mut self, parts: &[Expr], user: &str) -> Option<Vec<Condition>> {
        let typed: Vec<_> = parts.iter().map(|part| self.condition(part, user)).collect();
        typed.into_iter().collect()
    }

    fn number(&mut self, expr: &Expr, user: &str) -> Option<Number> {
        match self.typed(expr)? {
            Typed::Number(number) => Some(number),
            other => self.no_number(&other, expr, user),
        }
    }

    fn no_number<T>(&mut self, other: &Typed, expr: &Expr, user: &str) -> Option<T> {
        let message = format!("{user} takes numbers, this is {}", other.what());
        let is_text = matches!(other, Typed::Text(..));
        let help = match user {
            "`+`" if is_text => "texts cannot be joined; compare them one by one with &&",
            _ if is_text => "write numbers without quotes",
            _ => "",
        };
        self.wrong(&expr.span, message, help);
        None
    }

    pub(super) fn text(&mut self, expr: &Expr, user: &str) -> Option<Text> {
        match self.typed(expr)? {
            Typed::Text(text, _) => Some(text),
            other => {
                let message = format!("{user} takes a text, this is {}", other.what());
                let help = match other {
                    Typed::Texts(_) | Typed::TextList(_) => {
                        "ask whether a list has a text with `\"…\" in list`"
                    }
                    _ => "",
                };
                self.wrong(&expr.span, message, help);
                None
            }
        }
    }

    fn list(&mut self, items: &[Expr]) -> Option<Typed> {
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        for item in items {
            let typed = self.typed(item)?;
            let other_kind = match typed {
                Typed::Text(Text::Constant(text), _) => {
                    texts.push((text, item.span.clone()));
                    !numbers.is_empty()
                }
                Typed::Number(Number::Constant(number)) => {
                    numbers.push(number);
                    !texts.is_empty()
                }
                Typed::Text(..) | Typed::Number(_) => {
                    let help = "compare facts one by one with || instead";
                    return self.wrong(&item.span, "a list holds only written-out values", help);
                }
                other => {
                    let message = format!("a list holds texts or numbers, this is {}", other.what());
                    return self.wrong(&item.span, message, "");
                }
            };
            if other_kind {
                return self.wrong(&item.span, "a list holds either texts or numbers, not both", "");
            }
        }
        Some(match (texts.is_empty(), numbers.is_empty()) {
            (true, true) => Typed::EmptyList,
            (false, _) => Typed::TextList(texts),
            (true, false) => Typed::NumberList(numbers),
        })
    }

    fn fact(&mut self, name: &Arc<str>, span: &Range<usize>) -> Option<Typed> {
        match self.facts.get(name) {
            Some(Known::BuiltIn(info)) => Some(built_in(info)),
            Some(Known::Declared(fact)) => {
                let fact = fact.clone();
                Some(match fact.kind {
                    FactType::Bool => Typed::Condition(Condition::Fact(BoolFact::Declared(fact))),
                    FactType::Number => Typed::Number(Number::Fact(NumberFact::Declared(fact))),
                    FactType::Duration => Typed::Duration(Number::Fact(NumberFact::Declared(fact))),
                    FactType::Text => Typed::Text(Text::Fact(TextFact::Declared(fact)), None),
                    FactType::Enum => {
                        let values = fact.values.clone().into();
                        Typed::Text(Text::Fact(TextFact::Declared(fact)), Some(values))
                    }
                    FactType::Texts => Typed::Texts(Texts::Declared(fact)),
                })
            }
            None => {
                self.unknown_fact(name, span);
                None
            }
        }
    }

    pub(super) fn unknown_fact(&mut self, name: &str, span: &Range<usize>) {
        let message = format!("there is no fact `{name}`");
        let finding = self.report.finding(Code::UnknownFact, span, message);
        let near = self.report.findings.nearest(name, self.facts.names());
        // A single word is more likely a text without quotes.
        let quoted = format!("\"{name}\"");
        let is_text = !matches!(name, "null" | "customer" | "channel" | "dialog");
        let near = near.or((is_text && !name.contains('.')).then_some(&*quoted));
        let may_list = self.report.findings.may_suggest();
        let finding = finding.nearest(near, || {
            let prefix = format!("{}.", name.split('.').next().unwrap_or(name));
            let kin = self.facts.names().filter(|known| may_list && known.starts_with(&prefix));
            let kin = listed(kin);
            match (name, kin.is_empty()) {
                ("null", _) => "nothing is null: ask `has(fact)` whether a fact is known".into(),
                (_, false) => format!("known are {kin}"),
                (_, true) => "a fact of your CRM's own is declared in `[facts]` first".into(),
            }
        });
        self.report.add(finding);
    }

    fn compare(&mut self, comparison: Comparison, pair: &(Expr, Expr), span: &Range<usize>) -> Option<Typed> {
        let (left, right) = (self.typed(&pair.0), self.typed(&pair.1));
        let (left, right) = (left?, right?);
        let sign = comparison.sign();
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let equal = match (left, right) {
            (Typed::Number(left), Typed::Number(right)) | (Typed::Duration(left), Typed::Duration(right)) => {
                let condition = Condition::compare(comparison, left, right);
                return Some(Typed::Condition(condition));
            }
            (Typed::Text(left, left_values), Typed::Text(right, right_values)) if is_equality => {
                self.check_value(&right, left_values.as_deref(), &pair.1.span)?;
                self.check_value(&left, right_values.as_deref(), &pair.0.span)?;
                Condition::equal(left, right)
            }
            (Typed::Condition(left), Typed::Condition(right)) if is_equality => Condition::same(left, right),
            (left, right) => {
                let (left, right) = (left.what(), right.what());
                let (message, help) = if left == right && !is_equality {
                    (format!("`{sign}` compares numbers or durations, this is {left}"), "")
                } else if left == right {
                    let help = "ask whether a list has a text with `\"…\" in list`";
                    ("lists cannot be compared".to_owned(), help)
                } else if left.contains("list") || right.contains("list") {
                    let help = "ask whether a value is in a list with `value in list`";
                    (format!("`{sign}` cannot compare {left} with {right}"), help)
                } else {
                    let is_chain = matches!(pair.0.kind, Kind::Compare(..));
                    let help = match (left, right) {
                        ("a text", "a number") | ("a number", "a text") => {
                            "numbers are written without quotes, texts with"
                        }
                        ("a duration", _) | (_, "a duration") => {
                            "write the duration out: `duration(\"1h30m\")`"
                        }
                        _ if is_chain => "write a < b < c as `a < b && b < c`",
                        _ => "",
                    };
                    (format!("`{sign}` cannot compare {left} with {right}"), help)
                };
                return self.wrong(span, message, help);
            }
        };
        let is_equal = comparison == Comparison::Equal;
        Some(Typed::Condition(if is_equal { equal } else { equal.not() }))
    }

    /// A written-out text that is compared with an enum must be one of its values.
    fn check_value(&mut self, text: &Text, values: Option<&[Arc<str>]>, span: &Range<usize>) -> Option<()> {
        let (Text::Constant(text), Some(values)) = (text, values) else {
            return Some(());
        };
        if values.contains(text) {
            return Some(());
        }
        let known = || values.iter().map(AsRef::as_ref);
        let message = format!("the fact is never \"{text}\"");
        let finding = self.report.finding(Code::NotAChoice, span, message);
        let near = self.report.findings.nearest(text, known()).map(|near| format!("\"{near}\""));
        let finding = finding.nearest(near.as_deref(), || format!("its values are {}", listed(known())));
        self.report.add(finding);
        None
    }

    fn calculate(&mut self, operator: Operator, pair: &(Expr, Expr)) -> Option<Typed> {
        let user = format!("`{}`", operator.sign());
        let left = self.quantity(&pair.0, &user);
        let right = self.quantity(&pair.1, &user);
        let ((left, of_time), (right, by_time)) = (left?, right?);
        let is_sum = matches!(operator, Operator::Plus | Operator::Minus);
        if (of_time || by_time) && !(of_time && by_time && is_sum) {
            let odd = if of_time { &pair.1 } else { &pair.0 };
            let message = format!("{user} cannot take a duration here");
            let help = "durations are added to durations and subtracted from them: `a - duration(\"1h\")`";
            return self.wrong(&odd.span, message, help);
        }
        if operator == Operator::Over && right == Number::Constant(0.0) {
            let message = "this divides by zero";
            let finding = self.report.finding(Code::DivisionByZero, &pair.1.span, message);
            self.report.add(finding);
            return None;
        }
        let result = Number::calculate(operator, left, right);
        Some(if of_time { Typed::Duration(result) } else { Typed::Number(result) })
    }

    /// A number or a duration, and whether it is a duration.
    fn quantity(&mut self, expr: &Expr, user: &str) -> Option<(Number, bool)> {
        match self.typed(expr)? {
            Typed::Number(number) => Some((number, false)),
            Typed::Duration(duration) => Some((duration, true)),
            other => self.no_number(&other, expr, user),
        }
    }

    fn membership(&mut self, pair: &(Expr, Expr), span: &Range<usize>) -> Option<Typed> {
        let (item, list) = (self.typed(&pair.0), self.typed(&pair.1));
        let (item, list) = (item?, list?);
        let condition = match (item, list) {
            (Typed::Text(text, values), Typed::TextList(list)) => {
                for (item, span) in &list {
                    self.check_value(&Text::Constant(item.clone()), values.as_deref(), span)?;
                }
                Condition::one_of(text, list.into_iter().map(|(item, _)| item).collect())
            }
            (Typed::Text(text, _), Typed::Texts(texts)) => Condition::Among(text, texts),
            (Typed::Number(number), Typed::NumberList(list)) => Condition::number_one_of(number, list),
            (Typed::Text(..) | Typed::Number(_), Typed::EmptyList) => Condition::Constant(false),
            (item, list) => {
                let message = format!("`in` cannot look for {} in {}", item.what(), list.what());
                let help = match list {
                    Typed::Text(..) => "whether a text is in a text is asked with .contains()",
                    _ => "`in` takes a text and a list of texts, or a number and a list of numbers",
                };
                return self.wrong(span, message, help);
            }
        };
        Some(Typed::Condition(condition))
    }

    fn choice(&mut self, three: &(Expr, Expr, Expr), span: &Range<usize>) -> Option<Typed> {
        let condition = self.condition(&three.0, "`?`");
        let (yes, no) = (self.typed(&three.1), self.typed(&three.2));
        let condition = condition?;
        Some(match (yes?, no?) {
            (Typed::Condition(yes), Typed::Condition(no)) => {
                Typed::Condition(Condition::choose(condition, yes, no))
            }
            (Typed::Number(yes), Typed::Number(no)) => Typed::Number(Number::choose(condition, yes, no)),
            (Typed::Duration(yes), Typed::Duration(no)) => {
                Typed::Duration(Number::choose(condition, yes, no))
            }
            (Typed::Text(yes, _), Typed::Text(no, _)) => Typed::Text(Text::choose(condition, yes, no), None),
            (yes, no) => {
                let message = format!(
                    "both results of `?` must be of one type and no lists, these are {} and {}",
                    yes.what(),
                    no.what()
                );
                return self.wrong(span, message, "");
            }
        })
    }
}

fn built_in(info: &FactInfo) -> Typed {
    let condition = |fact| Typed::Condition(Condition::Fact(fact));
    let number = |fact| Typed::Number(Number::Fact(fact));
    let text = |fact| {
        let values: Arc<[Arc<str>]> = info.values.iter().map(|value| Arc::from(*value)).collect();
        Typed::Text(Text::Fact(fact), (!values.is_empty()).then_some(values))
    };
    match info.reads() {
        Reads::ChannelId => text(TextFact::ChannelId),
        Reads::ChannelType => text(TextFact::ChannelType),
        Reads::ChannelName => text(TextFact::ChannelName),
        Reads::ChannelSite => text(TextFact::ChannelSite),
        Reads::CustomerId => text(TextFact::CustomerId),
        Reads::CustomerVip => condition(BoolFact::Vip),
        Reads::CustomerBad => condition(BoolFact::Bad),
        Reads::CustomerKnown => condition(BoolFact::Known),
        Reads::CustomerTags => Typed::Texts(Texts::Tags),
        Reads::CustomerOwner => text(TextFact::CustomerOwner),
        Reads::OrdersCount => number(NumberFact::OrdersCount),
        Reads::OrdersTotal => number(NumberFact::OrdersTotal),
        Reads::AverageOrder => number(NumberFact::AverageOrder),
        Reads::Language => text(TextFact::Language),
        Reads::DialogKind => text(TextFact::DialogKind),
        Reads::StartedBy => text(TextFact::StartedBy),
        Reads::Returning => condition(BoolFact::Returning),
        Reads::Messages => number(NumberFact::Messages),
        Reads::Moves => number(NumberFact::Moves),
        Reads::OpeningText => text(TextFact::OpeningText),
    }
}
