//! Rule files checked against the names of an account.

use reparto::domain::ids::{GroupId, ManagerId};
use reparto::rules::roster::Roster;
use reparto::rules::{Source, compile, compile_for, load, render};

/// Managers `ana` and `boris` in group `support`, and channels of two types.
fn roster() -> Roster {
    Roster {
        managers: ["ana", "boris"].map(ManagerId::trusted).into(),
        groups: [GroupId::trusted("support")].into(),
        channel_types: ["telegram".into(), "whatsapp".into()].into(),
    }
}

/// The codes found, each with its help or fix.
fn found(text: &str) -> Vec<String> {
    let sources = [Source::new("a.toml", text)];
    let compiled = compile_for(&sources, &roster());
    assert!(compiled.rules.is_some(), "{}", render::human(&compiled.diagnostics, &sources, false));
    let told = compiled.diagnostics.into_iter().map(|finding| {
        let fix = finding.fix.map(|fix| fix.replacement);
        format!("{} {}", finding.code, fix.or(finding.help).unwrap_or_default())
    });
    told.collect()
}

#[test]
fn names_that_the_account_does_not_have_are_found_wherever_they_stand() {
    let text = "\
        [bot.fallback]\nassign = 'manager:lead'\n\
        [groups]\nsales = { managers = ['ana', 'borys'] }\nhelp = { crm_group = 'hlp' }\n\
        [capacity]\nchannel = { whatsap = 2.0 }\nmanager = { anna = { units = 3 } }\n\
        [[rule]]\nstep = [{ to = 'group:sales' }, { to = 'group:help' }, { to = 'manager:bori' }]\n";
    let help = "check how the CRM writes the manager's id";
    assert_eq!(
        found(text),
        [
            format!("R410 {help}"),
            "R410 did you mean `boris`?".into(),
            "R411 check how the CRM writes the group's id".into(),
            "R410 did you mean `ana`?".into(),
            "R412 did you mean `whatsapp`?".into(),
            "R410 \"manager:boris\"".into(),
        ]
    );
}

#[test]
fn a_group_that_is_nowhere_is_told_of_twice_and_one_of_the_crm_once() {
    let codes = |group: &str| -> Vec<String> {
        let text = format!("[[rule]]\nto = 'group:{group}'\n");
        found(&text).iter().map(|told| told[..4].to_owned()).collect()
    };
    assert_eq!(codes("support"), ["R207"]);
    assert_eq!(codes("nowhere"), ["R207", "R411"]);
}

#[test]
fn types_of_channels_without_a_close_rule_are_named() {
    let close = |kind: &str| format!("[[close]]\nwhen = 'channel.type == \"{kind}\"'\nafter = '1h'\n");
    let rule = "[[rule]]\nto = 'everyone'\n";
    let one = format!("{rule}{}", close("whatsapp"));
    let sources = [Source::new("a.toml", one.as_str())];
    let told = render::human(&compile_for(&sources, &roster()).diagnostics, &sources, false);
    assert!(
        told.contains("R509") && told.contains("`telegram`") && !told.contains("`whatsapp` match"),
        "{told}"
    );
    // Every type that the account has is covered, though others would not be.
    let both = format!("{one}{}", close("telegram"));
    assert_eq!(found(&both), Vec::<String>::new());
    assert_eq!(compile(&[Source::new("a.toml", both.as_str())]).diagnostics.len(), 1);
}

#[test]
fn nothing_is_objected_to_names_that_the_account_has() {
    for code in ["R410", "R411", "R412"] {
        let path = format!("tests/fixtures/rules/good_neighbours/{code}.toml");
        let sources = load(std::path::Path::new(&path)).expect("a good neighbour");
        assert!(compile_for(&sources, &roster()).diagnostics.is_empty(), "{code}");
    }
}
