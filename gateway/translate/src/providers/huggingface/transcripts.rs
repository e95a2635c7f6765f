//! OpenAI's transcriptions as automatic speech recognition: the sound's own bytes go there, and a text comes back.
//!
//! <https://huggingface.co/docs/inference-providers/tasks/automatic-speech-recognition>

use serde::Deserialize;

use crate::audios::{Hear, Heard, Hearing};
use crate::call::{self, Losses, Options, Target};
use crate::works::Given;
use crate::{Error, Text};

/// `/hf-inference/models/{model}`, of models that hear.
pub(super) struct Transcripts;

impl Hear for Transcripts {
    fn request(
        &self,
        hearing: &Hearing<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<(Target, String), Error> {
        let model = options.model(hearing.model.as_deref().map(Text::Plain))?;
        hearing.drop_others(losses);
        out.extend_from_slice(hearing.file);
        let (path, headers) = (super::address(&model)?, super::headers(options));
        let target = Target { anchor: super::ANCHOR, headers, ..Target::new(path, model, false) };
        Ok((target, hearing.media_type.clone()))
    }

    fn reply(&self, given: Given<'_>) -> Result<Heard, Error> {
        #[derive(Deserialize)]
        struct Reply<'a> {
            #[serde(borrow)]
            text: Option<Text<'a>>,
        }

        let reply: Reply<'_> = call::read("reply", given.body)?;
        let text =
            reply.text.ok_or_else(|| Error::Malformed { what: "reply", why: "it has no text".to_owned() })?;
        Ok(Heard { text: text.plain().into_owned() })
    }
}
