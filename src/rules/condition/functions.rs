//! The functions and methods of conditions.

use std::ops::Range;

use super::ast::{Expr, Kind, Name};
use super::compile::{Compiler, Typed};
use super::typed::{Condition, Missable, Number};
use crate::nearest::nearest;
use crate::rules::codes::Code;
use crate::rules::facts::Known;

const FUNCTIONS: [&str; 2] = ["size", "has"];
const METHODS: [&str; 4] = ["startsWith", "endsWith", "contains", "size"];
/// Names that the language will have, and what does it until then.
const LATER: [(&str, &str); 2] = [
    ("matches", "use startsWith, endsWith or contains"),
    ("open", "leave the rule out, or let the CRM send a fact that says whether you are open"),
];

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
            _ => {
                let is_method = METHODS.contains(&&*name.text);
                let help = if is_method {
                    format!("`{0}` is called on a text: `text.{0}(…)`", name.text)
                } else {
                    "the functions are size(x) and has(fact)".into()
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
        let build = match &*name.text {
            "startsWith" => Condition::StartsWith,
            "endsWith" => Condition::EndsWith,
            "contains" => Condition::Contains,
            _ => {
                let help = "the methods are .startsWith(), .endsWith() and .contains()";
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
        let later = LATER.iter().find(|(later, _)| **later == *name.text);
        let finding = if let Some((_, instead)) = later {
            let message = format!("this version does not support `{}` yet", name.text);
            self.report.finding(Code::NotYetSupported, &name.span, message).help(*instead)
        } else {
            let message = format!("there is no function `{}`", name.text);
            let finding = self.report.finding(Code::UnknownFunction, &name.span, message);
            let near = nearest(&name.text, known.iter().copied());
            finding.nearest(near, || help.to_owned())
        };
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
            Typed::Condition(_) | Typed::Number(_) => {
                return self.wrong(&of.span, "`size` takes a text or a list", "");
            }
        };
        Some(Typed::Number(number))
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
