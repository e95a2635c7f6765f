//! Tokens end: they are renewed ahead of that, once for all, and replaced when an upstream refuses them.

use futures_util::future::join_all;

use super::*;

/// The tokens that the model was shown, one for each call.
fn shown(model: &Server) -> Vec<String> {
    model.seen().iter().map(|seen| seen.field("authorization").unwrap().to_owned()).collect()
}

/// Tokens that are good for so many seconds, each with a number.
async fn tokens(seconds: u64) -> Server {
    Server::start(move |number, _| Some(flavored(&format!("token-{number}"), seconds))).await
}

#[tokio::test]
async fn many_calls_at_once_wait_for_one_token() {
    let model = Server::model(GEMINI).await;
    let tokens = tokens(3600).await;
    tokens.close();
    let setup = google(Setup::new("openai", model.addr), &tokens);
    let gateway = Setup { threads: 3, ..setup }.start();
    let calls = async {
        let calls = (0..50).map(async |_| chat(&gateway, ASK).await.status);
        assert_eq!(join_all(calls).await, [200; 50]);
    };
    let open = async {
        tokens.got(1).await;
        assert!(model.seen().is_empty(), "nobody goes without");
        tokens.open();
    };
    tokio::join!(calls, open);
    assert_eq!(tokens.seen().len(), 1);
    assert!(shown(&model).iter().all(|token| token == "Bearer token-0"));
}

#[tokio::test]
async fn a_token_is_renewed_while_it_is_still_good_and_nobody_waits() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens(16).await);
    let gateway = google(Setup::new("openai", model.addr), &tokens).start();
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    tokens.close();
    // Nobody calls, and yet it is asked for: it was used.
    tokens.got(2).await;
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    assert_eq!(shown(&model), ["Bearer token-0"; 2]);
    tokens.open();
    while shown(&model).last().unwrap() == "Bearer token-0" {
        assert_eq!(chat(&gateway, ASK).await.status, 200);
    }
    assert_eq!(tokens.seen().len(), 2);
}

#[tokio::test]
async fn calls_go_on_over_the_end_of_every_token() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens(1).await);
    let gateway = google(Setup::new("openai", model.addr), &tokens).start();
    while tokens.seen().len() < 3 {
        assert_eq!(chat(&gateway, ASK).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_that_the_upstream_refuses_is_replaced_once_for_all() {
    let model = Server::start(|_, seen| {
        let is_old = seen.field("authorization") == Some("Bearer token-0");
        let refusal = r#"{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}"#;
        Some(if is_old { json_reply("401 Unauthorized", refusal) } else { json_reply("200 OK", GEMINI) })
    })
    .await;
    let tokens = tokens(3600).await;
    let setup = google(Setup::new("openai", model.addr), &tokens);
    let gateway = Setup { threads: 3, ..setup }.start();
    let calls = (0..20).map(async |_| chat(&gateway, ASK).await.status);
    assert_eq!(join_all(calls).await, [200; 20]);
    assert_eq!(tokens.seen().len(), 2);
    assert_eq!(chat(&gateway, ASK).await.status, 200);
}

#[tokio::test]
async fn who_is_refused_with_a_new_token_is_told_so() {
    let model = Server::start(|_, _| {
        Some(json_reply(
            "401 Unauthorized",
            r#"{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}"#,
        ))
    })
    .await;
    let tokens = tokens(3600).await;
    let gateway = google(Setup::new("openai", model.addr), &tokens).start();
    for _ in 0..5 {
        assert_eq!(chat(&gateway, ASK).await.status, 401);
    }
    assert_eq!(tokens.seen().len(), 2, "who is not allowed does not ask for a token a call");
    assert_eq!(shown(&model).iter().filter(|token| *token == "Bearer token-0").count(), 1);
    assert_eq!(model.seen().len(), 6);
}

#[tokio::test]
async fn a_body_that_came_in_pieces_is_not_sent_again_but_the_next_one_has_another_token() {
    let model = Server::start(|number, _| {
        Some(if number == 0 { json_reply("401 Unauthorized", "{}") } else { json_reply("200 OK", "{}") })
    })
    .await;
    let tokens = tokens(3600).await;
    let options = json!({"upstream_url": model.url(""), "azure_instance": "i", "azure_deployment_id": "d"});
    let gateway = Setup::new("azure", model.addr)
        .set("/route_type", "llm/v1/files")
        .set("/auth", json!({"azure_use_managed_identity": true}))
        .set("/model", json!({"provider": "azure", "options": options}))
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url(""))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    for expected in [401, 200] {
        client.post("/chat/files", "content-type: multipart/form-data; boundary=x\r\n", "--x--\r\n").await;
        assert_eq!(client.reply().await.status, expected);
    }
    assert_eq!(shown(&model), ["Bearer token-0", "Bearer token-1"]);
}

#[tokio::test]
async fn another_configuration_goes_on_with_the_same_token() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens(3600).await);
    let setup = || google(Setup::new("openai", model.addr), &tokens);
    let gateway = setup().start();
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    let next = setup().set("/logging", json!({"log_statistics": true})).file();
    gateway.reload(Config::parse(&next, &|_| None).unwrap()).await;
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    assert_eq!(shown(&model), ["Bearer token-0"; 2]);
    let other = tokens.url("/other/token");
    let next = setup().set("/auth/gcp_metadata_url", other).file();
    gateway.reload(Config::parse(&next, &|_| None).unwrap()).await;
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    assert_eq!(shown(&model).last().unwrap(), "Bearer token-1", "who is somebody else has one of its own");
}

#[tokio::test]
async fn a_model_of_embeddings_is_shown_a_token_as_well() {
    let tokens = tokens(3600).await;
    let target = Server::model(ANSWER).await;
    let model = Server::start(|_, seen| {
        let count =
            serde_json::from_slice::<Value>(&seen.body).unwrap()["requests"].as_array().unwrap().len();
        let embeddings: Vec<Value> = (0..count).map(|_| json!({"values": [1.0, 0.0]})).collect();
        Some(json_reply("200 OK", &json!({"embeddings": embeddings}).to_string()))
    })
    .await;
    let mut described = plugin("openai", &target.url(""));
    described["description"] = json!("everything");
    let embeddings = json!({
        "auth": {"gcp_use_service_account": true, "gcp_metadata_url": tokens.url("/token")},
        "model": {"provider": "gemini", "name": "e", "options": {"upstream_url": model.url("")}},
    });
    let vectordb =
        json!({"strategy": "redis", "dimensions": 2, "distance_metric": "cosine", "threshold": 0.5});
    let gateway = Setup::among(&[described], &json!({"algorithm": "semantic"}))
        .set("/embeddings", embeddings)
        .set("/vectordb", vectordb)
        .start();
    // The description, before anybody calls.
    model.got(1).await;
    assert_eq!(chat(&gateway, ASK).await.status, 200);
    assert!(shown(&model).iter().all(|token| token == "Bearer token-0"));
}

#[tokio::test]
async fn what_is_kept_for_somebody_is_not_for_somebody_else_whatever_the_token() {
    let (model, tokens) = (Server::model(GEMINI).await, tokens(3600).await);
    let of = |path: &str| {
        let setup = google(Setup::new("openai", model.addr), &tokens);
        setup.set("/route_type", "llm/v1/files").set("/auth/gcp_metadata_url", tokens.url(path))
    };
    let gateway = of("/ann/token").start();
    let mut client = Client::connect(gateway.addr()).await;
    let line = r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#;
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let form = format!("{}{}--x--\r\n", part("purpose", "batch"), part("file", line));
    client.post("/chat/files", "content-type: multipart/form-data; boundary=x\r\n", &form).await;
    let file = client.reply().await.json()["id"].as_str().unwrap().to_owned();
    for (whose, expected) in [("/ann/token", 200), ("/bob/token", 404), ("/ann/token", 200)] {
        gateway.reload(Config::parse(&of(whose).file(), &|_| None).unwrap()).await;
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("GET /chat/files/{file} HTTP/1.1\r\nhost: g\r\n\r\n")).await;
        assert_eq!(client.reply().await.status, expected, "{whose}");
    }
}
