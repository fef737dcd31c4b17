//! A gate before a CRM: what asks about customers passes only while it is open.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A gate. It is made open.
pub struct Gate {
    /// Where it is.
    pub address: String,
    stands: Arc<watch::Sender<Stands>>,
}

/// How a gate stands to questions about customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Open,
    /// They wait before it.
    Closed,
    /// Whoever asks is hung up on.
    Broken,
}

impl Gate {
    /// A gate before the CRM of this address, `http://host:port`.
    pub async fn before(crm: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let stands = Arc::new(watch::Sender::new(Stands::Open));
        let (gate, crm) = (Arc::clone(&stands), crm.trim_start_matches("http://").to_owned());
        actix::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(behind) = TcpStream::connect(&crm).await else { return };
                actix::spawn(pass(stream, behind, gate.subscribe()));
            }
        });
        Self { address, stands }
    }

    pub fn set_open(&self, is_open: bool) {
        self.stands.send_replace(if is_open { Stands::Open } else { Stands::Closed });
    }

    /// From now on it hangs up on whoever asks about customers.
    pub fn tear_down(&self) {
        self.stands.send_replace(Stands::Broken);
    }
}

/// Passes on what goes either way.
async fn pass(before: TcpStream, behind: TcpStream, mut stands: watch::Receiver<Stands>) {
    let (mut asks, mut answered) = before.into_split();
    let (mut answers, mut asked) = behind.into_split();
    let back = actix::spawn(async move {
        // Either end may hang up.
        let _ = tokio::io::copy(&mut answers, &mut answered).await;
    });
    let mut piece = [0; 8_192];
    while let Ok(read @ 1..) = asks.read(&mut piece).await {
        let is_about_customers = String::from_utf8_lossy(&piece[..read]).contains("/customers");
        if is_about_customers {
            let moved = stands.wait_for(|stands| *stands != Stands::Closed).await;
            if !moved.is_ok_and(|stands| *stands == Stands::Open) {
                break;
            }
        }
        if asked.write_all(&piece[..read]).await.is_err() {
            break;
        }
    }
    back.abort();
}
