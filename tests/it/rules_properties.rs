//! No text makes the compiler or the renderers panic, and every place they name lies inside of the text.

use std::fs;

use proptest::prelude::*;
use reparto::rules::codes::Code;
use reparto::rules::diagnostic::MAX_FINDINGS;
use reparto::rules::{Source, compile, render};

fn good_files() -> Vec<String> {
    ["rules/default.toml", "rules/retail.toml"]
        .map(|path| fs::read_to_string(path).expect("a shipped file"))
        .to_vec()
}

fn harmless(text: String) -> Result<(), TestCaseError> {
    let sources = [Source::new("a.toml", text)];
    let compiled = compile(&sources);
    for finding in &compiled.diagnostics {
        let spans = finding.labels.iter().map(|label| label.span);
        for span in spans.chain(finding.fix.iter().map(|fix| fix.span)) {
            let inside = sources[span.file].text.get(span.start..span.end);
            prop_assert!(inside.is_some(), "{finding:#?}");
        }
    }
    // Rendering of many findings is slow and tells nothing new.
    let some = &compiled.diagnostics[..compiled.diagnostics.len().min(4)];
    for color in [true, false] {
        render::human(some, &sources, color);
    }
    render::json(some, &sources);
    render::github(some, &sources);
    Ok(())
}

/// Takes a stretch out of a text and puts another in.
fn mutated(text: &str, at: usize, length: usize, insert: &str) -> String {
    let start = text.floor_char_boundary(at % (text.len() + 1));
    let end = text.ceil_char_boundary((start + length).min(text.len()));
    [&text[..start], insert, &text[end..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_does_harm(text in "(\\PC|[\n\t\r\u{0}]){0,80}") {
        harmless(text)?;
    }

    #[test]
    fn no_change_of_a_good_file_does_harm(
        file in prop::sample::select(good_files()),
        at in 0..10_000_usize,
        length in 0..40_usize,
        insert in prop_oneof![
            "\\PC{0,6}",
            prop::sample::select(vec!["\"", "'", "]", "[", "{", "}", "=", "\n", "\\", "0", "-1", "\r\n", "''\u{301}", "日本"])
                .prop_map(str::to_owned),
        ],
    ) {
        harmless(mutated(&file, at, length, &insert))?;
    }

    #[test]
    fn no_change_of_a_condition_does_harm(
        at in 0..100_usize,
        length in 0..10_usize,
        insert in "\\PC{0,4}",
        quotes in prop::sample::select(vec!["'", "\"", "'''", "\"\"\""]),
    ) {
        let condition = "customer.vip && channel.type in [`a`, `b`] || size(dialog.text) > 2 + 3";
        let condition = mutated(condition, at, length, &insert).replace('`', "\\\"");
        harmless(format!("[[rule]]\nwhen = {quotes}{condition}{quotes}\nto = 'everyone'\n"))?;
    }
}

#[test]
fn a_long_file_is_compiled_quickly() {
    let rule = |count| format!("[[rule]]\nwhen = 'customer.orders_count == {count}'\nto = 'owner'\n");
    let rules: Vec<String> = (0..2_000).map(rule).collect();
    let text = rules.concat() + "[[rule]]\nto = 'everyone'\n";
    let compiled = compile(&[Source::new("long.toml", text)]);
    // Not all were compared with all, and that is said.
    let codes: Vec<_> = compiled.diagnostics.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::NotCompared]);
    assert_eq!(compiled.rules.unwrap().rule_ids().count(), 2_001);
}

#[test]
fn hostile_files_are_answered_soon() {
    let hostile = |part: &str| part.repeat(50_000 / part.len());
    for text in [
        hostile("x\n"),
        hostile("= "),
        hostile("[["),
        hostile("a.b."),
        hostile("\"\"\"\n"),
        hostile("[[rule]]\n"),
        hostile("[[rule]]\nto = 'evryone'\n"),
        hostile("[[close]]\nafter = '1h'\nfarewell = 'x'\n"),
        format!("[groups]\nsales = {{ managers = [{}] }}", hostile("'a', ")),
        format!("[[rule]]\nstep = [{}]", hostile("{ to = 'owner' }, ")),
        format!("[[rule]]\nwhen = '{}true'\nto = 'everyone'", hostile("custmer.vip && ")),
    ] {
        let sources = [Source::new("hostile.toml", text)];
        let compiled = compile(&sources);
        assert!(!compiled.diagnostics.is_empty());
        assert!(compiled.diagnostics.len() <= MAX_FINDINGS);
        let (errors, _) = render::counts(&compiled.diagnostics);
        assert_eq!(compiled.rules.is_none(), errors > 0);
    }
}
