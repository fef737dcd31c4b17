//! Answers of the CRM: from status and body to what was asked for, or to the kind of failure that it is.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::connectors::retailcrm::crm_wire::{Answer, decode};

/// An answer as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why the CRM did not do what it was asked. No text holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// Worth trying again: asked too often, or the CRM has a bad moment.
    #[error("the CRM cannot answer now: {why}")]
    Retry {
        /// How long it asked to wait, when it said so.
        after: Option<Duration>,
        /// What happened.
        why: String,
        /// It may have been carried out all the same.
        may_be_done: bool,
    },
    /// The key is wrong, withdrawn, or lacks a right.
    #[error(
        "the CRM refuses the key: {0}; make a key under Settings > Integration > API access keys, with the rights \
         that the README names"
    )]
    Unauthorized(String),
    /// Nobody lives at this address.
    #[error(
        "there is no account at {0}; `crm_url` is the address that people open in the browser, such as \
         https://shop.simla.com"
    )]
    NoAccount(String),
    /// It understood and will not do it; asking again changes nothing.
    #[error("the CRM refuses ({status}): {why}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// In its words.
        why: String,
    },
    /// The answer is not what the protocol promises.
    #[error("the answer of the CRM cannot be read: {0}")]
    Unreadable(String),
}

impl CrmError {
    /// Whether waiting may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Retry { .. })
    }

    /// Whether nothing will work until somebody changes the settings.
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Unauthorized(_) | Self::NoAccount(_))
    }
}

/// Reads an answer of the account at `address`.
///
/// # Errors
/// [`CrmError`].
pub fn read<T: DeserializeOwned>(address: &str, reply: &Reply) -> Result<T, CrmError> {
    let Reply { status, retry_after, body } = reply;
    // Throttled and overloaded look alike, and both say that nothing was done.
    if matches!(status, 429 | 503) {
        let why = format!("it asks to slow down ({status})");
        return Err(CrmError::Retry { after: *retry_after, why, may_be_done: false });
    }
    match decode::<T>(body) {
        Ok(Answer::Success(answer)) if *status < 400 => Ok(answer),
        Ok(Answer::Success(_)) => Err(by_status(*status, "it says `success` and means failure".into())),
        Ok(Answer::Refusal(refusal)) if refusal.is_about_the_account() => {
            Err(CrmError::NoAccount(address.to_owned()))
        }
        Ok(Answer::Refusal(refusal)) if refusal.is_about_the_key() || matches!(status, 401 | 403) => {
            Err(CrmError::Unauthorized(refusal.text()))
        }
        Ok(Answer::Refusal(refusal)) => Err(by_status(*status, refusal.text())),
        Err(_) if body.trim_ascii_start().starts_with(b"<") && !is_servers_fault(*status) => {
            Err(CrmError::NoAccount(format!("{address} (a web page answers there)")))
        }
        Err(undecodable) if *status < 400 => Err(CrmError::Unreadable(undecodable.reason)),
        Err(_) if matches!(status, 401 | 403) => {
            Err(CrmError::Unauthorized(format!("it answers with status {status} and no reason")))
        }
        Err(_) => Err(by_status(*status, format!("it answers with status {status} and no reason"))),
    }
}

fn is_servers_fault(status: u16) -> bool {
    status >= 500 || status == 408
}

fn by_status(status: u16, why: String) -> CrmError {
    if is_servers_fault(status) {
        // A gateway that lost its server does not know how far it got.
        return CrmError::Retry { after: None, why, may_be_done: true };
    }
    CrmError::Rejected { status, why }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::connectors::retailcrm::crm_wire::{CustomerPage, UserPage};

    fn answer(status: u16, body: &str) -> Result<UserPage, CrmError> {
        read("https://shop.example", &Reply { status, retry_after: None, body: body.into() })
    }

    fn word(result: &Result<UserPage, CrmError>) -> &'static str {
        match result {
            Ok(_) => "fine",
            Err(CrmError::Retry { .. }) => "retry",
            Err(CrmError::Unauthorized(_)) => "unauthorized",
            Err(CrmError::NoAccount(_)) => "no account",
            Err(CrmError::Rejected { .. }) => "rejected",
            Err(CrmError::Unreadable(_)) => "unreadable",
        }
    }

    #[test]
    fn failures_are_told_apart() {
        let cases = [
            (200, r#"{"success": true, "users": []}"#, "fine"),
            (201, r#"{"success": true}"#, "fine"),
            (429, "", "retry"),
            (503, r#"{"success": false, "errorMsg": "API limit"}"#, "retry"),
            (500, "", "retry"),
            (502, "<html>Bad gateway</html>", "retry"),
            (500, r#"{"success": false, "errorMsg": "Internal Server Error"}"#, "retry"),
            (403, r#"{"success": false, "errorMsg": "Wrong \"apiKey\" value."}"#, "unauthorized"),
            (403, r#"{"success": false, "errorMsg": "Access denied."}"#, "unauthorized"),
            (403, "", "unauthorized"),
            (404, r#"{"success": false, "errorMsg": "Account does not exist."}"#, "no account"),
            (405, "<!DOCTYPE html><html></html>", "no account"),
            (200, "\n <html>", "no account"),
            (404, r#"{"success": false, "errorMsg": "Not found"}"#, "rejected"),
            (400, r#"{"success": false, "errorMsg": "Validation error", "errors": ["x"]}"#, "rejected"),
            (200, r#"{"success": false, "errorMsg": "Not so"}"#, "rejected"),
            (400, "", "rejected"),
            (200, "[]", "unreadable"),
            (200, "", "unreadable"),
        ];
        for (status, body, expected) in cases {
            assert_eq!(word(&answer(status, body)), expected, "{status} {body}");
        }
    }

    #[test]
    fn what_the_crm_asks_for_is_kept() {
        let reply = Reply { status: 429, retry_after: Some(Duration::from_secs(3)), body: Vec::new() };
        let Err(CrmError::Retry { after, may_be_done, .. }) = read::<UserPage>("", &reply) else {
            panic!("429 is passing");
        };
        assert_eq!((after, may_be_done), (Some(Duration::from_secs(3)), false));
    }

    #[test]
    fn recorded_bodies_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/mg-fixtures");
        if !folder.is_dir() {
            eprintln!("skipped: the recorded bodies of ../shared/mg-fixtures are not here");
            return;
        }
        let reply = |status, name: &str| {
            let body = std::fs::read(folder.join(name)).expect("a recorded body");
            Reply { status, retry_after: None, body }
        };
        let users: UserPage = read("", &reply(200, "crm-v5-php/users_list_200.json")).expect("users");
        assert_eq!(users.users[0].mg_user_id, 305);
        let page: CustomerPage =
            read("", &reply(200, "crm-v5-php/customers_customers_list_200.json")).expect("customers");
        assert_eq!(page.customers[0].manager_id, 24);
        let errors = [
            ("error_access_denied", 403, "unauthorized"),
            ("error_apikey_is_missing", 403, "unauthorized"),
            ("error_wrong_apikey_value", 403, "unauthorized"),
            ("error_account_does_not_exist", 404, "no account"),
            ("error_errors_in_the_entity_format_errors_map", 400, "rejected"),
            ("error_failed_to_activate_module_errors_list", 400, "rejected"),
            ("error_failed_to_activate_module_errors_map", 400, "rejected"),
            ("error_parameter_item_is_missing", 400, "rejected"),
            ("error_validation_error_errors_map", 400, "rejected"),
        ];
        for (name, status, expected) in errors {
            let result = read("", &reply(status, &format!("crm-v5-go/{name}.json")));
            assert_eq!(word(&result), expected, "{name}");
        }
    }
}
