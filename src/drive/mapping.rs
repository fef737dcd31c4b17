//! How columns of somebody's table become fields of a dialog: `--map`, `--where`, `--vip-when`.

use std::str::FromStr;
use std::sync::Arc;

use crate::domain::facts::FactValue;

/// A field of a dialog that a column can fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// When it comes in.
    Arrival,
    /// Who writes.
    Customer,
    /// The chat it belongs to.
    Chat,
    /// The channel it comes through.
    Channel,
    /// Seconds of work.
    Handle,
    /// When the work ends: another way to say `handle`, counted from the arrival.
    Until,
    /// Seconds after which a customer who still waits gives up.
    Patience,
    /// Messages after the opening one.
    Messages,
    /// A class for the report's waits; not sent.
    Priority,
    /// Who did it at the time: the names of the simulated managers.
    Agent,
    /// What its agent must be skilled in: the groups of the simulated managers.
    Skill,
    /// A fact sent with the dialog, under the very name that the rule file declares: any name with a dot.
    Fact(Arc<str>, FactKind),
}

/// How a fact's text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// As it stands.
    Text,
    /// As a number.
    Number,
    /// As true (`true`, `yes`, `1`) or false (`false`, `no`, `0`).
    Bool,
}

impl FactKind {
    /// The value of a cell.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn read(self, text: &str) -> Result<FactValue, String> {
        match self {
            Self::Text => Ok(FactValue::Text(text.into())),
            Self::Number => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(FactValue::Number(number)),
                Ok(_) | Err(_) => Err(format!("`{text}` is no number")),
            },
            Self::Bool => match text {
                "true" | "yes" | "1" => Ok(FactValue::Bool(true)),
                "false" | "no" | "0" => Ok(FactValue::Bool(false)),
                _ => Err(format!("`{text}` is neither true nor false")),
            },
        }
    }
}

/// One `field=column`; of several columns `a/b` the first that is not empty counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapEntry {
    /// What is filled.
    pub field: Field,
    /// From where.
    pub columns: Vec<String>,
}

const FIELDS: &str = "arrival, customer, chat, channel, handle, until, patience, messages, priority, agent, \
                      skill, and any name with a dot for a fact (fact.type, fact.sum:number, fact.paid:bool)";

fn field(name: &str) -> Result<Field, String> {
    Ok(match name {
        "arrival" => Field::Arrival,
        "customer" => Field::Customer,
        "chat" => Field::Chat,
        "channel" => Field::Channel,
        "handle" => Field::Handle,
        "until" => Field::Until,
        "patience" => Field::Patience,
        "messages" => Field::Messages,
        "priority" => Field::Priority,
        "agent" => Field::Agent,
        "skill" => Field::Skill,
        _ => {
            if !name.contains('.') {
                return Err(format!("`{name}` is no field of a dialog; there are {FIELDS}"));
            }
            match name.split_once(':') {
                None => Field::Fact(name.into(), FactKind::Text),
                Some((fact, "number")) => Field::Fact(fact.into(), FactKind::Number),
                Some((fact, "bool")) => Field::Fact(fact.into(), FactKind::Bool),
                Some((_, kind)) => {
                    return Err(format!("a fact is not of kind `{kind}`; write :number or :bool"));
                }
            }
        }
    })
}

impl FromStr for MapEntry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, columns) =
            text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form field=column"))?;
        let columns: Vec<_> = columns.split('/').map(str::to_owned).collect();
        if columns.iter().any(String::is_empty) {
            return Err(format!("`{text}` names an empty column"));
        }
        Ok(Self { field: field(name.trim())?, columns })
    }
}

/// `column=value` or `column!=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// What it is compared with, as text.
    pub value: String,
    /// It must be equal, or else different.
    pub equal: bool,
}

impl Condition {
    /// Whether a row with this value in the column passes.
    pub fn holds(&self, value: &str) -> bool {
        (value == self.value) == self.equal
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, value) =
            text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form column=value"))?;
        let (column, equal) = match column.strip_suffix('!') {
            Some(column) => (column, false),
            None => (column, true),
        };
        if column.is_empty() {
            return Err(format!("`{text}` names no column"));
        }
        Ok(Self { column: column.to_owned(), value: value.to_owned(), equal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_a_field_and_its_columns() {
        let entry: MapEntry = "arrival=t_q_start/t_vru_exit".parse().unwrap();
        assert_eq!(entry.field, Field::Arrival);
        assert_eq!(entry.columns, ["t_q_start", "t_vru_exit"]);
        let entry: MapEntry = "fact.sum:number=amount".parse().unwrap();
        assert_eq!(entry.field, Field::Fact("fact.sum".into(), FactKind::Number));
    }

    #[test]
    fn mistakes_are_explained() {
        let problem = |text: &str| text.parse::<MapEntry>().unwrap_err();
        assert!(problem("arival=x").contains("`arival` is no field"));
        assert!(problem("arrival").contains("field=column"));
        assert!(problem("arrival=").contains("empty column"));
        assert!(problem("fact.a:colour=x").contains("`colour`"));
    }

    #[test]
    fn conditions_compare_texts() {
        let is: Condition = "outcome=AGENT".parse().unwrap();
        assert!(is.holds("AGENT") && !is.holds("HANG"));
        let is_not: Condition = "outcome!=PHANTOM".parse().unwrap();
        assert!(is_not.holds("AGENT") && !is_not.holds("PHANTOM"));
        assert!("=x".parse::<Condition>().is_err());
    }

    #[test]
    fn facts_are_read_by_kind() {
        assert_eq!(FactKind::Text.read("7"), Ok(FactValue::Text("7".into())));
        assert_eq!(FactKind::Number.read("7"), Ok(FactValue::Number(7.0)));
        assert_eq!(FactKind::Bool.read("no"), Ok(FactValue::Bool(false)));
        assert!(FactKind::Number.read("many").is_err());
    }
}
