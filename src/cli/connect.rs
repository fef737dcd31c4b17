//! Connects accounts to their CRMs: from the settings to running connectors.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::assemble::Assembly;
use super::exit::Failure;
use crate::config::accounts::{ChannelChoice, RetailCrm, SecretSource};
use crate::connectors::retailcrm::client::{Address, Client, ClientOptions, Token};
use crate::connectors::retailcrm::commands::chat::{ChatCommands, make_known};
use crate::connectors::retailcrm::crm::client::{BadAccess, Client as CrmClient, account_address};
use crate::connectors::retailcrm::crm::companion::{self, Companion, Options as CompanionOptions};
use crate::connectors::retailcrm::crm::first_contact::{Channels, Wanted};
use crate::connectors::retailcrm::crm::lookup::Memory;
use crate::connectors::retailcrm::crm::registration::client_id;
use crate::connectors::retailcrm::crm::writes::Writes;
use crate::connectors::retailcrm::runner::{Connector, Customers, Options};
use crate::connectors::retailcrm::session::Tempo;
use crate::domain::ids::AccountId;
use crate::engine::clock::pause;
use crate::telemetry::metrics::ConnectorMeters;

/// How long the gateway may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a file with a token is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A connection as the settings say, checked.
pub struct Plan {
    account: AccountId,
    address: Address,
    token: Token,
    token_file: Option<PathBuf>,
    per_second: u32,
    crm: Option<Crm>,
}

/// How the CRM itself is asked.
struct Crm {
    url: String,
    key: String,
    key_file: Option<PathBuf>,
    module: Option<String>,
    per_second: u32,
    wanted: Wanted,
}

fn channels(choice: &ChannelChoice) -> Channels {
    match choice {
        ChannelChoice::None => Channels::None,
        ChannelChoice::All => Channels::All,
        ChannelChoice::Some(ids) => Channels::Some(ids.clone()),
    }
}

/// A running connector.
pub struct Connected {
    connector: Connector,
}

impl Connected {
    /// Stops it: what is not done in the CRM is done when it starts again.
    pub async fn stop(&self) {
        self.connector.stop().await;
    }
}

/// A secret, and the file it is in.
fn secret_of(account: &str, source: &SecretSource) -> Result<(String, Option<PathBuf>), Failure> {
    match source {
        SecretSource::Text(secret) => Ok((secret.reveal().to_owned(), None)),
        SecretSource::File(path) => {
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::new(
                    format!("cannot read a secret of account `{account}` in {}: {error}", path.display()),
                    "put the secret into the file, readable for this server only",
                )
            })?;
            Ok((text.trim().to_owned(), Some(path.clone())))
        }
    }
}

fn crm_of(crm: &RetailCrm) -> Result<Option<Crm>, Failure> {
    let (Some(url), Some(key)) = (&crm.crm_url, &crm.crm_key) else { return Ok(None) };
    account_address(url).map_err(|problem| {
        Failure::new(
            format!("`accounts.{}.retailcrm.crm_url` ({}): {problem}", crm.account, crm.at),
            "write the address that people open in the browser",
        )
    })?;
    let (key, key_file) = secret_of(&crm.account, key)?;
    let (module, per_second) = (crm.crm_module.clone(), crm.crm_requests_per_second);
    let wanted = Wanted { customer: channels(&crm.create_customer), order: channels(&crm.create_order) };
    Ok(Some(Crm { url: url.clone(), key, key_file, module, per_second, wanted }))
}

/// Checks what can be checked before anything starts.
///
/// # Errors
/// An account's name or an address that cannot be used, a token file that cannot be read.
pub fn plan(said: &[RetailCrm]) -> Result<Vec<Plan>, Failure> {
    let plan = |crm: &RetailCrm| {
        let RetailCrm { account: name, endpoint, token, requests_per_second, at, .. } = crm;
        let account = AccountId::parse(name).map_err(|problem| {
            Failure::new(
                format!("no account can be called `{name}` ({at}): {problem}"),
                "write [accounts.<id>.retailcrm] with the account's id",
            )
        })?;
        let address = Address::parse(endpoint).map_err(|problem| {
            Failure::new(
                format!("`accounts.{name}.retailcrm.endpoint` ({at}): {problem}"),
                "write the address that the CRM gave when the bot was registered",
            )
        })?;
        let (token, token_file) = secret_of(name, token)?;
        let (token, crm) = (Token::new(token), crm_of(crm)?);
        Ok(Plan { account, address, token, token_file, per_second: *requests_per_second, crm })
    };
    said.iter().map(plan).collect()
}

/// Starts all connectors, on this thread.
///
/// # Errors
/// When TLS cannot be set up.
pub fn start(plans: &[Plan], assembly: &Assembly) -> Result<Vec<Connected>, Failure> {
    plans.iter().map(|plan| connect(plan, assembly)).collect()
}

fn connect(plan: &Plan, assembly: &Assembly) -> Result<Connected, Failure> {
    let Plan { account, address, token, token_file, per_second, crm } = plan;
    let meters = ConnectorMeters::new(account);
    let options = ClientOptions {
        address: address.clone(),
        token: token.clone(),
        per_second: *per_second,
        timeout: TIMEOUT,
    };
    let failed = |error: String| {
        let what = format!("the connector of account `{account}` cannot be set up: {error}");
        Failure::new(what, "check the certificates of this machine")
    };
    let client = Client::new(options, Arc::clone(&assembly.clock), meters.clone())
        .map_err(|error| failed(error.to_string()))?;
    let asking = match crm {
        Some(crm) => Some((crm, ask(crm, assembly).map_err(|problem| failed(problem.to_string()))?)),
        None => None,
    };
    let (companion, ear) = Companion::new(Memory::default(), Arc::clone(&assembly.clock));
    let callbacks = companion.clone();
    let companion = asking.is_some().then_some(companion);
    let writes = Writes::default();
    let commands = ChatCommands {
        account: account.clone(),
        engine: assembly.engine.clone(),
        clock: Arc::clone(&assembly.clock),
        companion: companion.clone(),
    };
    let connector = Connector::start(Options {
        account: account.clone(),
        engine: assembly.engine.clone(),
        client: client.clone(),
        tempo: Tempo::default(),
        clock: Arc::clone(&assembly.clock),
        ids: Arc::clone(&assembly.ids),
        meters,
        commands: Some(Arc::new(commands)),
        customers: companion.map(|companion| Arc::new(companion) as Arc<dyn Customers>),
        writes: writes.clone(),
    });
    actix_rt::spawn(make_known(client, connector.live()));
    if let Some((crm, client)) = asking {
        if let Some(code) = &crm.module {
            let obey = move |standing| callbacks.stands(standing);
            assembly.callbacks.add(client_id(&crm.key, code), obey);
        }
        if let Some(path) = crm.key_file.clone() {
            let client = client.clone();
            actix_rt::spawn(watch(path, move |key| drop(client.set_key(key))));
        }
        let options = CompanionOptions {
            account: account.clone(),
            engine: assembly.engine.clone(),
            client,
            connector: connector.clone(),
            writes,
            module: crm.module.clone(),
            wanted: crm.wanted.clone(),
            tempo: companion::Tempo::default(),
            clock: Arc::clone(&assembly.clock),
            ids: Arc::clone(&assembly.ids),
        };
        options.start(ear);
    }
    if let Some(path) = token_file.clone() {
        let connector = connector.clone();
        actix_rt::spawn(watch(path, move |token| connector.set_token(Token::new(token))));
    }
    Ok(Connected { connector })
}

fn ask(crm: &Crm, assembly: &Assembly) -> Result<CrmClient, BadAccess> {
    let (clock, chance) = (Arc::clone(&assembly.clock), Arc::clone(&assembly.ids));
    CrmClient::new(&crm.url, &crm.key, crm.per_second, clock, chance)
}

/// A secret that is replaced in its file is used at once, so that nobody need restart the server.
async fn watch(path: PathBuf, take: impl Fn(&str)) {
    loop {
        pause(LOOK).await;
        // While it is being replaced it may be away or empty.
        if let Ok(text) = fs::read_to_string(&path)
            && !text.trim().is_empty()
        {
            take(text.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::problem::Origin;
    use crate::config::secret::Secret;

    fn said(endpoint: &str, token: SecretSource) -> RetailCrm {
        RetailCrm {
            account: "shop".into(),
            endpoint: endpoint.into(),
            token,
            crm_url: None,
            crm_key: None,
            crm_module: None,
            crm_requests_per_second: 8,
            create_customer: ChannelChoice::None,
            create_order: ChannelChoice::None,
            requests_per_second: 10,
            at: Origin::Default,
        }
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_starts() {
        let token = SecretSource::Text(Secret::new("hunter2"));
        assert!(plan(&[said("https://mg.example", token.clone())]).is_ok());
        let insecure =
            plan(&[said("http://mg.example", token)]).err().expect("it would send the token in clear");
        assert!(insecure.to_string().contains("in clear"), "{insecure}");
        let gone = SecretSource::File("there/is/no/such.token".into());
        let gone = plan(&[said("https://mg.example", gone)]).err().expect("there is no such file");
        assert!(gone.to_string().contains("such.token"), "{gone}");
    }
}
