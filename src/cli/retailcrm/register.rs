//! `reparto retailcrm register`: makes Reparto a bot of an account, keeps the token in a file, and prints the settings.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{CrmArgs, client, refused, secret};
use crate::cli::exit::{FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::config::show::quoted;
use crate::connectors::retailcrm::crm::registration::{Identity, access, client_id, is_code, register};
use crate::connectors::retailcrm::crm_wire::ModuleEdited;
use crate::domain::ids::AccountId;

/// `reparto retailcrm register …`
#[derive(Debug, Args)]
#[command(after_help = "\
Creates the integration module in the account, or changes it when it is there: to read the token again, just register
again. The token goes into a file that only you can read, never to the terminal.

The key needs the rights Integration, Customers, Users and Reference, for all stores.

Examples:
  reparto retailcrm register --crm-url https://shop.simla.com --key-file crm.key
  reparto retailcrm register --crm-url https://shop.simla.com --key-file crm.key >> reparto.toml
  reparto retailcrm register --crm-url https://shop.simla.com --key-file crm.key --new-token")]
pub struct RegisterArgs {
    /// How the CRM is reached
    #[command(flatten)]
    pub crm: CrmArgs,
    /// Where the bot's token is kept; replaced if it exists
    #[arg(long, value_name = "FILE", default_value = "retailcrm.token")]
    pub token_file: PathBuf,
    /// The account of Reparto that the bot serves
    #[arg(long, value_name = "ID", default_value_t = AccountId::default_account(),
          value_parser = |text: &str| AccountId::parse(text))]
    pub account: AccountId,
    /// Code of the integration module, once in the CRM's account
    #[arg(long, default_value = "reparto", value_parser = code)]
    pub code: String,
    /// Name of the bot for people
    #[arg(long, default_value = "Reparto")]
    pub name: String,
    /// Address of this server as the CRM reaches it, for its calls when the module is switched on or off
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Make a new token; the old one ends
    #[arg(long)]
    pub new_token: bool,
}

fn code(text: &str) -> Result<String, String> {
    if is_code(text) {
        return Ok(text.to_owned());
    }
    Err("a code has letters, digits, - and _ only, at most 64".into())
}

/// Runs the command.
///
/// # Errors
/// A CRM that refuses, or that has no chats; a file that cannot be written.
pub async fn run(args: &RegisterArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let key = secret(&args.crm.key_file, "the API key")?;
    let client = client(&args.crm.crm_url, &key)?;
    let identity = Identity {
        code: args.code.clone(),
        name: args.name.clone(),
        client_id: client_id(&key, &args.code),
        base_url: args.url.clone(),
    };
    let request = register(&identity, true, args.new_token);
    let edited: ModuleEdited = client.ask(&request).await.map_err(|error| refused(&error))?;
    let access = access(edited).map_err(|problem| {
        Failure::new(problem.to_string(), "or ask the vendor why the account's bots have no gateway")
    })?;
    keep(&args.token_file, &access.token)?;
    terminal.out.write_all(settings(args, &access.endpoint).as_bytes())?;
    writeln!(
        terminal.err,
        "Registered as `{}`. The token is in {}; the lines above belong into the settings file. Then: reparto serve",
        args.code,
        args.token_file.display()
    )?;
    Ok(FINE)
}

/// The settings to connect with. They hold no secret.
fn settings(args: &RegisterArgs, endpoint: &str) -> String {
    let path = |path: &Path| quoted(&path.to_string_lossy());
    format!(
        "[accounts.{}.retailcrm]\nendpoint     = {}\ntoken_file   = {}\ncrm_url      = {}\ncrm_key_file = {}\n\
         crm_module   = {}\n",
        quoted_key(args.account.as_str()),
        quoted(endpoint),
        path(&args.token_file),
        quoted(&args.crm.crm_url),
        path(&args.crm.key_file),
        quoted(&args.code),
    )
}

/// A name as a part of a table's: bare where that is possible.
fn quoted_key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// Writes the token where only its owner reads it; whoever reads meanwhile sees the old one or the new one.
fn keep(path: &Path, token: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let what = format!("cannot write the token to {}: {error}", path.display());
        Failure::new(what, "name another place with --token-file")
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    writeln!(file, "{token}").and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}
