//! The connector at work: real sockets, a real engine, the stand-in gateway.

use reparto::connectors::retailcrm::client::Token;
use reparto::domain::dialog::By;
use reparto::domain::ids::DialogId;
use reparto::engine::inbound::Inbound;

use super::bench::{Bench, RULES, account, world};

#[actix::test]
async fn an_account_connects_and_it_simply_works() {
    let bench = Bench::start(world(3), RULES).await;
    bench.until_live().await;
    let is_distributor = bench.sandbox.with(|world, _| world.gateway.has_distributor());
    assert!(is_distributor, "it said what it is");
    for who in 1..=6 {
        bench.customer_writes(who, "Hola");
    }
    bench
        .until("all are assigned", async |bench| (1..=6).all(|dialog| bench.holder_there(dialog).is_some()))
        .await;
    bench.until_agreed().await;
    let dialog = bench.here(1).await.expect("it is there");
    assert_eq!((&*dialog.opening_text, dialog.messages), ("Hola", 1));
    let customer = dialog.customer.expect("it has one");
    let customer = bench.engine.store().customer(&account(), &customer).await.expect("the store is well");
    assert_eq!(customer.expect("on record").name.as_deref(), Some("Customer 1"));

    // The manager answers, and the customer waits no more.
    let ana = bench.holder_there(1).expect("assigned");
    let written = bench.sandbox.with(|world, now| world.gateway.user_writes(ana, 1, "Buenos días", now));
    written.expect("they hold it");
    bench
        .until("the answer is known", async |bench| {
            bench.here(1).await.is_some_and(|dialog| dialog.awaiting_reply_since.is_none())
        })
        .await;

    // A person gives it to somebody else, and it stays there.
    let other = if ana == 1 { 2 } else { 1 };
    bench.sandbox.with(|world, now| world.gateway.assign_by_hand(1, other, now)).expect("it is open");
    bench
        .until("the choice is known", async |bench| bench.holder_here(1).await == Some(other.to_string()))
        .await;
    assert!(bench.here(1).await.expect("it is there").pinned, "a person chose");

    // A person closes it; the engine closes another.
    bench.sandbox.with(|world, now| world.gateway.close(1, now)).expect("it is open");
    bench
        .until("the closure is known", async |bench| {
            bench.here(1).await.is_some_and(|dialog| !dialog.is_open())
        })
        .await;
    let close = Inbound::Close { dialog: DialogId::trusted("2"), by: By::Backend, reason: None };
    bench.engine.submit(&account(), close).await.expect("it is open");
    bench.until("it is closed there", async |bench| !bench.is_open_there(2)).await;

    // Whoever writes again gets a new dialog.
    bench.customer_writes(2, "Otra cosa");
    bench.until("the new one is assigned", async |bench| bench.holder_there(7).is_some()).await;
    bench.until_agreed().await;
    bench.end().await;
}

#[actix::test]
async fn a_gap_is_mended_and_a_restart_remembers() {
    let mut bench = Bench::start(world(2), RULES).await;
    bench.until_live().await;
    bench.customer_writes(1, "Hola");
    bench.until("it is assigned", async |bench| bench.holder_there(1).is_some()).await;
    bench.sandbox.drop_sockets();
    bench.customer_writes(2, "Hola");
    bench.sandbox.with(|world, now| world.gateway.close(1, now)).expect("it is open");
    bench.until("it caught up", async |bench| bench.holder_there(2).is_some()).await;
    bench.until_agreed().await;

    bench.connector.stop().await;
    let holder = bench.holder_there(2).expect("assigned");
    let other = 3 - holder;
    bench.sandbox.with(|world, now| world.gateway.assign_by_hand(2, other, now)).expect("it is open");
    bench.customer_writes(3, "Hola");
    // While it is away the engine decides something too.
    let unassign = Inbound::Unassign { dialog: DialogId::trusted("2"), by: By::Backend };
    bench.engine.submit(&account(), unassign).await.expect("it is held");
    bench.reconnect();
    bench.until("it caught up", async |bench| bench.holder_there(3).is_some()).await;
    bench.until_agreed().await;
    assert_eq!(bench.holder_there(2), Some(other), "the person's choice stands");
    bench.end().await;
}

#[actix::test]
async fn a_token_that_is_void_stops_it_and_another_starts_it() {
    let bench = Bench::start(world(2), RULES).await;
    bench.until_live().await;
    bench.customer_writes(1, "Hola");
    bench.until("it is assigned", async |bench| bench.holder_there(1).is_some()).await;
    bench.sandbox.with(|world, now| world.gateway.change_token(1, "another", now));
    let mut live = bench.connector.live();
    live.wait_for(|live| !live).await.expect("it runs");
    bench.customer_writes(2, "Hola");
    let close = Inbound::Close { dialog: DialogId::trusted("1"), by: By::Backend, reason: None };
    bench.engine.submit(&account(), close).await.expect("it is open");
    assert!(bench.is_open_there(1), "nothing is done without a token");
    bench.connector.set_token(Token::new("another"));
    bench
        .until("it caught up", async |bench| bench.holder_there(2).is_some() && !bench.is_open_there(1))
        .await;
    bench.until_agreed().await;
    bench.end().await;
}

#[actix::test]
async fn in_shadow_it_watches_and_does_nothing() {
    let rules = format!("[bot]\nmode = \"shadow\"\n{RULES}");
    let bench = Bench::start(world(2), &rules).await;
    bench.until_live().await;
    assert!(
        !bench.sandbox.with(|world, _| world.gateway.has_distributor()),
        "the gateway's own assignment stays on"
    );
    bench.customer_writes(1, "Hola");
    bench.until("it is known", async |bench| bench.here(1).await.is_some()).await;
    bench.sandbox.with(|world, now| world.gateway.assign_by_hand(1, 2, now)).expect("it is open");
    bench.until_agreed().await;
    assert_eq!(bench.holder_here(1).await.as_deref(), Some("2"));
    bench.end().await;
}

#[actix::test]
async fn whoever_lost_access_between_choice_and_call_gets_nothing() {
    let bench = Bench::start(world(3), RULES).await;
    bench.until_live().await;
    // Their going is not told: only the refused call shows it.
    bench.sandbox.with(|world, now| {
        world.gateway.set_active(1, false, now);
        world.gateway.set_active(2, false, now);
        world.gateway.take_frames();
    });
    for who in 1..=4 {
        bench.customer_writes(who, "Hola");
    }
    bench
        .until("the one who is left has all", async |bench| {
            (1..=4).all(|dialog| bench.holder_there(dialog) == Some(3))
        })
        .await;
    bench.until_agreed().await;
    bench.end().await;
}
