//! OpenAI's embedding request as one of three: Gemini's models embed one content or a batch, older ones predict.
//!
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::target;
use crate::call::{self, Call, Losses, Options, Target};
use crate::delta::Usage;
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::Embedding;
use crate::providers::gemini::Tokens;
use crate::{Error, Text};

/// `predict`, `embedContent`, `batchEmbedContents`
pub(super) struct Embed;

/// Members of Google's own, by both of their spellings, and whether they are a text's or the call's.
const NATIVE: [[&str; 2]; 3] =
    [["taskType", "task_type"], ["title", "title"], ["autoTruncate", "auto_truncate"]];

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
        for member in &embedding.others {
            if !NATIVE.iter().flatten().any(|known| *known == member.name) {
                losses.drop(&*member.name);
            }
        }
        if embedding.user.is_some() {
            losses.drop("user");
        }
        let asked = Asked {
            native: NATIVE.map(|names| names.iter().find_map(|name| embedding.other(name))),
            dimensions: options.dimensions(embedding.dimensions),
        };
        let body = Object::new(out);
        let is_gemini = model.contains("gemini");
        match &*texts {
            [one] if is_gemini || model.contains("maas") => {
                asked.content(*one, body);
                target(options, "v1", model, "embedContent", false)
            }
            _ if is_gemini => {
                asked.contents(&texts, body);
                // The only version that has it.
                target(options, "v1beta1", model, "batchEmbedContents", false)
            }
            _ if model.contains("maas") => {
                Err(Error::request("input", "this model makes one vector a call: send one text"))
            }
            _ => {
                asked.instances(&texts, body);
                target(options, "v1", model, "predict", false)
            }
        }
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        let reply: Reply<'_> = call::read("reply", body)?;
        let mut usage = reply.usage_metadata.and_then(Tokens::usage);
        if let Some(predictions) = reply.predictions {
            for Prediction { embeddings } in &predictions {
                sink.floats(embeddings.values.get())?;
            }
            let counts = predictions.iter().map(|prediction| prediction.embeddings.statistics.token_count);
            let counted: Option<u64> = counts.sum();
            usage = usage.or(counted.map(|prompt| Usage { prompt, ..Usage::default() }));
        } else {
            let vectors = reply.embedding.map(|one| vec![one]).or(reply.embeddings);
            let Some(vectors) = vectors else {
                return Err(Error::Malformed { what: "reply", why: "it has no embeddings".to_owned() });
            };
            for vector in vectors {
                sink.floats(vector.values.get())?;
            }
        }
        if let Some(usage) = usage {
            sink.usage(usage);
        }
        Ok(())
    }
}

/// What is asked of all texts alike.
struct Asked<'a> {
    native: [Option<&'a RawValue>; 3],
    dimensions: Option<u32>,
}

impl Asked<'_> {
    fn content(&self, text: Text<'_>, mut request: Object<'_>) {
        request.object("content").array("parts").object().text("text", text);
        let [task, title, truncate] = self.native;
        if self.dimensions.is_none() && self.native.iter().all(Option::is_none) {
            return;
        }
        let mut config = request.object("embedContentConfig");
        for (name, value) in [("taskType", task), ("title", title), ("autoTruncate", truncate)] {
            if let Some(value) = value {
                config.raw(name, value.get());
            }
        }
        if let Some(dimensions) = self.dimensions {
            config.number("outputDimensionality", dimensions.into());
        }
    }

    fn contents(&self, texts: &[Text<'_>], mut body: Object<'_>) {
        let mut requests = body.array("requests");
        texts.iter().for_each(|text| self.content(*text, requests.object()));
    }

    fn instances(&self, texts: &[Text<'_>], mut body: Object<'_>) {
        let [task, title, truncate] = self.native;
        {
            let mut instances = body.array("instances");
            for text in texts {
                let mut instance = instances.object();
                instance.text("content", *text);
                if let Some(task) = task {
                    instance.raw("task_type", task.get());
                }
                if let Some(title) = title {
                    instance.raw("title", title.get());
                }
            }
        }
        if truncate.is_none() && self.dimensions.is_none() {
            return;
        }
        let mut parameters = body.object("parameters");
        if let Some(truncate) = truncate {
            parameters.raw("autoTruncate", truncate.get());
        }
        if let Some(dimensions) = self.dimensions {
            parameters.number("outputDimensionality", dimensions.into());
        }
    }
}

/// A reply to any of the three.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    predictions: Option<Vec<Prediction<'a>>>,
    embedding: Option<Vector<'a>>,
    embeddings: Option<Vec<Vector<'a>>>,
    usage_metadata: Option<Tokens>,
}

#[derive(Deserialize)]
struct Prediction<'a> {
    #[serde(borrow)]
    embeddings: Vector<'a>,
}

#[derive(Deserialize)]
struct Vector<'a> {
    #[serde(borrow)]
    values: &'a RawValue,
    #[serde(default)]
    statistics: Statistics,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Statistics {
    token_count: Option<u64>,
}
