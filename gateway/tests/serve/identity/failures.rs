//! Token servers that fail: nothing is sent upstream, the client is told, and nobody else's words or secrets are.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::port::Port;
use super::super::{log::Log, tls};
use super::*;

/// A gateway whose tokens are had of `tokens`.
fn gateway(model: &Server, tokens: &Server) -> Gateway {
    google(Setup::new("openai", model.addr), tokens).start()
}

/// The same, but it does not wait for them for long.
fn impatient(model: &Server, tokens: &Server) -> Gateway {
    let short = |limits: &mut Limits| limits.token = Duration::from_secs(1);
    google(Setup::new("openai", model.addr), tokens).limits(short).start()
}

/// One call that fails for want of a token.
async fn failing(gateway: &Gateway, model: &Server) {
    let reply = chat(gateway, ASK).await;
    assert_eq!(reply.error(), (500, "identity_unavailable".to_owned()));
    assert_eq!(reply.json()["error"]["message"], "LLM request failed before proxying");
    assert!(model.seen().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_kong_tells_it() {
    let model = Server::model(GEMINI).await;
    let nobody = Port::new();
    let setup = google(Setup::new("openai", model.addr), &model);
    let gateway = setup.set("/auth/gcp_metadata_url", format!("http://{}/token", nobody.addr())).start();
    failing(&gateway, &model).await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let model = Server::model(GEMINI).await;
    let tokens = Server::start(|_, _| None).await;
    failing(&impatient(&model, &tokens), &model).await;
}

#[tokio::test]
async fn a_server_that_says_something_else_is_not_believed() {
    let long = "x".repeat(1 << 20);
    let garbage: Vec<Vec<u8>> = vec![
        b"not HTTP at all\r\n\r\n".to_vec(),
        Vec::new(),
        whole("200 OK\r\nmetadata-flavor: Google", "<html>sign in</html>"),
        whole("200 OK\r\nmetadata-flavor: Google", "{\"access_token\": \"cut"),
        whole("200 OK\r\nmetadata-flavor: Google", "{}"),
        whole("200 OK\r\nmetadata-flavor: Google", "[]"),
        flavored("", 3600),
        flavored("two words", 3600),
        flavored("a line\r\nx-more: b", 3600),
        flavored("expired", 0),
        flavored(&long, 3600),
        whole(
            "200 OK\r\nmetadata-flavor: Google",
            r#"{"access_token":"a","token_type":"mac","expires_in":9}"#,
        ),
        whole("302 Found\r\nlocation: http://127.0.0.1:1/", ""),
        whole("204 No Content\r\nmetadata-flavor: Google", ""),
        format!("HTTP/1.1 200 OK\r\nx-long: {long}\r\n\r\n").into_bytes(),
        b"HTTP/1.1 200 OK\r\nmetadata-flavor: Google\r\ncontent-length: 99\r\n\r\n{".to_vec(),
    ];
    for reply in garbage {
        let shown = String::from_utf8_lossy(&reply[..reply.len().min(80)]).into_owned();
        let model = Server::model(GEMINI).await;
        let tokens = Server::start(move |_, _| Some(reply.clone())).await;
        let gateway = impatient(&model, &tokens);
        let reply = chat(&gateway, ASK).await;
        assert_eq!((reply.error().0, model.seen().len()), (500, 0), "{shown}");
    }
}

#[tokio::test]
async fn a_server_without_a_trusted_certificate_gets_no_request() {
    let model = Server::model(GEMINI).await;
    let stranger = tls::Server::start("localhost").await;
    let port = stranger.listener.local_addr().unwrap().port();
    let setup = google(Setup::new("openai", model.addr), &model);
    let url = format!("https://localhost:{port}/token");
    let short = |limits: &mut Limits| limits.token = Duration::from_secs(5);
    let gateway = setup.set("/auth/gcp_metadata_url", url.clone()).limits(short).start();
    let handshakes = async {
        loop {
            let (socket, _) = stranger.listener.accept().await.unwrap();
            assert!(stranger.acceptor.accept(socket).await.is_err(), "it is broken off");
        }
    };
    tokio::select! {
        () = failing(&gateway, &model) => (),
        () = handshakes => (),
    }
    let (trusting, _file) = stranger.trusted();
    let setup = google(Setup::new("openai", model.addr), &model);
    let gateway = Setup { trust: trusting.trust, ..setup.set("/auth/gcp_metadata_url", url) }.start();
    let answers = async {
        let (socket, _) = stranger.listener.accept().await.unwrap();
        let mut socket = stranger.acceptor.accept(socket).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
        }
        socket.write_all(&flavored("token", 3600)).await.unwrap();
        socket.shutdown().await.unwrap();
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), answers);
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn what_a_server_says_of_an_error_is_not_repeated() {
    Log::shared();
    let model = Server::model(GEMINI).await;
    let tokens = Server::start(|_, _| {
        let body =
            json!({"error": "invalid_grant", "error_description": format!("the secret {KEY} is wrong")});
        Some(json_reply("400 Bad Request", &body.to_string()))
    })
    .await;
    let gateway = gateway(&model, &tokens);
    failing(&gateway, &model).await;
    let id = "a-call-without-a-token";
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &format!("content-type: application/json\r\nx-request-id: {id}\r\n"), ASK).await;
    assert!(!client.reply().await.text().contains("invalid_grant"));
    // It sees that no key is in the log.
    assert_eq!(Log::shared().line(id).await["outcome"], "identity_unavailable");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_at_once() {
    let model = Server::model(GEMINI).await;
    let tokens = Server::start(|number, _| {
        Some(if number < 2 { whole("503 Service Unavailable", "") } else { flavored("token", 3600) })
    })
    .await;
    assert_eq!(chat(&gateway(&model, &tokens), ASK).await.status, 200);
    assert_eq!(tokens.seen().len(), 3);
}

#[tokio::test]
async fn after_a_failure_calls_fail_at_once_and_then_it_gets_better() {
    let model = Server::model(GEMINI).await;
    let tokens = Server::start(|number, _| {
        Some(if number == 0 { whole("403 Forbidden", "") } else { flavored("token", 3600) })
    })
    .await;
    let gateway = gateway(&model, &tokens);
    let mut statuses = Vec::new();
    while statuses.last() != Some(&200) {
        statuses.push(chat(&gateway, ASK).await.status);
    }
    let failed = statuses.len() - 1;
    assert!(statuses[..failed].iter().all(|status| *status == 500), "{statuses:?}");
    assert!(failed > 0 && tokens.seen().len() == 2, "one request, however many calls: {statuses:?}");
}

#[tokio::test]
async fn another_target_answers_for_one_that_has_no_token() {
    let model = Server::model(ANSWER).await;
    let nobody = Port::new();
    let without = json!({
        "route_type": "llm/v1/chat",
        "auth": {"gcp_use_service_account": true, "gcp_metadata_url": format!("http://{}/token", nobody.addr())},
        "model": {"provider": "gemini", "name": "m", "options": {"upstream_url": model.url("/never")}},
    });
    let targets = [without, plugin("openai", &model.url(""))];
    let gateway = Setup::among(&targets, &json!({"retries": 1})).start();
    for _ in 0..4 {
        assert_eq!(chat(&gateway, ASK).await.status, 200);
    }
    assert!(model.seen().iter().all(|seen| seen.field("authorization") == Some(&format!("Bearer {KEY}"))));
}
