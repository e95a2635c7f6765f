//! OpenAI's embedding request as one to `/v2/embed`.
//!
//! <https://docs.cohere.com/reference/embed>
//!
//! Vectors are asked for as floats, of which base64 is made where the client wants that. `input_type` is the client's own, or else the
//! configured one.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::native;
use super::usage::Usage;
use crate::Error;
use crate::call::{self, Call, Losses, Options, Target};
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::Embedding;

/// `/v2/embed`
pub(super) struct Embed;

/// Texts that Cohere takes at once.
const MOST: usize = 96;
/// What Cohere is told where nobody says it: what Kong says then.
const INPUT_TYPE: &str = "classification";

impl embeddings::Embed for Embed {
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(embedding.model)?;
        let texts = embedding.texts()?;
        if texts.len() > MOST {
            return Err(Error::request(
                "input",
                format!("this provider takes at most {MOST} texts a request"),
            ));
        }
        let body = &mut Object::new(out);
        body.string("model", &model);
        {
            let mut list = body.array("texts");
            texts.iter().for_each(|text| list.text(*text));
        }
        body.array("embedding_types").item().extend_from_slice(b"\"float\"");
        if !native::says(&embedding.others, "input_type") {
            body.string("input_type", options.cohere_input_type.unwrap_or(INPUT_TYPE));
        }
        if let Some(dimensions) = options.dimensions(embedding.dimensions) {
            body.number("output_dimension", dimensions.into());
        }
        native::write(&embedding.others, native::EMBED, losses, body);
        if embedding.user.is_some() {
            losses.drop("user");
        }
        Ok(Target::new("/v2/embed", model, false))
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Reply<'a> {
            #[serde(borrow)]
            embeddings: Option<ByType<'a>>,
            meta: Option<Usage>,
        }
        #[derive(Deserialize)]
        struct ByType<'a> {
            #[serde(borrow)]
            float: Option<Vec<&'a RawValue>>,
        }

        let reply: Reply<'_> = call::read("reply", body)?;
        let Some(vectors) = reply.embeddings.and_then(|by_type| by_type.float) else {
            return Err(Error::Malformed { what: "reply", why: "it has no embeddings".to_owned() });
        };
        for vector in vectors {
            sink.floats(vector.get())?;
        }
        if let Some(usage) = reply.meta.and_then(Usage::told) {
            sink.usage(usage);
        }
        Ok(())
    }
}
