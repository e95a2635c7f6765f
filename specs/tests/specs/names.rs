//! Members that are spelt as protobuf's JSON may spell them.

use std::borrow::Cow;

use serde_json::{Value, json};
use specs::Operation;

fn generate() -> Operation {
    let gemini = specs::api("gemini").expect("embedded");
    gemini.operation("POST", "/v1/models/gemini-2.5-flash:generateContent").expect("described")
}

fn contents() -> Value {
    json!([{ "role": "user", "parts": [{ "text": "hi" }] }])
}

#[test]
fn snake_case_is_the_same_request() {
    let properties = json!({ "max_items": { "type": "INTEGER" } });
    let snake = json!({
        "contents": [{ "parts": [{ "inline_data": { "mime_type": "image/png", "data": "aGk=" } }] }],
        "generation_config": { "max_output_tokens": 7, "response_schema": { "type": "OBJECT", "properties": properties } },
        "tools": [{ "function_declarations": [{ "name": "f", "parameters": { "type": "ARRAY", "max_items": "1" } }] }],
    });
    let camel = json!({
        "contents": [{ "parts": [{ "inlineData": { "mimeType": "image/png", "data": "aGk=" } }] }],
        "generationConfig": { "maxOutputTokens": 7, "responseSchema": { "type": "OBJECT", "properties": properties } },
        "tools": [{ "functionDeclarations": [{ "name": "f", "parameters": { "type": "ARRAY", "maxItems": "1" } }] }],
    });
    let generate = generate();
    assert_eq!(generate.request(&snake), []);
    assert_eq!(*generate.settled(&snake), camel, "names of properties are nobody's to spell");
    assert!(matches!(generate.settled(&camel), Cow::Borrowed(same) if *same == camel));
}

#[test]
fn words_are_the_same_in_any_case() {
    let declared = |kind: &str, mode: &str| {
        let parameters =
            json!({ "type": kind, "properties": { "type": { "type": kind, "description": "string" } } });
        json!({
            "contents": contents(),
            "tools": [{ "functionDeclarations": [{ "name": "string", "parameters": parameters }] }],
            "toolConfig": { "functionCallingConfig": { "mode": mode } },
        })
    };
    let generate = generate();
    assert_eq!(generate.request(&declared("string", "Any")), []);
    assert_eq!(*generate.settled(&declared("string", "Any")), declared("STRING", "ANY"));
    assert_eq!(generate.request(&declared("text", "ANY")).len(), 2);
}

#[test]
fn one_value_is_a_list_of_one() {
    let single = json!({
        "contents": { "parts": { "text": "hi" } },
        "generation_config": { "stop_sequences": "END" },
        "tools": { "functionDeclarations": { "name": "f", "parameters": { "required": "a" } } },
    });
    let list = json!({
        "contents": [{ "parts": [{ "text": "hi" }] }],
        "generationConfig": { "stopSequences": ["END"] },
        "tools": [{ "functionDeclarations": [{ "name": "f", "parameters": { "required": ["a"] } }] }],
    });
    let generate = generate();
    assert_eq!(generate.request(&single), []);
    assert_eq!(*generate.settled(&single), list);
    let wrong = json!({ "contents": contents(), "generationConfig": { "stopSequences": 7 } });
    assert_eq!(generate.request(&wrong).len(), 1);
    assert_eq!(generate.request(&json!({ "contents": null })).len(), 1, "null is no list of one");
}

#[test]
fn what_no_schema_describes_stays_as_it_is() {
    let free = json!({ "mime_type": "a", "display_name": { "time_zone": 1 } });
    let call = json!({ "function_call": { "name": "f", "args": free } });
    let declared = json!([{ "functionDeclarations": [{ "name": "f", "parameters_json_schema": free }] }]);
    let body = json!({ "contents": [{ "role": "model", "parts": [call] }], "tools": declared });
    let generate = generate();
    let settled = generate.settled(&body);
    assert_eq!(settled["contents"][0]["parts"][0]["functionCall"]["args"], free);
    assert_eq!(settled["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"], free);
}

#[test]
fn what_is_unknown_in_every_spelling_is_refused() {
    for name in [
        "max_output_token",
        "max__output_tokens",
        "_max_output_tokens",
        "MaxOutputTokens",
        "max_Output_tokens",
        "_",
        "é_",
    ] {
        let body = json!({ "contents": contents(), "generationConfig": { name: 7 } });
        assert_eq!(generate().request(&body).len(), 1, "{name}");
    }
    let twice = json!({ "contents": contents(), "cached_content": "a", "cachedContent": "b" });
    assert_eq!(generate().request(&twice)[0].pointer, "/cached_content");
}

#[test]
fn other_services_have_one_spelling() {
    let chat =
        specs::api("anthropic").expect("embedded").operation("POST", "/v1/messages").expect("described");
    let body = json!({ "maxTokens": 1, "stop_Sequences": [] });
    assert_eq!(*chat.settled(&body), body);
}
