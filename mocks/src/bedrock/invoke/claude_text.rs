//! [Claude's text completions](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-text-completion.html),
//! by models before the third generation.

use serde_json::{Value, json};

use super::{Words, blocks, claude, finish, prompt, texts, written};
use crate::answer::{Answer, Ask};
use crate::anthropic::{Anthropic, COMPLETE};
use crate::provider::{Call, Provider as _};
use crate::script::{Failure, Finish};

pub(super) struct ClaudeText;

impl Words for ClaudeText {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let body = call.body;
        prompt::ask(&body["prompt"], &body["max_tokens_to_sample"], &body["stop_sequences"])
    }

    /// Anthropic's rules are about the model too.
    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        let mut body = call.body.clone();
        body["model"] = claude::name(&super::super::model(call)).into();
        Anthropic.check(&Call { operation: COMPLETE, models: None, body: &body, ..*call })
    }

    fn whole(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let said: String = texts(blocks(answer)).collect();
        end(&said, answer)
    }

    /// An empty piece ends it.
    fn pieces(&self, _call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let piece = |text| completion(text, &Value::Null, &Value::Null);
        texts(blocks(answer)).map(piece).chain([end("", answer)]).collect()
    }
}

/// The natural end is a stop sequence too: the human's next turn.
fn end(text: &str, answer: &Answer<'_>) -> Vec<u8> {
    if matches!(finish(answer), Finish::Length | Finish::Context) {
        return completion(text, &"max_tokens".into(), &Value::Null);
    }
    let stop = answer.choices.first().and_then(|choice| choice.stop_sequence.as_deref());
    completion(text, &"stop_sequence".into(), &stop.unwrap_or("\n\nHuman:").into())
}

fn completion(text: &str, reason: &Value, stop: &Value) -> Vec<u8> {
    written(&json!({ "type": "completion", "completion": text, "stop_reason": reason, "stop": stop }))
}
