//! The documentation, as the server sends it.

use crate::server::TestServer;

#[actix_web::test]
async fn the_document_and_its_page_come_from_the_server_itself() {
    let server = TestServer::start().await;
    let document = server.get("/openapi.json").await.expect(200);
    assert_eq!(document.at("/openapi"), "3.1.0");
    let page = server.get("/docs").await.expect(200);
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert!(!page.text.contains("//cdn") && !page.text.contains("https://"));
    for part in ["/docs/page.js", "/docs/page.css"] {
        assert!(page.text.contains(part));
        server.get(part).await.expect(200);
    }
    server.stop().await;
}
