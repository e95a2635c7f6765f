//! OpenAI's embedding request as one for feature extraction, whose reply is nothing but numbers.
//!
//! | member | what becomes of it |
//! |---|---|
//! | `input` | `inputs`, always as a list |
//! | `dimensions` | dropped: the vectors are as long as the model's |
//! | `normalize`, `prompt_name`, `truncate`, `truncation_direction` | carried where the client sends them |
//! | a vector for each token | an error: which of them, or their mean, is not for a gateway to choose |
//!
//! <https://huggingface.co/docs/inference-providers/tasks/feature-extraction>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{failure, own};
use crate::Error;
use crate::call::{self, Call, Losses, Options, Target};
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::Embedding;

/// `/hf-inference/models/{model}/pipeline/feature-extraction`
pub(super) struct FeatureExtraction;

/// What the pipeline takes as it comes.
const OWN: &[&str] = &["normalize", "prompt_name", "truncate", "truncation_direction"];

impl embeddings::Embed for FeatureExtraction {
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(embedding.model)?;
        let body = &mut Object::new(out);
        {
            let mut inputs = body.array("inputs");
            embedding.texts()?.into_iter().for_each(|text| inputs.text(text));
        }
        if options.dimensions(embedding.dimensions).is_some() {
            losses.drop("dimensions");
        }
        own::write(embedding.others.iter(), OWN, losses, body);
        if embedding.user.is_some() {
            losses.drop("user");
        }
        let path = format!("{}/pipeline/feature-extraction", super::address(&model)?);
        let headers = super::headers(options);
        Ok(Target { anchor: super::ANCHOR, headers, ..Target::new(path, model, false) })
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Failed<'a> {
            #[serde(borrow)]
            error: Option<&'a RawValue>,
        }

        if !body.trim_ascii_start().starts_with(b"[") {
            let Failed { error } = call::read("reply", body)?;
            let why = || malformed("it is no list of vectors");
            return Err(error.map_or_else(why, |error| Error::Provider(failure::in_stream(error, None))));
        }
        let vectors: Vec<&RawValue> = call::read("reply", body)?;
        // One text, one vector, though a list was sent: so some servers have it.
        if vectors.first().is_some_and(|first| !first.get().starts_with('[')) {
            return sink.floats(str::from_utf8(body).map_err(|_| malformed("it is no text"))?.trim());
        }
        for vector in vectors {
            let inner = vector.get().trim_start_matches('[').len();
            if vector.get().len() - inner > 1 || vector.get()[1..].trim_start().starts_with('[') {
                return Err(malformed("the model gives a vector for each token, not one for the text"));
            }
            sink.floats(vector.get())?;
        }
        Ok(())
    }
}

fn malformed(why: &str) -> Error {
    Error::Malformed { what: "reply", why: why.to_owned() }
}
