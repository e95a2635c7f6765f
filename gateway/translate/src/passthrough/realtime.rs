//! What the messages of a realtime session tell of its cost, and of its model. They pass as they are.
//!
//! <https://platform.openai.com/docs/api-reference/realtime-server-events/response/done>,
//! <https://ai.google.dev/api/live#BidiGenerateContentServerMessage>

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;

use crate::delta::{Kinds, Usage};
use crate::openai::Counted;
use crate::providers::gemini::Modalities;

/// What one message of the provider's adds to the cost of a session; `None`: nothing. Of a session, all are added up: a provider
/// counts each answer anew, with all that was said before it.
pub fn cost(message: &[u8]) -> Option<Usage> {
    // Nearly all messages are pieces of sound: they are not read further.
    if memmem::find(message, b"\"response.done\"").is_some() {
        let done: Done = serde_json::from_slice(message).ok()?;
        return (done.kind == "response.done").then_some(done.response.usage).flatten().map(Usage::from);
    }
    memmem::find(message, b"\"usageMetadata\"")?;
    let message: Live<'_> = serde_json::from_slice(message).ok()?;
    message.usage_metadata.map(Usage::from)
}

/// The model that a client's first message to Gemini's Live API asks for.
pub fn model(message: &[u8]) -> Option<String> {
    let Live { setup, .. } = serde_json::from_slice(message).ok()?;
    let model = setup?.model?;
    Some(model.rsplit('/').next().unwrap_or_default().to_owned())
}

#[derive(Deserialize)]
struct Done<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    usage: Option<Spent>,
}

#[derive(Deserialize)]
struct Spent {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: Option<u64>,
    input_token_details: Option<Input>,
    output_token_details: Option<Counted>,
}

#[derive(Deserialize)]
struct Input {
    cached_tokens: Option<u64>,
    cached_tokens_details: Option<Counted>,
    #[serde(flatten)]
    kinds: Counted,
}

impl From<Spent> for Usage {
    fn from(spent: Spent) -> Self {
        let input = spent.input_token_details.as_ref();
        let kinds = |counted: Option<Counted>| counted.map(Kinds::from).unwrap_or_default();
        Self {
            prompt: spent.input_tokens,
            completion: spent.output_tokens,
            total: spent.total_tokens,
            cached: input.and_then(|input| input.cached_tokens),
            cached_kinds: kinds(input.and_then(|input| input.cached_tokens_details)),
            prompt_kinds: kinds(input.map(|input| input.kinds)),
            completion_kinds: kinds(spent.output_token_details),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live<'a> {
    #[serde(borrow)]
    setup: Option<Setup<'a>>,
    usage_metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Setup<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    prompt_token_count: u64,
    #[serde(default)]
    tool_use_prompt_token_count: u64,
    #[serde(default)]
    response_token_count: u64,
    thoughts_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    total_token_count: Option<u64>,
    prompt_tokens_details: Option<Modalities>,
    response_tokens_details: Option<Modalities>,
    cache_tokens_details: Option<Modalities>,
}

impl From<Metadata> for Usage {
    fn from(spent: Metadata) -> Self {
        let kinds = |details: Option<Modalities>| details.map(|details| details.0).unwrap_or_default();
        Self {
            prompt: spent.prompt_token_count + spent.tool_use_prompt_token_count,
            completion: spent.response_token_count + spent.thoughts_token_count.unwrap_or(0),
            total: spent.total_token_count,
            cached: spent.cached_content_token_count,
            reasoning: spent.thoughts_token_count,
            prompt_kinds: kinds(spent.prompt_tokens_details),
            completion_kinds: kinds(spent.response_tokens_details),
            cached_kinds: kinds(spent.cache_tokens_details),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_answer_tells_its_cost() {
        let done = br#"{"type":"response.done","event_id":"e","response":{"usage":{"total_tokens":30,"input_tokens":10,"output_tokens":20,
            "input_token_details":{"text_tokens":4,"audio_tokens":6,"cached_tokens":3},"output_token_details":{"text_tokens":20}}}}"#;
        let expected = Usage {
            prompt: 10,
            completion: 20,
            total: Some(30),
            cached: Some(3),
            prompt_kinds: Kinds { text: Some(4), audio: Some(6), image: None },
            completion_kinds: Kinds { text: Some(20), ..Kinds::default() },
            ..Usage::default()
        };
        assert_eq!(cost(done), Some(expected));
        let live = br#"{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":5,"responseTokenCount":7,
            "thoughtsTokenCount":2,"totalTokenCount":14}}"#;
        let expected =
            Usage { prompt: 5, completion: 9, total: Some(14), reasoning: Some(2), ..Usage::default() };
        assert_eq!(cost(live), Some(expected));
    }

    #[test]
    fn what_only_speaks_of_it_costs_nothing() {
        for message in [
            r#"{"type":"response.output_text.delta","delta":"a \"response.done\" b"}"#,
            r#"{"type":"response.done","response":{"usage":null}}"#,
            r#"{"type":"response.done""#,
            r#"{"serverContent":{"modelTurn":{"parts":[{"text":"\"usageMetadata\""}]}}}"#,
            "",
        ] {
            assert_eq!(cost(message.as_bytes()), None, "{message}");
        }
    }

    #[test]
    fn the_first_message_of_a_live_session_names_its_model() {
        assert_eq!(model(br#"{"setup":{"model":"models/gemini-live"}}"#).as_deref(), Some("gemini-live"));
        assert_eq!(model(br#"{"setup":{}}"#), None);
        assert_eq!(model(br#"{"clientContent":{}}"#), None);
    }
}
