//! [Speech](https://platform.openai.com/docs/api-reference/audio/createSpeech): sound in pieces, as bytes or as events.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::answer::Usage;
use crate::media::Sound;
use crate::media::sound::{Format, RATE};
use crate::openai::headers;
use crate::provider::{Call, Event, Made, Stream};
use crate::tokens;
use crate::wire::sse;

/// Bytes of sound that come at once.
const PIECE: usize = 16 << 10;
/// Tokens of sound in a second.
const TOKENS: u64 = 20;

/// The sound.
pub(super) fn make(call: &Call<'_>) -> Made {
    let body = call.body;
    let input = body["input"].as_str().unwrap_or_default();
    let sound = Sound::of(input, body["speed"].as_f64().unwrap_or(1.0));
    let format = body["response_format"].as_str().and_then(Format::named).unwrap_or(Format::Mp3);
    let file = sound.write(format);
    let seconds = (sound.samples.len() as u64).div_ceil(u64::from(RATE));
    let usage = Usage { prompt: tokens::count(input), completion: seconds * TOKENS, ..Usage::default() };
    let is_stream = body["stream_format"] == "sse";
    let media = if is_stream { "text/event-stream; charset=utf-8" } else { format.media() };
    let pieces = file.chunks(PIECE);
    let events = match is_stream {
        true => events(pieces, usage),
        false => pieces.map(|piece| Event { name: "".into(), bytes: piece.to_vec().into() }).collect(),
    };
    Made::Stream(Stream { headers: headers::of_reply(&call.draw, usage, media), events })
}

fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>, usage: Usage) -> Vec<Event> {
    let deltas =
        pieces.map(|piece| json!({ "type": "speech.audio.delta", "audio": BASE64_STANDARD.encode(piece) }));
    let Usage { prompt, completion, .. } = usage;
    let usage =
        json!({ "input_tokens": prompt, "output_tokens": completion, "total_tokens": prompt + completion });
    let done = json!({ "type": "speech.audio.done", "usage": usage });
    let event = |data: serde_json::Value| Event {
        name: "".into(),
        bytes: sse::frame("", data.to_string().as_bytes()),
    };
    deltas.chain([done]).map(event).collect()
}
