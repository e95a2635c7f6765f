//! Anthropic's text completions, counts and models, held against its document.

use mocks::Mocks;
use mocks::script::{Cut, Fault, Finish, Interruption, Kind, Reply, Script};
use serde_json::{Value, json};

use crate::client::{self, exchange, request};
use crate::judged::{operation, post_with, refused, streamed, whole};

const PATH: &str = "/v1/complete";

fn ask(more: &Value) -> Value {
    let prompt = "Be brief.\n\nHuman: Up?\n\nAssistant: Down.\n\nHuman: [[here]] And left?\n\nAssistant:";
    let mut body = json!({ "model": "claude-2.1", "prompt": prompt, "max_tokens_to_sample": 300 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn post(mocks: &Mocks, path: &str, body: &Value) -> client::Reply {
    post_with(mocks, "anthropic", path, &client::headers("anthropic"), body).await
}

#[tokio::test]
async fn a_prompt_is_completed_whole_and_in_pieces() {
    let mocks = mocks::start().await.unwrap();
    let complete = operation("anthropic", "POST", PATH);
    for (finish, reason) in
        [(None, "stop_sequence"), (Some(Finish::Length), "max_tokens"), (Some(Finish::Stop), "stop_sequence")]
    {
        mocks.add(Script::new("[[here]]", Reply { finish, ..Reply::text([" Ri", "ght."]) }));
        let reply = whole(&complete, &post(&mocks, PATH, &ask(&json!({}))).await);
        assert_eq!((&reply["completion"], &reply["stop_reason"]), (&json!(" Right."), &json!(reason)));
        assert!(reply["id"].as_str().unwrap().starts_with("compl_"), "{reply}");
        let events = streamed(&complete, &post(&mocks, PATH, &ask(&json!({ "stream": true }))).await);
        let said = events.iter().filter_map(|event| event["completion"].as_str());
        assert_eq!(said.collect::<String>(), " Right.");
        let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["completion", "ping", "completion", "completion"]);
        assert_eq!(events.last().unwrap()["stop_reason"], reason);
    }
}

#[tokio::test]
async fn an_own_completion_is_about_what_the_human_said_last() {
    let mocks = mocks::start().await.unwrap();
    let complete = operation("anthropic", "POST", PATH);
    let reply = whole(&complete, &post(&mocks, PATH, &ask(&json!({}))).await);
    let said = reply["completion"].as_str().unwrap();
    assert!(said.contains("And left?") && !said.contains("Down"), "{said}");
    let reply = whole(&complete, &post(&mocks, PATH, &ask(&json!({ "max_tokens_to_sample": 2 }))).await);
    assert_eq!(reply["stop_reason"], "max_tokens");
}

#[tokio::test]
async fn what_no_completion_can_be_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let complete = operation("anthropic", "POST", PATH);
    for (more, sentence) in [
        (json!({ "model": "claude-sonnet-4-5" }), "Please use the Messages API instead."),
        (json!({ "prompt": "Up?" }), "must start with"),
        (json!({ "prompt": "\n\nHuman: Up?" }), "must end with"),
        (json!({ "prompt": "\n\nHuman: Up?\n\nAssistant: Down.\n\nHuman: Left?" }), "must end with"),
        (json!({ "max_tokens_to_sample": 0 }), "greater than or equal to 1"),
        (json!({ "max_tokens": 5 }), "Extra inputs are not permitted"),
    ] {
        let (status, error) = refused(&complete, &post(&mocks, PATH, &ask(&more)).await);
        assert_eq!((status, &error["error"]["type"]), (400, &json!("invalid_request_error")));
        assert!(error["error"]["message"].as_str().unwrap().contains(sentence), "{error}");
    }
}

#[tokio::test]
async fn a_completion_breaks_as_messages_do() {
    let mocks = mocks::start().await.unwrap();
    let play = async |fault: Fault| {
        mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
        post(&mocks, PATH, &ask(&json!({ "stream": true }))).await
    };
    let middle = Interruption { after_event: 1, kind: Some(Kind::Overloaded), message: None };
    let broken = play(Fault { error: Some(middle), ..Fault::default() }).await;
    let events = streamed(&operation("anthropic", "POST", PATH), &broken);
    assert_eq!(events.last().unwrap()["error"]["type"], "overloaded_error");
    let cut =
        play(Fault { cut: Some(Cut { after_event: Some(1), ..Cut::default() }), ..Fault::default() }).await;
    assert_eq!((cut.events().len(), cut.complete), (1, false));
}

#[tokio::test]
async fn every_line_of_a_completion_ends_with_two_characters() {
    let mocks = mocks::start().await.unwrap();
    let error = Interruption { after_event: 2, kind: Some(Kind::Overloaded), message: None };
    for fault in [
        Fault::default(),
        Fault { pings: true, comments: true, ..Fault::default() },
        Fault { error: Some(error), ..Fault::default() },
    ] {
        mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
        let reply = post(&mocks, PATH, &ask(&json!({ "stream": true }))).await;
        let text = reply.text();
        assert!(text.split_inclusive('\n').all(|line| line.ends_with("\r\n")), "{text:?}");
    }
}

#[tokio::test]
async fn tokens_are_counted_by_either_version_and_models_are_told() {
    let mocks = mocks::start().await.unwrap();
    let path = "/v1/messages/count_tokens";
    let count = operation("anthropic", "POST", path);
    let more = json!({ "model": "claude-sonnet-5", "messages": [{ "role": "user", "content": "hi" }] });
    let thinking = json!({ "type": "enabled", "budget_tokens": 2048 });
    for (member, value, newest) in [("thinking", thinking, false), ("speed", json!("fast"), true)] {
        let mut body = more.clone();
        body[member] = value;
        let older = post(&mocks, path, &body).await;
        let mut headers = client::headers("anthropic");
        headers.retain(|(name, _)| *name != "anthropic-version");
        headers.push(("anthropic-version", "2026-10-21"));
        let newer = post_with(&mocks, "anthropic", path, &headers, &body).await;
        assert!(whole(&count, &newer)["input_tokens"].as_u64().is_some_and(|tokens| tokens > 1));
        assert_eq!(older.status, if newest { 400 } else { 200 }, "{member}: {}", older.text());
    }
    let limited = json!({ "model": "m", "max_tokens": 5, "messages": [{ "role": "user", "content": "hi" }] });
    let (status, error) = refused(&count, &post(&mocks, path, &limited).await);
    assert_eq!(status, 400, "{error}");

    for path in ["/v1/models", "/v1/models/claude-sonnet-5"] {
        let asked = request("GET", &format!("/anthropic{path}"), &client::headers("anthropic"), b"");
        whole(&operation("anthropic", "GET", path), &exchange(&mocks, &asked).await);
    }
}
