//! [The session](https://platform.openai.com/docs/api-reference/realtime-sessions): what holds in it, and what of that may change.

use serde_json::{Value, json};

use super::{Realtime, error};
use crate::live::sound::Format;
use crate::script::Failure;
use crate::seed::Draw;

/// The type of sessions that only transcribe.
pub(super) const TRANSCRIPTION: &str = "transcription";
/// How long a session lives: seconds.
const LIFE: u64 = 60 * 60;
/// What the service tells a model that is told nothing else.
const INSTRUCTIONS: &str =
    "You are a helpful, friendly voice assistant. Answer briefly, in the language that you are spoken to.";

/// What holds, as the service tells it.
#[derive(Debug, Clone)]
pub(super) struct Settings(Value);

impl Settings {
    pub(super) fn new(draw: &Draw, model: &str) -> Self {
        let pcm = json!({ "type": "audio/pcm", "rate": 24_000 });
        let turns = json!({
            "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
            "idle_timeout_ms": null, "create_response": true, "interrupt_response": true,
        });
        Self(json!({
            "type": "realtime",
            "object": "realtime.session",
            "id": format!("sess_{}", draw.text("session", 21)),
            "model": model,
            "output_modalities": ["audio"],
            "instructions": INSTRUCTIONS,
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": null,
            "truncation": "auto",
            "prompt": null,
            "expires_at": draw.created() + LIFE,
            "audio": {
                "input": { "format": pcm, "transcription": null, "noise_reduction": null, "turn_detection": turns },
                "output": { "format": pcm, "voice": "marin", "speed": 1.0 },
            },
            "include": null,
        }))
    }

    /// Those of a session that only transcribes.
    pub(super) fn of_transcription(draw: &Draw) -> Self {
        let Self(mut whole) = Self::new(draw, "");
        let mut input = whole["audio"]["input"].take();
        let of_responses = ["idle_timeout_ms", "create_response", "interrupt_response"];
        if let Some(turns) = input["turn_detection"].as_object_mut() {
            turns.retain(|name, _| !of_responses.contains(&name.as_str()));
        }
        Self(json!({
            "type": TRANSCRIPTION,
            "object": "realtime.transcription_session",
            "id": whole["id"],
            "expires_at": whole["expires_at"],
            "audio": { "input": input },
            "include": null,
        }))
    }

    /// Whether there is no model that answers.
    pub(super) fn only_transcribes(&self) -> bool {
        self.0["type"] == TRANSCRIPTION
    }

    pub(super) fn told(&self) -> &Value {
        &self.0
    }

    pub(super) fn get(&self, name: &str) -> &Value {
        &self.0[name]
    }

    pub(super) fn model(&self) -> Option<String> {
        self.0["model"].as_str().map(str::to_owned)
    }

    /// Those that were kept, as they were told.
    pub(super) fn kept(told: Value) -> Self {
        Self(told)
    }

    /// How input is written.
    pub(super) fn input(&self) -> Format {
        format(&self.0["audio"]["input"]["format"])
    }

    /// Who decides when a turn ends; null: the client.
    pub(super) fn turns(&self) -> &Value {
        &self.0["audio"]["input"]["turn_detection"]
    }

    pub(super) fn transcribes(&self) -> bool {
        self.0["audio"]["input"]["transcription"].is_object()
    }

    /// The model that does.
    pub(super) fn transcriber(&self) -> &str {
        self.0["audio"]["input"]["transcription"]["model"].as_str().unwrap_or_default()
    }

    /// The voice, and how it is written.
    pub(super) fn output(&self) -> Value {
        let output = &self.0["audio"]["output"];
        json!({ "format": output["format"], "voice": output["voice"] })
    }

    /// Takes over what the client sets. What it leaves out stays.
    pub(super) fn change(&mut self, asked: &Value) {
        merge(&mut self.0, asked, 0);
    }
}

/// How samples are written.
pub(super) fn format(format: &Value) -> Format {
    match format["type"].as_str() {
        Some("audio/pcmu") => Format::Ulaw,
        Some("audio/pcma") => Format::Alaw,
        _ => Format::Pcm { rate: 24 },
    }
}

/// Members of objects are set one by one, as deep as the session and its sound go; below that a value is one thing.
fn merge(held: &mut Value, asked: &Value, depth: usize) {
    const DEEP: usize = 3;
    match (held, asked) {
        (Value::Object(held), Value::Object(asked)) if depth < DEEP => {
            for (name, value) in asked {
                let inner = matches!(name.as_str(), "audio" | "input" | "output");
                let slot = held.entry(name).or_insert(Value::Null);
                merge(slot, value, if inner { depth + 1 } else { DEEP });
            }
        }
        (held, asked) => *held = asked.clone(),
    }
}

impl Realtime {
    pub(super) fn update(&mut self, asked: &Value) -> Result<(), Failure> {
        let held = self.settings.told();
        if let (Some(asked), Some(held)) = (asked["type"].as_str(), held["type"].as_str())
            && asked != held
        {
            let message =
                format!("Passing a {asked} session update event to a {held} session is not allowed.");
            return Err(error::invalid("invalid_session_type", message, Some("session.type")));
        }
        let is_new = |path: &str| asked.pointer(path).is_some_and(|value| Some(value) != held.pointer(path));
        if is_new("/model") {
            let message = "The model of a session cannot be changed.".to_owned();
            return Err(error::invalid("invalid_value", message, Some("session.model")));
        }
        if is_new("/audio/output/voice") && self.conversation.has_spoken() {
            let message = "Cannot update a conversation's voice if assistant audio is present.".to_owned();
            return Err(error::invalid("cannot_update_voice", message, None));
        }
        let mut asked = asked.clone();
        // A voice of one's own is told by its id.
        if let Some(voice) = asked.pointer_mut("/audio/output/voice")
            && let Some(id) = voice["id"].as_str()
        {
            *voice = id.into();
        }
        if let Some(asked) = asked.as_object_mut() {
            asked.remove("parallel_tool_calls");
        }
        self.settings.change(&asked);
        let told = self.settings.told().clone();
        self.say("session.updated", json!({ "session": told }));
        Ok(())
    }
}
