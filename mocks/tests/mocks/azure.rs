//! Azure OpenAI: both of its APIs, its keys, its errors, and what its filters found, all judged by its own document.

use mocks::Mocks;
use mocks::script::{Failure, Finish, Kind, Reply, Script};
use serde_json::{Value, json};

use crate::client::Reply as Got;
use crate::judged::{get, operation, post_with, refused, streamed, whole};

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
    for (path, more) in [
        (CLASSIC, json!({})),
        (CLASSIC, json!({ "model": "another" })),
        (NEWER, json!({ "model": "gpt-4o" })),
    ] {
        let reply = whole(&operation("azure", "POST", path), &post(&mocks, path, &ask(&more)).await);
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
        ("/openai/v1/completions", json!({ "model": "d", "prompt": "x" }), "choices"),
        ("/openai/v1/embeddings?api-version=preview", json!({ "model": "d", "input": "x" }), "data"),
    ] {
        let reply = whole(&operation("azure", "POST", path), &post(&mocks, path, &body).await);
        assert_eq!((reply["model"].as_str(), reply[member].as_array().map(Vec::len)), (Some("d"), Some(1)));
    }
}

#[tokio::test]
async fn vectors_have_the_length_of_the_deployed_model() {
    let mocks = mocks::start().await.unwrap();
    let path = "/openai/deployments/text-embedding-3-large/embeddings?api-version=2024-10-21";
    let embed = operation("azure", "POST", path);
    let body = json!({ "input": ["up", "down"], "encoding_format": "base64" });
    let reply = whole(&embed, &post(&mocks, path, &body).await);
    // 4 bytes each, and 4 letters for 3 bytes.
    assert_eq!(reply["data"][1]["embedding"].as_str().map(str::len), Some(3072 * 4 / 3 * 4));
    let reply = whole(&embed, &post(&mocks, path, &json!({ "input": "up", "dimensions": 3 })).await);
    assert_eq!(reply["data"][0]["embedding"].as_array().map(Vec::len), Some(3));
}

fn said(events: &[Value]) -> String {
    let piece = |event: &Value| {
        let choice = &event["choices"][0];
        choice["delta"]["content"].as_str().or(choice["text"].as_str()).map(str::to_owned)
    };
    events.iter().filter_map(piece).collect()
}

#[tokio::test]
async fn a_stream_begins_with_what_was_found_in_the_prompt() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"])));
    for (path, body) in [
        (CLASSIC, ask(&json!({ "stream": true }))),
        (
            NEWER,
            ask(&json!({ "model": "gpt-4o", "stream": true, "stream_options": { "include_usage": true } })),
        ),
        ("/openai/deployments/d/completions?api-version=1", json!({ "prompt": "[[here]]", "stream": true })),
    ] {
        let events = streamed(&operation("azure", "POST", path), &post(&mocks, path, &body).await);
        let first = &events[0];
        assert_eq!((&first["choices"], &first["id"], &first["object"]), (&json!([]), &json!(""), &json!("")));
        assert_eq!(first["prompt_filter_results"][0]["prompt_index"], 0);
        assert_eq!(said(&events), "Hello", "{path}");
        let results = |data: &&Value| data["choices"][0]["content_filter_results"]["hate"].is_object();
        assert_eq!(events.iter().filter(results).count(), 3, "{path}: {events:?}");
    }
}

#[tokio::test]
async fn a_late_filter_speaks_in_chunks_without_delta_and_after_the_end() {
    let mocks = mocks::start().await.unwrap();
    let reply = Reply { late_filter: true, ..Reply::text(["Hel", "lo, ", "wörld"]) };
    mocks.add(Script::new("[[here]]", reply));
    let more = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let events = streamed(&operation("azure", "POST", CLASSIC), &post(&mocks, CLASSIC, &ask(&more)).await);
    assert_eq!(said(&events), "Hello, wörld");
    let late = |event: &&Value| event["choices"][0]["content_filter_offsets"].is_object();
    let late: Vec<&Value> = events.iter().filter(late).collect();
    let offsets = |event: &Value| {
        let offsets = &event["choices"][0]["content_filter_offsets"];
        ["check_offset", "start_offset", "end_offset"].map(|name| offsets[name].as_u64().unwrap())
    };
    assert_eq!(late.iter().map(|event| offsets(event)).collect::<Vec<_>>(), [[0, 0, 7], [7, 7, 12]]);
    for event in &late {
        assert_eq!((&event["id"], &event["choices"][0].get("delta")), (&json!(""), &None), "{event}");
    }
    let finish = events.iter().position(|event| event["choices"][0]["finish_reason"] == "stop").unwrap();
    assert_eq!(events.iter().position(|event| event == late[1]), Some(finish + 1));
    assert_eq!(events.last().unwrap()["choices"], json!([]), "usage comes last");
}

#[tokio::test]
async fn an_answer_that_was_stopped_says_why() {
    let mocks = mocks::start().await.unwrap();
    for late_filter in [false, true] {
        let reply = Reply { finish: Some(Finish::ContentFilter), late_filter, ..Reply::text(["Hel"]) };
        mocks.add(Script::new("[[here]]", reply));
        let chat = operation("azure", "POST", CLASSIC);
        let events = streamed(&chat, &post(&mocks, CLASSIC, &ask(&json!({ "stream": true }))).await);
        let stopped = |event: &Value| {
            event["choices"][0]["content_filter_results"]["violence"]
                == json!({ "filtered": true, "severity": "medium" })
        };
        assert!(events.iter().any(stopped), "{events:?}");
        let reply = whole(&chat, &post(&mocks, CLASSIC, &ask(&json!({}))).await);
        assert_eq!(reply["choices"][0]["finish_reason"], "content_filter");
        assert!(stopped(&reply), "{reply}");
    }
}

#[tokio::test]
async fn models_and_deployments_are_listed_by_each_version() {
    let mocks = mocks::start().await.unwrap();
    for (path, object) in [
        ("/openai/models?api-version=2024-10-21", "model"),
        ("/openai/deployments?api-version=2022-12-01", "deployment"),
        ("/openai/v1/models", "model"),
    ] {
        let list = whole(&operation("azure", "GET", path), &get(&mocks, "azure", path).await);
        assert_eq!((&list["object"], &list["data"][0]["object"]), (&json!("list"), &json!(object)), "{path}");
        assert_eq!(list["data"][0]["id"], "gpt-4o");
    }
    let one = "/openai/v1/models/gpt-4o";
    assert_eq!(whole(&operation("azure", "GET", one), &get(&mocks, "azure", one).await)["id"], "gpt-4o");
    for missing in ["/openai/v1/models/none", "/openai/models", "/openai/deployments?api-version="] {
        let reply = get(&mocks, "azure", missing).await;
        assert_eq!(refused(&operation("azure", "GET", missing), &reply).0, 404, "{missing}");
    }
}

#[tokio::test]
async fn errors_are_azures() {
    let mocks = mocks::start().await.unwrap();
    let error = async |path: &str, key: &str, body: &Value| {
        let reply = post_with(&mocks, "azure", path, &[("api-key", key)], body).await;
        let (status, body) = refused(&operation("azure", "POST", CLASSIC), &reply);
        (status, body["error"].clone())
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
    let dated = format!("{NEWER}?api-version=2024-10-21");
    assert_eq!(error(&dated, good, &ask(&json!({ "model": "gpt-4o" }))).await.1["code"], "BadRequest");
    // The deployment is the model, whatever the body says.
    let reasons = "/openai/deployments/o4-mini/chat/completions?api-version=1";
    let (status, limit) = error(reasons, good, &ask(&json!({ "model": "gpt-4o", "max_tokens": 5 }))).await;
    assert_eq!((status, &limit["code"]), (400, &json!("unsupported_parameter")));
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
