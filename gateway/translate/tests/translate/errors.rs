//! What clients are told when a provider fails.

use serde_json::Value;
use translate::call::{self, Api};
use translate::providers::ALL;

/// OpenAI's error object, with all four members.
fn is_error(status: u16, body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let chat = specs::api("openai").unwrap().operation("POST", "/v1/chat/completions").unwrap();
    let violations = chat.reply(status, &body);
    assert!(violations.is_empty(), "{violations:?} in {body}");
    let error = &body["error"];
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert!(
        error["type"].is_string() && error.get("param").is_some() && error.get("code").is_some(),
        "{body}"
    );
}

/// Anthropic's error object, with the type that goes with its status.
fn is_error_of_messages(status: u16, body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let messages = specs::api("anthropic").unwrap().operation("POST", "/v1/messages").unwrap();
    // A status that Anthropic does not have has the type of the nearest that it has.
    let known = [400, 401, 402, 403, 404, 409, 413, 429, 500, 504, 529];
    let nearest = if status < 500 { 400 } else { 500 };
    let judged = if known.contains(&status) { status } else { nearest };
    let violations = messages.reply(judged, &body);
    assert!(violations.is_empty(), "{status}: {violations:?} in {body}");
    assert_eq!(body["request_id"], "id", "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
}

#[test]
fn every_status_and_body_becomes_an_error_object() {
    let bodies: [&[u8]; 9] = [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b"null",
        b"{}",
        b"{\"error\":null}",
        b"{\"error\":\"no\"}",
        b"{\"error\":{\"message\":\"no\",\"code\":429}}",
        b"{\"message\":\"no\"}",
        b"\xff\xfe",
    ];
    for provider in ALL {
        for status in (200..600).filter(|status| !(200..300).contains(status)).chain([600, 999]) {
            for body in bodies {
                let failure = call::failure(Api::Messages, provider, status, &|_| None, body, "id");
                is_error_of_messages(failure.status, &failure.body);
                let failure = call::failure(Api::Chat, provider, status, &|_| None, body, "id");
                assert!((400..600).contains(&failure.status), "{status} became {}", failure.status);
                is_error(failure.status, &failure.body);
                let text = String::from_utf8(failure.body).unwrap();
                assert!(!text.contains("html"), "a page is not a message: {text}");
            }
        }
    }
}

#[test]
fn every_failure_of_ours_is_an_error_object() {
    use translate::Error::{Dropped, Malformed, TooLarge, Truncated};
    let malformed = Malformed { what: "reply", why: "it \"is\" not".to_owned() };
    for error in [Dropped(vec!["seed".to_owned()]), malformed, TooLarge(1), Truncated] {
        is_error(error.status(), &error.body());
    }
}
