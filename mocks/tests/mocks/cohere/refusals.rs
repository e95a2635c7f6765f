//! What the service refuses, the mock refuses, in the same words.

use mocks::script::{Failure, Fault, Interruption, Kind, Reply, Script};
use serde_json::{Value, json};

use super::{CHAT, CHAT_V1, GENERATE, ask, ask_v1, with};
use crate::judged::{lines, operation, post, post_with, refused, streamed};

/// Each case: the path, what is added to a good body, the status, and a part of the message.
const REFUSED: &str = include_str!("refused.json");

#[tokio::test]
async fn bad_requests_are_refused_in_coheres_words() {
    let mocks = mocks::start().await.unwrap();
    let cases: Vec<Value> = serde_json::from_str(REFUSED).unwrap();
    assert!(cases.len() > 15);
    for case in cases {
        let path = case["path"].as_str().unwrap();
        let base = match path {
            CHAT => ask(&json!({})),
            CHAT_V1 => ask_v1(&json!({})),
            GENERATE => json!({}),
            _ => json!({ "model": "embed-v4.0", "input_type": "search_query", "texts": ["a"] }),
        };
        let reply = post(&mocks, "cohere", path, &with(base, &case["change"])).await;
        let (status, error) = refused(&operation("cohere", "POST", path), &reply);
        assert_eq!(json!(status), case["status"], "{case} {error}");
        assert!(
            error["message"].as_str().unwrap().contains(case["message"].as_str().unwrap()),
            "{case} {error}"
        );
    }
}

#[tokio::test]
async fn keys_and_failures_are_told_in_coheres_words() {
    let mocks = mocks::start().await.unwrap();
    let chat = operation("cohere", "POST", CHAT);
    for (headers, message) in
        [(vec![], "no api key supplied"), (vec![("authorization", "Bearer x")], "invalid api token")]
    {
        let reply = post_with(&mocks, "cohere", CHAT, &headers, &ask(&json!({}))).await;
        let (status, error) = refused(&chat, &reply);
        assert_eq!((status, &error["message"]), (401, &json!(message)));
        assert!(error["id"].is_string());
    }
    let absent = "model 'command-a-03-2025' not found, make sure the correct model ID was used and that you have access to the model.";
    for (kind, status, message) in [
        (Kind::RateLimit, 429, "You are past the per minute request limit, please wait and try again later."),
        (Kind::ContentFilter, 498, "blocked"),
        (Kind::NotFound, 404, absent),
        (Kind::Billing, 402, "payment method"),
        (Kind::ContextLength, 400, "too many tokens: "),
        (Kind::Server, 500, "internal server error"),
        (Kind::Unavailable, 503, "unavailable"),
    ] {
        let failure = Failure { kind: Some(kind), ..Failure::default() };
        mocks.add(Script::new("[[here]]", Reply::error(failure)));
        let (found, error) = refused(&chat, &post(&mocks, "cohere", CHAT, &ask(&json!({}))).await);
        assert_eq!(found, status);
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_fails_says_so_in_its_last_event() {
    let mocks = mocks::start().await.unwrap();
    let middle = Interruption { after_event: 3, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let stream = json!({ "stream": true });
    let chat = operation("cohere", "POST", CHAT);
    let events = streamed(&chat, &post(&mocks, "cohere", CHAT, &ask(&stream)).await);
    assert_eq!(events[3]["delta"], json!({ "error": "gone", "finish_reason": "ERROR" }));
    let v1 = operation("cohere", "POST", CHAT_V1);
    let events = lines(&v1, &post(&mocks, "cohere", CHAT_V1, &ask_v1(&stream)).await);
    assert_eq!((events.len(), &events[3]["finish_reason"]), (4, &json!("ERROR")));
    let generate = operation("cohere", "POST", GENERATE);
    let middle = Interruption { after_event: 1, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let body = json!({ "prompt": "[[here]]", "stream": true });
    let reply = post(&mocks, "cohere", GENERATE, &body).await;
    let last: Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
    assert_eq!((generate.event("", &last), &last["err"]), (vec![], &json!("gone")));
}
