//! From words and signs to a tree, by recursive descent. Stops at the first thing it cannot read.

use std::ops::Range;
use std::sync::Arc;

use super::Report;
use super::ast::{Comparison, Expr, Kind, MAX_DEPTH, Name, Operator};
use super::lexer::Token;
use crate::rules::codes::Code;

/// The longest name of a fact, in bytes.
const MAX_NAME: usize = 256;

/// Reads a whole condition. `None` when something was reported.
pub(super) fn parse(tokens: Vec<(Token, Range<usize>)>, report: &mut Report<'_>) -> Option<Expr> {
    let mut parser = Parser { tokens, at: 0, nesting: 0, report };
    if parser.peek() == &Token::End {
        let finding = parser.report.finding(Code::ConditionSyntax, &parser.place(), "the condition is empty");
        let help = "leave `when` out to match every dialog";
        parser.report.add(finding.help(help));
        return None;
    }
    let tree = parser.choice()?;
    if parser.peek() == &Token::End {
        return Some(tree);
    }
    let help = match parser.peek() {
        Token::Sign(")" | "]") => "it closes nothing that was opened",
        Token::Name(_) | Token::Number(_) | Token::Text(_) | Token::Sign("(" | "!") => {
            "join two conditions with && or ||"
        }
        Token::Sign(_) | Token::Broken | Token::End => "the condition could end before it",
    };
    parser.unexpected("the end or an operator", help)
}

struct Parser<'a, 'r> {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    nesting: usize,
    report: &'a mut Report<'r>,
}

impl Parser<'_, '_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn place(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// The last token is never passed.
    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn accept(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.peek(), Token::Sign(there) if *there == sign);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn expect(&mut self, sign: &str, opened: &Range<usize>) -> Option<()> {
        if self.accept(sign) {
            return Some(());
        }
        // What was reported as unreadable is not reported again.
        if self.peek() != &Token::Broken {
            let (wanted, found) = (format!("expected `{sign}`"), self.found());
            let finding =
                self.report.finding(Code::ConditionSyntax, &self.place(), format!("{wanted}, {found}"));
            let opened = self.report.span(opened);
            self.report.add(finding.also(opened, "for this"));
        }
        None
    }

    fn found(&self) -> String {
        match self.peek() {
            Token::Number(number) => format!("found the number {number}"),
            Token::Text(_) => "found a text".into(),
            Token::Name(name) => format!("found `{name}`"),
            Token::Sign(sign) => format!("found `{sign}`"),
            Token::Broken | Token::End => "found the end of the condition".into(),
        }
    }

    fn unexpected<T>(&mut self, wanted: &str, help: &str) -> Option<T> {
        if self.peek() != &Token::Broken {
            let message = format!("expected {wanted}, {}", self.found());
            let finding = self.report.finding(Code::ConditionSyntax, &self.place(), message);
            self.report.add(finding.help(help));
        }
        None
    }

    fn too_deep<T>(&mut self, place: &Range<usize>) -> Option<T> {
        let message = format!("the condition is nested more than {MAX_DEPTH} levels deep");
        let finding = self.report.finding(Code::TooDeep, place, message);
        let help = "split it into several rules, or move a part into a declared fact";
        self.report.add(finding.help(help));
        None
    }

    fn node(&mut self, kind: Kind, span: Range<usize>) -> Option<Expr> {
        let node = Expr::new(kind, span);
        if node.depth > MAX_DEPTH {
            return self.too_deep(&node.span);
        }
        Some(node)
    }

    /// Goes down one level.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Expr>) -> Option<Expr> {
        if self.nesting >= MAX_DEPTH {
            return self.too_deep(&self.place());
        }
        self.nesting += 1;
        let inner = read(self);
        self.nesting -= 1;
        inner
    }

    /// `a ? b : c`
    fn choice(&mut self) -> Option<Expr> {
        let condition = self.any()?;
        let question = self.place();
        if !self.accept("?") {
            return Some(condition);
        }
        let yes = self.nested(Self::any)?;
        self.expect(":", &question)?;
        let no = self.nested(Self::choice)?;
        let span = condition.span.start..no.span.end;
        self.node(Kind::If(Box::new((condition, yes, no))), span)
    }

    fn any(&mut self) -> Option<Expr> {
        self.joined("||", Self::all, Kind::Or)
    }

    fn all(&mut self) -> Option<Expr> {
        self.joined("&&", Self::relation, Kind::And)
    }

    /// One part, or several joined by a sign, on one level however many there are.
    fn joined(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Option<Expr>,
        kind: fn(Vec<Expr>) -> Kind,
    ) -> Option<Expr> {
        let first = part(self)?;
        let start = first.span.start;
        let mut parts = vec![first];
        let mut end = parts[0].span.end;
        while self.accept(sign) {
            let next = part(self)?;
            end = next.span.end;
            parts.push(next);
        }
        match parts.len() {
            1 => parts.pop(),
            _ => self.node(kind(parts), start..end),
        }
    }

    fn relation(&mut self) -> Option<Expr> {
        let mut left = self.sum()?;
        loop {
            let Token::Sign(sign) = self.peek() else {
                return Some(left);
            };
            let comparison = match *sign {
                "==" => Some(Comparison::Equal),
                "!=" => Some(Comparison::NotEqual),
                "<" => Some(Comparison::Less),
                "<=" => Some(Comparison::LessOrEqual),
                ">" => Some(Comparison::Greater),
                ">=" => Some(Comparison::GreaterOrEqual),
                "in" => None,
                _ => return Some(left),
            };
            self.advance();
            let right = self.sum()?;
            let span = left.span.start..right.span.end;
            let pair = Box::new((left, right));
            let kind = match comparison {
                Some(comparison) => Kind::Compare(comparison, pair),
                None => Kind::In(pair),
            };
            left = self.node(kind, span)?;
        }
    }

    fn sum(&mut self) -> Option<Expr> {
        let signs = [("+", Operator::Plus), ("-", Operator::Minus)];
        self.calculation(signs, Self::product)
    }

    fn product(&mut self) -> Option<Expr> {
        let signs = [("*", Operator::Times), ("/", Operator::Over)];
        self.calculation(signs, Self::unary)
    }

    fn calculation(
        &mut self,
        signs: [(&str, Operator); 2],
        part: fn(&mut Self) -> Option<Expr>,
    ) -> Option<Expr> {
        let mut left = part(self)?;
        while let Some((_, operator)) = signs.iter().find(|(sign, _)| self.accept(sign)) {
            let right = part(self)?;
            let span = left.span.start..right.span.end;
            left = self.node(Kind::Calculate(*operator, Box::new((left, right))), span)?;
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expr> {
        let start = self.place().start;
        let is_not = self.accept("!");
        if !is_not && !self.accept("-") {
            return self.postfix();
        }
        let inner = self.nested(Self::unary)?;
        let span = start..inner.span.end;
        let kind = if is_not { Kind::Not } else { Kind::Negative };
        self.node(kind(Box::new(inner)), span)
    }

    /// A value and the methods called on it.
    fn postfix(&mut self) -> Option<Expr> {
        let mut value = self.primary()?;
        while self.accept(".") {
            let name = self.name()?;
            let opened = self.place();
            if self.accept("(") {
                let arguments = self.arguments(")", &opened)?;
                let span = value.span.start..self.tokens[self.at - 1].1.end;
                value = self.node(Kind::Method(name, Box::new(value), arguments), span)?;
            } else if let Kind::Fact(path) = &value.kind {
                // No fact has so long a name, and each dot copies it.
                if path.len() > MAX_NAME {
                    return self.too_deep(&(value.span.start..name.span.end));
                }
                let path: Arc<str> = format!("{path}.{}", name.text).into();
                value = Expr::new(Kind::Fact(path), value.span.start..name.span.end);
            } else {
                let help = "only the names of facts and the names of methods follow a dot";
                return self.unexpected("`(`", help);
            }
        }
        Some(value)
    }

    fn name(&mut self) -> Option<Name> {
        let Token::Name(text) = self.peek() else {
            return self.unexpected("a name", "a dot is followed by a name");
        };
        let name = Name { text: text.clone(), span: self.place() };
        self.advance();
        Some(name)
    }

    /// What stands between brackets, up to the closing one.
    fn arguments(&mut self, closing: &str, opened: &Range<usize>) -> Option<Vec<Expr>> {
        let mut arguments = Vec::new();
        while !self.accept(closing) {
            arguments.push(self.nested(Self::choice)?);
            if !self.accept(",") {
                self.expect(closing, opened)?;
                break;
            }
        }
        Some(arguments)
    }

    fn primary(&mut self) -> Option<Expr> {
        let place = self.place();
        let kind = match self.peek().clone() {
            Token::Number(number) => Kind::Number(number),
            Token::Text(text) => Kind::Text(text),
            Token::Name(name) => match &*name {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                _ => {
                    self.advance();
                    let opened = self.place();
                    if !self.accept("(") {
                        return Some(Expr::new(Kind::Fact(name), place));
                    }
                    let arguments = self.arguments(")", &opened)?;
                    let span = place.start..self.tokens[self.at - 1].1.end;
                    let name = Name { text: name, span: place };
                    return self.node(Kind::Call(name, arguments), span);
                }
            },
            Token::Sign("(") => {
                self.advance();
                let mut inner = self.nested(Self::choice)?;
                self.expect(")", &place)?;
                inner.span = place.start..self.tokens[self.at - 1].1.end;
                return Some(inner);
            }
            Token::Sign("[") => {
                self.advance();
                let items = self.arguments("]", &place)?;
                let span = place.start..self.tokens[self.at - 1].1.end;
                return self.node(Kind::List(items), span);
            }
            Token::Sign(_) | Token::Broken | Token::End => {
                let help = "a fact, a text in quotes, a number or a list belongs here";
                return self.unexpected("a value", help);
            }
        };
        self.advance();
        Some(Expr::new(kind, place))
    }
}
