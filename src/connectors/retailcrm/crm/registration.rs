//! Becoming a bot of an account: the integration module, what the account gives for it, and when it stops us.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::request::Request;
use crate::connectors::retailcrm::crm_wire::{Module, ModuleEdited};

/// Where the CRM calls when the module is switched on or off, below `base_url`.
pub const ACTIVITY_PATH: &str = "/retailcrm/activity";

/// Who we are in an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The code of the module: unique in the account.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Our own id of the account: the CRM names it in its calls, so it is kept like a secret.
    pub client_id: String,
    /// Where the CRM reaches us; `None`: it does not, and we ask it whether we may act.
    pub base_url: Option<String>,
}

impl fmt::Debug for Identity {
    /// Without the client id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("code", &self.code)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// Our id of an account, made from what only the account and we know: the same each time we register, so that it need
/// not be kept, and nobody else can call in the account's name.
pub fn client_id(key: &str, code: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    // Keys of any length will do.
    let tag = mac.map(|mac| mac.chain_update(b"reparto ").chain_update(code).finalize().into_bytes());
    tag.map(|tag| URL_SAFE_NO_PAD.encode(tag)).unwrap_or_default()
}

/// Whether a code may name a module: letters, digits, `-` and `_`.
pub fn is_code(code: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=64).contains(&code.len()) && code.chars().all(is_fine)
}

/// The request that makes us a bot, or changes what the account knows of us. `refresh`: ask for a new token; the old
/// one ends.
pub fn register(identity: &Identity, active: bool, refresh: bool) -> Request {
    let Identity { code, name, client_id, base_url } = identity;
    let bot = if refresh { json!({ "refreshToken": true }) } else { json!({}) };
    let mut module = json!({
        "code": code,
        "integrationCode": code,
        "active": active,
        "name": name,
        "clientId": client_id,
        "integrations": { "mgBot": bot },
    });
    if let (Some(base), Some(fields)) = (base_url, module.as_object_mut()) {
        let base = base.trim_end_matches('/');
        fields.insert("baseUrl".into(), json!(base));
        fields.insert("accountUrl".into(), json!(base));
        fields.insert("actions".into(), json!({ "activity": ACTIVITY_PATH }));
    }
    Request::edit_module(code, &module)
}

/// Access to the Message Gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// Its address.
    pub endpoint: String,
    /// The token: a secret.
    pub token: String,
}

impl fmt::Debug for Access {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The account took the module and gives no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the account took the module but gives no access to its Message Gateway; switch chats on in the CRM (Settings > \
     Chats), then register again"
)]
pub struct NoAccess;

/// The access that the account gives.
///
/// # Errors
/// [`NoAccess`].
pub fn access(edited: ModuleEdited) -> Result<Access, NoAccess> {
    let bot = edited.info.mg_bot.filter(|bot| !bot.endpoint_url.is_empty() && !bot.token.is_empty());
    let bot = bot.ok_or(NoAccess)?;
    Ok(Access { endpoint: bot.endpoint_url, token: bot.token })
}

/// Whether the account lets us act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// We may.
    Runs,
    /// Somebody switched the module off.
    SwitchedOff,
    /// The CRM stopped it, for instance for lack of payment.
    Frozen,
}

impl Standing {
    /// From the two switches.
    pub fn of(active: bool, freeze: bool) -> Self {
        match (active, freeze) {
            (_, true) => Self::Frozen,
            (false, false) => Self::SwitchedOff,
            (true, false) => Self::Runs,
        }
    }

    /// From the module as the account shows it.
    pub fn of_module(module: &Module) -> Self {
        let bot_acts = module.integrations.mg_bot.as_ref().is_none_or(|bot| bot.is_active);
        Self::of(module.active && bot_acts, module.freeze)
    }

    /// In words, for logs.
    pub fn words(self) -> &'static str {
        match self {
            Self::Runs => "the account lets the bot act",
            Self::SwitchedOff => {
                "the account switched the integration module off; nothing is shared out until it is on"
            }
            Self::Frozen => "the CRM froze the integration module; nothing is shared out until it is thawed",
        }
    }
}

/// A call of the CRM: the module was switched, or the account has another address.
#[derive(Clone, PartialEq, Eq)]
pub struct Activity {
    /// Whom it means.
    pub client_id: String,
    /// What holds from now on.
    pub standing: Standing,
    /// The address of the account, if it was told.
    pub system_url: Option<String>,
}

/// Why a call is not obeyed; answered with status 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCall {
    /// A field is missing.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// `activity` is not what it should be.
    #[error("`activity` is not {{\"active\": true or false, \"freeze\": true or false}}: {0}")]
    Activity(String),
}

#[derive(Deserialize)]
struct Switches {
    active: bool,
    #[serde(default)]
    freeze: bool,
}

/// Reads a call: a form with `clientId`, `activity` (JSON) and `systemUrl`.
///
/// # Errors
/// [`BadCall`].
pub fn read_call(form: &[u8]) -> Result<Activity, BadCall> {
    let text = String::from_utf8_lossy(form);
    // Forms and queries are encoded alike. What has to be encoded in a query and is not, parses all the same.
    let url = Url::parse(&format!("form:?{}", text.replace('#', "%23")))
        .map_err(|_| BadCall::Missing("clientId"))?;
    let field = |name: &'static str| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
            .filter(|text| !text.is_empty())
    };
    let client_id = field("clientId").ok_or(BadCall::Missing("clientId"))?;
    let activity = field("activity").ok_or(BadCall::Missing("activity"))?;
    let switches: Switches =
        serde_json::from_str(&activity).map_err(|error| BadCall::Activity(error.to_string()))?;
    let standing = Standing::of(switches.active, switches.freeze);
    Ok(Activity { client_id, standing, system_url: field("systemUrl") })
}

impl Activity {
    /// Whether it means the account with this client id. Takes the same time whatever the answer.
    pub fn is_for(&self, client_id: &str) -> bool {
        use subtle::ConstantTimeEq;
        !client_id.is_empty() && bool::from(self.client_id.as_bytes().ct_eq(client_id.as_bytes()))
    }
}

impl fmt::Debug for Activity {
    /// Without the client id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activity").field("standing", &self.standing).finish_non_exhaustive()
    }
}

/// What the CRM is answered: it was obeyed.
pub const OBEYED: &str = r#"{"success":true}"#;
/// What the CRM is answered: nobody here is meant.
pub const UNKNOWN_CLIENT: &str = r#"{"success":false,"error":"Wrong data"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(base_url: Option<&str>) -> Identity {
        Identity {
            code: "reparto".into(),
            name: "Reparto".into(),
            client_id: "c-1".into(),
            base_url: base_url.map(str::to_owned),
        }
    }

    fn module(request: &Request) -> serde_json::Value {
        assert_eq!(request.path, "api/v5/integration-modules/reparto/edit");
        assert_eq!(request.form[0].0, "integrationModule");
        serde_json::from_str(&request.form[0].1).expect("JSON in a field")
    }

    #[test]
    fn a_module_with_a_bot_is_registered() {
        let sent = module(&register(&identity(Some("https://bot.example/")), true, false));
        assert_eq!(sent["integrations"], json!({ "mgBot": {} }));
        assert_eq!(sent["active"], true);
        assert_eq!(sent["baseUrl"], "https://bot.example");
        assert_eq!(sent["actions"]["activity"], ACTIVITY_PATH);
        let sent = module(&register(&identity(None), false, true));
        assert_eq!(sent["integrations"]["mgBot"]["refreshToken"], true);
        assert_eq!((&sent["active"], sent.get("actions")), (&json!(false), None));
    }

    #[test]
    fn client_ids_are_the_same_each_time_and_tell_nothing_of_the_key() {
        let id = client_id("k3y", "reparto");
        assert_eq!((id.len(), &id), (43, &client_id("k3y", "reparto")));
        assert_ne!(id, client_id("k3z", "reparto"));
        assert_ne!(id, client_id("k3y", "reparto-2"));
    }

    #[test]
    fn access_is_given_or_not() {
        let read = |text: &str| access(serde_json::from_str(text).expect("an answer"));
        let given = read(r#"{"info": {"mgBot": {"endpointUrl": "https://mg.example", "token": "t0ken"}}}"#);
        let given = given.expect("access");
        assert_eq!((given.endpoint.as_str(), given.token.as_str()), ("https://mg.example", "t0ken"));
        assert!(!format!("{given:?}").contains("t0ken"));
        assert_eq!(read(r#"{"info": []}"#), Err(NoAccess));
        assert_eq!(read("{}"), Err(NoAccess));
    }

    #[test]
    fn calls_are_obeyed_by_whom_they_mean() {
        let call = read_call(
            b"clientId=c-1&activity=%7B%22active%22%3Atrue%2C%22freeze%22%3Atrue%7D&systemUrl=https%3A%2F%2Fnew.example",
        )
        .expect("a call");
        assert_eq!(call.standing, Standing::Frozen);
        assert_eq!(call.system_url.as_deref(), Some("https://new.example"));
        assert!(call.is_for("c-1") && !call.is_for("c-2") && !call.is_for(""));
        assert!(!format!("{call:?}").contains("c-1"));
        let plain = read_call(br#"clientId=a&activity={"active":false}"#).expect("a call");
        assert_eq!((plain.standing, plain.system_url), (Standing::SwitchedOff, None));
        for bad in ["", "clientId=a", "activity={}", "clientId=a&activity=[]", "clientId=&activity={}"] {
            assert!(read_call(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read_call(b"\xff\xfe=&%%%").is_err());
    }

    #[test]
    fn modules_show_whether_they_may_act() {
        let standing = |text: &str| Standing::of_module(&serde_json::from_str(text).expect("a module"));
        assert_eq!(standing(r#"{"active": true}"#), Standing::Runs);
        assert_eq!(standing(r#"{"active": true, "freeze": true}"#), Standing::Frozen);
        assert_eq!(
            standing(r#"{"active": true, "integrations": {"mgBot": {"isActive": false}}}"#),
            Standing::SwitchedOff
        );
    }
}
