//! Who may do what: the one table of roles and permissions.

use crate::domain::ids::AccountId;
use crate::http::problem::Problem;
use crate::http::problem_codes as codes;
use crate::store::change::Role;

/// What a call needs. Each route declares one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Nothing: anybody may.
    Public,
    /// Reading an account.
    Read,
    /// Changing what is in an account.
    Write,
    /// Rules and tokens.
    Manage,
    /// Reading metrics, which are of all accounts.
    Metrics,
}

impl Permission {
    /// Whether a role includes it.
    pub fn is_given_to(self, role: Role) -> bool {
        match self {
            Self::Public => true,
            Self::Read => matches!(role, Role::Viewer | Role::Backend | Role::Admin | Role::Operator),
            Self::Write => matches!(role, Role::Backend | Role::Admin | Role::Operator),
            Self::Manage => matches!(role, Role::Admin | Role::Operator),
            Self::Metrics => matches!(role, Role::Metrics | Role::Operator),
        }
    }

    /// The words that the documentation uses for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Public => "Anybody may call this.",
            Self::Read => "Roles: `viewer`, `backend`, `admin`, `operator`.",
            Self::Write => "Roles: `backend`, `admin`, `operator`.",
            Self::Manage => "Roles: `admin`, `operator`.",
            Self::Metrics => "Roles: `metrics`, `operator`.",
        }
    }
}

/// Whose token a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token's id, for logs.
    pub token: std::sync::Arc<str>,
    /// What it permits.
    pub role: Role,
    /// Its account; `None`: all of them.
    pub account: Option<AccountId>,
}

impl Principal {
    /// Whether it may do this.
    ///
    /// # Errors
    /// [`codes::NOT_PERMITTED`].
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if permission.is_given_to(self.role) {
            return Ok(());
        }
        let role = self.role.word();
        let needed = permission.words();
        Err(Problem::new(
            &codes::NOT_PERMITTED,
            format!("the token has role `{role}`; this call needs another. {needed}"),
        ))
    }

    /// Whether it reaches this account. The answer does not depend on whether the account exists.
    ///
    /// # Errors
    /// [`codes::WRONG_ACCOUNT`].
    pub fn reach(&self, account: &str) -> Result<(), Problem> {
        let reaches = match (&self.account, self.role) {
            (Some(own), _) => own.as_str() == account,
            // A token without an account that is no operator's reaches nothing that belongs to one.
            (None, role) => role == Role::Operator,
        };
        if reaches {
            return Ok(());
        }
        Err(Problem::new(&codes::WRONG_ACCOUNT, codes::WRONG_ACCOUNT.meaning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(role: Role, account: Option<&str>) -> Principal {
        Principal { token: "t".into(), role, account: account.map(AccountId::trusted) }
    }

    #[test]
    fn the_table_is_as_the_api_says() {
        use Permission::{Manage, Metrics, Public, Read, Write};
        let all = [Public, Read, Write, Manage, Metrics];
        let given = |role| -> Vec<_> { all.into_iter().filter(|p| p.is_given_to(role)).collect() };
        assert_eq!(given(Role::Viewer), [Public, Read]);
        assert_eq!(given(Role::Backend), [Public, Read, Write]);
        assert_eq!(given(Role::Admin), [Public, Read, Write, Manage]);
        assert_eq!(given(Role::Metrics), [Public, Metrics]);
        assert_eq!(given(Role::Operator), all);
    }

    #[test]
    fn the_words_name_the_roles() {
        for permission in [Permission::Read, Permission::Write, Permission::Manage, Permission::Metrics] {
            for role in Role::ALL {
                let quoted = format!("`{}`", role.word());
                assert_eq!(permission.words().contains(&quoted), permission.is_given_to(role));
            }
        }
    }

    #[test]
    fn accounts_are_kept_apart() {
        let backend = principal(Role::Backend, Some("a"));
        assert_eq!(backend.reach("a"), Ok(()));
        assert_eq!(backend.reach("b").unwrap_err().kind.code, "wrong_account");
        assert_eq!(principal(Role::Operator, None).reach("b"), Ok(()));
        assert!(principal(Role::Admin, None).reach("b").is_err());
        assert!(principal(Role::Operator, Some("a")).reach("b").is_err());
        assert_eq!(backend.require(Permission::Manage).unwrap_err().kind.code, "not_permitted");
    }
}
