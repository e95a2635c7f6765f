//! Bad requests, in the service's own words.

use serde_json::{Value, json};

use super::{PATH, refused};
use crate::judged;

fn with(more: &Value) -> Value {
    let mut body = json!({ "model": "gpt-4o", "input": "hi" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Body, param, code, and a part of the message.
type Case = (Value, Value, Value, &'static str);

fn case(body: Value, param: &str, code: &str, text: &'static str) -> Case {
    let or_null = |name: &str| if name.is_empty() { Value::Null } else { json!(name) };
    (body, or_null(param), or_null(code), text)
}

const MISSING: &str = "missing_required_parameter";

fn what_is_missing() -> Vec<Case> {
    vec![
        case(json!({ "input": "hi" }), "model", MISSING, "Missing required parameter: 'model'."),
        case(json!({ "model": "gpt-4o" }), "input", MISSING, "Missing required parameter: 'input'."),
        case(with(&json!({ "input": "" })), "", MISSING, "One of \"input\" or \"previous_response_id\""),
        case(with(&json!({ "input": [] })), "", MISSING, "must be provided."),
    ]
}

fn members() -> Vec<Case> {
    let one = |member: Value, param, code, text| case(with(&member), param, code, text);
    let unnamed = json!([{ "type": "function", "function": { "name": "f" } }]);
    vec![
        one(
            json!({ "max_tokens": 9 }),
            "max_tokens",
            "unknown_parameter",
            "Unknown parameter: 'max_tokens'.",
        ),
        one(json!({ "messages": [] }), "", "unsupported_parameter", "has moved to 'input'"),
        one(json!({ "input": 7 }), "input", "invalid_type", "or array of input items, but got an integer"),
        one(
            json!({ "temperature": "x" }),
            "temperature",
            "invalid_type",
            "expected a decimal, but got a string",
        ),
        one(json!({ "max_output_tokens": 1 }), "max_output_tokens", "integer_below_min_value", "value >= 16"),
        one(json!({ "truncation": "x" }), "truncation", "invalid_value", "are: 'auto' and 'disabled'."),
        one(
            json!({ "text": { "format": { "type": "json_schema" } } }),
            "text.format.name",
            MISSING,
            "Missing",
        ),
        one(
            json!({ "tools": unnamed }),
            "tools[0].name",
            MISSING,
            "Missing required parameter: 'tools[0].name'.",
        ),
        one(json!({ "background": true, "store": false }), "store", "invalid_value", "Invalid value: false."),
        one(json!({ "stream_options": {} }), "stream_options", "", "only allowed when 'stream' is enabled."),
    ]
}

fn items() -> Vec<Case> {
    let one = |item: Value, param, code, text| case(with(&json!({ "input": [item] })), param, code, text);
    let heard = json!([{ "type": "input_text", "text": "x" }]);
    let call = json!({ "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}" });
    let output = json!({ "type": "function_call_output", "call_id": "call_1", "output": "x" });
    vec![
        one(
            json!({ "role": "user", "content": "hi", "bogus": 1 }),
            "input[0].bogus",
            "unknown_parameter",
            "Unknown parameter: 'input[0].bogus'.",
        ),
        one(
            json!({ "role": "tool", "content": "hi" }),
            "input[0]",
            "invalid_value",
            "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
        ),
        one(json!({ "role": "user" }), "input[0].content", MISSING, "parameter: 'input[0].content'."),
        one(json!({ "type": "bogus" }), "input[0]", "invalid_value", "Invalid value: 'bogus'."),
        one(
            json!({ "role": "assistant", "content": heard }),
            "input[0].content[0]",
            "invalid_value",
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        ),
        one(output, "input", "", "No tool call found for function call output with call_id call_1."),
        one(call, "input", "", "No tool output found for function call call_1."),
    ]
}

fn what_went_before() -> Vec<Case> {
    let earlier = with(&json!({ "previous_response_id": "resp_x" }));
    let both = with(&json!({ "conversation": "conv_1", "previous_response_id": "resp_x" }));
    vec![
        case(
            earlier,
            "previous_response_id",
            "previous_response_not_found",
            "Previous response with id 'resp_x' not found.",
        ),
        case(both, "previous_response_id", "mutually_exclusive_parameters", "Mutually exclusive"),
    ]
}

fn what_the_model_can() -> Vec<Case> {
    let one = |member: Value, param, code, text| case(with(&member), param, code, text);
    let loose = json!({ "type": "object", "properties": {} });
    let format = json!({ "type": "json_schema", "name": "n", "strict": true, "schema": loose });
    let strict = json!([{ "type": "function", "name": "f", "strict": true, "parameters": loose }]);
    let other = json!({ "tools": [{ "type": "function", "name": "f" }], "tool_choice": { "type": "function", "name": "g" } });
    vec![
        one(
            json!({ "model": "gpt-5", "temperature": 0.5 }),
            "temperature",
            "",
            "Unsupported parameter: 'temperature' is not supported with this model.",
        ),
        one(
            json!({ "reasoning": { "effort": "low" } }),
            "reasoning.effort",
            "unsupported_parameter",
            "Unsupported",
        ),
        one(json!({ "include": ["reasoning.encrypted_content"] }), "include", "", "Encrypted content is not"),
        one(
            json!({ "text": { "format": { "type": "json_object" } } }),
            "input",
            "",
            "contain the word 'json'",
        ),
        one(
            json!({ "text": { "format": format } }),
            "text.format.schema",
            "invalid_json_schema",
            "Invalid schema for response_format 'n'",
        ),
        one(
            json!({ "tools": strict }),
            "tools[0].parameters",
            "invalid_function_parameters",
            "Invalid schema for function 'f'",
        ),
        one(other, "tool_choice", "", "Tool choice 'function' not found in 'tools' parameter."),
    ]
}

#[tokio::test]
async fn each_mistake_is_called_what_it_is() {
    let mocks = mocks::start().await.unwrap();
    let cases = [what_is_missing(), members(), items(), what_went_before(), what_the_model_can()].concat();
    for (body, param, code, text) in cases {
        let (status, message, got_param, got_code) =
            refused(&judged::post(&mocks, "openai", PATH, &body).await, "POST", PATH);
        assert!(message.contains(text), "{body}\n{message}");
        assert_eq!((status, got_param, got_code), (400, param, code), "{body}\n{message}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let mocks = mocks::start().await.unwrap();
    for (more, text) in [
        (json!({ "conversation": "conv_1" }), "Conversation with id 'conv_1' not found."),
        (json!({ "prompt": { "id": "pmpt_1" } }), "Prompt with id 'pmpt_1' not found."),
        (
            json!({ "input": [{ "type": "item_reference", "id": "msg_1" }] }),
            "Item with id 'msg_1' not found.",
        ),
        (
            json!({ "store": false, "input": [{ "type": "item_reference", "id": "rs_1" }] }),
            "Items are not persisted when `store` is set to false.",
        ),
    ] {
        let reply = judged::post(&mocks, "openai", PATH, &with(&more)).await;
        let (status, message, ..) = refused(&reply, "POST", PATH);
        assert!(status == 404 && message.contains(text), "{message}");
    }
    let options = mocks::Options { models: Some(vec!["gpt-4o".to_owned()]), ..mocks::Options::default() };
    let mocks = mocks::start_with(options).await.unwrap();
    let reply = judged::post(&mocks, "openai", PATH, &with(&json!({ "model": "gpt-9" }))).await;
    let refusal = refused(&reply, "POST", PATH);
    let message = "The requested model 'gpt-9' does not exist.".to_owned();
    assert_eq!(refusal, (400, message, json!("model"), json!("model_not_found")));
}
