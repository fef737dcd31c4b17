//! A server of the real program: started, spoken to, killed, started again where it was, and stopped.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The operator's token.
pub const TOKEN: &str = "an-operator-token";
/// Far longer than anything here takes; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Below the ports that systems hand out by themselves: a client that calls a dead server again and again must not
/// be given the server's own port.
const FIRST_PORT: u16 = 21_000;
const PORTS: u16 = 10_000;

/// A port on which nobody listens, and none twice.
fn free_port() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other runs of the tests begin elsewhere.
    let start = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap_or(0);
    let mut ports = (0..PORTS).map(|_| (start + NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS + FIRST_PORT);
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    ports.find_map(|port| TcpListener::bind(address(port)).ok()?.local_addr().ok()).expect("a free port")
}

/// The program without the settings of whoever runs the tests.
pub fn reparto() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_reparto")))
}

fn without_settings(mut command: Command) -> Command {
    command.env_remove("RUST_BACKTRACE").env_remove("RUST_LOG");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REPARTO_") {
            command.env_remove(name);
        }
    }
    command
}

/// A folder with a rule file and room for data, and a port.
pub struct Place {
    folder: tempfile::TempDir,
    address: SocketAddr,
}

impl Place {
    pub fn new(rules: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder"), address: free_port() };
        place.write_rules(rules);
        place
    }

    /// A file or folder of the place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where its server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn database(&self) -> PathBuf {
        self.path("data").join("reparto.db")
    }

    pub fn write_rules(&self, rules: &str) {
        fs::write(self.path("rules.toml"), rules).expect("it is writable");
    }

    fn with_settings<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.arg("serve").arg("--rules").arg(self.path("rules.toml")).env("REPARTO_ADMIN_TOKEN", TOKEN);
        command.arg("--data-dir").arg(self.path("data")).arg("--listen").arg(self.address.to_string())
    }

    /// `reparto serve …` on this place.
    pub fn serve(&self) -> Command {
        let mut command = reparto();
        self.with_settings(&mut command);
        command
    }

    /// The same for a process that gets an error instead of a deadly signal when a file grows beyond its limit, as
    /// it would on a full disk.
    pub fn serve_within_limits(&self) -> Command {
        let mut command = without_settings(Command::new("sh"));
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_reparto")]);
        self.with_settings(&mut command);
        command
    }

    #[track_caller]
    pub fn start(&self) -> Server {
        Server::start(self.address, &mut self.serve())
    }

    #[track_caller]
    pub fn start_as(&self, command: &mut Command) -> Server {
        Server::start(self.address, command)
    }

    /// Runs a command that is to fail; what it says on stderr.
    #[track_caller]
    pub fn fails_with(&self, code: i32) -> String {
        let output = self.serve().output().expect("the program starts");
        let err = String::from_utf8(output.stderr).expect("it says text");
        assert_eq!(output.status.code(), Some(code), "{err}");
        err
    }
}

/// An answer, read from a socket.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// From the bytes of one whole answer; `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let (_, body) = text.split_once("\r\n\r\n")?;
        Some(Self { status, body: body.to_owned() })
    }

    pub fn at(&self, pointer: &str) -> Value {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        json.pointer(pointer).cloned().unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) {
        let answer = self.expect(status);
        assert_eq!(answer.at("/code"), code, "{}", answer.body);
        assert!(answer.at("/detail").is_string(), "it is explained: {}", answer.body);
    }
}

/// A running server; killed if the test ends early.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it and waits until it answers.
    #[track_caller]
    fn start(address: SocketAddr, command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (tell, lines) = channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut server = Self { child, address, lines, seen: Vec::new() };
        server.line_with(&format!("listening on http://{address}"));
        server
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn log(&self) -> String {
        self.seen.join("\n")
    }

    /// The next line of its log that has these words.
    #[track_caller]
    pub fn line_with(&mut self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            self.seen.extend(line.clone());
            match line {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line has `{words}` in\n{}", self.log())
                }
            }
        }
    }

    /// Opens a dialog again and again until it is answered as wanted. Until then the server may only put it off.
    #[track_caller]
    pub fn opens_until(&mut self, id: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let pause = Duration::from_millis(20);
        let mut left = PATIENCE;
        loop {
            let answer = self.open(id);
            if wanted(&answer) {
                return answer;
            }
            assert_eq!(answer.status, 503, "{}", answer.body);
            left = left.checked_sub(pause).unwrap_or_else(|| panic!("{answer:?}\n{}", self.log()));
            // What it says meanwhile is kept; when it says nothing, this is the pause.
            self.seen.extend(self.lines.recv_timeout(pause));
        }
    }

    #[track_caller]
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(status.expect("there is such a program").success());
    }

    /// Kills it as a power cut would, and waits until it is gone; what it had logged.
    pub fn dies(mut self) -> String {
        self.child.kill().expect("it ran");
        self.child.wait().expect("it is gone");
        self.seen.extend(self.lines.iter());
        self.log()
    }

    /// Asks it to stop; it ends with exit code 0, and has never logged an error.
    #[track_caller]
    pub fn stops(self) {
        self.signal("TERM");
        let log = self.ends(0);
        assert!(!log.contains("ERROR"), "it logged an error:\n{log}");
    }

    /// Waits for its end; what it logged.
    #[track_caller]
    pub fn ends(mut self, code: i32) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.log()),
            }
        }
        let status = self.child.wait().expect("it ended");
        assert_eq!(status.code(), Some(code), "{}", self.log());
        self.log()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream
    }

    /// Sends bytes as they are, and reads what comes until the server hangs up.
    pub fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // Whoever refuses a long request may hang up before all of it is sent.
        let _ = stream.write_all(bytes.as_ref());
        let mut text = Vec::new();
        match stream.read_to_end(&mut text) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Sends a request; paths without a leading slash are below the default account.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let text = self.raw(request(method, path, body));
        Answer::parse(&text).unwrap_or_else(|| panic!("no answer: {text}"))
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// A channel `wa`, and a manager online.
    #[track_caller]
    pub fn set_up(&self, manager: &str) {
        self.ask("PUT", "channels/wa", r#"{"type": "whatsapp"}"#).expect(200);
        self.ask("PUT", &format!("managers/{manager}"), r#"{"capacity": 100}"#).expect(200);
        self.ask("PUT", &format!("managers/{manager}/presence"), r#"{"online": true}"#).expect(200);
    }

    pub fn open(&self, id: &str) -> Answer {
        let message = format!(r#"{{"id": "{id}-1", "text": "hello"}}"#);
        let body =
            format!(r#"{{"id": "{id}", "channel": "wa", "customer": "c-{id}", "message": {message}}}"#);
        self.ask("POST", "dialogs", &body)
    }

    /// How many events of these kinds there are, up to a thousand.
    #[track_caller]
    pub fn events(&self, types: &str) -> usize {
        let page = self.get(&format!("events?limit=1000&types={types}")).expect(200);
        page.at("/items").as_array().expect("a list").len()
    }

    /// The event stream from its beginning.
    pub fn follow(&self) -> Stream {
        let mut stream = self.connect();
        stream.write_all(request("GET", "events/stream", "").as_bytes()).expect("it reads");
        Stream { lines: BufReader::new(stream) }
    }
}

/// An open event stream.
pub struct Stream {
    lines: BufReader<TcpStream>,
}

impl Stream {
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).expect("the stream can be read");
        (length > 0).then_some(line)
    }

    /// Reads on until this event.
    #[track_caller]
    pub fn reaches(&mut self, seq: u64) {
        let number = |line: &str| line.strip_prefix("id: ").or(line.strip_prefix("id:"))?.trim().parse().ok();
        while let Some(line) = self.line() {
            if number(&line).is_some_and(|number: u64| number >= seq) {
                return;
            }
        }
        panic!("the stream ended before event {seq}");
    }

    /// Reads on until an event of this name.
    #[track_caller]
    pub fn reaches_event(&mut self, name: &str) {
        while let Some(line) = self.line() {
            if line.strip_prefix("event:").is_some_and(|found| found.trim() == name) {
                return;
            }
        }
        panic!("the stream ended before an event {name}");
    }

    /// Reads to the stream's end, which is a proper one: with the last piece, of no length.
    #[track_caller]
    pub fn ends(mut self) {
        let mut last = Vec::new();
        while let Some(line) = self.line() {
            last.push(line);
        }
        assert!(last.ends_with(&["0\r\n".into(), "\r\n".into()]), "{:?}", last.iter().rev().take(4));
    }
}

/// A request as it goes over the wire; the server is to hang up after its answer.
pub fn request(method: &str, path: &str, body: &str) -> String {
    let base = if path.starts_with('/') { "" } else { "/v1/accounts/default/" };
    let (length, json) = (body.len(), "Content-Type: application/json");
    let head = format!("{method} {base}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n");
    format!("{head}{json}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// The bytes of a file.
pub fn contents(path: &Path) -> Vec<u8> {
    fs::read(path).expect("the file is there")
}
