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
