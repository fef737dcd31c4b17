//! A CRM that answers what it is told to, one connection after the other, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it answers: a status, more header lines, and a body.
pub type Scripted = (u16, &'static str, String);

/// A CRM with a script.
pub struct CrmStub {
    /// Where it is.
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl CrmStub {
    /// Answers these in turn, and the last one ever after. A status of 0 hangs up without an answer.
    pub async fn start(script: Vec<Scripted>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        actix::spawn(async move {
            let mut script = VecDeque::from(script);
            while let Ok((stream, _)) = listener.accept().await {
                let answer = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                let Some(answer) = answer else { return };
                let request = converse(stream, &answer).await;
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            }
        });
        Self { address, asked }
    }

    /// What it was asked so far: heads and bodies.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn converse(mut stream: TcpStream, (status, headers, body): &Scripted) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4_096];
    while !is_whole(&request) {
        match stream.read(&mut piece).await {
            Ok(read @ 1..) => request.extend_from_slice(&piece[..read]),
            _ => break,
        }
    }
    if *status > 0 {
        let answer = format!(
            "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever asked may be gone.
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
    String::from_utf8_lossy(&request).into_owned()
}

/// Whether head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
