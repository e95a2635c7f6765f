//! OpenAI's completion request as one to `/api/generate`.

use super::{options, read};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::Reader;
use crate::completions::Complete;
use crate::json::Object;
use crate::openai::Completion;
use crate::wire::Framing;

/// `/api/generate`
pub(super) struct Generate;

impl Complete for Generate {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::JsonLines]
    }

    fn request(
        &self,
        completion: &Completion<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        completion.plain_with_suffix()?;
        let (model, stream) = (options.model(completion.model)?, options.stream(completion.stream));
        let body = &mut Object::new(out);
        body.string("model", &model);
        body.text("prompt", completion.text()?);
        if let Some(suffix) = completion.suffix {
            body.text("suffix", suffix);
        }
        options::of_completion(completion, options, losses, body);
        for member in &completion.others {
            match &*member.name {
                "keep_alive" => body.raw("keep_alive", member.value.get()),
                // The best of one is what there is.
                "best_of" if member.value.get() == "1" => (),
                name if options::TAKEN.contains(&name) => (),
                name => losses.drop(name),
            }
        }
        if completion.user.is_some() {
            losses.drop("user");
        }
        body.boolean("stream", stream);
        Ok(Target::new("/api/generate", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(read::LineReader::new(call))
    }
}
