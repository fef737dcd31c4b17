//! The arguments of `reparto drive`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::mapping::{Condition, MapEntry};
use super::moments;
use crate::domain::ids::{AccountId, ChannelId};
use crate::domain::time::Timestamp;
use crate::domain::units::Units;

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceFormat {
    /// A header, then a row a dialog.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// A channel to create: `id` or `id:type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelArg {
    /// Its id.
    pub id: ChannelId,
    /// Its kind of messenger.
    pub kind: String,
}

/// What a dialog costs through a kind of channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostArg {
    /// The kind of messenger.
    pub kind: String,
    /// Units.
    pub cost: Units,
}

const EXAMPLES: &str = "\
Examples:
  A day of a call centre, an hour a minute, those who did it then as managers, types as skills:
    zcat calls.csv.gz | reparto drive --trace - --date 1999-01-04 --where outcome=AGENT --speed 60 \\
      --map arrival=t_q_start/t_vru_exit,customer=customer,handle=ser_time,fact.type=type,agent=agent \\
      --skills type --vip-when priority=2 --capacity 1 --allow fact.type=group

  As much as the server can take:
    reparto drive --synthetic 50000 --managers 100 --replies 0 --batch 64

  Only the checks, from the first event on:
    reparto drive --check-only

A trace in NDJSON has an object a line, of which only `at` is required:
  {\"at\": \"2026-03-02T10:00:00Z\", \"customer\": \"c17\", \"channel\": \"shop\", \"handle\": 95.5, \"patience\": 300,
   \"messages\": 3, \"vip\": true, \"agent\": \"ana\", \"facts\": {\"fact.type\": \"PS\"}}

Exit status: 0 all checks pass, 1 violations, 2 could not run.";

/// Play a trace against a running server, as a CRM backend would, and check what came of it.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_long_help = EXAMPLES)]
pub struct DriveArgs {
    /// The server.
    #[arg(long, value_name = "URL", env = "REPARTO_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The account.
    #[arg(long, value_name = "ID", default_value = "default", value_parser = account)]
    pub account: AccountId,
    /// A token of the role `backend`.
    #[arg(long, value_name = "TOKEN", env = "REPARTO_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// The trace: a file, or `-` for standard input. (For a .gz: `zcat FILE | reparto drive --trace -`.)
    #[arg(long, value_name = "FILE", help_heading = "Trace")]
    pub trace: Option<PathBuf>,
    /// How the trace is written; by default, what the file's name says, or else CSV.
    #[arg(long, value_name = "FORMAT", help_heading = "Trace")]
    pub trace_format: Option<TraceFormat>,
    /// Which column is what: FIELD=COLUMN, or FIELD=COLUMN/COLUMN for the first that is not empty. Fields:
    /// arrival, customer, chat, channel, handle (seconds), until, patience (seconds), messages, priority, agent,
    /// skill; any name with a dot is a fact, sent as text, or as fact.sum:number, fact.paid:bool.
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', help_heading = "Trace")]
    pub map: Vec<MapEntry>,
    /// Only rows with this value (or, with !=, another) in the column; may be given several times.
    #[arg(long = "where", value_name = "COLUMN=VALUE", help_heading = "Trace")]
    pub only: Vec<Condition>,
    /// Only arrivals of this day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = moments::moment, conflicts_with_all = ["from", "to"], help_heading = "Trace")]
    pub date: Option<Timestamp>,
    /// Only arrivals from this moment on.
    #[arg(long, value_name = "TIME", value_parser = moments::moment, help_heading = "Trace")]
    pub from: Option<Timestamp>,
    /// Only arrivals before this moment.
    #[arg(long, value_name = "TIME", value_parser = moments::moment, help_heading = "Trace")]
    pub to: Option<Timestamp>,
    /// At most so many dialogs, the earliest.
    #[arg(long, value_name = "N", help_heading = "Trace")]
    pub limit: Option<usize>,
    /// Rows with this value are of VIP customers.
    #[arg(long, value_name = "COLUMN=VALUE", help_heading = "Trace")]
    pub vip_when: Vec<Condition>,
    /// The first row that cannot be read ends it; otherwise such rows are counted and left out.
    #[arg(long, help_heading = "Trace")]
    pub strict: bool,

    /// Instead of a trace: so many made-up dialogs.
    #[arg(long, value_name = "N", conflicts_with = "trace", help_heading = "Made-up traffic")]
    pub synthetic: Option<u32>,
    /// Made-up arrivals a second; 0: each as soon as the server allows.
    #[arg(
        long,
        value_name = "R",
        default_value_t = 0.0,
        requires = "synthetic",
        help_heading = "Made-up traffic"
    )]
    pub rate: f64,
    /// Without a rate: how many dialogs are open at once; by default half of what the managers can hold.
    #[arg(long, value_name = "N", requires = "synthetic", help_heading = "Made-up traffic")]
    pub open: Option<u32>,
    /// The seed of made-up arrivals.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Made-up traffic")]
    pub seed: u64,

    /// So many managers, m001 and so on. By default those that the trace names (agent), or else those on record.
    #[arg(long, value_name = "N", help_heading = "Managers")]
    pub managers: Option<u32>,
    /// The groups of a manager whom the trace names: this column's values (or this fact's) of what they did.
    #[arg(long, value_name = "COLUMN", help_heading = "Managers")]
    pub skills: Option<String>,
    /// A group of all made-up managers; may be given several times.
    #[arg(long, value_name = "ID", help_heading = "Managers")]
    pub group: Vec<String>,
    /// The capacity of each manager in units; by default the rule file's.
    #[arg(long, value_name = "UNITS", value_parser = units, help_heading = "Managers")]
    pub capacity: Option<Units>,
    /// Replies of the manager in each dialog, unless the trace says how many messages there are.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Managers")]
    pub replies: u16,
    /// Time of work where the trace does not say; the mean of made-up ones.
    #[arg(long, value_name = "SPAN", default_value = "180s", value_parser = moments::span, help_heading = "Managers")]
    pub handle: Duration,
    /// Channels to create, the first for dialogs that name none: ID or ID:TYPE.
    #[arg(long, value_name = "ID[:TYPE]", default_value = "drive:chat", value_parser = channel, help_heading = "Managers")]
    pub channel: Vec<ChannelArg>,

    /// Trace seconds a second, or `max`: as fast as the answers come, in the order of the trace.
    #[arg(long, value_name = "FACTOR|max", default_value = "max", value_parser = speed, help_heading = "Speed")]
    pub speed: Speed,
    /// Requests on their way at once. With 1, everything happens strictly in the trace's order, and waits by the
    /// trace's clock are the same each time; with more, neighbours may overtake each other on their way.
    #[arg(long, value_name = "N", default_value_t = 64, help_heading = "Speed")]
    pub in_flight: usize,
    /// Connections.
    #[arg(long, value_name = "N", default_value_t = 32, help_heading = "Speed")]
    pub connections: usize,
    /// Requests on their way on one connection. (Some servers work them off one by one.)
    #[arg(long, value_name = "N", default_value_t = 8, help_heading = "Speed")]
    pub pipeline: usize,
    /// Closures sent together as a batch of events; at most an eighth of what made-up managers can hold.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Speed")]
    pub batch: usize,
    /// How long the server may be away: killed and started again, it is waited for, and what it had not answered
    /// is sent again.
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = moments::span, help_heading = "Speed")]
    pub ride_out: Duration,
    /// At the end, dialogs that still wait are given up after so long without any news.
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = moments::span, help_heading = "Speed")]
    pub settle: Duration,
    /// The name of the run, the beginning of its dialogs' ids; by default made from the newest event's number.
    #[arg(long, value_name = "NAME", help_heading = "Speed")]
    pub run: Option<String>,

    /// A dialog may only go to members of the group that this fact names: NAME=group. Otherwise whom the server
    /// says it looked at is taken for allowed.
    #[arg(long, value_name = "FACT=group", value_parser = allow, help_heading = "Checks")]
    pub allow: Option<String>,
    /// For so long, by the server's stamps, a dialog may wait although somebody has room: the messages of a
    /// decision take their time.
    #[arg(long, value_name = "SPAN", default_value = "250ms", value_parser = moments::span, help_heading = "Checks")]
    pub grace: Duration,
    /// Units that the rules may book over a manager's capacity.
    #[arg(long, value_name = "UNITS", default_value = "0", value_parser = units, help_heading = "Checks")]
    pub over_capacity: Units,
    /// What a dialog costs through a kind of channel, if not one unit: TYPE=UNITS.
    #[arg(long, value_name = "TYPE=UNITS", value_parser = cost, help_heading = "Checks")]
    pub cost: Vec<CostArg>,
    /// The rule file charges idle dialogs less: then capacity cannot be judged from the events.
    #[arg(long, help_heading = "Checks")]
    pub idle_discount: bool,
    /// Play nothing; check the events there are. With the trace and the run's name, groups are checked too.
    #[arg(long, help_heading = "Checks")]
    pub check_only: bool,
    /// Check the events after this number; before it nobody must have been working.
    #[arg(long, value_name = "SEQ", default_value_t = 0, requires = "check_only", help_heading = "Checks")]
    pub after: u64,

    /// How the report is written.
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Report")]
    pub format: Format,
    /// No progress bar.
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,
}

/// How fast the trace is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// Trace seconds a second.
    Factor(f64),
    /// As fast as the answers come.
    Max,
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).map_err(|problem| problem.to_string())
}

fn speed(text: &str) -> Result<Speed, String> {
    match text.parse::<f64>() {
        _ if text == "max" => Ok(Speed::Max),
        Ok(factor) if factor > 0.0 && factor.is_finite() => Ok(Speed::Factor(factor)),
        Ok(_) | Err(_) => Err("write how many trace seconds pass in a second, such as 60, or max".to_owned()),
    }
}

fn units(text: &str) -> Result<Units, String> {
    text.parse().ok().and_then(Units::from_f64).ok_or_else(|| format!("`{text}` is no amount of units"))
}

fn channel(text: &str) -> Result<ChannelArg, String> {
    let (id, kind) = text.split_once(':').unwrap_or((text, "chat"));
    Ok(ChannelArg { id: ChannelId::parse(id).map_err(|problem| problem.to_string())?, kind: kind.to_owned() })
}

fn cost(text: &str) -> Result<CostArg, String> {
    let (kind, cost) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form type=units"))?;
    Ok(CostArg { kind: kind.to_owned(), cost: units(cost)? })
}

fn allow(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((fact, "group")) if !fact.is_empty() => Ok(fact.to_owned()),
        _ => Err(format!("`{text}` is not of the form FACT=group, such as fact.type=group")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        drive: DriveArgs,
    }

    fn parse(line: &str) -> Result<DriveArgs, String> {
        let words = std::iter::once("drive").chain(line.split_whitespace());
        Program::try_parse_from(words).map(|program| program.drive).map_err(|error| error.to_string())
    }

    #[test]
    fn a_whole_line_is_understood() {
        let line = "--trace - --map arrival=a/b,fact.type=type --map agent=agent --where outcome=AGENT --where type!=IN \
            --date 1999-01-04 --vip-when priority=2 --skills type --capacity 1 --speed 60 --allow fact.type=group \
            --ride-out 2m --cost site=2 --channel shop:site --channel wa:whatsapp --format json --token t";
        let args = parse(line).unwrap();
        assert_eq!((args.map.len(), args.only.len(), args.channel.len()), (3, 2, 2));
        assert_eq!(args.speed, Speed::Factor(60.0));
        assert_eq!(args.allow.as_deref(), Some("fact.type"));
        assert_eq!(args.ride_out, Duration::from_mins(2));
        assert_eq!(args.cost[0].cost, Units::whole(2));
    }

    #[test]
    fn mistakes_are_explained() {
        for (line, want) in [
            ("--map arival=x", "`arival` is no field"),
            ("--speed fast", "or max"),
            ("--allow fact.type=PS", "FACT=group"),
            ("--capacity many", "no amount of units"),
            ("--ride-out 60", "number and its unit"),
            ("--rate 5", "--synthetic"),
            ("--trace x --synthetic 5", "cannot be used with"),
        ] {
            let problem = parse(line).map(|_| ()).unwrap_err();
            assert!(problem.contains(want), "{line}: {problem}");
        }
    }
}
