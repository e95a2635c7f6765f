//! Gemini's [files](https://ai.google.dev/api/files) and [batches](https://ai.google.dev/gemini-api/docs/batch-api).

use mocks::Mocks;
use mocks::script::{Reply, Script};
use serde_json::{Value, json};

use crate::client::{self, exchange, request};
use crate::judged::{self, operation};

const UPLOAD: &str = "/upload/v1beta/files";
const MODEL: &str = "/v1beta/models/gemini-2.5-flash";
const KEY: (&str, &str) = ("x-goog-api-key", "gemini-touchstone");

async fn send(
    mocks: &Mocks,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> client::Reply {
    exchange(mocks, &request(method, &format!("/gemini{path}"), headers, body)).await
}

async fn ask(mocks: &Mocks, method: &str, path: &str, body: &Value) -> client::Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(mocks, method, path, &[KEY, ("content-type", "application/json")], body.as_bytes()).await
}

async fn good(mocks: &Mocks, method: &str, path: &str, body: &Value) -> Value {
    judged::whole(&operation("gemini", method, path), &ask(mocks, method, path, body).await)
}

/// Status, and sentence, of an error.
fn refused(reply: &client::Reply, method: &str, path: &str) -> (u16, String) {
    let (status, body) = judged::refused(&operation("gemini", method, path), reply);
    (status, body["error"]["message"].as_str().unwrap().to_owned())
}

/// Uploads in one request, as the discovery document has it.
async fn file(mocks: &Mocks, mime_type: &str, content: &str) -> Value {
    let body = format!(
        "--x\r\ncontent-type: application/json\r\n\r\n{{\"file\":{{\"displayName\":\"d\"}}}}\r\n--x\r\nContent-Type: {mime_type}\r\n\r\n{content}\r\n--x--"
    );
    let headers =
        [KEY, ("content-type", "multipart/related; boundary=\"x\""), ("x-goog-upload-protocol", "multipart")];
    let reply = send(mocks, "POST", UPLOAD, &headers, body.as_bytes()).await;
    judged::whole(&operation("gemini", "POST", UPLOAD), &reply)["file"].clone()
}

fn turn(text: &str) -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] })
}

#[tokio::test]
async fn a_file_comes_in_one_request_or_in_pieces() {
    let mocks = mocks::start().await.unwrap();
    let whole = file(&mocks, "text/plain", "a\r\n--b").await;
    assert_eq!(
        (&whole["sizeBytes"], &whole["displayName"], &whole["state"]),
        (&json!("6"), &json!("d"), &json!("ACTIVE"))
    );

    let start = [
        KEY,
        ("content-type", "application/json"),
        ("x-goog-upload-protocol", "resumable"),
        ("x-goog-upload-command", "start"),
        ("x-goog-upload-header-content-length", "262147"),
        ("x-goog-upload-header-content-type", "text/plain"),
    ];
    let begun = send(&mocks, "POST", UPLOAD, &start, b"{\"file\":{\"name\":\"files/mine\"}}").await;
    assert_eq!((begun.status, begun.header("x-goog-upload-status")), (200, Some("active")));
    let url = begun.header("x-goog-upload-url").unwrap();
    let path = url.strip_prefix("http://mock/gemini").unwrap_or_else(|| panic!("{url}")).to_owned();
    let go_on = async |command: &str, offset: &str, body: &[u8]| {
        let headers = [("x-goog-upload-command", command), ("x-goog-upload-offset", offset)];
        send(&mocks, "POST", &path, &headers, body).await
    };
    assert_eq!(go_on("upload", "0", &[b'x'; 3]).await.status, 400, "less than a piece");
    assert_eq!(go_on("upload", "0", &[b'x'; 262_144]).await.header("x-goog-upload-status"), Some("active"));
    assert_eq!(go_on("query", "0", b"").await.header("x-goog-upload-size-received"), Some("262144"));
    assert_eq!(go_on("upload, finalize", "5", b"end").await.status, 400, "a wrong offset");
    assert_eq!(go_on("upload, finalize", "262144", b"e").await.status, 400, "too few");
    assert_eq!(go_on("upload, finalize", "262144", b"end?").await.status, 400, "too many");
    let done = go_on("upload, finalize", "262144", b"end").await;
    assert_eq!(done.header("x-goog-upload-status"), Some("final"));
    let made = judged::whole(&operation("gemini", "POST", UPLOAD), &done);
    assert_eq!((&made["file"]["name"], &made["file"]["sizeBytes"]), (&json!("files/mine"), &json!("262147")));
    assert_eq!(go_on("query", "0", b"").await.status, 404, "it is over");
    assert_eq!(good(&mocks, "GET", "/v1beta/files/mine", &Value::Null).await, made["file"]);

    let begun = send(&mocks, "POST", UPLOAD, &start[..4], b"{}").await;
    let url = begun.header("x-goog-upload-url").unwrap().to_owned();
    let path = url.strip_prefix("http://mock/gemini").unwrap();
    let cancel = [("x-goog-upload-command", "cancel")];
    assert_eq!(
        send(&mocks, "POST", path, &cancel, b"").await.header("x-goog-upload-status"),
        Some("cancelled")
    );
    assert_eq!(send(&mocks, "POST", path, &cancel, b"").await.status, 404);
}

#[tokio::test]
async fn what_a_batch_asks_is_answered_as_if_it_came_alone() {
    let [alone, batched] = [mocks::start().await.unwrap(), mocks::start().await.unwrap()];
    let generate = format!("{MODEL}:generateContent");
    let mut reply = good(&alone, "POST", &generate, &turn("Which way is north?")).await;
    let asked = json!({ "batch": { "inputConfig": { "requests": { "requests": [{ "request": turn("Which way is north?") }] } } } });
    let batch = good(&batched, "POST", &format!("{MODEL}:batchGenerateContent"), &asked).await;
    assert_eq!((&batch["metadata"]["state"], &batch["done"]), (&json!("BATCH_STATE_PENDING"), &Value::Null));
    let path = format!("/v1beta/{}", batch["name"].as_str().unwrap());
    assert_eq!(good(&batched, "GET", &path, &Value::Null).await["metadata"]["state"], "BATCH_STATE_RUNNING");
    let ended = good(&batched, "GET", &path, &Value::Null).await;
    let mut response = ended["response"]["inlinedResponses"]["inlinedResponses"][0]["response"].clone();
    for body in [&mut reply, &mut response] {
        body["responseId"].take();
    }
    assert_eq!(response, reply);
    assert_eq!(
        ended["metadata"]["batchStats"],
        json!({ "requestCount": "1", "successfulRequestCount": "1" })
    );
}

#[tokio::test]
async fn each_line_of_a_file_has_its_own_outcome() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[one]]", Reply::text(["Hi"])));
    let rows = [
        json!({ "key": "a", "request": turn("[[one]]") }).to_string(),
        "{".to_owned(),
        json!({ "key": "c", "request": { "prompt": "x" } }).to_string(),
        json!({ "key": 4 }).to_string(),
    ];
    let name = file(&mocks, "application/jsonl", &rows.join("\n")).await["name"].clone();
    let asked = json!({ "batch": { "inputConfig": { "fileName": name } } });
    let batch = good(&mocks, "POST", &format!("{MODEL}:batchGenerateContent"), &asked).await;
    let path = format!("/v1beta/{}", batch["name"].as_str().unwrap());
    good(&mocks, "GET", &path, &Value::Null).await;
    let ended = good(&mocks, "GET", &path, &Value::Null).await;
    let file = ended["response"]["responsesFile"].as_str().unwrap();
    let content = ask(&mocks, "GET", &format!("/v1beta/{file}:download?alt=media"), &Value::Null).await;
    assert_eq!(content.header("content-type"), Some("application/jsonl"));
    let rows: Vec<Value> = content.text().lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(
        (&rows[0]["key"], &rows[0]["response"]["candidates"][0]["content"]["parts"][0]["text"]),
        (&json!("a"), &json!("Hi"))
    );
    let codes: Vec<&Value> = rows[1..].iter().map(|row| &row["error"]["code"]).collect();
    assert_eq!((codes, &rows[2]["key"], &rows[3]["key"]), (vec![&json!(3); 3], &json!("c"), &json!(4)));
    let stats = json!({ "requestCount": "4", "successfulRequestCount": "1", "failedRequestCount": "3" });
    assert_eq!(ended["metadata"]["batchStats"], stats);
}

#[tokio::test]
async fn what_is_no_file_and_no_batch_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let made = file(&mocks, "text/plain", "x").await;
    let own = format!("/v1beta/{}", made["name"].as_str().unwrap());
    let create = format!("{MODEL}:batchGenerateContent");
    for (method, path, body, status, sentence) in [
        ("GET", "/v1beta/files/none", Value::Null, 403, "may not exist"),
        ("DELETE", "/v1beta/files/none", Value::Null, 403, "may not exist"),
        ("GET", "/v1beta/files/none:download", Value::Null, 403, "may not exist"),
        ("GET", &*format!("{own}:download"), Value::Null, 400, "Only generated files"),
        ("GET", "/v1beta/files?pageSize=-1", Value::Null, 400, "Page size"),
        ("GET", "/v1beta/batches?pageToken=x", Value::Null, 400, "Page token"),
        ("GET", "/v1beta/batches/none", Value::Null, 404, "not found"),
        ("DELETE", "/v1beta/batches/none", Value::Null, 404, "not found"),
        ("POST", "/v1beta/batches/none:cancel", json!({}), 404, "not found"),
        ("POST", &create, json!({}), 400, "batch is not specified"),
        ("POST", &create, json!({ "batch": { "inputConfig": {} } }), 400, "no requests"),
        (
            "POST",
            &create,
            json!({ "batch": { "inputConfig": { "fileName": "files/none" } } }),
            403,
            "may not exist",
        ),
        ("POST", &create, json!({ "batch": { "inputFile": "x" } }), 400, "Cannot find field"),
        ("POST", UPLOAD, json!({ "file": {} }), 400, "no content"),
    ] {
        let reply = ask(&mocks, method, path, &body).await;
        let (found, message) = refused(&reply, method, path);
        assert!(found == status && message.contains(sentence), "{method} {path}: {found} {message}");
    }
    for name in ["files/UPPER", "files/-a", "a", &format!("files/{}", "a".repeat(41))] {
        let body = json!({ "file": { "name": name } }).to_string();
        let headers = [
            KEY,
            ("content-type", "application/json"),
            ("x-goog-upload-protocol", "resumable"),
            ("x-goog-upload-command", "start"),
        ];
        let reply = send(&mocks, "POST", UPLOAD, &headers, body.as_bytes()).await;
        assert_eq!(refused(&reply, "POST", UPLOAD).0, 400, "{name}");
    }
    assert_eq!(send(&mocks, "GET", "/v1beta/files", &[], b"").await.status, 403);
    assert_eq!(send(&mocks, "POST", UPLOAD, &[], b"x").await.status, 403);
}
