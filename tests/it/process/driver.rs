//! `reparto drive` as a child process: the load, and the judge of what came of it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::place::{Server, TOKEN, reparto};

/// Far longer than a run takes; only a failing test waits for it.
const LONGEST_RUN: Duration = Duration::from_mins(3);

/// A run under way; killed if the test ends early.
pub struct Drive {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Drop for Drive {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All of a stream, once it has ended.
fn gather(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read is missed by whoever looks for it.
        let _ = stream.read_to_string(&mut text);
        tell.send(text)
    });
    told
}

impl Drive {
    pub fn start(server: &Server, arguments: &[&str]) -> Self {
        let mut command: Command = reparto();
        command.args(["drive", "--url", &format!("http://{}", server.address), "--token", TOKEN]);
        command.args(["--format", "json", "--quiet"]).args(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let out = gather(child.stdout.take().expect("it is piped"));
        let err = gather(child.stderr.take().expect("it is piped"));
        Self { child, out, err }
    }

    /// Waits for its end, which is one without violations; the report.
    #[track_caller]
    pub fn passes(mut self) -> Report {
        let out = self.out.recv_timeout(LONGEST_RUN).expect("the run ends");
        let err = self.err.recv_timeout(LONGEST_RUN).expect("the run ends");
        let status = self.child.wait().expect("it ended");
        assert_eq!(status.code(), Some(0), "{out}{err}");
        Report(serde_json::from_str(&out).expect("the report is JSON"))
    }
}

/// What a run came to.
pub struct Report(Value);

impl Report {
    #[track_caller]
    pub fn number(&self, pointer: &str) -> u64 {
        let value = self.0.pointer(pointer).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("no number at {pointer} in {:#}", self.0))
    }

    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        let value = self.0.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {:#}", self.0))
    }
}
