//! Reading rule files again: a set that can be used comes into force, one that cannot leaves the former in force.

use std::path::Path;

use super::exit::Failure;
use super::parts::{self, Checked};
use super::rules::Format;
use super::watch::Watched;
use crate::config::Config;
use crate::domain::ids::AccountId;
use crate::engine::rulebook::{Edition, Rejected};
use crate::engine::rules::Application;
use crate::engine::{Engine, EngineError};

/// The rule files of all accounts.
///
/// # Errors
/// A name that no account can have.
pub fn files(config: &Config) -> Result<Vec<Watched>, Failure> {
    let mut files = vec![Watched { account: AccountId::default_account(), path: config.rules.clone() }];
    for (name, path) in &config.account_rules {
        let account = AccountId::parse(name).map_err(|problem| {
            Failure::new(
                format!("`account_rules` names `{name}`, which no account can be called: {problem}"),
                "write the account's id in front of its file, such as shop=rules/shop.toml",
            )
        })?;
        if files.iter().any(|known| known.account == account) {
            return Err(Failure::new(
                format!("`account_rules` names `{account}`, which has a rule file already"),
                "give each account one file or folder; that of `default` is the setting `rules`",
            ));
        }
        files.push(Watched { account, path: path.clone() });
    }
    Ok(files)
}

/// Reads the rule files of all accounts again.
pub async fn rules(engine: &Engine, files: &[Watched]) {
    for file in files {
        account_rules(engine, &file.account, &file.path, "SIGHUP").await;
    }
}

/// Reads the rule file of an account again, and puts it in force if it changed since it was last loaded.
pub async fn account_rules(engine: &Engine, account: &AccountId, path: &Path, by: &str) {
    let shown = path.display().to_string();
    let checked = match parts::check_rules(path) {
        Ok(checked) => checked,
        Err(failure) => {
            let rejected = Rejected { at: parts::now(), errors: 1, report: failure.to_string() };
            return reject(engine, account, &shown, rejected);
        }
    };
    let Some(edition) = edition(&checked, by) else {
        let report = checked.render(Format::Human, false);
        let errors = u32::try_from(checked.errors).unwrap_or(u32::MAX);
        return reject(engine, account, &shown, Rejected { at: parts::now(), errors, report });
    };
    if let Some((failed, report)) = checked.failed_tests() {
        let errors = u32::try_from(failed).unwrap_or(u32::MAX);
        return reject(engine, account, &shown, Rejected { at: parts::now(), errors, report });
    }
    let version = edition.version().clone();
    let known = engine.rule_file(account);
    let loaded = known.as_ref().and_then(|file| file.version.clone());
    engine.offer_rules(account, &shown, edition.clone());
    if loaded.as_ref() == Some(&version) {
        if known.is_some_and(|file| file.rejected.is_some()) {
            tracing::info!(%account, file = %version, "the rule file is again as it was when it was loaded");
            engine.rules_are_well(account);
        }
        let in_force = engine.rules(account).map(|rules| rules.edition.version().to_string());
        tracing::debug!(
            %account, file = %version, in_force = in_force.unwrap_or_default(),
            "the rule file did not change since it was loaded; what is in force stays"
        );
        return;
    }
    match engine.apply_rules(account, Application { edition, expected: None, migrate: false }).await {
        Ok(()) => tracing::info!(%account, %version, by, "other rules are in force"),
        Err(EngineError::NoAccount(_)) => {
            tracing::info!(%account, %version, "the account does not exist yet; its rules wait for it");
        }
        Err(error) => tracing::error!(%account, %version, %error, "the rules could not be put in force"),
    }
}

/// Offers what a file says at the start of the server.
pub fn offer(engine: &Engine, file: &Watched, checked: &Checked) {
    if let Some(edition) = edition(checked, "the start of the server") {
        engine.offer_rules(&file.account, &file.path.display().to_string(), edition);
    }
}

/// A file cannot be used: told, unless that was told before.
fn reject(engine: &Engine, account: &AccountId, path: &str, rejected: Rejected) {
    let known = engine.rule_file(account).and_then(|file| file.rejected);
    if known.is_some_and(|known| known.report == rejected.report) {
        return;
    }
    let (errors, report) = (rejected.errors, rejected.report.clone());
    engine.reject_rules(account, path, rejected);
    // Whoever reads this finds it in the metrics too.
    tracing::error!(
        %account, path, errors, "the rules cannot be used; the former ones stay in force:\n{report}"
    );
}

/// The set of a checked file, if it can be used.
fn edition(checked: &Checked, by: &str) -> Option<Edition> {
    let rules = checked.rules.clone()?;
    Some(Edition::of_file(rules, checked.origin(by)))
}
