//! What was typed: for each setting its text and who said it, before anybody asks what it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::accounts::{self, RetailCrm, TOKEN_VARIABLE};
use super::file;
use super::problem::{Origin, Problem};
use super::secret::Secret;
use super::setting::{ADMIN_TOKEN_VARIABLE, CONFIG_VARIABLE, PREFIX, SETTINGS, Setting};
use crate::nearest::nearest;

/// Variables with our prefix that are no settings, but that other commands read.
const OTHER_VARIABLES: &[&str] =
    &[CONFIG_VARIABLE, ADMIN_TOKEN_VARIABLE, TOKEN_VARIABLE, "REPARTO_TOKEN", "REPARTO_URL"];

/// The texts of all settings that somebody set. Later callers of [`Typed::say`] go before earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    said: BTreeMap<&'static str, (String, Origin)>,
}

/// All that a start is told from outside.
#[derive(Debug)]
pub struct Gathered {
    /// The settings.
    pub typed: Typed,
    /// The first operator token, from the environment.
    pub admin_token: Option<Secret>,
    /// Accounts whose CRM is spoken to.
    pub retailcrm: Vec<RetailCrm>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Sentences worth logging: variables that look like settings and are none.
    pub warnings: Vec<String>,
}

impl Typed {
    /// Somebody says what a setting is. Unknown keys are ignored: callers check them, since only they
    /// know where the key stood.
    pub fn say(&mut self, key: &str, text: impl Into<String>, origin: Origin) {
        if let Some(setting) = Setting::find(key) {
            self.said.insert(setting.key, (text.into(), origin));
        }
    }

    /// A flag says what a setting is.
    pub fn flag(&mut self, key: &str, text: impl Into<String>) {
        if let Some(setting) = Setting::find(key) {
            self.say(key, text, Origin::Flag(format!("--{}", setting.flag)));
        }
    }

    /// The text in force and who said it.
    pub fn get(&self, key: &str) -> (&str, &Origin) {
        match self.said.get(key) {
            Some((text, origin)) => (text, origin),
            None => (Self::default_of(key), &Origin::Default),
        }
    }

    /// The text that holds when nobody says otherwise.
    pub fn default_of(key: &str) -> &'static str {
        Setting::find(key).map_or("", |setting| setting.default)
    }

    /// Puts `above` over this: where both say something, `above` holds.
    #[must_use]
    pub fn under(mut self, above: Self) -> Self {
        self.said.extend(above.said);
        self
    }
}

/// Puts flags over the environment over the file. The file is the one that a flag names, else the one
/// that the environment names, else none.
///
/// # Errors
/// A file that cannot be read, is no TOML or has unknown keys; variables that are no text.
pub fn gather(
    flags: Typed,
    file: Option<PathBuf>,
    environment: impl IntoIterator<Item = (String, Result<String, ()>)>,
    read: impl Fn(&Path) -> std::io::Result<String>,
) -> Result<Gathered, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut admin_token = None;
    let mut crm_token = None;
    let mut retailcrm = Vec::new();
    let mut named = file.map(|path| (path, Origin::Flag("--config".into())));
    let mut variables = Typed::default();
    for (name, text) in environment {
        if !name.starts_with(PREFIX) {
            continue;
        }
        let origin = Origin::Environment(name.clone());
        let setting = SETTINGS.iter().find(|setting| setting.environment() == name);
        if setting.is_none() && !OTHER_VARIABLES.contains(&name.as_str()) {
            warnings.push(unknown_variable(&name));
            continue;
        }
        let Ok(text) = text else {
            problems.push(Problem {
                what: format!("the variable {name} holds what is no UTF-8"),
                at: origin,
                help: "set it to a text, or unset it".into(),
            });
            continue;
        };
        match setting {
            Some(setting) => variables.say(setting.key, text, origin),
            // An empty one is what remains of `VAR= command` and of unset references in a compose file.
            None if text.is_empty() => {}
            None if name == ADMIN_TOKEN_VARIABLE => admin_token = Some(Secret::new(text)),
            None if name == TOKEN_VARIABLE => crm_token = Some(Secret::new(text)),
            None if name == CONFIG_VARIABLE && named.is_none() => {
                named = Some((PathBuf::from(text), origin));
            }
            None => {}
        }
    }
    let mut from_file = Typed::default();
    if let Some((path, origin)) = &named {
        match read(path) {
            Ok(text) => {
                let (said, wrong) = file::read(path, &text);
                problems.extend(wrong);
                for (setting, text, origin) in said {
                    from_file.say(setting.key, text, origin);
                }
                let (found, wrong) = accounts::read(path, &text, crm_token.as_ref());
                retailcrm = found;
                problems.extend(wrong);
            }
            Err(error) => problems.push(Problem {
                what: format!("cannot read the settings file {}: {error}", path.display()),
                at: origin.clone(),
                help:
                    "check the path, or start without a file; `reparto config show` prints one to begin with"
                        .into(),
            }),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Gathered {
        typed: from_file.under(variables).under(flags),
        admin_token,
        retailcrm,
        file: named.map(|(path, _)| path),
        warnings,
    })
}

fn unknown_variable(name: &str) -> String {
    let known: Vec<_> = SETTINGS.iter().map(Setting::environment).collect();
    let known = known.iter().map(String::as_str).chain(OTHER_VARIABLES.iter().copied());
    match nearest(name, known) {
        Some(meant) => {
            format!("the variable {name} is no setting and is ignored; did you mean {meant}?")
        }
        None => format!(
            "the variable {name} is no setting and is ignored; `reparto config list` names all settings"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "listen = \"127.0.0.1:1\"\nworkers = 2\nrules = \"file.toml\"\n";

    fn gathered(flags: &[(&str, &str)], file: Option<&str>, environment: &[(&str, &str)]) -> Gathered {
        let mut typed = Typed::default();
        for (key, text) in flags {
            typed.flag(key, *text);
        }
        let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), Ok((*text).to_owned())));
        gather(typed, file.map(PathBuf::from), environment, |_| Ok(FILE.into())).expect("nothing is wrong")
    }

    #[test]
    fn flags_go_before_environment_before_file_before_default() {
        let got = gathered(
            &[("listen", "127.0.0.1:3")],
            Some("reparto.toml"),
            &[("REPARTO_LISTEN", "127.0.0.1:2"), ("REPARTO_WORKERS", "3"), ("OTHER", "x")],
        );
        let texts: Vec<_> = ["listen", "workers", "rules", "data_dir"]
            .iter()
            .map(|key| format!("{} by {}", got.typed.get(key).0, got.typed.get(key).1))
            .collect();
        assert_eq!(
            texts,
            [
                "127.0.0.1:3 by --listen",
                "3 by REPARTO_WORKERS",
                "file.toml by reparto.toml:3",
                "data by default"
            ]
        );
        assert_eq!(got.warnings, <[String; 0]>::default());
    }

    #[test]
    fn the_environment_may_name_the_file_and_a_flag_goes_before_it() {
        let variable = [("REPARTO_CONFIG", "/etc/reparto.toml")];
        assert_eq!(gathered(&[], None, &variable).file, Some("/etc/reparto.toml".into()));
        assert_eq!(gathered(&[], Some("mine.toml"), &variable).file, Some("mine.toml".into()));
        assert_eq!(gathered(&[], None, &[("REPARTO_CONFIG", "")]).file, None);
    }

    #[test]
    fn the_admin_token_is_kept_apart_and_hidden() {
        let got = gathered(&[], None, &[("REPARTO_ADMIN_TOKEN", "very-secret-words")]);
        assert_eq!(got.admin_token, Some(Secret::new("very-secret-words")));
        assert!(!format!("{got:?}").contains("very-secret-words"));
    }

    #[test]
    fn mistyped_variables_are_told_but_stop_nothing() {
        let got = gathered(&[], None, &[("REPARTO_LISTN", "x"), ("REPARTO_SERVICE_HOST", "10.0.0.1")]);
        assert!(got.warnings[0].ends_with("did you mean REPARTO_LISTEN?"), "{}", got.warnings[0]);
        assert_eq!(got.warnings.len(), 2);
    }

    #[test]
    fn a_missing_file_says_who_named_it() {
        let gone = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let problems = gather(Typed::default(), Some("gone.toml".into()), [], gone).unwrap_err();
        assert!(problems[0].to_string().contains("--> --config"), "{}", problems[0]);
    }

    #[test]
    fn a_variable_that_is_no_text_is_an_error_only_when_it_is_ours() {
        let environment = [("REPARTO_LISTEN".to_owned(), Err(())), ("OTHER".to_owned(), Err(()))];
        let problems = gather(Typed::default(), None, environment, |_| Ok(String::new())).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].at, Origin::Environment("REPARTO_LISTEN".into()));
    }
}
