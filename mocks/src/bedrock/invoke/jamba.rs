//! [AI21's Jamba](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html). It asks as Mistral's chat does, but
//! for its tools, which it has none of.

use serde_json::{Value, json};

use super::{Words, stop_or_length, texts, written};
use crate::answer::{Answer, Ask, Choice};
use crate::mistral::Mistral;
use crate::provider::{Call, Provider as _};

pub(super) struct Jamba;

impl Words for Jamba {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        Mistral.ask(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let choice = |(index, choice): (usize, &Choice<'_>)| {
            let said: String = texts(&choice.blocks).collect();
            json!({
                "index": index,
                "message": { "role": "assistant", "content": said },
                "finish_reason": stop_or_length(choice.finish),
            })
        };
        let choices: Vec<Value> = answer.choices.iter().enumerate().map(choice).collect();
        written(&json!({ "id": id(call, answer), "choices": choices, "usage": usage(answer) }))
    }

    /// The role first, then one text after the other, each ended by its reason; the counts come last.
    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let id = id(call, answer);
        let piece = |index: usize, delta: Value, reason: Option<&str>| json!({ "id": id, "choices": [{ "index": index, "delta": delta, "finish_reason": reason }] });
        let mut pieces = Vec::new();
        for (index, choice) in answer.choices.iter().enumerate() {
            pieces.push(piece(index, json!({ "role": "assistant" }), None));
            pieces.extend(texts(&choice.blocks).map(|text| piece(index, json!({ "content": text }), None)));
            pieces.push(piece(index, json!({ "content": "" }), Some(stop_or_length(choice.finish))));
        }
        if let Some(last) = pieces.last_mut() {
            last["usage"] = usage(answer);
        }
        pieces.iter().map(written).collect()
    }
}

fn id(call: &Call<'_>, answer: &Answer<'_>) -> String {
    let drawn = || format!("chatcmpl-{}", call.draw.uuid("id"));
    answer.id.map_or_else(drawn, str::to_owned)
}

fn usage(answer: &Answer<'_>) -> Value {
    let (prompt, completion) = (answer.usage.prompt, answer.usage.completion);
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}
