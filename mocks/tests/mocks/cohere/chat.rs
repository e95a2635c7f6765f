//! Chat in both versions: what is said whole is said streamed.

use mocks::Mocks;
use mocks::script::{Block, Finish, Pieces, Reasoning, Reply, Script, Usage};
use serde_json::{Value, json};

use super::{CHAT, CHAT_V1, ask, ask_v1, join, with};
use crate::judged::{lines, operation, post, post_with, streamed, whole};

fn say(mocks: &Mocks, content: Vec<Block>) {
    let usage = Usage { prompt: Some(20), completion: Some(7), cached: Some(8), ..Usage::default() };
    mocks.add(Script::new(
        "[[here]]",
        Reply { content: Some(content), usage: Some(usage), ..Reply::default() },
    ));
}

fn thought() -> Block {
    Block::Reasoning(Reasoning { text: ["Let ", "me"].into(), signature: None, redacted: None })
}

fn calls() -> Vec<Block> {
    vec![
        Block::Text(["I ", "look."].into()),
        Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
        Block::call("call_2", "now", Pieces::default()),
    ]
}

fn kinds<'a>(events: &'a [Value], member: &str) -> Vec<&'a str> {
    let mut kinds: Vec<_> = events.iter().map(|event| event[member].as_str().unwrap()).collect();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn version_2_streams_what_it_says_whole() {
    let mocks = mocks::start().await.unwrap();
    say(&mocks, vec![thought(), Block::Text(["Hel", "lo"].into())]);
    let chat = operation("cohere", "POST", CHAT);
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &ask(&json!({ "logprobs": true }))).await);
    let content = json!([{ "type": "thinking", "thinking": "Let me" }, { "type": "text", "text": "Hello" }]);
    assert_eq!((&reply["message"]["content"], &reply["finish_reason"]), (&content, &json!("COMPLETE")));
    let counts = json!({ "input_tokens": 20, "output_tokens": 7 });
    assert_eq!(reply["usage"], json!({ "billed_units": counts, "tokens": counts, "cached_tokens": 8 }));
    assert!(reply["logprobs"][0]["logprobs"][0].is_f64(), "{reply}");

    let reply = post(&mocks, "cohere", CHAT, &ask(&json!({ "stream": true, "logprobs": true }))).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    let events = streamed(&chat, &reply);
    let kinds = kinds(&events, "type");
    let block = ["content-start", "content-delta", "content-end"];
    assert_eq!(kinds, [&["message-start"][..], &block, &block, &["message-end"]].concat());
    assert_eq!(join(&events, "/delta/message/content/thinking"), "Let me");
    assert_eq!(join(&events, "/delta/message/content/text"), "Hello");
    let delta = events.iter().find(|event| event["delta"]["message"]["content"]["text"] == "lo").unwrap();
    assert_eq!((&delta["index"], &delta["logprobs"]["text"]), (&json!(1), &json!("lo")));
    assert_eq!(events.last().unwrap()["delta"]["usage"]["cached_tokens"], 8);
}

/// Who says that it takes JSON has an object a line, with the same in it.
#[tokio::test]
async fn version_2_streams_lines_to_who_takes_json_only() {
    let mocks = mocks::start().await.unwrap();
    say(&mocks, vec![Block::Text(["Hel", "lo"].into())]);
    let body = ask(&json!({ "stream": true }));
    let events = streamed(&operation("cohere", "POST", CHAT), &post(&mocks, "cohere", CHAT, &body).await);
    let key = format!("Bearer {}", mocks.credentials().key("cohere"));
    let headers = [("authorization", key.as_str()), ("accept", "application/json")];
    let reply = post_with(&mocks, "cohere", CHAT, &headers, &body).await;
    assert_eq!(reply.header("content-type"), Some("application/stream+json"));
    let said: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (kinds(&said, "type"), join(&said, "/delta/message/content/text")),
        (kinds(&events, "type"), "Hello".into())
    );
    for accepted in ["*/*", "application/json, text/event-stream"] {
        let reply = post_with(&mocks, "cohere", CHAT, &[headers[0], ("accept", accepted)], &body).await;
        assert_eq!(reply.header("content-type"), Some("text/event-stream"), "{accepted}");
    }
}

#[tokio::test]
async fn what_is_said_before_a_call_is_its_plan() {
    let mocks = mocks::start().await.unwrap();
    say(&mocks, calls());
    let chat = operation("cohere", "POST", CHAT);
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &ask(&json!({}))).await);
    let call = |id: &str, name: &str, arguments: &str| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    let called = json!([call("call_1", "weather", "{\"city\":\"Paris\"}"), call("call_2", "now", "{}")]);
    let message = json!({ "role": "assistant", "tool_plan": "I look.", "tool_calls": called });
    assert_eq!((&reply["message"], &reply["finish_reason"]), (&message, &json!("TOOL_CALL")));

    let events = streamed(&chat, &post(&mocks, "cohere", CHAT, &ask(&json!({ "stream": true }))).await);
    let kinds = kinds(&events, "type");
    let tool = ["tool-call-start", "tool-call-delta", "tool-call-end"];
    assert_eq!(kinds, [&["message-start", "tool-plan-delta"][..], &tool, &tool, &["message-end"]].concat());
    assert_eq!(join(&events, "/delta/message/tool_plan"), "I look.");
    assert_eq!(join(&events, "/delta/message/tool_calls/function/arguments"), "{\"city\":\"Paris\"}{}");
    assert_eq!(join(&events, "/delta/message/tool_calls/id"), "call_1call_2");
    assert_eq!(events.last().unwrap()["delta"]["finish_reason"], "TOOL_CALL");
}

#[tokio::test]
async fn what_was_given_is_cited() {
    let mocks = mocks::start().await.unwrap();
    say(&mocks, vec![Block::Text(["It is wärm", " in Paris."].into())]);
    let chat = operation("cohere", "POST", CHAT);
    let documents = json!([{ "id": "d1", "data": { "text": "warm" } }, "sunny"]);
    let given = json!({ "documents": documents });
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &ask(&given)).await);
    let citation = &reply["message"]["citations"][0];
    assert_eq!((&citation["text"], &citation["end"]), (&json!("It is wärm"), &json!(10)));
    let ids: Vec<_> = citation["sources"].as_array().unwrap().iter().map(|source| &source["id"]).collect();
    assert_eq!(ids, [&json!("d1"), &json!("doc:1")]);

    let body = with(ask(&given), &json!({ "stream": true }));
    let events = streamed(&chat, &post(&mocks, "cohere", CHAT, &body).await);
    let cited = events.iter().find(|event| event["type"] == "citation-start").unwrap();
    assert_eq!(cited["delta"]["message"]["citations"], *citation);
    assert!(events.iter().any(|event| event["type"] == "citation-end"));

    let off = with(ask(&given), &json!({ "citation_options": { "mode": "OFF" } }));
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &off).await);
    assert!(reply["message"].get("citations").is_none(), "{reply}");

    let v1 = operation("cohere", "POST", CHAT_V1);
    let more =
        json!({ "documents": [{ "id": "d1", "text": "warm" }], "connectors": [{ "id": "web-search" }] });
    let reply = whole(&v1, &post(&mocks, "cohere", CHAT_V1, &ask_v1(&more)).await);
    assert_eq!(reply["citations"][0]["document_ids"], json!(["d1", "web-search_0"]));
    assert_eq!(reply["is_search_required"], true);
    let body = with(ask_v1(&more), &json!({ "stream": true }));
    let events = lines(&v1, &post(&mocks, "cohere", CHAT_V1, &body).await);
    let kinds = kinds(&events, "event_type");
    let found = ["search-queries-generation", "search-results", "text-generation", "citation-generation"];
    assert_eq!(kinds, [&["stream-start"][..], &found, &["stream-end"]].concat());
}

#[tokio::test]
async fn version_1_repeats_the_whole_reply_at_the_end_of_its_stream() {
    let mocks = mocks::start().await.unwrap();
    let chat = operation("cohere", "POST", CHAT_V1);
    say(&mocks, calls());
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT_V1, &ask_v1(&json!({}))).await);
    let called = json!([{ "name": "weather", "parameters": { "city": "Paris" } }, { "name": "now", "parameters": {} }]);
    assert_eq!((&reply["text"], &reply["tool_calls"]), (&json!("I look."), &called));
    assert_eq!(reply["finish_reason"], "COMPLETE");
    assert_eq!(reply["meta"]["tokens"], json!({ "input_tokens": 20, "output_tokens": 7 }));
    assert_eq!(reply["chat_history"][1]["tool_calls"], called);

    let streamed = post(&mocks, "cohere", CHAT_V1, &ask_v1(&json!({ "stream": true }))).await;
    assert_eq!(streamed.header("content-type"), Some("application/stream+json"));
    let events = lines(&chat, &streamed);
    let kinds = kinds(&events, "event_type");
    let all = ["stream-start", "text-generation", "tool-calls-chunk", "tool-calls-generation", "stream-end"];
    assert_eq!(kinds, all);
    assert_eq!(join(&events, "/text"), "I look.I look.", "the last time beside the whole calls");
    assert_eq!(join(&events, "/tool_call_delta/parameters"), "{\"city\":\"Paris\"}{}");
    let end = events.last().unwrap();
    for member in ["text", "tool_calls", "meta", "finish_reason"] {
        assert_eq!(end["response"][member], reply[member], "{member}");
    }
    assert_eq!(events[0]["generation_id"], end["response"]["generation_id"]);
}

#[tokio::test]
async fn own_calls_fit_their_definitions_in_both_versions() {
    let mocks = mocks::start().await.unwrap();
    let schema =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let tool = json!({ "type": "function", "function": { "name": "weather", "parameters": schema } });
    let own = |body: Value| serde_json::from_str(&body.to_string().replace("[[here]] ", "")).unwrap();
    let chat = operation("cohere", "POST", CHAT);
    let body: Value = own(ask(&json!({ "tools": [tool], "tool_choice": "REQUIRED" })));
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &body).await);
    let call = &reply["message"]["tool_calls"][0];
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments["city"].is_string() && call["id"].as_str().unwrap().starts_with("weather_"), "{call}");
    let body = own(ask(&json!({ "tools": [tool], "tool_choice": "NONE" })));
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT, &body).await);
    assert!(reply["message"].get("tool_calls").is_none() && reply["finish_reason"] == "COMPLETE");

    let definitions =
        json!({ "city": { "type": "str", "required": true }, "days": { "type": "int", "required": true } });
    let tool = json!({ "name": "weather", "description": "d", "parameter_definitions": definitions });
    let chat = operation("cohere", "POST", CHAT_V1);
    let body: Value = own(ask_v1(&json!({ "tools": [tool] })));
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT_V1, &body).await);
    let parameters = &reply["tool_calls"][0]["parameters"];
    assert!(parameters["city"].is_string() && parameters["days"].is_i64(), "{reply}");
    let result = json!([{ "call": reply["tool_calls"][0], "outputs": [{ "sky": "clear" }] }]);
    let more = json!({ "message": "", "tool_results": result, "chat_history": reply["chat_history"] });
    let reply = whole(&chat, &post(&mocks, "cohere", CHAT_V1, &own(ask_v1(&more))).await);
    assert!(reply["text"].as_str().unwrap().contains("clear"), "{reply}");
}

#[tokio::test]
async fn every_reason_to_end_has_its_name() {
    let mocks = mocks::start().await.unwrap();
    for (finish, v2, v1) in [
        (Finish::Stop, "COMPLETE", "COMPLETE"),
        (Finish::StopSequence, "STOP_SEQUENCE", "STOP_SEQUENCE"),
        (Finish::Length, "MAX_TOKENS", "MAX_TOKENS"),
        (Finish::Context, "MAX_TOKENS", "ERROR_LIMIT"),
        (Finish::ToolCalls, "TOOL_CALL", "COMPLETE"),
        (Finish::ContentFilter, "COMPLETE", "ERROR_TOXIC"),
        (Finish::Malformed, "ERROR", "ERROR"),
    ] {
        let reply = Reply { finish: Some(finish), ..Reply::text(["Hello"]) };
        mocks.add(Script::new("[[here]]", reply));
        for (path, body, expected) in [(CHAT, ask(&json!({})), v2), (CHAT_V1, ask_v1(&json!({})), v1)] {
            let reply = whole(&operation("cohere", "POST", path), &post(&mocks, "cohere", path, &body).await);
            assert_eq!(reply["finish_reason"], expected, "{finish:?} {path}");
        }
    }
}
