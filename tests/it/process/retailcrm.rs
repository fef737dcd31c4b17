//! The real program as the bot of an account of the sandbox.

use std::fs;
use std::time::Duration;

use reparto::connectors::retailcrm::crm::registration::{ACTIVITY_PATH, client_id};
use reparto::engine::clock::{Clock, SystemClock, pause};
use reparto::sandbox::control::PREFIX;
use reparto::sandbox::crm::Crm;
use reparto::sandbox::gateway::{Party, records::Holder};
use reparto::sandbox::server::{self, Handle, Options};
use reparto::sandbox::world::World;

use super::place::{Answer, PATIENCE, Place, Server, reparto};

const KEY: &str = "k3y";
const RULES: &str = "[presence]\navailable_when = \"online\"\n[[rule]]\nid = \"all\"\nto = \"everyone\"\n";
const LOOK: Duration = Duration::from_millis(5);

/// An account with a channel and a manager who is there.
fn sandbox() -> Handle {
    let now = SystemClock::default().now();
    let mut world = World::default();
    world.crm = Crm::new(KEY);
    world.gateway.add_channel("telegram", "Shop", 0, now);
    let user = world.gateway.add_user("17", "Ana", "Gil", now);
    world.gateway.set_online(user, true, now);
    server::start(Options { world, ..Options::default() }).expect("a free port")
}

/// A customer's message, which opens a dialog.
fn writes(sandbox: &Handle, who: &str) {
    let party = Party { external_id: who.into(), name: who.into(), phone: String::new() };
    let message = sandbox.with(|world, now| world.gateway.customer_writes(1, &party, "hello", now));
    message.expect("the channel works");
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            pause(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("it never came about that {what}"));
}

async fn until_held(sandbox: &Handle, dialog: u64) {
    let holder = || sandbox.with(|world, _| world.gateway.dialogs().get(&dialog)?.responsible);
    until("Ana has it", || holder().is_some_and(|(holder, _)| holder == Holder::User(1))).await;
}

/// What the server answers to a call of the CRM.
fn is_told(server: &Server, client: &str, activity: &str) -> Answer {
    let form = format!("clientId={client}&activity={activity}");
    let head = format!(
        "POST {ACTIVITY_PATH} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let text = server.raw(head);
    Answer::parse(&text).unwrap_or_else(|| panic!("no answer: {text}"))
}

/// Somebody switches the module on or off in the CRM, which calls the bot.
async fn switch(sandbox: &Handle, is_active: bool) {
    let body = format!(r#"{{"code": "reparto", "active": {is_active}}}"#);
    let address = format!("{}{PREFIX}/module", sandbox.url());
    // Another test may have chosen one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let told = client.post(address).body(body).send().await.expect("the sandbox answers");
    assert_eq!(told.text().await.expect("it is text"), r#"{"told":true}"#);
}

#[actix::test]
async fn the_bot_rests_while_its_module_is_switched_off_in_the_crm() {
    let sandbox = sandbox();
    let place = Place::new(RULES);
    fs::write(place.path("crm.key"), KEY).expect("it is writable");
    let (crm, bot) = (sandbox.url(), format!("http://{}", place.address()));
    let mut register = reparto();
    register.current_dir(place.path("")).args(["retailcrm", "register", "--key-file", "crm.key"]);
    register.args(["--crm-url", &crm, "--url", &bot]);
    let settings = tokio::task::spawn_blocking(move || register.output()).await;
    let settings = settings.expect("it ends").expect("the program starts");
    assert!(settings.status.success(), "{}", String::from_utf8_lossy(&settings.stderr));
    fs::write(place.path("reparto.toml"), settings.stdout).expect("it is writable");

    let mut command = place.serve();
    command.current_dir(place.path("")).args(["--config", "reparto.toml"]);
    let mut server = place.start_as(&mut command);
    writes(&sandbox, "Marta");
    until_held(&sandbox, 1).await;

    // Nobody but the CRM may switch it off.
    let stranger = is_told(&server, "somebody", r#"{"active":false}"#);
    assert_eq!(stranger.status, 400, "{stranger:?}");
    writes(&sandbox, "Lola");
    until_held(&sandbox, 2).await;

    switch(&sandbox, false).await;
    server.line_with("nothing is shared out until it is on");
    writes(&sandbox, "Pablo");
    // By the time somebody tells it the same again, it has had the message and let it be.
    let again = is_told(&server, &client_id(KEY, "reparto"), r#"{"active":false,"freeze":false}"#);
    assert_eq!((again.status, again.body.as_str()), (200, r#"{"success":true}"#));
    let switched_on = SystemClock::default().now();
    switch(&sandbox, true).await;
    until_held(&sandbox, 3).await;
    let given = sandbox.with(|world, _| world.books().pages()[&3].spans[0].from);
    assert!(given >= switched_on, "it waited for the bot");
    server.stops();
    sandbox.stop().await;
}
