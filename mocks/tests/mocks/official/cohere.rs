//! Cohere's client: one class for each version.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn coheres_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("cohere_chat.py", &mocks.url("cohere")).await else { return };
    println!("{seen:#}");
    newest(&seen);
    older(&seen);
    assert_eq!(seen["vectors"], json!([[256, 256, 32, 1368], 2.0, 1024, "embeddings_floats"]));
    assert_eq!(seen["models"], json!([true, true]));
    errors(&seen["errors"]);
    nothing_is_strange(&mocks, 2);
}

fn newest(seen: &Value) {
    let counts = json!({ "input_tokens": 20.0, "output_tokens": 7.0 });
    let usage = json!({ "billed_units": counts, "tokens": counts, "cached_tokens": 8.0 });
    let whole = &seen["whole"];
    let message = |content: Value| json!({ "role": "assistant", "content": content });
    let hello = json!([{ "type": "text", "text": "Hello" }]);
    assert_eq!(whole["text"], json!({ "message": message(hello), "finish": "COMPLETE", "usage": usage }));
    let call = |id: &str, name: &str, arguments: &str| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    let calls = json!([call("call_1", "weather", "{\"city\":\"Paris\"}"), call("call_2", "now", "{}")]);
    assert_eq!(whole["calls"]["message"]["tool_calls"], calls);
    assert_eq!(whole["calls"]["finish"], "TOOL_CALL");
    let thought = json!([{ "type": "thinking", "thinking": "Let me" }, { "type": "text", "text": "So." }]);
    assert_eq!(whole["think"]["message"]["content"], thought);

    let streamed = &seen["streamed"];
    let join = |name: &str, pointer: &str| -> String {
        let events = streamed[name]["events"].as_array().unwrap().iter();
        events.filter_map(|event| event.pointer(pointer)?.as_str()).collect()
    };
    assert_eq!(join("text", "/delta/message/content/text"), "Hello");
    assert_eq!(join("think", "/delta/message/content/thinking"), "Let me");
    assert_eq!(join("calls", "/delta/message/tool_calls/function/arguments"), "{\"city\":\"Paris\"}{}");
    assert_eq!(join("calls", "/delta/finish_reason"), "TOOL_CALL");
    let classes = streamed["calls"]["classes"].as_array().unwrap();
    for class in ["MessageStart", "ToolCallStart", "ToolCallDelta", "ToolCallEnd", "MessageEnd"] {
        assert!(classes.iter().any(|known| known.as_str().unwrap().contains(class)), "{class} {classes:?}");
    }
    assert_eq!(seen["cited"][0], seen["cited"][1]);
    assert_eq!(seen["cited"][0]["sources"][0]["id"], "d1");

    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[2]), (&json!("TOOL_CALL"), &json!("weather"), &json!("COMPLETE")));
    assert!(turn[3].as_str().unwrap().contains("clear"), "{turn}");
    assert_eq!(seen["own_thought"], json!(["thinking", "text"]));
    let said: Value = serde_json::from_str(seen["structured"].as_str().unwrap()).unwrap();
    assert!(said["city"].is_string());
}

fn older(seen: &Value) {
    let tokens = json!({ "input_tokens": 20.0, "output_tokens": 7.0 });
    let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
    let whole = json!({ "calls": calls, "text": "Hello", "finish": "COMPLETE", "tokens": tokens });
    assert_eq!(seen["older_whole"], whole);
    let streamed = &seen["older_streamed"];
    assert_eq!((&streamed["text"]["text"], &streamed["text"]["end"]), (&json!("Hello"), &json!("Hello")));
    let kinds = streamed["calls"]["kinds"].as_array().unwrap();
    assert!(kinds.contains(&json!("tool-calls-chunk")) && kinds.contains(&json!("tool-calls-generation")));
    assert_eq!(streamed["calls"]["finish"], "COMPLETE");
    let turn = &seen["older_turn_with_tools"];
    assert_eq!(
        (&turn[0], &turn[1], &turn[3]),
        (&json!("weather"), &json!(["city"]), &json!(["weather:0:0"]))
    );
    assert!(turn[2].as_str().unwrap().contains("clear"), "{turn}");
    assert_eq!(seen["generated"], json!([["Hello", "Hello"], ["Hel", "lo"], "COMPLETE"]));
}

fn errors(errors: &Value) {
    let raised = |case: &str, class: &str, status: u64, text: &str| {
        raised(&errors[case], class, "ApiError", Some(status), text);
    };
    raised("rate", "TooManyRequestsError", 429, "slow down");
    raised("server", "InternalServerError", 500, "broken");
    raised("overloaded", "ServiceUnavailableError", 503, "too much");
    raised("denied", "ForbiddenError", 403, "not yours");
    raised("unknown", "UnprocessableEntityError", 422, "unknown field: parameter 'top_p'");
    raised("invalid", "BadRequestError", 400, "temperature must be between");
    raised("missing", "NotFoundError", 404, "no such model");
    raised("key", "UnauthorizedError", 401, "invalid api token");
    raised("older", "TooManyRequestsError", 429, "slow down");
    let failed = json!({ "error": "in the middle", "finish_reason": "ERROR" });
    assert_eq!(errors["middle"]["delta"], failed, "the client takes it for an event as any other");
    super::raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
}

#[tokio::test]
async fn coheres_client_ranks_in_both_versions() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("cohere_rerank.py", &mocks.url("cohere")).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["newer"], json!([[1, 2], true, 1.0]));
    assert_eq!(seen["version_1"], json!([[1, 2, 0], "The ridge does glow when it is dawn.", "1"]));
    let raised = |case: &str, class: &str, status: u64, text: &str| {
        raised(&seen["errors"][case], class, "ApiError", Some(status), text);
    };
    raised("empty", "BadRequestError", 400, "list of documents must not be empty");
    raised("rate", "TooManyRequestsError", 429, "slow down");
    raised("older", "TooManyRequestsError", 429, "slow down");
}
