//! OpenAI's embedding request as a body of `InvokeModel`, which each maker words differently.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>
//!
//! | | Titan text | Titan multimodal | Cohere v3 | Cohere v4 |
//! |---|---|---|---|---|
//! | texts in a call | 1, more are refused | 1 | 96 | 96 |
//! | `dimensions` | the second generation's; else dropped | `embeddingConfig.outputEmbeddingLength` | dropped | `output_dimension` |
//! | `input_type` | | | the client's own, or else the configured one | the same |
//! | tokens in the reply | yes | yes | in a header | in a header |
//!
//! A maker's own members are taken as they are, at the top of the request. `normalize` is sent where the configuration or the
//! client says it: left out, Titan's vectors have length 1, as OpenAI's have.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{failure, request};
use crate::call::{self, Call, Losses, Options, Target};
use crate::delta::Usage;
use crate::embeddings::{self, Vectors};
use crate::json::Object;
use crate::openai::Embedding;
use crate::{Error, Text};

/// `InvokeModel`, of models that make vectors.
pub(super) struct Invoke;

/// What a model is asked in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    TitanTextV1,
    TitanTextV2,
    TitanMultimodal,
    CohereV3,
    CohereV4,
}

/// Parts of model ids; the first that is found decides.
const MODELS: &[(&str, Words)] = &[
    ("titan-embed-text-v2", Words::TitanTextV2),
    ("titan-embed-image", Words::TitanMultimodal),
    ("titan-embed", Words::TitanTextV1),
    ("cohere.embed-v4", Words::CohereV4),
    ("cohere.embed", Words::CohereV3),
];

/// Texts that Cohere takes at once.
const MOST: usize = 96;
/// What Cohere is told where nobody says it: what Kong says then.
const INPUT_TYPE: &str = "classification";

impl embeddings::Embed for Invoke {
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(embedding.model)?;
        let Some(&(_, words)) = MODELS.iter().find(|(part, _)| model.contains(part)) else {
            let why = "this model of Bedrock is not known to make vectors: Titan's and Cohere's are";
            return Err(Error::request("model", why));
        };
        let texts = embedding.texts()?;
        let dimensions = options.dimensions(embedding.dimensions);
        let body = &mut Object::new(out);
        match words {
            Words::CohereV3 | Words::CohereV4 => {
                let length = (words == Words::CohereV4).then_some("output_dimension");
                cohere(body, embedding, &texts, options)?;
                match (length, dimensions) {
                    (Some(name), Some(dimensions)) => body.number(name, dimensions.into()),
                    (None, Some(_)) => losses.drop("dimensions"),
                    (_, None) => (),
                }
            }
            _ => titan(body, words, &texts, dimensions, options, losses)?,
        }
        own_members(body, embedding, words, options, losses);
        if embedding.user.is_some() {
            losses.drop("user");
        }
        let mut target = request::target(model, "invoke", false)?;
        if let Some(latency) = options.latency {
            target.headers.push(("x-amzn-bedrock-performanceconfig-latency", latency.to_owned()));
        }
        Ok(target)
    }

    fn reply(&self, body: &[u8], _: &Call, sink: &mut dyn Vectors) -> Result<(), Error> {
        let reply: Reply<'_> = call::read("reply", body)?;
        if let Some(vector) = reply.embedding {
            sink.floats(vector.get())?;
        } else if let Some(vectors) = reply.embeddings {
            for vector in vectors.floats()? {
                sink.floats(vector.get())?;
            }
        } else if let Some(message) = reply.message {
            return Err(Error::Provider(failure::of_model(message.plain().into_owned())));
        }
        if let Some(prompt) = reply.tokens {
            sink.usage(Usage { prompt, ..Usage::default() });
        }
        Ok(())
    }
}

fn titan(
    body: &mut Object<'_>,
    words: Words,
    texts: &[Text<'_>],
    dimensions: Option<u32>,
    options: &Options<'_>,
    losses: &mut Losses,
) -> Result<(), Error> {
    let [text] = texts else {
        let why = "this model takes one text a request: send one request for each text";
        return Err(Error::request("input", why));
    };
    body.text("inputText", *text);
    match (words, dimensions) {
        (_, None) => (),
        (Words::TitanTextV2, Some(dimensions)) => body.number("dimensions", dimensions.into()),
        (Words::TitanMultimodal, Some(dimensions)) => {
            body.object("embeddingConfig").number("outputEmbeddingLength", dimensions.into());
        }
        (_, Some(_)) => losses.drop("dimensions"),
    }
    // Without the member Titan does so as well; the first generation refuses to be told.
    if words == Words::TitanTextV2 && options.normalize {
        body.boolean("normalize", true);
    }
    Ok(())
}

fn cohere(
    body: &mut Object<'_>,
    embedding: &Embedding<'_>,
    texts: &[Text<'_>],
    options: &Options<'_>,
) -> Result<(), Error> {
    if texts.len() > MOST {
        return Err(Error::request("input", format!("this model takes at most {MOST} texts a request")));
    }
    {
        let mut list = body.array("texts");
        texts.iter().for_each(|text| list.text(*text));
    }
    match embedding.other("input_type") {
        Some(own) => body.raw("input_type", own.get()),
        None => body.string("input_type", options.cohere_input_type.unwrap_or(INPUT_TYPE)),
    }
    Ok(())
}

/// Copies the members that the model's maker knows, and names the others.
fn own_members(
    body: &mut Object<'_>,
    embedding: &Embedding<'_>,
    words: Words,
    options: &Options<'_>,
    losses: &mut Losses,
) {
    for member in &embedding.others {
        match (words, &*member.name) {
            (Words::CohereV3 | Words::CohereV4, "input_type") => (),
            (Words::TitanTextV2, "normalize") if options.normalize => losses.drop("normalize"),
            (Words::TitanTextV2, "normalize") => body.raw("normalize", member.value.get()),
            (Words::TitanMultimodal, "inputImage") => body.raw("inputImage", member.value.get()),
            (Words::CohereV3 | Words::CohereV4, "truncate") => body.raw("truncate", member.value.get()),
            (Words::CohereV4, "max_tokens") => body.raw("max_tokens", member.value.get()),
            (_, name) => losses.drop(name),
        }
    }
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    embedding: Option<&'a RawValue>,
    #[serde(rename = "inputTextTokenCount")]
    tokens: Option<u64>,
    #[serde(borrow)]
    embeddings: Option<Many<'a>>,
    /// Titan's multimodal model says here what went wrong.
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

/// Cohere's vectors: a list, or a list for each type of numbers.
#[derive(Deserialize)]
#[serde(transparent)]
struct Many<'a>(#[serde(borrow)] &'a RawValue);

impl<'a> Many<'a> {
    fn floats(&self) -> Result<Vec<&'a RawValue>, Error> {
        #[derive(Deserialize)]
        struct ByType<'a> {
            #[serde(borrow)]
            float: Option<Vec<&'a RawValue>>,
        }

        let json = self.0.get().as_bytes();
        if json.starts_with(b"[") {
            return call::read("reply", json);
        }
        let by_type: ByType<'_> = call::read("reply", json)?;
        Ok(by_type.float.unwrap_or_default())
    }
}
