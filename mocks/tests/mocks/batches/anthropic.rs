//! [Message batches](https://platform.claude.com/docs/en/build-with-claude/batch-processing).

use mocks::Mocks;
use mocks::script::{End, Failure, Kind, Match, Progress, Reply, Script};
use serde_json::{Value, json};

use crate::client::{self, exchange, request};
use crate::judged::{self, operation};

const PATH: &str = "/v1/messages/batches";

async fn send(mocks: &Mocks, method: &str, path: &str, body: &Value) -> client::Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let full = format!("/anthropic{path}");
    exchange(mocks, &request(method, &full, &client::headers("anthropic"), body.as_bytes())).await
}

async fn good(mocks: &Mocks, method: &str, path: &str, body: &Value) -> Value {
    judged::whole(&operation("anthropic", method, path), &send(mocks, method, path, body).await)
}

/// Status and sentence of an error.
async fn refused(mocks: &Mocks, method: &str, path: &str, body: &Value) -> (u16, String) {
    let reply = send(mocks, method, path, body).await;
    let (status, body) = judged::refused(&operation("anthropic", method, path), &reply);
    (status, body["error"]["message"].as_str().unwrap().to_owned())
}

fn params(text: &str) -> Value {
    json!({ "model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{ "role": "user", "content": text }] })
}

fn asked(texts: &[&str]) -> Value {
    let requests = texts.iter().enumerate();
    let requests: Vec<_> =
        requests.map(|(n, text)| json!({ "custom_id": format!("id-{n}"), "params": params(text) })).collect();
    json!({ "requests": requests })
}

async fn create(mocks: &Mocks, texts: &[&str]) -> String {
    good(mocks, "POST", PATH, &asked(texts)).await["id"].as_str().unwrap().to_owned()
}

async fn look(mocks: &Mocks, id: &str) -> Value {
    good(mocks, "GET", &format!("{PATH}/{id}"), &Value::Null).await
}

/// Results by their requests' numbers.
async fn results(mocks: &Mocks, id: &str) -> Vec<Value> {
    let path = format!("{PATH}/{id}/results");
    let reply = send(mocks, "GET", &path, &Value::Null).await;
    assert_eq!(reply.header("content-type"), Some("application/x-jsonl"));
    let mut lines = judged::lines(&operation("anthropic", "GET", &path), &reply);
    lines.sort_by_key(|line| line["custom_id"].to_string());
    lines.into_iter().map(|line| line["result"].clone()).collect()
}

fn kinds(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_batch_asks_each_of_its_messages_and_ends() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[one]]", Reply::text(["Hel", "lo"])));
    mocks.add(Script::new("[[two]]", Reply::error(Failure::new(Kind::Overloaded, "too much"))));
    let mut body = asked(&["[[one]]", "[[two]]", "Three?"]);
    let broken = json!({ "custom_id": "id-3", "params": { "model": "claude-haiku-4-5", "messages": [] } });
    let mut streamed = json!({ "custom_id": "id-4", "params": params("Five?") });
    streamed["params"]["stream"] = true.into();
    body["requests"].as_array_mut().unwrap().extend([broken, streamed]);

    let made = good(&mocks, "POST", PATH, &body).await;
    assert_eq!(
        (&made["processing_status"], &made["request_counts"]["processing"]),
        (&json!("in_progress"), &json!(5))
    );
    assert!(made["results_url"].is_null() && made["ended_at"].is_null());
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("msgbatch_01"));
    assert_eq!(look(&mocks, id).await["request_counts"]["processing"], 5, "all or nothing");
    let ended = look(&mocks, id).await;
    let counts = json!({ "processing": 0, "succeeded": 2, "errored": 3, "canceled": 0, "expired": 0 });
    assert_eq!((&ended["processing_status"], &ended["request_counts"]), (&json!("ended"), &counts));
    let url = format!("http://mock/anthropic{PATH}/{id}/results");
    assert_eq!(ended["results_url"], url, "it leads back here");

    let results = results(&mocks, id).await;
    assert_eq!(kinds(&results), ["succeeded", "errored", "succeeded", "errored", "errored"]);
    assert_eq!(results[0]["message"]["content"], json!([{ "type": "text", "text": "Hello" }]));
    assert_eq!(results[1]["error"]["error"], json!({ "type": "overloaded_error", "message": "too much" }));
    assert!(results[2]["message"]["usage"]["output_tokens"].as_u64().unwrap() > 0);
    let sentence = |n: usize| results[n]["error"]["error"]["message"].as_str().unwrap();
    assert!(sentence(3).contains("max_tokens") || sentence(3).contains("messages"), "{}", sentence(3));
    assert!(sentence(4).contains("stream"), "{}", sentence(4));
}

#[tokio::test]
async fn what_a_batch_asks_is_answered_as_if_it_came_alone() {
    let [alone, batched] = [mocks::start().await.unwrap(), mocks::start().await.unwrap()];
    let reply = send(&alone, "POST", "/v1/messages", &params("Which way is north?")).await.json();
    let id = create(&batched, &["Which way is north?"]).await;
    look(&batched, &id).await;
    look(&batched, &id).await;
    assert_eq!(results(&batched, &id).await[0]["message"]["content"], reply["content"]);
    assert_eq!(results(&batched, &id).await[0]["message"]["usage"], reply["usage"]);
}

#[tokio::test]
async fn a_canceled_batch_keeps_what_was_done() {
    let mocks = mocks::start().await.unwrap();
    let id = create(&mocks, &["One?", "Two?", "Three?"]).await;
    look(&mocks, &id).await;
    let cancel = format!("{PATH}/{id}/cancel");
    let stopped = good(&mocks, "POST", &cancel, &Value::Null).await;
    assert_eq!(stopped["processing_status"], "canceling");
    let at = stopped["cancel_initiated_at"].clone();
    assert!(at.is_string());
    assert_eq!(
        good(&mocks, "POST", &cancel, &Value::Null).await["cancel_initiated_at"],
        at,
        "once is enough"
    );
    let ended = look(&mocks, &id).await;
    assert_eq!(
        (&ended["processing_status"], &ended["request_counts"]["canceled"]),
        (&json!("ended"), &json!(2))
    );
    assert_eq!(kinds(&results(&mocks, &id).await), ["succeeded", "canceled", "canceled"]);
    let (status, message) = refused(&mocks, "POST", &cancel, &Value::Null).await;
    assert!(status == 400 && message.contains("has ended"), "{message}");
}

#[tokio::test]
async fn a_script_lets_a_batch_expire_or_fail() {
    let mocks = mocks::start().await.unwrap();
    for (marker, end, kind, looks) in
        [("[[late]]", End::Expired, "expired", 3), ("[[lost]]", End::Failed, "errored", 0)]
    {
        let progress = Progress { looks, end, lines: Some(1) };
        let matching =
            Match { contains: Some(marker.to_owned()), path: Some(PATH.to_owned()), ..Match::default() };
        let reply = Reply { progress: Some(progress), ..Reply::default() };
        mocks.add(Script { matching, replies: vec![reply] });
        let id = create(&mocks, &[marker, "Two?"]).await;
        for _ in 0..looks {
            assert_eq!(look(&mocks, &id).await["processing_status"], "in_progress");
        }
        let ended = look(&mocks, &id).await;
        assert_eq!(ended["request_counts"][kind], if looks == 0 { 2 } else { 1 }, "{ended}");
        assert_eq!(ended["ended_at"] == ended["expires_at"], end == End::Expired);
        let first = if looks == 0 { kind } else { "succeeded" };
        assert_eq!(kinds(&results(&mocks, &id).await), [first, kind]);
    }
}

#[tokio::test]
async fn batches_are_listed_in_both_directions() {
    let mocks = mocks::start().await.unwrap();
    let mut ids = Vec::new();
    for text in ["1", "2", "3", "4"] {
        ids.insert(0, create(&mocks, &[text]).await);
    }
    let page = async |query: &str| {
        let path = format!("{PATH}?{query}");
        let body = good(&mocks, "GET", &path, &Value::Null).await;
        let data: Vec<_> = body["data"].as_array().unwrap().iter().map(|batch| batch["id"].clone()).collect();
        assert_eq!(
            (body["first_id"].clone(), body["last_id"].clone()),
            (end(data.first()), end(data.last()))
        );
        (data, body["has_more"] == true)
    };
    assert_eq!(page("").await, (ids[..].iter().map(|id| json!(id)).collect(), false));
    assert_eq!(page("limit=3").await, (ids[..3].iter().map(|id| json!(id)).collect(), true));
    assert_eq!(
        page(&format!("limit=2&after_id={}", ids[0])).await,
        (vec![json!(ids[1]), json!(ids[2])], true)
    );
    assert_eq!(
        page(&format!("limit=2&before_id={}", ids[3])).await,
        (vec![json!(ids[1]), json!(ids[2])], true)
    );
    assert_eq!(page(&format!("before_id={}", ids[0])).await, (vec![], false));
    for (query, sentence) in [
        ("limit=0", "greater than or equal to 1"),
        ("limit=1001", "less than or equal to 1000"),
        ("limit=x", "valid integer"),
        ("after_id=msgbatch_none", "not found"),
        ("after_id=a&before_id=b", "not found"),
    ] {
        let (status, message) = refused(&mocks, "GET", &format!("{PATH}?{query}"), &Value::Null).await;
        assert!(status == 400 && message.contains(sentence), "{query}: {message}");
    }
}

fn end(id: Option<&Value>) -> Value {
    id.cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_batch_is_deleted_after_its_end_only() {
    let mocks = mocks::start().await.unwrap();
    let id = create(&mocks, &["One?"]).await;
    let (one, lines) = (format!("{PATH}/{id}"), format!("{PATH}/{id}/results"));
    let (status, message) = refused(&mocks, "DELETE", &one, &Value::Null).await;
    assert!(status == 400 && message.contains("in_progress"), "{message}");
    assert_eq!(refused(&mocks, "GET", &lines, &Value::Null).await.0, 404, "no results yet");
    look(&mocks, &id).await;
    look(&mocks, &id).await;
    assert_eq!(good(&mocks, "DELETE", &one, &Value::Null).await["id"], id);
    for (method, path) in
        [("GET", &one), ("DELETE", &one), ("GET", &lines), ("POST", &format!("{one}/cancel"))]
    {
        let (status, message) = refused(&mocks, method, path, &Value::Null).await;
        assert!(status == 404 && message.contains(&id), "{method} {path}: {message}");
    }
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let twice =
        json!({ "requests": [{ "custom_id": "a", "params": {} }, { "custom_id": "a", "params": {} }] });
    for (body, sentence) in [
        (json!({}), "requests: Field required"),
        (json!({ "requests": [] }), "at least 1 item"),
        (json!({ "requests": [{ "custom_id": "a b", "params": {} }] }), "requests.0.custom_id"),
        (json!({ "requests": [{ "custom_id": "a" }] }), "requests.0.params: Field required"),
        (
            json!({ "requests": [{ "custom_id": "a", "params": {} }], "metadata": {} }),
            "metadata: Extra inputs",
        ),
        (twice, "not unique"),
    ] {
        let (status, message) = refused(&mocks, "POST", PATH, &body).await;
        assert!(status == 400 && message.contains(sentence), "{body}: {message}");
    }
    let key = [("x-api-key", "wrong"), ("anthropic-version", "2023-06-01")];
    let reply = exchange(&mocks, &request("GET", &format!("/anthropic{PATH}"), &key, b"")).await;
    assert_eq!(reply.status, 401);
    let reply = send(&mocks, "PUT", PATH, &json!({})).await;
    assert_eq!(reply.status, 405);
}
