//! Bases of knowledge and agents, frame by frame.

use mocks::script::{Failure, Interruption, Kind, Reply, Script};
use serde_json::{Value, json};

use super::decode;
use crate::client::{self, exchange, request};

const KEY: [(&str, &str); 2] =
    [("authorization", "Bearer bedrock-api-key-touchstone"), ("content-type", "application/json")];
const STREAM: &str = "/retrieveAndGenerateStream";
const AGENT: &str = "/agents/AGENT00001/agentAliases/ALIAS00001/sessions/me-1/text";

async fn post(mocks: &mocks::Mocks, path: &str, body: &Value) -> client::Reply {
    exchange(mocks, &request("POST", &format!("/bedrock{path}"), &KEY, body.to_string().as_bytes())).await
}

fn asked(text: &str) -> Value {
    let knowledge = json!({ "knowledgeBaseId": "LIBRARY", "modelArn": "amazon.nova-lite-v1:0" });
    json!({
        "input": { "text": text },
        "retrieveAndGenerateConfiguration": { "type": "KNOWLEDGE_BASE", "knowledgeBaseConfiguration": knowledge },
    })
}

/// The names of a stream's events, which the document must allow in this order.
fn judged(path: &str, reply: &client::Reply) -> Vec<String> {
    let operation = specs::api("bedrock-agent-runtime").unwrap().operation("POST", path).unwrap();
    let (frames, left) = decode(&reply.body);
    assert_eq!(left, None);
    let mut sequence = operation.sequence().unwrap();
    for frame in &frames {
        let payload = frame.json();
        assert_eq!(operation.event(frame.name(), &payload), [], "{payload:#}");
        assert_eq!(sequence.event(frame.name(), &payload), [], "{payload:#}");
    }
    assert_eq!(sequence.end(), []);
    frames.iter().map(|frame| frame.name().to_owned()).collect()
}

#[tokio::test]
async fn events_are_those_of_the_document() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[text]]", Reply::text(["Hel", "lo"])));
    let reply = post(&mocks, STREAM, &asked("[[text]]")).await;
    assert_eq!(reply.header("content-type"), Some("application/vnd.amazon.eventstream"));
    assert_eq!(reply.header("x-amzn-bedrock-knowledge-base-session-id").unwrap().len(), 36);
    assert_eq!(judged(STREAM, &reply), ["output", "output", "citation"]);
    let reply = post(&mocks, AGENT, &json!({ "inputText": "[[text]]" })).await;
    assert_eq!(reply.header("x-amz-bedrock-agent-session-id"), Some("me-1"));
    assert_eq!(judged(AGENT, &reply), ["chunk"]);
    // Its own answer too, without a script.
    judged(STREAM, &post(&mocks, STREAM, &asked("What is a touchstone?")).await);
}

#[tokio::test]
async fn every_kind_of_failure_in_mid_stream_is_an_exception_that_the_service_knows() {
    let mocks = mocks::start().await.unwrap();
    for (kind, name) in [
        (Kind::RateLimit, "throttlingException"),
        (Kind::Overloaded, "badGatewayException"),
        (Kind::Model, "dependencyFailedException"),
        (Kind::InvalidRequest, "validationException"),
        (Kind::Server, "internalServerException"),
    ] {
        let place = Interruption { after_event: 1, kind: Some(kind), message: None };
        let fault = mocks::script::Fault { error: Some(place), ..Default::default() };
        mocks.add(Script::new("[[middle]]", Reply::text(["Hel", "lo"]).with_fault(fault)));
        let names = judged(STREAM, &post(&mocks, STREAM, &asked("[[middle]]")).await);
        assert_eq!(names, ["output", name]);
        mocks.add(Script::new("[[whole]]", Reply::error(Failure { kind: Some(kind), ..Failure::default() })));
        let refused = post(&mocks, "/retrieveAndGenerate", &asked("[[whole]]")).await;
        let operation =
            specs::api("bedrock-agent-runtime").unwrap().operation("POST", "/retrieveAndGenerate");
        assert_eq!(operation.unwrap().reply(refused.status, &refused.json()), [], "{}", refused.text());
    }
}
