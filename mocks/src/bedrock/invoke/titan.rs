//! [Titan Text](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html).

use serde_json::{Value, json};

use super::{Words, blocks, finish, prompt, texts, written};
use crate::answer::{Answer, Ask};
use crate::provider::Call;
use crate::script::Finish;

pub(super) struct Titan;

impl Words for Titan {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let config = &call.body["textGenerationConfig"];
        prompt::ask(&call.body["inputText"], &config["maxTokenCount"], &config["stopSequences"])
    }

    fn whole(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let said: String = texts(blocks(answer)).collect();
        let result = json!({
            "tokenCount": answer.usage.completion,
            "outputText": said,
            "completionReason": reason(finish(answer)),
        });
        written(&json!({ "inputTextTokenCount": answer.usage.prompt, "results": [result] }))
    }

    /// What was asked is counted with the first piece, what was said with the last.
    fn pieces(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let mut pieces: Vec<&str> = texts(blocks(answer)).collect();
        if pieces.is_empty() {
            pieces.push("");
        }
        let last = pieces.len() - 1;
        let piece = |(at, text): (usize, &str)| {
            let counted = |is_here: bool, count: u64| if is_here { Value::from(count) } else { Value::Null };
            written(&json!({
                "outputText": text,
                "index": 0,
                "totalOutputTextTokenCount": counted(at == last, answer.usage.completion),
                "completionReason": (at == last).then(|| reason(finish(answer))),
                "inputTextTokenCount": counted(at == 0, answer.usage.prompt),
            }))
        };
        pieces.into_iter().enumerate().map(piece).collect()
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::Context => "LENGTH",
        Finish::StopSequence => "STOP_CRITERIA_MET",
        Finish::ContentFilter | Finish::Guardrail => "CONTENT_FILTERED",
        Finish::Stop | Finish::ToolCalls | Finish::Pause | Finish::Malformed => "FINISHED",
    }
}
