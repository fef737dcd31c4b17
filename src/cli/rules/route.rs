//! `reparto rules route`: one question to rules in a file, or to a running server: where would this dialog go?

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime};
use clap::Args;
use serde_json::{Map, Value, json};

use super::persons;
use super::test::Format;
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::parts;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::Terminal;
use crate::domain::facts::FactValue;
use crate::domain::ids::{ManagerId, RuleId};
use crate::domain::time::Timestamp;
use crate::rules::cases::{Given, Person, Start};
use crate::rules::facts::FactType;
use crate::rules::given::{self, Takes};
use crate::rules::ruleset::RuleSet;
use crate::store::decision_json::decision_json;
use crate::store::moment::Rfc3339;
use crate::trial::question::{Question, ask};
use crate::trial::render::trace;

/// The version of the JSON document.
const VERSION: u32 = 1;

/// `reparto rules route …`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  reparto rules route --rules rules/shop.toml --channel whatsapp
      Everybody the file names is online and has nothing to do
  reparto rules route --rules rules/sales.toml --fact customer.vip=true --fact customer.owner=ana \\
      --manager ana=offline --manager boris=load=3 --at 2026-03-02T10:00:00+01:00
  reparto rules route --rules rules/sales.toml --channel site --expect standard/3/boris
  reparto rules route --channel whatsapp --customer c-77 --url http://127.0.0.1:8080 --token TOKEN
      Without --rules a running server is asked: its rules, and its people as they are now

Nothing is booked and nobody is told. Facts are those of conditions: `customer.vip`, `customer.tags=b2b,new`, …
A manager is described by words joined with commas: online, offline, on_leave, free, busy, dinner, break, admin, load=N,
capacity=N, idle=DURATION, group=NAME.

Exit codes:
  0  answered, as expected
  1  not as expected, or the rules have errors
  2  could not ask")]
pub struct RouteArgs {
    /// Ask this rule file, or folder of rule files, instead of a running server
    #[arg(long, value_name = "PATH")]
    pub rules: Option<PathBuf>,
    /// Kind of the channel; for a running server the id of one of its channels, or a kind
    #[arg(long, value_name = "KIND")]
    pub channel: Option<String>,
    /// Id of the customer; a running server knows more of them
    #[arg(long, value_name = "ID")]
    pub customer: Option<String>,
    /// Text of the message that opens the dialog
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// A fact, such as customer.vip=true; may be repeated
    #[arg(long = "fact", value_name = "NAME=VALUE", value_parser = pair)]
    pub facts: Vec<(String, String)>,
    /// When, such as 2026-03-02T10:00:00+01:00, or without an offset in the rules' time zone [default: now]
    #[arg(long, value_name = "TIME", value_parser = start)]
    pub at: Option<Start>,
    /// Who is there and how, such as ana=online,load=3; may be repeated, only with --rules
    #[arg(long = "manager", value_name = "ID=WORDS", value_parser = persons::read, requires = "rules")]
    pub managers: Vec<(ManagerId, Person)>,
    /// What should come of it: RULE/STEP/MANAGER, each of which may be left out
    #[arg(long, value_name = "RULE/STEP/MANAGER")]
    pub expect: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The running server
    #[command(flatten)]
    pub remote: RemoteArgs,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

fn start(text: &str) -> Result<Start, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Start::Instant(Timestamp::from_micros(at.timestamp_micros())));
    }
    let local = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    local.map(Start::Local).ok_or_else(|| "write it like 2026-03-02T10:00:00+01:00".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Rules that cannot be read, a fact that there is not, a server that does not answer.
pub async fn run(args: &RouteArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let answer = match &args.rules {
        Some(path) => match of_file(args, path, terminal)? {
            Some(answer) => answer,
            None => return Ok(FINDINGS),
        },
        None => of_server(args).await?,
    };
    match args.format {
        Format::Human => write!(terminal.out, "{}", answer.text)?,
        Format::Json => writeln!(terminal.out, "{:#}", answer.document)?,
    }
    let Some(expected) = &args.expect else { return Ok(FINE) };
    match mismatch(expected, &answer.document) {
        None => Ok(FINE),
        Some(objection) => {
            writeln!(terminal.err, "{objection}")?;
            Ok(FINDINGS)
        }
    }
}

/// The answer for people and for programs.
struct Answer {
    text: String,
    document: Value,
}

fn bad_fact(why: String) -> Failure {
    Failure::new(why, "facts are those of conditions, such as --fact customer.vip=true")
}

/// Asks a file. `None`: it has errors, which were told.
fn of_file(args: &RouteArgs, path: &Path, terminal: &mut Terminal<'_>) -> Result<Option<Answer>, Failure> {
    let checked = parts::check_rules(path)?;
    let Some(rules) = checked.rules.clone() else {
        writeln!(
            terminal.err,
            "{}",
            checked.render(super::check::Format::Human, terminal.colour).trim_end()
        )?;
        return Ok(None);
    };
    let given = given_by(args, &rules)?;
    let start = args.at.unwrap_or(Start::Instant(parts::now()));
    let managers: BTreeMap<ManagerId, Person> = args.managers.iter().cloned().collect();
    let is_made_up = managers.is_empty();
    let managers = (!is_made_up).then_some(managers);
    let asked = ask(&rules, Question { given, start, managers });
    let answer = asked.map_err(|why| Failure::new(why, "this is a defect of Reparto: please report it"))?;
    let mut text = String::new();
    // Writing to a text cannot fail.
    if is_made_up {
        let _ = writeln!(text, "Supposing that everybody the file names is online and has nothing to do:");
    }
    match &answer.decision {
        Some(decision) => text.push_str(&trace(decision, "")),
        None => text.push_str("Nobody was asked.\n"),
    }
    if let Some(decision) = answer.decision.as_ref().filter(|decision| !decision.tags.is_empty()) {
        let _ = writeln!(text, "  tags      {}", decision.tags.names().join(", "));
    }
    let _ = writeln!(text, "  priority  {}", answer.priority.as_deref().unwrap_or("none"));
    let _ = writeln!(text, "  close     {}", answer.close.as_ref().map_or("none", |id| id.as_str()));
    for said in &answer.says {
        let _ = writeln!(text, "  says      \"{said}\"");
    }
    let decision = answer.decision.as_ref().map(|decision| decision_json(decision));
    let document = json!({
        "version": VERSION,
        "rules": rules.version().as_str(),
        "supposed_managers": is_made_up,
        "decision": decision.and_then(|text| serde_json::from_str::<Value>(&text).ok()),
        "priority": answer.priority.as_deref(),
        "close": answer.close.as_ref().map(RuleId::as_str),
        "says": answer.says.iter().map(|said| &**said).collect::<Vec<_>>(),
    });
    Ok(Some(Answer { text, document }))
}

/// What is given on the command line.
fn given_by(args: &RouteArgs, rules: &RuleSet) -> Result<Given, Failure> {
    let mut given = Given::default();
    let mut facts: Vec<(&str, &str)> =
        args.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (name, value) in [("channel", &args.channel), ("customer.id", &args.customer), ("text", &args.text)] {
        facts.extend(value.as_deref().map(|value| (name, value)));
    }
    for (name, text) in facts {
        let declared = |name: &str| rules.declared_facts().find(|fact| *fact.name == *name);
        let value = value_of(name, text, given::takes(given::full_name(name), declared).ok().as_ref());
        given.give(name, value, declared).map_err(bad_fact)?;
    }
    Ok(given)
}

/// A text as the value of a fact. What is not of the fact's type stays a text, which is refused then.
fn value_of(name: &str, text: &str, takes: Option<&Takes>) -> FactValue {
    let kind = match takes {
        Some(Takes::Fact(kind, _)) => *kind,
        // A running server knows the type: what looks like one is one.
        None if matches!(text, "true" | "false") => FactType::Bool,
        None if name == "customer.tags" => FactType::Texts,
        None if text.parse::<f64>().is_ok() => FactType::Number,
        Some(Takes::Manager | Takes::Ago) | None => FactType::Text,
    };
    let as_text = || FactValue::Text(text.into());
    match kind {
        FactType::Bool => text.parse().map_or_else(|_| as_text(), FactValue::Bool),
        FactType::Number => text.parse().map_or_else(|_| as_text(), FactValue::Number),
        FactType::Texts => FactValue::Texts(text.split(',').map(|part| part.trim().into()).collect()),
        FactType::Text | FactType::Enum | FactType::Duration => as_text(),
    }
}

/// Asks a running server.
async fn of_server(args: &RouteArgs) -> Result<Answer, Failure> {
    let mut facts = Map::new();
    for (name, text) in &args.facts {
        let declared = |_: &str| None;
        let value = value_of(name, text, given::takes(given::full_name(name), declared).ok().as_ref());
        let value = match value {
            FactValue::Bool(value) => json!(value),
            FactValue::Number(value) => json!(value),
            FactValue::Text(value) => json!(&*value),
            FactValue::Texts(values) => json!(values.iter().map(|value| &**value).collect::<Vec<_>>()),
        };
        facts.insert(name.clone(), value);
    }
    let mut body = json!({"facts": facts});
    for (name, value) in [("channel", &args.channel), ("customer", &args.customer), ("text", &args.text)] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    if let Some(at) = args.at {
        let Start::Instant(at) = at else {
            let help = "add the offset, such as 2026-03-02T10:00:00+01:00";
            return Err(Failure::new("a running server needs to know the time zone of --at", help));
        };
        body["at"] = serde_json::to_value(Rfc3339(at)).unwrap_or_default();
    }
    let document = args.remote.connect()?.post(&["rules", "route"], &[], &body).await?;
    let say = |place: &str| document.pointer(place).and_then(Value::as_str).unwrap_or("none").to_owned();
    let mut text = format!("{}\n", say("/decision/sentence"));
    for step in document.pointer("/decision/steps").and_then(Value::as_array).into_iter().flatten() {
        let word = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let _ = writeln!(text, "  step {}  {}  {}", step["step"], word("to"), word("outcome"));
    }
    for candidate in document.pointer("/decision/candidates").and_then(Value::as_array).into_iter().flatten()
    {
        let word = |name: &str| candidate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (load, capacity) = (&candidate["load_units"], &candidate["capacity_units"]);
        let _ = writeln!(text, "  {}  {load} of {capacity}  {}", word("manager"), word("verdict"));
    }
    let tags = document.pointer("/decision/tags").and_then(Value::as_array);
    if let Some(tags) = tags {
        let names: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "  tags      {}", names.join(", "));
    }
    let _ = writeln!(text, "  priority  {}\n  close     {}", say("/priority"), say("/close"));
    Ok(Answer { text, document })
}

/// What differs from RULE/STEP/MANAGER, if anything.
fn mismatch(expected: &str, document: &Value) -> Option<String> {
    let got = |place: &str| match document.pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) | None => "none".to_owned(),
    };
    let holder = ["manager", "bot"].iter().find_map(|kind| {
        let id = document.pointer(&format!("/decision/choice/{kind}"))?.as_str()?;
        Some(if *kind == "bot" { format!("bot:{id}") } else { id.to_owned() })
    });
    let found = [
        ("rule", got("/decision/rule")),
        ("step", got("/decision/step")),
        ("manager", holder.unwrap_or_else(|| "nobody".to_owned())),
    ];
    let wanted = expected.split('/').map(str::trim);
    let differs = wanted.zip(found).filter(|(wanted, (_, got))| !wanted.is_empty() && wanted != got);
    let told: Vec<String> =
        differs.map(|(wanted, (what, got))| format!("{what}: expected {wanted}, got {got}")).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_may_leave_parts_out() {
        let document = json!({"decision": {"rule": "standard", "step": 3, "choice": {"manager": "boris"}}});
        for fine in ["standard/3/boris", "standard", "/3", "//boris", "standard//boris"] {
            assert_eq!(mismatch(fine, &document), None, "{fine}");
        }
        let told = mismatch("vip/3/ana", &document);
        assert_eq!(
            told.as_deref(),
            Some("rule: expected vip, got standard; manager: expected ana, got boris")
        );
        let waits = json!({"decision": {"rule": "standard", "step": 1}});
        assert_eq!(mismatch("//nobody", &waits), None);
    }

    #[test]
    fn times_have_an_offset_or_the_zone_of_the_rules() {
        let instant = start("2026-03-02T10:00:00+01:00");
        assert_eq!(instant, Ok(Start::Instant(Timestamp::from_secs(1_772_442_000))));
        assert!(matches!(start("2026-03-02T10:00"), Ok(Start::Local(_))));
        assert!(start("tomorrow").is_err());
    }
}
