//! A trace: the dialogs to play, in order of arrival, wherever they come from.
//!
//! Two written forms are read: CSV with a header and a [mapping](super::mapping), and NDJSON (see
//! [`super::ndjson`]). A row that cannot be read is counted and named by its line; it stops nothing unless asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use super::mapping::{Condition, Field, MapEntry};
use super::moments;
use super::ndjson;
use crate::domain::facts::FactValue;
use crate::domain::ids::{ChannelId, ChatId, CustomerId, GroupId, InvalidId, ManagerId};
use crate::domain::time::Timestamp;

/// One dialog to play.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its line in the source, from one.
    pub line: u64,
    /// When it comes in, by the trace's own clock.
    pub arrival: Timestamp,
    /// Who writes; somebody new when missing.
    pub customer: Option<CustomerId>,
    /// Its chat; the server's choice when missing.
    pub chat: Option<ChatId>,
    /// Its channel; the drive's own when missing.
    pub channel: Option<ChannelId>,
    /// How long a manager works on it.
    pub handle: Option<Duration>,
    /// How long the customer waits before giving up.
    pub patience: Option<Duration>,
    /// Messages after the opening one.
    pub messages: Option<u16>,
    /// A class for the report.
    pub priority: Option<Arc<str>>,
    /// The customer is VIP.
    pub vip: bool,
    /// Who did it at the time.
    pub agent: Option<ManagerId>,
    /// What it asked of them.
    pub skill: Option<Arc<str>>,
    /// Facts to send along.
    pub facts: Vec<(Arc<str>, FactValue)>,
}

/// What to take of a trace.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Fields from columns (CSV only).
    pub map: Vec<MapEntry>,
    /// Only rows for which all hold.
    pub only: Vec<Condition>,
    /// Rows for which any holds are of VIP customers.
    pub vip_when: Vec<Condition>,
    /// Only arrivals from this on.
    pub from: Option<Timestamp>,
    /// Only arrivals before this.
    pub to: Option<Timestamp>,
    /// At most this many rows.
    pub limit: Option<usize>,
    /// The column or fact that is the skill, if `map` has none.
    pub skills: Option<String>,
    /// The first bad row ends it.
    pub strict: bool,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadRow {
    /// Its line in the source, from one.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// The dialogs to play, and what was left out.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// In order of arrival; of equal ones in order of the source.
    pub rows: Vec<Row>,
    /// Rows that could not be read.
    pub bad: Vec<BadRow>,
    /// Rows that were not wanted.
    pub left_out: u64,
}

impl Trace {
    /// Takes in what a line came to. `None`: not wanted.
    fn take(&mut self, line: u64, row: Result<Option<Row>, String>, strict: bool) -> Result<(), String> {
        match row {
            Ok(Some(row)) => self.rows.push(row),
            Ok(None) => self.left_out += 1,
            Err(problem) if strict => return Err(format!("line {line}: {problem}")),
            Err(problem) => self.bad.push(BadRow { line, problem }),
        }
        Ok(())
    }

    fn in_order(mut self, limit: Option<usize>) -> Self {
        self.rows.sort_by_key(|row| row.arrival);
        if let Some(limit) = limit.filter(|limit| *limit < self.rows.len()) {
            self.left_out += (self.rows.len() - limit) as u64;
            self.rows.truncate(limit);
        }
        self
    }

    /// The agents that the trace names, with the skills of what each of them did.
    pub fn agents(&self) -> BTreeMap<ManagerId, BTreeSet<GroupId>> {
        let mut agents = BTreeMap::<_, BTreeSet<_>>::new();
        for row in &self.rows {
            if let Some(agent) = &row.agent {
                let skills = agents.entry(agent.clone()).or_default();
                skills.extend(row.skill.as_deref().and_then(|skill| GroupId::parse(skill).ok()));
            }
        }
        agents
    }
}

/// Reads an id, with its field's name in what is wrong with it.
pub(super) fn id<T>(field: &str, text: &str, parse: fn(&str) -> Result<T, InvalidId>) -> Result<T, String> {
    parse(text).map_err(|problem| format!("{field} `{text}`: {problem}"))
}

/// Reads CSV: a header, then a row a dialog.
///
/// # Errors
/// A sentence for people: not readable, no such column, or, when strict, the first bad row.
pub fn read_csv(source: impl Read, selection: &Selection) -> Result<Trace, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
    let header = reader.headers().map_err(|error| format!("the header cannot be read: {error}"))?.clone();
    let columns = Columns::find(&header, selection)?;
    let mut trace = Trace::default();
    let mut record = csv::StringRecord::new();
    loop {
        let (line, row) = match reader.read_record(&mut record) {
            Ok(false) => return Ok(trace.in_order(selection.limit)),
            Ok(true) => (
                record.position().map_or(0, csv::Position::line),
                columns.row(&record, header.len(), selection),
            ),
            Err(error) if error.is_io_error() => return Err(error.to_string()),
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(error.to_string())),
        };
        trace.take(line, row.map(|row| row.map(|row| Row { line, ..row })), selection.strict)?;
    }
}

/// Reads NDJSON: an object a line.
///
/// # Errors
/// A sentence for people: not readable or, when strict, the first bad row.
pub fn read_ndjson(mut source: impl Read, selection: &Selection) -> Result<Trace, String> {
    let mut text = String::new();
    source.read_to_string(&mut text).map_err(|error| error.to_string())?;
    let mut trace = Trace::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = at as u64 + 1;
        let row = ndjson::row(line, selection).map(|row| row.filter(|row| in_time(row, selection)));
        trace.take(number, row.map(|row| row.map(|row| Row { line: number, ..row })), selection.strict)?;
    }
    Ok(trace.in_order(selection.limit))
}

fn in_time(row: &Row, selection: &Selection) -> bool {
    selection.from.is_none_or(|from| row.arrival >= from) && selection.to.is_none_or(|to| row.arrival < to)
}

/// Where in a record each field stands.
struct Columns<'a> {
    fields: Vec<(&'a Field, Vec<usize>)>,
    only: Vec<(&'a Condition, usize)>,
    vip_when: Vec<(&'a Condition, usize)>,
    skill: Option<usize>,
}

impl<'a> Columns<'a> {
    fn find(header: &csv::StringRecord, selection: &'a Selection) -> Result<Self, String> {
        let at = |name: &str| {
            header.iter().position(|column| column.trim() == name).ok_or_else(|| {
                format!(
                    "there is no column `{name}`; there are {}",
                    header.iter().collect::<Vec<_>>().join(", ")
                )
            })
        };
        let conditions = |conditions: &'a [Condition]| -> Result<Vec<_>, String> {
            conditions.iter().map(|condition| Ok((condition, at(&condition.column)?))).collect()
        };
        let fields: Vec<_> = selection
            .map
            .iter()
            .map(|entry| {
                Ok((
                    &entry.field,
                    entry.columns.iter().map(|name| at(name)).collect::<Result<Vec<_>, String>>()?,
                ))
            })
            .collect::<Result<_, String>>()?;
        if !fields.iter().any(|(field, _)| **field == Field::Arrival) {
            return Err("say which column is the arrival: --map arrival=COLUMN".to_owned());
        }
        Ok(Self {
            fields,
            only: conditions(&selection.only)?,
            vip_when: conditions(&selection.vip_when)?,
            skill: selection.skills.as_deref().map(at).transpose()?,
        })
    }

    /// The row of a record; `None` when it is not wanted.
    fn row(
        &self,
        record: &csv::StringRecord,
        width: usize,
        selection: &Selection,
    ) -> Result<Option<Row>, String> {
        if record.len() != width {
            return Err(format!("has {} cells, the header has {width}", record.len()));
        }
        let cell = |at: usize| record.get(at).unwrap_or("").trim();
        if !self.only.iter().all(|(condition, at)| condition.holds(cell(*at))) {
            return Ok(None);
        }
        let mut row = Row {
            vip: self.vip_when.iter().any(|(condition, at)| condition.holds(cell(*at))),
            ..Row::default()
        };
        row.skill = self.skill.map(cell).filter(|skill| !skill.is_empty()).map(Arc::from);
        let mut until = None;
        let mut has_arrival = false;
        for (field, columns) in &self.fields {
            let Some(text) = columns.iter().map(|at| cell(*at)).find(|text| !text.is_empty()) else {
                continue;
            };
            match field {
                Field::Arrival => {
                    row.arrival = moments::moment(text)?;
                    has_arrival = true;
                }
                Field::Until => until = Some(moments::moment(text)?),
                Field::Customer => row.customer = Some(id("customer", text, CustomerId::parse)?),
                Field::Chat => row.chat = Some(id("chat", text, ChatId::parse)?),
                Field::Channel => row.channel = Some(id("channel", text, ChannelId::parse)?),
                Field::Handle => {
                    row.handle =
                        Some(moments::seconds(text).map_err(|problem| format!("handle: {problem}"))?);
                }
                Field::Patience => {
                    row.patience =
                        Some(moments::seconds(text).map_err(|problem| format!("patience: {problem}"))?);
                }
                Field::Messages => {
                    row.messages = Some(text.parse().map_err(|_| format!("messages: `{text}` is no count"))?);
                }
                Field::Priority => row.priority = Some(text.into()),
                Field::Agent => row.agent = Some(id("agent", text, ManagerId::parse)?),
                Field::Skill => row.skill = Some(text.into()),
                Field::Fact(name, kind) => {
                    let value = kind.read(text).map_err(|problem| format!("{name}: {problem}"))?;
                    row.facts.push((name.clone(), value));
                }
            }
        }
        if !has_arrival {
            return Err("has no arrival".to_owned());
        }
        if let Some(until) = until {
            row.handle = row.handle.or(Some(until.since(row.arrival)));
        }
        Ok(in_time(&row, selection).then_some(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: &str = "\
call,customer,priority,type,queued,menu,outcome,took,agent
1,C1,2,PS,1999-01-04T10:00:05,1999-01-04T10:00:01,AGENT,30,A01
2,,0,NE,,1999-01-04T10:00:02,AGENT,,A02
3,C2,1,PS,,,AGENT,5,A01
4,C3,1,PS,1999-01-05T10:00:00,,AGENT,5,A03
5,C4,1,PS,1999-01-04T10:00:00,,HANG,0,
6,C5,1,PS,1999-01-04T10:00:00,,AGENT,soon,A01
7,C6,1
";

    fn selection() -> Selection {
        let map =
            "arrival=queued/menu,customer=customer,handle=took,priority=priority,fact.type=type,agent=agent";
        Selection {
            map: map.split(',').map(|entry| entry.parse().unwrap()).collect(),
            only: vec!["outcome=AGENT".parse().unwrap()],
            vip_when: vec!["priority=2".parse().unwrap()],
            from: moments::moment("1999-01-04").ok(),
            to: moments::moment("1999-01-05").ok(),
            skills: Some("type".to_owned()),
            ..Selection::default()
        }
    }

    #[test]
    fn a_table_is_mapped_filtered_and_put_in_order() {
        let trace = read_csv(CALLS.as_bytes(), &selection()).unwrap();
        let lines: Vec<_> = trace.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 2], "by arrival, where the second column stands in for an empty first");
        assert_eq!(trace.left_out, 2, "another day, and another outcome");
        let [unknown, vip] = &trace.rows[..] else { panic!("two rows") };
        assert!(vip.vip && !unknown.vip);
        assert_eq!((unknown.customer.clone(), unknown.handle), (None, None));
        assert_eq!(vip.handle, Some(Duration::from_secs(30)));
        assert_eq!(vip.facts, [("fact.type".into(), FactValue::Text("PS".into()))]);
    }

    #[test]
    fn bad_rows_are_named_by_their_line_and_stop_nothing_unless_strict() {
        let trace = read_csv(CALLS.as_bytes(), &selection()).unwrap();
        let bad: Vec<_> = trace.bad.iter().map(|bad| (bad.line, bad.problem.as_str())).collect();
        assert_eq!(
            bad,
            [
                (4, "has no arrival"),
                (7, "handle: `soon` is not a number of seconds"),
                (8, "has 3 cells, the header has 9"),
            ]
        );
        let strict = Selection { strict: true, ..selection() };
        assert_eq!(read_csv(CALLS.as_bytes(), &strict).unwrap_err(), "line 4: has no arrival");
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let mut wrong = selection();
        wrong.map.push("patience=nerves".parse().unwrap());
        let problem = read_csv(CALLS.as_bytes(), &wrong).unwrap_err();
        assert!(problem.contains("`nerves`") && problem.contains("outcome, took, agent"), "{problem}");
        let unmapped = Selection::default();
        assert!(read_csv(CALLS.as_bytes(), &unmapped).unwrap_err().contains("--map arrival="));
    }

    #[test]
    fn agents_have_the_skills_of_what_they_did() {
        let trace = read_csv(CALLS.as_bytes(), &selection()).unwrap();
        let agents: Vec<_> =
            trace.agents().into_iter().map(|(agent, skills)| (agent.to_string(), skills.len())).collect();
        assert_eq!(agents, [("A01".to_owned(), 1), ("A02".to_owned(), 1)]);
    }

    #[test]
    fn the_end_of_work_is_another_way_to_say_how_long_it_took() {
        let table = "start,end\n10,25\n12,11\n";
        let map = ["arrival=start", "until=end"].map(|entry| entry.parse().unwrap()).to_vec();
        let trace = read_csv(table.as_bytes(), &Selection { map, ..Selection::default() }).unwrap();
        let handles: Vec<_> = trace.rows.iter().map(|row| row.handle).collect();
        assert_eq!(handles, [Some(Duration::from_secs(15)), Some(Duration::ZERO)]);
    }

    #[test]
    fn a_limit_takes_the_earliest() {
        let limited = Selection { limit: Some(1), ..selection() };
        let trace = read_csv(CALLS.as_bytes(), &limited).unwrap();
        assert_eq!((trace.rows.len(), trace.rows[0].line, trace.left_out), (1, 3, 3));
    }
}
