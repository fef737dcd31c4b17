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
    for command in ["serve", "token", "migrate", "rules", "drive", "config"] {
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
