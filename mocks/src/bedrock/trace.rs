//! The [trace of a guardrail](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html), where the
//! request asks for one: a topic is denied when the guardrail stepped in, else nothing is found.

use serde_json::{Value, json};

use super::guardrail::usage;
use crate::answer::{Answer, Choice};
use crate::provider::Call;
use crate::script::{Block, Finish};

pub(super) fn of(call: &Call<'_>, answer: &Answer<'_>) -> Option<Value> {
    let config = &call.body["guardrailConfig"];
    if !matches!(config["trace"].as_str(), Some("enabled" | "enabled_full")) {
        return None;
    }
    let guardrail = config["guardrailIdentifier"].as_str().unwrap_or_default();
    let metrics = json!({
        "guardrailProcessingLatency": 100 + call.draw.number("guardrail latency", 200),
        "guardrailCoverage": { "textCharacters": { "guarded": characters(call), "total": characters(call) } },
        "usage": usage(&[("topicPolicyUnits", 1), ("contentPolicyUnits", 1)]),
    });
    let mut trace =
        json!({ "guardrail": { "inputAssessment": { guardrail: { "invocationMetrics": metrics } } } });
    let choice = answer.choices.first().filter(|choice| choice.finish == Finish::Guardrail);
    if let Some(choice) = choice {
        let topic = json!({ "name": "mocked", "type": "DENY", "action": "BLOCKED", "detected": true });
        let found = json!({ "topicPolicy": { "topics": [topic] }, "invocationMetrics": metrics });
        trace["guardrail"]["actionReason"] = "Guardrail blocked.".into();
        trace["guardrail"]["modelOutput"] = json!([said(choice)]);
        trace["guardrail"]["outputAssessments"] = json!({ guardrail: [found] });
    }
    Some(trace)
}

/// How many characters the last message holds.
fn characters(call: &Call<'_>) -> usize {
    let last = call.body["messages"].as_array().and_then(|messages| messages.last());
    let blocks = last.and_then(|last| last["content"].as_array()).into_iter().flatten();
    blocks.filter_map(|block| block["text"].as_str()).map(|text| text.chars().count()).sum()
}

fn said(choice: &Choice<'_>) -> String {
    let texts = choice.blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text.join()),
        _ => None,
    });
    texts.collect()
}
