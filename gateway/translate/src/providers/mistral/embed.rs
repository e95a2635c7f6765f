//! OpenAI's embedding request as Mistral's.
//!
//! <https://docs.mistral.ai/api/endpoint/embeddings>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{self, Call, Losses, Options, Target};
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::{self, Embedding};
use crate::{Error, Text};

/// `/v1/embeddings`
pub(super) struct Embed;

/// What is carried where the client sends it.
const OWN: &[&str] = &["metadata", "output_dtype"];

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
            body.number("output_dimension", dimensions.into());
        }
        for member in &embedding.others {
            match OWN.iter().find(|own| **own == member.name) {
                Some(own) => body.raw(own, member.value.get()),
                None => losses.drop(&*member.name),
            }
        }
        if embedding.user.is_some() {
            losses.drop("user");
        }
        Ok(Target::new("/v1/embeddings", model, false))
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        let reply: Reply<'_> = call::read("reply", body)?;
        let Some(mut vectors) = reply.data else {
            return Err(Error::Malformed { what: "reply", why: "it has no data".to_owned() });
        };
        vectors.sort_by_key(|vector| vector.index);
        sink.model(reply.model.unwrap_or_default());
        for vector in vectors {
            match Text::token(vector.embedding.get()) {
                Some(text) => sink.base64(text)?,
                None => sink.floats(vector.embedding.get())?,
            }
        }
        if let Some(usage) = reply.usage.and_then(openai::usage) {
            sink.usage(usage);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    data: Option<Vec<Vector<'a>>>,
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Vector<'a> {
    #[serde(default)]
    index: u32,
    #[serde(borrow)]
    embedding: &'a RawValue,
}
