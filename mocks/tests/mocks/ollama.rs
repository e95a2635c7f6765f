//! Ollama: JSON lines, held against its document; what its own clients rely on.

use mocks::script::{Block, Cut, Event, Failure, Fault, Interruption, Kind, Reasoning, Reply, Script};
use serde_json::{Value, json};

use crate::judged::{get, lines, operation, post, refused, streamed, whole};

const CHAT: &str = "/api/chat";

fn ask(more: &Value) -> Value {
    let mut body = json!({ "model": "llama3.2", "messages": [{ "role": "user", "content": "[[here]] hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn blocks() -> Vec<Block> {
    let reasoning = Reasoning { text: ["Let ", "me"].into(), signature: None, redacted: None };
    vec![
        Block::Reasoning(reasoning),
        Block::Text(["Hel", "lo"].into()),
        Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
    ]
}

#[tokio::test]
async fn streams_are_the_default_and_fold_to_the_whole_reply() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply { content: Some(blocks()), ..Reply::default() }));
    let chat = operation("ollama", "POST", CHAT);
    let reply = whole(&chat, &post(&mocks, "ollama", CHAT, &ask(&json!({ "stream": false }))).await);
    let streamed = post(&mocks, "ollama", CHAT, &ask(&json!({}))).await;
    assert_eq!(streamed.header("content-type"), Some("application/x-ndjson"));
    let lines = lines(&chat, &streamed);
    let join =
        |member: &str| lines.iter().filter_map(|line| line["message"][member].as_str()).collect::<String>();
    assert_eq!((join("content"), join("thinking")), ("Hello".to_owned(), "Let me".to_owned()));
    assert_eq!(
        (&reply["message"]["content"], &reply["message"]["thinking"]),
        (&json!("Hello"), &json!("Let me"))
    );
    let call = json!({ "id": "call_1", "function": { "index": 0, "name": "weather", "arguments": { "city": "Paris" } } });
    assert_eq!(reply["message"]["tool_calls"], json!([call]));
    let called = lines.iter().find(|line| line["message"]["tool_calls"].is_array()).unwrap();
    assert_eq!(called["message"]["tool_calls"], json!([call]));
    let last = lines.last().unwrap();
    for member in ["done", "done_reason", "eval_count", "prompt_eval_count"] {
        assert_eq!(last[member], reply[member], "{member}");
    }
}

#[tokio::test]
async fn a_prompt_is_completed_and_an_own_answer_fits_its_schema() {
    let mocks = mocks::start().await.unwrap();
    let generate = operation("ollama", "POST", "/api/generate");
    let body =
        json!({ "model": "llama3.2", "prompt": "hi", "stream": false, "options": { "num_predict": 2 } });
    let reply = whole(&generate, &post(&mocks, "ollama", "/api/generate", &body).await);
    assert_eq!((&reply["done_reason"], &reply["eval_count"]), (&json!("length"), &json!(2)));
    let format = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    let more = json!({ "stream": false, "format": format, "logprobs": true, "top_logprobs": 1 });
    let reply = whole(&operation("ollama", "POST", CHAT), &post(&mocks, "ollama", CHAT, &ask(&more)).await);
    let said: Value = serde_json::from_str(reply["message"]["content"].as_str().unwrap()).unwrap();
    assert!(said["n"].is_i64() && reply["logprobs"][0]["token"].is_string(), "{reply}");
}

#[tokio::test]
async fn vectors_models_and_version() {
    let mocks = mocks::start().await.unwrap();
    let embed = operation("ollama", "POST", "/api/embed");
    let body = json!({ "model": "nomic-embed-text", "input": ["a", "b"], "dimensions": 16 });
    let reply = whole(&embed, &post(&mocks, "ollama", "/api/embed", &body).await);
    assert_eq!(reply["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(reply["embeddings"][1].as_array().unwrap().len(), 16);
    let older = operation("ollama", "POST", "/api/embeddings");
    for (prompt, length) in [("a", 768), ("", 0)] {
        let body = json!({ "model": "nomic-embed-text", "prompt": prompt });
        let reply = whole(&older, &post(&mocks, "ollama", "/api/embeddings", &body).await);
        assert_eq!(reply["embedding"].as_array().unwrap().len(), length);
    }
    for path in ["/api/tags", "/api/ps", "/api/version"] {
        whole(&operation("ollama", "GET", path), &get(&mocks, "ollama", path).await);
    }
    let show = operation("ollama", "POST", "/api/show");
    whole(&show, &post(&mocks, "ollama", "/api/show", &json!({ "model": "qwen3:8b" })).await);
    let (status, error) =
        refused(&show, &post(&mocks, "ollama", "/api/show", &json!({ "model": "x" })).await);
    assert_eq!((status, &error["error"]), (404, &json!("model 'x' not found")));
}

#[tokio::test]
async fn what_is_wrong_is_said_before_and_within_a_stream() {
    let mocks = mocks::start().await.unwrap();
    let chat = operation("ollama", "POST", CHAT);
    let wrong = json!({ "model": "m", "messages": [{ "role": "user", "content": 5 }] });
    let (status, error) = refused(&chat, &post(&mocks, "ollama", CHAT, &wrong).await);
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("cannot unmarshal number"), "{error}");

    mocks.add(Script::new("[[here]]", Reply::error(Failure::new(Kind::Overloaded, "busy"))));
    let (status, error) = refused(&chat, &post(&mocks, "ollama", CHAT, &ask(&json!({}))).await);
    assert_eq!((status, &error["error"]), (503, &json!("busy")));

    let middle = Interruption { after_event: 1, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let lines = lines(&chat, &post(&mocks, "ollama", CHAT, &ask(&json!({}))).await);
    assert_eq!((lines.len(), &lines[1]), (2, &json!({ "error": "gone" })));
}

#[tokio::test]
async fn lines_know_the_faults_of_lines() {
    let mocks = mocks::start().await.unwrap();
    let play = async |fault: Fault| {
        mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
        post(&mocks, "ollama", CHAT, &ask(&json!({}))).await
    };
    let broken = play(Fault { malformed: Some(Event { event: 2 }), ..Fault::default() }).await;
    let read: Vec<bool> =
        broken.text().lines().map(|line| serde_json::from_str::<Value>(line).is_ok()).collect();
    assert_eq!(read, [true, false, true]);
    let odd = play(Fault { crlf: true, comments: true, multiline: true, ..Fault::default() }).await;
    let kept: Vec<&str> = odd.text().lines().filter(|line| !line.is_empty()).collect();
    assert!(odd.text().contains("\r\n") && odd.text().starts_with("\r\n"), "{:?}", odd.text());
    assert!(kept.iter().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let cut =
        play(Fault { cut: Some(Cut { after_event: Some(1), ..Cut::default() }), ..Fault::default() }).await;
    assert_eq!((cut.text().lines().count(), cut.complete), (1, false));
}

#[tokio::test]
async fn openais_dialect_is_spoken_beside_its_own() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"])));
    let (path, of_openai) = ("/v1/chat/completions", |path| operation("openai", "POST", path));
    let chat = of_openai(path);
    let reply = whole(&chat, &post(&mocks, "ollama", path, &ask(&json!({ "n": 2, "think": true }))).await);
    assert_eq!(reply["choices"].as_array().unwrap().len(), 1, "what it does not know it passes over");
    assert_eq!(reply["choices"][0]["message"]["content"], "Hello");
    let reply = post(&mocks, "ollama", path, &ask(&json!({ "stream": true }))).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    let text = streamed(&chat, &reply);
    let said = text.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    assert_eq!(said.collect::<String>(), "Hello");

    let path = "/v1/completions";
    let body = json!({ "model": "llama3.2", "prompt": "[[here]]" });
    let reply = whole(&of_openai(path), &post(&mocks, "ollama", path, &body).await);
    assert_eq!(reply["choices"][0]["text"], "Hello");
    let path = "/v1/embeddings";
    let body = json!({ "model": "nomic-embed-text", "input": ["a", "b"], "dimensions": 16 });
    let reply = whole(&of_openai(path), &post(&mocks, "ollama", path, &body).await);
    assert_eq!(reply["data"][1]["embedding"].as_array().unwrap().len(), 16);
    let models = whole(&operation("openai", "GET", "/v1/models"), &get(&mocks, "ollama", "/v1/models").await);
    assert_eq!(models["data"][0]["id"], "llama3.2:latest");
}

#[tokio::test]
async fn errors_in_openais_dialect_have_its_shape() {
    let models = Some(vec!["llama3.2".to_owned()]);
    let mocks = mocks::start_with(mocks::Options { models, ..mocks::Options::default() }).await.unwrap();
    let path = "/v1/chat/completions";
    let chat = operation("openai", "POST", path);
    let stranger = json!({ "model": "x", "messages": [{ "role": "user", "content": "hi" }] });
    let unread = json!({ "model": "llama3.2", "messages": 5 });
    for (body, status, kind, sentence) in [
        (stranger, 404, "not_found_error", "model 'x' not found"),
        (unread, 400, "invalid_request_error", "cannot unmarshal number"),
    ] {
        let (got, error) = refused(&chat, &post(&mocks, "ollama", path, &body).await);
        assert_eq!((got, &error["error"]["type"]), (status, &json!(kind)));
        assert!(error["error"]["message"].as_str().unwrap().contains(sentence), "{error}");
    }
    let tokens = json!({ "model": "llama3.2", "input": [1, 2] });
    let (status, _) = refused(
        &operation("openai", "POST", "/v1/embeddings"),
        &post(&mocks, "ollama", "/v1/embeddings", &tokens).await,
    );
    assert_eq!(status, 400, "it takes no tokens");
    let middle = Interruption { after_event: 2, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let broken = post(&mocks, "ollama", path, &ask(&json!({ "stream": true }))).await;
    let (_, last) = broken.events().pop().unwrap();
    assert_eq!(last["error"]["message"], "gone");
    let (status, _) = refused(&chat, &post(&mocks, "ollama", "/v1/nowhere", &json!({})).await);
    assert_eq!(status, 404);
}
