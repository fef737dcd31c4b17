//! How a bot is connected: an integration module gets the gateway's address and a token.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Crm;
use super::answer::{Done, NotDone};
use super::records::Id;
use crate::domain::time::Timestamp;
use crate::sandbox::gateway::Gateway;

/// A connected module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How it knows this account.
    pub client_id: String,
    /// Where it is reached.
    pub base_url: String,
    /// The path below, where it is told that it was switched on or off.
    pub activity: String,
    /// Switched on.
    pub is_active: bool,
    /// Not paid for.
    pub is_frozen: bool,
    /// Its bot, if it has one.
    pub bot: Option<Id>,
}

fn text(module: &Value, name: &str) -> String {
    module.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Crm {
    /// A token as long as real ones; each is another.
    pub(in crate::sandbox) fn new_token(&mut self, code: &str) -> String {
        self.tokens += 1;
        let digest = Sha256::digest(format!("sandbox {code} {}", self.tokens));
        digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    pub(super) fn edit_module(
        &mut self,
        code: &str,
        module: &Value,
        gateway: &mut Gateway,
        now: Timestamp,
    ) -> Done {
        if text(module, "code") != code {
            return Err(NotDone::errors(
                "Errors in the entity format",
                json!({"code": "must be that of the path"}),
            ));
        }
        let wants = module.pointer("/integrations/mgBot").filter(|wants| !wants.is_null());
        if wants.is_some() && self.has_no_chats {
            let errors = json!(["Chats are not available in this account"]);
            return Err(NotDone::errors("Failed to activate module", errors));
        }
        let known = self.modules.get(code).cloned();
        let is_new = known.is_none();
        let is_active = module.get("active").and_then(Value::as_bool).unwrap_or(true);
        let mut record = Module {
            code: code.to_owned(),
            name: text(module, "name"),
            client_id: text(module, "clientId"),
            base_url: text(module, "baseUrl"),
            activity: module
                .pointer("/actions/activity")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            is_active,
            is_frozen: false,
            bot: known.and_then(|known| known.bot),
        };
        if wants.is_some() && record.bot.is_none() && is_active {
            let token = self.new_token(code);
            record.bot = Some(gateway.add_bot(&record.name, &token, now));
        }
        if let Some(bot) = record.bot {
            let is_refreshed = wants.and_then(|wants| wants.get("refreshToken")) == Some(&Value::Bool(true));
            if is_refreshed {
                let token = self.new_token(code);
                gateway.change_token(bot, &token, now);
            }
            if gateway.bots().get(&bot).is_some_and(|known| known.is_active != is_active) {
                gateway.set_bot_active(bot, is_active, now);
            }
        }
        let token = record.bot.and_then(|bot| gateway.bots().get(&bot)).map(|bot| bot.token.clone());
        self.modules.insert(code.to_owned(), record);
        let info = match token {
            Some(token) => json!({"mgBot": {"endpointUrl": self.endpoint, "token": token}}),
            // What is empty is a list, as the vendor's language has it.
            None => json!([]),
        };
        Ok((if is_new { 201 } else { 200 }, json!({"success": true, "info": info})))
    }

    pub(super) fn module_view(&self, code: &str, gateway: &Gateway) -> Result<Value, NotDone> {
        let module = self.modules.get(code).ok_or_else(|| NotDone::new(404, "Not found"))?;
        let bot = module.bot.and_then(|bot| gateway.bots().get(&bot));
        let bot = bot.map(|bot| {
            json!({"isActive": bot.is_active, "name": bot.name, "logo": bot.avatar_url, "token": bot.token,
                   "endpointUrl": self.endpoint})
        });
        Ok(json!({"success": true, "integrationModule": {
            "code": module.code, "integrationCode": module.code, "active": module.is_active,
            "freeze": module.is_frozen, "name": module.name, "native": false, "baseUrl": module.base_url,
            "clientId": module.client_id, "actions": {"activity": module.activity}, "availableCountries": [],
            "integrations": bot.map_or_else(|| json!([]), |bot| json!({"mgBot": bot})),
        }}))
    }

    /// The account's owner switches a module on or off, or it is frozen. What the module must be told, and where: the
    /// address, and the fields of a form. `None`: no such module, or it does not want to be told.
    pub fn switch_module(
        &mut self,
        code: &str,
        is_active: bool,
        is_frozen: bool,
        gateway: &mut Gateway,
        now: Timestamp,
    ) -> Option<(String, Vec<(&'static str, String)>)> {
        let module = self.modules.get_mut(code)?;
        module.is_active = is_active;
        module.is_frozen = is_frozen;
        if let Some(bot) = module.bot {
            gateway.set_bot_active(bot, is_active && !is_frozen, now);
        }
        if module.base_url.is_empty() || module.activity.is_empty() {
            return None;
        }
        let address =
            format!("{}/{}", module.base_url.trim_end_matches('/'), module.activity.trim_start_matches('/'));
        let activity = json!({"active": is_active, "freeze": is_frozen}).to_string();
        let form = vec![
            ("clientId", module.client_id.clone()),
            ("activity", activity),
            ("systemUrl", self.endpoint.clone()),
        ];
        Some((address, form))
    }
}
