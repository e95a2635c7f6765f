//! What OpenAI's chat completions answer, whole.

use serde_json::{Value, json};

use crate::openai::{chat, fields};

fn reply() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "system_fingerprint": null,
        "choices": [{
            "index": 0, "finish_reason": "stop", "logprobs": null,
            "message": { "role": "assistant", "content": "hi", "refusal": null, "annotations": [], "reasoning_content": "hm" },
        }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "prompt_tokens_details": { "cached_tokens": 0 } },
    })
}

#[test]
fn replies_are_open_but_complete() {
    assert_eq!(chat().reply(200, &reply()), []);
    // Closed where it is sent back.
    let call = json!({ "index": 0, "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "" } });
    let mut calls = reply();
    calls["choices"][0]["message"]["tool_calls"] = json!([call]);
    assert_eq!(chat().reply(200, &calls), []);

    let mut body = reply();
    let choice = &mut body["choices"][0];
    choice["finish_reason"] = json!("end_turn");
    choice.as_object_mut().unwrap().remove("logprobs");
    choice["message"].as_object_mut().unwrap().remove("refusal");
    body["usage"]["total_tokens"] = json!("2");
    insta::assert_snapshot!(fields(&chat().reply(200, &body)), @r#"
    /choices/0 required
      expected member `logprobs`
      got      an object with `finish_reason`, `index`, `message`
      by       /components/schemas/CreateChatCompletionResponse/properties/choices/items/required
    /choices/0/finish_reason enum
      expected one of "stop", "length", "tool_calls", "content_filter", "function_call"
      got      "end_turn"
      by       /components/schemas/CreateChatCompletionResponse/properties/choices/items/properties/finish_reason/enum
    /choices/0/message required
      expected member `refusal`
      got      an object with `annotations`, `content`, `reasoning_content`, `role`
      by       /components/schemas/ChatCompletionResponseMessage/required
    /usage/total_tokens type
      expected integer
      got      "2"
      by       /components/schemas/CompletionUsage/properties/total_tokens/type
    "#);
}

#[test]
fn errors_have_four_members() {
    let error =
        json!({ "error": { "message": "no", "type": "invalid_request_error", "param": null, "code": null } });
    for status in [400, 401, 429, 500, 503] {
        assert_eq!(chat().reply(status, &error), []);
    }
    insta::assert_snapshot!(fields(&chat().reply(400, &json!({ "error": { "message": "no", "type": null } }))), @r#"
    /error required
      expected member `param`
      got      an object with `message`, `type`
      by       /components/schemas/Error/required
    /error required
      expected member `code`
      got      an object with `message`, `type`
      by       /components/schemas/Error/required
    /error/type type
      expected string
      got      null
      by       /components/schemas/Error/properties/type/type
    "#);
    insta::assert_snapshot!(fields(&chat().reply(302, &error)), @r#"
    status
     expected one of the statuses `200`, `4XX`, `5XX`
     got      302
     by       /paths/~1v1~1chat~1completions/post/responses
    "#);
}
