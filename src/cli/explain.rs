//! `reparto explain`: why a dialog is where it is, and why not elsewhere, from a running server or a stopped one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::exit::{FINDINGS, FINE, Failure};
use super::explain_page::page;
use super::parts;
use super::remote::{NoAnswer, RemoteArgs};
use super::settings::DataSettings;
use super::terminal::Terminal;
use crate::domain::ids::{DialogId, ManagerId};
use crate::domain::sentence::Language;
use crate::explain::{ExplainError, Question, explain};
use crate::http::views::explanation::ExplanationView;

/// `reparto explain …`
#[derive(Debug, Args)]
#[command(after_help = "\
Asks the server at --url. With --data-dir, or when no server answers there, the database is read instead, without
changing anything; a message says which it was.

Examples:
  reparto explain d-4711
  reparto explain d-4711 --why-not ana               Why ana did not get it: exact for every manager
  reparto explain d-4711 --decision 1 --language es  The first decision about it, in Spanish
  reparto explain d-4711 --data-dir ./data           From the database of a stopped server
  reparto explain d-4711 --format json | jq .explanation.decision

Exit codes:
  0  explained
  1  there is no such dialog, decision or manager
  2  could not run: no server, no database, no permission")]
pub struct ExplainArgs {
    /// The dialog
    #[arg(value_name = "DIALOG", value_parser = |text: &str| DialogId::parse(text))]
    pub dialog: DialogId,
    /// Also say why this manager did not get it
    #[arg(long, value_name = "MANAGER", value_parser = |text: &str| ManagerId::parse(text))]
    pub why_not: Option<ManagerId>,
    /// Which decision about the dialog, from one, the oldest first; the newest when missing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub decision: Option<u32>,
    /// The language to explain in
    #[arg(long, value_enum, default_value_t)]
    pub language: LanguageArg,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Read the database in this folder instead of asking a server
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server
    #[command(flatten)]
    pub remote: RemoteArgs,
}

/// Languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LanguageArg {
    /// English
    #[default]
    En,
    /// Spanish
    Es,
}

impl From<LanguageArg> for Language {
    fn from(language: LanguageArg) -> Self {
        match language {
            LanguageArg::En => Self::English,
            LanguageArg::Es => Self::Spanish,
        }
    }
}

/// How explanations are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the sentence first, then everything
    #[default]
    Human,
    /// One JSON document
    Json,
}

/// What came of asking.
enum Found {
    /// The explanation, as the API tells it.
    Explanation(Value),
    /// Why there is none.
    Nothing(String),
}

/// Runs the command.
///
/// # Errors
/// Neither a server nor a database that could be asked.
pub async fn run(args: ExplainArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let (found, source) = match &args.data_dir {
        Some(folder) => (from_store(&args, folder).await?, json!({ "database": folder })),
        None => match from_server(&args).await {
            Ok(found) => (found, json!({ "server": args.remote.url })),
            Err(NoAnswer::Unreachable(why)) => {
                let folder = DataSettings::default().data_dir()?;
                if parts::schema(&folder).await.is_ok_and(|schema| schema.present.is_none()) {
                    return Err(NoAnswer::Unreachable(why).into());
                }
                writeln!(terminal.err, "{why}; reading the database in {} instead", folder.display())?;
                (from_store(&args, &folder).await?, json!({ "database": folder }))
            }
            Err(refused @ NoAnswer::Refused(_)) => return Err(refused.into()),
        },
    };
    let explanation = match found {
        Found::Explanation(explanation) => explanation,
        Found::Nothing(why) => {
            writeln!(terminal.err, "{why}")?;
            return Ok(FINDINGS);
        }
    };
    match args.format {
        Format::Json => {
            let document = json!({ "version": 1, "source": source, "explanation": explanation });
            writeln!(terminal.out, "{document:#}")?;
        }
        Format::Human => {
            let text = page(&explanation, args.language.into()).map_err(|problem| {
                let help = "use the program of the server's version";
                Failure::new(format!("the explanation cannot be understood: {problem}"), help)
            })?;
            terminal.out.write_all(text.as_bytes())?;
        }
    }
    if let Some(manager) = &args.why_not
        && explanation.pointer("/why_not/known") == Some(&Value::Bool(false))
    {
        writeln!(terminal.err, "the account {} has no manager {manager}", args.remote.account)?;
        return Ok(FINDINGS);
    }
    Ok(FINE)
}

async fn from_server(args: &ExplainArgs) -> Result<Found, NoAnswer> {
    let remote = args.remote.connect().map_err(|failure| NoAnswer::Unreachable(failure.to_string()))?;
    let number = args.decision.map(|number| number.to_string());
    let mut query = vec![("language", Language::from(args.language).tag())];
    query.extend(args.why_not.as_ref().map(|manager| ("why_not", manager.as_str())));
    query.extend(number.as_deref().map(|number| ("decision", number)));
    let answer = remote.get(&["dialogs", args.dialog.as_str(), "explanation"], &query).await;
    match answer {
        Ok(explanation) => Ok(Found::Explanation(explanation)),
        Err(NoAnswer::Refused(refused)) if refused.status == 404 => Ok(Found::Nothing(refused.sentence())),
        Err(other) => Err(other),
    }
}

async fn from_store(args: &ExplainArgs, folder: &Path) -> Result<Found, Failure> {
    let store = parts::read_store(folder).await?;
    let ExplainArgs { dialog, why_not, decision, remote, .. } = args;
    let account = &remote.account;
    let unreadable = |error| parts::store_failure(folder, &error);
    let Some(stored) = store.dialog(account, dialog).await.map_err(unreadable)? else {
        let nothing = format!("there is no dialog {dialog} of the account {account} in {}", folder.display());
        return Ok(Found::Nothing(nothing));
    };
    let question = Question { decision: *decision, why_not: why_not.clone() };
    let explanation = match explain(&store, account, dialog, &question).await {
        Ok(explanation) => explanation,
        Err(error @ ExplainError::NoDecision { .. }) => return Ok(Found::Nothing(error.to_string())),
        Err(ExplainError::Store(error)) => return Err(unreadable(error)),
    };
    let language = args.language.into();
    let view = ExplanationView::new(&stored, &explanation, language, None);
    let view = view.or_nobody_asked(why_not.as_ref().map(ManagerId::as_str), language, None);
    serde_json::to_value(view).map(Found::Explanation).map_err(|error| {
        Failure::new(format!("the explanation cannot be written: {error}"), "report this: it is a defect")
    })
}
