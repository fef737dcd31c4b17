//! Sockets: who listens to what, and the task that serves each of them.
//!
//! A socket sends nothing by itself and answers pings. It ends without a closing frame, as lines break.

use std::time::Duration;

use actix_web::rt;
use actix_ws::{Message, MessageStream, Session};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::sandbox::clock;
use crate::sandbox::faults::Way;

/// Frames that wait for a slow reader; one that falls further behind is dropped.
const BACKLOG: usize = 50_000;

/// What a socket hears.
pub(super) type Ear = Receiver<Heard>;

/// What a socket is told.
pub(super) enum Heard {
    /// To send this frame, so late.
    Frame(String, Duration),
    /// To stay open, deaf and mute.
    Nothing,
}

struct Socket {
    token: String,
    kinds: Vec<String>,
    sender: Sender<Heard>,
    /// Frames that change places with the next one.
    held: Vec<String>,
    is_deaf: bool,
}

impl Socket {
    /// Whether it keeps up.
    fn send(&self, text: &str, late: Duration) -> bool {
        self.sender.try_send(Heard::Frame(text.to_owned(), late)).is_ok()
    }

    fn release(&mut self) -> bool {
        std::mem::take(&mut self.held).iter().all(|text| self.send(text, Duration::ZERO))
    }
}

/// All that are open.
#[derive(Default)]
pub(super) struct Sockets(Vec<Socket>);

impl Sockets {
    pub(super) fn add(&mut self, token: &str, kinds: Vec<String>) -> Ear {
        let (sender, ear) = channel(BACKLOG);
        self.0.push(Socket { token: token.to_owned(), kinds, sender, held: Vec::new(), is_deaf: false });
        ear
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anybody wants frames of this kind.
    pub(super) fn want(&self, kind: &str) -> bool {
        self.0.iter().any(|socket| socket.kinds.iter().any(|wanted| wanted == kind))
    }

    /// Sends a frame to whoever wants its kind.
    pub(super) fn tell(&mut self, kind: &str, text: &str, way: Way) {
        self.0.retain_mut(|socket| {
            if socket.is_deaf || !socket.kinds.iter().any(|wanted| wanted == kind) {
                return true;
            }
            if way.is_held {
                socket.held.push(text.to_owned());
                return true;
            }
            way.copies.into_iter().flatten().all(|late| socket.send(text, late)) && socket.release()
        });
    }

    /// Sends what was held.
    pub(super) fn release(&mut self) {
        self.0.retain_mut(Socket::release);
    }

    /// Makes all of them deaf and mute; who connects afterwards is heard.
    pub(super) fn deafen(&mut self) {
        for socket in &mut self.0 {
            socket.is_deaf = true;
            // One that cannot be told anything any more is as good as deaf.
            let _ = socket.sender.try_send(Heard::Nothing);
        }
    }

    /// Drops those whose token is not kept.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|socket| is_kept(&socket.token));
    }

    pub(super) fn len(&mut self) -> usize {
        self.0.retain(|socket| !socket.sender.is_closed());
        self.0.len()
    }
}

/// Sends a frame once its time has come.
async fn send_late(mut session: Session, text: String, late: Duration) {
    clock::pause(late).await;
    // The socket may be gone by then.
    let _ = session.text(text).await;
}

/// Serves a socket until either side is gone.
pub(super) async fn serve(mut ear: Ear, mut session: Session, mut incoming: MessageStream) {
    loop {
        tokio::select! {
            heard = ear.recv() => match heard {
                Some(Heard::Frame(text, Duration::ZERO)) => if session.text(text).await.is_err() { return },
                Some(Heard::Frame(text, late)) => {
                    rt::spawn(send_late(session.clone(), text, late));
                }
                Some(Heard::Nothing) => break,
                None => return,
            },
            message = incoming.next() => match message {
                Some(Ok(Message::Ping(bytes))) => if session.pong(&bytes).await.is_err() { return },
                Some(Ok(Message::Close(reason))) => {
                    // They leave anyway.
                    let _ = session.close(reason).await;
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
    // Deaf: nothing is read and nothing sent until the line is cut.
    while ear.recv().await.is_some() {}
}
