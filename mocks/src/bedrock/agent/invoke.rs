//! [InvokeAgent](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html): what an agent is told, and what it says to that.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::answer::{Answer, Ask, Last};
use crate::bedrock::frame;
use crate::provider::{Call, Event, Headers};
use crate::script::{Failure, Kind};

/// Who says nothing must bring what a tool said.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let brings = !call.body["sessionState"]["returnControlInvocationResults"].is_null();
    let says = call.body["inputText"].as_str().is_some_and(|text| !text.is_empty());
    if says || brings || call.body["endSession"] == true {
        return Ok(());
    }
    let message = "inputText is required when the session state has no returnControlInvocationResults.";
    Err(Failure::new(Kind::InvalidRequest, message))
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let text = call.body["inputText"].as_str().unwrap_or_default();
    let texts = vec![Cow::Borrowed(text)];
    Ask { texts, last: Last::Said(Cow::Borrowed(text)), choices: 1, stream: true, ..Ask::default() }
}

pub(super) fn headers(call: &Call<'_>, headers: &mut Headers) {
    let session = call.found.and_then(|found| found.parameter("sessionId")).unwrap_or_default();
    headers.push(("x-amz-bedrock-agent-session-id".into(), session.into()));
    headers.push(("x-amzn-bedrock-agent-content-type".into(), "application/json".into()));
}

/// All at once, unless the request asks for pieces.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let said = super::said(answer);
    let in_pieces = call.body["streamingConfigurations"]["streamFinalResponse"] == true;
    let parts = if in_pieces { said } else { vec![said.concat()] };
    let chunk = |text: &String| frame::event("chunk", json!({ "bytes": STANDARD.encode(text) }).to_string());
    parts.iter().map(chunk).collect()
}
