//! Hours that are imported from the CRM are hours that a rule file may have.

use proptest::prelude::*;
use reparto::connectors::retailcrm::crm::hours::import;
use reparto::connectors::retailcrm::crm_wire::Settings;
use reparto::engine::rules::HOURS_TABLE;
use reparto::rules::codes::Code;
use reparto::rules::compile;
use reparto::rules::diagnostic::{Diagnostic, Severity};
use reparto::rules::imported::ImportedHours;
use reparto::rules::source::Source;
use serde_json::json;

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u8..24, 0_u8..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}")),
        Just(String::new()),
        Just("25:00".to_owned()),
    ]
}

fn date() -> impl Strategy<Value = String> {
    (0_u8..14, 0_u8..33).prop_map(|(month, day)| format!("{month:02}.{day:02}"))
}

/// Days off all the year round are what somebody asked for.
fn is_bad(found: &Diagnostic) -> bool {
    found.severity == Severity::Error && found.code != Code::NeverOpen
}

proptest! {
    #[test]
    fn whatever_the_settings_say_the_file_can_be_read(
        days in proptest::collection::btree_map(0_usize..8, (time(), time(), time(), time()), 1..8),
        off in proptest::collection::vec((date(), date()), 0..4),
    ) {
        let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Someday"];
        let work_times: Vec<_> = days.into_iter().map(|(day, (from, to, lunch, after))| json!({
            "day_type": names[day], "start_time": from, "end_time": to,
            "lunch_start_time": lunch, "lunch_end_time": after,
        })).collect();
        let non_working_days: Vec<_> =
            off.into_iter().map(|(first, last)| json!({ "start_date": first, "end_date": last })).collect();
        let settings: Settings = serde_json::from_value(json!({
            "timezone": { "value": "Europe/Madrid" },
            "work_times": work_times, "non_working_days": non_working_days,
        })).expect("settings");
        let imported = import(&settings, "schedules.office");
        let section = imported.section.unwrap_or_default();
        let text = format!("schema = 1\n{section}\n[[rule]]\nid = \"all\"\nto = \"everyone\"\n");
        let compiled = compile(&[Source::new("hours.toml", text.as_str())]);
        let bad: Vec<_> =
            compiled.diagnostics.iter().filter(|found| is_bad(found)).collect();
        prop_assert!(bad.is_empty(), "{bad:?}\n{text}");
        let section = import(&settings, HOURS_TABLE).section;
        if let Some(Err(refused)) = section.map(|section| ImportedHours::new(&section)) {
            prop_assert!(refused.contains("never opens"), "{refused}\n{text}");
        }
    }
}
