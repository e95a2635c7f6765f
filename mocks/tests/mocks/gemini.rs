//! The Gemini API: whole, as one array, and as events, held against its document.

use mocks::Mocks;
use mocks::script::{Block, Failure, Fault, Finish, Interruption, Kind, Reasoning, Reply, Script, Usage};
use serde_json::{Value, json};

use crate::client::Reply as Answer;
use crate::judged::{elements, operation, post_with, refused, streamed, whole};

const WHOLE: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
const ARRAY: &str = "/v1/models/gemini-2.5-flash:streamGenerateContent";
const EVENTS: &str = "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse";

async fn post(mocks: &Mocks, path: &str, body: &Value) -> Answer {
    let key = mocks.credentials().key("gemini").to_owned();
    post_with(mocks, "gemini", path, &[("x-goog-api-key", &key)], body).await
}

fn ask() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "[[here]] hi" }] }] })
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
        Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
    ]
}

/// The parts of the first candidate in all pieces, joined by kind.
fn joined(pieces: &[Value]) -> (String, String, Vec<Value>) {
    let parts =
        pieces.iter().flat_map(|piece| piece["candidates"][0]["content"]["parts"].as_array().unwrap());
    let (mut text, mut thought, mut calls) = (String::new(), String::new(), Vec::new());
    for part in parts {
        match (part["text"].as_str(), part["thought"] == true) {
            (Some(said), false) => text += said,
            (Some(said), true) => thought += said,
            (None, _) => calls.push(part["functionCall"].clone()),
        }
    }
    (text, thought, calls)
}

#[tokio::test]
async fn three_framings_say_the_same() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks, blocks(), None);
    let stream = operation("gemini", "POST", ARRAY);
    let reply = whole(&operation("gemini", "POST", WHOLE), &post(&mocks, WHOLE, &ask()).await);
    let array = post(&mocks, ARRAY, &ask()).await;
    assert_eq!(array.header("content-type"), Some("application/json; charset=UTF-8"));
    assert!(array.text().starts_with("[{\n"), "it is written over many lines");
    let array = elements(&stream, &array);
    let events = post(&mocks, EVENTS, &ask()).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    assert!(!events.text().contains("[DONE]"));
    let events = streamed(&stream, &events);
    let called = json!({ "id": "call_1", "name": "weather", "args": { "city": "Paris" } });
    let said = ("Hello".to_owned(), "Let me".to_owned(), vec![called]);
    for pieces in [std::slice::from_ref(&reply), &array, &events] {
        assert_eq!(joined(pieces), said);
        let last = pieces.last().unwrap();
        assert_eq!(last["candidates"][0]["finishReason"], "STOP", "a call ends like anything else");
        let usage = &last["usageMetadata"];
        let counts = [
            "promptTokenCount",
            "candidatesTokenCount",
            "thoughtsTokenCount",
            "cachedContentTokenCount",
            "totalTokenCount",
        ];
        assert_eq!(counts.map(|name| usage[name].as_u64().unwrap()), [20, 4, 3, 8, 27]);
    }
    let counted: Vec<u64> =
        events.iter().map(|piece| piece["usageMetadata"]["totalTokenCount"].as_u64().unwrap()).collect();
    assert!(counted.is_sorted(), "usage is cumulative: {counted:?}");
}

#[tokio::test]
async fn what_filters_stop_is_told_in_both_ways() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks, vec![Block::Text("Hel".into())], Some(Finish::ContentFilter));
    let reply = whole(&operation("gemini", "POST", WHOLE), &post(&mocks, WHOLE, &ask()).await);
    let candidate = &reply["candidates"][0];
    assert_eq!((&candidate["finishReason"], candidate.get("content")), (&json!("SAFETY"), None));
    let events = streamed(&operation("gemini", "POST", ARRAY), &post(&mocks, EVENTS, &ask()).await);
    assert_eq!(
        events[0]["candidates"][0]["content"]["parts"][0]["text"], "Hel",
        "said before it was blocked"
    );
    script(&mocks, Vec::new(), Some(Finish::ContentFilter));
    let reply = whole(&operation("gemini", "POST", WHOLE), &post(&mocks, WHOLE, &ask()).await);
    assert_eq!((&reply["promptFeedback"]["blockReason"], reply.get("candidates")), (&json!("SAFETY"), None));
    let events = streamed(&operation("gemini", "POST", ARRAY), &post(&mocks, EVENTS, &ask()).await);
    assert_eq!((events.len(), &events[0]["promptFeedback"]["blockReason"]), (1, &json!("SAFETY")));
}

#[tokio::test]
async fn keys_go_in_the_header_or_in_the_query() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("gemini", "POST", WHOLE);
    let key = mocks.credentials().key("gemini").to_owned();
    let with = format!("{WHOLE}?key={key}");
    assert_eq!(post_with(&mocks, "gemini", &with, &[], &ask()).await.status, 200);
    let (status, error) = refused(&generate, &post_with(&mocks, "gemini", WHOLE, &[], &ask()).await);
    assert_eq!((status, &error["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    let wrong = post_with(&mocks, "gemini", WHOLE, &[("x-goog-api-key", "no")], &ask()).await;
    let (status, error) = refused(&generate, &wrong);
    assert_eq!((status, &error["error"]["details"][0]["reason"]), (400, &json!("API_KEY_INVALID")));
}

#[tokio::test]
async fn errors_have_the_form_of_their_framing() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("gemini", "POST", WHOLE);
    let unknown = json!({ "contents": [{ "role": "user", "parts": [{ "text": "x", "kind": 1 }] }] });
    let (status, error) = refused(&generate, &post(&mocks, WHOLE, &unknown).await);
    assert_eq!((status, &error["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("Unknown name \"kind\" at 'contents[0].parts[0]'"), "{message}");

    mocks.add(Script::new("[[here]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    let array = post(&mocks, ARRAY, &ask()).await;
    assert_eq!((array.status, &array.json()[0]["error"]["code"]), (429, &json!(429)));
    let events = post(&mocks, EVENTS, &ask()).await;
    assert_eq!(events.json()["error"]["details"][1]["retryDelay"], "7s");

    let middle =
        Interruption { after_event: 1, kind: Some(Kind::Unavailable), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let stream = operation("gemini", "POST", ARRAY);
    let array = elements(&stream, &post(&mocks, ARRAY, &ask()).await);
    let events = streamed(&stream, &post(&mocks, EVENTS, &ask()).await);
    for pieces in [array, events] {
        assert_eq!((pieces.len(), &pieces[1]["error"]["status"]), (2, &json!("UNAVAILABLE")));
    }
}

#[tokio::test]
async fn own_answers_call_tools_and_fill_schemas() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("gemini", "POST", WHOLE);
    let schema = json!({ "type": "OBJECT", "properties": { "city": { "type": "STRING" }, "n": { "type": "INTEGER" } }, "required": ["city", "n"] });
    let mut body = ask();
    body["tools"] = json!([{ "functionDeclarations": [{ "name": "weather", "parameters": schema }] }]);
    body["toolConfig"] =
        json!({ "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["weather"] } });
    let reply = whole(&generate, &post(&mocks, WHOLE, &body).await);
    let called = &reply["candidates"][0]["content"]["parts"][0]["functionCall"];
    assert!(called["args"]["city"].is_string() && called["args"]["n"].is_i64(), "{called}");
    let mut body = ask();
    body["generationConfig"] =
        json!({ "responseMimeType": "application/json", "responseSchema": schema, "candidateCount": 2 });
    let reply = whole(&generate, &post(&mocks, WHOLE, &body).await);
    assert_eq!(reply["candidates"].as_array().unwrap().len(), 2);
    let said = reply["candidates"][1]["content"]["parts"][0]["text"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(said).unwrap()["n"].is_i64());
    let lost = json!({ "contents": [
        { "role": "model", "parts": [{ "functionCall": { "name": "f", "args": {} } }] },
        { "role": "user", "parts": [{ "text": "well?" }] },
    ] });
    let (status, error) = refused(&generate, &post(&mocks, WHOLE, &lost).await);
    assert!(status == 400 && error.to_string().contains("number of function response parts"), "{error}");
}

#[tokio::test]
async fn snake_case_is_understood() {
    let mocks = mocks::start().await.unwrap();
    let mut body = ask();
    body["generation_config"] =
        json!({ "candidate_count": 2, "thinking_config": { "include_thoughts": true } });
    body["tools"] =
        json!([{ "function_declarations": [{ "name": "weather", "parameters": { "type": "OBJECT" } }] }]);
    body["tool_config"] = json!({ "function_calling_config": { "mode": "ANY" } });
    let reply = whole(&operation("gemini", "POST", WHOLE), &post(&mocks, WHOLE, &body).await);
    assert_eq!(reply["candidates"].as_array().unwrap().len(), 2);
    let parts = reply["candidates"][1]["content"]["parts"].as_array().unwrap();
    assert_eq!(parts.last().unwrap()["functionCall"]["name"], "weather");
    body["generation_config"]["candidates"] = json!(2);
    let (status, error) = refused(&operation("gemini", "POST", WHOLE), &post(&mocks, WHOLE, &body).await);
    assert!(status == 400 && error.to_string().contains("Unknown name"), "{error}");
}

#[tokio::test]
async fn vectors_counts_and_models() {
    let mocks = mocks::start().await.unwrap();
    let one = "/v1beta/models/gemini-embedding-001:embedContent";
    let request = json!({ "content": { "parts": [{ "text": "a" }] }, "outputDimensionality": 8 });
    let reply = whole(&operation("gemini", "POST", one), &post(&mocks, one, &request).await);
    assert_eq!(reply["embedding"]["values"].as_array().unwrap().len(), 8);
    let many = "/v1beta/models/gemini-embedding-001:batchEmbedContents";
    let request = json!({ "requests": [
        { "model": "models/gemini-embedding-001", "content": { "parts": [{ "text": "a" }] } },
        { "model": "models/gemini-embedding-001", "content": { "parts": [{ "text": "b" }] } },
    ] });
    let reply = whole(&operation("gemini", "POST", many), &post(&mocks, many, &request).await);
    assert_eq!(reply["embeddings"].as_array().unwrap().len(), 2);
    let empty = json!({ "content": { "parts": [{ "text": "" }] } });
    for (path, request) in [(one, &empty), (many, &json!({ "requests": [&request["requests"][0], &empty] }))]
    {
        let (status, error) = refused(&operation("gemini", "POST", path), &post(&mocks, path, request).await);
        assert!(status == 400 && error.to_string().contains("contains an empty Part"), "{error}");
    }
    let count = "/v1beta/models/gemini-2.5-flash:countTokens";
    let reply = whole(&operation("gemini", "POST", count), &post(&mocks, count, &ask()).await);
    assert!(reply["totalTokens"].as_u64().unwrap() > 0);
    let key = mocks.credentials().key("gemini").to_owned();
    let get = async |path: &str| {
        let full = crate::client::request("GET", &format!("/gemini{path}"), &[("x-goog-api-key", &key)], b"");
        crate::client::exchange(&mocks, &full).await
    };
    for path in ["/v1/models", "/v1/models/gemini-2.5-flash"] {
        whole(&operation("gemini", "GET", path), &get(path).await);
    }
    assert_eq!(get("/v1/models/none").await.status, 404);
    assert_eq!(get("/v9/models").await.status, 404);
}
