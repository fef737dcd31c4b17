//! Settings on the command line: a flag for each, made from their one description, and the reading of all sources.

use std::path::PathBuf;

use clap::builder::PathBufValueParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::exit::Failure;
use crate::config::Config;
use crate::config::problem::Problem;
use crate::config::setting::{CONFIG_VARIABLE, Form, SETTINGS, Setting};
use crate::config::typed::{Gathered, Typed, gather};

/// Flags for all settings.
#[derive(Clone, Debug, Default)]
pub struct AllSettings(Flags);

/// Flags for the settings that a command on the data folder needs.
#[derive(Clone, Debug, Default)]
pub struct DataSettings(Flags);

/// What flags say.
#[derive(Clone, Debug, Default)]
struct Flags {
    config: Option<PathBuf>,
    typed: Typed,
}

impl AllSettings {
    /// Flags over environment over file, as texts.
    ///
    /// # Errors
    /// A file that cannot be read, unknown keys.
    pub fn gather(self) -> Result<Gathered, Failure> {
        Ok(self.0.gather()?)
    }

    /// Flags over environment over file over defaults, and what they mean.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(self) -> Result<(Config, Gathered), Failure> {
        let gathered = self.0.gather()?;
        Ok((Config::from_typed(&gathered.typed)?, gathered))
    }
}

impl DataSettings {
    /// The folder of the embedded database.
    ///
    /// # Errors
    /// Everything that is wrong with the settings.
    pub fn data_dir(self) -> Result<PathBuf, Failure> {
        let gathered = self.0.gather()?;
        Ok(Config::from_typed(&gathered.typed)?.data_dir)
    }
}

impl Flags {
    fn gather(self) -> Result<Gathered, Vec<Problem>> {
        let environment = std::env::vars_os()
            .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().map_err(|_| ()))));
        gather(self.typed, self.config, environment, |path| std::fs::read_to_string(path))
    }
}

fn is_for_data(setting: &Setting) -> bool {
    setting.key == "data_dir"
}

fn augment(command: Command, is_wanted: impl Fn(&Setting) -> bool) -> Command {
    let file =
        Arg::new("config").long("config").value_name("FILE").value_parser(PathBufValueParser::new()).help(
            format!(
                "Settings file in TOML; `reparto config show` prints a complete one [env: {CONFIG_VARIABLE}]"
            ),
        );
    SETTINGS
        .iter()
        .filter(|setting| is_wanted(setting))
        .fold(command.arg(file), |command, setting| command.arg(flag(setting)))
}

/// The flag of a setting. It has no default for clap, since the environment and the file come in between.
fn flag(setting: &'static Setting) -> Arg {
    let Setting { key, default, help, .. } = setting;
    let environment = setting.environment();
    let arg = Arg::new(*key)
        .long(setting.flag)
        // Said twice, the later holds: wrappers put their own flags first.
        .overrides_with(*key)
        .value_name(setting.value)
        .help(format!("{help} [default: {default}]"))
        .long_help(format!("{help}\n[default: {default}] [env: {environment}] [in the file: {key}]"));
    let arg = match key.split_once('.') {
        Some((table, _)) => arg.help_heading(heading(table)).hide_short_help(true),
        None => arg,
    };
    match setting.form {
        Form::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Form::Text | Form::Number | Form::List => arg,
    }
}

fn heading(table: &str) -> &'static str {
    match table {
        "limit" => "Limits",
        "log" => "Logs",
        "metrics" => "Metrics",
        "webhook" => "Webhooks",
        _ => "Other settings",
    }
}

fn read(matches: &ArgMatches, is_wanted: impl Fn(&Setting) -> bool) -> Flags {
    let mut typed = Typed::default();
    for setting in SETTINGS.iter().filter(|setting| is_wanted(setting)) {
        if let Some(text) = matches.get_one::<String>(setting.key) {
            typed.flag(setting.key, text);
        }
    }
    Flags { config: matches.get_one("config").cloned(), typed }
}

macro_rules! flags_of_settings {
    ($name:ident, $is_wanted:expr) => {
        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(read(matches, $is_wanted)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                augment(command, $is_wanted)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $is_wanted)
            }
        }
    };
}

flags_of_settings!(AllSettings, |_| true);
flags_of_settings!(DataSettings, is_for_data);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<AllSettings, clap::Error> {
        let command = AllSettings::augment_args(Command::new("serve").no_binary_name(true));
        AllSettings::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    fn text(settings: &AllSettings, key: &str) -> String {
        settings.0.typed.get(key).0.to_owned()
    }

    #[test]
    fn every_setting_has_a_flag() {
        for setting in SETTINGS {
            let settings = parse(&[&format!("--{}={}", setting.flag, setting.default)]).expect(setting.key);
            assert_eq!(text(&settings, setting.key), setting.default);
        }
    }

    #[test]
    fn a_switch_alone_means_true() {
        let settings = parse(&["--metrics-per-manager", "--workers", "2"]).expect("both are flags");
        assert_eq!(text(&settings, "metrics.per_manager"), "true");
        assert_eq!(text(&settings, "workers"), "2");
        let settings = parse(&["--metrics-per-manager=false"]).expect("it may be said");
        assert_eq!(text(&settings, "metrics.per_manager"), "false");
    }

    #[test]
    fn said_twice_the_later_holds() {
        let settings = parse(&["--workers", "2", "--workers", "3"]).expect("it may be said twice");
        assert_eq!(text(&settings, "workers"), "3");
    }

    #[test]
    fn what_no_flag_says_is_left_to_others() {
        let settings = parse(&[]).expect("none is required");
        assert_eq!(settings.0.config, None);
        assert_eq!(settings.0.typed.get("listen").1.to_string(), "default");
    }
}
