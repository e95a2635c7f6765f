//! [Chat completion chunks](https://platform.openai.com/docs/api-reference/chat-streaming): role, pieces, reason, usage, `[DONE]`.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::call::{self, Called};
use super::{Counts, OpenAi, finish_reason, logprobs, reply};
use crate::answer::{Answer, Choice};
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces};

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>, mock: &OpenAi) -> Vec<Event> {
    let has_usage = call.body["stream_options"]["include_usage"] == true;
    let frame = Frame::new(call, answer, has_usage);
    let lanes = answer
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| pieces(call, answer, (index, choice), mock.is_aloud))
        .collect();
    let pieces = call::in_turn(lanes);
    let mut events: Vec<Event> = pieces.iter().map(|piece| frame.event(piece, frame.tail)).collect();
    let usage = || serde_json::to_string(&reply::usage(answer.usage)).expect("numbers");
    if mock.counts == Counts::Last || (mock.counts == Counts::Unasked && !has_usage) {
        let tail = format!("],\"usage\":{}}}\n\n", usage());
        events.pop();
        events.extend(pieces.back().map(|last| frame.event(last, &tail)));
    } else if has_usage {
        events.push(frame.usage(&usage()));
    }
    events.push(Event { name: "[DONE]".into(), bytes: Bytes::from_static(b"data: [DONE]\n\n") });
    events
}

/// One choice of one chunk.
#[derive(Serialize)]
struct Piece {
    index: usize,
    delta: Delta,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Called; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Option<String>>,
    /// Not OpenAI's; DeepSeek's name for it, which others took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
}

impl Piece {
    fn new(index: usize, delta: Delta) -> Self {
        Self { index, delta, logprobs: None, finish_reason: None }
    }
}

/// What is the same in every chunk of a stream.
struct Frame {
    head: String,
    tail: &'static str,
}

impl Frame {
    fn new(call: &Call<'_>, answer: &Answer<'_>, has_usage: bool) -> Self {
        let text = |text: &str| Value::from(text).to_string();
        let head = format!(
            "data: {{\"id\":{},\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},\"service_tier\":{},\"system_fingerprint\":{},\"choices\":[",
            text(&reply::id(call, answer)),
            call.draw.created(),
            text(&answer.model),
            text(reply::service_tier(call)),
            text(&reply::fingerprint(call)),
        );
        Self { head, tail: if has_usage { "],\"usage\":null}\n\n" } else { "]}\n\n" } }
    }

    fn event(&self, piece: &Piece, tail: &str) -> Event {
        let mut bytes = Vec::with_capacity(self.head.len() + 160);
        bytes.extend_from_slice(self.head.as_bytes());
        serde_json::to_writer(&mut bytes, piece).expect("writing to memory");
        bytes.extend_from_slice(tail.as_bytes());
        Event { name: "".into(), bytes: bytes.into() }
    }

    fn usage(&self, usage: &str) -> Event {
        Event { name: "".into(), bytes: format!("{}],\"usage\":{usage}}}\n\n", self.head).into() }
    }
}

/// The chunks of one choice: role, text and refusal, tool calls, reason.
fn pieces(
    call: &Call<'_>,
    answer: &Answer<'_>,
    (index, choice): (usize, &Choice<'_>),
    is_aloud: bool,
) -> VecDeque<Piece> {
    let thought = |text: &str| Delta { reasoning_content: Some(text.to_owned()), ..Delta::default() };
    let mut pieces = VecDeque::from([Piece::new(index, opening(choice))]);
    for block in choice.blocks.iter() {
        match block {
            Block::Text(texts) => pieces.extend(said(call, index, texts, false)),
            Block::Refusal(texts) => pieces.extend(said(call, index, texts, true)),
            Block::Reasoning(reasoning) if is_aloud => {
                pieces.extend(reasoning.text.iter().map(|text| Piece::new(index, thought(text))));
            }
            Block::Reasoning(_) | Block::ToolCall(_) => {}
        }
    }
    let called = call::streamed(call, answer, index, choice).into_iter();
    pieces
        .extend(called.map(|tool| Piece::new(index, Delta { tool_calls: Some([tool]), ..Delta::default() })));
    let finish_reason = Some(finish_reason(choice.finish));
    pieces.push_back(Piece { finish_reason, ..Piece::new(index, Delta::default()) });
    pieces
}

/// Where only tools or a refusal follow, the content opens with null.
fn opening(choice: &Choice<'_>) -> Delta {
    let is_text = |block: &Block| matches!(block, Block::Text(_));
    let is_other = |block: &Block| matches!(block, Block::ToolCall(_) | Block::Refusal(_));
    let speaks = choice.blocks.iter().any(is_text) || !choice.blocks.iter().any(is_other);
    let content = Some(speaks.then(String::new));
    Delta { role: Some("assistant"), content, refusal: Some(None), ..Delta::default() }
}

/// One chunk a piece of text.
fn said(call: &Call<'_>, index: usize, texts: &Pieces, refuses: bool) -> impl Iterator<Item = Piece> {
    let wanted = logprobs::wanted(call);
    texts.iter().map(move |text| {
        let said = Some(Some(text.to_owned()));
        let delta = match refuses {
            true => Delta { refusal: said, ..Delta::default() },
            false => Delta { content: said, ..Delta::default() },
        };
        let logprobs = wanted.map(|alternatives| {
            let tokens = logprobs::of(call, text, alternatives);
            let (content, refusal) = if refuses { (Value::Null, tokens) } else { (tokens, Value::Null) };
            json!({ "content": content, "refusal": refusal })
        });
        Piece { logprobs, ..Piece::new(index, delta) }
    })
}
