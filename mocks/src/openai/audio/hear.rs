//! [Transcripts](https://platform.openai.com/docs/api-reference/audio/createTranscription) and translations, in each of their forms.

use serde_json::{Value, json};

use super::transcript::Transcript;
use super::{TRANSLATE, is_first};
use crate::answer::Usage;
use crate::media::{length, sound};
use crate::openai::headers;
use crate::provider::{Call, Event, Made, Stream, Whole};
use crate::script::{Block, Failure, Reply};
use crate::tokens;
use crate::wire::sse;

/// Tokens of sound in a second.
const TOKENS: f64 = 10.0;

/// What is heard.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
    let transcript = heard(call, reply);
    let body = call.body;
    let model = body["model"].as_str().unwrap_or_default();
    let count = Count::of(call, &transcript);
    // The first model does not stream, and passes over that it should.
    if body["stream"] == true && !is_first(model) && call.operation != TRANSLATE {
        let headers = headers::of_reply(&call.draw, count.usage(), "text/event-stream; charset=utf-8");
        return Ok(Made::Stream(Stream { headers, events: events(body, &transcript, &count) }));
    }
    let format = body["response_format"].as_str().unwrap_or("json");
    let text = match format {
        "text" => Some(format!("{}\n", transcript.text)),
        "srt" => Some(transcript.srt()),
        "vtt" => Some(transcript.vtt()),
        _ => None,
    };
    let (media, body) = match text {
        Some(text) => ("text/plain; charset=utf-8", text),
        None => ("application/json", json(call, format, &transcript, &count).to_string()),
    };
    let headers = headers::of_reply(&call.draw, count.usage(), media);
    Ok(Made::Whole(Whole { status: 200, headers, body: body.into() }))
}

/// A script's words, those that a sound of our own tells, or else how long the sound is.
fn heard(call: &Call<'_>, reply: &Reply) -> Transcript {
    let file =
        call.form.and_then(|form| form.part("file")).map(|part| part.content.clone()).unwrap_or_default();
    let seconds = length::seconds(&file).unwrap_or_default();
    let texts = reply.content.iter().flatten().filter_map(|block| match block {
        Block::Text(pieces) => Some(pieces.join()),
        _ => None,
    });
    let scripted: String = texts.collect();
    let text = match scripted.is_empty() {
        false => scripted,
        true => sound::said(&file).unwrap_or_else(|| format!("A sound of {seconds:.1} seconds.")),
    };
    Transcript { text, seconds: (seconds * 100.0).round() / 100.0 }
}

fn json(call: &Call<'_>, format: &str, transcript: &Transcript, count: &Count) -> Value {
    let body = call.body;
    match format {
        "verbose_json" => {
            let wanted = body["timestamp_granularities"].as_array();
            let with = |name: &str| {
                wanted.map_or(name == "segment", |wanted| wanted.iter().any(|item| item == name))
            };
            let temperature = body["temperature"].as_f64().unwrap_or_default();
            let mut verbose = transcript.verbose(language(call), temperature, with);
            if call.operation == TRANSLATE {
                verbose["task"] = "translate".into();
            } else {
                verbose["usage"] = count.told();
            }
            verbose
        }
        "diarized_json" => json!({
            "task": "transcribe",
            "duration": transcript.seconds,
            "text": transcript.text,
            "segments": transcript.diarized(&names(body)),
            "usage": count.told(),
        }),
        _ if call.operation == TRANSLATE => json!({ "text": transcript.text }),
        _ => {
            let mut short = json!({ "text": transcript.text, "usage": count.told() });
            if body["include"].as_array().is_some_and(|include| !include.is_empty()) {
                short["logprobs"] = likely(&transcript.text);
            }
            short
        }
    }
}

/// Names of speakers that the client knows.
fn names(body: &Value) -> Vec<&str> {
    body["known_speaker_names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// By its English name, as Whisper tells it.
fn language(call: &Call<'_>) -> &'static str {
    match call.body["language"].as_str().unwrap_or("en") {
        "de" => "german",
        "es" => "spanish",
        "fr" => "french",
        "it" => "italian",
        "ja" => "japanese",
        "zh" => "chinese",
        _ => "english",
    }
}

/// Each token of a text, and how likely it was.
fn likely(text: &str) -> Value {
    let token = |bytes: Vec<u8>| {
        let spread = u8::try_from(bytes.len() % 8).expect("below eight");
        json!({ "token": String::from_utf8_lossy(&bytes), "logprob": -f64::from(spread) / 16.0, "bytes": bytes })
    };
    tokens::split(text).into_iter().map(token).collect()
}

fn events(body: &Value, transcript: &Transcript, count: &Count) -> Vec<Event> {
    let is_likely = body["include"].as_array().is_some_and(|include| !include.is_empty());
    let is_diarized = body["response_format"] == "diarized_json";
    let mut events = Vec::new();
    for piece in tokens::pieces(&transcript.text, None).pieces {
        let mut delta = json!({ "type": "transcript.text.delta", "delta": piece });
        if is_likely {
            delta["logprobs"] = likely(&piece);
        }
        events.push(delta);
    }
    if is_diarized {
        events.extend(transcript.diarized(&names(body)));
    }
    let mut done = json!({ "type": "transcript.text.done", "text": transcript.text, "usage": count.told() });
    if is_likely {
        done["logprobs"] = likely(&transcript.text);
    }
    events.push(done);
    let framed = |data: Value| Event { name: "".into(), bytes: sse::frame("", data.to_string().as_bytes()) };
    events.into_iter().map(framed).collect()
}

/// What it costs: the first model counts seconds, all others tokens.
struct Count {
    seconds: Option<u64>,
    text: u64,
    audio: u64,
    output: u64,
}

impl Count {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of a sound")]
    fn of(call: &Call<'_>, transcript: &Transcript) -> Self {
        let model = call.body["model"].as_str().unwrap_or_default();
        Self {
            seconds: is_first(model).then_some(transcript.seconds.ceil() as u64),
            text: call.body["prompt"].as_str().map_or(0, tokens::count),
            audio: (transcript.seconds * TOKENS).ceil() as u64,
            output: tokens::count(&transcript.text),
        }
    }

    fn told(&self) -> Value {
        let input = self.text + self.audio;
        match self.seconds {
            Some(seconds) => json!({ "type": "duration", "seconds": seconds }),
            None => json!({
                "type": "tokens",
                "input_tokens": input,
                "input_token_details": { "text_tokens": self.text, "audio_tokens": self.audio },
                "output_tokens": self.output,
                "total_tokens": input + self.output,
            }),
        }
    }

    fn usage(&self) -> Usage {
        Usage { prompt: self.text + self.audio, completion: self.output, ..Usage::default() }
    }
}
