//! The mock's own answers: they hold to the document, whole and streamed, and both say the same.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mocks::Mocks;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{converse, decode, question, violations};
use crate::ask::schemas;

/// One set of mocks and a runtime for all cases.
static PLAYED: LazyLock<(tokio::runtime::Runtime, Mocks)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mocks = runtime.block_on(mocks::start()).unwrap();
    (runtime, mocks)
});

fn requests() -> impl Strategy<Value = Value> {
    let words = "[a-zA-Z0-9äß漢🎉\"\\\\\n ]{0,40}[a-z?]";
    let parts = (words, option::of(words), any::<bool>(), option::of(words), vec(schemas(), 0..3), 0..3_u8);
    let more = (
        option::of(schemas()),
        option::of(1..60_u64),
        vec(select(vec!["said", "a", "🎉"]), 0..3),
        any::<bool>(),
        any::<bool>(),
    );
    (parts, more).prop_map(|((text, system, has_image, result, tools, choice), (schema, limit, stop, thinks, traces))| {
        let mut content = vec![json!({ "text": text })];
        if has_image {
            content.push(json!({ "image": { "format": "png", "source": { "bytes": STANDARD.encode(&text) } } }));
        }
        let mut messages = vec![json!({ "role": "user", "content": content })];
        let mut body = json!({ "inferenceConfig": { "stopSequences": stop } });
        if !tools.is_empty() {
            body["toolConfig"] = config(&tools, choice);
            if let Some(result) = result {
                let call = json!({ "toolUse": { "toolUseId": "t1", "name": "tool_0", "input": {} } });
                let result = json!({ "toolResult": { "toolUseId": "t1", "content": [{ "text": result }] } });
                messages.push(json!({ "role": "assistant", "content": [call] }));
                messages.push(json!({ "role": "user", "content": [result] }));
            }
        }
        body["messages"] = messages.into();
        for (name, value) in [
            ("system", system.map(|text| json!([{ "text": text }]))),
            ("outputConfig", schema.map(|schema| format(&schema))),
            ("additionalModelRequestFields", thinks.then(|| json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 } }))),
            ("guardrailConfig", traces.then(|| json!({ "guardrailIdentifier": "g1", "guardrailVersion": "1", "trace": "enabled" }))),
        ] {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        if let Some(limit) = limit {
            body["inferenceConfig"]["maxTokens"] = limit.into();
        }
        body
    })
}

fn config(schemas: &[Value], choice: u8) -> Value {
    let spec = |(at, schema): (usize, &Value)| json!({ "toolSpec": { "name": format!("tool_{at}"), "inputSchema": { "json": schema } } });
    let mut config = json!({ "tools": schemas.iter().enumerate().map(spec).collect::<Vec<_>>() });
    match choice {
        0 => config["toolChoice"] = json!({ "any": {} }),
        1 => config["toolChoice"] = json!({ "tool": { "name": "tool_0" } }),
        _ => {}
    }
    config
}

/// A schema as Bedrock takes it: as text.
fn format(schema: &Value) -> Value {
    json!({ "textFormat": { "type": "json_schema", "structure": { "jsonSchema": { "schema": schema.to_string() } } } })
}

/// A stream as the whole reply that it might have been.
fn folded(bytes: &[u8]) -> Value {
    let (mut content, mut whole): (Vec<Map<String, Value>>, Value) = (Vec::new(), json!({}));
    for frame in decode(bytes).0 {
        let data = frame.json();
        let at = data["contentBlockIndex"].as_u64().map_or(0, |at| usize::try_from(at).unwrap());
        match frame.name() {
            "contentBlockStart" => content.push(data["start"].as_object().unwrap().clone()),
            "contentBlockDelta" => {
                if content.len() == at {
                    content.push(Map::new());
                }
                merge(&mut content[at], data["delta"].as_object().unwrap());
            }
            "messageStop" => whole["stopReason"] = data["stopReason"].clone(),
            "metadata" => {
                for name in ["usage", "metrics", "trace"] {
                    if !data[name].is_null() {
                        whole[name] = data[name].clone();
                    }
                }
            }
            _ => {}
        }
    }
    for block in &mut content {
        if let Some(input) = block.get_mut("toolUse").and_then(|call| call.get_mut("input")) {
            *input = serde_json::from_str(
                Some(input.as_str().unwrap()).filter(|text| !text.is_empty()).unwrap_or("{}"),
            )
            .unwrap();
        }
        if let Some(thought) = block.remove("reasoningContent") {
            block.insert("reasoningContent".to_owned(), json!({ "reasoningText": thought }));
        }
    }
    whole["output"] = json!({ "message": { "role": "assistant", "content": content } });
    whole
}

/// Strings grow, objects are merged.
fn merge(into: &mut Map<String, Value>, delta: &Map<String, Value>) {
    for (name, value) in delta {
        match (into.get_mut(name), value) {
            (Some(Value::String(text)), Value::String(more)) => text.push_str(more),
            (Some(Value::Object(members)), Value::Object(more)) => merge(members, more),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

proptest! {
    #[test]
    fn own_answers_hold_to_the_document_and_a_folded_stream_is_the_whole_reply(body in requests()) {
        let (runtime, mocks) = &*PLAYED;
        let (whole, streamed) = runtime.block_on(async {
            mocks.reset();
            (converse(mocks, false, &body).await, converse(mocks, true, &body).await)
        });
        prop_assert_eq!((whole.status, streamed.status), (200, 200), "{}", whole.text());
        prop_assert_eq!(violations(false, &whole), Vec::<String>::new(), "{}", whole.text());
        prop_assert_eq!(violations(true, &streamed), Vec::<String>::new());
        prop_assert_eq!(comparable(folded(&streamed.body)), comparable(whole.json()));
    }
}

/// Without what is drawn from a request's path: ids, signatures, times.
fn comparable(mut reply: Value) -> Value {
    reply["metrics"] = Value::Null;
    for guarded in ["inputAssessment"] {
        if let Some(found) = reply.pointer_mut(&format!("/trace/guardrail/{guarded}/g1/invocationMetrics")) {
            found["guardrailProcessingLatency"] = Value::Null;
        }
    }
    for block in reply["output"]["message"]["content"].as_array_mut().unwrap() {
        for drawn in ["/toolUse/toolUseId", "/reasoningContent/reasoningText/signature"] {
            if let Some(value) = block.pointer_mut(drawn) {
                assert!(value.as_str().is_some_and(|text| !text.is_empty()));
                *value = Value::Null;
            }
        }
    }
    reply
}

#[tokio::test]
async fn an_own_answer_calls_the_tool_and_then_tells_its_result() {
    let mocks = mocks::start().await.unwrap();
    let mut body = question("What is the weather in Paris?");
    let schema =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    body["toolConfig"] =
        json!({ "tools": [{ "toolSpec": { "name": "weather", "inputSchema": { "json": schema } } }] });
    let reply = converse(&mocks, false, &body).await.json();
    assert_eq!(reply["stopReason"], "tool_use");
    let message = &reply["output"]["message"];
    let call = &message["content"][0]["toolUse"];
    assert!(call["name"] == "weather" && call["input"]["city"].is_string(), "{call}");

    let result = json!({ "toolResult": { "toolUseId": call["toolUseId"], "content": [{ "json": { "sky": "clear" } }] } });
    body["messages"]
        .as_array_mut()
        .unwrap()
        .extend([message.clone(), json!({ "role": "user", "content": [result] })]);
    let reply = converse(&mocks, false, &body).await.json();
    assert_eq!(reply["stopReason"], "end_turn");
    assert!(reply["output"]["message"]["content"][0]["text"].as_str().unwrap().contains("clear"));
}

#[tokio::test]
async fn an_own_answer_fits_the_schema_that_comes_as_text() {
    let mocks = mocks::start().await.unwrap();
    let mut body = question("Give me a number.");
    let schema = json!({
        "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"], "additionalProperties": false,
    });
    body["outputConfig"] = format(&schema);
    let reply = converse(&mocks, false, &body).await.json();
    let said: Value =
        serde_json::from_str(reply["output"]["message"]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert!(said["n"].is_i64(), "{said}");
}

#[tokio::test]
async fn what_a_request_points_at_comes_back() {
    let mocks = mocks::start().await.unwrap();
    let mut body = question("said");
    body["additionalModelResponseFieldPaths"] = json!(["/stop_sequence", "/nothing"]);
    body["inferenceConfig"] = json!({ "stopSequences": ["said"] });
    body["serviceTier"] = json!({ "type": "priority" });
    body["performanceConfig"] = json!({ "latency": "optimized" });
    let reply = converse(&mocks, false, &body).await.json();
    assert_eq!(reply["additionalModelResponseFields"], json!({ "stop_sequence": "said" }));
    assert_eq!(
        (&reply["serviceTier"], &reply["performanceConfig"]),
        (&body["serviceTier"], &body["performanceConfig"])
    );
    let (frames, _) = decode(&converse(&mocks, true, &body).await.body);
    let [stop, metadata] = [frames.len() - 2, frames.len() - 1].map(|at| frames[at].json());
    assert_eq!(stop["additionalModelResponseFields"], json!({ "stop_sequence": "said" }));
    assert_eq!(metadata["serviceTier"], body["serviceTier"]);
}

#[tokio::test]
async fn arguments_stay_as_they_were_written() {
    use mocks::script::{Block, Reply, Script};
    let mocks = mocks::start().await.unwrap();
    let arguments =
        "{\"big\": 123456789012345678901234567890, \"exact\": 1.10, \"b\": 1, \"a\": \"\\u00e4\"}";
    let block = Block::call("t1", "f", arguments);
    mocks.add(Script::new("[[big]]", Reply { content: Some(vec![block]), ..Reply::default() }));
    let reply = converse(&mocks, false, &question("[[big]]")).await;
    assert!(reply.text().contains(arguments), "{}", reply.text());
}
