//! [Voice activity](https://platform.openai.com/docs/guides/realtime-vad): whether the client speaks, and when its turn is over.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Realtime, error};
use crate::limits::LIVE_SOUND;
use crate::live::Around;
use crate::live::sound::{self, Format};
use crate::live::voice::{Change, Voice};
use crate::script::Failure;

/// The shortest sound that can be committed: milliseconds.
const SHORTEST: u64 = 100;

/// What waits to be committed, and who speaks.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    buffer: Vec<u8>,
    voice: Voice,
    /// The item that the speech under way becomes.
    speaking: Option<String>,
}

impl Hearing {
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.voice.rest();
        self.speaking = None;
    }

    /// Hears one step; whether a turn begins or ends with it.
    fn step(&mut self, bytes: &[u8], format: Format, turns: &Value) -> Option<Change> {
        self.buffer.extend_from_slice(bytes);
        if turns.is_null() {
            self.voice.pass(bytes, format);
            return None;
        }
        let threshold = turns["threshold"].as_f64().unwrap_or(0.5);
        self.voice.hear(bytes, format, threshold, patience(turns))
    }
}

/// How long a silence ends a turn.
fn patience(turns: &Value) -> u64 {
    let eager = || match turns["eagerness"].as_str() {
        Some("high") => 200,
        Some("low") => 1_500,
        _ => 500,
    };
    turns["silence_duration_ms"].as_u64().unwrap_or_else(eager)
}

impl Realtime {
    pub(super) fn append(&mut self, message: &Value, around: &Around<'_>) -> Result<(), Failure> {
        let Some(bytes) = message["audio"].as_str().and_then(sound::read) else {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes.".to_owned();
            return Err(error::invalid("invalid_value", message, Some("audio")));
        };
        if self.hearing.buffer.len() + bytes.len() > LIVE_SOUND {
            let message = "The input audio buffer is full. Commit or clear it.".to_owned();
            return Err(error::invalid("input_audio_buffer_full", message, None));
        }
        let format = self.settings.input();
        for bytes in bytes.chunks(Voice::step_bytes(format)) {
            let turns = self.settings.turns().clone();
            match self.hearing.step(bytes, format, &turns) {
                None => (),
                Some(Change::Started(at)) => self.speech_starts(at, &turns),
                Some(Change::Stopped(at)) => self.speech_stops(at, &turns, around)?,
            }
        }
        Ok(())
    }

    fn speech_starts(&mut self, at: u64, turns: &Value) {
        let at = at.saturating_sub(turns["prefix_padding_ms"].as_u64().unwrap_or(0));
        let item = self.id("item");
        self.say("input_audio_buffer.speech_started", json!({ "audio_start_ms": at, "item_id": item }));
        self.hearing.speaking = Some(item);
        if turns["interrupt_response"] != false {
            self.interrupt("turn_detected");
        }
    }

    fn speech_stops(&mut self, at: u64, turns: &Value, around: &Around<'_>) -> Result<(), Failure> {
        let item = self.hearing.speaking.clone().unwrap_or_default();
        self.say("input_audio_buffer.speech_stopped", json!({ "audio_end_ms": at, "item_id": item }));
        self.commit()?;
        if turns["create_response"] != false && !self.settings.only_transcribes() {
            self.interrupt("turn_detected");
            self.respond(&Value::Null, around)?;
        }
        Ok(())
    }

    /// What was heard becomes what the user said.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        let length = self.settings.input().milliseconds(self.hearing.buffer.len());
        if length < SHORTEST {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least {SHORTEST}ms of audio, but buffer only has {length}.00ms of audio."
            );
            return Err(error::invalid("input_audio_buffer_commit_empty", message, None));
        }
        let id = self.hearing.speaking.take();
        let id = id.unwrap_or_else(|| self.id("item"));
        self.hearing.clear();
        let before = self.conversation.last();
        self.say("input_audio_buffer.committed", json!({ "previous_item_id": before, "item_id": id }));
        let part = json!({ "type": "input_audio", "transcript": null });
        let mut item = json!({
            "id": id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user", "content": [part],
        });
        self.tell(&before, &item);
        let transcript = format!("A sound of {length} milliseconds.");
        if self.settings.transcribes() {
            self.transcribe(&id, &transcript, length);
            item["content"][0]["transcript"] = transcript.into();
        }
        self.conversation.insert(None, item, Some(length));
        Ok(())
    }

    fn transcribe(&mut self, item: &str, transcript: &str, length: u64) {
        let place = json!({ "item_id": item, "content_index": 0 });
        let with = |name: &str, value: Value| {
            let mut members = place.clone();
            members[name] = value;
            members
        };
        let kind = "conversation.item.input_audio_transcription";
        self.say(&format!("{kind}.delta"), with("delta", transcript.into()));
        let (heard, written) = (length.div_ceil(100), crate::tokens::count(transcript));
        let mut completed = with("transcript", transcript.into());
        // Whisper is paid for by the time that it listens.
        let is_whisper = self.settings.transcriber().contains("whisper");
        let seconds = || Duration::from_millis(length).as_secs_f64();
        completed["usage"] = if is_whisper {
            json!({ "type": "duration", "seconds": seconds() })
        } else {
            json!({
                "type": "tokens", "total_tokens": heard + written, "input_tokens": heard,
                "input_token_details": { "text_tokens": 0, "audio_tokens": heard }, "output_tokens": written,
            })
        };
        self.say(&format!("{kind}.completed"), completed);
    }
}
