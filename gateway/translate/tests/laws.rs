//! Laws every provider's reader obeys, whatever it is fed.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Error;
use translate::chat::{self, ChatStream};
use translate::openai::ChunkWriter;
use translate::providers::{anthropic, bedrock};

fn anthropic_stream() -> Vec<u8> {
    let events = [
        (
            "message_start",
            json!({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}),
        ),
        (
            "content_block_start",
            json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
        ),
        ("ping", json!({"type":"ping"})),
        (
            "content_block_delta",
            json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"It \"is\" "}}),
        ),
        (
            "content_block_delta",
            json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"sunny ☀\n"}}),
        ),
        ("content_block_stop", json!({"type":"content_block_stop","index":0})),
        (
            "content_block_start",
            json!({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}),
        ),
        (
            "content_block_delta",
            json!({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}),
        ),
        (
            "content_block_delta",
            json!({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"Paris\"}"}}),
        ),
        ("content_block_stop", json!({"type":"content_block_stop","index":1})),
        (
            "message_delta",
            json!({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":42}}),
        ),
        ("message_stop", json!({"type":"message_stop"})),
    ];
    events.iter().flat_map(|(event, data)| format!("event: {event}\ndata: {data}\n\n").into_bytes()).collect()
}

const ANTHROPIC_REPLY: &[u8] = br#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"It \"is\" sunny \u2600\n"},{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Paris"}}],"stop_reason":"tool_use","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":42}}"#;

/// Framed by the AWS SDK, not by us.
fn bedrock_stream() -> Vec<u8> {
    let events = [
        ("messageStart", json!({"role":"assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex":0,"delta":{"text":"It is sunny"}})),
        ("contentBlockStop", json!({"contentBlockIndex":0})),
        (
            "contentBlockStart",
            json!({"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t1","name":"weather"}}}),
        ),
        ("contentBlockDelta", json!({"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"city\":"}}})),
        ("contentBlockDelta", json!({"contentBlockIndex":1,"delta":{"toolUse":{"input":"\"Paris\"}"}}})),
        ("messageStop", json!({"stopReason":"tool_use"})),
        (
            "metadata",
            json!({"usage":{"inputTokens":10,"outputTokens":42,"totalTokens":52},"metrics":{"latencyMs":1}}),
        ),
    ];
    let mut bytes = Vec::new();
    for (event, data) in events {
        let message = Message::new(data.to_string().into_bytes())
            .add_header(Header::new(":event-type", HeaderValue::String(event.into())))
            .add_header(Header::new(":content-type", HeaderValue::String("application/json".into())))
            .add_header(Header::new(":message-type", HeaderValue::String("event".into())));
        write_message_to(&message, &mut bytes).unwrap();
    }
    bytes
}

const BEDROCK_REPLY: &[u8] = br#"{"output":{"message":{"role":"assistant","content":[{"text":"It is sunny"},{"toolUse":{"toolUseId":"t1","name":"weather","input":{"city":"Paris"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":10,"outputTokens":42,"totalTokens":52}}"#;

struct Case {
    chat: &'static dyn chat::Chat,
    stream: Vec<u8>,
    reply: &'static [u8],
}

fn cases() -> [Case; 2] {
    [
        Case { chat: anthropic::PROVIDER.chat.unwrap(), stream: anthropic_stream(), reply: ANTHROPIC_REPLY },
        Case { chat: bedrock::PROVIDER.chat.unwrap(), stream: bedrock_stream(), reply: BEDROCK_REPLY },
    ]
}

fn translate<'a>(case: &Case, pieces: impl Iterator<Item = &'a [u8]>) -> Result<String, Error> {
    let mut stream = ChatStream::new(case.chat, ChunkWriter::new(0, true));
    for piece in pieces {
        stream.push(piece)?;
    }
    stream.finish()?;
    Ok(String::from_utf8(std::mem::take(stream.out())).unwrap())
}

/// Puts a streamed reply back together, as a client would.
fn fold(events: &str) -> Value {
    let mut whole = json!({"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":null}]});
    for event in
        events.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).filter(|data| *data != "[DONE]")
    {
        let event: Value = serde_json::from_str(event).unwrap();
        for field in ["id", "created", "model"] {
            whole[field] = event[field].clone();
        }
        if event["usage"].is_object() {
            whole["usage"] = event["usage"].clone();
        }
        let Some(choice) = event["choices"].get(0) else { continue };
        if choice["finish_reason"].is_string() {
            whole["choices"][0]["finish_reason"] = choice["finish_reason"].clone();
        }
        let message = &mut whole["choices"][0]["message"];
        if let Some(text) = choice["delta"]["content"].as_str().filter(|text| !text.is_empty()) {
            message["content"] = (message["content"].as_str().unwrap_or("").to_owned() + text).into();
        }
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().unwrap() as usize;
            if message["tool_calls"].get(index).is_none() {
                if index == 0 {
                    message["tool_calls"] = json!([]);
                }
                message["tool_calls"].as_array_mut().unwrap().push(json!({"id":call["id"],"type":call["type"],"function":{"name":call["function"]["name"],"arguments":""}}));
            }
            let arguments = &mut message["tool_calls"][index]["function"]["arguments"];
            *arguments = (arguments.as_str().unwrap().to_owned()
                + call["function"]["arguments"].as_str().unwrap())
            .into();
        }
    }
    whole
}

#[test]
fn a_folded_stream_is_the_reply() {
    for case in cases() {
        let stream = translate(&case, std::iter::once(&*case.stream)).unwrap();
        let reply: Value = serde_json::from_slice(&chat::reply(case.chat, case.reply, 0).unwrap()).unwrap();
        assert_eq!(fold(&stream), reply);
    }
}

#[test]
fn one_byte_at_a_time_changes_nothing() {
    for case in cases() {
        assert_eq!(translate(&case, case.stream.chunks(1)), translate(&case, std::iter::once(&*case.stream)));
    }
}

#[test]
fn a_cut_stream_is_never_done() {
    for case in cases() {
        let last = translate(&case, std::iter::once(&*case.stream)).unwrap();
        for cut in 0..case.stream.len() {
            if let Ok(out) = translate(&case, std::iter::once(&case.stream[..cut])) {
                // Only what comes after the finish reason may be missing.
                assert!(
                    out.contains("\"finish_reason\":\"tool_calls\"")
                        && last.starts_with(
                            out.split("data: [DONE]").next().unwrap().split(",\"usage\"").next().unwrap()
                        ),
                    "{cut}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn cuts_change_nothing(cuts in proptest::collection::vec(0_usize..2000, 0..20)) {
        for case in cases() {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % case.stream.len()).collect();
            cuts.sort_unstable();
            let ends = cuts.iter().copied().chain([case.stream.len()]);
            let starts = [0].into_iter().chain(cuts.iter().copied());
            let pieces = starts.zip(ends).map(|(start, end)| &case.stream[start..end]);
            prop_assert_eq!(translate(&case, pieces), translate(&case, std::iter::once(&*case.stream)));
        }
    }

    #[test]
    fn no_byte_panics(at in 0_usize..4000, byte: u8) {
        for case in cases() {
            let mut bytes = case.stream.clone();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = translate(&case, bytes.chunks(7));
        }
    }
}
