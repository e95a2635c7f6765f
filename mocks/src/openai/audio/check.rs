//! Rules of the models, in the service's words: voices, formats, and which files are sound.

use serde_json::Value;

use super::{SPEAK, TRANSCRIBE, is_first};
use crate::form::Part;
use crate::media::length;
use crate::openai::refuse::error;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(in crate::openai) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = call.body["model"].as_str().unwrap_or_default();
    if model.is_empty() || call.models.is_some_and(|models| models.iter().all(|known| known != model)) {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        let failure = Failure::new(Kind::NotFound, message);
        return Err(Failure { code: Some("model_not_found".to_owned()), ..failure });
    }
    if call.operation == SPEAK {
        return speech(call.body, model);
    }
    let sound = call.form.and_then(|form| form.part("file"));
    sound.map_or(Ok(()), file)?;
    match call.operation {
        TRANSCRIBE => transcript(call.body, model),
        _ => Ok(()),
    }
}

/// The voices of the first models; the newer ones have more.
const FIRST: [&str; 9] = ["alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer"];
const NEWER: [&str; 4] = ["ballad", "cedar", "marin", "verse"];

fn speech(body: &Value, model: &str) -> Result<(), Failure> {
    if body["stream_format"] == "sse" && is_first(model) {
        return unsupported("stream_format", "sse", model, "'audio'");
    }
    let Some(voice) = body["voice"].as_str() else { return Ok(()) };
    let known = FIRST.contains(&voice) || !is_first(model) && NEWER.contains(&voice);
    if known {
        return Ok(());
    }
    let mut voices: Vec<&str> =
        FIRST.into_iter().chain(NEWER.into_iter().filter(|_| !is_first(model))).collect();
    let last = voices.pop().unwrap_or_default();
    let message =
        format!("Invalid value: '{voice}'. Supported values are: '{}', and '{last}'.", voices.join("', '"));
    Err(error(message, Some("voice"), "invalid_value"))
}

fn transcript(body: &Value, model: &str) -> Result<(), Failure> {
    let format = body["response_format"].as_str().unwrap_or("json");
    let is_diarizing = model.contains("diarize");
    let formats: &[&str] = match () {
        () if is_first(model) => &["json", "text", "srt", "verbose_json", "vtt"],
        () if is_diarizing => &["json", "text", "diarized_json"],
        () => &["json", "text"],
    };
    if !formats.contains(&format) {
        let use_instead: Vec<String> = formats.iter().map(|format| format!("'{format}'")).collect();
        return unsupported("response_format", format, model, &listed(&use_instead));
    }
    let asks = |name: &str| body[name].as_array().is_some_and(|items| !items.is_empty());
    if asks("timestamp_granularities") && format != "verbose_json" {
        let message = "Timestamp granularities are only supported with response_format 'verbose_json'.";
        return Err(error(message.to_owned(), Some("timestamp_granularities"), "invalid_value"));
    }
    if asks("include") && (format != "json" || is_first(model) || is_diarizing) {
        return unsupported("include", "logprobs", model, "response_format 'json' and another model");
    }
    if is_diarizing && body.get("prompt").is_some() {
        let message = format!("Prompt is not supported for model '{model}'.");
        return Err(error(message, Some("prompt"), "unsupported_value"));
    }
    Ok(())
}

fn listed(values: &[String]) -> String {
    match values {
        [one, other] => format!("{one} or {other}"),
        [head @ .., last] => format!("{}, or {last}", head.join(", ")),
        [] => String::new(),
    }
}

fn unsupported(name: &str, value: &str, model: &str, instead: &str) -> Result<(), Failure> {
    let message = format!("{name} '{value}' is not compatible with model '{model}'. Use {instead} instead.");
    Err(error(message, Some(name), "unsupported_value"))
}

/// The endings of names that are taken for sound.
const ENDINGS: [&str; 10] = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"];
const LARGEST: usize = 25 << 20;
const SHORTEST: f64 = 0.1;

fn file(part: &Part) -> Result<(), Failure> {
    let Some(name) = &part.file else {
        return Err(error(
            "Invalid type for 'file': expected a file, but got a string instead.".to_owned(),
            Some("file"),
            "invalid_type",
        ));
    };
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if !ENDINGS.contains(&ending.as_str()) {
        let message = format!("Invalid file format. Supported formats: ['{}']", ENDINGS.join("', '"));
        return Err(error(message, None, ""));
    }
    let length = part.content.len();
    if length > LARGEST {
        let message = format!("Maximum content size limit ({LARGEST}) exceeded ({length} bytes read)");
        return Err(Failure::new(Kind::TooLarge, message));
    }
    match length::seconds(&part.content) {
        None => {
            let message = "Audio file might be corrupted or unsupported";
            Err(error(message.to_owned(), Some("file"), "invalid_value"))
        }
        Some(seconds) if seconds < SHORTEST => {
            let message = format!("Audio file is too short. Minimum audio length is {SHORTEST} seconds.");
            Err(error(message, Some("file"), "audio_too_short"))
        }
        Some(_) => Ok(()),
    }
}
