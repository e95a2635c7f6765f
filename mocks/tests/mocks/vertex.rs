//! Vertex AI: Google's models, Anthropic's, and deployed ones, each held against its document.

use mocks::Mocks;
use mocks::script::{Block, Failure, Fault, Finish, Interruption, Kind, Reply, Script, Usage};
use serde_json::{Value, json};

use crate::judged::{elements, get, operation, post, post_with, refused, streamed, whole};

const PLACE: &str = "/v1/projects/p/locations/us-central1";

fn google(model: &str, verb: &str) -> String {
    format!("{PLACE}/publishers/google/models/{model}:{verb}")
}

fn claude(verb: &str) -> String {
    format!("{PLACE}/publishers/anthropic/models/claude-sonnet-4-5%4020250929:{verb}")
}

fn deployed() -> String {
    format!("{PLACE}/endpoints/12/chat/completions")
}

fn ask() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "[[here]] hi" }] }] })
}

fn message(stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "[[here]] hi" }]);
    json!({ "anthropic_version": "vertex-2023-10-16", "max_tokens": 50, "messages": messages, "stream": stream })
}

fn chat(stream: bool) -> Value {
    json!({ "messages": [{ "role": "user", "content": "[[here]] hi" }], "stream": stream })
}

fn script(mocks: &Mocks) {
    let usage = Usage { prompt: Some(20), completion: Some(7), ..Usage::default() };
    let blocks = vec![Block::Text(["Hel", "lo"].into())];
    mocks.add(Script::new(
        "[[here]]",
        Reply { content: Some(blocks), usage: Some(usage), ..Reply::default() },
    ));
}

#[tokio::test]
async fn googles_models_count_at_the_end_of_their_streams() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks);
    let (one, many) =
        (google("gemini-2.5-flash", "generateContent"), google("gemini-2.5-flash", "streamGenerateContent"));
    let reply = whole(&operation("vertex", "POST", &one), &post(&mocks, "vertex", &one, &ask()).await);
    assert_eq!(reply["candidates"][0]["content"]["parts"], json!([{ "text": "Hello" }]));
    assert_eq!(reply["modelVersion"], "gemini-2.5-flash");
    let stream = operation("vertex", "POST", &many);
    let array = elements(&stream, &post(&mocks, "vertex", &many, &ask()).await);
    let events = streamed(&stream, &post(&mocks, "vertex", &format!("{many}?alt=sse"), &ask()).await);
    let said = |pieces: &[Value]| pieces.iter().map(|piece| piece["candidates"].clone()).collect::<Vec<_>>();
    assert_eq!(said(&array), said(&events));
    for piece in &events {
        assert!(piece["createTime"].is_string(), "{piece}");
    }
    let counted = |piece: &Value| piece["usageMetadata"]["totalTokenCount"].as_u64();
    assert_eq!(events.iter().map(counted).collect::<Vec<_>>(), [None, None, Some(27)]);
    let beta = many.replace("/v1/", "/v1beta1/");
    assert_eq!(post(&mocks, "vertex", &beta, &ask()).await.status, 200);
    assert_eq!(post(&mocks, "vertex", &many.replace("/v1/", "/v1beta/"), &ask()).await.status, 404);
}

#[tokio::test]
async fn claude_speaks_as_at_home_but_for_its_model() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks);
    let (one, many) = (claude("rawPredict"), claude("streamRawPredict"));
    let reply =
        whole(&operation("vertex", "POST", &one), &post(&mocks, "vertex", &one, &message(false)).await);
    assert_eq!(
        (&reply["model"], &reply["content"][0]["text"]),
        (&json!("claude-sonnet-4-5@20250929"), &json!("Hello"))
    );
    let events =
        streamed(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &message(true)).await);
    assert_eq!(
        (&events[0]["message"]["model"], &events.last().unwrap()["type"]),
        (&reply["model"], &json!("message_stop"))
    );
    assert_eq!(mocks.journal(None)[0].variant.as_deref(), Some("vertex-2023-10-16"));

    let mut newest = message(false);
    newest["anthropic_version"] = "2026-10-21".into();
    assert_eq!(post(&mocks, "vertex", &one, &newest).await.status, 200);
    newest["temperature"] = json!(0.5);
    let refused_by = |body: Value| {
        let (mocks, one) = (&mocks, &one);
        async move { refused(&operation("vertex", "POST", one), &post(mocks, "vertex", one, &body).await) }
    };
    let (status, error) = refused_by(newest).await;
    assert_eq!(
        (status, &error["error"]["message"]),
        (400, &json!("temperature: Extra inputs are not permitted"))
    );
    let mut named = message(false);
    named["model"] = "claude-sonnet-4-5".into();
    assert_eq!(refused_by(named).await.1["error"]["message"], "model: Extra inputs are not permitted");
    let mut plain = message(false);
    plain.as_object_mut().unwrap().remove("anthropic_version");
    assert_eq!(refused_by(plain).await.0, 400);

    let count = format!("{PLACE}/publishers/anthropic/models/count-tokens:rawPredict");
    let counted = post(&mocks, "vertex", &count, &json!({ "anthropic_version": "vertex-2023-10-16", "model": "claude-sonnet-4-5", "messages": [{ "role": "user", "content": "a b" }] })).await;
    assert!(counted.json()["input_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{}", counted.text());
}

#[tokio::test]
async fn mistrals_models_speak_as_at_home() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks);
    let path = |verb: &str| format!("{PLACE}/publishers/mistralai/models/mistral-small-2503:{verb}");
    let (one, many) = (path("rawPredict"), path("streamRawPredict"));
    let mut body = chat(false);
    body["model"] = "mistral-small-2503".into();
    let predict = operation("vertex", "POST", &one);
    let reply = whole(&predict, &post(&mocks, "vertex", &one, &body).await);
    assert_eq!(reply["choices"][0]["message"]["content"], "Hello");
    body["stream"] = true.into();
    let events = streamed(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &body).await);
    assert!(events.last().unwrap()["usage"].is_object());
    body["seed"] = json!(1);
    let (status, error) = refused(&predict, &post(&mocks, "vertex", &one, &body).await);
    assert_eq!(
        (status, error.to_string().contains("Extra inputs are not permitted")),
        (422, true),
        "{error}"
    );
}

#[tokio::test]
async fn deployed_models_speak_openais_words() {
    let mocks = mocks::start().await.unwrap();
    script(&mocks);
    let path = deployed();
    let chat_completions = operation("vertex", "POST", &path);
    let reply = whole(&chat_completions, &post(&mocks, "vertex", &path, &chat(false)).await);
    assert_eq!(reply["choices"][0]["message"]["content"], "Hello");
    let events = streamed(&chat_completions, &post(&mocks, "vertex", &path, &chat(true)).await);
    assert_eq!(events[1]["choices"][0]["delta"]["content"], "Hel");
}

#[tokio::test]
async fn vectors_are_predicted_or_embedded() {
    let mocks = mocks::start().await.unwrap();
    let predict = google("text-embedding-005", "predict");
    let body = json!({ "instances": [{ "content": "a", "task_type": "RETRIEVAL_QUERY" }, { "content": "b c" }], "parameters": { "outputDimensionality": 8 } });
    let reply = whole(&operation("vertex", "POST", &predict), &post(&mocks, "vertex", &predict, &body).await);
    let embedded = |at: usize| &reply["predictions"][at]["embeddings"];
    assert_eq!(embedded(1)["values"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&embedded(0)["statistics"]["token_count"], &reply["metadata"]["billableCharacterCount"]),
        (&json!(1), &json!(3))
    );
    let nothing = json!({ "instances": [{ "content": "" }] });
    let (status, error) =
        refused(&operation("vertex", "POST", &predict), &post(&mocks, "vertex", &predict, &nothing).await);
    assert!(status == 400 && error.to_string().contains("The text content is empty."), "{error}");
    let gemini = google("gemini-embedding-001", "predict");
    let (status, error) =
        refused(&operation("vertex", "POST", &gemini), &post(&mocks, "vertex", &gemini, &body).await);
    assert!(status == 400 && error.to_string().contains("out of the allowed range"), "{error}");

    let one = google("gemini-embedding-001", "embedContent");
    let content = json!({ "content": { "parts": [{ "text": "a" }] }, "embedContentConfig": { "outputDimensionality": 8 } });
    let reply = whole(&operation("vertex", "POST", &one), &post(&mocks, "vertex", &one, &content).await);
    assert_eq!(
        (reply["embedding"]["values"].as_array().unwrap().len(), &reply["usageMetadata"]["promptTokenCount"]),
        (8, &json!(1))
    );
    let many = google("gemini-embedding-001", "batchEmbedContents");
    let body = json!({ "requests": [content, content] });
    let reply = whole(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &body).await);
    assert_eq!(reply["embeddings"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tokens_of_oauth_open_everything_and_nothing_else_does() {
    let mocks = mocks::start().await.unwrap();
    for (path, body) in [
        (google("m", "generateContent"), ask()),
        (claude("rawPredict"), message(false)),
        (deployed(), chat(false)),
    ] {
        let operation = operation("vertex", "POST", &path);
        let key = [("x-goog-api-key", "vertex-touchstone")];
        let (status, error) = refused(&operation, &post_with(&mocks, "vertex", &path, &key, &body).await);
        assert_eq!((status, &error["error"]["details"][0]["reason"]), (401, &json!("CREDENTIALS_MISSING")));
        let wrong = [("authorization", "Bearer no")];
        let (status, error) = refused(&operation, &post_with(&mocks, "vertex", &path, &wrong, &body).await);
        assert_eq!((status, &error["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
        assert_eq!(error["error"]["details"][0]["metadata"]["service"], "aiplatform.googleapis.com");
        assert_eq!(post(&mocks, "vertex", &path, &body).await.status, 200);
    }
}

#[tokio::test]
async fn errors_are_told_by_whom_they_happen_to() {
    let mocks = mocks::start().await.unwrap();
    let fail = |kind| mocks.add(Script::new("[[here]]", Reply::error(Failure::new(kind, "no"))));
    let (one, raw) = (google("m", "generateContent"), claude("rawPredict"));
    fail(Kind::RateLimit);
    for (path, body) in [(&one, ask()), (&raw, message(false)), (&deployed(), chat(false))] {
        let (status, error) =
            refused(&operation("vertex", "POST", path), &post(&mocks, "vertex", path, &body).await);
        assert_eq!((status, &error["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    }
    fail(Kind::Overloaded);
    let (status, error) =
        refused(&operation("vertex", "POST", &one), &post(&mocks, "vertex", &one, &ask()).await);
    assert_eq!((status, &error["error"]["status"]), (503, &json!("UNAVAILABLE")));
    let (status, error) =
        refused(&operation("vertex", "POST", &raw), &post(&mocks, "vertex", &raw, &message(false)).await);
    assert_eq!((status, &error["error"]["type"]), (529, &json!("overloaded_error")));

    let middle =
        Interruption { after_event: 1, kind: Some(Kind::Unavailable), message: Some("gone".to_owned()) };
    let fault = Fault { error: Some(middle), ..Fault::default() };
    mocks.add(Script::new("[[here]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let many = google("m", "streamGenerateContent");
    let pieces = elements(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &ask()).await);
    assert_eq!(pieces[1]["error"]["status"], "UNAVAILABLE");
    let start = Interruption { kind: Some(Kind::Unavailable), ..Interruption::default() };
    let fault = Fault { error: Some(start), ..Fault::default() };
    mocks.add(Script::new("[[begin]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
    let begin = json!({ "contents": [{ "role": "user", "parts": [{ "text": "[[begin]]" }] }] });
    let pieces = elements(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &begin).await);
    assert_eq!(pieces[0]["error"]["status"], "UNAVAILABLE", "an error is also the first of its array");
    let many = claude("streamRawPredict");
    let events =
        streamed(&operation("vertex", "POST", &many), &post(&mocks, "vertex", &many, &message(true)).await);
    assert_eq!(events[1]["type"], "error");
    let events = streamed(
        &operation("vertex", "POST", &deployed()),
        &post(&mocks, "vertex", &deployed(), &chat(true)).await,
    );
    assert_eq!(events[1]["error"]["message"], "gone");

    let blocked =
        Reply { content: Some(Vec::new()), finish: Some(Finish::ContentFilter), ..Reply::default() };
    mocks.add(Script::new("[[here]]", blocked));
    let reply = whole(&operation("vertex", "POST", &one), &post(&mocks, "vertex", &one, &ask()).await);
    assert_eq!(reply["promptFeedback"]["blockReason"], "SAFETY");
}

#[tokio::test]
async fn models_are_their_publishers() {
    let options =
        mocks::Options { models: Some(vec!["gemini-2.5-flash".to_owned()]), ..mocks::Options::default() };
    let mocks = mocks::start_with(options).await.unwrap();
    let list = "/v1beta1/publishers/google/models";
    let models = whole(&operation("vertex", "GET", list), &get(&mocks, "vertex", list).await);
    assert_eq!(models["publisherModels"][0]["name"], "publishers/google/models/gemini-2.5-flash");
    let one = format!("{list}/gemini-2.5-flash");
    whole(&operation("vertex", "GET", &one), &get(&mocks, "vertex", &one).await);
    assert_eq!(get(&mocks, "vertex", &format!("{list}/none")).await.status, 404);
    let path = google("none", "generateContent");
    let (status, error) =
        refused(&operation("vertex", "POST", &path), &post(&mocks, "vertex", &path, &ask()).await);
    let message = error["error"]["message"].as_str().unwrap();
    let resource = "`projects/p/locations/us-central1/publishers/google/models/none` was not found";
    assert!(status == 404 && message.contains(resource), "{message}");
    let count = google("gemini-2.5-flash", "countTokens");
    let counted = whole(&operation("vertex", "POST", &count), &post(&mocks, "vertex", &count, &ask()).await);
    assert!(counted["totalTokens"].as_u64().unwrap() > 0);
}
