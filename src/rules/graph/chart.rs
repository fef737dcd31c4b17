//! What a rule set does, in the words of a picture.

use toml::Value;

use crate::rules::durations::{self, written};
use crate::rules::effective::{Effective, Entry, Shown};

/// A picture from top to bottom.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) bands: Vec<Band>,
}

/// One concern.
#[derive(Debug)]
pub(super) struct Band {
    /// Where it begins.
    pub(super) start: Words,
    pub(super) rows: Vec<Row>,
    /// What happens when no row answered.
    pub(super) end: Option<Words>,
    /// The rows are asked in order, until one answers; else each for itself.
    pub(super) is_ordered: bool,
}

/// A question and what comes of a yes.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) question: Words,
    /// Every dialog that comes here is answered with yes.
    pub(super) is_last: bool,
    pub(super) chain: Vec<Link>,
}

/// Something that is done.
#[derive(Debug)]
pub(super) struct Link {
    /// When it comes after the one before.
    pub(super) after: String,
    pub(super) words: Words,
    /// It is where the band ends, too.
    pub(super) is_end: bool,
}

/// What stands in a box.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) head: String,
    /// An expression of the condition language.
    pub(super) code: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Words {
    fn new(head: impl Into<String>) -> Self {
        Self { head: head.into(), ..Self::default() }
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

type Section = [Entry];

fn entry<'a>(section: &'a Section, key: &str) -> Option<&'a Shown> {
    section.iter().find(|entry| entry.key == key).map(|entry| &entry.shown)
}

fn text<'a>(section: &'a Section, key: &str) -> Option<&'a str> {
    if let Some(Shown::Plain(value)) = entry(section, key) { value.as_str() } else { None }
}

fn number(section: &Section, key: &str) -> Option<f64> {
    let Some(Shown::Plain(value)) = entry(section, key) else {
        return None;
    };
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

fn flag(section: &Section, key: &str) -> bool {
    matches!(entry(section, key), Some(Shown::Plain(Value::Boolean(true))))
}

fn texts(section: &Section, key: &str) -> Vec<String> {
    let Some(Shown::Plain(Value::Array(items))) = entry(section, key) else {
        return Vec::new();
    };
    items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
}

fn section<'a>(of: &'a Section, key: &str) -> Option<&'a Section> {
    if let Some(Shown::Section(entries)) = entry(of, key) { Some(entries) } else { None }
}

fn sections<'a>(of: &'a Section, key: &str) -> &'a [Vec<Entry>] {
    if let Some(Shown::Sections(all)) = entry(of, key) { all } else { &[] }
}

/// The picture of a set.
pub(super) fn chart(rules: &Effective) -> Chart {
    let file = &rules.entries;
    let told = [told(file), promised(file)];
    let bands = [never(file), first(file), Some(routes(file)), moves(file), closures(file)];
    Chart { bands: bands.into_iter().chain(told).flatten().collect() }
}

fn question(section: &Section) -> Words {
    let mut words = Words::new(text(section, "id").unwrap_or_default());
    match text(section, "when") {
        Some(when) => words.code = Some(when.to_owned()),
        None => words.notes.push("every dialog that comes here".into()),
    }
    if let Some(within) = text(section, "facts_within") {
        words.notes.push(format!("waits up to {within} while the CRM is asked who it is"));
    }
    let tags = texts(section, "tags");
    if !tags.is_empty() {
        words.notes.push(format!("tagged {}", tags.join(", ")));
    }
    words
}

fn row(section: &Section, chain: Vec<Link>) -> Row {
    Row { question: question(section), is_last: text(section, "when").is_none(), chain }
}

fn link(after: impl Into<String>, words: Words) -> Link {
    Link { after: after.into(), words, is_end: false }
}

fn never(file: &Section) -> Option<Band> {
    let rows: Vec<Row> = sections(file, "exclude")
        .iter()
        .map(|exclude| {
            let mut people = texts(exclude, "managers");
            people.extend(texts(exclude, "groups").into_iter().map(|group| format!("group {group}")));
            row(exclude, vec![link("", Words::new(format!("Never to {}", people.join(", "))))])
        })
        .collect();
    let start = Words::new("Whatever the rules say");
    (!rows.is_empty()).then_some(Band { start, rows, end: None, is_ordered: false })
}

fn first(file: &Section) -> Option<Band> {
    let rows: Vec<Row> = sections(file, "priority")
        .iter()
        .map(|class| {
            let base = number(class, "base").unwrap_or_default();
            let slope = number(class, "per_minute").unwrap_or_default();
            let words = Words::new(format!("{base} points at once"))
                .note(format!("{slope} more for each minute of waiting"));
            row(class, vec![link("", words)])
        })
        .collect();
    let end = Words::new("No points at once").note("60 more for each minute of waiting");
    let start = Words::new("Who goes first?");
    (!rows.is_empty()).then_some(Band { start, rows, end: Some(end), is_ordered: true })
}

fn routes(file: &Section) -> Band {
    let rows = sections(file, "rule").iter().map(|rule| {
        let listed = sections(rule, "step");
        let own = [rule.clone()];
        row(rule, steps(if listed.is_empty() { &own } else { listed }))
    });
    let fallback = section(file, "bot").and_then(|bot| section(bot, "fallback"));
    let assign = fallback.and_then(|fallback| text(fallback, "assign"));
    let end = Words::new("Default assignment").note(assign.map_or(
        "as the account is set".to_owned(),
        |to| match to {
            "crm" => "left to the CRM".into(),
            "nobody" => "nobody".into(),
            to => whom(to),
        },
    ));
    let mode = section(file, "bot").and_then(|bot| text(bot, "mode")).unwrap_or_default();
    let start = match mode {
        "off" => Words::new("A dialog needs somebody").note("the bot is off: the default assignment acts"),
        "shadow" => Words::new("A dialog needs somebody")
            .note("in shadow: decided and explained, but the default assignment acts"),
        _ => Words::new("A dialog needs somebody"),
    };
    let rate = section(file, "release").and_then(|release| text(release, "rate"));
    let holds = sections(file, "rule").iter().flat_map(|rule| sections(rule, "step"));
    let holds = holds.into_iter().any(|step| text(step, "hold").is_some());
    let start = match rate.filter(|_| holds) {
        Some(rate) => start.note(format!("held ones go on at {rate}, the most urgent first")),
        None => start,
    };
    Band { start, rows: rows.collect(), end: Some(end), is_ordered: true }
}

fn whom(target: &str) -> String {
    match target.split_once(':') {
        Some(("group", id)) => format!("group {id}"),
        Some(("manager", id)) => format!("manager {id}"),
        Some(("bot", id)) => format!("bot {id}"),
        _ => match target {
            "owner" => "the customer's own manager".into(),
            "last_manager" => "who served the customer last".into(),
            "everyone" => "everyone".into(),
            other => other.to_owned(),
        },
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn steps(steps: &[Vec<Entry>]) -> Vec<Link> {
    let mut chain: Vec<Link> = Vec::new();
    let mut waited: Option<&str> = None;
    let mut was_held = false;
    for (index, step) in steps.iter().enumerate() {
        let only = flag(step, "only") && index > 0;
        let held = text(step, "hold").map(|hold| hold.strip_prefix("until_open:").unwrap_or(hold));
        let after = match (index, waited) {
            (0, _) => String::new(),
            _ if was_held => "once it opens".into(),
            (_, Some(wait)) => format!("after {wait}, {}", if only { "instead" } else { "also" }),
            (_, None) => "if nobody of them is there".into(),
        };
        let mut words = match held {
            Some(schedule) => Words::new(format!("Held until {schedule} opens")),
            None => Words::new(capital(&whom(text(step, "to").unwrap_or_default()))),
        };
        if let Some(key) = text(step, "notify") {
            words = words.note(format!("the customer is told: {key}"));
        }
        if let Some(within) = text(step, "within") {
            words = words.note(format!("within {within}"));
        }
        if let Some(pick) = text(step, "pick") {
            words = words.note(match pick {
                "round_robin" => "in turn",
                "least_loaded" => "whoever has the least to do",
                "longest_idle" => "whoever is without new work the longest",
                "ordered" => "the first with room, in order",
                other => other,
            });
        }
        if let Some(over) = number(step, "over_capacity").filter(|over| *over > 0.0) {
            words = words.note(format!("up to {over} over the budget"));
        }
        waited = text(step, "wait");
        let is_last = index + 1 == steps.len();
        was_held = held.is_some();
        if is_last && was_held {
            words = words.note("then the rules are asked anew");
        } else if is_last && waited.is_none() && !text(step, "to").is_some_and(|to| to.starts_with("bot:")) {
            words = words.note("waits here until somebody is free");
        }
        chain.push(link(after, words));
    }
    if let Some(wait) = waited {
        chain.push(Link { is_end: true, ..link(format!("after {wait}"), Words::new("Default assignment")) });
    }
    chain
}

fn moves(file: &Section) -> Option<Band> {
    let reassign = section(file, "reassign")?;
    let mut rows = Vec::new();
    let moved = || {
        let words = Words::new("Moves: through the rules again");
        if flag(reassign, "avoid_last") { words.note("not straight back") } else { words }
    };
    if let Some(no_reply) = section(reassign, "no_reply") {
        let after = text(no_reply, "after").unwrap_or_default();
        let mut chain: Vec<Link> = texts(no_reply, "nudge")
            .iter()
            .map(|nudge| link(format!("after {nudge}"), Words::new("The manager is reminded")))
            .collect();
        chain.push(link(format!("after {after}"), moved()));
        let question = Words::new("No reply").note("the customer's message stays unanswered");
        rows.push(Row { question, is_last: false, chain });
    }
    if let Some(offline) = section(reassign, "offline") {
        let after = text(offline, "after").unwrap_or_default();
        let which = match text(offline, "which") {
            Some("unanswered") => "its manager went offline, and it was never answered",
            _ => "its manager went offline, and the customer wrote last",
        };
        let question = Words::new("Offline").note(which);
        rows.push(Row { question, is_last: false, chain: vec![link(format!("after {after}"), moved())] });
    }
    if rows.is_empty() {
        return None;
    }
    let most = number(reassign, "max_moves").unwrap_or_default();
    let question = Words::new(format!("Moved {most} times already"));
    let then = text(reassign, "then").map_or("It stays where it is".into(), |to| capital(&whom(to)));
    rows.push(Row { question, is_last: false, chain: vec![link("instead", Words::new(then))] });
    Some(Band { start: Words::new("Somebody has the dialog"), rows, end: None, is_ordered: false })
}

fn closures(file: &Section) -> Option<Band> {
    let rows: Vec<Row> = sections(file, "close").iter().map(|close| row(close, closure(close))).collect();
    let start = Words::new("The dialog falls silent");
    let end = Words::new("Stays open");
    (!rows.is_empty()).then_some(Band { start, rows, end: Some(end), is_ordered: true })
}

fn closure(close: &Section) -> Vec<Link> {
    let after = text(close, "after").unwrap_or_default();
    let mut chain: Vec<Link> = sections(close, "warn")
        .iter()
        .map(|warn| {
            let (before, key) =
                (text(warn, "before").unwrap_or_default(), text(warn, "text").unwrap_or_default());
            let silence = durations::parse(after).ok().zip(durations::parse(before).ok());
            let left = silence.and_then(|(after, before)| after.checked_sub(before));
            let left = left.map_or_else(
                || format!("{before} before"),
                |left| format!("after {} of silence", written(left)),
            );
            link(left, Words::new("The customer is warned").note(key))
        })
        .collect();
    let last = match text(close, "last_from") {
        Some("customer") => "if the customer wrote last",
        Some("any") => "whoever wrote last",
        _ => "if we wrote last",
    };
    let mut closed = Words::new("Closes").note(last);
    if let Some(farewell) = text(close, "farewell") {
        closed = closed.note(format!("with the farewell {farewell}"));
    }
    chain.push(link(format!("after {after} of silence"), closed));
    chain
}

/// What customers are told by themselves.
fn told(file: &Section) -> Option<Band> {
    let rows = sections(file, "auto_reply").iter().map(|reply| {
        let after = match text(reply, "on") {
            Some("waiting") => match (text(reply, "after"), number(reply, "ahead")) {
                (Some(after), _) if after != "0s" => format!("after {after} of waiting"),
                (_, Some(ahead)) if ahead > 0.0 => format!("when it waits with {ahead} ahead"),
                _ => "when it waits".to_owned(),
            },
            Some("nobody_online") => "when nobody is there".to_owned(),
            _ => "when it is opened".to_owned(),
        };
        let key = text(reply, "text").unwrap_or_default();
        row(reply, vec![link(after, Words::new("The customer is told").note(key))])
    });
    let rows: Vec<Row> = rows.collect();
    let start = Words::new("Told by themselves").note("each text once for each dialog");
    (!rows.is_empty()).then_some(Band { start, rows, end: None, is_ordered: false })
}

/// What is promised and measured.
fn promised(file: &Section) -> Option<Band> {
    let rows = sections(file, "objective").iter().map(|objective| {
        let measures = [("first_reply", "first reply"), ("reply", "each reply"), ("assign", "assignment")];
        let chain = measures.into_iter().filter_map(|(key, what)| {
            let promise = section(objective, key)?;
            let (within, ratio) = (text(promise, "within")?, number(promise, "ratio")?);
            let words = Words::new(format!("{} within {within}", capital(what)));
            Some(link("", words.note(format!("in {:.0} of 100", 100.0 * ratio))))
        });
        let question = Words::new(text(objective, "id").unwrap_or_default());
        Row { question, is_last: false, chain: chain.collect() }
    });
    let rows: Vec<Row> = rows.collect();
    let start = Words::new("Promised and measured").note("changes nothing about who gets what");
    (!rows.is_empty()).then_some(Band { start, rows, end: None, is_ordered: false })
}
