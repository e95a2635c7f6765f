//! What the services refuse, the mocks refuse, in the same words.

use mocks::{Mocks, Options};
use serde_json::{Value, json};

use crate::client::{self, Reply};
use crate::scripts::question;

async fn send(mocks: &Mocks, provider: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    client::exchange(mocks, &client::request("POST", client::path(provider), headers, body.as_bytes())).await
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_the_providers_words() {
    let mocks = mocks::start().await.unwrap();
    let version = ("anthropic-version", "2023-06-01");
    let body = question("openai", "", false).to_string();
    for (headers, code) in [
        (vec![], Value::Null),
        (vec![("authorization", "Bearer sk-wrong-wrong-wrong")], json!("invalid_api_key")),
    ] {
        let reply = send(&mocks, "openai", &headers, &body).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (401, code));
        assert!(!reply.text().contains("sk-wrong-wrong-wrong"), "the key is not repeated whole");
    }
    let body = question("anthropic", "", false).to_string();
    for (headers, status) in [
        (vec![version], 401),
        (vec![version, ("x-api-key", "wrong")], 401),
        (vec![version, ("authorization", "Bearer wrong")], 401),
        (vec![version, ("x-api-key", "wrong"), ("authorization", "Bearer sk-ant-touchstone")], 401),
        (vec![version, ("x-api-key", "sk-ant-touchstone"), ("authorization", "Bearer wrong")], 200),
        (vec![version, ("authorization", "Bearer sk-ant-touchstone")], 200),
        (vec![("x-api-key", "sk-ant-touchstone")], 400),
        (vec![("anthropic-version", "2020-01-01"), ("x-api-key", "sk-ant-touchstone")], 400),
    ] {
        let reply = send(&mocks, "anthropic", &headers, &body).await;
        assert_eq!(reply.status, status, "{headers:?} {}", reply.text());
        if status != 200 {
            let kind = if status == 401 { "authentication_error" } else { "invalid_request_error" };
            assert_eq!(reply.json()["error"]["type"], kind);
        }
    }
    let journal = mocks.journal(None);
    assert!(
        matches!(&journal[0].auth, mocks::journal::Auth::Refused { reason, .. } if reason == "no bearer key")
    );
}

/// What is added to a good request, and OpenAI's error: message, param, code. A null member is taken away.
type Broken = (Value, &'static str, Value, Value);

#[tokio::test]
async fn a_body_that_breaks_openais_rules_is_refused_as_openai_does() {
    let mocks = mocks::start().await.unwrap();
    let all = openai_schema().into_iter().chain(openai_rules()).chain(openai_calls());
    for (more, message, param, code) in all {
        let mut body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "x" }] });
        let members = body.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        let reply = client::chat(&mocks, "openai", &body).await;
        let error = &reply.json()["error"];
        assert_eq!((reply.status, error["message"].as_str().unwrap()), (400, message), "{body}");
        assert_eq!(
            (&error["param"], &error["code"], &error["type"]),
            (&param, &code, &json!("invalid_request_error"))
        );
    }
}

fn openai_schema() -> Vec<Broken> {
    let marked = json!([{ "role": "user", "content": [{ "type": "text", "text": "x", "cache": 1 }] }]);
    let broken = |more: Value, message, param: &str, code: &str| (more, message, json!(param), json!(code));
    vec![
        broken(
            json!({ "model": null }),
            "Missing required parameter: 'model'.",
            "model",
            "missing_required_parameter",
        ),
        (json!({ "top_k": 3 }), "Unrecognized request argument supplied: top_k", Value::Null, Value::Null),
        broken(
            json!({ "temperature": "hot" }),
            "Invalid type for 'temperature': expected a decimal, but got a string instead.",
            "temperature",
            "invalid_type",
        ),
        broken(
            json!({ "temperature": 3.5 }),
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3.5 instead.",
            "temperature",
            "decimal_above_max_value",
        ),
        broken(
            json!({ "n": 0 }),
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "n",
            "integer_below_min_value",
        ),
        broken(
            json!({ "messages": [] }),
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "messages",
            "empty_array",
        ),
        broken(
            json!({ "reasoning_effort": "huge" }),
            "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
            "reasoning_effort",
            "invalid_value",
        ),
        broken(
            json!({ "messages": marked }),
            "Unknown parameter: 'messages[0].content[0].cache'.",
            "messages[0].content[0].cache",
            "unknown_parameter",
        ),
    ]
}

fn openai_rules() -> Vec<Broken> {
    let broken = |more: Value, message, param: &str, code: Value| (more, message, json!(param), code);
    let tool = json!({ "type": "function", "function": { "name": "f" } });
    let choice = json!({ "type": "function", "function": { "name": "g" } });
    vec![
        broken(
            json!({ "tool_choice": "auto" }),
            "'tool_choice' is only allowed when 'tools' are specified.",
            "tool_choice",
            Value::Null,
        ),
        broken(
            json!({ "stream_options": { "include_usage": true } }),
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            "stream_options",
            Value::Null,
        ),
        broken(
            json!({ "model": "gpt-5-mini", "max_tokens": 5 }),
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "max_tokens",
            json!("unsupported_parameter"),
        ),
        broken(
            json!({ "model": "o3", "temperature": 0.2 }),
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
            "temperature",
            json!("unsupported_value"),
        ),
        broken(
            json!({ "response_format": { "type": "json_object" } }),
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            "messages",
            Value::Null,
        ),
        broken(
            json!({ "tools": [tool], "tool_choice": choice }),
            "Tool choice 'function: g' not found in 'tools' parameter.",
            "tool_choice",
            Value::Null,
        ),
    ]
}

/// Conversations in which calls and results do not pair, and schemas that are not strict.
fn openai_calls() -> Vec<Broken> {
    let user = json!({ "role": "user", "content": "x" });
    let call = json!({ "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let called = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
    let result = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "y" });
    let open = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1";
    let broken = |messages: Value, message, param: &str| {
        (json!({ "messages": messages }), message, json!(param), Value::Null)
    };
    let loose = json!({ "type": "object", "properties": { "a": { "type": "array", "items": { "type": "object", "properties": {} } } }, "required": ["a"], "additionalProperties": false });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": loose } });
    vec![
        broken(json!([user, called]), open, "messages.[2].role"),
        broken(json!([user, called, user, result("call_1")]), open, "messages.[2].role"),
        broken(
            json!([user, result("call_1")]),
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            "messages.[1].role",
        ),
        broken(
            json!([user, called, result("call_2")]),
            "Invalid parameter: 'tool_call_id' of 'call_2' not found in 'tool_calls' of previous message.",
            "messages.[2].tool_call_id",
        ),
        (
            json!({ "response_format": format }),
            "Invalid schema for response_format 'n': In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false.",
            json!("response_format"),
            Value::Null,
        ),
    ]
}

#[tokio::test]
async fn a_body_that_breaks_anthropics_rules_is_refused_as_anthropic_does() {
    let mocks = mocks::start().await.unwrap();
    let with = |more: Value| {
        let mut body = question("anthropic", "", false);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let call = json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": "toolu_1", "name": "f", "input": {}, "index": 1 }] });
    let open = json!([{ "role": "user", "content": "x" }, { "role": "assistant", "content": [{ "type": "tool_use", "id": "toolu_1", "name": "f", "input": {} }] }]);
    let cases = [
        (json!({ "model": "m", "max_tokens": 1 }), "messages: Field required"),
        (with(json!({ "frequency_penalty": 1 })), "frequency_penalty: Extra inputs are not permitted"),
        (
            with(json!({ "output_format": { "type": "json_schema", "schema": { "type": "object" } } })),
            "output_format: Extra inputs are not permitted",
        ),
        (with(json!({ "max_tokens": "many" })), "max_tokens: Input should be a valid integer"),
        (with(json!({ "temperature": 1.5 })), "temperature: Input should be less than or equal to 1"),
        (with(json!({ "messages": [] })), "messages: at least one message is required"),
        (
            with(json!({ "messages": [call] })),
            "messages.0.content.0.tool_use.index: Extra inputs are not permitted",
        ),
        (
            with(json!({ "messages": open })),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        ),
        (
            with(json!({ "thinking": { "type": "enabled", "budget_tokens": 2000 } })),
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
        ),
        (
            with(
                json!({ "messages": [{ "role": "user", "content": "x" }, { "role": "assistant", "content": "and " }] }),
            ),
            "messages: final assistant content cannot end with trailing whitespace",
        ),
        (
            with(json!({ "tools": [{ "name": "a b", "input_schema": { "type": "object" } }] })),
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
    ];
    for (body, message) in cases {
        let reply = client::chat(&mocks, "anthropic", &body).await;
        let error = &reply.json()["error"];
        assert_eq!((reply.status, error["message"].as_str().unwrap()), (400, message), "{body}");
        assert_eq!(error["type"], "invalid_request_error");
    }
}

#[tokio::test]
async fn a_beta_of_anthropics_is_there_for_who_asks() {
    let mocks = mocks::start().await.unwrap();
    let schema = json!({ "type": "object", "properties": { "n": { "const": 7 } }, "required": ["n"] });
    let mut body = question("anthropic", "", false);
    body["output_format"] = json!({ "type": "json_schema", "schema": schema });
    let headers = [
        ("x-api-key", "sk-ant-touchstone"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "structured-outputs-2025-11-13"),
    ];
    let reply = send(&mocks, "anthropic", &headers, &body.to_string()).await;
    assert_eq!(reply.json()["content"][0]["text"], r#"{"n":7}"#, "{:?}", reply.json());
}

#[tokio::test]
async fn the_newer_version_of_anthropic_takes_no_sampling_parameters() {
    let mocks = mocks::start().await.unwrap();
    let mut body = question("anthropic", "", false);
    body["temperature"] = json!(1);
    let body = body.to_string();
    let headers =
        |version: &'static str| [("x-api-key", "sk-ant-touchstone"), ("anthropic-version", version)];
    assert_eq!(send(&mocks, "anthropic", &headers("2023-06-01"), &body).await.status, 200);
    let reply = send(&mocks, "anthropic", &headers("2026-10-21"), &body).await;
    assert_eq!(reply.json()["error"]["message"], "temperature: Extra inputs are not permitted");
    assert_eq!(mocks.journal(None)[1].variant.as_deref(), Some("2026-10-21"));
}

#[tokio::test]
async fn what_is_no_json_no_path_and_no_method_is_said_so() {
    let mocks = mocks::start().await.unwrap();
    for provider in crate::TEXT {
        let reply = send(&mocks, provider, &client::headers(provider), "{\"model\":").await;
        assert_eq!(
            (reply.status, reply.json()["error"]["type"].clone()),
            (400, json!("invalid_request_error"))
        );
        let path = format!("/{provider}/v1/nothing");
        let reply =
            client::exchange(&mocks, &client::request("POST", &path, &client::headers(provider), b"{}"))
                .await;
        assert_eq!(reply.status, 404);
        let reply = client::exchange(
            &mocks,
            &client::request("GET", client::path(provider), &client::headers(provider), b""),
        )
        .await;
        assert_eq!(reply.status, 405);
    }
    let reply = client::exchange(&mocks, &client::request("GET", "/elsewhere", &[], b"")).await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("/anthropic"));
}

#[tokio::test]
async fn lenient_mocks_answer_and_tell() {
    let mocks = mocks::start_with(Options { lenient: true, ..Options::default() }).await.unwrap();
    let mut body = question("openai", "", false);
    body["top_k"] = json!(1);
    assert_eq!(client::chat(&mocks, "openai", &body).await.status, 200);
    assert_eq!(mocks.journal(None)[0].violations[0].pointer, "/top_k");
}

#[tokio::test]
async fn a_model_that_does_not_exist_is_not_found_where_models_are_named() {
    let models = Some(vec!["gpt-4o".to_owned(), "claude-sonnet-5".to_owned()]);
    let mocks = mocks::start_with(Options { models, ..Options::default() }).await.unwrap();
    for (provider, message) in [
        ("openai", "The model `none` does not exist or you do not have access to it."),
        ("anthropic", "model: none"),
    ] {
        let mut body = question(provider, "", false);
        assert_eq!(client::chat(&mocks, provider, &body).await.status, 200);
        body["model"] = json!("none");
        let reply = client::chat(&mocks, provider, &body).await;
        assert_eq!((reply.status, reply.json()["error"]["message"].as_str().unwrap()), (404, message));
    }
}

#[tokio::test]
async fn vectors_are_no_longer_than_the_models() {
    let mocks = mocks::start().await.unwrap();
    let headers = [("authorization", "Bearer sk-touchstone"), ("content-type", "application/json")];
    let ask = async |model: &str, dimensions: u64| {
        let body = json!({ "model": model, "input": "a", "dimensions": dimensions }).to_string();
        let request = client::request("POST", "/openai/v1/embeddings", &headers, body.as_bytes());
        client::exchange(&mocks, &request).await
    };
    for (model, dimensions, refusal) in [
        ("text-embedding-3-small", 1536, None),
        (
            "text-embedding-3-small",
            1537,
            Some("Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536."),
        ),
        ("text-embedding-ada-002", 1536, Some("This model does not support specifying dimensions.")),
    ] {
        let reply = ask(model, dimensions).await;
        let error =
            json!({ "message": refusal, "type": "invalid_request_error", "param": null, "code": null });
        match refusal {
            None => assert_eq!(reply.json()["data"][0]["embedding"].as_array().unwrap().len(), 1536),
            Some(_) => assert_eq!((reply.status, &reply.json()["error"]), (400, &error)),
        }
    }
    let reply = ask("a-model-of-any-length", u64::MAX >> 1).await;
    assert_eq!(reply.status, 200, "what nobody has is not made either");
}
