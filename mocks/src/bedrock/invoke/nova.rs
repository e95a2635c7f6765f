//! [Amazon's Nova](https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html): what Converse has, in the model's own
//! body; streamed, each event under its name.

use serde_json::{Value, json};

use super::Words;
use crate::answer::{Answer, Ask, Effort};
use crate::bedrock::{ask, check, reply, stream};
use crate::provider::Call;
use crate::script::Failure;

pub(super) struct Nova;

impl Words for Nova {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let thinks = call.body["inferenceConfig"]["reasoningConfig"]["type"] == "enabled";
        let reasoning = if thinks { Effort::Aloud } else { Effort::None };
        Ask { reasoning, ..ask::read(call) }
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        check::conversation(call.body)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        reply::of_model(call, answer, &usage(answer))
    }

    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let piece = |(name, payload): (&str, Vec<u8>)| {
            if name == "metadata" {
                let told = json!({ "usage": usage(answer), "metrics": {}, "trace": {} });
                return json!({ "metadata": told }).to_string().into_bytes();
            }
            let mut piece = format!("{{\"{name}\":").into_bytes();
            piece.extend_from_slice(&payload);
            piece.push(b'}');
            piece
        };
        stream::parts(call, answer).into_iter().map(piece).collect()
    }
}

fn usage(answer: &Answer<'_>) -> Value {
    let usage = answer.usage;
    json!({
        "inputTokens": super::input(answer),
        "outputTokens": usage.completion,
        "totalTokens": usage.prompt + usage.completion,
        "cacheReadInputTokenCount": usage.cached,
        "cacheWriteInputTokenCount": usage.cache_write,
    })
}
