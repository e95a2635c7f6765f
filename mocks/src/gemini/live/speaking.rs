//! [What the model says](https://ai.google.dev/api/live#bidigeneratecontentservercontent), piece by piece, and how it is interrupted.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Session, ask, list};
use crate::answer::{Answer, Usage};
use crate::live::sound::Format;
use crate::live::{Around, Said, What};
use crate::script::{Block, Reply};
use crate::tokens;

/// What is said comes as 16-bit samples at this rate: kHz.
const VOICE: Format = Format::Pcm { rate: 24 };
const MEDIA: &str = "audio/pcm;rate=24000";
/// How long one token is when it is spoken: milliseconds.
const TOKEN: u64 = 50;

/// What is to be said to one question.
struct Turn {
    messages: Vec<Value>,
    /// As the conversation keeps it.
    parts: Vec<Value>,
    /// Calls that end it: nothing follows until they are answered.
    calls: Vec<Value>,
    usage: Value,
}

impl Session {
    /// Answers the conversation so far.
    pub(super) fn answer(&mut self, around: &Around<'_>) {
        let body = self.question();
        let request = self.request.clone();
        let (turn, pause) = around.ask(&request, &body, |call, reply| {
            let ask = ask::read(call);
            (self.turn(&Answer::new(&ask, reply)), pause(reply))
        });
        self.called = turn.calls.iter().map(|call| call["id"].clone()).collect();
        let role = "model";
        self.add(json!({ "role": role, "parts": turn.parts }));
        let mut messages = turn.messages;
        if turn.calls.is_empty() {
            messages.push(json!({ "serverContent": { "generationComplete": true } }));
            messages.extend(self.keep(&around.shelf()));
            messages.push(json!({ "serverContent": { "turnComplete": true }, "usageMetadata": turn.usage }));
        } else {
            messages.push(json!({ "toolCall": { "functionCalls": turn.calls } }));
        }
        for (number, message) in messages.into_iter().enumerate() {
            let after = if number == 0 { Duration::ZERO } else { pause };
            self.saying.push_back(Said { what: What::Message(message), after });
        }
    }

    /// The question in the words of a request without a session, whose reader and scripts serve here too.
    fn question(&self) -> Value {
        let mut body = json!({ "contents": self.contents });
        for name in ["systemInstruction", "tools", "generationConfig"] {
            if let Some(value) = self.setup.get(name) {
                body[name] = value.clone();
            }
        }
        body
    }

    fn turn(&mut self, answer: &Answer<'_>) -> Turn {
        let is_aloud =
            list(&self.setup["generationConfig"]["responseModalities"]).iter().any(|one| one == "AUDIO");
        let is_written = self.setup.get("outputAudioTranscription").is_some();
        let mut turn =
            Turn { messages: Vec::new(), parts: Vec::new(), calls: Vec::new(), usage: Value::Null };
        let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
        let mut spoken = 0;
        for block in blocks {
            match block {
                Block::Text(text) | Block::Refusal(text) => {
                    for piece in text.iter().filter(|piece| !piece.is_empty()) {
                        let length = tokens::count(piece).max(1);
                        spoken += length;
                        turn.messages.push(content(&said(piece, is_aloud.then_some(length * TOKEN))));
                        if is_aloud && is_written {
                            let told = json!({ "outputTranscription": { "text": piece } });
                            turn.messages.push(json!({ "serverContent": told }));
                        }
                    }
                    turn.parts.push(json!({ "text": text.join() }));
                }
                Block::ToolCall(call) => {
                    let id = call.id.clone().unwrap_or_else(|| self.id("call"));
                    let arguments =
                        serde_json::from_str(&call.arguments.join()).unwrap_or_else(|_| json!({}));
                    let call = json!({ "id": id, "name": call.name, "args": arguments });
                    turn.parts.push(json!({ "functionCall": call }));
                    turn.calls.push(call);
                }
                Block::Reasoning(_) => (),
            }
        }
        turn.usage = usage(answer.usage, is_aloud.then_some(spoken));
        turn
    }

    /// Takes back what is left to be said, and calls that were not answered.
    pub(super) fn interrupt(&mut self) {
        let called = std::mem::take(&mut self.called);
        let is_answer = |said: &Said| {
            let message = said.message();
            message.get("serverContent").is_some_and(|content| content.get("inputTranscription").is_none())
                || message.get("toolCall").is_some()
                || message.get("sessionResumptionUpdate").is_some()
        };
        let is_speaking = self.saying.iter().any(is_answer);
        let end = self.saying.iter().rev().find_map(|said| said.message().get("usageMetadata").cloned());
        self.saying.retain(|said| !is_answer(said));
        if is_speaking {
            self.say(json!({ "serverContent": { "interrupted": true } }));
            let mut over = json!({ "serverContent": { "turnComplete": true } });
            if let Some(usage) = end {
                over["usageMetadata"] = usage;
            }
            self.say(over);
        } else if !called.is_empty() {
            self.say(json!({ "toolCallCancellation": { "ids": called } }));
        }
    }
}

fn content(part: &Value) -> Value {
    json!({ "serverContent": { "modelTurn": { "role": "model", "parts": [part] } } })
}

/// A piece in writing, or so many milliseconds of it aloud.
fn said(piece: &str, length: Option<u64>) -> Value {
    match length {
        None => json!({ "text": piece }),
        Some(length) => json!({ "inlineData": { "mimeType": MEDIA, "data": VOICE.tone(length) } }),
    }
}

/// How long to wait before each message after the first.
fn pause(reply: &Reply) -> Duration {
    let between = reply.fault.as_ref().and_then(|fault| fault.between_ms);
    Duration::from_millis(between.unwrap_or(0))
}

/// What is spoken costs a token for fifty milliseconds.
fn usage(usage: Usage, spoken: Option<u64>) -> Value {
    let (prompt, response) = (usage.prompt, spoken.unwrap_or(usage.completion));
    let modality = if spoken.is_some() { "AUDIO" } else { "TEXT" };
    json!({
        "promptTokenCount": prompt,
        "responseTokenCount": response,
        "totalTokenCount": prompt + response,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt }],
        "responseTokensDetails": [{ "modality": modality, "tokenCount": response }],
    })
}
