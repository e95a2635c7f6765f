//! Cohere in both versions, held against its document; what its own clients rely on.

use mocks::Mocks;
use mocks::script::{
    Block, Failure, Fault, Finish, Interruption, Kind, Pieces, Reasoning, Reply, Script, Usage,
};
use serde_json::{Value, json};

use crate::judged::{get, lines, operation, post, post_with, refused, streamed, whole};

const CHAT: &str = "/v2/chat";
const CHAT_V1: &str = "/v1/chat";
const GENERATE: &str = "/v1/generate";

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn ask(more: &Value) -> Value {
    let messages = json!([{ "role": "user", "content": "[[here]] What is the weather in Paris?" }]);
    with(json!({ "model": "command-a-03-2025", "messages": messages }), more)
}

fn ask_v1(more: &Value) -> Value {
    with(json!({ "message": "[[here]] What is the weather in Paris?" }), more)
}

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

/// The texts of all events at a place.
fn join(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
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
async fn a_prompt_is_completed_once_or_several_times() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("cohere", "POST", GENERATE);
    let body =
        json!({ "prompt": "Up", "num_generations": 2, "max_tokens": 3, "return_likelihoods": "GENERATION" });
    let reply = whole(&generate, &post(&mocks, "cohere", GENERATE, &body).await);
    assert_eq!(reply["generations"].as_array().unwrap().len(), 2);
    let generation = &reply["generations"][1];
    assert_eq!((&generation["index"], &generation["finish_reason"]), (&json!(1), &json!("MAX_TOKENS")));
    assert_eq!(generation["token_likelihoods"].as_array().unwrap().len(), 3);
    assert_eq!(reply["meta"]["billed_units"]["output_tokens"], 6);

    let body = json!({ "prompt": "Up", "stream": true });
    let events = lines(&generate, &post(&mocks, "cohere", GENERATE, &body).await);
    let end = events.last().unwrap();
    assert_eq!(end["response"]["generations"][0]["text"], join(&events, "/text"));
}

#[tokio::test]
async fn vectors_come_in_every_type() {
    let mocks = mocks::start().await.unwrap();
    let embed = operation("cohere", "POST", "/v2/embed");
    let types = json!(["float", "int8", "uint8", "binary", "ubinary", "base64"]);
    let body = json!({ "model": "embed-v4.0", "input_type": "search_query", "texts": ["a", "b"], "embedding_types": types, "output_dimension": 256 });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v2/embed", &body).await);
    let length = |name: &str| reply["embeddings"][name][1].as_array().unwrap().len();
    assert_eq!(["float", "int8", "uint8", "binary", "ubinary"].map(length), [256, 256, 256, 32, 32]);
    let first = |name: &str| reply["embeddings"][name][0][0].as_f64().unwrap();
    assert_eq!(first("uint8") - first("int8"), 128.0);
    assert_eq!(first("ubinary") - first("binary"), 128.0);
    assert_eq!(first("float") > 0.0, first("ubinary") >= 128.0, "the first sign is the highest bit");
    // 256 floats of four bytes.
    assert_eq!(reply["embeddings"]["base64"][0].as_str().unwrap().len(), 1368);

    let body = json!({ "model": "embed-v4.0", "input_type": "image", "inputs": [{ "content": [{ "type": "text", "text": "a" }, { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } }] }] });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v2/embed", &body).await);
    assert_eq!(reply["embeddings"]["float"][0].as_array().unwrap().len(), 1536);

    let embed = operation("cohere", "POST", "/v1/embed");
    let body = json!({ "model": "embed-english-v3.0", "texts": ["a"], "input_type": "classification" });
    let reply = whole(&embed, &post(&mocks, "cohere", "/v1/embed", &body).await);
    assert_eq!(
        (&reply["response_type"], reply["embeddings"][0].as_array().unwrap().len()),
        (&json!("embeddings_floats"), 1024)
    );
    let body = json!({ "model": "embed-english-v3.0", "texts": ["a"] });
    let (status, error) = refused(&embed, &post(&mocks, "cohere", "/v1/embed", &body).await);
    let message = "invalid request: valid input_type must be provided with the provided model";
    assert_eq!((status, &error["message"]), (400, &json!(message)));
}

#[tokio::test]
async fn models_are_listed_in_pages() {
    let mocks = mocks::start().await.unwrap();
    let models = operation("cohere", "GET", "/v1/models");
    let all = whole(&models, &get(&mocks, "cohere", "/v1/models").await);
    let chats = whole(&models, &get(&mocks, "cohere", "/v1/models?endpoint=embed&default_only=true").await);
    assert!(all["models"].as_array().unwrap().len() > 5);
    assert_eq!(chats["models"].as_array().unwrap().len(), 1);
    let page = whole(&models, &get(&mocks, "cohere", "/v1/models?page_size=5").await);
    let rest = format!("/v1/models?page_token={}", page["next_page_token"].as_str().unwrap());
    let rest = whole(&models, &get(&mocks, "cohere", &rest).await);
    let names = |page: &Value| page["models"].as_array().unwrap().clone();
    assert_eq!([names(&page), names(&rest)].concat(), names(&all));
    let one = operation("cohere", "GET", "/v1/models/command-a-03-2025");
    assert_eq!(
        whole(&one, &get(&mocks, "cohere", "/v1/models/command-a-03-2025").await)["context_length"],
        288_000
    );
    assert_eq!(refused(&one, &get(&mocks, "cohere", "/v1/models/x").await).0, 404);
}

#[tokio::test]
async fn bad_requests_are_refused_in_coheres_words() {
    let mocks = mocks::start().await.unwrap();
    let tool = json!([{ "type": "function", "function": { "name": "f", "parameters": {}, "strict": true } }]);
    let call = json!({ "id": "a", "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let user = json!({ "role": "user", "content": "hi" });
    for (path, more, status, message) in [
        (
            CHAT,
            json!({ "top_p": 0.5 }),
            422,
            "unknown field: parameter 'top_p' is not a valid field. For proper usage, please refer to https://docs.cohere.com/reference/chat",
        ),
        (CHAT, json!({ "tools": tool }), 422, "unknown field: parameter 'strict' is not a valid field."),
        (
            CHAT,
            json!({ "max_tokens": "many" }),
            422,
            "invalid type: parameter max_tokens is of type string but should be of type integer.",
        ),
        (
            CHAT,
            json!({ "temperature": 1.5 }),
            400,
            "invalid request: temperature must be between 0 and 1.0 inclusive.",
        ),
        (CHAT, json!({ "model": null }), 422, "invalid type: parameter model is of type null"),
        (
            CHAT,
            json!({ "messages": [user, { "role": "system", "content": "s" }] }),
            400,
            "system turn must be the first in the list",
        ),
        (
            CHAT,
            json!({ "messages": [{ "role": "user", "content": "" }] }),
            400,
            "message must not be empty in a turn",
        ),
        (
            CHAT,
            json!({ "messages": [user, { "role": "assistant", "tool_calls": [call] }] }),
            400,
            "tool call id a has no tool results",
        ),
        (
            CHAT,
            json!({ "messages": [user, { "role": "tool", "tool_call_id": "b", "content": "x" }] }),
            400,
            "tool call id b not found",
        ),
        (
            CHAT,
            json!({ "documents": ["x"], "response_format": { "type": "json_object" } }),
            400,
            "invalid request: response_format is not supported with RAG.",
        ),
        (
            CHAT_V1,
            json!({ "message": "" }),
            400,
            "invalid request: message must be at least 1 token long or tool results must be specified.",
        ),
        (
            CHAT_V1,
            json!({ "tool_results": [{ "call": { "name": "f", "parameters": {} }, "outputs": [] }] }),
            400,
            "invalid request: cannot specify both message and tool_results in multistep mode",
        ),
        (
            CHAT_V1,
            json!({ "chat_history": [{ "role": "USER", "message": "" }] }),
            400,
            "invalid request: all elements in history must have a message.",
        ),
        (
            CHAT_V1,
            json!({ "chat_history": [{ "role": "user", "message": "a" }] }),
            400,
            "invalid request: Invalid role in chat_history at index 0.",
        ),
        (
            CHAT_V1,
            json!({ "tools": [{ "name": "a-b", "description": "d" }] }),
            400,
            "(provided name: 'a-b').",
        ),
        (
            CHAT_V1,
            json!({ "frequency_penalty": 0.1, "presence_penalty": 0.1 }),
            400,
            "invalid request: cannot specify both frequency_penalty and presence_penalty.",
        ),
        (GENERATE, json!({ "prompt": "" }), 400, "invalid request: prompt must be at least 1 token long."),
        (
            "/v2/embed",
            json!({ "texts": vec!["a"; 104] }),
            400,
            "invalid request: total number of texts must be at most 96 - received 104",
        ),
        ("/v2/embed", json!({ "images": ["x"] }), 400, "invalid request: exactly one of"),
    ] {
        let base = match path {
            CHAT => ask(&json!({})),
            CHAT_V1 => ask_v1(&json!({})),
            GENERATE => json!({}),
            _ => json!({ "model": "embed-v4.0", "input_type": "search_query", "texts": ["a"] }),
        };
        let reply = post(&mocks, "cohere", path, &with(base, &more)).await;
        let (found, error) = refused(&operation("cohere", "POST", path), &reply);
        assert_eq!(found, status, "{more} {error}");
        assert!(error["message"].as_str().unwrap().contains(message), "{more} {error}");
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

#[tokio::test]
async fn every_reason_to_end_has_its_name() {
    let mocks = mocks::start().await.unwrap();
    for (finish, v2, v1) in [
        (Finish::Stop, "COMPLETE", "COMPLETE"),
        (Finish::StopSequence, "STOP_SEQUENCE", "STOP_SEQUENCE"),
        (Finish::Length, "MAX_TOKENS", "MAX_TOKENS"),
        (Finish::Context, "MAX_TOKENS", "ERROR_LIMIT"),
        (Finish::ToolCalls, "TOOL_CALL", "COMPLETE"),
        (Finish::ContentFilter, "ERROR", "ERROR_TOXIC"),
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
