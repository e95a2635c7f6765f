//! Bedrock's mock: signatures, frames, refusals, and AWS's own client.

mod agents;
mod connector;
mod frames;
mod invocations;
mod invoke;
mod keys;
mod makers;
mod own;
mod refusals;
mod sdk;
mod sigv4;
mod vectors;

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use bytes::BytesMut;
use mocks::Mocks;
use serde_json::{Value, json};

use crate::client::{self, Reply};

pub(crate) const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/// The path of an operation on the common port.
pub(crate) fn path(model: &str, stream: bool) -> String {
    let operation = if stream { "converse-stream" } else { "converse" };
    format!(
        "/bedrock/model/{}/{operation}",
        model.replace('%', "%25").replace(':', "%3A").replace('/', "%2F")
    )
}

/// Sends one request with an API key.
pub(crate) async fn converse(mocks: &Mocks, stream: bool, body: &Value) -> Reply {
    let headers =
        [("content-type", "application/json"), ("authorization", "Bearer bedrock-api-key-touchstone")];
    let bytes = client::request("POST", &path(MODEL, stream), &headers, body.to_string().as_bytes());
    client::exchange(mocks, &bytes).await
}

/// One message of a user.
pub(crate) fn question(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] })
}

/// One decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// In order: name and value.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The event's name, or the exception's.
    pub(crate) fn name(&self) -> &str {
        &self.headers[0].1
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap()
    }
}

/// All whole frames, as AWS's decoder reads them, and the error that ended it.
pub(crate) fn decode(bytes: &[u8]) -> (Vec<Frame>, Option<String>) {
    let (mut decoder, mut bytes, mut frames) =
        (MessageFrameDecoder::new(), BytesMut::from(bytes), Vec::new());
    loop {
        match decoder.decode_frame(&mut bytes) {
            Ok(DecodedFrame::Complete(message)) => {
                let text = |text: &aws_smithy_types::str_bytes::StrBytes| text.as_str().to_owned();
                let header = |header: &aws_smithy_types::event_stream::Header| {
                    (text(header.name()), text(header.value().as_string().unwrap()))
                };
                frames.push(Frame {
                    headers: message.headers().iter().map(header).collect(),
                    payload: message.payload().to_vec(),
                });
            }
            Ok(DecodedFrame::Incomplete) => return (frames, None),
            Err(problem) => return (frames, Some(problem.to_string())),
        }
    }
}

/// What the document says against a reply.
pub(crate) fn violations(stream: bool, reply: &Reply) -> Vec<String> {
    let operation =
        specs::api("bedrock").unwrap().operation("POST", &path(MODEL, stream)["/bedrock".len()..]).unwrap();
    if !stream || reply.status != 200 {
        return operation.reply(reply.status, &reply.json()).iter().map(ToString::to_string).collect();
    }
    let (frames, error) = decode(&reply.body);
    let mut found: Vec<String> = error.into_iter().collect();
    let mut sequence = operation.sequence().unwrap();
    for frame in frames {
        let said =
            [operation.event(frame.name(), &frame.json()), sequence.event(frame.name(), &frame.json())];
        found.extend(said.concat().iter().map(ToString::to_string));
    }
    found.extend(sequence.end().iter().map(ToString::to_string));
    found
}
