//! `[accounts.<id>.retailcrm]`: how an account's CRM is reached. Only a file can say it, since there may be several.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem};
use super::secret::Secret;
use crate::nearest::nearest;

/// The token of the only account that has none in the file.
pub const TOKEN_VARIABLE: &str = "REPARTO_RETAILCRM_TOKEN";

const KEYS: &[&str] = &[
    "endpoint",
    "token",
    "token_file",
    "crm_url",
    "crm_key",
    "crm_key_file",
    "crm_module",
    "crm_requests_per_second",
    "create_customer",
    "create_order",
    "requests_per_second",
];
/// Two below what the CRM grants a key.
const CRM_REQUESTS_PER_SECOND: u32 = 8;
/// Below anything that was ever seen to be refused.
const REQUESTS_PER_SECOND: u32 = 10;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Here.
    Text(Secret),
    /// In a file, which may be replaced while the server runs.
    File(PathBuf),
}

/// Some of an account's channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChannelChoice {
    /// None of them.
    #[default]
    None,
    /// All of them.
    All,
    /// These, by their ids.
    Some(BTreeSet<u64>),
}

/// How an account's retailCRM is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetailCrm {
    /// The account.
    pub account: String,
    /// Address of the Message Gateway.
    pub endpoint: String,
    /// The bot's token there.
    pub token: SecretSource,
    /// Address of the CRM; `None`: only the gateway is spoken to.
    pub crm_url: Option<String>,
    /// The key to the CRM's API.
    pub crm_key: Option<SecretSource>,
    /// The code of our integration module in the CRM; `None`: nobody asks whether the bot may act.
    pub crm_module: Option<String>,
    /// Requests a second to the CRM.
    pub crm_requests_per_second: u32,
    /// The channels whose unknown customers are created in the CRM.
    pub create_customer: ChannelChoice,
    /// The channels whose first contacts get an order in the CRM.
    pub create_order: ChannelChoice,
    /// Requests a second to the gateway.
    pub requests_per_second: u32,
    /// Where it was said.
    pub at: Origin,
}

/// What a file says, before the environment fills in a token.
#[derive(Clone, Debug, Default)]
struct Said {
    endpoint: Option<String>,
    token: Option<SecretSource>,
    crm_url: Option<String>,
    crm_key: Option<SecretSource>,
    crm_module: Option<String>,
    crm_requests_per_second: Option<u32>,
    create_customer: ChannelChoice,
    create_order: ChannelChoice,
    requests_per_second: Option<u32>,
}

/// Reads the accounts of a file. `token` is that of the environment.
pub fn read(path: &Path, text: &str, token: Option<&Secret>) -> (Vec<RetailCrm>, Vec<Problem>) {
    let mut reader = Reader { path, text, problems: Vec::new() };
    let mut found = Vec::new();
    // A file that is no TOML is told of by whoever reads the settings.
    let Ok(table) = DeTable::parse(text) else { return (found, reader.problems) };
    let Some((_, accounts)) = table.get_ref().iter().find(|(name, _)| name.get_ref() == "accounts") else {
        return (found, reader.problems);
    };
    let DeValue::Table(accounts) = accounts.get_ref() else {
        reader.object("`accounts` is a table", 0, "write [accounts.default.retailcrm]".into());
        return (found, reader.problems);
    };
    for (account, value) in accounts {
        let DeValue::Table(crms) = value.get_ref() else {
            let what = format!("`accounts.{}` is a table", account.get_ref());
            reader.object(
                &what,
                value.span().start,
                format!("write [accounts.{}.retailcrm]", account.get_ref()),
            );
            continue;
        };
        for (crm, value) in crms {
            let key = format!("accounts.{}.{}", account.get_ref(), crm.get_ref());
            if let DeValue::Table(said) = value.get_ref()
                && crm.get_ref() == "retailcrm"
            {
                let at = reader.at(crm.span().start);
                let said = reader.said(&key, said);
                found.extend(reader.complete(account.get_ref(), said, token, at));
            } else {
                let help = "the only connector there is so far is the table `retailcrm`".into();
                reader.object(&format!("there is no setting `{key}`"), crm.span().start, help);
            }
        }
    }
    let from_environment =
        found.iter().filter(|crm| token.is_some_and(|t| crm.token == SecretSource::Text(t.clone())));
    if from_environment.count() > 1 {
        let what = format!("more than one account would take the token of {TOKEN_VARIABLE}");
        reader.object(&what, 0, "give each account its own `token_file`".into());
    }
    (found, reader.problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn at(&self, byte: usize) -> Origin {
        let before = self.text.get(..byte).unwrap_or(self.text);
        Origin::File { path: self.path.to_owned(), line: before.matches('\n').count() + 1 }
    }

    fn object(&mut self, what: &str, byte: usize, help: String) {
        let at = self.at(byte);
        self.problems.push(Problem { what: what.to_owned(), at, help });
    }

    fn text_of(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref()
            && !text.trim().is_empty()
        {
            return Some(text.trim().to_owned());
        }
        // What stands there may be a secret, so it is not repeated.
        self.object(&format!("`{key}` is not a text"), value.span().start, "write a text in quotes".into());
        None
    }

    fn number_of(&mut self, key: &str, value: &Spanned<DeValue<'_>>, most: u32) -> Option<u32> {
        let mut number: Option<u32> = None;
        if let DeValue::Integer(said) = value.get_ref() {
            number = said.to_string().parse().ok();
        }
        let number = number.filter(|number| (1..=most).contains(number));
        if number.is_none() {
            let help = format!("write a whole number from 1 to {most}");
            self.object(&format!("`{key}` is no such number"), value.span().start, help);
        }
        number
    }

    fn channels_of(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> ChannelChoice {
        if let DeValue::Boolean(for_all) = value.get_ref() {
            return if *for_all { ChannelChoice::All } else { ChannelChoice::None };
        }
        let id = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().and_then(|id| id.parse().ok());
        let ids = value.get_ref().as_array().and_then(|items| items.iter().map(id).collect());
        if let Some(ids) = ids {
            return ChannelChoice::Some(ids);
        }
        let help = "write true for all channels, or ids of channels: [\"12\", \"13\"]".into();
        self.object(&format!("`{key}` names no channels"), value.span().start, help);
        ChannelChoice::None
    }

    fn said(&mut self, table: &str, said: &DeTable<'_>) -> Said {
        let mut found = Said::default();
        for (name, value) in said {
            let key = format!("{table}.{}", name.get_ref());
            let secret = |text: String| SecretSource::Text(Secret::new(text));
            let file = |text: String| SecretSource::File(PathBuf::from(text));
            match name.get_ref().as_ref() {
                "endpoint" => found.endpoint = self.text_of(&key, value),
                "token" => found.token = self.text_of(&key, value).map(secret),
                "token_file" => found.token = self.text_of(&key, value).map(file),
                "crm_url" => found.crm_url = self.text_of(&key, value),
                "crm_key" => found.crm_key = self.text_of(&key, value).map(secret),
                "crm_key_file" => found.crm_key = self.text_of(&key, value).map(file),
                "crm_module" => found.crm_module = self.text_of(&key, value),
                "crm_requests_per_second" => {
                    found.crm_requests_per_second = self.number_of(&key, value, 10);
                }
                "create_customer" => found.create_customer = self.channels_of(&key, value),
                "create_order" => found.create_order = self.channels_of(&key, value),
                "requests_per_second" => found.requests_per_second = self.number_of(&key, value, 10_000),
                unknown => {
                    let help = match nearest(unknown, KEYS.iter().copied()) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => format!("there are {}", KEYS.join(", ")),
                    };
                    self.object(&format!("there is no setting `{key}`"), name.span().start, help);
                }
            }
        }
        found
    }

    fn complete(
        &mut self,
        account: &str,
        said: Said,
        token: Option<&Secret>,
        at: Origin,
    ) -> Option<RetailCrm> {
        let Said {
            endpoint,
            token: told,
            crm_url,
            crm_key,
            crm_module,
            crm_requests_per_second,
            create_customer,
            create_order,
            requests_per_second,
        } = said;
        let token = told.or_else(|| token.cloned().map(SecretSource::Text));
        let lacks = |what: &str, help: &str| Problem {
            what: format!("`accounts.{account}.retailcrm` has no {what}"),
            at: at.clone(),
            help: help.into(),
        };
        if endpoint.is_none() {
            let help = "write endpoint = \"https://mg-s1.retailcrm.pro\", as the CRM gave it when the bot was registered";
            self.problems.push(lacks("`endpoint`", help));
        }
        if token.is_none() {
            let help = format!("write token_file = \"…\" or token = \"…\", or set {TOKEN_VARIABLE}");
            self.problems.push(lacks("`token`", &help));
        }
        if crm_url.is_none()
            && (&create_customer, &create_order) != (&ChannelChoice::None, &ChannelChoice::None)
        {
            self.problems.push(lacks(
                "`crm_url`, without which nothing can be created",
                "write crm_url and crm_key_file",
            ));
        }
        if crm_url.is_some() != crm_key.is_some() {
            self.problems.push(lacks("both of `crm_url` and `crm_key`", "write both, or neither"));
        }
        Some(RetailCrm {
            account: account.to_owned(),
            endpoint: endpoint?,
            token: token?,
            crm_url,
            crm_key,
            crm_module,
            crm_requests_per_second: crm_requests_per_second.unwrap_or(CRM_REQUESTS_PER_SECOND),
            create_customer,
            create_order,
            requests_per_second: requests_per_second.unwrap_or(REQUESTS_PER_SECOND),
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str, token: Option<&str>) -> (Vec<RetailCrm>, Vec<String>) {
        let token = token.map(Secret::new);
        let (found, problems) = read(Path::new("r.toml"), text, token.as_ref());
        (found, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_account_says_where_its_crm_is() {
        let text = "workers = 1\n[accounts.shop.retailcrm]\nendpoint = \"https://mg.example\"\ntoken_file = \"mg.token\"\n";
        let (found, problems) = reading(text, None);
        assert_eq!(problems, <[String; 0]>::default());
        assert_eq!((found[0].account.as_str(), found[0].requests_per_second), ("shop", 10));
        assert_eq!(found[0].token, SecretSource::File("mg.token".into()));
        assert_eq!(found[0].at.to_string(), "r.toml:2");
        assert_eq!(reading("workers = 1", None).0, []);
    }

    #[test]
    fn the_environment_may_bring_the_token_of_one_account() {
        let one = "[accounts.a.retailcrm]\nendpoint = \"https://mg.example\"\n";
        let (found, problems) = reading(one, Some("hunter2"));
        assert_eq!(problems, <[String; 0]>::default());
        assert!(!format!("{found:?}").contains("hunter2"));
        let two = format!("{one}{}", one.replace(".a.", ".b."));
        assert_eq!(reading(&two, Some("hunter2")).1.len(), 1);
        let (_, problems) = reading(one, None);
        assert!(problems[0].contains("has no `token`\n  --> r.toml:1\n  help: "), "{problems:?}");
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_never_with_a_secret() {
        let text = "[accounts.a.retailcrm]\nendpont = \"x\"\ntoken = 4711\nrequests_per_second = 0\ncreate_order = [12]\n[accounts.a.bitrix]\n";
        let (found, problems) = reading(text, None);
        assert_eq!(found, []);
        let all = problems.join("\n");
        for part in [
            "did you mean `endpoint`?",
            "r.toml:3",
            "from 1 to 10000",
            "`accounts.a.bitrix`",
            "no `endpoint`",
            "`accounts.a.retailcrm.create_order` names no channels",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(!all.contains("4711"), "{all}");
    }
}
