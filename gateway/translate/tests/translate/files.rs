//! Every case in `specs/cases/files` comes out as it says: files and pages of them. What the provider gets and says is judged by its
//! document, and what the client gets by OpenAI's.

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::Operation;
use translate::files::{self, File, Page, Step};

use crate::folder::Folder;

fn cases() -> Vec<Folder> {
    Folder::all("files")
}

fn operation(api: &str, method: &str, path: &str) -> Operation {
    let found = specs::api(api).unwrap().operation(method, path);
    found.unwrap_or_else(|| panic!("{api} has no {path}"))
}

/// The operation of the provider's document that a step means.
fn theirs(step: Step<'_>) -> Operation {
    let (method, target) = files::target(step);
    operation("gemini", method, &target.path)
}

const START: Step<'_> = Step::Start { media_type: "text/plain", length: None };

#[test]
fn every_case_shows_something() {
    for case in cases() {
        let shows = ["file.json", "uploaded.json", "list.json"];
        assert!(shows.iter().any(|file| case.has(file)), "{case} shows nothing");
    }
}

#[test]
fn files_come_out_as_the_case_says() {
    let retrieved = operation("openai", "GET", "/v1/files/file-1");
    for case in cases() {
        let (file, native) = match (case.json("file.json"), case.json("uploaded.json")) {
            (Some(native), _) => {
                assert_eq!(theirs(Step::Retrieve("f")).reply(200, &native), [], "{case}");
                (File::read(native.to_string().as_bytes()), native)
            }
            (None, Some(native)) => {
                assert_eq!(theirs(START).reply(200, &native), [], "{case}");
                (File::uploaded(native.to_string().as_bytes()), native["file"].clone())
            }
            (None, None) => continue,
        };
        let file = file.unwrap_or_else(|why| panic!("{case}: {why}"));
        let body: Value = serde_json::from_slice(&file.body()).unwrap();
        assert_eq!(body, case.json("expected.json").unwrap(), "{case}");
        assert_eq!(retrieved.reply(200, &body), [], "{case}");
        let name = files::native_name(&file.id).map(|name| format!("files/{name}"));
        assert_eq!(name.as_deref(), native["name"].as_str(), "its name leads back");
    }
}

#[test]
fn pages_come_out_as_the_case_says() {
    let listed = operation("openai", "GET", "/v1/files");
    for case in cases() {
        let Some(native) = case.json("list.json") else { continue };
        assert_eq!(theirs(Step::List { token: None }).reply(200, &native), [], "{case}");
        let page = Page::read(native.to_string().as_bytes()).unwrap();
        let body: Value = serde_json::from_slice(&files::page(&page.files, page.token.is_some())).unwrap();
        assert_eq!(body, case.json("expected_page.json").unwrap(), "{case}");
        assert_eq!(listed.reply(200, &body), [], "{case}");
    }
}

#[test]
fn an_upload_is_as_the_provider_documents_it() {
    let (method, target) = files::target(Step::Start { media_type: "text/plain", length: Some(5) });
    let headers = [
        ("x-goog-upload-protocol", "resumable"),
        ("x-goog-upload-command", "start"),
        ("x-goog-upload-header-content-type", "text/plain"),
        ("x-goog-upload-header-content-length", "5"),
    ];
    assert_eq!((method, &*target.path), ("POST", "/upload/v1beta/files"));
    assert_eq!(target.headers, headers.map(|(name, value)| (name, value.to_owned())));
    let body: Value = serde_json::from_slice(&files::start("user-data-1", "a \"b\".txt")).unwrap();
    assert_eq!(body, json!({ "file": { "name": "files/user-data-1", "displayName": "a \"b\".txt" } }));
    assert_eq!(theirs(START).request(&body), []);
    for (is_last, command) in [(false, "upload"), (true, "upload, finalize")] {
        let (method, target) = files::target(Step::Piece { offset: 262_144, is_last });
        let headers = [("x-goog-upload-command", command), ("x-goog-upload-offset", "262144")];
        assert_eq!((method, &*target.path), ("POST", "/upload/v1beta/files"));
        assert_eq!(target.headers, headers.map(|(name, value)| (name, value.to_owned())));
    }
}

#[test]
fn the_other_steps_lead_where_the_provider_has_them() {
    let (method, target) = files::target(Step::Content("a"));
    assert_eq!((method, &*target.path), ("GET", "/v1beta/files/a:download"));
    assert_eq!(target.query, [("alt", "media".to_owned())]);
    let (method, target) = files::target(Step::List { token: Some("t") });
    assert_eq!((method, &*target.path), ("GET", "/v1beta/files"));
    assert_eq!(target.query, [("pageSize", "100".to_owned()), ("pageToken", "t".to_owned())]);
    let (method, target) = files::target(Step::Delete("a"));
    assert_eq!((method, &*target.path), ("DELETE", "/v1beta/files/a"));
    let gone: Value = serde_json::from_slice(&files::deleted("file-a")).unwrap();
    assert_eq!(operation("openai", "DELETE", "/v1/files/file-a").reply(200, &gone), []);
}

#[test]
fn only_its_query_is_taken_of_an_uploads_address() {
    for (address, query) in [
        (
            "https://elsewhere.example/upload/v1beta/files?upload_id=a&upload_protocol=resumable",
            "upload_id=a&upload_protocol=resumable",
        ),
        ("/upload?upload_id=a#b", "upload_id=a"),
    ] {
        assert_eq!(files::upload_query(address), Some(query));
    }
    for none in ["", "https://host/path", "https://host/path?", "/upload?a b", "/upload?a\r\nb: c"] {
        assert_eq!(files::upload_query(none), None, "{none}");
    }
}

#[test]
fn who_may_not_see_a_file_is_told_that_it_is_not_there() {
    let hidden = br#"{"error":{"code":403,"message":"You do not have permission to access the File a or it may not exist.","status":"PERMISSION_DENIED"}}"#;
    let denied = br#"{"error":{"code":403,"message":"Generative Language API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED"}}"#;
    assert!(files::is_absence(403, hidden) && files::is_absence(404, b""));
    assert!(
        !files::is_absence(403, denied)
            && !files::is_absence(403, b"<html>")
            && !files::is_absence(400, hidden)
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\{\"(files|file|name|sizeBytes|state)\":(\\[\\]|\"[a-zA-Z0-9/-]{0,5}\"|\\{\"name\":\"a\"\\}|1)\\}".prop_map(String::into_bytes),
    ]) {
        let _ = File::read(&bytes);
        let _ = File::uploaded(&bytes);
        let _ = Page::read(&bytes);
        let _ = files::is_absence(403, &bytes);
    }
}
