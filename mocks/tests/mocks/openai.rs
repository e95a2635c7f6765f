//! OpenAI's completions and embeddings, and those who speak its dialect.

use base64::Engine as _;
use mocks::openai::{Counts, DASHSCOPE, TWINS};
use mocks::script::{Reply, Script, Vector};
use serde_json::{Value, json};

use crate::judged::{get, operation, post, refused, streamed, whole};

const COMPLETIONS: &str = "/v1/completions";
const EMBEDDINGS: &str = "/v1/embeddings";

#[tokio::test]
async fn a_prompt_is_completed_whole_and_streamed() {
    let mocks = mocks::start().await.unwrap();
    let completions = operation("openai", "POST", COMPLETIONS);
    for prompt in [json!("Say hi"), json!(["Say hi"]), json!([13347, 34134]), json!([[13347], [34134]])] {
        let ask = |more: &Value| {
            let mut body = json!({ "model": "gpt-3.5-turbo-instruct", "prompt": prompt, "max_tokens": 40 });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let more = json!({ "n": 2, "echo": true, "logprobs": 2 });
        let reply = whole(&completions, &post(&mocks, "openai", COMPLETIONS, &ask(&more)).await);
        let choices = reply["choices"].as_array().unwrap();
        let prompts = if prompt[0].is_array() { 2 } else { 1 };
        assert_eq!(choices.len(), 2 * prompts);
        assert!(choices.iter().all(|choice| choice["logprobs"]["tokens"].is_array()));

        let more =
            json!({ "n": 2, "echo": true, "stream": true, "stream_options": { "include_usage": true } });
        let chunks = streamed(&completions, &post(&mocks, "openai", COMPLETIONS, &ask(&more)).await);
        for (index, choice) in choices.iter().enumerate() {
            let own = chunks.iter().filter_map(|chunk| chunk["choices"].get(0));
            let own = own.filter(|choice| choice["index"] == index);
            assert_eq!(own.filter_map(|choice| choice["text"].as_str()).collect::<String>(), choice["text"]);
        }
        assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], reply["usage"]["total_tokens"]);
    }
}

#[tokio::test]
async fn a_script_answers_a_prompt() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"])));
    let body = json!({ "model": "gpt-3.5-turbo-instruct", "prompt": "[[here]]", "stream": true });
    let chunks = streamed(
        &operation("openai", "POST", COMPLETIONS),
        &post(&mocks, "openai", COMPLETIONS, &body).await,
    );
    let texts: Vec<&str> = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert_eq!(texts, ["Hel", "lo", ""]);
}

#[tokio::test]
async fn vectors_are_the_same_as_numbers_and_as_base64() {
    let mocks = mocks::start().await.unwrap();
    let embeddings = operation("openai", "POST", EMBEDDINGS);
    mocks.add(Script::new(
        "[[here]]",
        Reply { embeddings: Some(vec![Vector(vec![0.5, -0.25])]), ..Reply::default() },
    ));
    for input in [json!("[[here]]"), json!(["[[here]]", "other"]), json!([1, 2, 3]), json!([[1], [2, 3]])] {
        let mut body = json!({ "model": "text-embedding-3-small", "input": input });
        let numbers = whole(&embeddings, &post(&mocks, "openai", EMBEDDINGS, &body).await);
        body["encoding_format"] = json!("base64");
        let encoded = whole(&embeddings, &post(&mocks, "openai", EMBEDDINGS, &body).await);
        let count = numbers["data"].as_array().unwrap().len();
        assert_eq!(count, if input[1].is_string() || input[0].is_array() { 2 } else { 1 });
        for index in 0..count {
            let numbers: Vec<f32> =
                serde_json::from_value(numbers["data"][index]["embedding"].clone()).unwrap();
            let text = encoded["data"][index]["embedding"].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            let decoded: Vec<f32> =
                bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
            assert_eq!(numbers, decoded);
            assert_eq!(
                numbers.len(),
                if index == 0 && input.to_string().contains("here") { 2 } else { 1536 }
            );
        }
    }
}

#[tokio::test]
async fn what_the_schema_refuses_is_refused_in_openais_words() {
    let mocks = mocks::start().await.unwrap();
    let embeddings = operation("openai", "POST", EMBEDDINGS);
    for (body, status, words) in [
        (json!({ "model": "text-embedding-3-small" }), 400, "'input'"),
        (
            json!({ "model": "text-embedding-3-small", "input": "a", "input_type": "query" }),
            400,
            "input_type",
        ),
        (json!({ "model": "text-embedding-3-small", "input": [] }), 400, "input"),
    ] {
        let (got, error) = refused(&embeddings, &post(&mocks, "openai", EMBEDDINGS, &body).await);
        assert_eq!(got, status);
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{error}");
    }
}

/// The path of a twin's own API.
fn path(base: &str, rest: &str) -> String {
    format!("{base}{rest}")
}

#[tokio::test]
async fn each_twin_answers_at_its_own_paths() {
    let mocks = mocks::start().await.unwrap();
    let chat = operation("openai", "POST", "/v1/chat/completions");
    for twin in TWINS.iter().chain([&DASHSCOPE]) {
        let own = path(twin.base, "/v1/chat/completions");
        let body = json!({ "model": twin.models[0], "messages": [{ "role": "user", "content": "hi" }], "a_member_of_its_own": 1 });
        whole(&chat, &post(&mocks, twin.name, &own, &body).await);
        let mut body = body;
        body["stream"] = json!(true);
        let chunks = streamed(&chat, &post(&mocks, twin.name, &own, &body).await);
        let told = chunks.last().is_some_and(|chunk| chunk["usage"].is_object());
        assert_eq!(told, twin.counts != Counts::Asked, "{}", twin.name);
        assert!(!chunks.is_empty());
        let bare = post(&mocks, twin.name, &path(twin.base, "/chat/completions"), &body).await;
        assert_eq!(bare.status == 200, twin.is_unversioned, "{}", twin.name);
        let models = get(&mocks, twin.name, &path(twin.base, "/v1/models")).await.json();
        assert_eq!(models["data"].as_array().unwrap().len(), twin.models.len(), "{}", twin.name);
        let completion = json!({ "model": "m", "prompt": "hi" });
        let reply = post(&mocks, twin.name, &path(twin.base, COMPLETIONS), &completion).await;
        let has = twin.operations.contains(&"createCompletion");
        assert_eq!(reply.status, if has { 200 } else { 404 }, "{}", twin.name);
    }
}

#[tokio::test]
async fn deepseek_counts_in_the_last_chunk_whoever_asks() {
    let mocks = mocks::start().await.unwrap();
    for asks in [true, false] {
        let body = json!({ "model": "deepseek-chat", "stream": true, "stream_options": { "include_usage": asks }, "messages": [{ "role": "user", "content": "hi" }] });
        let reply = post(&mocks, "deepseek", "/v1/chat/completions", &body).await;
        let events = reply.events();
        let counted: Vec<_> = events.iter().filter(|event| event.1["usage"].is_object()).collect();
        assert_eq!(counted.len(), 1, "{}", reply.text());
        assert_eq!(counted[0].1["choices"][0]["finish_reason"], "stop");
        assert_eq!(events[0].1.get("usage"), asks.then_some(&Value::Null));
    }
}

#[tokio::test]
async fn twins_think_aloud_and_refuse_what_they_refuse() {
    let mocks = mocks::start().await.unwrap();
    let ask = |model: &str| json!({ "model": model, "reasoning_effort": "low", "stream_options": { "include_usage": true }, "stream": true, "messages": [{ "role": "user", "content": "hi" }] });
    let thought = post(&mocks, "deepseek", "/v1/chat/completions", &ask("deepseek-reasoner")).await;
    let thinks = |event: &(String, Value)| event.1["choices"][0]["delta"]["reasoning_content"].is_string();
    assert!(thought.events().iter().any(thinks), "{}", thought.text());
    for twin in TWINS.iter().chain([&DASHSCOPE]) {
        for name in twin.refused {
            let mut body = ask("m");
            body[*name] = json!({});
            let refused = post(&mocks, twin.name, &path(twin.base, "/v1/chat/completions"), &body).await;
            assert_eq!((twin.name, refused.status), (twin.name, 400));
            assert!(refused.text().contains(name), "{}", refused.text());
        }
    }
}
