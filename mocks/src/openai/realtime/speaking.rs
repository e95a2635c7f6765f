//! [Responses](https://platform.openai.com/docs/api-reference/realtime-client-events/response/create): what the model says, event by
//! event, and what becomes of it when it is interrupted.

use std::time::Duration;

use serde_json::{Value, json};

use super::conversation::quiet;
use super::settings::format;
use super::{Realtime, error, list};
use crate::answer::{Answer, Choice};
use crate::live::sound::Format;
use crate::live::{Around, Said, What};
use crate::openai::error::enclosed;
use crate::openai::responses;
use crate::script::{Block, Failure, Finish, Pieces, Reply, ToolCall};
use crate::tokens;

/// How long one token is when it is spoken: milliseconds.
const TOKEN: u64 = 50;
/// How much of the client's sound is one token: milliseconds.
const HEARD: u64 = 100;

/// Whether an event belongs to a response.
pub(super) fn is_part(kind: &str) -> bool {
    kind.starts_with("response.")
}

/// A response while it is put together.
struct Speech {
    id: String,
    /// What holds for it: the session's settings, or its own.
    asked: Value,
    is_aloud: bool,
    format: Format,
    /// Whether what it says is added to the conversation.
    is_kept: bool,
    /// Names, and members besides those that name the event.
    events: Vec<(&'static str, Value)>,
    output: Vec<Value>,
    /// Milliseconds of each item's sound.
    sounds: Vec<u64>,
}

impl Realtime {
    pub(super) fn respond(&mut self, asked: &Value, around: &Around<'_>) -> Result<(), Failure> {
        if let Some(id) = self.active() {
            let message = format!(
                "Conversation already has an active response in progress: {id}. Wait until the response is finished before creating a new one."
            );
            return Err(error::invalid("conversation_already_has_active_response", message, None));
        }
        let mut speech = self.speech(asked);
        let body = self.question(&speech.asked);
        let request = self.request.clone();
        let heard = self.conversation.heard();
        let (end, pause) = around.ask(&request, &body, |call, reply| {
            let ask = responses::ask(call);
            let answer = Answer::new(&ask, reply);
            let end = match &reply.error {
                Some(failure) => failed(failure),
                None => self.answer(&mut speech, &answer, heard),
            };
            (end, pause(reply))
        });
        self.queue(speech, end, pause);
        Ok(())
    }

    /// What holds for a response: what it asks for itself, else what the session says.
    fn speech(&mut self, asked: &Value) -> Speech {
        let mut held = json!({ "audio": { "output": self.settings.output() } });
        for name in ["instructions", "tools", "tool_choice", "max_output_tokens", "output_modalities"] {
            held[name] = asked.get(name).unwrap_or(self.settings.get(name)).clone();
        }
        for name in ["format", "voice"] {
            if let Some(value) = asked["audio"]["output"].get(name) {
                held["audio"]["output"][name] = value.get("id").unwrap_or(value).clone();
            }
        }
        held["input"] = asked["input"].clone();
        held["metadata"] = asked["metadata"].clone();
        Speech {
            id: self.id("resp"),
            is_aloud: list(&held["output_modalities"]).iter().any(|modality| modality == "audio"),
            format: format(&held["audio"]["output"]["format"]),
            is_kept: asked["conversation"] != "none",
            asked: held,
            events: Vec::new(),
            output: Vec::new(),
            sounds: Vec::new(),
        }
    }

    /// The question in the words of a response without a session, whose reader and scripts serve here too.
    fn question(&self, asked: &Value) -> Value {
        let items = asked["input"].as_array().map_or(self.conversation.items(), Vec::as_slice);
        let tools = list(&asked["tools"]).iter().map(|tool| {
            let mut tool = tool.clone();
            tool["type"] = "function".into();
            tool
        });
        json!({
            "model": self.settings.get("model"),
            "instructions": asked["instructions"],
            "input": items.iter().map(as_input).collect::<Vec<_>>(),
            "tools": tools.collect::<Vec<_>>(),
            "tool_choice": asked["tool_choice"],
            "max_output_tokens": asked["max_output_tokens"].as_u64(),
            "stream": true,
        })
    }

    /// All that is said, and how it ends.
    fn answer(&mut self, speech: &mut Speech, answer: &Answer<'_>, heard: u64) -> Value {
        let Some(choice) = answer.choices.first() else { return json!({}) };
        let mut said: Vec<&Pieces> = Vec::new();
        for block in choice.blocks.iter() {
            match block {
                Block::Text(text) | Block::Refusal(text) => said.push(text),
                Block::ToolCall(call) => {
                    self.speak(speech, &std::mem::take(&mut said), choice);
                    self.call(speech, call);
                }
                Block::Reasoning(_) => (),
            }
        }
        self.speak(speech, &said, choice);
        let spoken = speech.sounds.iter().sum::<u64>() / TOKEN;
        let heard = heard.div_ceil(HEARD);
        let (read, written) = (answer.usage.prompt, answer.usage.completion);
        let cached = answer.usage.cached;
        let usage = json!({
            "total_tokens": read + heard + written + spoken,
            "input_tokens": read + heard,
            "output_tokens": written + spoken,
            "input_token_details": {
                "text_tokens": read, "audio_tokens": heard, "image_tokens": 0, "cached_tokens": cached,
                "cached_tokens_details": { "text_tokens": cached, "audio_tokens": 0, "image_tokens": 0 },
            },
            "output_token_details": { "text_tokens": written, "audio_tokens": spoken },
        });
        let (status, details) = match choice.finish {
            Finish::Length | Finish::Context => {
                ("incomplete", json!({ "type": "incomplete", "reason": "max_output_tokens" }))
            }
            Finish::ContentFilter | Finish::Guardrail => {
                ("incomplete", json!({ "type": "incomplete", "reason": "content_filter" }))
            }
            _ => ("completed", Value::Null),
        };
        json!({ "status": status, "status_details": details, "usage": usage })
    }

    /// A message, each text a part of it.
    fn speak(&mut self, speech: &mut Speech, texts: &[&Pieces], choice: &Choice<'_>) {
        if texts.is_empty() {
            return;
        }
        let id = self.id("item");
        let is_cut = matches!(choice.finish, Finish::Length | Finish::Context | Finish::ContentFilter);
        let item = |status: &str, content: Vec<Value>| {
            json!({
                "id": id, "object": "realtime.item", "type": "message", "status": status, "role": "assistant", "content": content,
            })
        };
        speech.added(&item("in_progress", Vec::new()));
        let mut length = 0;
        let mut parts = Vec::new();
        for text in texts {
            let place = speech.place(&id, parts.len());
            length += if speech.is_aloud { speech.aloud(text, &place) } else { speech.write(text, &place) };
            parts.push(match speech.is_aloud {
                true => json!({ "type": "output_audio", "transcript": text.join() }),
                false => json!({ "type": "output_text", "text": text.join() }),
            });
        }
        speech.done(item(if is_cut { "incomplete" } else { "completed" }, parts), length);
    }

    /// A call of a tool.
    fn call(&mut self, speech: &mut Speech, call: &ToolCall) {
        let (id, call_id) = (self.id("item"), self.id("call"));
        let call_id = call.id.clone().unwrap_or(call_id);
        let item = |status: &str, arguments: &str| {
            json!({
                "id": id, "object": "realtime.item", "type": "function_call", "status": status, "call_id": call_id,
                "name": call.name, "arguments": arguments,
            })
        };
        speech.added(&item("in_progress", ""));
        let mut place = speech.place(&id, 0);
        if let Some(place) = place.as_object_mut() {
            place.remove("content_index");
            place.insert("call_id".to_owned(), call_id.clone().into());
        }
        for piece in call.arguments.iter().filter(|piece| !piece.is_empty()) {
            speech.say("response.function_call_arguments.delta", &place, &[("delta", piece.into())]);
        }
        let joined = call.arguments.join();
        let arguments = if joined.is_empty() { "{}" } else { joined.as_str() };
        let members = [("name", call.name.as_str().into()), ("arguments", arguments.into())];
        speech.say("response.function_call_arguments.done", &place, &members);
        speech.done(item("completed", arguments), 0);
    }

    /// Puts a response behind all that is to be said, and what it says into the conversation.
    fn queue(&mut self, speech: Speech, end: Value, pause: Duration) {
        let Speech { id, asked, is_kept, events, output, sounds, .. } = speech;
        let response = |status: &str, output: &[Value]| {
            json!({
                "id": id, "object": "realtime.response", "status": status, "status_details": null, "output": output,
                "conversation_id": is_kept.then(|| format!("conv_{}", self.draw.text("conversation", 21))),
                "output_modalities": asked["output_modalities"], "max_output_tokens": asked["max_output_tokens"],
                "audio": asked["audio"], "usage": null, "metadata": asked["metadata"],
            })
        };
        let created = response("in_progress", &[]);
        let mut done = response("completed", &output);
        if let (Some(done), Value::Object(end)) = (done.as_object_mut(), end) {
            done.extend(end);
        }
        let mut all = vec![("response.created", json!({ "response": created }))];
        all.push(("rate_limits.updated", json!({ "rate_limits": limits() })));
        let mut before = self.conversation.last();
        for (kind, mut members) in events {
            if kind.starts_with("conversation.item.") && !is_kept {
                continue;
            }
            if kind == "conversation.item.added" || kind == "conversation.item.done" {
                members["previous_item_id"] = before.clone();
            }
            if kind == "conversation.item.done" {
                before = members["item"]["id"].clone();
            }
            all.push((kind, members));
        }
        all.push(("response.done", json!({ "response": done })));
        for (number, (kind, members)) in all.into_iter().enumerate() {
            let message = self.event(kind, members);
            let after = if number == 0 { Duration::ZERO } else { pause };
            self.saying.push_back(Said { what: What::Message(message), after });
        }
        if is_kept {
            for (item, sound) in output.into_iter().zip(sounds) {
                self.conversation.insert(None, item, (sound > 0).then_some(sound));
            }
        }
    }
}

impl Speech {
    /// Where something is said.
    fn place(&self, item: &str, part: usize) -> Value {
        json!({ "response_id": self.id, "item_id": item, "output_index": self.output.len(), "content_index": part })
    }

    fn say(&mut self, kind: &'static str, place: &Value, members: &[(&str, Value)]) {
        let mut event = place.clone();
        for (name, value) in members {
            event[*name] = value.clone();
        }
        self.events.push((kind, event));
    }

    fn added(&mut self, item: &Value) {
        let members = json!({ "response_id": self.id, "output_index": self.output.len(), "item": item });
        self.events.push(("response.output_item.added", members));
        self.events.push(("conversation.item.added", json!({ "item": item })));
    }

    fn done(&mut self, item: Value, sound: u64) {
        let members =
            json!({ "response_id": self.id, "output_index": self.output.len(), "item": quiet(&item) });
        self.events.push(("conversation.item.done", json!({ "item": quiet(&item) })));
        self.events.push(("response.output_item.done", members));
        self.output.push(item);
        self.sounds.push(sound);
    }

    /// A part in writing. It has no length.
    fn write(&mut self, text: &Pieces, place: &Value) -> u64 {
        let part = |text: &str| [("part", json!({ "type": "text", "text": text }))];
        self.say("response.content_part.added", place, &part(""));
        for piece in text.iter().filter(|piece| !piece.is_empty()) {
            self.say("response.output_text.delta", place, &[("delta", piece.into())]);
        }
        let whole = text.join();
        self.say("response.output_text.done", place, &[("text", whole.as_str().into())]);
        self.say("response.content_part.done", place, &part(&whole));
        0
    }

    /// A part to be heard, and its words. Says how long it is.
    fn aloud(&mut self, text: &Pieces, place: &Value) -> u64 {
        let part = |text: &str| [("part", json!({ "type": "audio", "transcript": text }))];
        self.say("response.content_part.added", place, &part(""));
        let mut length = 0;
        for piece in text.iter().filter(|piece| !piece.is_empty()) {
            self.say("response.output_audio_transcript.delta", place, &[("delta", piece.into())]);
            let long = TOKEN * tokens::count(piece).max(1);
            self.say("response.output_audio.delta", place, &[("delta", self.format.tone(long).into())]);
            length += long;
        }
        self.say("response.output_audio.done", place, &[]);
        let whole = text.join();
        self.say("response.output_audio_transcript.done", place, &[("transcript", whole.as_str().into())]);
        self.say("response.content_part.done", place, &part(&whole));
        length
    }
}

/// An item as a response without a session knows it: what was heard is what its transcript says.
fn as_input(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(item) = item.as_object_mut() {
        item.remove("object");
    }
    for part in item["content"].as_array_mut().into_iter().flatten() {
        let said = part["text"].as_str().or_else(|| part["transcript"].as_str());
        let text = said.unwrap_or("A sound.").to_owned();
        *part = match part["type"].as_str() {
            Some("input_image") => continue,
            Some("output_text" | "output_audio") => {
                json!({ "type": "output_text", "text": text, "annotations": [] })
            }
            _ => json!({ "type": "input_text", "text": text }),
        };
    }
    item
}

fn failed(failure: &Failure) -> Value {
    let error = enclosed(failure);
    let error = json!({ "type": error["type"], "code": error["code"], "message": error["message"] });
    json!({ "status": "failed", "status_details": { "type": "failed", "error": error } })
}

/// How long to wait before each event after the first.
fn pause(reply: &Reply) -> Duration {
    let between = reply.fault.as_ref().and_then(|fault| fault.between_ms);
    Duration::from_millis(between.unwrap_or(0))
}

/// <https://platform.openai.com/docs/api-reference/realtime-server-events/rate_limits/updated>
fn limits() -> Value {
    json!([
        { "name": "requests", "limit": 5_000, "remaining": 4_999, "reset_seconds": 0.012 },
        { "name": "tokens", "limit": 2_000_000, "remaining": 1_999_000, "reset_seconds": 0.03 },
    ])
}
