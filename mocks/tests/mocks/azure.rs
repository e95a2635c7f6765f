//! Azure OpenAI: both of its APIs, its keys, its errors, and what its filters found. OpenAI's document judges the rest.

use mocks::Mocks;
use mocks::script::{Failure, Kind, Reply, Script};
use serde_json::{Value, json};

use crate::client::Reply as Got;
use crate::judged::{operation, post_with, streamed, whole};

const CLASSIC: &str = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
const NEWER: &str = "/openai/v1/chat/completions";

fn ask(more: &Value) -> Value {
    let mut body = json!({ "messages": [{ "role": "user", "content": "[[here]] hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn post(mocks: &Mocks, path: &str, body: &Value) -> Got {
    post_with(mocks, "azure", path, &[("api-key", "azure-touchstone")], body).await
}

#[tokio::test]
async fn a_deployment_or_a_model_answers_and_filters_tell_what_they_found() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"])));
    let chat = operation("openai", "POST", "/v1/chat/completions");
    for (path, more) in [(CLASSIC, json!({})), (NEWER, json!({ "model": "gpt-4o" }))] {
        let reply = whole(&chat, &post(&mocks, path, &ask(&more)).await);
        assert_eq!(
            (&reply["model"], &reply["choices"][0]["message"]["content"]),
            (&json!("gpt-4o"), &json!("Hello"))
        );
        let safe = json!({ "filtered": false, "severity": "safe" });
        assert_eq!(reply["choices"][0]["content_filter_results"]["hate"], safe);
        assert_eq!(reply["prompt_filter_results"][0]["content_filter_results"]["violence"], safe);
    }
    for (path, body, member) in [
        ("/openai/deployments/d/completions?api-version=1", json!({ "prompt": "x" }), "choices"),
        ("/openai/deployments/d/embeddings?api-version=1", json!({ "input": "x" }), "data"),
    ] {
        let reply = post(&mocks, path, &body).await;
        assert_eq!((reply.status, reply.json()["model"].as_str()), (200, Some("d")), "{}", reply.text());
        assert_eq!(reply.json()[member].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_stream_begins_with_what_was_found_in_the_prompt() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"])));
    let reply = post(&mocks, CLASSIC, &ask(&json!({ "stream": true }))).await;
    let events = reply.events();
    let first = &events[0].1;
    assert_eq!((&first["choices"], &first["id"], &first["object"]), (&json!([]), &json!(""), &json!("")));
    assert_eq!(first["prompt_filter_results"][0]["prompt_index"], 0);
    let said: String =
        events.iter().filter_map(|(_, data)| data["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!((said.as_str(), &events.last().unwrap().1), ("Hello", &json!("[DONE]")));
    let results =
        |(_, data): &(String, Value)| data["choices"][0]["content_filter_results"]["hate"].is_object();
    assert!(events.iter().filter(|event| results(event)).count() >= 2, "{}", reply.text());
    // But for the first chunk, which has no name, it is OpenAI's stream.
    let rest = reply.text().split_once("\n\n").unwrap().1.to_owned();
    let rest = Got { body: rest.into(), ..reply };
    streamed(&operation("openai", "POST", "/v1/chat/completions"), &rest);
}

#[tokio::test]
async fn errors_are_azures() {
    let mocks = mocks::start().await.unwrap();
    let error = async |path: &str, key: &str, body: &Value| {
        let reply = post_with(&mocks, "azure", path, &[("api-key", key)], body).await;
        (reply.status, reply.json()["error"].clone())
    };
    let (status, denied) = error(CLASSIC, "wrong", &ask(&json!({}))).await;
    assert_eq!((status, &denied["code"]), (401, &json!("401")));
    assert!(denied["message"].as_str().unwrap().starts_with("Access denied due to invalid subscription key"));
    let unversioned = CLASSIC.split('?').next().unwrap();
    let good = "azure-touchstone";
    assert_eq!(error(unversioned, good, &ask(&json!({}))).await.0, 404);
    assert_eq!(error("/v1/chat/completions", good, &ask(&json!({}))).await.0, 404);
    let (status, nameless) = error(NEWER, good, &ask(&json!({}))).await;
    assert_eq!((status, &nameless["message"]), (400, &json!("you must provide a model parameter")));
    let (status, wrong) = error(CLASSIC, good, &ask(&json!({ "temperature": 9 }))).await;
    assert_eq!(
        (status, &wrong["type"], &wrong["param"]),
        (400, &json!("invalid_request_error"), &json!("temperature"))
    );

    mocks.add(Script::new(
        "[[here]]",
        Reply::error(Failure { kind: Some(Kind::ContentFilter), ..Failure::default() }),
    ));
    let (status, filtered) = error(CLASSIC, good, &ask(&json!({}))).await;
    assert_eq!(
        (status, &filtered["code"], &filtered["param"]),
        (400, &json!("content_filter"), &json!("prompt"))
    );
    let found = &filtered["innererror"];
    assert_eq!(found["code"], "ResponsibleAIPolicyViolation");
    assert_eq!(found["content_filter_result"]["violence"]["filtered"], true);

    mocks.add(Script::new("[[here]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    let reply = post(&mocks, CLASSIC, &ask(&json!({}))).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")));
    assert_eq!(reply.json()["error"], json!({ "code": "429", "message": "slow down" }));
}

#[tokio::test]
async fn a_deployment_that_is_not_there_is_told_as_such() {
    let options = mocks::Options { models: Some(vec!["gpt-4o".to_owned()]), ..mocks::Options::default() };
    let mocks = mocks::start_with(options).await.unwrap();
    assert_eq!(post(&mocks, CLASSIC, &ask(&json!({}))).await.status, 200);
    let reply = post(&mocks, &CLASSIC.replace("gpt-4o", "gpt-5"), &ask(&json!({}))).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!("DeploymentNotFound")));
}
