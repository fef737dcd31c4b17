//! Managers: records, presence, removal.

use serde_json::json;

use crate::server::TestServer;

#[actix_web::test]
async fn a_list_shows_presence_load_and_capacity() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    server.put("managers/boris/presence", json!({"online": true, "status": "dinner"})).await.expect(200);
    server.open("d1", "c1").await.expect(201);
    let list = server.get("managers").await.expect(200);
    assert_eq!(list.at("/items/0/id"), "ana");
    assert_eq!((list.at("/items/0/load_units"), list.at("/items/0/dialogs")), (json!(1.0), json!(1)));
    assert_eq!((list.at("/items/1/available"), list.at("/items/1/absence")), (json!(false), json!("dinner")));
    let account = server.get("/v1/accounts/default").await.expect(200);
    assert_eq!((account.at("/now/managers"), account.at("/now/waiting_dialogs")), (json!(2), json!(0)));
    server.get("managers/zoe").await.expect_problem(404, "unknown_id");
    server.put("managers/zoe/presence", json!({"online": true})).await.expect_problem(404, "unknown_id");
    server.stop().await;
}

/// In the zone of the rule file, day by day, whatever happened to the dialog since.
#[actix_web::test]
async fn a_list_shows_what_managers_did_today() {
    let server = TestServer::start().await;
    server.set_up(&["ana", "boris"]).await;
    for (dialog, customer) in [("d1", "c1"), ("d2", "c2"), ("d3", "c3")] {
        server.open(dialog, customer).await.expect(201);
    }
    // Round robin is not what the rules say: the least loaded, so ana has two of them.
    let reply = json!({"from": {"manager": "ana"}, "text": "hello"});
    server.post("dialogs/d1/messages", reply.clone()).await.expect(201);
    server.post("dialogs/d1/messages", reply).await.expect(201);
    server.post("dialogs/d1/close", json!({"by": {"manager": "ana"}})).await.expect(200);
    let to = json!({"to": {"manager": "boris"}, "by": {"manager": "ana"}});
    server.post("dialogs/d3/assign", to).await.expect(200);
    let list = server.get("managers").await.expect(200);
    let figures = |at: usize| {
        ["assigned", "moved_away", "closed", "replies"]
            .map(|key| list.at(&format!("/items/{at}/today/{key}")))
    };
    assert_eq!(figures(0), [2, 1, 1, 1].map(|n| json!(n)));
    assert_eq!(figures(1), [2, 0, 0, 0].map(|n| json!(n)));
    let ana = server.get("managers/ana").await.expect(200);
    assert_eq!(ana.at("/today"), list.at("/items/0/today"));
    assert!(ana.at("/today/average_first_reply_seconds").is_number());
    assert_eq!(list.at("/items/1/today/average_reply_seconds"), json!(null));
    server.stop().await;
}

#[actix_web::test]
async fn a_removed_manager_loses_their_dialogs() {
    let server = TestServer::start().await;
    server.set_up(&["ana"]).await;
    server.open("d1", "c1").await.expect(201);
    server.set_up(&["boris"]).await;
    let newest = server.get("events?after=newest").await.at("/newest_seq");
    server.delete("managers/ana").await.expect(204);
    let types = "dialog.assigned,dialog.reassigned";
    let path = format!("events?after={newest}&types={types}&wait=10");
    let moved = server.get(&path).await.expect(200);
    assert_eq!(moved.at("/items/0/dialog"), "d1");
    let dialog = server.get("dialogs/d1").await.expect(200);
    assert_eq!(dialog.at("/responsible/manager"), "boris");
    server.get("managers/ana").await.expect_problem(404, "unknown_id");
    server.stop().await;
}
