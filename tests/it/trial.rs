//! Tests in rule files: played as they would happen, told when they come out differently, and counted.

use reparto::rules::Source;
use reparto::trial::report::{Failure, Report};
use reparto::trial::{self, render};

const SHOP: &str = r#"
timezone = "Europe/Madrid"

[groups]
sales = { managers = ["ana", "boris", "vera"] }
duty  = { managers = ["lead"] }

[presence]
online_after  = "5s"
offline_after = "90s"

[capacity]
units   = 3
channel = { site = 2.0 }

[[priority]]
id   = "vip"
when = 'customer.vip'
base = 600

[[rule]]
id   = "difficult"
when = 'customer.bad'
step = [{ to = "group:duty" }]

[[rule]]
id   = "standard"
step = [
  { to = "owner", wait = "2m" },
  { to = "last_manager", within = "72h" },
  { to = "group:sales", pick = "least_loaded", wait = "3m" },
  { to = "everyone" },
]

[reassign]
max_moves = 1
then      = "group:duty"

[reassign.no_reply]
after = "10m"
nudge = ["5m", "8m"]

[reassign.offline]
after = "3m"

[[close]]
id       = "quiet"
after    = "22h"
warn     = [{ before = "2h", text = "soon" }]
farewell = "closed"

[texts]
soon   = { es = "¿Sigue ahí?", en = "Are you still there?" }
closed = { es = "Cerramos este diálogo.", en = "We have closed this dialog." }
"#;

fn play(tests: &str) -> Report {
    let report = trial::run(&[Source::new("shop.toml", format!("{SHOP}{tests}"))]);
    assert_eq!(report.errors(), 0, "{:#?}", report.diagnostics);
    report
}

#[track_caller]
fn passes(tests: &str) -> Report {
    let report = play(tests);
    let sources = [Source::new("shop.toml", format!("{SHOP}{tests}"))];
    assert!(report.passed() && !report.tests.is_empty(), "\n{}", render::human(&report, &sources, false));
    report
}

/// The failure of the only test.
#[track_caller]
fn fails(tests: &str) -> Failure {
    let report = play(tests);
    let failed: Vec<_> = report.failed().collect();
    assert_eq!(failed.len(), 1);
    failed[0].failure.clone().expect("it failed")
}

/// What differs, as key, expected and got.
fn told(failure: &Failure) -> Vec<(&str, &str, &str)> {
    let told = failure.differences.iter();
    told.map(|one| (one.what.as_str(), one.expected.as_str(), one.got.as_str())).collect()
}

#[test]
fn one_decision_is_tried_with_the_people_that_the_test_names() {
    passes(
        r#"
[[test]]
name     = "the own manager is away, one is full, one has room"
at       = 2026-03-02T10:00:00+01:00
managers = { ana = { load = 3.0 }, boris = { load = 1.0 }, vera = { online = false } }
given    = { channel = "telegram", customer = { owner = "vera", vip = true } }
expect   = { to = "boris", rule = "standard", step = 3, priority = "vip", cause = "opened", moves = 0, rejected = { vera = "offline", ana = "over_capacity" }, load = { boris = 2 } }

[[test]]
name   = "without managers, everybody whom the file names is there"
given  = { customer = { bad = true } }
expect = { to = "lead", rule = "difficult", step = 1, priority = "none", close = "quiet", closed = false }

[[test]]
name     = "who served last, and when, is given"
managers = { ana = {}, boris = {} }
given    = { customer = { last_manager = "boris", last_served = "71h" } }
expect   = { to = "boris", step = 2 }

[[test]]
name     = "somebody online for the test's first moment only is not settled in"
managers = { ana = { status = "dinner" }, boris = { on_leave = true }, lead = { capacity = 1, load = 1 } }
given    = { channel = "site" }
expect   = { waits = true, to = "nobody", step = 4, rejected = { ana = "dinner", boris = "on_leave", vera = "offline", lead = "over_capacity" } }
"#,
    );
}

#[test]
fn a_story_goes_through_moves_reminders_warnings_and_closures() {
    let report = passes(
        r#"
[[test]]
name     = "nobody replies: reminded, moved once, and then left to whoever is on duty"
managers = { ana = {}, boris = {}, lead = {} }
events   = [
  { at = "0s",  customer_writes = 1, channel = "site", expect = { to = "ana", reminded = 0, load = { ana = 2 } } },
  { at = "5m",  expect = { reminded = 1 } },
  { at = "8m",  expect = { reminded = 1, to = "ana" } },
  { at = "10m", expect = { dialog = 1, to = "boris", cause = "no_reply", moves = 1, rejected = { ana = "failed_before" } } },
  { at = "20m", expect = { to = "lead", cause = "max_moves", moves = 1 } },
]

[[test]]
name     = "answered, warned, closed, and begun anew"
managers = { ana = {} }
given    = { customer = { language = "es" } }
events   = [
  { at = "0s",     customer_writes = 1, text = "hola" },
  { at = "1m",     manager_replies = 1, expect = { closed = false } },
  { at = "20h1m",  expect = { says = "soon", language = "es" } },
  { at = "22h1m",  expect = { says = ["closed"], closed = false } },
  { at = "22h1m",  text_delivered = 1, expect = { closed = true, close = "quiet", to = "ana" } },
  { at = "23h",    customer_writes = 1, expect = { closed = false, to = "ana", step = 2, says = [] } },
]

[[test]]
name     = "a manager leaves: a blip moves nothing, an absence does"
managers = { ana = {}, boris = {} }
events   = [
  { at = "0s",    customer_writes = 1, expect = { to = "ana" } },
  { at = "1m",    managers = { ana = { online = false } } },
  { at = "2m",    managers = { ana = { online = true } } },
  { at = "6m",    managers = { ana = { online = false } }, expect = { to = "ana" } },
  { at = "6m10s", manager_replies = 1 },
  { at = "6m20s", customer_writes = 1 },
  { at = "10m29s", expect = { to = "ana" } },
  { at = "10m30s", expect = { to = "boris", cause = "offline" } },
]

[[test]]
name     = "people choose by hand"
managers = { ana = {}, boris = {}, lead = { admin = true } }
events   = [
  { at = "0s", customer_writes = 1, expect = { to = "ana" } },
  { at = "1m", assigns = 1, to = "boris", by = "lead", expect = { to = "boris", cause = "manual" } },
  { at = "2m", gives_back = 1, by = "boris", expect = { to = "ana", cause = "returned" } },
  { at = "3m", assigns = 1, to = "group:duty", expect = { to = "lead" } },
  { at = "3m", manager_notes = 1 },
  { at = "4m", manager_replies = 1, by = "ana", expect = { refused = "not_responsible" } },
  { at = "5m", assigns = 1, to = "bot:helper", expect = { to = "bot:helper" } },
  { at = "5m", bot_replies = 1 },
  { at = "6m", closes = 1, expect = { closed = true, close = "none" } },
  { at = "7m", manager_replies = 2, by = "ana", given = { channel = "telegram" }, expect = { to = "ana", cause = "picked" } },
  { at = "7m", customer_changes = 2, customer = { bad = true } },
  { at = "8m", gives_back = 2, by = "ana", expect = { to = "lead", rule = "difficult" } },
]

[[test]]
name     = "the urgent one goes first when somebody becomes free"
managers = { ana = { load = 3 } }
events   = [
  { at = "0s", customer_writes = 1 },
  { at = "5m", customer_writes = 2, customer = { vip = true }, expect = { waits = true } },
  { at = "9m", managers = { boris = { online = true, capacity = 1 } } },
  { at = "10m", expect = { dialog = 2, to = "boris" } },
  { at = "10m", expect = { dialog = 1, waits = true } },
]
"#,
    );
    let unreached: Vec<String> = report.coverage.unreached().map(ToString::to_string).collect();
    assert_eq!(unreached, ["rule standard, step 1"]);
    assert_eq!((report.coverage.reached(), report.coverage.total()), (12, 13));
}

/// A record lists only the nearest of many; the test may ask about anybody.
#[test]
fn whoever_is_asked_about_is_judged_however_many_there_are() {
    let ids: Vec<String> = (0..30).map(|n| format!("m{n:02}")).collect();
    let people: Vec<String> = ids.iter().map(|id| format!("{id} = {{ load = 2 }}")).collect();
    let text = format!(
        "[groups]\nteam = {{ managers = {ids:?} }}\n[[rule]]\nid = \"team\"\nto = \"group:team\"\n\
        pick = \"ordered\"\n[[test]]\nname = \"many\"\nmanagers = {{ {}, m29 = {{ on_leave = true }}, m28 = {{ load = 10 }}, other = {{}} }}\n\
        expect = {{ to = \"m00\", rejected = {{ m20 = \"outranked\", m28 = \"over_capacity\", m29 = \"on_leave\" }} }}\n\
        [[test]]\nname = \"wrong\"\nexpect = {{ rejected = {{ m20 = \"offline\" }} }}\n",
        people[..28].join(", ")
    );
    let report = trial::run(&[Source::new("team.toml", text)]);
    assert!(report.tests[0].failure.is_none(), "{:?}", report.tests[0].failure);
    let failure = report.tests[1].failure.as_ref().expect("nobody is offline");
    assert_eq!(told(failure), [("rejected.m20", "offline", "outranked")]);
}

#[test]
fn a_customer_who_was_here_before_is_one_and_a_held_dialog_says_for_what() {
    let rules = "timezone = \"Europe/Madrid\"\n[schedules.shop]\nopen = { mon-sat = [\"09:00-18:00\"] }\n\
        [[rule]]\nid = \"again\"\nwhen = 'dialog.returning'\nto = \"manager:ana\"\n\
        [[rule]]\nid = \"night\"\nwhen = '!open(\"shop\")'\nstep = [{ hold = \"until_open:shop\" }, { to = \"manager:boris\" }]\n\
        [[rule]]\nid = \"day\"\nto = \"manager:boris\"\n";
    let tests = "[[test]]\nname = \"again\"\ngiven = { returning = true }\nexpect = { to = \"ana\", rule = \"again\", held = \"none\" }\n\
        [[test]]\nname = \"night\"\nat = 2026-03-02T07:00:00\nevents = [\n\
        { at = \"0s\", customer_writes = 1, expect = { waits = true, held = \"shop\" } },\n\
        { at = \"3h\", expect = { to = \"boris\", held = \"none\" } },\n]\n";
    let run = |tests: &str| trial::run(&[Source::new("shop.toml", format!("{rules}{tests}"))]);
    let report = run(tests);
    assert!(report.passed(), "{:?}", report.tests);
    let report = run(&tests.replace("held = \"shop\"", "held = \"none\""));
    let failure = report.failed().next().and_then(|tried| tried.failure.as_ref()).expect("it is held");
    assert_eq!(told(failure), [("held", "none", "shop")]);
    // A schedule that there is none of is found before anything is played.
    let report = run(&tests.replace("held = \"shop\"", "held = \"shp\""));
    assert!(!report.passed() && report.tests.is_empty(), "{:?}", report.tests);
}

#[test]
fn the_first_difference_is_told_with_its_decision() {
    let failure = fails(
        r#"
[[test]]
name     = "wrong"
managers = { ana = {}, boris = { load = 1 } }
events   = [
  { at = "0s", customer_writes = 1, expect = { to = "ana" } },
  { at = "1m", expect = { to = "boris", step = 1, rejected = { ana = "offline" }, waits = false, says = "soon" } },
  { at = "2m", expect = { to = "vera" } },
]
"#,
    );
    assert_eq!(
        told(&failure),
        [
            ("rejected.ana", "offline", "chosen"),
            ("says", "soon", ""),
            ("step", "1", "3"),
            ("to", "boris", "ana")
        ]
    );
    assert_eq!((failure.after.as_secs(), failure.conversation), (60, 1));
    assert!(failure.decision.is_some());
}

#[test]
fn an_event_that_cannot_happen_is_a_failure() {
    let failure = fails(
        r#"
[[test]]
name     = "nobody there to reply"
managers = { ana = { online = false } }
events   = [
  { at = "0s", customer_writes = 1 },
  { at = "1m", manager_replies = 1, expect = { waits = true } },
]
"#,
    );
    assert_eq!(told(&failure), [("the event", "a manager holds the dialog", "nobody")]);
    let failure = fails(
        r#"
[[test]]
name     = "not theirs"
managers = { ana = {}, boris = {} }
events   = [
  { at = "0s", customer_writes = 1 },
  { at = "1m", closes = 1, by = "boris", expect = { to = "ana" } },
]
"#,
    );
    assert_eq!(told(&failure), [("the event", "it is done", "refused: forbidden")]);
}

#[test]
fn the_same_file_gives_the_same_report() {
    let tests = r#"
[[test]]
name   = "in turn"
events = [
  { at = "0s", customer_writes = 1 },
  { at = "0s", customer_writes = 2 },
  { at = "0s", customer_writes = 3, expect = { to = "nobody" } },
]
"#;
    let text = format!("{SHOP}{tests}");
    let sources = [Source::new("shop.toml", text)];
    let first = render::json(&trial::run(&sources), &sources);
    assert_eq!(render::json(&trial::run(&sources), &sources), first);
    let told: serde_json::Value = serde_json::from_str(&first).expect("JSON");
    assert_eq!((&told["version"], &told["failed"]), (&serde_json::json!(1), &serde_json::json!(1)));
    assert_eq!(told["tests"][0]["failure"]["differences"][0]["what"], "to");
    assert!(told["tests"][0]["failure"]["decision"]["candidates"][0]["manager"].is_string());
    assert_eq!(told["coverage"]["unreached"][0]["kind"], "rule");
}

#[test]
fn rules_with_errors_are_not_tried() {
    let sources = [Source::new("shop.toml", "[[rule]]\nto = \"everybody\"\n")];
    let report = trial::run(&sources);
    assert!(!report.passed() && report.errors() == 1 && report.tests.is_empty());
    assert!(render::human(&report, &sources, false).contains("R205"));
}

#[test]
fn a_test_costs_the_compiled_set_nothing_but_its_version() {
    let with = format!("{SHOP}\n[[test]]\nname = \"x\"\nexpect = {{ to = \"ana\" }}\n");
    let compiled = reparto::rules::compile(&[Source::new("a", with)]);
    let without = reparto::rules::compile(&[Source::new("a", SHOP)]);
    let (with, without) = (compiled.rules.expect("good rules"), without.rules.expect("good rules"));
    let strip =
        |rules: &reparto::rules::ruleset::RuleSet| format!("{rules:?}").replace(rules.version().as_str(), "");
    assert_eq!(strip(&with), strip(&without));
}

/// What the CRM knows may come while a rule waits for it, or not in time.
#[test]
fn rules_that_wait_for_facts_can_be_tried() {
    let text = r#"
[[rule]]
id           = "vip"
facts_within = "2s"
when         = 'customer.vip'
to           = "manager:boris"
[[rule]]
id = "all"
to = "manager:ana"
[[test]]
name   = "a VIP is known in time"
events = [
  { at = "0s", look_up_begins = 1 },
  { at = "0s", customer_writes = 1, expect = { waits = true, rule = "vip" } },
  { at = "1s", customer_changes = 1, customer = { vip = true }, expect = { waits = true } },
  { at = "1s", look_up_ends = 1, expect = { to = "boris", rule = "vip", step = 1 } },
]
[[test]]
name   = "the CRM takes too long"
events = [
  { at = "0s", look_up_begins = 1 },
  { at = "0s", customer_writes = 1 },
  { at = "1999ms", expect = { waits = true } },
  { at = "2s", expect = { to = "ana", rule = "all" } },
  { at = "3s", customer_changes = 1, customer = { vip = true } },
  { at = "3s", look_up_ends = 1, expect = { to = "ana" } },
]
[[test]]
name   = "nobody asks"
expect = { to = "ana" }
"#;
    let report = trial::run(&[Source::new("facts.toml", text)]);
    assert_eq!(report.tests.len(), 3);
    for test in &report.tests {
        assert!(test.failure.is_none(), "{:?}", test.failure);
    }
}
