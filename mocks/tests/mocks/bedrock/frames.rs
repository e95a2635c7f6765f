//! Streams in AWS's binary framing: what lies in the frames, and what faults make of them.

use mocks::script::{
    Block, Cut, Event, Fault, Finish, Interruption, Kind, Pieces, Reasoning, Reply, Script, Usage,
};
use serde_json::{Value, json};

use super::{Frame, converse, decode, question, violations};
use crate::client;

const MARKER: &str = "[[frames]]";

async fn seen(reply: Reply) -> client::Reply {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(MARKER, reply));
    converse(&mocks, true, &question(MARKER)).await
}

/// A reply with all that a stream can carry.
fn rich() -> Reply {
    let thought =
        Reasoning { text: ["Let ", "me"].into(), signature: Some("c2ln".to_owned()), redacted: None };
    let hidden =
        Reasoning { text: Pieces::default(), signature: None, redacted: Some("aGlkZGVu".to_owned()) };
    Reply {
        content: Some(vec![
            Block::Reasoning(thought),
            Block::Reasoning(hidden),
            Block::Text(["Grüße ", "🎉"].into()),
            Block::call("tooluse_1", "weather", ["{\"city\":", "\"Paris\"}"]),
            Block::call("tooluse_2", "now", Pieces::default()),
        ]),
        usage: Some(Usage {
            prompt: Some(30),
            completion: Some(7),
            cached: Some(8),
            cache_write: Some(2),
            reasoning: Some(3),
        }),
        ..Reply::default()
    }
}

#[tokio::test]
async fn a_stream_says_all_in_the_services_order() {
    let reply = seen(rich()).await;
    assert_eq!(reply.header("content-type"), Some("application/vnd.amazon.eventstream"));
    assert_eq!(violations(true, &reply), Vec::<String>::new());
    assert_eq!(reply.chunks.len(), decode(&reply.body).0.len(), "each frame is a write of its own");
    let said: Vec<(String, Value)> = decode(&reply.body).0.iter().map(stripped).collect();
    let delta = |index: usize, delta: Value| {
        ("contentBlockDelta", json!({ "contentBlockIndex": index, "delta": delta }))
    };
    let stop = |index: usize| ("contentBlockStop", json!({ "contentBlockIndex": index }));
    let start = |index: usize, id: &str, name: &str| {
        let start = json!({ "toolUse": { "toolUseId": id, "name": name } });
        ("contentBlockStart", json!({ "contentBlockIndex": index, "start": start }))
    };
    let expected = [
        ("messageStart", json!({ "role": "assistant" })),
        delta(0, json!({ "reasoningContent": { "text": "Let " } })),
        delta(0, json!({ "reasoningContent": { "text": "me" } })),
        delta(0, json!({ "reasoningContent": { "signature": "c2ln" } })),
        stop(0),
        delta(1, json!({ "reasoningContent": { "redactedContent": "aGlkZGVu" } })),
        stop(1),
        delta(2, json!({ "text": "Grüße " })),
        delta(2, json!({ "text": "🎉" })),
        stop(2),
        start(3, "tooluse_1", "weather"),
        delta(3, json!({ "toolUse": { "input": "" } })),
        delta(3, json!({ "toolUse": { "input": "{\"city\":" } })),
        delta(3, json!({ "toolUse": { "input": "\"Paris\"}" } })),
        stop(3),
        start(4, "tooluse_2", "now"),
        delta(4, json!({ "toolUse": { "input": "" } })),
        stop(4),
        ("messageStop", json!({ "stopReason": "tool_use" })),
    ];
    let expected: Vec<(String, Value)> =
        expected.into_iter().map(|(name, payload)| (name.to_owned(), payload)).collect();
    assert_eq!(said[..said.len() - 1], expected);
    let (name, metadata) = said.last().unwrap();
    let usage = json!({
        "inputTokens": 20, "outputTokens": 7, "totalTokens": 37, "cacheReadInputTokens": 8, "cacheWriteInputTokens": 2,
    });
    assert_eq!((name.as_str(), &metadata["usage"]), ("metadata", &usage));
    assert!(metadata["metrics"]["latencyMs"].is_u64());
}

/// A frame's name and its payload without the padding that every event has.
fn stripped(frame: &Frame) -> (String, Value) {
    let mut payload = frame.json();
    let padding = payload.as_object_mut().unwrap().remove("p").unwrap();
    assert!(padding.as_str().unwrap().starts_with('a'));
    (frame.name().to_owned(), payload)
}

#[tokio::test]
async fn headers_are_in_the_captured_order_and_padding_varies_but_repeats_with_the_seed() {
    let (first, again) = (seen(rich()).await, seen(rich()).await);
    assert_eq!(first.body, again.body);
    let (frames, _) = decode(&first.body);
    let mut lengths = std::collections::BTreeSet::new();
    for frame in &frames {
        let names: Vec<&str> = frame.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [":event-type", ":content-type", ":message-type"]);
        assert_eq!((frame.headers[1].1.as_str(), frame.headers[2].1.as_str()), ("application/json", "event"));
        lengths.insert(frame.json()["p"].as_str().unwrap().len());
    }
    assert!(lengths.len() > 3, "{lengths:?}");
}

#[tokio::test]
async fn an_error_in_mid_stream_is_an_exception_frame_and_the_last_one() {
    for (kind, name, message) in [
        (Kind::RateLimit, "throttlingException", "Too many requests, please wait before trying again."),
        (
            Kind::Model,
            "modelStreamErrorException",
            "The model returned the following errors: the request could not be processed.",
        ),
        (
            Kind::InvalidRequest,
            "validationException",
            "Malformed input request, please reformat your input and try again.",
        ),
        (Kind::Unavailable, "serviceUnavailableException", "Bedrock is unable to process your request."),
        (
            Kind::Server,
            "internalServerException",
            "The system encountered an unexpected error during processing. Try your request again.",
        ),
    ] {
        let error = Interruption { after_event: 2, kind: Some(kind), message: None };
        let reply =
            seen(Reply::text(["a", "b"]).with_fault(Fault { error: Some(error), ..Fault::default() })).await;
        assert_eq!((reply.status, reply.complete), (200, true));
        assert_eq!(violations(true, &reply), Vec::<String>::new());
        let (frames, _) = decode(&reply.body);
        let headers: Vec<(&str, &str)> =
            frames[2].headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            (":exception-type", name),
            (":content-type", "application/json"),
            (":message-type", "exception"),
        ];
        assert_eq!(headers, expected);
        assert_eq!((frames.len(), &frames[2].json()["message"]), (3, &json!(message)));
    }
}

#[tokio::test]
async fn broken_frames_are_broken_in_one_way_each() {
    let text = || Reply::text(["aaaaaaaa", "bbbbbbbb"]);
    let good = seen(text()).await;
    let at = Some(Event { event: 3 });
    let bad = seen(text().with_fault(Fault { bad_checksum: at, ..Fault::default() })).await;
    let (frames, error) = decode(&bad.body);
    assert_eq!((frames.len(), bad.body.len()), (2, good.body.len()));
    assert!(error.unwrap().contains("message checksum"));

    let malformed = seen(text().with_fault(Fault { malformed: at, ..Fault::default() })).await;
    let (frames, error) = decode(&malformed.body);
    assert_eq!((frames.len(), error), (decode(&good.body).0.len(), None), "all frames are whole");
    assert!(serde_json::from_slice::<Value>(&frames[2].payload).is_err());
    assert_eq!(frames[2].name(), "contentBlockDelta");

    let cut = Cut { after_byte: Some(200), ..Cut::default() };
    let cut = seen(text().with_fault(Fault { cut: Some(cut), ..Fault::default() })).await;
    assert_eq!((cut.body.len(), cut.complete, &cut.body[..]), (200, false, &good.body[..200]));
    let odd = Fault { crlf: true, comments: true, pings: true, multiline: true, ..Fault::default() };
    assert_eq!(seen(text().with_fault(odd)).await.body, good.body, "faults of text streams change no frame");
}

#[tokio::test]
async fn every_finish_has_the_services_word() {
    for (finish, calls, word) in [
        (Finish::Stop, false, "end_turn"),
        (Finish::Length, false, "max_tokens"),
        (Finish::ToolCalls, true, "tool_use"),
        (Finish::StopSequence, false, "stop_sequence"),
        (Finish::ContentFilter, false, "content_filtered"),
        (Finish::Guardrail, false, "guardrail_intervened"),
        (Finish::Context, false, "model_context_window_exceeded"),
        (Finish::Malformed, false, "malformed_model_output"),
        (Finish::Malformed, true, "malformed_tool_use"),
    ] {
        let block = if calls { Block::call("tooluse_1", "f", "{}") } else { Block::Text("x".into()) };
        let reply =
            seen(Reply { content: Some(vec![block]), finish: Some(finish), ..Reply::default() }).await;
        assert_eq!(violations(true, &reply), Vec::<String>::new());
        let (frames, _) = decode(&reply.body);
        assert_eq!(frames[frames.len() - 2].json()["stopReason"], word);
    }
}
