//! `reparto retailcrm check`: asks the CRM and the gateway all that the connector will ask, and says what is red.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::timeout;

use super::{client, secret};
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::settings::AllSettings;
use crate::cli::terminal::Terminal;
use crate::config::accounts::{RetailCrm, SecretSource};
use crate::connectors::retailcrm::client::{Address, Client as Gateway, ClientOptions, Token};
use crate::connectors::retailcrm::crm::answer::CrmError;
use crate::connectors::retailcrm::crm::checkup::{Mark, Seen, judge};
use crate::connectors::retailcrm::crm::client::Client;
use crate::connectors::retailcrm::crm::registration::Standing;
use crate::connectors::retailcrm::crm::request::Request;
use crate::connectors::retailcrm::crm_wire::{Credentials, ModuleShown, SystemInfo};
use crate::domain::ids::AccountId;
use crate::engine::clock::SystemClock;
use crate::telemetry::metrics::ConnectorMeters;

/// How long the gateway may take for all of one list.
const PATIENCE: Duration = Duration::from_secs(20);

/// `reparto retailcrm check …`
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the settings file as `reparto serve` does, and changes nothing anywhere.

Examples:
  reparto retailcrm check
  reparto retailcrm check --config /etc/reparto.toml --account shop

Exit codes:
  0  nothing is red
  1  something is
  2  could not run: no such account in the settings")]
pub struct CheckArgs {
    /// Only this account
    #[arg(long, value_name = "ID", value_parser = |text: &str| AccountId::parse(text))]
    pub account: Option<AccountId>,
    /// The settings
    #[command(flatten)]
    pub settings: AllSettings,
}

/// Runs the command.
///
/// # Errors
/// Settings that cannot be read, or that name no account.
pub async fn run(args: CheckArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let gathered = args.settings.gather()?;
    let is_meant =
        |crm: &&RetailCrm| args.account.as_ref().is_none_or(|account| account.as_str() == crm.account);
    let accounts: Vec<_> = gathered.retailcrm.iter().filter(is_meant).collect();
    if accounts.is_empty() {
        return Err(Failure::new(
            "the settings connect no such account to retailCRM",
            "`reparto retailcrm register --help` tells how to connect one",
        ));
    }
    let mut worst = Mark::Fine;
    for crm in accounts {
        let found = judge(&see(crm).await?);
        writeln!(terminal.out, "account {}", crm.account)?;
        for finding in found {
            worst = worst.max(finding.mark);
            writeln!(terminal.out, "  {:<3}  {}", finding.mark.word(), finding.what)?;
            if !finding.mend.is_empty() {
                writeln!(terminal.out, "       help: {}", finding.mend)?;
            }
        }
    }
    Ok(if worst == Mark::Red { FINDINGS } else { FINE })
}

fn reveal(source: &SecretSource, what: &str) -> Result<String, Failure> {
    match source {
        SecretSource::Text(text) => Ok(text.reveal().to_owned()),
        SecretSource::File(path) => secret(path, what),
    }
}

async fn see(crm: &RetailCrm) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    if let (Some(url), Some(key)) = (&crm.crm_url, &crm.crm_key) {
        let client = client(url, &reveal(key, "the API key")?)?;
        see_crm(&client, crm.crm_module.as_deref(), &mut seen).await;
    }
    see_gateway(crm, &mut seen).await?;
    Ok(seen)
}

async fn see_crm(client: &Client, module: Option<&str>, seen: &mut Seen) {
    let credentials = client.ask::<Credentials>(&Request::credentials()).await;
    seen.clock_ahead = client.clock_ahead();
    // Without a key nothing else can be read, and it need not be said five times.
    let stops = credentials.as_ref().err().is_some_and(CrmError::needs_a_person);
    seen.credentials = Some(credentials);
    if stops {
        return;
    }
    let reads = [
        ("customers", Request::customers_of_gateway(1)),
        ("users", Request::users(1)),
        ("user-groups", Request::groups(1)),
        ("settings", Request::settings()),
    ];
    for (what, request) in reads {
        // Anything that is a success will do; its contents are not looked at.
        let read = client.ask::<SystemInfo>(&request).await.map(drop);
        seen.reads.push((what, read));
    }
    if let Some(code) = module {
        let shown = client.ask::<ModuleShown>(&Request::module(code)).await;
        seen.module = Some(shown.map(|shown| Standing::of_module(&shown.integration_module)));
    }
}

async fn see_gateway(crm: &RetailCrm, seen: &mut Seen) -> Result<(), Failure> {
    let account = AccountId::parse(&crm.account).unwrap_or_else(|_| AccountId::default_account());
    let address = Address::parse(&crm.endpoint)
        .map_err(|problem| Failure::new(problem.to_string(), "see `endpoint` in the settings file"))?;
    let token = Token::new(reveal(&crm.token, "the token")?);
    let options = ClientOptions { address, token, per_second: crm.requests_per_second, timeout: PATIENCE };
    let meters = ConnectorMeters::new(&account);
    let gateway = Gateway::new(options, Arc::new(SystemClock::default()), meters).map_err(|error| {
        Failure::new(format!("TLS cannot be set up: {error}"), "check this machine's certificates")
    })?;
    let me = in_time(gateway.me()).await;
    let is_known = me.is_ok();
    seen.me = Some(me);
    if is_known {
        seen.rivals = Some(in_time(gateway.rivals()).await);
        seen.users = Some(in_time(gateway.users()).await);
        seen.channels = Some(in_time(gateway.channels()).await);
    }
    Ok(())
}

/// The client is patient; whoever waits for a check is not.
async fn in_time<T, E: std::fmt::Display>(answer: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|failure| failure.to_string()),
        Err(_) => Err("it does not answer".into()),
    }
}
