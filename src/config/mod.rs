//! The settings: what was typed (a flag, a variable, a line of a file), and what it means.
//!
//! A flag goes before the environment, the environment before the file, the file before the default.
//! [`typed`] keeps the texts and who said them; [`Config`] has the values. The two are kept apart so that
//! every error can name the place to mend, and all errors of one start are told together.
//! The texts for `--help` and for the README stand once, in [`setting`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub mod accounts;
mod file;
pub mod problem;
pub mod secret;
pub mod setting;
pub mod show;
pub mod typed;
mod value;

use problem::Problem;
use typed::Typed;
use value::Parsed;

/// All settings, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to answer HTTP.
    pub listen: SocketAddr,
    /// Folder of the embedded database.
    pub data_dir: PathBuf,
    /// Rule file, or folder of rule files, of the account `default`.
    pub rules: PathBuf,
    /// Rule files, or folders of them, of other accounts.
    pub account_rules: Vec<(String, PathBuf)>,
    /// Whether rule files are read again when they change.
    pub rules_watch: bool,
    /// Threads that answer HTTP.
    pub workers: usize,
    /// How long requests under way may take to finish at a stop.
    pub shutdown_grace: Duration,
    /// What is too much.
    pub limits: Limits,
    /// Logs.
    pub log: Log,
    /// Deliveries to subscribers.
    pub webhook: Webhook,
    /// Metrics.
    pub metrics: Metrics,
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body: usize,
    /// Most items of one batch.
    pub batch: usize,
    /// Most changes under way at once.
    pub in_flight: usize,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// In which form.
    pub format: LogFormat,
    /// What to log; known to be a filter.
    pub filter: String,
}

/// The form of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// Deliveries to subscribers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// How long a subscriber may take to answer.
    pub timeout: Duration,
    /// Waits before each new attempt; never empty.
    pub schedule: Vec<Duration>,
    /// Where deliveries may go.
    pub reach: WebhookReach,
}

/// Where deliveries may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookReach {
    /// By https to public addresses.
    Public,
    /// Also by http or https to this machine.
    Loopback,
    /// Also to private networks.
    Private,
}

/// Metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// One load series a manager.
    pub per_manager: bool,
    /// Most managers of an account with a series of their own.
    pub manager_limit: usize,
}

impl Config {
    /// What the texts mean.
    ///
    /// # Errors
    /// Every text that means nothing.
    pub fn from_typed(typed: &Typed) -> Result<Self, Vec<Problem>> {
        let mut read = Reader { typed, problems: Vec::new() };
        let listen = read.get("listen", value::address);
        let config = Self {
            listen,
            data_dir: read.get("data_dir", value::path),
            rules: read.get("rules", value::path),
            account_rules: read.get("account_rules", value::named_paths),
            rules_watch: read.get("rules_watch", value::switch),
            workers: read.get("workers", value::threads),
            shutdown_grace: read.get("shutdown_grace", value::duration),
            limits: Limits {
                body: read.get("limit.body", value::size),
                batch: read.get("limit.batch", value::count),
                in_flight: read.get("limit.in_flight", value::count),
            },
            log: Log {
                format: read.get("log.format", log_format),
                filter: read.get("log.filter", value::filter),
            },
            webhook: Webhook {
                timeout: read.get("webhook.timeout", value::duration),
                schedule: read.get("webhook.schedule", value::durations),
                reach: read.get("webhook.reach", |text| webhook_reach(text, listen)),
            },
            metrics: Metrics {
                per_manager: read.get("metrics.per_manager", value::switch),
                manager_limit: read.get("metrics.manager_limit", value::count),
            },
        };
        if read.problems.is_empty() { Ok(config) } else { Err(read.problems) }
    }
}

/// Reads one text after the other and gathers what is wrong.
struct Reader<'a> {
    typed: &'a Typed,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn get<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> T {
        let (text, origin) = self.typed.get(key);
        match parse(text) {
            Ok(value) => value,
            Err(help) => {
                self.problems.push(Problem {
                    what: format!("`{key}` may not be `{text}`"),
                    at: origin.clone(),
                    help: help.into(),
                });
                // Reading goes on so that all problems are told; the value itself is thrown away.
                parse(Typed::default_of(key)).expect("defaults are well-formed, which a test holds")
            }
        }
    }
}

fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("write human or json"),
    }
}

fn webhook_reach(text: &str, listen: SocketAddr) -> Parsed<WebhookReach> {
    match text {
        "auto" if listen.ip().is_loopback() => Ok(WebhookReach::Loopback),
        "auto" | "public" => Ok(WebhookReach::Public),
        "loopback" => Ok(WebhookReach::Loopback),
        "private" => Ok(WebhookReach::Private),
        _ => Err("write auto, public, loopback or private"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(flags: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        let mut typed = Typed::default();
        for (key, text) in flags {
            typed.flag(key, *text);
        }
        Config::from_typed(&typed)
    }

    #[test]
    fn defaults_are_well_formed() {
        let config = config(&[]).expect("every default means something");
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.webhook.reach, WebhookReach::Loopback);
        assert_eq!(config.limits.body, 1 << 20);
        assert!(!config.metrics.per_manager);
    }

    #[test]
    fn webhooks_of_a_public_server_stay_public() {
        let config = config(&[("listen", "0.0.0.0:80")]).expect("well-formed");
        assert_eq!(config.webhook.reach, WebhookReach::Public);
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_place() {
        let problems =
            config(&[("workers", "0"), ("listen", "localhost"), ("log.format", "xml")]).unwrap_err();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "`listen` may not be `localhost`\n  --> --listen\n  help: write an IP address and a port, \
                 such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080",
                "`workers` may not be `0`\n  --> --workers\n  help: write a whole number from 1 to 256",
                "`log.format` may not be `xml`\n  --> --log-format\n  help: write human or json",
            ]
        );
    }
}
