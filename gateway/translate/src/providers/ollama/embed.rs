//! OpenAI's embedding request as one to `/api/embed`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{self, Call, Losses, Options, Target};
use crate::delta::Usage;
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::{self, Embedding};
use crate::{Error, Text};

/// `/api/embed`
pub(super) struct Embed;

impl embeddings::Embed for Embed {
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(embedding.model)?;
        let body = &mut Object::new(out);
        body.string("model", &model);
        {
            let mut input = body.array("input");
            embedding.texts()?.into_iter().for_each(|text| input.text(text));
        }
        if let Some(dimensions) = options.dimensions(embedding.dimensions) {
            body.number("dimensions", dimensions.into());
        }
        for member in &embedding.others {
            match &*member.name {
                "keep_alive" => body.raw("keep_alive", member.value.get()),
                "options" => body.raw("options", member.value.get()),
                "truncate" => body.raw("truncate", member.value.get()),
                name => losses.drop(name),
            }
        }
        if embedding.user.is_some() {
            losses.drop("user");
        }
        Ok(Target::new("/api/embed", model, false))
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Reply<'a> {
            #[serde(borrow)]
            model: Option<Text<'a>>,
            embeddings: Option<Vec<&'a RawValue>>,
            prompt_eval_count: Option<u64>,
            error: Option<&'a RawValue>,
        }

        let reply: Reply<'_> = call::read("reply", body)?;
        if let Some(error) = reply.error {
            return Err(Error::Provider(openai::in_stream(error)));
        }
        let Some(vectors) = reply.embeddings else {
            return Err(Error::Malformed { what: "reply", why: "it has no embeddings".to_owned() });
        };
        sink.model(reply.model.unwrap_or_default());
        for vector in vectors {
            sink.floats(vector.get())?;
        }
        if let Some(prompt) = reply.prompt_eval_count {
            sink.usage(Usage { prompt, ..Usage::default() });
        }
        Ok(())
    }
}
