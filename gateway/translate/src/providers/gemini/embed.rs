//! OpenAI's embedding request as one to `batchEmbedContents`.
//!
//! <https://ai.google.dev/api/embeddings>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::Tokens;
use super::target;
use crate::Error;
use crate::call::{self, Call, Losses, Options, Target};
use crate::embeddings::{Embed, Vectors};
use crate::json::Object;
use crate::openai::Embedding;

/// `batchEmbedContents`
pub(super) struct BatchEmbed;

impl Embed for BatchEmbed {
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let target = target(options.model(embedding.model)?, "batchEmbedContents", false)?;
        let task = embedding.other("taskType").or_else(|| embedding.other("task_type"));
        let title = embedding.other("title");
        for member in &embedding.others {
            if !["taskType", "task_type", "title"].contains(&&*member.name) {
                losses.drop(&*member.name);
            }
        }
        if embedding.user.is_some() {
            losses.drop("user");
        }
        // Each request names the model again, by its resource name.
        let name = format!("models/{}", target.model.strip_prefix("models/").unwrap_or(&target.model));
        let mut body = Object::new(out);
        let mut requests = body.array("requests");
        for text in embedding.texts()? {
            let mut request = requests.object();
            request.string("model", &name);
            request.object("content").array("parts").object().text("text", text);
            if let Some(task) = task {
                request.raw("taskType", task.get());
            }
            if let Some(title) = title {
                request.raw("title", title.get());
            }
            if let Some(dimensions) = options.dimensions(embedding.dimensions) {
                request.number("outputDimensionality", dimensions.into());
            }
        }
        Ok(target)
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Reply<'a> {
            #[serde(borrow)]
            embeddings: Option<Vec<Vector<'a>>>,
            usage_metadata: Option<Tokens>,
        }
        #[derive(Deserialize)]
        struct Vector<'a> {
            #[serde(borrow)]
            values: &'a RawValue,
        }

        let reply: Reply<'_> = call::read("reply", body)?;
        let Some(vectors) = reply.embeddings else {
            return Err(Error::Malformed { what: "reply", why: "it has no embeddings".to_owned() });
        };
        for vector in vectors {
            sink.floats(vector.values.get())?;
        }
        if let Some(usage) = reply.usage_metadata.and_then(Tokens::usage) {
            sink.usage(usage);
        }
        Ok(())
    }
}
