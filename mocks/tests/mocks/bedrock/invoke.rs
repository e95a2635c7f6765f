//! `InvokeModel` in each maker's words, whole and streamed: both hold to the document and say the same.

use aws_sdk_bedrockruntime::error::ProvideErrorMetadata as _;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::ResponseStream;
use mocks::script::{Block, Failure, Fault, Finish, Interruption, Kind, Reply, Script, Usage};
use mocks::{AwsKey, Mocks};
use proptest::prelude::{Strategy as _, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::decode;
use super::makers::{MAKERS, path};
use super::sdk::client;
use crate::client;
use crate::judged::{self, post_with};

async fn invoke(
    mocks: &Mocks,
    model: &str,
    stream: bool,
    headers: &[(&str, &str)],
    body: &Value,
) -> client::Reply {
    let key = [("authorization", "Bearer bedrock-api-key-touchstone")];
    let headers: Vec<_> = key.iter().chain(headers).copied().collect();
    post_with(mocks, "bedrock", &path(model, stream), &headers, body).await
}

/// One set of mocks and a runtime for all cases.
static PLAYED: std::sync::LazyLock<(tokio::runtime::Runtime, Mocks)> = std::sync::LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mocks = runtime.block_on(mocks::start()).unwrap();
    (runtime, mocks)
});

proptest! {
    #[test]
    fn a_folded_stream_is_the_whole_answer(
        maker in (0..MAKERS.len()).prop_map(|at| &MAKERS[at]),
        text in "[a-zA-Z0-9äß漢🎉\"\\\\ ]{0,40}[a-z?]",
        limit in 1..60_u64,
    ) {
        let (runtime, mocks) = &*PLAYED;
        let body = (maker.body)(&text, limit);
        let (whole, streamed) = runtime.block_on(async {
            mocks.reset();
            (invoke(mocks, maker.model, false, &[], &body).await, invoke(mocks, maker.model, true, &[], &body).await)
        });
        let (whole, pieces) = (maker.whole(&whole), maker.pieces(&streamed));
        prop_assert_eq!(maker.folded(&pieces), maker.said(&whole), "{}", maker.variant);
    }
}

#[tokio::test]
async fn each_maker_answers_what_was_said_last_and_tells_why_it_ended() {
    let mocks = mocks::start().await.unwrap();
    for maker in &MAKERS {
        for (limit, reason) in [(3, maker.reasons[0]), (200, maker.reasons[1])] {
            let body = (maker.body)("Name a ridge.", limit);
            let [said, why] = maker.said(&maker.whole(&invoke(&mocks, maker.model, false, &[], &body).await));
            assert_eq!(why, reason, "{}", maker.variant);
            assert!(limit == 3 || said.ends_with("You said: Name a ridge."), "{}: {said}", maker.variant);
        }
    }
}

#[tokio::test]
async fn tokens_are_counted_in_headers_and_in_the_last_piece() {
    let mocks = mocks::start().await.unwrap();
    let usage = Usage {
        prompt: Some(30),
        completion: Some(7),
        cached: Some(8),
        cache_write: Some(2),
        reasoning: None,
    };
    mocks.add(Script::new("[[counted]]", Reply { usage: Some(usage), ..Reply::text(["Da", "wn."]) }));
    for maker in &MAKERS {
        let body = (maker.body)("[[counted]]", 9);
        let asked = [("x-amzn-bedrock-service-tier", "priority")];
        let whole = invoke(&mocks, maker.model, false, &asked, &body).await;
        let header = |name: &str| whole.header(&format!("x-amzn-bedrock-{name}")).map(str::to_owned);
        let counts = [
            "input-token-count",
            "output-token-count",
            "cache-read-input-token-count",
            "cache-write-input-token-count",
        ];
        assert_eq!(counts.map(|name| header(name).unwrap()), ["20", "7", "8", "2"], "{}", maker.variant);
        assert!(header("invocation-latency").unwrap().parse::<u64>().is_ok());
        assert_eq!(header("service-tier").as_deref(), Some("priority"));

        let streamed = invoke(&mocks, maker.model, true, &[], &body).await;
        assert_eq!(streamed.header("x-amzn-bedrock-content-type"), Some("application/json"));
        let pieces = maker.pieces(&streamed);
        let (last, others) = pieces.split_last().unwrap();
        let metrics = &last["amazon-bedrock-invocationMetrics"];
        assert_eq!(
            ["inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"]
                .map(|name| metrics[name].as_u64().unwrap()),
            [20, 7, 8, 2]
        );
        assert!(others.iter().all(|piece| piece.get("amazon-bedrock-invocationMetrics").is_none()));
    }
}

#[tokio::test]
async fn a_guardrail_is_named_with_its_version_and_tells_what_it_did() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[stop]]", Reply { finish: Some(Finish::Guardrail), ..Reply::text(["No."]) }));
    let named = [("x-amzn-bedrock-guardrailidentifier", "g1"), ("x-amzn-bedrock-guardrailversion", "1")];
    for maker in &MAKERS {
        for (text, action) in [("hi", "NONE"), ("[[stop]]", "INTERVENED")] {
            let body = (maker.body)(text, 9);
            let whole = maker.whole(&invoke(&mocks, maker.model, false, &named, &body).await);
            assert_eq!(whole["amazon-bedrock-guardrailAction"], action, "{}", maker.variant);
            let pieces = maker.pieces(&invoke(&mocks, maker.model, true, &named, &body).await);
            assert_eq!(pieces.last().unwrap()["amazon-bedrock-guardrailAction"], action);
        }
        let body = (maker.body)("hi", 9);
        let refused = invoke(&mocks, maker.model, false, &named[..1], &body).await;
        assert!((refused.status, refused.text().contains("'guardrailVersion'")) == (400, true));
        let mut configured = body;
        configured["amazon-bedrock-guardrailConfig"] = json!({ "tagSuffix": "x" });
        let refused = invoke(&mocks, maker.model, true, &[], &configured).await;
        assert!((refused.status, refused.text().contains("'guardrailIdentifier'")) == (400, true));
    }
}

#[tokio::test]
async fn tools_are_called_by_those_who_know_them() {
    let mocks = mocks::start().await.unwrap();
    let schema =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let tool = json!({ "name": "weather", "description": "The weather." });
    let with = |variant: &str, more: Value| {
        let maker = MAKERS.iter().find(|maker| maker.variant == variant).unwrap();
        let mut body = (maker.body)("What is the weather in Paris?", 200);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (maker, body)
    };
    let spec = json!({ "toolSpec": { "name": "weather", "inputSchema": { "json": schema } } });
    let mut function = json!({ "type": "function", "function": tool });
    function["function"]["parameters"] = schema.clone();
    let parameters = json!({ "city": { "type": "str", "description": "Where.", "required": true } });
    for ((maker, body), called, reason) in [
        (
            with("claude", json!({ "tools": [{ "name": "weather", "input_schema": schema }] })),
            "/content/0/name",
            "tool_use",
        ),
        (
            with("nova", json!({ "toolConfig": { "tools": [spec] } })),
            "/output/message/content/0/toolUse/name",
            "tool_use",
        ),
        (
            with("mistral-chat", json!({ "tools": [function] })),
            "/choices/0/message/tool_calls/0/function/name",
            "tool_calls",
        ),
        (
            with(
                "command-r",
                json!({ "tools": [{ "name": "weather", "description": "d", "parameter_definitions": parameters }] }),
            ),
            "/tool_calls/0/name",
            "COMPLETE",
        ),
    ] {
        let whole = maker.whole(&invoke(&mocks, maker.model, false, &[], &body).await);
        assert_eq!(whole.pointer(called), Some(&json!("weather")), "{whole}");
        assert_eq!(maker.said(&whole)[1], reason);
        let pieces = maker.pieces(&invoke(&mocks, maker.model, true, &[], &body).await);
        assert_eq!(maker.folded(&pieces)[1], reason);
        assert!(pieces.iter().any(|piece| piece.to_string().contains("\"weather\"")));
    }
}

#[tokio::test]
async fn several_completions_are_told_apart() {
    let mocks = mocks::start().await.unwrap();
    let maker = &MAKERS[7];
    let mut body = (maker.body)("Name a ridge.", 40);
    body["num_generations"] = 2.into();
    body["return_likelihoods"] = "ALL".into();
    let whole = maker.whole(&invoke(&mocks, maker.model, false, &[], &body).await);
    let indexes: Vec<_> = whole["generations"].as_array().unwrap().iter().map(|one| &one["index"]).collect();
    assert_eq!(indexes, [&json!(0), &json!(1)]);
    assert!(whole["generations"][0]["token_likelihoods"].as_array().unwrap().len() > 10);
    let pieces = maker.pieces(&invoke(&mocks, maker.model, true, &[], &body).await);
    let second = pieces.iter().filter(|piece| piece["index"] == 1).filter_map(|piece| piece["text"].as_str());
    assert_eq!(second.collect::<String>(), whole["generations"][1]["text"]);
    body["stream"] = false.into();
    let pieces = maker.pieces(&invoke(&mocks, maker.model, true, &[], &body).await);
    assert_eq!((pieces.len(), &pieces[0]["response"]["prompt"]), (1, &json!("Name a ridge.")));
}

#[tokio::test]
async fn arguments_stay_as_they_were_written() {
    let mocks = mocks::start().await.unwrap();
    let arguments = "{\"big\": 123456789012345678901234567890, \"exact\": 1.10}";
    let block = Block::call("t1", "f", arguments);
    mocks.add(Script::new("[[big]]", Reply { content: Some(vec![block]), ..Reply::default() }));
    for maker in MAKERS.iter().filter(|maker| ["claude", "nova"].contains(&maker.variant)) {
        let reply = invoke(&mocks, maker.model, false, &[], &(maker.body)("[[big]]", 9)).await;
        assert!(reply.text().contains(arguments), "{}", reply.text());
    }
}

/// Each case: the words, what is changed in a good body, and the message.
const REFUSED: &str = include_str!("invoke.json");

#[tokio::test]
async fn a_body_that_breaks_the_rules_is_refused_in_the_services_words() {
    let mocks = mocks::start().await.unwrap();
    let cases: Vec<Value> = serde_json::from_str(REFUSED).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for case in cases {
        let maker = MAKERS.iter().find(|maker| case["words"] == maker.variant).unwrap();
        let mut body = (maker.body)("x", 9);
        for (name, value) in case["change"].as_object().unwrap() {
            match value {
                Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
                value => body[name] = value.clone(),
            }
        }
        let model = case["model"].as_str().unwrap_or(maker.model);
        for stream in [false, true] {
            let reply = invoke(&mocks, model, stream, &[], &body).await;
            let (status, said) = judged::refused(&maker.operation(stream), &reply);
            assert_eq!((status, &said["message"]), (400, &case["message"]), "{body}");
            assert!(reply.header("x-amzn-errortype").unwrap().starts_with("ValidationException:"));
        }
        seen.insert(maker.variant);
    }
    assert_eq!(seen.len(), MAKERS.len(), "every maker refuses something");
}

#[tokio::test]
async fn a_model_that_makes_vectors_does_not_stream() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({ "inputText": "a" });
    let reply = invoke(&mocks, "amazon.titan-embed-text-v1", true, &[], &body).await;
    assert_eq!(
        (reply.status, &reply.json()["message"]),
        (400, &json!("The model is unsupported for streaming."))
    );
}

#[tokio::test]
async fn a_stream_that_fails_ends_in_an_exception() {
    let mocks = mocks::start().await.unwrap();
    for (kind, name) in [
        (Kind::Timeout, "modelTimeoutException"),
        (Kind::Model, "modelStreamErrorException"),
        (Kind::RateLimit, "throttlingException"),
        (Kind::Server, "internalServerException"),
        (Kind::Unavailable, "serviceUnavailableException"),
        (Kind::InvalidRequest, "validationException"),
    ] {
        let middle = Interruption { after_event: 2, kind: Some(kind), message: Some("no more".to_owned()) };
        let fault = Fault { error: Some(middle), ..Fault::default() };
        mocks.add(Script::new("[[fails]]", Reply::text(["a", "b", "c"]).with_fault(fault)));
        for maker in &MAKERS {
            let reply = invoke(&mocks, maker.model, true, &[], &(maker.body)("[[fails]]", 9)).await;
            let (frames, _) = decode(&reply.body);
            assert_eq!((frames.len(), frames[2].name()), (3, name), "{}", maker.variant);
            assert!(maker.operation(true).event(name, &frames[2].json()).is_empty());
        }
    }
}

#[tokio::test]
async fn awss_own_client_reads_bodies_and_chunks() {
    let mocks = mocks::start().await.unwrap();
    let client = client(&mocks, &AwsKey::default());
    for maker in &MAKERS {
        let body = Blob::new((maker.body)("Name a ridge.", 60).to_string());
        let reply = client.invoke_model().model_id(maker.model).body(body.clone()).send().await.unwrap();
        let whole: Value = serde_json::from_slice(reply.body.as_ref()).unwrap();
        let streamed = client.invoke_model_with_response_stream().model_id(maker.model).body(body);
        let mut streamed = streamed.send().await.unwrap();
        assert_eq!(streamed.content_type, "application/json");
        let mut pieces = Vec::new();
        while let Some(event) = streamed.body.recv().await.unwrap() {
            let ResponseStream::Chunk(chunk) = event else { panic!("{event:?}") };
            pieces.push(serde_json::from_slice(chunk.bytes().unwrap().as_ref()).unwrap());
        }
        assert_eq!(maker.folded(&pieces), maker.said(&whole));
    }
    let failure = Failure::new(Kind::RateLimit, "slow down");
    mocks.add(Script { replies: vec![Reply::error(failure)], ..Script::default() });
    let body = Blob::new((MAKERS[0].body)("x", 9).to_string());
    let refused = client.invoke_model().model_id(MAKERS[0].model).body(body).send().await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Some("ThrottlingException"), Some("slow down")));
    assert!(mocks.journal(None).iter().all(|entry| entry.violations.is_empty()));
}
