//! Texts by the thousand, random and nearly good: none makes the checker panic, hang, or work more than in
//! proportion to its length.
//!
//! The full run takes minutes: `REPARTO_FUZZ=full cargo test --release --test it rules_fuzz`.

use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reparto::rules::diagnostic::MAX_FINDINGS;
use reparto::rules::{Compiled, Source, compile, render};

/// How many of each in an ordinary run, and in a full one.
const RANDOM: [usize; 2] = [2_000, 1_000_000];
const MUTATED: [usize; 2] = [400, 100_000];

/// The most steps for each byte, and for a text of no length: the comparison of names and of conditions has
/// a limit of its own.
const STEPS_A_BYTE: u64 = 60;
const STEPS_AT_ONCE: u64 = 1_600_000;

fn count(of: [usize; 2]) -> usize {
    let is_full = std::env::var("REPARTO_FUZZ").is_ok_and(|value| value == "full");
    of[usize::from(is_full)]
}

/// Everything that a rule file may be made of, and some that it may not.
const PARTS: &[&str] = &[
    "[[rule]]\n",
    "[[close]]\n",
    "[[priority]]\n",
    "[groups]\n",
    "[facts]\n",
    "[bot]\n",
    "[bot.fallback]\n",
    "[texts]\n",
    "[capacity]\n",
    "[presence]\n",
    "[reassign]\n",
    "[reassign.no_reply]\n",
    "[closing]\n",
    "[[test]]\n",
    "[schedules.a]\n",
    "id",
    "when",
    "to",
    "step",
    "pick",
    "wait",
    "only",
    "within",
    "over_capacity",
    "after",
    "warn",
    "farewell",
    "managers",
    "units",
    "nudge",
    "type",
    "values",
    "default",
    "rate",
    "hold",
    "mode",
    "assign",
    "base",
    "per_minute",
    "schema",
    " = ",
    "=",
    ".",
    ",",
    "[",
    "]",
    "{",
    "}",
    "{ ",
    " }",
    "\n",
    "\r\n",
    " ",
    "#",
    "\"",
    "'",
    "'''",
    "\"\"\"",
    "\\",
    "\\u00e9",
    "\"everyone\"",
    "\"owner\"",
    "\"group:a\"",
    "\"manager:b\"",
    "\"ordered\"",
    "\"2m\"",
    "\"90s\"",
    "'1h30m'",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "2026-03-02",
    "nan",
    "'customer.vip'",
    "'channel.type in [\"a\"]'",
    "'size(dialog.text) > ",
    "\"(",
    "customer.vip",
    " && ",
    " || ",
    "!",
    "(",
    ")",
    " == ",
    " and ",
    "matches(r\"",
    "(a|b)*",
    "[a-",
    "duration('5m')",
    "has(",
    "? ",
    ": ",
    "ñ",
    "日本",
    "\u{301}",
    "\u{feff}",
    "\u{0}",
    "\u{202e}",
    "🙂",
];

fn random_text(rng: &mut ChaCha8Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.random_range(0..60) {
        match rng.random_range(0..10) {
            0 => text.push(rng.random::<char>()),
            1 => text.push(char::from(rng.random_range(b' '..=b'~'))),
            _ => text += PARTS[rng.random_range(0..PARTS.len())],
        }
    }
    text
}

fn good_files() -> Vec<String> {
    let mut good = Vec::new();
    for folder in ["rules", "tests/fixtures/rules/good_neighbours"] {
        let entries = fs::read_dir(Path::new(folder)).expect("a folder of good files");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        paths.retain(|path| path.is_file());
        paths.sort();
        good.extend(paths.iter().map(|path| fs::read_to_string(path).expect("a good file")));
    }
    assert!(good.len() > 50, "only {} good files", good.len());
    good
}

/// A few changes of the kinds that people and editors make.
fn mutated(good: &[String], rng: &mut ChaCha8Rng) -> String {
    let mut text = good[rng.random_range(0..good.len())].clone();
    for _ in 0..rng.random_range(1..5) {
        let start = text.floor_char_boundary(rng.random_range(0..=text.len()));
        let end = text.ceil_char_boundary((start + rng.random_range(0..30)).min(text.len()));
        let part = PARTS[rng.random_range(0..PARTS.len())];
        match rng.random_range(0..6) {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(start, part),
            2 => text.replace_range(start..end, part),
            3 => {
                let again = text[start..end].to_owned();
                text.insert_str(start, &again);
            }
            4 => text.truncate(start),
            _ => {
                let other = &good[rng.random_range(0..good.len())];
                text.insert_str(start, other);
            }
        }
    }
    text
}

/// Compiles the text, and looks at all that comes of it.
#[track_caller]
fn harmless(text: String, is_rendered: bool) -> Compiled {
    let bytes = text.len() as u64;
    let sources = [Source::new("a.toml", text)];
    let compiled = compile(&sources);
    let text = &sources[0].text;
    assert!(compiled.work <= STEPS_AT_ONCE + STEPS_A_BYTE * bytes, "{} steps for\n{text}", compiled.work);
    assert!(compiled.diagnostics.len() <= MAX_FINDINGS);
    for finding in &compiled.diagnostics {
        let spans = finding.labels.iter().map(|label| label.span);
        for span in spans.chain(finding.fix.iter().map(|fix| fix.span)) {
            assert!(text.get(span.start..span.end).is_some(), "{finding:#?}\n{text}");
        }
    }
    let (errors, _) = render::counts(&compiled.diagnostics);
    assert_eq!(compiled.rules.is_none(), errors > 0, "{text}");
    if is_rendered {
        render::human(&compiled.diagnostics, &sources, true);
        render::json(&compiled.diagnostics, &sources);
        render::github(&compiled.diagnostics, &sources);
        render::sarif(&[(&compiled.diagnostics, &sources)]);
    }
    compiled
}

#[test]
fn random_texts_do_no_harm() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut read = 0;
    for index in 0..count(RANDOM) {
        let compiled = harmless(random_text(&mut rng), index % 16 == 0);
        // Some must be TOML, or only its parser would have been tried.
        read += usize::from(compiled.diagnostics.iter().all(|finding| finding.code.as_str() != "R001"));
    }
    assert!(read * 100 > count(RANDOM), "only {read} were TOML");
}

#[test]
fn changed_good_files_do_no_harm() {
    let good = good_files();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut still_good = 0;
    for index in 0..count(MUTATED) {
        let compiled = harmless(mutated(&good, &mut rng), index % 16 == 0);
        still_good += usize::from(compiled.rules.is_some());
    }
    // Neither all nor none survive.
    assert!(still_good * 100 > count(MUTATED) && still_good * 2 < count(MUTATED), "{still_good} still good");
}

/// Texts of a size that are as bad as they can be in one respect.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let all = |make: &dyn Fn(usize) -> String| (0..size).map(make).collect::<String>();
    let when = |condition: &str| format!("[[rule]]\nwhen = '''{condition}'''\nto = 'owner'\n");
    vec![
        ("rules of one kind", all(&|n| when(&format!("customer.orders_count == {n}")))),
        (
            "rules that cannot be read",
            all(&|n| when(if n % 2 == 0 { "customer.vip" } else { "custmer.vip &&" })),
        ),
        (
            "large rules alike",
            all(&|n| {
                when(
                    &(0..50)
                        .map(|m| format!("dialog.moves != {m} && "))
                        .chain([format!("dialog.moves > {n}")])
                        .collect::<String>(),
                )
            }),
        ),
        ("unknown keys", all(&|n| format!("wen{n} = 1\n"))),
        ("unknown facts", all(&|n| when(&format!("custmer.fact{n}")))),
        (
            "unknown facts among many",
            format!("[facts]\n{}", all(&|n| format!("\"customer.fact{n}\" = {{ type = 'bool' }}\n")))
                + &all(&|n| when(&format!("customer.fct{n}"))),
        ),
        (
            "members of a large group",
            format!("[groups]\ng = {{ managers = [\n{}] }}\n", all(&|n| format!("'m{n}',\n")))
                + &all(&|n| format!("[[rule]]\nstep = [{{ to = 'group:g' }}, {{ to = 'manager:m{n}' }}]\n")),
        ),
        (
            "unknown groups",
            format!("[groups]\n{}", all(&|n| format!("g{n} = {{ managers = ['a'] }}\n")))
                + &all(&|n| format!("[[rule]]\nto = 'group:h{n}'\n")),
        ),
        (
            "texts without use",
            format!("[texts]\n{}", all(&|n| format!("t{n} = {{ en = 'x', l{n} = 'y' }}\n"))),
        ),
        ("texts that are missing", all(&|n| format!("[[close]]\nafter = '1h'\nfarewell = 't{n}'\n"))),
        (
            "reminders",
            format!("[reassign.no_reply]\nafter = '10d'\nnudge = [\n{}]\n", all(&|n| format!("'{n}ms',\n"))),
        ),
        (
            "warnings",
            format!(
                "[[close]]\nafter = '10d'\nwarn = [\n{}]\n",
                all(&|n| format!("{{ before = '{n}ms', text = 'a' }},\n"))
            ),
        ),
        (
            "values of an enum",
            format!("[facts]\na = {{ type = 'enum', values = [\n{}] }}\n", all(&|n| format!("'{n}',\n"))),
        ),
        ("a long list", when(&format!("channel.type in [\n{}'x']", all(&|n| format!("'{n}',\n"))))),
        ("a long path", when(&all(&|_| "a.\n".into()))),
        ("a deep nest", when(&all(&|_| "(\n".into()))),
        ("a long sum", when(&all(&|n| format!("{n} +\n")))),
        ("many patterns", all(&|n| when(&format!("dialog.text.matches('^{n}[0-9]+')")))),
        ("broken lines", all(&|_| "a = \n".into())),
        ("brackets never closed", all(&|_| "[\n".into())),
        ("keys twice", all(&|_| "a = 1\n".into())),
        ("dotted keys", all(&|n| format!("a.b{n}.c = 1\n"))),
    ]
}

/// Ten times the text, at most ten times the steps; what is limited in itself may be less.
#[test]
fn work_grows_no_faster_than_the_text() {
    for ((what, small), (_, large)) in hostile(100).into_iter().zip(hostile(1_000)) {
        let growth = large.len() as f64 / small.len() as f64;
        let (small, large) = (harmless(small, false).work, harmless(large, false).work);
        let quadratic = growth * growth * small as f64;
        let is_limited = (large as f64) < growth * small as f64 * 1.5 || large < STEPS_AT_ONCE;
        assert!(is_limited && (large as f64) < quadratic.max(2e6), "{what}: {small} steps, then {large}");
    }
}

/// Where a limit sets in, ten times more costs ten times more, and no longer hundred times.
#[test]
fn beyond_the_limits_work_is_linear() {
    for ((what, small), (_, large)) in hostile(1_000).into_iter().zip(hostile(4_000)) {
        let growth = large.len() as f64 / small.len() as f64;
        let (small, large) = (harmless(small, false).work, harmless(large, false).work);
        let at_most = growth * small as f64 * 1.2 + 600_000.0;
        assert!(large as f64 <= at_most, "{what}: {small} steps, then {large}, {growth:.1} times the text");
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let compiled = harmless(format!("x = '{}'\n", "a".repeat(200_000)), true);
    let codes: Vec<_> = compiled.diagnostics.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["R004"]);
    let compiled = harmless("[[rule]]\nto = 'everyone'\n".repeat(200_000), true);
    assert_eq!(compiled.diagnostics.len(), 1);
    assert!(compiled.work < 6_000_000);
}
