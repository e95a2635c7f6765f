//! OpenAI's chat completions: what passes, and what each mistake is called.

use serde_json::{Value, json};
use specs::Operation;

fn chat() -> Operation {
    let api = specs::api("openai").expect("the document is embedded");
    api.operation("POST", "/v1/chat/completions").expect("the document has it")
}

fn messages(body: &Value) -> Vec<String> {
    chat().request(body).iter().map(ToString::to_string).collect()
}

#[test]
fn a_plain_request_passes() {
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(messages(&body), Vec::<String>::new());
}

#[test]
fn mistakes() {
    let body = json!({ "model": "gpt-4o", "stream_options": {}, "messages": [
        { "role": "user", "content": [{ "type": "image", "text": "x" }] },
        { "role": "user", "content": [{ "type": "image_url", "image_url": {"url": "ftp://x", "details": "low"} }] },
        { "role": "robot", "content": "x" },
        { "role": "assistant", "content": null },
        { "role": "assistant", "content": null, "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": {}}}] },
        { "content": "x" },
        7,
    ], "tool_choice": "any", "response_format": {"type": "json_schema"}, "temperature": 3 });
    insta::assert_snapshot!(messages(&body).join("\n"));
}
