//! The settings as text: the effective file for `reparto config show`, and the listing for the README.

use std::fmt::Write;

use super::accounts::RetailCrm;
use super::problem::Origin;
use super::setting::{ADMIN_TOKEN_VARIABLE, Form, SETTINGS, Setting};
use super::typed::Typed;

/// The effective file: every setting with the text in force and who said it. It holds no secret, and
/// reading it back gives the same settings.
pub fn effective_file(typed: &Typed, has_admin_token: bool, retailcrm: &[RetailCrm]) -> String {
    let mut out = String::from("# The settings in force. A comment behind a line names who set it.\n");
    let is = if has_admin_token { "is set" } else { "is not set" };
    let _ = writeln!(out, "# {ADMIN_TOKEN_VARIABLE} {is}; it never stands in a file.\n");
    for crm in retailcrm {
        let RetailCrm { account, endpoint, at, .. } = crm;
        let _ = writeln!(
            out,
            "# [accounts.{account}.retailcrm] speaks to {endpoint} ({at}); its secrets are not shown.\n"
        );
    }
    let mut open_table = "";
    for setting in SETTINGS {
        let (table, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if table != open_table {
            let _ = writeln!(out, "\n[{table}]");
            open_table = table;
        }
        let (text, origin) = typed.get(setting.key);
        let line = format!("{key} = {}", toml(setting.form, text));
        let _ = match origin {
            Origin::Default => writeln!(out, "{line}"),
            Origin::File { .. } | Origin::Environment(_) | Origin::Flag(_) => {
                writeln!(out, "{line} # {origin}")
            }
        };
    }
    out
}

fn toml(form: Form, text: &str) -> String {
    let is_bare = match form {
        Form::Number => text.parse::<u32>().is_ok(),
        Form::Switch => matches!(text, "true" | "false"),
        Form::Text | Form::List => false,
    };
    if is_bare {
        return text.to_owned();
    }
    if form == Form::List {
        let items: Vec<_> = text.split(',').map(|item| quoted(item.trim())).collect();
        return format!("[{}]", items.join(", "));
    }
    quoted(text)
}

/// A basic string of TOML.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// All settings as a Markdown table.
pub fn markdown() -> String {
    let mut out =
        String::from("| in the file | flag | environment | default | meaning |\n|---|---|---|---|---|\n");
    for setting in SETTINGS {
        let Setting { key, default, help, .. } = setting;
        let (flag, variable) = (setting.flag, setting.environment());
        let _ = writeln!(out, "| `{key}` | `--{flag}` | `{variable}` | `{default}` | {help} |");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::config::file;

    fn read_back(text: &str) -> Typed {
        let (said, problems) = file::read(Path::new("r.toml"), text);
        assert_eq!(problems, []);
        let mut typed = Typed::default();
        for (setting, text, origin) in said {
            typed.say(setting.key, text, origin);
        }
        typed
    }

    #[test]
    fn the_effective_file_reads_back_as_it_is() {
        let mut typed = Typed::default();
        typed.flag("data_dir", "C:\\a \"b\"\u{7}");
        typed.flag("webhook.schedule", "1s, 2s");
        typed.flag("metrics.per_manager", "true");
        let text = effective_file(&typed, true, &[]);
        assert!(text.contains("per_manager = true # --metrics-per-manager\n"), "{text}");
        assert!(text.contains("\n[webhook]\ntimeout = \"15s\"\n"), "{text}");
        assert_eq!(Config::from_typed(&read_back(&text)), Config::from_typed(&typed));
    }

    #[test]
    fn what_makes_no_sense_is_shown_all_the_same() {
        let mut typed = Typed::default();
        typed.flag("workers", "many");
        assert!(effective_file(&typed, false, &[]).contains("workers = \"many\""));
    }

    #[test]
    fn the_listing_has_a_row_for_each_setting() {
        let listing = markdown();
        assert_eq!(listing.lines().count(), SETTINGS.len() + 2);
        assert!(listing.lines().skip(2).all(|row| row.matches(" | ").count() == 4), "{listing}");
    }
}
