//! [Mistral's prompts](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html).

use serde_json::json;

use super::{Words, blocks, finish, prompt, stop_or_length, texts, written};
use crate::answer::{Answer, Ask};
use crate::provider::Call;

pub(super) struct Mistral;

impl Words for Mistral {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let body = call.body;
        prompt::ask(&body["prompt"], &body["max_tokens"], &body["stop"])
    }

    fn whole(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let said: String = texts(blocks(answer)).collect();
        output(&said, Some(stop_or_length(finish(answer))))
    }

    /// An empty piece ends it.
    fn pieces(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let pieces = texts(blocks(answer)).map(|text| output(text, None));
        pieces.chain([output("", Some(stop_or_length(finish(answer))))]).collect()
    }
}

fn output(text: &str, reason: Option<&str>) -> Vec<u8> {
    written(&json!({ "outputs": [{ "text": text, "stop_reason": reason }] }))
}
