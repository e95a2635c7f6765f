//! AWS's Python client.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn awss_python_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("boto3_converse.py", &mocks.url("bedrock")).await else { return };
    println!("{seen:#}");
    let usage = json!({
        "inputTokens": 10, "outputTokens": 7, "totalTokens": 27, "cacheReadInputTokens": 8, "cacheWriteInputTokens": 2,
    });
    let whole = &seen["whole"];
    assert_eq!(
        (&whole["text"]["blocks"], &whole["text"]["finish"]),
        (&json!([{ "text": "Hello" }]), &json!("end_turn"))
    );
    assert_eq!(whole["text"]["usage"], usage);
    let call = |id: &str, name: &str, input: Value| json!({ "toolUse": { "toolUseId": id, "name": name, "input": input } });
    let calls =
        json!([call("call_1", "weather", json!({ "city": "Paris" })), call("call_2", "now", json!({}))]);
    assert_eq!((&whole["calls"]["blocks"], &whole["calls"]["finish"]), (&calls, &json!("tool_use")));
    let thought =
        json!({ "reasoningContent": { "reasoningText": { "text": "Let me", "signature": "c2ln" } } });
    assert_eq!(whole["think"]["blocks"], json!([thought, { "text": "So." }]));
    let hidden = json!({ "reasoningContent": { "redactedContent": "hidden" } });
    assert_eq!(whole["hidden"]["blocks"], json!([hidden, { "text": "So." }]));

    streams(&seen["streamed"], &usage);
    assert_eq!(seen["every_form_of_model"], json!([200, true]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[3]), (&json!("tool_use"), &json!("weather"), &json!("end_turn")));
    assert!(turn[2]["city"].is_string() && turn[4].as_str().unwrap().contains("clear"));
    assert_eq!((&seen["vectors"]["titan"], &seen["vectors"]["cohere"]), (&json!(256), &json!([1024, 1024])));
    let problem = "required key [inputText] not found";
    raised(&seen["vectors"]["wrong"], "ValidationException", "ClientError", None, problem);
    assert!(seen["counted"][0].is_u64() && seen["counted"][0] == seen["counted"][1], "{}", seen["counted"]);
    errors(&seen["errors"]);
    nothing_is_strange(&mocks, 1);
}

fn streams(streamed: &Value, usage: &Value) {
    let names = |name: &str| -> Vec<String> {
        let events = streamed[name].as_array().unwrap().iter();
        events.map(|event| event.as_object().unwrap().keys().next().unwrap().clone()).collect()
    };
    let delta = "contentBlockDelta";
    let end = ["contentBlockStop", "messageStop", "metadata"];
    assert_eq!(names("text"), [&["messageStart", delta, delta][..], &end].concat());
    assert_eq!(streamed["text"][5]["metadata"]["usage"], *usage);
    assert_eq!(
        names("calls"),
        [
            &[
                "messageStart",
                "contentBlockStart",
                delta,
                delta,
                delta,
                "contentBlockStop",
                "contentBlockStart",
                delta
            ][..],
            &end
        ]
        .concat()
    );
    let deltas = |name: &str| -> Vec<Value> {
        let events = streamed[name].as_array().unwrap().iter();
        events.filter_map(|event| event.get(delta)).map(|event| event["delta"].clone()).collect()
    };
    let thought = |part: &str, text: &str| json!({ "reasoningContent": { part: text } });
    let so = json!({ "text": "So." });
    assert_eq!(
        deltas("think"),
        [thought("text", "Let "), thought("text", "me"), thought("signature", "c2ln"), so.clone()]
    );
    assert_eq!(deltas("hidden"), [thought("redactedContent", "hidden"), so]);
}

fn errors(errors: &Value) {
    let raised =
        |case: &str, class: &str, also: &str, text: &str| raised(&errors[case], class, also, None, text);
    raised("rate", "ThrottlingException", "ClientError", "slow down");
    raised("server", "InternalServerException", "ClientError", "broken");
    raised("overloaded", "ServiceUnavailableException", "ClientError", "too much");
    raised("model", "ModelErrorException", "ClientError", "the model failed");
    raised("denied", "AccessDeniedException", "ClientError", "not yours");
    raised("invalid", "ValidationException", "ClientError", "is blank");
    raised("secret", "ClientError", "ClientError", "InvalidSignatureException");
    raised("region", "ClientError", "ClientError", "Credential should be scoped to a valid region.");
    raised("middle", "EventStreamError", "ClientError", "(serviceUnavailableException)");
    raised("cut", "ProtocolError", "HTTPError", "ended prematurely");
    raised("checksum", "ChecksumMismatch", "ParserError", "Checksum mismatch");
}

#[tokio::test]
async fn awss_python_client_invokes_models_of_every_maker() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("boto3_invoke.py", &mocks.url("bedrock")).await else { return };
    println!("{seen:#}");
    let whole = seen["whole"].as_object().unwrap();
    assert_eq!(whole.len(), 10);
    for (maker, whole) in whole {
        assert_eq!(*whole, json!(["Hello", "application/json", ["10", "7"]]), "{maker}");
        assert_eq!(seen["pieces"][maker], json!([["Hel", "lo"], 10, 7]), "{maker}");
    }
    assert_eq!(seen["guarded"], json!(["NONE", "optimized"]));
    let raised =
        |case: &str, class: &str, text: &str| raised(&seen["errors"][case], class, "ClientError", None, text);
    raised("rate", "ThrottlingException", "slow down");
    raised("model", "ModelErrorException", "the model failed");
    raised("wrong", "ValidationException", "required key [");
    raised("middle", "EventStreamError", "(serviceUnavailableException)");
    raised("vectors", "ValidationException", "unsupported for streaming");
    self::raised(&seen["errors"]["checksum"], "ChecksumMismatch", "ParserError", None, "Checksum mismatch");
    nothing_is_strange(&mocks, 1);
}

#[tokio::test]
async fn awss_python_client_asks_the_agents_runtime() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("boto3_agents.py", &mocks.url("bedrock")).await else { return };
    println!("{seen:#}");
    let found = json!([
        [2, { "type": "TEXT", "textDocument": { "text": "The ridge glows" } }],
        [1, { "type": "JSON", "jsonDocument": { "about": "the ridge" } }],
    ]);
    assert_eq!(seen["rerank"], found);
    let raised =
        |case: &str, class: &str, text: &str| raised(&seen["errors"][case], class, "ClientError", None, text);
    raised("rate", "ThrottlingException", "slow down");
    raised("overloaded", "BadGatewayException", "too much");
    raised("denied", "AccessDeniedException", "not yours");
    raised("untyped", "ValidationException", "textDocument");
}

#[tokio::test]
async fn awss_python_client_asks_bases_of_knowledge_and_agents() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("boto3_knowledge.py", &mocks.url("bedrock")).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["retrieve"]["own"], json!([2, "touchstone", true]));
    let ridge = json!(["The ridge glows at dawn.", "s3://touchstone/knowledge/LIBRARY001/ridge.txt"]);
    assert_eq!(seen["retrieve"]["given"], json!([ridge]));

    let generated = &seen["generate"];
    let citation = json!(["Hello", { "start": 0, "end": 4 }, ["2.txt"]]);
    assert_eq!(generated["whole"], json!(["Hello", [citation]]));
    assert_eq!(generated["stream"], json!([["Hel", "lo"], citation]));
    assert_eq!((&generated["session"], &generated["begun"]), (&json!(true), &json!(36)));
    let refused = |error: &Value, class: &str, text: &str| raised(error, class, "ClientError", None, text);
    refused(&generated["unknown"], "ValidationException", "Session with Id nobodys is not valid.");
    refused(&generated["rate"], "ThrottlingException", "slow down");
    refused(&generated["middle"], "EventStreamError", "(badGatewayException)");

    let agent = &seen["agent"];
    assert_eq!(agent["whole"], json!(["me-1", ["Hello"]]));
    assert_eq!(agent["pieces"], json!(["me-1", ["Hel", "lo"]]));
    refused(&agent["overloaded"], "BadGatewayException", "too much");
    refused(&agent["silent"], "ValidationException", "inputText");

    let api = specs::api("bedrock-agent-runtime").unwrap();
    let mut judged = 0;
    for entry in mocks.journal(None).iter().filter(|entry| entry.provider == "bedrock") {
        let operation = api.operation(&entry.method, entry.path.strip_prefix("/bedrock").unwrap()).unwrap();
        if entry.reply.status == 200 && operation.sequence().is_none() {
            let body = serde_json::from_slice(&entry.reply.body.bytes()).unwrap();
            assert_eq!(operation.reply(200, &body), [], "{body:#}");
            judged += 1;
        }
    }
    assert_eq!(judged, 4);
    nothing_is_strange(&mocks, 0);
}
