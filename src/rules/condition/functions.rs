//! The functions and methods of conditions.

use std::ops::Range;
use std::sync::Arc;

use super::ast::{Expr, Kind, Name};
use super::compile::{Compiler, Typed};
use super::eval::millis;
use super::pattern::{Pattern, within_quoted};
use super::typed::{Condition, Missable, Number};
use crate::rules::codes::Code;
use crate::rules::durations;
use crate::rules::facts::Known;
use crate::rules::listing::listed;

const FUNCTIONS: [&str; 4] = ["size", "has", "open", "duration"];
const METHODS: [&str; 5] = ["startsWith", "endsWith", "contains", "matches", "size"];
/// The work of compiling a pattern, compared with reading a word.
const PATTERN_STEPS: usize = 100;

impl Compiler<'_, '_> {
    pub(super) fn call(&mut self, name: &Name, arguments: &[Expr], span: &Range<usize>) -> Option<Typed> {
        match &*name.text {
            "size" => {
                let argument = self.only(name, arguments, span)?;
                self.size(argument)
            }
            "has" => {
                let argument = self.only(name, arguments, span)?;
                self.has(argument)
            }
            "open" => {
                let argument = self.only(name, arguments, span)?;
                self.open(argument)
            }
            "duration" => {
                let argument = self.only(name, arguments, span)?;
                self.duration(argument)
            }
            _ => {
                let is_method = METHODS.contains(&&*name.text);
                let help = if is_method {
                    format!("`{0}` is called on a text: `text.{0}(…)`", name.text)
                } else {
                    "the functions are size(x), has(fact), open(\"schedule\") and duration(text)".into()
                };
                self.unknown(name, &FUNCTIONS, &help)
            }
        }
    }

    pub(super) fn method(
        &mut self,
        name: &Name,
        on: &Expr,
        arguments: &[Expr],
        span: &Range<usize>,
    ) -> Option<Typed> {
        if &*name.text == "size" {
            if !arguments.is_empty() {
                return self.wrong(span, "`size` of a value takes no arguments", "");
            }
            return self.size(on);
        }
        if &*name.text == "matches" {
            let on = self.text(on, "`matches`");
            let pattern = self.only(name, arguments, span).and_then(|argument| self.pattern(argument));
            return Some(Typed::Condition(Condition::matches(on?, pattern?)));
        }
        let build = match &*name.text {
            "startsWith" => Condition::StartsWith,
            "endsWith" => Condition::EndsWith,
            "contains" => Condition::Contains,
            _ => {
                let help = "the methods are .startsWith(), .endsWith(), .contains() and .matches()";
                return self.unknown(name, &METHODS, help);
            }
        };
        let user = format!("`{}`", name.text);
        let on = self.text(on, &user);
        let argument = self.only(name, arguments, span)?;
        let argument = self.text(argument, &user);
        Some(Typed::Condition(build(on?, argument?)))
    }

    fn only<'e>(&mut self, name: &Name, arguments: &'e [Expr], span: &Range<usize>) -> Option<&'e Expr> {
        if let [only] = arguments {
            return Some(only);
        }
        let message = format!("`{}` takes one argument, not {}", name.text, arguments.len());
        self.wrong(span, message, "");
        None
    }

    fn unknown(&mut self, name: &Name, known: &[&str], help: &str) -> Option<Typed> {
        let message = format!("there is no function `{}`", name.text);
        let finding = self.report.finding(Code::UnknownFunction, &name.span, message);
        let near = self.report.findings.nearest(&name.text, known.iter().copied());
        let finding = finding.nearest(near, || help.to_owned());
        self.report.add(finding);
        None
    }

    fn size(&mut self, of: &Expr) -> Option<Typed> {
        let number = match self.typed(of)? {
            Typed::Text(text, _) => Number::Length(Box::new(text)),
            Typed::Texts(texts) => Number::Count(texts),
            Typed::TextList(list) => Number::Constant(list.len() as f64),
            Typed::NumberList(list) => Number::Constant(list.len() as f64),
            Typed::EmptyList => Number::Constant(0.0),
            Typed::Condition(_) | Typed::Number(_) | Typed::Duration(_) => {
                return self.wrong(&of.span, "`size` takes a text or a list", "");
            }
        };
        Some(Typed::Number(number))
    }

    /// The name stands in the condition itself, so that it is known to exist.
    fn open(&mut self, which: &Expr) -> Option<Typed> {
        let Kind::Text(name) = &which.kind else {
            let help = "`open(\"office\")` asks whether `[schedules.office]` is open";
            return self.wrong(&which.span, "`open` takes the name of a schedule in quotes", help);
        };
        if let Some(schedule) = self.facts.find_schedule(name) {
            return Some(Typed::Condition(Condition::Open(Arc::clone(schedule))));
        }
        let message = format!("there is no schedule `{name}`");
        let finding = self.report.finding(Code::UnknownSchedule, &which.span, message);
        let near =
            self.report.findings.nearest(name, self.facts.schedules()).map(|near| format!("\"{near}\""));
        let known = listed(self.facts.schedules());
        self.report.add(finding.nearest(near.as_deref(), || {
            if known.is_empty() {
                format!("define it: `[schedules.{name}]` with `open = {{ mon-fri = [\"09:00-18:00\"] }}`")
            } else {
                format!("the schedules are {known}")
            }
        }));
        None
    }

    /// A duration that is written out; what it is called with is nothing that facts could say.
    fn duration(&mut self, of: &Expr) -> Option<Typed> {
        let Kind::Text(text) = &of.kind else {
            let help = "write it like `duration(\"1h30m\")`";
            return self.wrong(&of.span, "`duration` takes a text that is written out", help);
        };
        match durations::parse(text) {
            Ok(duration) => Some(Typed::Duration(Number::Constant(millis(duration)))),
            Err(bad) => {
                let message = format!("\"{text}\" is not a duration: {}", bad.words());
                let finding = self.report.finding(Code::BadDuration, &of.span, message);
                self.report.add(finding.help("durations look like \"90s\", \"2m\", \"72h\" or \"1h30m\""));
                None
            }
        }
    }

    fn pattern(&mut self, of: &Expr) -> Option<Pattern> {
        let Kind::Text(text) = &of.kind else {
            let help = "write it like `dialog.text.matches(r\"order \\d+\")`";
            self.wrong(&of.span, "the pattern must be a text that is written out", help);
            return None;
        };
        // What a pattern costs is limited by its size when compiled.
        self.report.findings.spend(PATTERN_STEPS);
        match Pattern::compile(text) {
            Ok(pattern) => Some(pattern),
            Err(bad) => {
                let place = within_quoted(self.report.text, &of.span, &bad.at);
                let finding = self.report.finding(Code::BadPattern, &place, bad.message);
                let finding = if place == of.span { finding } else { finding.label("here") };
                self.report.add(finding.help(bad.help));
                None
            }
        }
    }

    fn has(&mut self, of: &Expr) -> Option<Typed> {
        let Kind::Fact(name) = &of.kind else {
            let help = "`has(fact)` asks whether a fact is known";
            return self.wrong(&of.span, "`has` takes the name of a fact", help);
        };
        let missable = match self.facts.get(name) {
            Some(Known::Declared(fact)) => Some(Missable::Declared(fact.clone())),
            Some(Known::BuiltIn(info)) => Missable::of(info),
            None => {
                self.unknown_fact(name, &of.span);
                return None;
            }
        };
        let Some(missable) = missable else {
            let message = format!("`{name}` is always there");
            let finding = self.report.finding(Code::AlwaysThere, &of.span, message);
            self.report.add(finding.help("ask for its value instead"));
            return Some(Typed::Condition(Condition::Constant(true)));
        };
        Some(Typed::Condition(Condition::Has(missable)))
    }
}
