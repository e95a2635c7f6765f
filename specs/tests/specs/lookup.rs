//! Which operation a request line means.

use specs::{Api, api};

fn openai() -> &'static Api {
    api("openai").expect("the document is embedded")
}

#[test]
fn an_operation_is_found_by_method_and_path() {
    let chat = openai().operation("POST", "/v1/chat/completions").unwrap();
    assert_eq!(
        (chat.id(), chat.method(), chat.path()),
        ("createChatCompletion", "POST", "/v1/chat/completions")
    );
    let queried = openai().operation("POST", "/v1/chat/completions?beta=true").unwrap();
    assert_eq!(queried.id(), chat.id());
}

#[test]
fn what_no_document_has_is_not_found() {
    for (method, path) in [
        ("GET", "/v1/chat/completions"),
        ("HEAD", "/v1/chat/completions"),
        ("post", "/v1/chat/completions"),
        ("POST", "/v1/chat/completions/"),
        ("POST", "/v1//chat/completions"),
        ("POST", "/V1/chat/completions"),
        ("POST", "/v1/chat"),
        ("POST", "/v1/chat/completions/x"),
        ("POST", "v1/chat/completions"),
        ("POST", "/"),
        ("POST", ""),
        ("OPTIONS", "*"),
    ] {
        assert!(openai().operation(method, path).is_none(), "{method} {path}");
    }
    assert!(api("nobody").is_none());
}

#[test]
fn operations_are_listed() {
    let ids: Vec<_> = openai().operations().map(|operation| operation.id()).collect();
    assert_eq!(ids, ["createChatCompletion"]);
}

#[test]
fn a_variant_that_no_media_type_names_is_none() {
    let chat = openai().operation("POST", "/v1/chat/completions").unwrap();
    assert!(chat.variant("2023-06-01").is_none());
}
