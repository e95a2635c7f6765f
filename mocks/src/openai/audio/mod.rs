//! OpenAI's [audio](https://platform.openai.com/docs/api-reference/audio): texts spoken, and sounds written down.
//!
//! ```text
//! text ─▶ Sound ─▶ bytes as they are made | events            file ─▶ length, words ─▶ Transcript ─▶ json, text, subtitles | events
//! ```

mod check;
mod hear;
mod speak;
mod transcript;

use crate::provider::{Call, Made};
use crate::script::{Failure, Reply};

pub(super) use check::check;

pub(crate) const SPEAK: &str = "createSpeech";
pub(crate) const TRANSCRIBE: &str = "createTranscription";
pub(crate) const TRANSLATE: &str = "createTranslation";

/// Is this operation one of these?
pub(crate) fn has(operation: &str) -> bool {
    [SPEAK, TRANSCRIBE, TRANSLATE].contains(&operation)
}

/// What was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
    match call.operation {
        SPEAK => Ok(speak::make(call)),
        _ => hear::make(call, reply),
    }
}

/// Models that were there first: they have no ear for instructions, and do not stream.
fn is_first(model: &str) -> bool {
    model.starts_with("tts-1") || model.starts_with("whisper")
}
