//! The sandbox's server: HTTP and WebSocket around a [`World`], on a loopback address unless told otherwise.
//!
//! | file | idea |
//! |---|---|
//! | `hub` | the one owner of the world; whatever happens to it is told to the sockets at once, in order |
//! | `sockets` | who listens to what, and the task of each socket |
//! | `requests` | HTTP requests to the world and back |
//! | `callback` | what the CRM tells a connected module |

mod callback;
mod hub;
mod requests;
mod sockets;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use tokio::task::JoinHandle;

use super::clock::{self, Clock, SystemClock};
use super::world::World;
use crate::domain::time::Timestamp;
use hub::Hub;

/// How often the world is told what time it is.
const TICK: Duration = Duration::from_millis(50);

/// What a sandbox is started with.
pub struct Options {
    /// Where it listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// What there is at the beginning.
    pub world: World,
    /// Where its time comes from.
    pub clock: Arc<dyn Clock>,
    /// Whether time goes on by itself; if not, [`Handle::advance`] makes it.
    pub ticks: bool,
    /// Whether a socket that asks for an event nobody knows is refused; the gateway's own habit is not known.
    pub strict_events: bool,
}

impl Default for Options {
    /// A free port on loopback, an empty world, the machine's clock.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            world: World::default(),
            clock: Arc::new(SystemClock),
            ticks: true,
            strict_events: false,
        }
    }
}

/// A running sandbox.
pub struct Handle {
    address: SocketAddr,
    hub: Arc<Hub>,
    server: ServerHandle,
    ticking: Option<JoinHandle<()>>,
}

/// Starts a sandbox. It needs a running Tokio runtime.
///
/// # Errors
/// The address cannot be listened at.
pub fn start(options: Options) -> std::io::Result<Handle> {
    let listener = TcpListener::bind(options.listen)?;
    let address = listener.local_addr()?;
    let mut world = options.world;
    if world.crm.endpoint.is_empty() {
        world.crm.endpoint = format!("http://{address}");
    }
    let hub = Arc::new(Hub::new(world, options.clock, options.strict_events));
    let shared = Data::from(Arc::clone(&hub));
    let app = move || App::new().app_data(shared.clone()).default_service(web::to(requests::serve));
    let server =
        HttpServer::new(app).workers(1).shutdown_timeout(1).disable_signals().listen(listener)?.run();
    let handle = server.handle();
    tokio::spawn(server);
    let ticking = options.ticks.then(|| tokio::spawn(tick(Arc::clone(&hub))));
    Ok(Handle { address, hub, server: handle, ticking })
}

async fn tick(hub: Arc<Hub>) {
    loop {
        clock::pause(TICK).await;
        hub.pass(TICK);
    }
}

impl Handle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint that a bot is given, without a path: `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        self.hub.now()
    }

    /// Looks at the world or changes it; what comes of it is sent to the sockets.
    pub fn with<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        self.hub.with(act)
    }

    /// Does what is due by the clock.
    pub fn advance(&self) {
        self.hub.pass(Duration::ZERO);
    }

    /// How many sockets are open.
    pub fn sockets(&self) -> usize {
        self.hub.sockets()
    }

    /// Closes all sockets without a word.
    pub fn drop_sockets(&self) {
        self.hub.drop_sockets();
    }

    /// Stops; sockets are dropped.
    pub async fn stop(self) {
        if let Some(ticking) = self.ticking {
            ticking.abort();
        }
        self.hub.drop_sockets();
        self.server.stop(false).await;
    }
}
