//! What comes out: items and events, scripted and the mock's own.

use mocks::Mocks;
use mocks::script::{Block, Cut, Fault, Finish, Interruption, Kind, Pieces, Reasoning, Reply, Script, Usage};
use serde_json::{Value, json};

use super::{PATH, ask, blocks, create, nameless, stream};
use crate::judged;

fn tools() -> Value {
    json!([
        { "type": "function", "name": "weather", "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } },
        { "type": "function", "name": "now" },
        { "type": "custom", "name": "poem" },
    ])
}

async fn scripted(reply: Reply) -> Mocks {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[here]]", reply));
    mocks
}

fn thought() -> Block {
    Block::Reasoning(Reasoning {
        text: ["Let ", "me"].into(),
        signature: Some("c2ln".to_owned()),
        redacted: None,
    })
}

fn every_kind() -> Vec<(&'static str, Reply)> {
    let calls = || {
        vec![
            Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
            Block::call("call_2", "now", Pieces::default()),
            Block::call("call_3", "poem", ["Roses", " are"]),
        ]
    };
    let finish = |finish| Reply { finish: Some(finish), ..Reply::text(["Hel", "lo"]) };
    vec![
        ("completed", Reply::text(["Hel", "lo"])),
        ("completed", blocks(vec![Block::Text("a".into()), Block::Refusal(["I ", "can't"].into())])),
        ("completed", blocks(calls())),
        ("completed", Reply { interleave: true, ..blocks(calls()) }),
        ("completed", blocks(vec![thought(), Block::Text("So.".into()), thought(), calls().remove(0)])),
        ("completed", blocks(Vec::new())),
        ("incomplete", finish(Finish::Length)),
        ("incomplete", finish(Finish::ContentFilter)),
        ("incomplete", Reply { finish: Some(Finish::ContentFilter), ..blocks(Vec::new()) }),
        ("failed", finish(Finish::Malformed)),
    ]
}

#[tokio::test]
async fn whole_and_streamed_say_the_same() {
    for (status, reply) in every_kind() {
        let mocks = scripted(reply.clone()).await;
        let body = json!({
            "model": "gpt-5",
            "input": "[[here]]",
            "tools": tools(),
            "reasoning": { "summary": "auto" },
            "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
            "top_logprobs": 2,
        });
        let whole = create(&mocks, &body).await;
        let events = stream(&mocks, &body).await;
        assert_eq!(whole["status"], status, "{reply:?}");
        assert_eq!(nameless(&events.last().unwrap()["response"]), nameless(&whole), "{reply:?}");
    }
}

#[tokio::test]
async fn a_script_is_told_as_it_is() {
    let mocks = scripted(Reply {
        id: Some("resp_mine".to_owned()),
        usage: Some(Usage {
            prompt: Some(20),
            completion: Some(7),
            cached: Some(8),
            cache_write: Some(2),
            reasoning: Some(3),
        }),
        ..blocks(vec![thought(), Block::call("call_1", "weather", "{}")])
    })
    .await;
    let body = json!({
        "model": "o4-mini", "input": "[[here]]", "tools": tools(), "metadata": { "a": "b" },
        "reasoning": { "summary": "detailed", "effort": "low" }, "include": ["reasoning.encrypted_content"],
    });
    let response = create(&mocks, &body).await;
    assert_eq!(response["id"], "resp_mine");
    let [thought, call] = response["output"].as_array().unwrap().as_slice() else { panic!("{response}") };
    assert_eq!(thought["summary"], json!([{ "type": "summary_text", "text": "Let me" }]));
    assert_eq!(thought["encrypted_content"], "c2ln");
    assert_eq!((&call["call_id"], &call["arguments"]), (&json!("call_1"), &json!("{}")));
    assert_eq!(
        response["usage"],
        json!({
            "input_tokens": 20, "input_tokens_details": { "cached_tokens": 8, "cache_write_tokens": 2 },
            "output_tokens": 7, "output_tokens_details": { "reasoning_tokens": 3 }, "total_tokens": 27,
        })
    );
    assert_eq!(response["metadata"], json!({ "a": "b" }));
    assert_eq!(response["reasoning"], json!({ "effort": "low", "summary": "detailed" }));
    assert_eq!(response["tools"][1]["strict"], true, "what the service fills in");
}

#[tokio::test]
async fn a_thought_is_kept_back_unless_it_is_asked_for() {
    let mocks = scripted(blocks(vec![thought(), Block::Text("So.".into())])).await;
    let response = create(&mocks, &json!({ "model": "gpt-5", "input": "[[here]]" })).await;
    assert_eq!(response["output"][0]["summary"], json!([]));
    assert_eq!(response["output"][0].get("encrypted_content"), None);
}

#[tokio::test]
async fn without_a_script_it_answers_sensibly() {
    let mocks = mocks::start().await.unwrap();
    let mut asked = ask("What is the weather in Paris?");
    let said = create(&mocks, &asked).await;
    assert!(said["output"][0]["content"][0]["text"].as_str().unwrap().contains("Paris"));
    assert!(said["usage"]["input_tokens"].as_u64().unwrap() > 7);

    asked["tools"] = tools();
    let called = create(&mocks, &asked).await;
    assert_eq!(
        (&called["output"][0]["type"], &called["output"][0]["name"]),
        (&json!("function_call"), &json!("weather"))
    );
    asked["tool_choice"] = json!({ "type": "custom", "name": "poem" });
    let called = create(&mocks, &asked).await;
    assert_eq!(called["output"][0]["type"], "custom_tool_call");

    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"], "additionalProperties": false });
    let mut asked = ask("How many?");
    asked["text"] =
        json!({ "format": { "type": "json_schema", "name": "count", "strict": true, "schema": schema } });
    let filled = create(&mocks, &asked).await;
    let text = filled["output"][0]["content"][0]["text"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).unwrap()["n"].is_i64());

    let thinking = create(&mocks, &json!({ "model": "gpt-5-mini", "input": "Why?", "reasoning": { "summary": "auto", "effort": "high" } })).await;
    assert_eq!(thinking["output"][0]["type"], "reasoning");
    assert!(!thinking["output"][0]["summary"].as_array().unwrap().is_empty());
    assert_eq!(thinking["usage"]["output_tokens_details"]["reasoning_tokens"], 256);

    let mut asked = ask("Tell me everything about the town of Paris");
    asked["max_output_tokens"] = 16.into();
    asked["input"] = "word ".repeat(40).into();
    let cut = create(&mocks, &asked).await;
    assert_eq!(cut["incomplete_details"], json!({ "reason": "max_output_tokens" }));
    assert_eq!(cut["output"][0]["status"], "incomplete");
}

#[tokio::test]
async fn a_search_is_told_and_cited() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({
        "model": "gpt-4o", "input": "Is Zürich far?",
        "tools": [{ "type": "web_search" }, { "type": "file_search", "vector_store_ids": ["vs_1"] }],
        "include": ["web_search_call.action.sources", "file_search_call.results"],
    });
    let events = stream(&mocks, &body).await;
    let response = &events.last().unwrap()["response"];
    let kinds: Vec<_> = response["output"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds, ["web_search_call", "file_search_call", "message"]);
    assert_eq!(response["output"][0]["action"]["sources"][0]["type"], "url");
    let part = &response["output"][2]["content"][0];
    let length = part["text"].as_str().unwrap().chars().count();
    assert_eq!(part["annotations"][0]["end_index"], length, "in characters");
    assert_eq!(part["annotations"][1]["type"], "file_citation");
    let searching = events.iter().filter(|event| event["type"] == "response.web_search_call.searching");
    assert_eq!(searching.count(), 1);

    let forbidden = json!({ "tool_choice": "none" });
    let mut body = body;
    body.as_object_mut().unwrap().extend(forbidden.as_object().unwrap().clone());
    assert_eq!(create(&mocks, &body).await["output"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn padding_can_be_left_out() {
    let mocks = mocks::start().await.unwrap();
    let padded = |events: &[Value]| events.iter().filter(|event| event.get("obfuscation").is_some()).count();
    assert!(padded(&stream(&mocks, &ask("hi")).await) > 0);
    let mut plain = ask("hi");
    plain["stream_options"] = json!({ "include_obfuscation": false });
    assert_eq!(padded(&stream(&mocks, &plain).await), 0);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let bytes = async || {
        let mocks = mocks::start().await.unwrap();
        let mut bytes = Vec::new();
        for _ in 0..2 {
            let mut body = ask("hi");
            body["stream"] = true.into();
            bytes.push(judged::post(&mocks, "openai", PATH, &body).await.body);
        }
        bytes
    };
    let first = bytes().await;
    assert_eq!(first, bytes().await);
    assert_ne!(first[0], first[1], "each response has its own id");
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_twice() {
    let error =
        Interruption { after_event: 5, kind: Some(Kind::RateLimit), message: Some("slow".to_owned()) };
    let fault = Fault { error: Some(error), ..Fault::default() };
    let mocks =
        scripted(Reply { id: Some("resp_1".into()), ..Reply::text(["Hel", "lo"]) }.with_fault(fault)).await;
    let mut body = ask("[[here]]");
    body["stream"] = true.into();
    let reply = judged::post(&mocks, "openai", PATH, &body).await;
    let events = judged::streamed(&judged::operation("openai", "POST", PATH), &reply);
    assert_eq!(events.len(), 7);
    assert_eq!(events[5]["error"]["code"], "rate_limit_exceeded");
    let failed = &events[6]["response"];
    assert_eq!((&failed["id"], &failed["status"]), (&json!("resp_1"), &json!("failed")));
    assert_eq!(failed["error"], json!({ "code": "rate_limit_exceeded", "message": "slow" }));
    let kept = super::good(&mocks, "GET", "/v1/responses/resp_1").await;
    assert_eq!(kept["status"], "failed");
}

#[tokio::test]
async fn faults_of_the_wire_apply() {
    let cut = Fault { cut: Some(Cut { after_event: Some(3), ..Cut::default() }), ..Fault::default() };
    let mocks = scripted(Reply::text(["Hel", "lo"]).with_fault(cut)).await;
    let mut body = ask("[[here]]");
    body["stream"] = true.into();
    let reply = judged::post(&mocks, "openai", PATH, &body).await;
    assert_eq!((reply.events().len(), reply.complete), (3, false));
}
