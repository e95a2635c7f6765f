//! What OpenAI keeps for its clients: files, uploads, batches; at the socket, and held against its document.

mod batches;
mod files;

use mocks::Mocks;
use mocks::journal::Entry;
use serde_json::{Value, json};

use crate::client::{self, Reply, exchange};
use crate::judged::{self, operation};

const FORM: &str = "multipart/form-data; boundary=x-y";

/// A request with this content type, and OpenAI's key.
async fn send(mocks: &Mocks, method: &str, path: &str, media: &str, body: &[u8]) -> Reply {
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let headers = [("authorization", key.as_str()), ("content-type", media)];
    let headers = if media.is_empty() { &headers[..1] } else { &headers[..] };
    exchange(mocks, &client::request(method, &format!("/openai{path}"), headers, body)).await
}

/// A form: fields by name, and a file with its name where that is not empty.
fn form(fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let (field, name, content) = file;
    let name = if name.is_empty() { String::new() } else { format!("; filename=\"{name}\"") };
    let head = format!("--x-y\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\n\r\n");
    body.extend(head.into_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--x-y--\r\n");
    body
}

async fn upload(mocks: &Mocks, purpose: &str, name: &str, content: &[u8]) -> Value {
    let body = form(&[("purpose", purpose)], ("file", name, content));
    let reply = send(mocks, "POST", "/v1/files", FORM, &body).await;
    judged::whole(&operation("openai", "POST", "/v1/files"), &reply)
}

/// The body of a good answer.
async fn good(mocks: &Mocks, method: &str, path: &str, body: Option<&Value>) -> Value {
    let body = body.map(Value::to_string).unwrap_or_default();
    let media = if body.is_empty() { "" } else { "application/json" };
    let reply = send(mocks, method, path, media, body.as_bytes()).await;
    judged::whole(&operation("openai", method, path), &reply)
}

/// Status, message, param and code of a refusal.
fn refused(reply: &Reply, method: &str, path: &str) -> (u16, String, Value, Value) {
    let (status, body) = judged::refused(&operation("openai", method, path), reply);
    let error = &body["error"];
    assert_eq!(error["type"], "invalid_request_error", "{body}");
    let message = error["message"].as_str().unwrap().to_owned();
    (status, message, error["param"].clone(), error["code"].clone())
}

fn last(mocks: &Mocks) -> Entry {
    mocks.journal(None).pop().unwrap()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

fn line(at: usize, text: &str) -> String {
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": text }] });
    let line =
        json!({ "custom_id": at.to_string(), "method": "POST", "url": "/v1/chat/completions", "body": body });
    format!("{line}\n")
}

#[tokio::test]
async fn azures_errors_of_files_are_its_own_and_wait_for_a_version() {
    let mocks = mocks::start().await.unwrap();
    let absent = judged::get(&mocks, "azure", "/openai/files/file-0?api-version=2024-10-21").await;
    let (status, body) = judged::refused(&operation("azure", "GET", "/openai/files/file-0"), &absent);
    let expected = json!({ "error": { "code": "notFound", "message": "No such File object: file-0" } });
    assert_eq!((status, body), (404, expected));
    for (path, status) in
        [("/openai/files", 404), ("/openai/v1/files", 200), ("/openai/v1/files?api-version=2024-10-21", 400)]
    {
        assert_eq!(judged::get(&mocks, "azure", path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn those_who_speak_the_dialect_keep_nothing() {
    let mocks = mocks::start().await.unwrap();
    for path in ["/v1/files", "/v1/batches"] {
        assert_eq!(judged::get(&mocks, "xai", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn only_what_names_a_model_asks_for_one() {
    let models = Some(vec!["gpt-4o".to_owned()]);
    let mocks = mocks::start_with(mocks::Options { models, ..mocks::Options::default() }).await.unwrap();
    upload(&mocks, "evals", "a.bin", b"x").await;
    let beta = |model: &'static str| {
        let (mocks, body) = (&mocks, json!({ "model": model }).to_string());
        async move {
            let key = format!("Bearer {}", mocks.credentials().key("openai"));
            let media = ("content-type", "application/json");
            let headers = [("authorization", key.as_str()), media, ("openai-beta", "assistants=v2")];
            let request = client::request("POST", "/openai/v1/assistants", &headers, body.as_bytes());
            exchange(mocks, &request).await.status
        }
    };
    assert_eq!((beta("gpt-4o").await, beta("gpt-0").await), (200, 404));
}
