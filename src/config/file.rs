//! Reads a settings file: TOML in, keys with texts and their lines out. Unknown keys are errors.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem};
use super::setting::{Form, SETTINGS, Setting};
use crate::nearest::nearest;

/// What a file says: each setting at most once, with its text and where it stands.
pub type Said = Vec<(&'static Setting, String, Origin)>;

/// Reads the text of a file. All that is wrong is told at once; what is right is still returned.
pub fn read(path: &Path, text: &str) -> (Said, Vec<Problem>) {
    let mut reader = Reader { path, text, said: Vec::new(), problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let what = format!("this is no TOML: {}", error.message());
            let start = error.span().map_or(0, |span| span.start);
            reader.object(
                what,
                start,
                "see https://toml.io; `reparto config show` prints a complete file".into(),
            );
        }
    }
    (reader.said, reader.problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    said: Said,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn at(&self, byte: usize) -> Origin {
        let before = self.text.get(..byte).unwrap_or(self.text);
        Origin::File { path: self.path.to_owned(), line: before.matches('\n').count() + 1 }
    }

    fn object(&mut self, what: String, byte: usize, help: String) {
        let at = self.at(byte);
        self.problems.push(Problem { what, at, help });
    }

    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = if above.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{above}.{}", name.get_ref())
            };
            if key == "accounts" {
                // They have keys of their own.
                continue;
            }
            let is_table = SETTINGS.iter().any(|setting| setting.key.starts_with(&format!("{key}.")));
            match (Setting::find(&key), value.get_ref()) {
                (Some(setting), _) => self.value(setting, value),
                (None, DeValue::Table(below)) if is_table => self.table(&key, below),
                (None, _) => self.unknown(&key, name.span().start),
            }
        }
    }

    fn unknown(&mut self, key: &str, byte: usize) {
        let help = match nearest(key, SETTINGS.iter().map(|setting| setting.key)) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "`reparto config list` names all settings".into(),
        };
        self.object(format!("there is no setting `{key}`"), byte, help);
    }

    fn value(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>) {
        let text = match (value.get_ref(), setting.form) {
            (DeValue::String(text), _) => Some(text.to_string()),
            (DeValue::Integer(number), Form::Number) => Some(number.to_string()),
            (DeValue::Boolean(truth), Form::Switch) => Some(truth.to_string()),
            (DeValue::Array(items), Form::List) => items
                .iter()
                .map(|item| item.get_ref().as_str())
                .collect::<Option<Vec<_>>>()
                .map(|items| items.join(",")),
            _ => None,
        };
        let start = value.span().start;
        if let Some(text) = text {
            let at = self.at(start);
            self.said.push((setting, text, at));
            return;
        }
        let wanted = match setting.form {
            Form::Text => "a text in quotes",
            Form::Number => "a whole number",
            Form::Switch => "true or false",
            Form::List => "a list of texts in quotes",
        };
        let what = format!("`{}` may not be a {}", setting.key, value.get_ref().type_str());
        let help = format!("write {wanted}, such as {} = {}", setting.key, as_toml(setting));
        self.object(what, start, help);
    }
}

/// The default, as it would stand in a file.
fn as_toml(setting: &Setting) -> String {
    match setting.form {
        Form::Number | Form::Switch => setting.default.to_owned(),
        Form::Text | Form::List => format!("\"{}\"", setting.default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = read(Path::new("r.toml"), text);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_of_tables_get_dots() {
        let text = "workers = 2\n[webhook]\nschedule = [\"1s\", \"5s\"]\n[metrics]\nper_manager = true\n";
        let (said, problems) = read(Path::new("r.toml"), text);
        assert_eq!(problems, []);
        let said: Vec<_> = said.iter().map(|(s, text, at)| format!("{}={text} {at}", s.key)).collect();
        assert_eq!(
            said,
            ["metrics.per_manager=true r.toml:5", "webhook.schedule=1s,5s r.toml:3", "workers=2 r.toml:1"]
        );
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        let found = problems("listn = \"127.0.0.1:1\"\n\n[webhok]\ntimeout = \"1s\"\n");
        assert_eq!(found[0], "there is no setting `listn`\n  --> r.toml:1\n  help: did you mean `listen`?");
        assert!(found[1].starts_with("there is no setting `webhok`\n  --> r.toml:3"), "{}", found[1]);
    }

    #[test]
    fn wrong_types_say_what_is_right() {
        let found = problems("workers = 1.5");
        assert_eq!(
            found,
            [
                "`workers` may not be a float\n  --> r.toml:1\n  help: write a whole number, such as workers = 1"
            ]
        );
        assert_eq!(problems("[listen]\nx = 1").len(), 1);
        assert_eq!(problems("webhook = 3").len(), 1);
        assert_eq!(problems("[webhook]\nschedule = [1]").len(), 1);
    }

    #[test]
    fn broken_text_names_its_line() {
        let found = problems("workers = 2\nlisten = \"127\n");
        assert!(found[0].contains("r.toml:2"), "{}", found[0]);
    }
}
