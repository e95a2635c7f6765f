//! [Input as it comes](https://ai.google.dev/api/live#bidigeneratecontentrealtimeinput): sound, pictures, text; and whose turn it is.

use serde_json::{Value, json};

use super::{Session, list};
use crate::live::Around;
use crate::live::sound::{self, Format};
use crate::live::voice::{Change, Voice};

/// Input is 16-bit samples at this rate, unless its media type says otherwise: kHz.
const RATE: u16 = 16;
/// How loud speech is, where the setup does not say.
const THRESHOLD: f64 = 0.5;

impl Session {
    pub(super) fn hear_input(&mut self, input: &Value, around: &Around<'_>) {
        if let Some(text) = input["text"].as_str() {
            self.interrupt();
            self.add(json!({ "role": "user", "parts": [{ "text": text }] }));
            self.answer(around);
        }
        for blob in input.get("audio").into_iter().chain(list(&input["mediaChunks"])) {
            self.hear_sound(blob, around);
        }
        if input.get("activityStart").is_some() {
            self.is_active = true;
            self.speech_starts();
        }
        if input.get("activityEnd").is_some() || input["audioStreamEnd"] == true && self.sound > 0 {
            self.is_active = false;
            self.speech_stops(around);
        }
    }

    fn hear_sound(&mut self, blob: &Value, around: &Around<'_>) {
        let media = blob["mimeType"].as_str().unwrap_or_default();
        let Some(bytes) = blob["data"].as_str().and_then(sound::read) else {
            return self.end("Request contains an invalid argument.");
        };
        if !media.starts_with("audio/pcm") {
            return;
        }
        let rate = media.split("rate=").nth(1).and_then(|rate| rate.parse::<u16>().ok());
        let format = Format::Pcm { rate: rate.map_or(RATE, |rate| (rate / 1_000).max(1)) };
        let detection = self.setup["realtimeInputConfig"]["automaticActivityDetection"].clone();
        for step in bytes.chunks(Voice::step_bytes(format)) {
            if self.sound > 0 || self.is_active {
                self.sound += format.milliseconds(step.len());
            }
            if detection["disabled"] == true {
                self.voice.pass(step, format);
                continue;
            }
            match self.voice.hear(step, format, THRESHOLD, patience(&detection)) {
                None => (),
                Some(Change::Started(_)) => {
                    self.sound = format.milliseconds(step.len());
                    self.speech_starts();
                }
                Some(Change::Stopped(_)) => self.speech_stops(around),
            }
        }
    }

    fn speech_starts(&mut self) {
        if self.setup["realtimeInputConfig"]["activityHandling"] != "NO_INTERRUPTION" {
            self.interrupt();
        }
    }

    /// What was heard is a turn, and is answered.
    fn speech_stops(&mut self, around: &Around<'_>) {
        let heard = format!("A sound of {} milliseconds.", std::mem::take(&mut self.sound));
        self.voice.rest();
        if self.setup.get("inputAudioTranscription").is_some() {
            self.say(json!({ "serverContent": { "inputTranscription": { "text": heard } } }));
        }
        self.add(json!({ "role": "user", "parts": [{ "text": heard }] }));
        self.answer(around);
    }
}

/// How long a silence ends a turn: milliseconds.
fn patience(detection: &Value) -> u64 {
    let by_sensitivity = if detection["endOfSpeechSensitivity"] == "END_SENSITIVITY_LOW" { 800 } else { 300 };
    detection["silenceDurationMs"].as_u64().unwrap_or(by_sensitivity)
}
