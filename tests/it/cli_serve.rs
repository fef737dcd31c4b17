//! The command line with a store and a server behind it: tokens, migrations, rule checks, starts and stops.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A whole rule file.
const RULES: &str = "schema = 1\n[[rule]]\nid = \"all\"\nstep = [{ to = \"everyone\" }]\n";
const TOKEN: &str = "an-operator-token";
/// Far longer than anything here takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

fn reparto(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reparto"));
    command.args(arguments).env_remove("RUST_BACKTRACE");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REPARTO_") {
            command.env_remove(name);
        }
    }
    command
}

#[track_caller]
fn ends_with(code: i32, command: &mut Command) -> (String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    let (out, err) = (text(stdout), text(stderr));
    assert_eq!(status.code(), Some(code), "{command:?}\nstdout: {out}\nstderr: {err}");
    (out, err)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A folder with a rule file, and room for data.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("rules.toml"), RULES).expect("it is writable");
        Self { folder }
    }

    fn rules(&self) -> String {
        path(&self.folder.path().join("rules.toml")).to_owned()
    }

    fn data(&self) -> String {
        path(&self.folder.path().join("data")).to_owned()
    }

    fn serve(&self, more: &[&str]) -> Command {
        let (rules, data) = (self.rules(), self.data());
        let mut arguments = vec!["serve", "--rules", &rules, "--data-dir", &data, "--listen", "127.0.0.1:0"];
        arguments.extend(more);
        reparto(&arguments)
    }
}

/// A running server; killed if the test ends early.
struct Server {
    child: Child,
    address: String,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Server {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut server = Self { child, address: String::new(), lines, seen: Vec::new() };
        let line = server.line_with("listening on http://");
        let (_, address) = line.split_once("http://").expect("the line has it");
        let address = address.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).next();
        address.unwrap_or_default().clone_into(&mut server.address);
        server
    }

    /// The next line of the log that has these words.
    #[track_caller]
    fn line_with(&mut self, words: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => self.seen.push(line),
                Err(error) => panic!("no line has `{words}` ({error}) in\n{}", self.seen.join("\n")),
            }
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill is there");
        assert!(status.success());
    }

    fn get(&self, path: &str, token: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[track_caller]
    fn ends_with(mut self, code: i32) {
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(code), "{}", self.seen.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_starts_answers_reloads_and_stops_when_asked() {
    let place = Place::new();
    let mut server = Server::start(place.serve(&[]).env("REPARTO_ADMIN_TOKEN", TOKEN));
    assert!(server.get("/readyz", "").starts_with("HTTP/1.1 200"));
    let page = server.get("/metrics", TOKEN);
    assert!(page.contains("reparto_rules_last_reload_success{account=\"default\"} 1"), "{page}");

    fs::write(place.rules(), "schema = 1\n[[rule]]\nid = \"all\"\nstep = [{ too = \"everyone\" }]\n")
        .expect("writable");
    server.signal("HUP");
    server.line_with("rules");
    let page = server.get("/metrics", TOKEN);
    assert!(page.contains("reparto_rules_last_reload_success{account=\"default\"} 0"), "{page}");

    server.signal("TERM");
    server.line_with("stopped");
    server.ends_with(0);
}

#[test]
fn a_first_start_shows_a_token_once() {
    let place = Place::new();
    let mut server = Server::start(&mut place.serve(&[]));
    let line = server.seen.iter().find(|line| line.trim_start().starts_with("rpt_")).cloned();
    let token = line.expect("it is shown before the server listens").trim().to_owned();
    assert_eq!(token.len(), 47);
    assert!(server.get("/metrics", &token).starts_with("HTTP/1.1 200"));
    assert!(server.get("/metrics", "rpt_wrong").starts_with("HTTP/1.1 401"));
    server.signal("INT");
    server.line_with("stopped");
    server.ends_with(0);

    let server = Server::start(&mut place.serve(&[]));
    assert!(!server.seen.iter().any(|line| line.contains("rpt_")), "{:?}", server.seen);
    assert!(server.get("/metrics", &token).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_reachable_address_needs_a_token_first() {
    let place = Place::new();
    let (_, err) = ends_with(2, &mut place.serve(&["--listen", "0.0.0.0:0"]));
    assert!(err.contains("REPARTO_ADMIN_TOKEN"), "{err}");
}

#[test]
fn a_taken_port_is_named_and_nothing_is_touched() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let address = taken.local_addr().expect("it has an address").to_string();
    let place = Place::new();
    let (_, err) = ends_with(2, &mut place.serve(&["--listen", &address]));
    assert!(err.contains(&format!("cannot listen on {address}: the port is taken")), "{err}");
    assert!(err.contains("--listen"), "{err}");
    assert!(!Path::new(&place.data()).exists());
}

#[test]
fn a_data_folder_that_cannot_be_is_named() {
    let place = Place::new();
    let file = place.folder.path().join("file");
    fs::write(&file, "").expect("it is writable");
    let below = file.join("data");
    let (_, err) = ends_with(2, &mut place.serve(&["--data-dir", path(&below)]));
    assert!(err.contains(path(&below)) && err.contains("help: "), "{err}");
    // Not even root writes there.
    let (_, err) = ends_with(2, &mut place.serve(&["--data-dir", "/proc/reparto"]));
    assert!(err.contains("/proc/reparto"), "{err}");
}

#[test]
fn bad_rules_stop_a_start_with_their_diagnostics() {
    let place = Place::new();
    fs::write(place.rules(), "schema = 1\n[[rule]]\nid = \"all\"\nstep = [{ too = \"everyone\" }]\n")
        .expect("writable");
    let (_, err) = ends_with(1, &mut place.serve(&[]));
    assert!(err.contains("rules.toml:4") && err.contains("nothing was started"), "{err}");
    assert!(!Path::new(&place.data()).exists());
    let (_, err) = ends_with(2, &mut place.serve(&["--rules", "/nowhere.toml"]));
    assert!(err.contains("/nowhere.toml"), "{err}");
}

#[test]
fn rules_are_checked_in_three_forms() {
    let place = Place::new();
    let (_, err) = ends_with(0, &mut reparto(&["rules", "check", &place.rules()]));
    assert!(err.contains("fine"), "{err}");
    fs::write(place.rules(), "schema = 1\n[[rule]]\nid = \"all\"\nstep = [{ too = \"everyone\" }]\n")
        .expect("writable");
    let (out, err) = ends_with(1, &mut reparto(&["rules", "check", &place.rules()]));
    assert!(out.contains("rules.toml:4") && err.contains("error"), "{out}{err}");
    let (out, _) = ends_with(1, &mut reparto(&["rules", "check", &place.rules(), "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&out).expect("one document");
    let code =
        json[0]["code"].as_str().or(json["diagnostics"][0]["code"].as_str()).expect("a code").to_owned();
    let (out, _) = ends_with(1, &mut reparto(&["rules", "check", &place.rules(), "--format", "github"]));
    assert!(out.starts_with("::error "), "{out}");
    let (out, _) = ends_with(0, &mut reparto(&["rules", "explain-code", &code.to_lowercase()]));
    assert!(out.len() > 80, "{out}");
    ends_with(2, &mut reparto(&["rules", "explain-code", "R999"]));
    ends_with(2, &mut reparto(&["rules", "check", "/nowhere.toml"]));
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let place = Place::new();
    let data = place.data();
    let token = |more: &[&str]| {
        let mut command = reparto(&["token"]);
        command.args(more).args(["--data-dir", &data]);
        command
    };
    let (out, err) = ends_with(0, &mut token(&["create", "--role", "metrics", "--name", "prometheus"]));
    assert!(out.starts_with("rpt_") && out.trim_end().len() == 47, "{out}");
    let id = err.split(' ').find(|word| word.starts_with("tok_")).expect("the id is told");
    let id = id.trim_end_matches(';');
    let (list, _) = ends_with(0, &mut token(&["list"]));
    let row = list.lines().find(|line| line.starts_with(id)).expect("it is listed");
    assert!(row.contains("metrics") && row.contains("default") && row.ends_with("prometheus"), "{list}");
    assert!(!list.contains(out.trim_end()));
    let (_, err) = ends_with(0, &mut token(&["revoke", id]));
    assert!(err.contains("is revoked"), "{err}");
    let (_, err) = ends_with(0, &mut token(&["revoke", id]));
    assert!(err.contains("was revoked before"), "{err}");
    let (_, err) = ends_with(2, &mut token(&["revoke", "tok_none"]));
    assert!(err.contains("there is no token tok_none"), "{err}");
    let (_, err) = ends_with(2, &mut token(&["create", "--account", "nobody"]));
    assert!(err.contains("there is no account nobody"), "{err}");
    ends_with(2, &mut token(&["create", "--role", "operator", "--account", "default"]));
}

#[test]
fn migrations_are_asked_for_and_done() {
    let place = Place::new();
    let data = place.data();
    let (out, _) = ends_with(1, &mut reparto(&["migrate", "--check", "--data-dir", &data]));
    assert!(out.contains("there is no database yet"), "{out}");
    assert!(!Path::new(&data).exists(), "a check changes nothing");
    ends_with(0, &mut reparto(&["migrate", "--data-dir", &data]));
    let (out, _) = ends_with(0, &mut reparto(&["migrate", "--check", "--data-dir", &data]));
    assert!(out.contains("as it should"), "{out}");
}

#[test]
fn the_readme_lists_every_setting_as_it_is() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("there is one");
    assert!(
        readme.contains(&reparto::config::show::markdown()),
        "run `reparto config list` and put it in README.md"
    );
}
