//! The command line as a stranger meets it: help, settings, exit codes, and sentences that say how to go on.

use std::fs;
use std::process::{Command, Output};

/// Runs the program without the settings of whoever runs the tests.
fn reparto(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reparto"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REPARTO_") {
            command.env_remove(name);
        }
    }
    command.envs(environment.iter().copied()).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// Runs and compares the exit code; answers both streams.
#[track_caller]
fn ends_with(code: i32, arguments: &[&str]) -> (String, String) {
    ends_with_in(code, arguments, &[])
}

#[track_caller]
fn ends_with_in(code: i32, arguments: &[&str], environment: &[(&str, &str)]) -> (String, String) {
    let output = reparto(arguments, environment);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    (out, err)
}

#[test]
fn every_command_has_help_that_teaches() {
    let (help, _) = ends_with(0, &["--help"]);
    for command in
        ["serve", "token", "migrate", "rules", "drive", "explain", "config", "retailcrm", "completions"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing in\n{help}");
        let (of_command, _) = ends_with(0, &[command, "--help"]);
        assert!(of_command.contains("Usage: reparto"), "{of_command}");
    }
    let (serve, _) = ends_with(0, &["serve", "--help"]);
    for word in ["REPARTO_WEBHOOK_SCHEDULE", "Examples:", "SIGHUP", "Exit codes:"] {
        assert!(serve.contains(word), "{word} is missing in\n{serve}");
    }
    let (version, _) = ends_with(0, &["--version"]);
    assert_eq!(version, format!("reparto {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn mistakes_on_the_command_line_end_with_2_and_a_hint() {
    let (_, err) = ends_with(2, &["serv"]);
    assert!(err.contains("'serve'"), "{err}");
    let (_, err) = ends_with(2, &["serve", "--liste", "127.0.0.1:1"]);
    assert!(err.contains("--listen"), "{err}");
    let (_, err) = ends_with(2, &["token", "create", "--role", "root"]);
    assert!(err.contains("backend, admin, viewer, metrics, operator"), "{err}");
    ends_with(2, &[]);
}

#[test]
fn bad_settings_are_all_told_with_their_place_and_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("reparto.toml");
    fs::write(&file, "workers = 0\nlimit.bodi = \"1MiB\"\n").expect("it is writable");
    let path = file.to_str().expect("a plain path");
    let (out, err) = ends_with(2, &["serve", "--config", path, "--shutdown-grace", "soon"]);
    assert_eq!(out, "");
    assert!(err.contains(&format!("there is no setting `limit.bodi`\n  --> {path}:2")), "{err}");
    assert!(err.contains("did you mean `limit.body`?"), "{err}");

    fs::write(&file, "workers = 0\n").expect("it is writable");
    let grace = [("REPARTO_LOG_FORMAT", "xml")];
    let (_, err) = ends_with_in(2, &["serve", "--config", path, "--shutdown-grace", "soon"], &grace);
    let places = [format!("--> {path}:1"), "--> --shutdown-grace".into(), "--> REPARTO_LOG_FORMAT".into()];
    for place in places {
        assert!(err.contains(&place), "{place} is missing in\n{err}");
    }
    assert_eq!(err.matches("help: ").count(), 3, "{err}");
}

#[test]
fn a_settings_file_that_is_not_there_is_named() {
    let (_, err) = ends_with(2, &["config", "show", "--config", "/nowhere/reparto.toml"]);
    assert!(err.contains("cannot read the settings file /nowhere/reparto.toml"), "{err}");
    assert!(err.contains("--> --config"), "{err}");
}

#[test]
fn config_show_prints_a_file_that_reads_back_and_no_secret() {
    let environment = [("REPARTO_ADMIN_TOKEN", "very-secret-words"), ("REPARTO_WORKERS", "3")];
    let (first, err) = ends_with_in(0, &["config", "show", "--listen", "[::1]:9"], &environment);
    assert!(!first.contains("very-secret-words") && !err.contains("very-secret-words"));
    assert!(first.contains("listen = \"[::1]:9\" # --listen\n"), "{first}");
    assert!(first.contains("workers = 3 # REPARTO_WORKERS\n"), "{first}");

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("reparto.toml");
    fs::write(&file, &first).expect("it is writable");
    let (second, _) = ends_with(0, &["config", "show", "--config", file.to_str().expect("a plain path")]);
    let bare = |text: &str| {
        let lines = text.lines().skip(2).map(|line| line.split(" # ").next().unwrap_or(line).to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(bare(&first), bare(&second));
}

#[test]
fn config_show_says_what_makes_no_sense_and_ends_with_1() {
    let (out, err) = ends_with(1, &["config", "show", "--workers", "many"]);
    assert!(out.contains("workers = \"many\" # --workers"), "{out}");
    assert!(err.contains("`workers` may not be `many`"), "{err}");
}

#[test]
fn mistyped_variables_are_told() {
    let (_, err) = ends_with_in(0, &["config", "show"], &[("REPARTO_LISTN", "x")]);
    assert!(err.contains("did you mean REPARTO_LISTEN?"), "{err}");
}

#[test]
fn config_list_has_every_setting() {
    let (out, _) = ends_with(0, &["config", "list"]);
    assert!(out.contains("| `webhook.timeout` | `--webhook-timeout` | `REPARTO_WEBHOOK_TIMEOUT` |"), "{out}");
}

#[test]
fn completions_are_scripts_of_their_shell() {
    for (shell, check) in [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")] {
        let (script, _) = ends_with(0, &["completions", shell]);
        for command in ["serve", "explain", "rules", "completions"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("script");
        fs::write(&file, &script).expect("it is writable");
        // Where the shell is not installed there is nobody to ask.
        if let Ok(output) = Command::new(check).arg("-n").arg(&file).output() {
            assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
        }
    }
    ends_with(2, &["completions", "cmd"]);
}

#[test]
fn rules_are_tried_before_they_go_live() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.toml");
    let path = file.to_str().expect("a plain path");
    let rules = "[groups]\nsales = { managers = [\"ana\", \"boris\"] }\n[[rule]]\nid = \"all\"\nstep = [{ to = \"owner\" }, \
                 { to = \"group:sales\" }]\n";
    let good = "[[test]]\nname = \"own manager\"\ngiven = { customer = { owner = \"boris\" } }\nexpect = { to = \"boris\" }\n";
    let bad = "[[test]]\nname = \"nobody's\"\nexpect = { to = \"boris\", step = 2 }\n";
    fs::write(&file, format!("{rules}{good}")).expect("it is writable");
    let (out, _) = ends_with(0, &["rules", "test", path]);
    assert!(out.contains("ok      own manager") && out.contains("not reached: rule all, step 2"), "{out}");
    assert!(
        out.contains("1 test, 1 ok, 0 failed; the tests reach 2 of 3 parts of the rules (66 %)"),
        "{out}"
    );
    ends_with(0, &["rules", "test", path, "--min-coverage", "66"]);
    let (_, err) = ends_with(1, &["rules", "test", path, "--min-coverage", "67"]);
    assert!(err.contains("reach 66 % of the rules, 67 % are wanted"), "{err}");
    fs::write(&file, format!("{rules}{good}{bad}")).expect("it is writable");
    let (out, err) = ends_with(1, &["rules", "test", path]);
    assert!(err.contains("tests failed"), "{err}");
    for part in [
        "FAILED  nobody's",
        "shop.toml:12:17",
        "`to`: expected boris, got ana",
        "step 2  group:sales  chosen",
    ] {
        assert!(out.contains(part), "{part} is missing in\n{out}");
    }
    ends_with(0, &["rules", "test", path, "--filter", "own"]);
    let (_, err) = ends_with(1, &["rules", "test", path, "--filter", "nothing of the kind"]);
    assert!(err.contains("no test has this"), "{err}");
    let (out, _) = ends_with(1, &["rules", "test", path, "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(told["coverage"]["percent"], 100);
    fs::write(&file, "[[rule]]\nto = \"everybody\"\n").expect("it is writable");
    let (out, err) = ends_with(1, &["rules", "test", path]);
    assert!(out.contains("R205") && err.contains("nothing was tried"), "{out}{err}");
    ends_with(2, &["rules", "test", "/nowhere"]);
}

#[test]
fn one_dialog_is_asked_about() {
    let sales = "rules/sales.toml";
    let (out, _) = ends_with(
        0,
        &["rules", "route", "--rules", sales, "--channel", "whatsapp", "--fact", "customer.owner=boris"],
    );
    assert!(out.starts_with("Supposing that everybody the file names is online"), "{out}");
    assert!(
        out.contains("Went to boris by rule regular, step 1") && out.contains("close     whatsapp"),
        "{out}"
    );
    let asked = [
        "rules",
        "route",
        "--rules",
        sales,
        "--fact",
        "customer.owner=boris",
        "--manager",
        "boris=offline",
        "--manager",
        "ana=load=2",
        "--manager",
        "vera=busy",
        "--at",
        "2026-03-02T10:00:00+01:00",
        "--format",
        "json",
    ];
    let (out, _) = ends_with(0, &[asked.as_slice(), &["--expect", "regular/3/ana"]].concat());
    let told: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&told["version"], &told["supposed_managers"]),
        (&serde_json::json!(1), &serde_json::json!(false))
    );
    assert_eq!(told["decision"]["at"], "2026-03-02T09:00:00.000000Z");
    let (_, err) = ends_with(1, &[asked.as_slice(), &["--expect", "regular/1/boris"]].concat());
    assert_eq!(err.trim_end(), "step: expected 1, got 3; manager: expected boris, got ana");
    let (_, err) = ends_with(2, &["rules", "route", "--rules", sales, "--fact", "customer.wip=true"]);
    assert!(err.contains("there is no fact `customer.wip`; did you mean `customer.vip`?"), "{err}");
    let (_, err) = ends_with(2, &["rules", "route", "--rules", sales, "--fact", "customer.segment=retial"]);
    assert!(err.contains("one of `retail`, `wholesale` and `unknown`"), "{err}");
    let (_, err) = ends_with(2, &["rules", "route", "--rules", sales, "--manager", "ana=offlin"]);
    assert!(err.contains("did you mean `offline`?"), "{err}");
    let (_, err) = ends_with(2, &["rules", "route", "--url", "http://127.0.0.1:9"]);
    assert!(err.contains("no answer from"), "{err}");
}

#[test]
fn facts_are_listed_with_types_and_meanings() {
    let (out, _) = ends_with(0, &["rules", "facts"]);
    let vip = out.lines().find(|line| line.starts_with("customer.vip ")).expect("a fact of the catalogue");
    assert!(vip.contains("bool") && vip.ends_with("marked VIP"), "{vip}");
}

#[test]
fn hours_that_only_a_server_knows_are_a_warning_and_tests_can_be_given_some() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.toml");
    let path = file.to_str().expect("a plain path");
    let rules = |to: &str| {
        format!(
            "[schedules.office]\nfrom = \"crm\"\n[[rule]]\nid = \"closed\"\nwhen = '!open(\"office\")'\n\
             to = \"manager:ana\"\n[[rule]]\nid = \"open\"\nto = \"manager:boris\"\n[[test]]\n\
             name = \"on Monday at eight\"\nat = 2026-03-02T08:00:00Z\ngiven = {{ channel = \"site\" }}\n\
             managers = {{ ana = {{ online = true }}, boris = {{ online = true }} }}\nexpect = {{ to = \"{to}\" }}\n"
        )
    };
    fs::write(&file, rules("boris")).expect("it is writable");
    let (out, err) = ends_with(0, &["rules", "check", path]);
    assert!(out.contains("R712") && out.contains("--imported") && err.contains("1 warning"), "{out}{err}");
    ends_with(1, &["rules", "check", "--strict", path]);
    ends_with(0, &["rules", "test", path]);
    let hours = "[imported.crm]\nopen = { mon-fri = [\"09:00-18:00\"] }\n";
    fs::write(&file, format!("{hours}{}", rules("ana"))).expect("it is writable");
    ends_with(0, &["rules", "check", "--strict", path]);
    ends_with(0, &["rules", "test", path]);
    let (shown, _) = ends_with(0, &["rules", "show", path]);
    for line in ["office = { from = \"crm\" }", "[imported]\ncrm = { open = "] {
        assert!(shown.contains(line), "{line} is missing in\n{shown}");
    }
}
