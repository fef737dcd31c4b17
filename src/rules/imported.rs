//! Hours imported from the CRM: one more source of a rule set, which a program writes and not an admin.
//!
//! A schedule with `from = "crm"` has its hours from `[imported.crm]`. In a running server that table is what the
//! CRM's settings say now, in a source of the reserved name [`CRM`] behind the files. So it is part of the set as any
//! text is: it is checked and compiled with the files, the version is a hash of both, the history keeps it, old
//! decisions are explained by the hours of their time, and a restart without the CRM goes by what was known last.
//! A set that asks for nothing of the CRM's has no such source, so that its version is that of its files.
//!
//! A file may have an `[imported.crm]` of its own. It counts where nothing was imported: in `rules check`, in an
//! account without a CRM, before the CRM was ever reached, and always in the file's own tests. These see nothing but
//! the file ([`files_of`]): they come out the same on every machine and every day, and hours that somebody changes
//! in the CRM never fail them, which would keep the old hours in force for the sake of an example.
//!
//! Where neither says anything the schedule is open at all times: customers are served, and a finding says so.

use toml::Table;

use super::codes::Code;
use super::compile::compile;
use super::diagnostic::Severity;
use super::source::{Source, version};
use crate::domain::ids::RulesVersion;

/// The name of the source. No file is called so: `<` and `>` keep it apart.
pub const CRM: &str = "<crm>";

/// The table in it.
pub const TABLE: &str = "imported.crm";

/// Hours that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedHours {
    text: String,
}

impl ImportedHours {
    /// Takes over hours as TOML, under the header `[imported.crm]`.
    ///
    /// # Errors
    /// Why no schedule can have these hours, in a sentence.
    pub fn new(text: &str) -> Result<Self, String> {
        // A set that does nothing but ask for them shows whatever is wrong with them.
        let asking = "[schedules.crm]\nfrom = \"crm\"\n[[rule]]\nwhen = 'open(\"crm\")'\nto = \"everyone\"\n\
            [[rule]]\nto = \"everyone\"\n";
        let compiled = compile(&[Source::new("asking", asking), Source::new(CRM, text)]);
        let mut errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        if let Some(error) = errors.next() {
            return Err(error.message.clone());
        }
        if compiled.diagnostics.iter().any(|found| found.code == Code::HoursUnknown) {
            return Err(format!("there is no `[{TABLE}]`"));
        }
        Ok(Self { text: text.to_owned() })
    }

    /// What was imported when a set with these texts came into force.
    pub fn of(texts: &[(String, String)]) -> Option<Self> {
        let (_, text) = texts.iter().find(|(name, _)| name == CRM)?;
        Some(Self { text: text.clone() })
    }
}

/// The texts with these hours, if they ask for them, in place of whatever was imported before.
pub fn with(texts: &[(String, String)], hours: Option<&ImportedHours>) -> Vec<(String, String)> {
    let mut texts: Vec<_> = texts.iter().filter(|(name, _)| name != CRM).cloned().collect();
    if let Some(hours) = hours.filter(|_| asked_for(&texts)) {
        texts.push((CRM.to_owned(), hours.text.clone()));
    }
    texts
}

/// Whether a set with these texts asks for hours of the CRM's.
pub fn asked_for(texts: &[(String, String)]) -> bool {
    texts.iter().any(|(_, text)| asks(text))
}

/// What people wrote of a set.
pub fn files_of(sources: &[Source]) -> Vec<Source> {
    sources.iter().filter(|source| source.name != CRM).cloned().collect()
}

/// The version of what people wrote of a set: that of its files, whatever was imported.
pub fn version_of_files(texts: &[(String, String)]) -> RulesVersion {
    version_of(texts.iter().filter(|(name, _)| name != CRM))
}

/// The version of a set with these texts.
pub fn version_of<'a>(texts: impl IntoIterator<Item = &'a (String, String)>) -> RulesVersion {
    let source = |(name, text): &(String, String)| Source::new(name.clone(), text.clone());
    version(&texts.into_iter().map(source).collect::<Vec<_>>())
}

/// Whether a schedule of this text has its hours from the CRM.
fn asks(text: &str) -> bool {
    let Ok(root) = text.parse::<Table>() else { return false };
    let schedules = root.get("schedules").and_then(|schedules| schedules.as_table());
    let mut schedules = schedules.into_iter().flat_map(|schedules| schedules.iter());
    schedules.any(|(_, schedule)| schedule.get("from").and_then(|from| from.as_str()) == Some("crm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKS: &str = "[schedules.office]\nfrom = \"crm\"\n[[rule]]\nwhen = 'open(\"office\")'\nto = \"owner\"\n\
        [[rule]]\nto = \"everyone\"\n";
    const HOURS: &str = "[imported.crm]\nopen = { mon-fri = [\"09:00-18:00\"] }\n";

    fn texts(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn hours(text: &str) -> ImportedHours {
        ImportedHours::new(text).expect("good hours")
    }

    #[test]
    fn hours_that_no_schedule_can_have_are_refused() {
        assert_eq!(ImportedHours::new(HOURS).map(|hours| hours.text), Ok(HOURS.to_owned()));
        for (text, why) in [
            ("[imported.crm", "unclosed"),
            ("", "no `[imported.crm]`"),
            ("[imported.crm]\nopen = { mon = [\"9-18\"] }\n", "time from"),
            (
                "[imported.crm]\nopen = { mon = [\"09:00-18:00\"] }\nclosed = [\"01-01..12-31\"]\n",
                "never opens",
            ),
            ("[imported.crm]\nclosed = [\"12-25\"]\n", "never opens"),
        ] {
            let refused = ImportedHours::new(text).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn only_sets_that_ask_for_hours_get_them_and_only_the_latest() {
        let plain = texts(&[("a.toml", "[[rule]]\nto = \"everyone\"\n")]);
        assert_eq!(with(&plain, Some(&hours(HOURS))), plain);
        let asking = texts(&[("a.toml", ASKS)]);
        let joined = with(&asking, Some(&hours(HOURS)));
        assert_eq!(joined, texts(&[("a.toml", ASKS), (CRM, HOURS)]));
        assert_eq!(ImportedHours::of(&joined), Some(hours(HOURS)));
        let later = HOURS.replace("18:00", "20:00");
        assert_eq!(with(&joined, Some(&hours(&later))), texts(&[("a.toml", ASKS), (CRM, &later)]));
        assert_eq!(with(&joined, None), asking, "nothing is imported any more");
        assert_eq!(version_of_files(&joined), version_of(&asking));
        assert_ne!(version_of(&joined), version_of(&asking));
    }

    #[test]
    fn what_was_imported_goes_before_what_a_file_says() {
        let own = "[imported.crm]\nopen = { sat = [\"10:00-11:00\"] }\n";
        let sources = |more: &[(&str, &str)]| -> Vec<Source> {
            let files = [("a.toml", ASKS), ("b.toml", own)];
            files.iter().chain(more).map(|(name, text)| Source::new(*name, *text)).collect()
        };
        // 2026-03-02T10:00:00Z, a Monday, and the Saturday after.
        let (monday, saturday) = (1_772_445_600, 1_772_445_600 + 5 * 86_400);
        let open = |sources: &[Source]| {
            let compiled = compile(sources);
            assert_eq!(compiled.diagnostics, []);
            let rules = compiled.rules.expect("good rules");
            let office = rules.schedule("office").expect("it is there");
            [monday, saturday].map(|at| office.is_open(crate::domain::time::Timestamp::from_secs(at)))
        };
        assert_eq!(open(&sources(&[])), [false, true]);
        assert_eq!(open(&sources(&[(CRM, HOURS)])), [true, false]);
        assert_eq!(open(&files_of(&sources(&[(CRM, HOURS)]))), [false, true], "as tests see it");
    }
}
