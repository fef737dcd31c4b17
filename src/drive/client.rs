//! A lean HTTP client for one server: a few connections, pipelined, that outlive the server's death.
//!
//! A request is kept until its answer is there. When a connection is lost, what it had not been answered is sent
//! again over the next one, with the same ids: so nothing is lost whether or not the server had done it. All of it
//! lives on one thread; a request costs no task and no channel.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::clock;
use super::latency::Histogram;
use super::responses::Responses;
use super::target::Target;
use super::wire::{self, Kind, Reply};

/// A server that leaves a request unanswered for so long is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
/// Between two attempts to reach it.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);
/// How often a request is repeated that the server failed to carry out.
const MAX_FAILURES: u32 = 5;

/// How hard to press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections.
    pub connections: usize,
    /// Requests on their way on one connection.
    pub pipeline: usize,
    /// How long the server may be away.
    pub ride_out: Duration,
}

/// An answer to a request that was sent with a tag.
#[derive(Debug)]
pub struct Answer {
    /// What it was for.
    pub kind: Kind,
    /// The tag.
    pub tag: u32,
    /// What it says.
    pub reply: Reply,
    /// The request was sent more than once.
    pub is_repeat: bool,
}

/// An answer in full: status and body.
pub type Whole = (u16, Vec<u8>);

struct Request {
    kind: Kind,
    tag: u32,
    bytes: Vec<u8>,
    issued: Instant,
    sent: u32,
    failures: u32,
    reply_to: Option<oneshot::Sender<Whole>>,
}

/// What the client counted.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Answers.
    pub answers: u64,
    /// Requests that were sent again after their connection was lost.
    pub repeated: u64,
    /// Answers that asked to try again.
    pub put_off: u64,
    /// Connections lost with requests under way.
    pub lost_connections: u64,
    /// When the server could not be reached, as each connection saw it: from when to when.
    pub outages: Vec<(Instant, Instant)>,
    /// From asking to answer, by kind; repeats and outages included.
    pub latency: [Histogram; Kind::ALL.len()],
}

struct Shared {
    target: Target,
    limits: Limits,
    answers: RefCell<VecDeque<Answer>>,
    arrived: Notify,
    spare: RefCell<Vec<Vec<u8>>>,
    traffic: RefCell<Traffic>,
    failure: RefCell<Option<String>>,
}

/// One connection and what is to go over it.
#[derive(Default)]
struct Line {
    queue: RefCell<VecDeque<Request>>,
    wake: Notify,
    /// Queued or unanswered.
    load: Cell<usize>,
}

/// The connections. Dropping it ends them.
pub struct Pool {
    shared: Rc<Shared>,
    lines: Vec<Rc<Line>>,
    tasks: Vec<JoinHandle<()>>,
    body: RefCell<Vec<u8>>,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Pool {
    /// Sets up connections; each is opened when there is something to send. Must be called within a `LocalSet`.
    pub fn new(target: Target, limits: Limits) -> Self {
        let shared = Rc::new(Shared {
            target,
            limits,
            answers: RefCell::default(),
            arrived: Notify::new(),
            spare: RefCell::default(),
            traffic: RefCell::default(),
            failure: RefCell::default(),
        });
        let lines: Vec<_> = (0..limits.connections.max(1)).map(|_| Rc::new(Line::default())).collect();
        let tend = |line: &Rc<Line>| tokio::task::spawn_local(tend(shared.clone(), line.clone()));
        let tasks = lines.iter().map(tend).collect();
        Self { shared, lines, tasks, body: RefCell::default() }
    }

    /// Sends a request; its answer comes through [`Pool::next_answer`].
    pub fn send(&self, kind: Kind, tag: u32, method: &str, path: fmt::Arguments, body: &impl Serialize) {
        let mut text = self.body.borrow_mut();
        text.clear();
        // Writing into memory, of maps with text keys, cannot fail.
        let _ = serde_json::to_writer(&mut *text, body);
        self.push(kind, tag, method, path, "application/json", &text, None);
    }

    /// Sends a request whose body is at hand.
    pub fn send_raw(&self, kind: Kind, tag: u32, path: fmt::Arguments, content_type: &str, body: &[u8]) {
        self.push(kind, tag, "POST", path, content_type, body, None);
    }

    /// Sends a request and waits for its answer in full.
    ///
    /// # Errors
    /// A sentence for people: the server stayed away for too long.
    pub async fn call(&self, method: &str, path: fmt::Arguments<'_>, body: &[u8]) -> Result<Whole, String> {
        let (reply_to, reply) = oneshot::channel();
        self.push(Kind::Other, 0, method, path, "application/json", body, Some(reply_to));
        reply.await.map_err(|_| self.failure().unwrap_or_else(|| "the connection was given up".to_owned()))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a request, in their order")]
    fn push(
        &self,
        kind: Kind,
        tag: u32,
        method: &str,
        path: fmt::Arguments,
        content_type: &str,
        body: &[u8],
        reply_to: Option<oneshot::Sender<Whole>>,
    ) {
        if self.shared.failure.borrow().is_some() {
            // Dropping `reply_to` tells whoever waits.
            return;
        }
        let mut bytes = self.shared.spare.borrow_mut().pop().unwrap_or_default();
        bytes.clear();
        self.shared.target.write_head(&mut bytes, method, path, content_type, body.len());
        bytes.extend_from_slice(body);
        let request = Request { kind, tag, bytes, issued: clock::now(), sent: 0, failures: 0, reply_to };
        // To whoever has least to do: a server may well work off a connection's requests one by one.
        let Some(line) = self.lines.iter().min_by_key(|line| line.load.get()) else {
            return;
        };
        line.load.set(line.load.get() + 1);
        line.queue.borrow_mut().push_back(request);
        line.wake.notify_one();
    }

    /// An answer that has come in.
    pub fn next_answer(&self) -> Option<Answer> {
        self.shared.answers.borrow_mut().pop_front()
    }

    /// Waits until an answer has come in, or all is lost.
    pub async fn arrival(&self) {
        self.shared.arrived.notified().await;
    }

    /// Why all is lost, if it is.
    pub fn failure(&self) -> Option<String> {
        self.shared.failure.borrow().clone()
    }

    /// What was counted so far.
    pub fn traffic(&self) -> Traffic {
        self.shared.traffic.borrow().clone()
    }
}

impl Shared {
    /// A connection, as soon as there can be one.
    async fn reach(&self, responses: &mut Responses, began: Instant) -> Result<TcpStream, String> {
        for attempts in 1.. {
            let attempt = match timeout(SILENCE, self.target.reach(responses)).await {
                Ok(attempt) => attempt,
                Err(_) => Err("it does not answer".to_owned()),
            };
            let away = began.elapsed();
            match attempt {
                Ok(stream) => {
                    if attempts > 1 {
                        self.traffic.borrow_mut().outages.push((began, clock::now()));
                    }
                    return Ok(stream);
                }
                Err(problem) if away >= self.limits.ride_out => {
                    return Err(format!("no server at http://{}: {problem}", self.target.authority));
                }
                Err(_) => clock::pause(BETWEEN_ATTEMPTS).await,
            }
        }
        Err("it was tried too often".to_owned())
    }

    /// Hands out an answer, or has the request sent again.
    fn answer(&self, line: &Rc<Line>, mut request: Request, status: u16, body: &[u8]) {
        let is_pushed_back = matches!(status, 429 | 503) && request.issued.elapsed() < self.limits.ride_out;
        let has_failed = status >= 500 && status != 503 && request.failures < MAX_FAILURES;
        if is_pushed_back || has_failed {
            request.failures += 1;
            self.traffic.borrow_mut().put_off += 1;
            let span = Duration::from_millis(20) * request.failures.min(50);
            let line = line.clone();
            tokio::task::spawn_local(async move {
                clock::pause(span).await;
                line.queue.borrow_mut().push_back(request);
                line.wake.notify_one();
            });
            return;
        }
        line.load.set(line.load.get().saturating_sub(1));
        {
            let mut traffic = self.traffic.borrow_mut();
            traffic.answers += 1;
            traffic.latency[request.kind as usize].add(request.issued.elapsed());
        }
        if let Some(reply_to) = request.reply_to.take() {
            // Whoever asked may have gone.
            let _ = reply_to.send((status, body.to_vec()));
        } else {
            let reply = wire::read(request.kind, status, body);
            let Request { kind, tag, sent, .. } = request;
            self.answers.borrow_mut().push_back(Answer { kind, tag, reply, is_repeat: sent > 1 });
            self.arrived.notify_one();
        }
        self.spare.borrow_mut().push(request.bytes);
    }
}

/// The life of one connection, over all its reconnections.
async fn tend(shared: Rc<Shared>, line: Rc<Line>) {
    let mut unanswered = VecDeque::new();
    let mut responses = Responses::default();
    loop {
        let mut began = clock::now();
        while unanswered.is_empty() && line.queue.borrow().is_empty() {
            line.wake.notified().await;
            // While there was nothing to ask, nobody was missed.
            began = clock::now();
        }
        match shared.reach(&mut responses, began).await {
            Ok(stream) => {
                converse(&shared, &line, stream, &mut responses, &mut unanswered).await;
                let mut traffic = shared.traffic.borrow_mut();
                traffic.lost_connections += u64::from(!unanswered.is_empty());
            }
            Err(problem) => {
                shared.failure.borrow_mut().get_or_insert(problem);
                // Whoever waits for an answer learns that there will be none.
                line.queue.borrow_mut().clear();
                shared.arrived.notify_one();
                return;
            }
        }
    }
}

/// Sends and receives until the connection is lost. What is unanswered then stays so.
async fn converse(
    shared: &Shared,
    line: &Rc<Line>,
    mut stream: TcpStream,
    responses: &mut Responses,
    unanswered: &mut VecDeque<Request>,
) {
    let (mut reading, mut writing) = stream.split();
    let mut out = bytes::BytesMut::new();
    for request in unanswered.iter_mut() {
        request.sent += 1;
        out.extend_from_slice(&request.bytes);
        shared.traffic.borrow_mut().repeated += 1;
    }
    let mut last_news = clock::now();
    let mut watchdog = std::pin::pin!(clock::pause(SILENCE));
    loop {
        while unanswered.len() < shared.limits.pipeline.max(1) {
            let Some(mut request) = line.queue.borrow_mut().pop_front() else {
                break;
            };
            if unanswered.is_empty() {
                last_news = clock::now();
            }
            request.sent += 1;
            out.extend_from_slice(&request.bytes);
            unanswered.push_back(request);
        }
        tokio::select! {
            written = writing.write_buf(&mut out), if !out.is_empty() => {
                if written.is_err() {
                    return;
                }
            }
            read = reading.read_buf(responses.buffer()) => {
                if !matches!(read, Ok(1..)) {
                    return;
                }
                last_news = clock::now();
                loop {
                    match responses.take() {
                        Ok(None) => break,
                        Err(_) => return,
                        Ok(Some(response)) => {
                            // An answer that nobody asked for: whatever this is, it is not our server.
                            let Some(request) = unanswered.pop_front() else { return };
                            shared.answer(line, request, response.status, response.body);
                            if response.closes {
                                return;
                            }
                        }
                    }
                }
            }
            () = line.wake.notified(), if unanswered.len() < shared.limits.pipeline.max(1) => {}
            () = &mut watchdog => {
                if !unanswered.is_empty() && last_news.elapsed() >= SILENCE {
                    return;
                }
                watchdog.set(clock::pause(SILENCE));
            }
        }
    }
}
