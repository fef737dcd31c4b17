//! `reparto retailcrm`: connects an account of retailCRM (Simla.com), and says what is wrong with the connection.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::exit::Failure;
use super::parts;
use super::terminal::Terminal;
use crate::connectors::retailcrm::crm::answer::CrmError;
use crate::connectors::retailcrm::crm::client::{Client, REQUESTS_PER_SECOND};
use crate::engine::clock::SystemClock;

mod check;
mod hours;
mod register;

/// `reparto retailcrm …`
#[derive(Debug, Subcommand)]
pub enum RetailCrmCommand {
    /// Makes Reparto a bot of the account, and prints the settings to connect with
    Register(register::RegisterArgs),
    /// Says what is red: key, rights, token, role, other bots, clock
    Check(check::CheckArgs),
    /// Prints the account's working hours and holidays as a section of a rule file
    Hours(hours::HoursArgs),
}

/// Runs the command.
///
/// # Errors
/// Why it could not run.
pub async fn run(command: RetailCrmCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        RetailCrmCommand::Register(args) => register::run(&args, terminal).await,
        RetailCrmCommand::Check(args) => check::run(args, terminal).await,
        RetailCrmCommand::Hours(args) => hours::run(&args, terminal).await,
    }
}

/// How the CRM is reached.
#[derive(Clone, Debug, Args)]
pub struct CrmArgs {
    /// Address of the account, as in the browser, such as `https://shop.simla.com`
    #[arg(long, value_name = "URL")]
    pub crm_url: String,
    /// File with an API key of the account, and nothing else
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
}

impl CrmArgs {
    fn client(&self) -> Result<Client, Failure> {
        client(&self.crm_url, &secret(&self.key_file, "the API key")?)
    }
}

/// A secret from its file.
fn secret(path: &Path, what: &str) -> Result<String, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let what = format!("cannot read {what} in {}: {error}", path.display());
        Failure::new(what, "put it into a file of its own that only you can read")
    })?;
    let text = text.trim();
    if text.is_empty() {
        let what = format!("there is nothing in {}", path.display());
        return Err(Failure::new(what, "put the secret there, and nothing else"));
    }
    Ok(text.to_owned())
}

fn client(address: &str, key: &str) -> Result<Client, Failure> {
    let clock = Arc::new(SystemClock::default());
    let made = Client::new(address, key, REQUESTS_PER_SECOND, clock, Arc::new(parts::ids()?));
    made.map_err(|problem| Failure::new(problem.to_string(), "see `reparto retailcrm --help`"))
}

fn refused(error: &CrmError) -> Failure {
    Failure::new(error.to_string(), "`reparto retailcrm check` says more, once the account is connected")
}
