//! `reparto token`: makes, lists and revokes bearer tokens, directly in the data folder.

use chrono::{DateTime, SecondsFormat, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::exit::{FINE, Failure};
use super::parts;
use super::settings::DataSettings;
use super::terminal::Terminal;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::http::auth::secret::{self, Token};
use crate::store::change::{Role, TokenRecord};
use crate::store::{SharedStore, StoreError};

/// `reparto token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints it, this once; only its hash is kept
    Create(CreateArgs),
    /// Lists all tokens, the revoked included; never the tokens themselves
    List {
        /// Where the data is
        #[command(flatten)]
        data: DataSettings,
    },
    /// Revokes a token
    Revoke {
        /// The id that `token list` prints
        id: String,
        /// Where the data is
        #[command(flatten)]
        data: DataSettings,
    },
}

/// `reparto token create …`
#[derive(Debug, Args)]
#[command(after_help = "\
Roles:
  backend   everything of its account except rules and tokens: for the CRM
  admin     everything of its account
  viewer    reads its account
  metrics   reads /metrics only: for Prometheus
  operator  everything of all accounts

Examples:
  reparto token create --role backend --name crm
  TOKEN=$(reparto token create --role metrics --name prometheus)
  reparto token create --role viewer --account shop-2 --data-dir /var/lib/reparto")]
pub struct CreateArgs {
    /// What the token permits
    #[arg(long, value_parser = role_parser(), default_value = "backend")]
    pub role: Role,
    /// Its account; operators have none
    #[arg(long, value_name = "ID", value_parser = |text: &str| AccountId::parse(text))]
    pub account: Option<AccountId>,
    /// A name for people
    #[arg(long, default_value = "", hide_default_value = true)]
    pub name: String,
    /// Where the data is
    #[command(flatten)]
    pub data: DataSettings,
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::word)).map(|word| {
        let role = Role::ALL.into_iter().find(|role| role.word() == word);
        role.expect("only these words are possible")
    })
}

/// Runs the command.
///
/// # Errors
/// A folder that cannot be opened, an account or a token that does not exist.
pub async fn run(command: TokenCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        TokenCommand::Create(args) => {
            let account = account_of(args.role, args.account)?;
            let store = parts::open_store(&args.data.data_dir()?).await?;
            check_account(&store, account.as_ref()).await?;
            let token = Token::from_bytes(parts::ids()?.bytes());
            let record = record(token.reveal(), account, args.role, args.name, parts::now());
            store.put_token(&record).await.map_err(|error| store_failure(&error))?;
            writeln!(terminal.out, "{}", token.reveal())?;
            writeln!(terminal.err, "This is token {}; it will not be shown again.", record.id)?;
        }
        TokenCommand::List { data } => {
            let store = parts::open_store(&data.data_dir()?).await?;
            let tokens = store.tokens().await.map_err(|error| store_failure(&error))?;
            terminal.out.write_all(table(&tokens).as_bytes())?;
        }
        TokenCommand::Revoke { id, data } => {
            let store = parts::open_store(&data.data_dir()?).await?;
            let tokens = store.tokens().await.map_err(|error| store_failure(&error))?;
            let Some(mut record) = tokens.into_iter().find(|token| *token.id == *id) else {
                return Err(Failure::new(
                    format!("there is no token {id}"),
                    "`reparto token list` prints all ids",
                ));
            };
            if record.revoked_at.is_some() {
                writeln!(terminal.err, "Token {id} was revoked before.")?;
            } else {
                record.revoked_at = Some(parts::now());
                store.put_token(&record).await.map_err(|error| store_failure(&error))?;
                writeln!(terminal.err, "Token {id} is revoked.")?;
            }
        }
    }
    Ok(FINE)
}

/// Operators have no account; everybody else has one, `default` when none is named.
fn account_of(role: Role, account: Option<AccountId>) -> Result<Option<AccountId>, Failure> {
    match (role, account) {
        (Role::Operator, None) => Ok(None),
        (Role::Operator, Some(_)) => Err(Failure::new(
            "an operator token is for all accounts",
            "leave out --account, or use --role admin",
        )),
        (Role::Backend | Role::Admin | Role::Viewer | Role::Metrics, account) => {
            Ok(Some(account.unwrap_or_else(AccountId::default_account)))
        }
    }
}

async fn check_account(store: &SharedStore, account: Option<&AccountId>) -> Result<(), Failure> {
    let Some(account) = account.filter(|account| **account != AccountId::default_account()) else {
        return Ok(());
    };
    let accounts = store.accounts().await.map_err(|error| store_failure(&error))?;
    if accounts.iter().any(|known| known.id == *account) {
        return Ok(());
    }
    let known: Vec<_> = accounts.iter().map(|known| known.id.as_str()).collect();
    Err(Failure::new(
        format!("there is no account {account}"),
        format!("create it with PUT /v1/accounts/{account}, or use one of: {}", known.join(", ")),
    ))
}

fn record(token: &str, account: Option<AccountId>, role: Role, name: String, now: Timestamp) -> TokenRecord {
    let hash = secret::hash(token);
    let id = secret::id(&hash).into();
    TokenRecord { id, hash, account, role, name, created_at: now, revoked_at: None }
}

/// What to say when the store does not do its part.
pub fn store_failure(error: &StoreError) -> Failure {
    let help = match error {
        StoreError::Unavailable(_) => {
            "check that the data folder can be written, has room, and that no server holds it"
        }
        StoreError::Corrupt(_) => {
            "use the version of reparto that wrote it, or a newer one; or restore a backup"
        }
    };
    Failure::new(error.to_string(), help)
}

fn table(tokens: &[TokenRecord]) -> String {
    let heading = ["ID", "ROLE", "ACCOUNT", "CREATED", "REVOKED", "NAME"].map(str::to_owned);
    let rows = tokens.iter().map(|token| {
        [
            token.id.to_string(),
            token.role.word().to_owned(),
            token.account.as_ref().map_or("-".into(), ToString::to_string),
            when(token.created_at),
            token.revoked_at.map_or("-".into(), when),
            token.name.clone(),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn when(at: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_micros(at.micros())
        .map_or("-".into(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_operators_have_no_account() {
        let shop = AccountId::trusted("shop");
        assert_eq!(account_of(Role::Operator, None).ok(), Some(None));
        assert!(account_of(Role::Operator, Some(shop.clone())).is_err());
        assert_eq!(account_of(Role::Viewer, Some(shop.clone())).ok(), Some(Some(shop)));
        assert_eq!(account_of(Role::Backend, None).ok(), Some(Some(AccountId::default_account())));
    }

    #[test]
    fn lists_align_and_never_show_a_token_or_its_hash() {
        let mut backend = record(
            "rpt_a",
            Some(AccountId::default_account()),
            Role::Backend,
            "crm".into(),
            Timestamp::default(),
        );
        backend.revoked_at = Some(Timestamp::from_secs(86_400));
        let operator = record("rpt_b", None, Role::Operator, String::new(), Timestamp::from_secs(1));
        let text = table(&[backend, operator]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "ID                ROLE      ACCOUNT  CREATED               REVOKED               NAME"
        );
        assert!(
            lines[1].ends_with("backend   default  1970-01-01T00:00:00Z  1970-01-02T00:00:00Z  crm"),
            "{text}"
        );
        assert!(lines[2].ends_with("operator  -        1970-01-01T00:00:01Z  -"), "{text}");
        assert!(!text.contains("rpt_"));
    }
}
