//! [Meta's Llama](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html).

use serde_json::{Value, json};

use super::{Words, blocks, finish, list, prompt, stop_or_length, texts, written};
use crate::answer::{Answer, Ask};
use crate::provider::Call;
use crate::tokens;

pub(super) struct Llama;

impl Words for Llama {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let body = call.body;
        let images = list(&body["images"]).len();
        Ask { images, ..prompt::ask(&body["prompt"], &body["max_gen_len"], &Value::Null) }
    }

    fn whole(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let said: String = texts(blocks(answer)).collect();
        written(&json!({
            "generation": said,
            "prompt_token_count": answer.usage.prompt,
            "generation_token_count": answer.usage.completion,
            "stop_reason": stop_or_length(finish(answer)),
        }))
    }

    /// The prompt is counted once, with the first piece; an empty one ends it.
    fn pieces(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let texts: Vec<&str> = texts(blocks(answer)).collect();
        let mut said = 0;
        let mut pieces: Vec<Value> = Vec::with_capacity(texts.len() + 1);
        for text in texts {
            said += tokens::count(text);
            pieces.push(json!({
                "generation": text,
                "prompt_token_count": null,
                "generation_token_count": said.min(answer.usage.completion),
                "stop_reason": null,
            }));
        }
        pieces.push(json!({
            "generation": "",
            "prompt_token_count": null,
            "generation_token_count": answer.usage.completion,
            "stop_reason": stop_or_length(finish(answer)),
        }));
        pieces[0]["prompt_token_count"] = answer.usage.prompt.into();
        pieces.iter().map(written).collect()
    }
}
