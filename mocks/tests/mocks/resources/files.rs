//! Files and uploads.

use mocks::{Options, StoreLimits};
use serde_json::{Value, json};

use super::{FORM, form, good, id, last, refused, send, upload};

const PATH: &str = "/v1/files";

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent() {
    let mocks = mocks::start().await.unwrap();
    let content = [b"{}\n\xff\0\r\n--x-z".as_slice(), &[0x80; 3_000]].concat();
    let file = upload(&mocks, "evals", "n\u{f6}rth.bin", &content).await;
    assert_eq!((&file["bytes"], &file["filename"]), (&json!(content.len()), &json!("n\u{f6}rth.bin")));
    let entry = last(&mocks);
    assert_eq!((entry.operation.as_str(), entry.violations.len()), ("createFile", 0));
    let path = format!("{PATH}/{}/content", id(&file));
    let reply = send(&mocks, "GET", &path, "", b"").await;
    assert_eq!((reply.status, &reply.body), (200, &content));
    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    assert_eq!(
        reply.header("content-disposition"),
        Some("attachment; filename*=UTF-8''%6E%C3%B6%72%74%68%2E%62%69%6E")
    );
    for header in ["x-request-id", "openai-organization", "openai-version", "openai-processing-ms"] {
        assert!(reply.header(header).is_some(), "{header}");
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused_as_such() {
    let mocks = mocks::start().await.unwrap();
    let reply = send(&mocks, "POST", PATH, "application/json", b"{}").await;
    let (status, message, ..) = refused(&reply, "POST", PATH);
    assert_eq!(status, 415);
    assert!(
        message.starts_with("Invalid Content-Type header (application/json), expected multipart/form-data.")
    );
    for (media, body, expected) in [
        (FORM, &b"--x-y\r\n"[..], "Could not parse multipart form"),
        ("multipart/form-data", b"--x-y--", "Could not parse multipart form"),
        (FORM, b"--x-y--", "Missing required parameter: 'file'."),
    ] {
        let (status, message, ..) = refused(&send(&mocks, "POST", PATH, media, body).await, "POST", PATH);
        assert_eq!(status, 400);
        assert!(message.starts_with(expected), "{message}");
    }
    // A field is no file.
    let body = form(&[("purpose", "batch")], ("file", "", b"{}"));
    let (_, message, ..) = refused(&send(&mocks, "POST", PATH, FORM, &body).await, "POST", PATH);
    assert_eq!(message, "'file' is a required property");
}

#[tokio::test]
async fn each_purpose_demands_its_own() {
    let mocks = mocks::start().await.unwrap();
    for (purpose, name, expected) in [
        ("batch", "a.json", "Invalid file format for Batch API. Must be .jsonl"),
        ("fine-tune", "a.txt", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        ("assistants", "a.exe", "Invalid extension exe. Supported formats: \"c\", \"cpp\""),
        ("vision", "a.pdf", "Invalid extension pdf. Supported formats: \"gif\", \"jpeg\""),
    ] {
        let body = form(&[("purpose", purpose)], ("file", name, b"x"));
        let (status, message, ..) = refused(&send(&mocks, "POST", PATH, FORM, &body).await, "POST", PATH);
        assert_eq!(status, 400, "{purpose}");
        assert!(message.starts_with(expected), "{message}");
    }
    for (purpose, name) in
        [("user_data", "a.exe"), ("evals", "a"), ("assistants", "a.PDF"), ("vision", "a.png")]
    {
        assert_eq!(upload(&mocks, purpose, name, b"x").await["status"], "processed");
    }
    let fields =
        [("purpose", "batch"), ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "3600")];
    let reply = send(&mocks, "POST", PATH, FORM, &form(&fields, ("file", "a.jsonl", b"{}"))).await;
    let file: Value = reply.json();
    assert_eq!(file["expires_at"].as_u64().unwrap() - file["created_at"].as_u64().unwrap(), 3_600);
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    let mocks = mocks::start().await.unwrap();
    let mut ids = Vec::new();
    for at in 0_u8..5 {
        let purpose = if at == 2 { "evals" } else { "batch" };
        ids.push(id(&upload(&mocks, purpose, "a.jsonl", &[b'0' + at]).await).to_owned());
    }
    let first = good(&mocks, "GET", "/v1/files?limit=2", None).await;
    assert_eq!((&first["first_id"], &first["last_id"]), (&json!(ids[4]), &json!(ids[3])));
    assert_eq!(first["has_more"], true);
    let path = format!("/v1/files?limit=2&purpose=batch&order=asc&after={}", ids[1]);
    let more = good(&mocks, "GET", &path, None).await;
    let listed: Vec<_> = more["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!((listed, &more["has_more"]), (vec![&*ids[3], &*ids[4]], &json!(false)));
    for (query, param, code) in [
        ("limit=10001", "limit", "integer_above_max_value"),
        ("limit=many", "limit", "invalid_type"),
        ("order=up", "order", "invalid_value"),
    ] {
        let path = format!("/v1/files?{query}");
        let refusal = refused(&send(&mocks, "GET", &path, "", b"").await, "GET", &path);
        assert_eq!((refusal.0, &refusal.2, &refusal.3), (400, &json!(param), &json!(code)), "{query}");
    }
}

#[tokio::test]
async fn a_file_that_no_store_holds_is_too_large() {
    let limits = StoreLimits { bytes: 10_000, ..StoreLimits::default() };
    let mocks = mocks::start_with(Options { store: limits, ..Options::default() }).await.unwrap();
    let body = form(&[("purpose", "evals")], ("file", "a.bin", &[0; 20_000]));
    let (status, message, ..) = refused(&send(&mocks, "POST", PATH, FORM, &body).await, "POST", PATH);
    assert_eq!(status, 413);
    assert!(message.starts_with("Maximum content size limit"), "{message}");
    assert_eq!(good(&mocks, "GET", PATH, None).await["data"], json!([]));
}

#[tokio::test]
async fn ids_follow_the_seed_and_a_file_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state"));
    let options = || Options { state: state.clone(), seed: 7, ..Options::default() };
    let mocks = mocks::start_with(options()).await.unwrap();
    let file = upload(&mocks, "evals", "a.bin", b"\0\xff").await;
    let mut other = mocks::start_with(Options { seed: 7, ..Options::default() }).await.unwrap();
    assert_eq!(upload(&other, "evals", "a.bin", b"\0\xff").await, file, "the same seed, the same file");
    other = mocks::start_with(Options { seed: 8, ..Options::default() }).await.unwrap();
    assert_ne!(id(&upload(&other, "evals", "a.bin", b"\0\xff").await), id(&file));
    mocks.shutdown().await;
    let mocks = mocks::start_with(options()).await.unwrap();
    let path = format!("{PATH}/{}", id(&file));
    assert_eq!(good(&mocks, "GET", &path, None).await, file);
    assert_eq!(send(&mocks, "GET", &format!("{path}/content"), "", b"").await.body, b"\0\xff");
    let newer = upload(&mocks, "evals", "a.bin", b"\0\xff").await;
    assert!(newer["created_at"].as_u64() > file["created_at"].as_u64() && id(&newer) != id(&file));
    mocks.reset();
    assert_eq!(send(&mocks, "GET", &path, "", b"").await.status, 404);
}

#[tokio::test]
async fn an_upload_is_a_file_once_its_parts_are_all_there() {
    let mocks = mocks::start().await.unwrap();
    let asked = json!({ "filename": "a.jsonl", "purpose": "batch", "bytes": 4, "mime_type": "text/jsonl",
        "expires_after": { "anchor": "created_at", "seconds": 7_200 } });
    let begun = good(&mocks, "POST", "/v1/uploads", Some(&asked)).await;
    assert_eq!(begun["expires_at"].as_u64().unwrap() - begun["created_at"].as_u64().unwrap(), 3_600);
    let own = |more: &str| format!("/v1/uploads/{}{more}", id(&begun));
    let parts = own("/parts");
    let mut ids = Vec::new();
    for data in [b"cd", b"ab"] {
        let reply = send(&mocks, "POST", &parts, FORM, &form(&[], ("data", "part", data))).await;
        let part: Value = reply.json();
        assert_eq!(crate::judged::operation("openai", "POST", &parts).reply(200, &part), []);
        ids.push(part["id"].clone());
    }
    let complete = |body: Value| {
        let (path, mocks) = (own("/complete"), &mocks);
        async move {
            let reply = send(mocks, "POST", &path, "application/json", body.to_string().as_bytes()).await;
            (reply.status, reply.json())
        }
    };
    let (status, body) = complete(json!({ "part_ids": [ids[1]] })).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("bytes")));
    let (status, body) = complete(json!({ "part_ids": [ids[1], ids[0]], "md5": "0" })).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("md5")));
    // MD5 of abcd
    let md5 = "e2fc714c4727ee9395f324cd2e7f331f";
    let (status, done) = complete(json!({ "part_ids": [ids[1], ids[0]], "md5": md5 })).await;
    assert_eq!((status, &done["status"], &done["file"]["bytes"]), (200, &json!("completed"), &json!(4)));
    let file = &done["file"];
    assert_eq!(file["expires_at"].as_u64().unwrap() - file["created_at"].as_u64().unwrap(), 7_200);
    let content = send(&mocks, "GET", &format!("{PATH}/{}/content", id(file)), "", b"").await;
    assert_eq!(content.body, b"abcd");
    let (status, body) = complete(json!({ "part_ids": [ids[0]] })).await;
    assert_eq!(status, 400, "it is complete: {body}");
    for path in [own("/cancel"), "/v1/uploads/upload_0/cancel".to_owned()] {
        let refusal = refused(&send(&mocks, "POST", &path, "application/json", b"{}").await, "POST", &path);
        assert_eq!(refusal.0, if path.contains("upload_0") { 404 } else { 400 });
    }
}
