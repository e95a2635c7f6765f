//! Which target answers.

use super::*;

#[tokio::test]
async fn targets_take_turns_by_weight() {
    let (first, second) = (Server::saying("first").await, Server::saying("second").await);
    let mut targets = [first.target("openai"), second.target("openai")];
    targets[0]["weight"] = json!(300);
    targets[1]["weight"] = json!(100);
    let gateway = Setup::among(&targets, &json!({})).start();
    ask(&gateway, 12).await;
    assert_eq!((first.asked(), second.asked()), (9, 3));
}

#[tokio::test]
async fn all_cores_take_the_same_turns() {
    let (first, second) = (Server::saying("first").await, Server::saying("second").await);
    let targets = [first.target("openai"), second.target("openai")];
    let mut setup = Setup::among(&targets, &json!({}));
    setup.threads = 4;
    let gateway = setup.start();
    // Connections of their own, which land on one core or another.
    ask(&gateway, 20).await;
    assert_eq!((first.asked(), second.asked()), (10, 10));
}

#[tokio::test]
async fn the_same_header_leads_to_the_same_target() {
    let servers = [Server::saying("0").await, Server::saying("1").await, Server::saying("2").await];
    let all: Vec<&Server> = servers.iter().collect();
    let balancer = json!({"algorithm": "consistent-hashing", "hash_on_header": "X-User"});
    let gateway = before(&all, &balancer);
    let mut owners = std::collections::HashSet::new();
    for user in 0..60 {
        let field = format!("x-user: user-{user}\r\n");
        let owner = words(&ask_with(&gateway, &field, ASK).await);
        assert_eq!(words(&ask_with(&gateway, &field, ASK).await), owner, "user {user}");
        owners.insert(owner);
    }
    assert_eq!(owners.len(), 3);
    // Another process finds the same.
    let other = before(&all, &balancer);
    let one = words(&ask_with(&gateway, "x-user: me\r\n", ASK).await);
    assert_eq!(words(&ask_with(&other, "x-user: me\r\n", ASK).await), one);
    // Who says nothing takes turns.
    let answers = ask(&gateway, 3).await;
    assert_eq!(answers.iter().collect::<std::collections::HashSet<_>>().len(), 3);
}

#[tokio::test]
async fn the_group_of_highest_priority_answers() {
    let servers =
        [Server::saying("low").await, Server::doing([refuses("503 Unavailable"), says("high")]).await];
    let mut targets = servers.each_ref().map(|server| server.target("openai"));
    targets[1]["weight"] = json!(200);
    let balancer = json!({"algorithm": "priority", "failover_criteria": ["http_503"], "retries": 1});
    let gateway = Setup::among(&targets, &balancer).start();
    assert_eq!(ask(&gateway, 4).await, ["low", "high", "high", "high"]);
}

#[tokio::test]
async fn the_fewest_connections_win() {
    let (busy, free) = (Server::doing([Does::Hangs]).await, Server::saying("free").await);
    let gateway = before(&[&busy, &free], &json!({"algorithm": "least-connections"}));
    let mut waiting = Client::connect(gateway.addr()).await;
    waiting.post("/chat", "content-type: application/json\r\n", ASK).await;
    while busy.asked() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&gateway, 6).await, ["free"; 6]);
    // Its client leaves, and it is free again: there is nothing to choose between the two.
    drop(waiting);
    let mut clients = Vec::new();
    while busy.asked() < 2 {
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", "content-type: application/json\r\n", ASK).await;
        clients.push(client);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_least_used_wins() {
    // Ten times the tokens: a tenth of the calls.
    let much = ANSWER.replace(r#""total_tokens":3"#, r#""total_tokens":30"#).replace(
        r#""prompt_tokens":1,"completion_tokens":2"#,
        r#""prompt_tokens":10,"completion_tokens":20"#,
    );
    let (dear, cheap) =
        (Server::doing([Does::Says(status("200 OK", &much))]).await, Server::saying("cheap").await);
    let gateway = before(&[&dear, &cheap], &json!({"algorithm": "lowest-usage"}));
    ask(&gateway, 33).await;
    assert_eq!((dear.asked(), cheap.asked()), (3, 30));
}

#[tokio::test]
async fn the_fastest_wins() {
    let (stuck, quick) = (Server::doing([says("slow"), Does::Hangs]).await, Server::saying("quick").await);
    let balancer = json!({"algorithm": "lowest-latency", "latency_strategy": "e2e", "read_timeout": 2_000, "retries": 1,
        "failover_criteria": ["timeout", "non_idempotent"]});
    let gateway = before(&[&stuck, &quick], &balancer);
    let answers = ask(&gateway, 30).await;
    // Whoever timed out is not fast.
    assert!(stuck.asked() <= 3, "{}", stuck.asked());
    assert!(answers.iter().filter(|answer| *answer == "quick").count() >= 28, "{answers:?}");
}

#[tokio::test]
async fn a_model_leads_to_the_targets_that_go_by_it() {
    let servers =
        [Server::saying("small").await, Server::saying("large").await, Server::saying("alias").await];
    let mut targets = servers.each_ref().map(|server| server.target("openai"));
    targets[0]["model"]["name"] = json!("small-1");
    targets[1]["model"]["name"] = json!("large-1");
    targets[2]["model"]["name"] = json!("gpt-9-2026");
    targets[2]["model"]["model_alias"] = json!("newest");
    let gateway = Setup::among(&targets, &json!({"retries": 0})).start();
    for (model, answer) in
        [("small-1", "small"), ("large-1", "large"), ("newest", "alias"), ("gpt-9-2026", "alias")]
    {
        let body = ASK.replace(r#""m""#, &json!(model).to_string());
        for _ in 0..3 {
            assert_eq!(words(&ask_with(&gateway, "", &body).await), answer, "{model}");
        }
    }
    // Any other is refused in Kong's words; without one, all may answer.
    let reply = ask_with(&gateway, "", ASK).await;
    assert_eq!(reply.error(), (400, "model_not_allowed".to_owned()));
    assert!(reply.text().contains("cannot use own model - must be: "), "{}", reply.text());
    let without = ASK.replace(r#""model":"m","#, "");
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(words(&ask_with(&gateway, "", &without).await));
    }
    answers.sort();
    assert_eq!(answers, ["alias", "large", "small"]);
}

#[tokio::test]
async fn who_takes_any_model_takes_those_that_nobody_goes_by() {
    let servers = [Server::saying("fixed").await, Server::saying("any").await];
    let mut targets = servers.each_ref().map(|server| server.target("openai"));
    targets[0]["model"]["name"] = json!("known");
    targets[1]["model"].as_object_mut().unwrap().remove("name");
    let gateway = Setup::among(&targets, &json!({"retries": 0})).start();
    let known = ASK.replace(r#""m""#, r#""known""#);
    for _ in 0..2 {
        assert_eq!(words(&ask_with(&gateway, "", &known).await), "fixed");
        assert_eq!(words(&ask_with(&gateway, "", ASK).await), "any");
    }
}

#[tokio::test]
async fn templates_of_a_target_are_filled_in_from_the_request() {
    let upstream = Upstream::listen().await;
    let mut target = plugin("openai", &format!("http://{}/$(headers.x-tenant)/v1", upstream.addr));
    target["model"]["name"] = json!("$(query_params.size)-model");
    let gone = Port::new();
    let other = plugin("openai", &format!("http://{}", gone.addr()));
    let gateway = Setup::among(&[other, target], &json!({"retries": 1})).start();
    let mut client = Client::connect(gateway.addr()).await;
    client
        .post(
            "/chat?size=large",
            "content-type: application/json\r\nx-tenant: acme\r\n",
            &ASK.replace(r#""m""#, r#""large-model""#),
        )
        .await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("POST /acme/v1 "), "{}", call.head);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["model"], "large-model");
    call.write(status("200 OK", ANSWER)).await;
    call.close().await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_path_leads_to_the_targets_of_its_api() {
    let vectors = json!({"object": "list", "model": "e", "usage": {"prompt_tokens": 1, "total_tokens": 1},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]});
    let (chats, embeds) = (
        Server::saying("chat").await,
        Server::doing([Does::Says(status("200 OK", &vectors.to_string()))]).await,
    );
    let mut targets = [chats.target("openai"), embeds.target("openai")];
    targets[1]["route_type"] = json!("llm/v1/embeddings");
    targets[1]["model"]["name"] = json!("e");
    let gateway = Setup::among(&targets, &json!({"retries": 3})).start();
    for _ in 0..3 {
        let mut client = Client::connect(gateway.addr()).await;
        let body = r#"{"model":"e","input":"a"}"#;
        client.post("/chat/v1/embeddings", "content-type: application/json\r\n", body).await;
        assert_eq!(client.reply().await.json()["data"][0]["embedding"], json!([0.5]));
        client.post("/chat/v1/chat/completions", "content-type: application/json\r\n", ASK).await;
        assert_eq!(words(&client.reply().await), "chat");
    }
    assert_eq!((chats.asked(), embeds.asked()), (3, 3));
}
