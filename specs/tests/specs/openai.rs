//! What each mistake in a request to OpenAI is called, in all five fields. What passes is in `tests/samples/openai/valid`.

use serde_json::{Value, json};
use specs::{Operation, Violation};

pub(crate) fn chat() -> Operation {
    let api = specs::api("openai").expect("the document is embedded");
    api.operation("POST", "/v1/chat/completions").expect("the document has it")
}

/// Violations as their five fields, one below the other.
pub(crate) fn fields(violations: &[Violation]) -> String {
    let fields = violations.iter().map(|v| {
        format!(
            "{} {}\n  expected {}\n  got      {}\n  by       {}\n",
            v.pointer, v.keyword, v.expected, v.got, v.document
        )
    });
    fields.collect()
}

/// A request with one message, and these members.
fn request(members: Value) -> Value {
    let mut body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    let (Some(body_members), Value::Object(members)) = (body.as_object_mut(), members) else {
        unreachable!()
    };
    body_members.extend(members);
    body
}

fn message(message: Value) -> Value {
    let mut body = request(json!({}));
    body["messages"][0] = message;
    body
}

fn tool() -> Value {
    json!({ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } })
}

#[test]
fn requests_that_lack_or_add_members() {
    let body =
        json!({ "max_token": 5, "messages": [{ "content": "hi" }, { "role": "tool", "content": "x" }] });
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
     required
      expected member `model`
      got      an object with `max_token`, `messages`
      by       /components/schemas/CreateChatCompletionRequest/required
    /messages/0 oneOf
      expected member `role`
      got      an object with `content`
      by       /components/schemas/ChatCompletionRequestMessage/oneOf
    /messages/1 required
      expected member `tool_call_id`
      got      an object with `content`, `role`
      by       /components/schemas/ChatCompletionRequestToolMessage/required
    /max_token additionalProperties
      expected a member that the service knows
      got      5 in `max_token`
      by       /components/schemas/CreateChatCompletionRequest/additionalProperties
    "#);
}

#[test]
fn unknown_members_within_a_request() {
    let call = json!({ "index": 0, "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "" } });
    let body = message(
        json!({ "role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [call] }),
    );
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
    /messages/0/tool_calls/0/index additionalProperties
      expected no member but `function`, `id`, `type`
      got      0 in `index`
      by       /components/schemas/ChatCompletionMessageToolCall/additionalProperties
    /messages/0/reasoning_content additionalProperties
      expected no member but `annotations`, `audio`, `content`, `function_call`, `name`, `refusal`, `role`, `tool_calls`
      got      "hm" in `reasoning_content`
      by       /components/schemas/ChatCompletionRequestAssistantMessage/additionalProperties
    "#);
}

#[test]
fn a_union_is_judged_by_the_branch_that_its_tag_names() {
    let body = request(json!({ "messages": [
        { "role": "user", "content": [{ "type": "image", "text": "x" }] },
        { "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "ftp://x", "details": "low" } }] },
        { "role": "robot", "content": "x" },
        { "role": "assistant", "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": {} } }] },
        "hi",
    ] }));
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
    /messages/0/content/0/type oneOf
      expected one of "text", "image_url", "input_audio", "file"
      got      "image"
      by       /components/schemas/ChatCompletionRequestUserMessageContentPart/oneOf
    /messages/1/content/0/image_url/url pattern
      expected text that matches ^([Hh][Tt][Tt][Pp][Ss]?://|[Dd][Aa][Tt][Aa]:)
      got      "ftp://x"
      by       /components/schemas/ChatCompletionRequestMessageContentPartImage/properties/image_url/properties/url/pattern
    /messages/1/content/0/image_url/details additionalProperties
      expected no member but `detail`, `url`
      got      "low" in `details`
      by       /components/schemas/ChatCompletionRequestMessageContentPartImage/properties/image_url/additionalProperties
    /messages/2/role oneOf
      expected one of "developer", "system", "user", "assistant", "tool", "function"
      got      "robot"
      by       /components/schemas/ChatCompletionRequestMessage/oneOf
    /messages/3/tool_calls/0/function/arguments type
      expected string
      got      an empty object
      by       /components/schemas/ChatCompletionMessageToolCall/properties/function/properties/arguments/type
    /messages/4 oneOf
      expected object
      got      "hi"
      by       /components/schemas/ChatCompletionRequestMessage/oneOf
    "#);
}

#[test]
fn a_union_without_a_tag_is_judged_by_type() {
    let body = request(json!({
        "stop": 7, "tools": [tool()], "tool_choice": "any",
        "response_format": { "json_schema": { "name": "bad name" } },
        "prediction": { "type": "content", "content": [] },
    }));
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
    /prediction/content minItems
      expected at least 1 items
      got      an empty array
      by       /components/schemas/PredictionContent/properties/content/oneOf/1/minItems
    /response_format required
      expected member `type`
      got      an object with `json_schema`
      by       /components/schemas/ResponseFormatJsonSchema/required
    /response_format/json_schema/name pattern
      expected text that matches ^[a-zA-Z0-9_-]{1,64}$
      got      "bad name"
      by       /components/schemas/ResponseFormatJsonSchema/properties/json_schema/properties/name/pattern
    /stop oneOf
      expected one of null, string, array
      got      7
      by       /components/schemas/StopConfiguration/oneOf
    /tool_choice oneOf
      expected one of "none", "auto", "required", object
      got      "any"
      by       /components/schemas/ChatCompletionToolChoiceOption/oneOf
    "#);
}

#[test]
fn members_that_need_each_other() {
    let body = request(json!({
        "stream_options": { "include_usage": true }, "tool_choice": "auto", "top_logprobs": 3,
        "logprobs": false, "modalities": ["audio"],
    }));
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
     dependentRequired
      expected member `tools`
      got      an object with `logprobs`, `messages`, `modalities`, `model`, `stream_options`, `tool_choice`, `top_logprobs`
      by       /components/schemas/CreateChatCompletionRequest/dependentRequired
     required
      expected member `stream`
      got      an object with `logprobs`, `messages`, `modalities`, `model`, `stream_options`, `tool_choice`, `top_logprobs`
      by       /components/schemas/CreateChatCompletionRequest/allOf/0/then/required
    /logprobs const
      expected true
      got      false
      by       /components/schemas/CreateChatCompletionRequest/allOf/1/then/properties/logprobs/const
     required
      expected member `audio`
      got      an object with `logprobs`, `messages`, `modalities`, `model`, `stream_options`, `tool_choice`, `top_logprobs`
      by       /components/schemas/CreateChatCompletionRequest/allOf/2/then/required
    "#);
    let body = message(json!({ "role": "assistant", "content": null }));
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
    /messages/0/content type
      expected string or array
      got      null
      by       /components/schemas/ChatCompletionRequestAssistantMessage/then/properties/content/type
    "#);
}

#[test]
fn numbers_lengths_and_counts_out_of_range() {
    let metadata: serde_json::Map<String, Value> = (0..17).map(|n| (n.to_string(), json!("x"))).collect();
    let body = request(json!({
        "temperature": 2.5, "n": 0, "top_logprobs": 1.5, "logit_bias": { "1": 101 }, "max_tokens": 0, "tools": [],
        "stop": ["1", "2", "3", "4", "5"], "metadata": metadata, "safety_identifier": "x".repeat(65),
    }));
    insta::assert_snapshot!(fields(&chat().request(&body)), @r#"
    /logit_bias/1 maximum
      expected at most 100
      got      101
      by       /components/schemas/CreateChatCompletionRequest/properties/logit_bias/additionalProperties/maximum
    /max_tokens minimum
      expected at least 1
      got      0
      by       /components/schemas/CreateChatCompletionRequest/properties/max_tokens/minimum
    /metadata maxProperties
      expected at most 16 members
      got      an object with `0`, `1`, `10`, `11`, `12`, `13`, `14`, `15` and 9 more
      by       /components/schemas/Metadata/maxProperties
    /n minimum
      expected at least 1
      got      0
      by       /components/schemas/CreateChatCompletionRequest/properties/n/minimum
    /safety_identifier maxLength
      expected at most 64 characters
      got      65 characters
      by       /components/schemas/CreateChatCompletionRequest/properties/safety_identifier/maxLength
    /stop maxItems
      expected at most 4 items
      got      an array of 5 items
      by       /components/schemas/StopConfiguration/oneOf/1/maxItems
    /temperature maximum
      expected at most 2
      got      2.5
      by       /components/schemas/CreateChatCompletionRequest/properties/temperature/maximum
    /tools minItems
      expected at least 1 items
      got      an empty array
      by       /components/schemas/CreateChatCompletionRequest/properties/tools/minItems
    /top_logprobs type
      expected null or integer
      got      1.5
      by       /components/schemas/CreateChatCompletionRequest/properties/top_logprobs/type
    "#);
}

#[test]
fn a_violation_is_one_clear_line() {
    let violations = chat().request(&request(json!({ "temperature": 2.5 })));
    insta::assert_snapshot!(violations[0], @"/temperature: expected at most 2, got 2.5 (maximum, #/components/schemas/CreateChatCompletionRequest/properties/temperature/maximum)");
    let long = chat().request(&request(json!({ "n": "é".repeat(100), "x\ny": "a\nb" })));
    for violation in &long {
        assert!(!violation.to_string().contains('\n'));
        assert!(violation.to_string().len() < 400, "{violation}");
    }
    assert_eq!(long.len(), 2);
}

#[test]
fn a_violation_survives_json() {
    let violations = chat().request(&json!({}));
    let text = serde_json::to_string(&violations).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Violation>>(&text).unwrap(), violations);
}
