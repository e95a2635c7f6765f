//! Which operation a request line means.

use serde_json::json;
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
    for own in ["createChatCompletion", "createCompletion", "createEmbedding", "listModels", "retrieveModel"]
    {
        assert!(ids.contains(&own), "{ids:?}");
    }
    // What stands in other files of the folder is as much a part of the document.
    let created = openai().operation("POST", "/v1/responses").expect("in another file");
    assert!(ids.contains(&created.id()), "{ids:?}");
}

#[test]
fn a_parameter_is_one_segment_percent_decoded() {
    let bedrock = api("bedrock").unwrap();
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.model-v1:0";
    for (sent, meant) in [
        ("anthropic.claude-v2:1", "anthropic.claude-v2:1"),
        ("anthropic.claude-v2%3A1", "anthropic.claude-v2:1"),
        ("anthropic.claude-v2%3a1", "anthropic.claude-v2:1"),
        ("arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.model-v1%3A0", arn),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile%2Fus.model-v1:0", arn),
        ("%C3%A9%25", "é%"),
        ("a+b", "a+b"),
    ] {
        for (suffix, id) in [("converse", "Converse"), ("converse-stream", "ConverseStream")] {
            let found = bedrock.operation("POST", &format!("/model/{sent}/{suffix}")).unwrap();
            assert_eq!((found.id(), found.parameter("modelId").as_deref()), (id, Some(meant)));
            assert_eq!(found.parameter("model"), None);
        }
    }
    for sent in ["", "a/b", "%", "%4", "%zz", "%ff", "a%", "arn:aws:bedrock:::inference-profile/x"] {
        assert!(bedrock.operation("POST", &format!("/model/{sent}/converse")).is_none(), "{sent}");
    }
}

#[test]
fn a_variant_chooses_among_media_types() {
    let messages = api("anthropic").unwrap().operation("POST", "/v1/messages").unwrap();
    let body = json!({ "model": "m", "max_tokens": 1, "temperature": 1, "messages": [{ "role": "user", "content": "hi" }] });
    let old = messages.variant("2023-06-01").unwrap();
    let new = messages.variant("2026-10-21").unwrap();
    assert_eq!(messages.request(&body), []);
    assert_eq!(old.request(&body), []);
    assert_eq!(new.request(&body).len(), 1);
    assert_eq!(new.variant("2023-06-01").unwrap().request(&body), []);
    assert!(messages.variant("2022-01-01").is_none());
    assert_eq!(new.id(), messages.id());
}

#[test]
fn a_variant_that_no_media_type_names_is_none() {
    let chat = openai().operation("POST", "/v1/chat/completions").unwrap();
    assert!(chat.variant("2023-06-01").is_none());
}

#[test]
fn a_parameter_with_a_plus_spans_slashes_and_gives_way_to_longer_paths() {
    let api = api("huggingface").unwrap();
    let found = |path: &str| {
        let operation = api.operation("POST", path)?;
        Some((operation.id(), operation.parameter("model").unwrap()))
    };
    let id = |id, model: &str| Some((id, model.to_owned()));
    assert_eq!(found("/models/gpt2"), id("textGenerationOld", "gpt2"));
    assert_eq!(found("/models/org/m?wait=1"), id("textGenerationOld", "org/m"));
    assert_eq!(found("/hf-inference/models/org%2Fm"), id("textGeneration", "org/m"));
    let vectors = "/hf-inference/models/org/m/pipeline/feature-extraction";
    assert_eq!(found(vectors), id("featureExtraction", "org/m"));
    let chat = "/hf-inference/models/m/v1/chat/completions";
    assert_eq!(found(chat), id("chatCompletionOfModel", "m"));
    for path in ["/models", "/models/", "/models/org//m", "/hf-inference/models", "/models/%ff"] {
        assert_eq!(found(path), None, "{path}");
    }
}
