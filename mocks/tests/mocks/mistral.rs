//! Mistral's API, held against its document: chunks, thoughts, calls, the rules of who speaks when, vectors of any type.

use mocks::Mocks;
use mocks::script::{Block, Failure, Fault, Finish, Interruption, Kind, Reasoning, Reply, Script, Usage};
use serde_json::{Value, json};

use crate::client::Reply as Answer;
use crate::judged::{get, operation, post_with, refused, streamed, whole};

const CHAT: &str = "/v1/chat/completions";
const FIM: &str = "/v1/fim/completions";
const EMBED: &str = "/v1/embeddings";

async fn post(mocks: &Mocks, path: &str, body: &Value) -> Answer {
    crate::judged::post(mocks, "mistral", path, body).await
}

fn ask(more: &Value) -> Value {
    let messages = json!([{ "role": "user", "content": "[[here]] hi" }]);
    let mut body = json!({ "model": "mistral-small-latest", "messages": messages });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn chat(messages: &Value) -> Value {
    json!({ "model": "mistral-small-latest", "messages": messages })
}

fn called(id: &str) -> Value {
    json!({ "role": "assistant", "tool_calls": [{ "id": id, "function": { "name": "f", "arguments": "{}" } }] })
}

fn result(id: &str) -> Value {
    json!({ "role": "tool", "content": "x", "tool_call_id": id })
}

fn script(mocks: &Mocks, content: Vec<Block>, finish: Option<Finish>) {
    let usage = Usage {
        prompt: Some(20),
        completion: Some(7),
        cached: Some(8),
        reasoning: Some(3),
        cache_write: None,
    };
    let reply = Reply { content: Some(content), usage: Some(usage), finish, ..Reply::default() };
    mocks.add(Script::new("[[here]]", reply));
}

fn blocks() -> Vec<Block> {
    let reasoning =
        Reasoning { text: ["Let ", "me"].into(), signature: Some("c2ln".to_owned()), redacted: None };
    vec![
        Block::Reasoning(reasoning),
        Block::Text(["Hel", "lo"].into()),
        Block::call("D681PevKs", "weather", ["{\"city\":", "\"Paris\"}"]),
    ]
}

/// What contents say aloud and in thought, joined.
fn said<'a>(contents: impl Iterator<Item = &'a Value>) -> (String, String) {
    let (mut text, mut thought) = (String::new(), String::new());
    for content in contents {
        text += content.as_str().unwrap_or_default();
        for chunk in content.as_array().into_iter().flatten() {
            text += chunk["text"].as_str().unwrap_or_default();
            thought += chunk["thinking"][0]["text"].as_str().unwrap_or_default();
        }
    }
    (text, thought)
}

#[tokio::test]
async fn a_stream_folds_to_the_whole_reply() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks, blocks(), None);
    let operation = operation("mistral", "POST", CHAT);
    let reply = whole(&operation, &post(&mocks, CHAT, &ask(&json!({}))).await);
    let events = streamed(&operation, &post(&mocks, CHAT, &ask(&json!({ "stream": true }))).await);
    let expected = ("Hello".to_owned(), "Let me".to_owned());
    let message = &reply["choices"][0]["message"];
    assert_eq!(said(std::iter::once(&message["content"])), expected);
    assert_eq!(said(events.iter().map(|event| &event["choices"][0]["delta"]["content"])), expected);
    assert_eq!(message["content"][0]["signature"], "c2ln");

    let (last, others) = events.split_last().unwrap();
    let calls = json!([{ "id": "D681PevKs", "type": "function", "index": 0, "function": { "name": "weather", "arguments": "{\"city\":\"Paris\"}" } }]);
    assert_eq!(message["tool_calls"], calls);
    assert_eq!(last["choices"][0]["delta"]["tool_calls"], calls, "calls come whole, and last");
    for reply in [&reply, last] {
        assert_eq!(reply["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(
            (&reply["usage"]["total_tokens"], &reply["usage"]["num_cached_tokens"]),
            (&json!(27), &json!(8))
        );
    }
    assert!(
        others
            .iter()
            .all(|event| event.get("usage").is_none() && event["choices"][0]["finish_reason"].is_null())
    );
    let sizes: Vec<usize> = events.iter().map(|event| event["p"].as_str().unwrap().len()).collect();
    assert!(sizes.iter().any(|size| *size != sizes[0]), "padding varies: {sizes:?}");
}

#[tokio::test]
async fn a_full_context_has_a_reason_of_its_own_in_whole_replies() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", CHAT);
    for (finish, in_whole, in_stream) in [
        (Finish::Context, "model_length", "length"),
        (Finish::Length, "length", "length"),
        (Finish::StopSequence, "stop", "stop"),
        (Finish::Malformed, "error", "error"),
    ] {
        script(&mocks, vec![Block::Text("Hel".into())], Some(finish));
        let reply = whole(&operation, &post(&mocks, CHAT, &ask(&json!({}))).await);
        assert_eq!(reply["choices"][0]["finish_reason"], in_whole);
        let events = streamed(&operation, &post(&mocks, CHAT, &ask(&json!({ "stream": true }))).await);
        assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], in_stream);
    }
}

#[tokio::test]
async fn objects_are_closed() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", CHAT);
    for (more, kind, place) in [
        (json!({ "seed": 5 }), "extra_forbidden", json!(["body", "seed"])),
        (json!({ "max_completion_tokens": 5 }), "extra_forbidden", json!(["body", "max_completion_tokens"])),
        (json!({ "temperature": 2 }), "less_than_equal", json!(["body", "temperature"])),
        (json!({ "max_tokens": "9" }), "int_type", json!(["body", "max_tokens"])),
        (json!({ "messages": [{ "role": "user" }] }), "missing", json!(["body", "messages", 0, "content"])),
        (json!({ "messages": [] }), "too_short", json!(["body", "messages"])),
    ] {
        let (status, error) = refused(&operation, &post(&mocks, CHAT, &ask(&more)).await);
        let detail = &error["detail"][0];
        assert_eq!((status, &detail["type"], &detail["loc"]), (422, &json!(kind), &place), "{error}");
    }
    let key = format!("Bearer {}", mocks.credentials().key("mistral"));
    let full = crate::client::request(
        "POST",
        "/mistral/v1/chat/completions",
        &[("authorization", &key), ("content-type", "application/json")],
        b"{",
    );
    let (status, error) = refused(&operation, &crate::client::exchange(&mocks, &full).await);
    assert_eq!((status, &error["detail"][0]["type"]), (422, &json!("json_invalid")));
}

#[tokio::test]
async fn who_speaks_when_is_a_rule() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", CHAT);
    let (user, answer) =
        (json!({ "role": "user", "content": "x" }), json!({ "role": "assistant", "content": "y" }));
    let system = json!({ "role": "system", "content": "z" });
    let id = "D681PevKs";
    for (messages, kind, code) in [
        (json!([user, answer]), "invalid_request_message_order", "3230"),
        (json!([user, answer, system, user]), "invalid_request_message_order", "3230"),
        (json!([user, called(id), user]), "invalid_request_message_order", "3230"),
        (json!([user, called(id), result(id), user]), "invalid_request_message_order", "3230"),
        (json!([user, result(id)]), "invalid_request_message_order", "3230"),
        (json!([result(id)]), "invalid_request_message_order", "3230"),
        (json!([user, called("call_1"), result("call_1")]), "invalid_function_call", "3280"),
        (json!([user, called(id), result("D681PevK_")]), "invalid_function_call", "3280"),
    ] {
        let (status, error) = refused(&operation, &post(&mocks, CHAT, &chat(&messages)).await);
        assert_eq!(
            (status, &error["type"], &error["code"]),
            (400, &json!(kind), &json!(code)),
            "{messages}: {error}"
        );
    }
    let silent = json!([user, { "role": "assistant", "content": "" }, user]);
    let (status, error) = refused(&operation, &post(&mocks, CHAT, &chat(&silent)).await);
    assert!(
        status == 400 && error["message"].as_str().unwrap().contains("either content or tool_calls"),
        "{error}"
    );
    let prefix = json!({ "role": "assistant", "content": "y", "prefix": true });
    for messages in [
        json!([user, prefix]),
        json!([system, user, user, called(id), result(id)]),
        json!([user, system, user]),
    ] {
        whole(&operation, &post(&mocks, CHAT, &chat(&messages)).await);
    }
}

#[tokio::test]
async fn errors_come_in_three_forms() {
    let options =
        mocks::Options { models: Some(vec!["mistral-small-latest".to_owned()]), ..mocks::Options::default() };
    let mocks = mocks::start_with(options).await.unwrap();
    let operation = operation("mistral", "POST", CHAT);
    let unknown =
        post_with(&mocks, "mistral", CHAT, &[("authorization", "Bearer no")], &ask(&json!({}))).await;
    assert_eq!(refused(&operation, &unknown), (401, json!({ "detail": "Unauthorized" })));
    assert_eq!(post_with(&mocks, "mistral", CHAT, &[], &ask(&json!({}))).await.status, 401);
    let (status, error) = refused(&operation, &post(&mocks, CHAT, &ask(&json!({ "model": "m" }))).await);
    assert_eq!(
        (status, &error["message"], &error["code"]),
        (400, &json!("Invalid model: m"), &json!("1500"))
    );

    mocks.add(Script::new("[[here]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    let limited = post(&mocks, CHAT, &ask(&json!({}))).await;
    assert_eq!(limited.header("retry-after"), Some("1"));
    let (status, error) = refused(&operation, &limited);
    let expected = json!({ "object": "error", "message": "slow down", "type": "rate_limited", "param": null, "code": "1300", "raw_status_code": 429 });
    assert_eq!((status, error), (429, expected));

    mocks.add(Script::new(
        "[[here]]",
        Reply::error(Failure { kind: Some(Kind::TooLarge), ..Failure::default() }),
    ));
    let (status, error) = refused(&operation, &post(&mocks, CHAT, &ask(&json!({}))).await);
    assert!(status == 413 && error["request_id"].is_string(), "{error}");

    let middle = Interruption { after_event: 1, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let events = streamed(&operation, &post(&mocks, CHAT, &ask(&json!({ "stream": true }))).await);
    assert_eq!(
        (events.len(), &events[1]["object"], &events[1]["message"]),
        (2, &json!("error"), &json!("gone"))
    );
}

#[tokio::test]
async fn own_answers_call_tools_fill_schemas_and_think() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", CHAT);
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" }, "n": { "type": "integer" } }, "required": ["city", "n"] });
    let tools = json!([{ "type": "function", "function": { "name": "weather", "parameters": schema } }]);
    for choice in
        [json!("any"), json!("required"), json!({ "type": "function", "function": { "name": "weather" } })]
    {
        let reply = whole(
            &operation,
            &post(&mocks, CHAT, &ask(&json!({ "tools": tools, "tool_choice": choice }))).await,
        );
        let called = &reply["choices"][0]["message"]["tool_calls"][0];
        assert_eq!(called["id"].as_str().unwrap().len(), 9);
        let arguments: Value =
            serde_json::from_str(called["function"]["arguments"].as_str().unwrap()).unwrap();
        assert!(arguments["city"].is_string() && arguments["n"].is_i64(), "{called}");
    }
    let none = ask(&json!({ "tools": tools, "tool_choice": "none" }));
    let reply = whole(&operation, &post(&mocks, CHAT, &none).await);
    assert_eq!(reply["choices"][0]["message"]["tool_calls"], Value::Null);

    let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": schema } });
    let more = json!({ "response_format": format, "n": 2, "logprobs": true, "top_logprobs": 2 });
    let reply = whole(&operation, &post(&mocks, CHAT, &ask(&more)).await);
    assert_eq!(reply["choices"].as_array().unwrap().len(), 2);
    let second = &reply["choices"][1];
    let filled: Value = serde_json::from_str(second["message"]["content"].as_str().unwrap()).unwrap();
    assert!(filled["n"].is_i64());
    assert_eq!(second["logprobs"]["content"][0]["top_logprobs"].as_array().unwrap().len(), 2);

    for (more, thinks) in [
        (json!({ "prompt_mode": "reasoning" }), true),
        (json!({ "reasoning_effort": "high" }), true),
        (json!({ "model": "magistral-medium-latest" }), true),
        (json!({ "model": "magistral-medium-latest", "reasoning_effort": "none" }), false),
        (json!({}), false),
    ] {
        let reply = whole(&operation, &post(&mocks, CHAT, &ask(&more)).await);
        assert_eq!(reply["choices"][0]["message"]["content"][0]["type"] == "thinking", thinks, "{more}");
    }
}

#[tokio::test]
async fn code_is_completed_in_the_middle() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", FIM);
    let body =
        json!({ "model": "codestral-latest", "prompt": "def f(", "suffix": "return x", "max_tokens": 3 });
    let reply = whole(&operation, &post(&mocks, FIM, &body).await);
    assert_eq!(
        (&reply["choices"][0]["finish_reason"], &reply["usage"]["completion_tokens"]),
        (&json!("length"), &json!(3))
    );
    let mut body = body;
    body["stream"] = json!(true);
    let events = streamed(&operation, &post(&mocks, FIM, &body).await);
    let text = said(events.iter().map(|event| &event["choices"][0]["delta"]["content"])).0;
    assert_eq!(json!(text), reply["choices"][0]["message"]["content"]);
    body["messages"] = json!([]);
    assert_eq!(refused(&operation, &post(&mocks, FIM, &body).await).0, 422);
}

#[tokio::test]
async fn vectors_have_the_type_and_the_length_that_is_asked_for() {
    let mocks = mocks::start().await.unwrap();
    let operation = operation("mistral", "POST", EMBED);
    let body = json!({ "model": "codestral-embed", "input": ["a", "b"], "output_dimension": 16 });
    let with = |more: Value| {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let vector = async |more: Value| {
        let reply = whole(&operation, &post(&mocks, EMBED, &with(more)).await);
        assert_eq!(reply["data"][1]["index"], 1);
        reply["data"][1]["embedding"].clone()
    };
    let floats = vector(json!({})).await;
    assert_eq!(floats.as_array().unwrap().len(), 16);
    let within = |numbers: &Value, low: i64, high: i64| {
        numbers.as_array().unwrap().iter().all(|number| (low..=high).contains(&number.as_i64().unwrap()))
    };
    let (signed, unsigned) =
        (vector(json!({ "output_dtype": "int8" })).await, vector(json!({ "output_dtype": "uint8" })).await);
    assert!(within(&signed, -127, 127) && within(&unsigned, 1, 255), "{signed} {unsigned}");
    let apart = |at: usize| unsigned[at].as_i64().unwrap() - signed[at].as_i64().unwrap();
    assert!((0..16).all(|at| apart(at) == 128), "one is the other from the middle");
    let (binary, unsigned) = (
        vector(json!({ "output_dtype": "binary" })).await,
        vector(json!({ "output_dtype": "ubinary" })).await,
    );
    let bits: i64 = (0..8).map(|at| i64::from(floats[at].as_f64().unwrap() > 0.0) << (7 - at)).sum();
    assert_eq!((unsigned.as_array().unwrap().len(), &unsigned[0]), (2, &json!(bits)));
    assert_eq!(binary[0], json!(bits - 128));
    let base64 = vector(json!({ "encoding_format": "base64" })).await;
    assert_eq!(base64.as_str().unwrap().len(), 88, "16 floats of 4 bytes");
    let plain = json!({ "model": "mistral-embed", "input": "a" });
    let reply = whole(&operation, &post(&mocks, EMBED, &plain).await);
    assert_eq!(reply["data"][0]["embedding"].as_array().unwrap().len(), 1024);
    let (status, error) =
        refused(&operation, &post(&mocks, EMBED, &json!({ "model": "m", "input": [1] })).await);
    assert_eq!((status, &error["detail"][0]["loc"]), (422, &json!(["body", "input", 0])));
}

#[tokio::test]
async fn models_say_what_they_can_do() {
    let mocks = mocks::start().await.unwrap();
    let list = whole(&operation("mistral", "GET", "/v1/models"), &get(&mocks, "mistral", "/v1/models").await);
    let of = |id: &str| {
        list["data"].as_array().unwrap().iter().find(|card| card["id"] == id).unwrap()["capabilities"].clone()
    };
    assert_eq!(
        (&of("codestral-latest")["completion_fim"], &of("mistral-embed")["completion_chat"]),
        (&json!(true), &json!(false))
    );
    let one = operation("mistral", "GET", "/v1/models/mistral-small-latest");
    assert_eq!(
        whole(&one, &get(&mocks, "mistral", "/v1/models/mistral-small-latest").await)["id"],
        "mistral-small-latest"
    );
    assert_eq!(refused(&one, &get(&mocks, "mistral", "/v1/models/none").await).0, 404);
    assert_eq!(get(&mocks, "mistral", "/v1/chat/completions").await.status, 405);
}
