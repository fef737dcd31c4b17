//! The gateway's client over real sockets: what a call about a dialog comes to when the gateway does not do it.

use std::sync::Arc;
use std::time::Duration;

use reparto::connectors::retailcrm::client::{Address, Client, ClientOptions, Token};
use reparto::connectors::retailcrm::mirror::{Call, Called, Holder, Job};
use reparto::engine::clock::SystemClock;
use reparto::sandbox::faults::Fault;
use reparto::sandbox::gateway::{Party, records};
use reparto::sandbox::server;
use reparto::telemetry::metrics::ConnectorMeters;

use super::bench::{TOKEN, account, world};

#[actix::test]
async fn a_gateway_that_is_busy_did_nothing_and_is_asked_later() {
    let options = server::Options { world: world(1), ..server::Options::default() };
    let sandbox = server::start(options).expect("a free port");
    let options = ClientOptions {
        address: Address::parse(&sandbox.url()).expect("a loopback address"),
        token: Token::new(TOKEN),
        per_second: 5_000,
        timeout: Duration::from_secs(2),
    };
    let meters = ConnectorMeters::new(&account());
    let client = Client::new(options, Arc::new(SystemClock::default()), meters).expect("TLS is there");
    let carla = Party { external_id: "1".into(), name: "Carla".into(), phone: String::new() };
    sandbox.with(|world, now| world.gateway.customer_writes(1, &carla, "Hola", now)).expect("it works");
    let holder =
        || sandbox.with(|world, _| world.gateway.dialogs()[&1].responsible.map(|(holder, _)| holder));
    let assign = Job { dialog: 1, chat: 1, call: Call::Assign(Holder::User(1)) };
    let close = Job { dialog: 1, chat: 1, call: Call::Close };
    for fault in [Fault::TooMany, Fault::Unavailable] {
        for job in [&assign, &close] {
            sandbox.with(|world, _| world.faults.order(fault, 1));
            assert_eq!(client.carry_out(job).await, Called::Later(Duration::ZERO), "{fault:?} to {job:?}");
            assert_eq!(holder(), None, "{fault:?} to {job:?}");
        }
    }
    let assigned = client.carry_out(&assign).await;
    assert!(matches!(assigned, Called::Assigned { at: Some(_), before: None }), "{assigned:?}");
    assert_eq!(holder(), Some(records::Holder::User(1)));
    assert_eq!(client.carry_out(&close).await, Called::Closed);
    sandbox.stop().await;
}
