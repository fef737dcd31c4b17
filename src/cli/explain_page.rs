//! An explanation as a page of text: the sentence, then steps, candidates and clocks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::sentence::Language;
use crate::http::views::decision::DecisionRecord;
use crate::http::views::time::Time;

/// The part of an explanation that is printed.
#[derive(Deserialize)]
struct Told {
    summary: String,
    decision: Option<DecisionRecord>,
    decision_number: Option<u32>,
    why_not: Option<WhyNot>,
    history: Vec<Decided>,
}

#[derive(Deserialize)]
struct WhyNot {
    answer: String,
}

#[derive(Deserialize)]
struct Decided {
    number: Option<u32>,
    r#type: String,
    at: Time,
    summary: Option<String>,
}

/// The headings of a language.
struct Headings {
    why_not: &'static str,
    decision: &'static str,
    of: &'static str,
    waited: &'static str,
    entered: &'static str,
    rules: &'static str,
    tags: &'static str,
    steps: &'static str,
    candidates: [&'static str; 4],
    others: &'static str,
    history: &'static str,
    never: &'static str,
}

const ENGLISH: Headings = Headings {
    why_not: "Why not",
    decision: "Decision",
    of: "of",
    waited: "had waited",
    entered: "at this step since",
    rules: "rules",
    tags: "tags",
    steps: "Steps",
    candidates: ["Candidates", "verdict", "load", "idle for"],
    others: "Not listed",
    history: "All decisions",
    never: "never had one",
};

const SPANISH: Headings = Headings {
    why_not: "Por qué no",
    decision: "Decisión",
    of: "de",
    waited: "llevaba esperando",
    entered: "en este paso desde",
    rules: "reglas",
    tags: "etiquetas",
    steps: "Pasos",
    candidates: ["Candidaturas", "resultado", "carga", "sin trabajo nuevo"],
    others: "Sin detallar",
    history: "Todas las decisiones",
    never: "nunca tuvo",
};

/// The page.
///
/// # Errors
/// What cannot be understood in the explanation.
pub fn page(explanation: &Value, language: Language) -> Result<String, String> {
    let told = Told::deserialize(explanation).map_err(|error| error.to_string())?;
    let headings = match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    };
    let mut text = format!("{}\n", told.summary);
    if let Some(why_not) = &told.why_not {
        let _ = write!(text, "\n{}\n  {}\n", headings.why_not, why_not.answer);
    }
    if let Some(decision) = &told.decision {
        let count = told.history.iter().filter_map(|decided| decided.number).max().unwrap_or_default();
        clocks(&mut text, decision, told.decision_number.unwrap_or_default(), count, headings);
        steps(&mut text, decision, headings);
        candidates(&mut text, decision, headings);
    }
    if told.history.len() > 1 {
        let lines = told.history.iter().map(|decided| {
            let number = decided.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            [number, moment(decided.at), decided.r#type.clone(), decided.summary.clone().unwrap_or_default()]
        });
        table(&mut text, headings.history, lines.collect());
    }
    Ok(text)
}

fn clocks(text: &mut String, decision: &DecisionRecord, number: u32, count: u32, headings: &Headings) {
    let Headings { decision: title, of, waited, entered, rules, tags, .. } = headings;
    let _ = write!(text, "\n{title} {number} {of} {count}\n  {}", moment(decision.at));
    let span = Duration::try_from_secs_f64(decision.waited_seconds).unwrap_or_default();
    let _ = write!(text, "\n  {waited} {}", span_of(span));
    if let Some(at) = decision.entered_step_at {
        let _ = write!(text, "\n  {entered} {}", moment(at));
    }
    let _ = writeln!(text, "\n  {rules} {}", decision.rules);
    if !decision.tags.is_empty() {
        let _ = writeln!(text, "  {tags} {}", decision.tags.join(", "));
    }
}

fn steps(text: &mut String, decision: &DecisionRecord, headings: &Headings) {
    let lines = decision.steps.iter().map(|step| {
        let person = step.person.as_ref().map(|person| format!(" = {person}")).unwrap_or_default();
        let pick = step.pick.as_deref().unwrap_or_default();
        [step.step.to_string(), format!("{}{person}", step.to), words(&step.outcome), words(pick)]
    });
    table(text, headings.steps, lines.collect());
}

fn candidates(text: &mut String, decision: &DecisionRecord, headings: &Headings) {
    let [title, verdict, load, idle] = headings.candidates;
    let header = [String::new(), verdict.to_owned(), load.to_owned(), idle.to_owned()];
    let mut left: BTreeMap<&str, u32> =
        decision.counts.iter().map(|(verdict, count)| (verdict.as_str(), *count)).collect();
    let lines = decision.candidates.iter().map(|candidate| {
        if let Some(count) = left.get_mut(candidate.verdict.as_str()) {
            *count = count.saturating_sub(1);
        }
        let idle = match candidate.idle_since {
            Some(since) => span_of(decision.at.0.since(since.0)),
            None => headings.never.to_owned(),
        };
        let load = format!("{} {} {}", candidate.load_units, headings.of, candidate.capacity_units);
        [candidate.manager.clone(), words(&candidate.verdict), load, idle]
    });
    let lines: Vec<_> = std::iter::once(header).chain(lines).collect();
    if lines.len() > 1 {
        table(text, title, lines);
    }
    let left = left.into_iter().filter(|(_, count)| *count > 0);
    let left: Vec<_> = left.map(|(verdict, count)| format!("{count} {}", words(verdict))).collect();
    if !left.is_empty() {
        let _ = writeln!(text, "  {}: {}", headings.others, left.join(", "));
    }
}

/// Lines in columns, below a title.
fn table(text: &mut String, title: &str, lines: Vec<[String; 4]>) {
    if lines.is_empty() {
        return;
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let _ = writeln!(text, "\n{title}");
    for [a, b, c, d] in lines {
        let [wa, wb, wc] = widths;
        let line = format!("  {a:wa$}  {b:wb$}  {c:wc$}  {d}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Words of the API for people.
fn words(word: &str) -> String {
    word.replace('_', " ")
}

fn moment(at: Time) -> String {
    let text = crate::store::moment::Rfc3339(at.0).to_string();
    let seconds = text.get(..19).unwrap_or(&text);
    format!("{} UTC", seconds.replacen('T', " ", 1))
}

/// `2h 5m`, `45s`, `0.2s`: the two largest units.
fn span_of(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds < 10 => format!("{:.1}s", span.as_secs_f64()),
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        (_, _, _) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explanation() -> Value {
        json!({
            "summary": "Went to ana.", "language": "en", "dialog": "d1", "state": "assigned",
            "decision_number": 2,
            "decision": {
                "dialog": "d1", "at": "2026-03-02T10:00:00Z", "rules": "abc", "waited_seconds": 90.0, "sentence": "s",
                "cause": "opened", "rule": "vip", "tags": ["vip", "night"],
                "step": 2, "strategy": "least_loaded", "effect": "assigned",
                "entered_step_at": "2026-03-02T09:58:30Z",
                "steps": [
                    {"step": 1, "to": "owner", "person": "eva", "outcome": "nobody_present"},
                    {"step": 2, "to": "group:sales", "outcome": "chosen", "pick": "least_loaded"},
                ],
                "candidates": [
                    {"manager": "ana", "load_units": 1.5, "capacity_units": 10, "verdict": "chosen",
                     "idle_since": "2026-03-02T07:55:00Z"},
                    {"manager": "eva", "load_units": 0, "capacity_units": 10, "verdict": "offline"},
                ],
                "counts": {"chosen": 1, "outranked": 3, "offline": 1},
            },
            "why_not": {"manager": "zoe", "known": true, "why": "absent", "answer": "zoe was offline."},
            "history": [
                {"seq": 1, "number": 1, "type": "dialog.waiting", "at": "2026-03-02T09:58:30Z", "summary": "Waits."},
                {"seq": 9, "number": 2, "type": "dialog.assigned", "at": "2026-03-02T10:00:00Z", "summary": "Went."},
            ],
        })
    }

    #[test]
    fn a_page_begins_with_the_sentence_and_has_everything() {
        let page = page(&explanation(), Language::English).unwrap();
        let expected = "\
Went to ana.

Why not
  zoe was offline.

Decision 2 of 2
  2026-03-02 10:00:00 UTC
  had waited 1m 30s
  at this step since 2026-03-02 09:58:30 UTC
  rules abc
  tags vip, night

Steps
  1  owner = eva  nobody present
  2  group:sales  chosen          least loaded

Candidates
       verdict  load       idle for
  ana  chosen   1.5 of 10  2h 5m
  eva  offline  0 of 10    never had one
  Not listed: 3 outranked

All decisions
  1  2026-03-02 09:58:30 UTC  dialog.waiting   Waits.
  2  2026-03-02 10:00:00 UTC  dialog.assigned  Went.
";
        assert_eq!(page, expected);
    }

    #[test]
    fn headings_follow_the_language() {
        let page = page(&explanation(), Language::Spanish).unwrap();
        for heading in ["Por qué no", "Decisión 2 de 2", "Pasos", "Candidaturas", "Todas las decisiones"] {
            assert!(page.contains(&format!("\n{heading}")), "{heading} is missing in\n{page}");
        }
    }

    #[test]
    fn an_explanation_without_decision_is_its_sentence() {
        let bare = json!({"summary": "No rule was ever asked.", "decision": null, "history": []});
        assert_eq!(page(&bare, Language::English).unwrap(), "No rule was ever asked.\n");
        assert!(page(&json!({}), Language::English).is_err());
    }
}
