//! The settings, each described once: flags, environment, file, `--help` and the README listing are read from here.

/// What kind of value a setting takes; it decides how the value stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`; the flag alone means `true`.
    Switch,
    /// Texts with commas between; in the file also a list.
    List,
}

/// One setting: its names, its default and what it means.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file; a dot stands between a table and its key.
    pub key: &'static str,
    /// The flag, without the dashes in front: the key with dashes. It stands here since the parser of the
    /// command line wants it for the life of the program.
    pub flag: &'static str,
    /// The word for its value in `--help`.
    pub value: &'static str,
    /// What kind of value it takes.
    pub form: Form,
    /// What holds when nobody says otherwise.
    pub default: &'static str,
    /// What it means, in one or two sentences.
    pub help: &'static str,
}

impl Setting {
    /// `webhook.timeout` → `REPARTO_WEBHOOK_TIMEOUT`.
    pub fn environment(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The setting with this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

/// What the names of our environment variables begin with.
pub const PREFIX: &str = "REPARTO_";

/// Names the file to read; no setting, since a file cannot name itself.
pub const CONFIG_VARIABLE: &str = "REPARTO_CONFIG";

/// The first operator token. Only from the environment: flags show in lists of processes, files get copied.
pub const ADMIN_TOKEN_VARIABLE: &str = "REPARTO_ADMIN_TOKEN";

const fn setting(
    key: &'static str,
    flag: &'static str,
    value: &'static str,
    form: Form,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { key, flag, value, form, default, help }
}

/// All settings, in the order in which they are listed: plain keys first, then table by table.
pub const SETTINGS: &[Setting] = &[
    setting(
        "listen",
        "listen",
        "ADDRESS",
        Form::Text,
        "127.0.0.1:8080",
        "Address and port to answer HTTP on. On other than loopback an operator token must exist before the first start.",
    ),
    setting(
        "data_dir",
        "data-dir",
        "DIR",
        Form::Text,
        "data",
        "Folder of the embedded database; made when missing.",
    ),
    setting(
        "rules",
        "rules",
        "PATH",
        Form::Text,
        "rules/default.toml",
        "Rule file, or folder of rule files, of the account `default`. It is read again when it changes, and on SIGHUP.",
    ),
    setting(
        "account_rules",
        "account-rules",
        "ID=PATH",
        Form::List,
        "",
        "Rule files of other accounts. An account without one uses what is applied to it, or else what `default` uses.",
    ),
    setting(
        "rules_watch",
        "rules-watch",
        "BOOL",
        Form::Switch,
        "true",
        "Whether rule files are read again when they change on the disk. A file with errors leaves the former in force.",
    ),
    setting(
        "workers",
        "workers",
        "NUMBER",
        Form::Number,
        "1",
        "Threads that answer HTTP. An account lives on one of them, so more than one helps only with several accounts.",
    ),
    setting(
        "shutdown_grace",
        "shutdown-grace",
        "DURATION",
        Form::Text,
        "30s",
        "How long requests under way may take to finish after SIGINT or SIGTERM. A second signal ends the wait.",
    ),
    setting("limit.body", "limit-body", "SIZE", Form::Text, "1MiB", "Largest request body accepted."),
    setting(
        "limit.batch",
        "limit-batch",
        "NUMBER",
        Form::Number,
        "1000",
        "Most items accepted in one batch of events.",
    ),
    setting(
        "limit.in_flight",
        "limit-in-flight",
        "NUMBER",
        Form::Number,
        "4096",
        "Most changes under way at once; one more is answered 503 with Retry-After.",
    ),
    setting(
        "log.format",
        "log-format",
        "FORMAT",
        Form::Text,
        "human",
        "`human`: a line for people. `json`: an object a line, for log collectors. Logs go to stderr.",
    ),
    setting(
        "log.filter",
        "log-filter",
        "FILTER",
        Form::Text,
        "info,actix_server=warn,actix_http=off",
        "What to log: a level (error, warn, info, debug, trace), or levels by module such as `warn,reparto::engine=debug`.",
    ),
    setting(
        "webhook.timeout",
        "webhook-timeout",
        "DURATION",
        Form::Text,
        "15s",
        "How long a subscriber may take to answer one delivery.",
    ),
    setting(
        "webhook.schedule",
        "webhook-schedule",
        "DURATIONS",
        Form::List,
        "1s,5s,30s,2m,10m,30m,1h,2h,5h,10h",
        "Waits before each new attempt of a failed delivery. After the last one the webhook is paused; nothing is lost.",
    ),
    setting(
        "webhook.reach",
        "webhook-reach",
        "REACH",
        Form::Text,
        "auto",
        "Where webhooks may go. `public`: https to public addresses. `loopback`: also http or https to this machine. \
         `private`: also to private networks. `auto`: `loopback` when `listen` is loopback, else `public`.",
    ),
    setting(
        "metrics.per_manager",
        "metrics-per-manager",
        "BOOL",
        Form::Switch,
        "false",
        "One load series a manager, besides the distribution over all. Costs a series for each manager.",
    ),
    setting(
        "metrics.manager_limit",
        "metrics-manager-limit",
        "NUMBER",
        Form::Number,
        "200",
        "Most managers of an account with a series of their own; the others are left out.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_follow_from_the_key() {
        let setting = Setting::find("limit.in_flight").expect("it is listed");
        for setting in SETTINGS {
            assert_eq!(setting.flag, setting.key.replace(['.', '_'], "-"));
        }
        assert_eq!(setting.environment(), "REPARTO_LIMIT_IN_FLIGHT");
    }

    #[test]
    fn no_two_settings_share_a_name() {
        let flags: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.flag).collect();
        let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::environment).collect();
        assert_eq!(flags.len(), SETTINGS.len());
        assert_eq!(variables.len(), SETTINGS.len());
        assert!(!variables.contains(CONFIG_VARIABLE));
        assert!(!variables.contains(ADMIN_TOKEN_VARIABLE));
    }

    #[test]
    fn plain_keys_stand_before_tables_and_tables_together() {
        let tables: Vec<_> =
            SETTINGS.iter().map(|s| s.key.split_once('.').map_or("", |(table, _)| table)).collect();
        let mut seen = tables.clone();
        seen.dedup();
        let distinct: BTreeSet<_> = tables.iter().collect();
        assert_eq!(seen.len(), distinct.len(), "a table is split: {seen:?}");
        assert_eq!(seen.first(), Some(&""));
    }

    #[test]
    fn help_is_a_sentence() {
        for setting in SETTINGS {
            assert!(setting.help.ends_with('.'), "{}", setting.key);
            assert!(!setting.help.contains("  "), "{}", setting.key);
        }
    }
}
