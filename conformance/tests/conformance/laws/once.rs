//! One defect, one failure: what follows from what another requirement tells cannot be judged.

use conformance::check::Verdict;
use serde_json::{Value, json};

use super::evidence::{Evidence, chunk};
use super::judge;

/// One is broken, and the others can say nothing.
fn told_by(teller: &str, others: &[&str], evidence: &Evidence) {
    let case = evidence.case();
    let verdict = judge(teller, &case);
    assert!(matches!(verdict, Err(Verdict::Broken(_))), "{teller}: {verdict:?}");
    for other in others {
        let verdict = judge(other, &case);
        assert!(!matches!(verdict, Err(Verdict::Broken(_))), "{other}: {verdict:?}");
    }
}

/// A provider that refuses what is wrong by its document gives no reply.
#[test]
fn a_wrong_request_is_told_and_no_missing_reply() {
    let refused = json!({"error": {"message": "no", "type": "t", "param": null, "code": null}});
    let mut evidence = Evidence::whole("completions.parameters.stop-string", "tgi", json!({}), &refused);
    (evidence.status, evidence.asked[0].status) = (422, 422);
    assert!(matches!(judge("completions.reply.ok", &evidence.case()), Err(Verdict::Broken(_))));
    evidence.asked[0].violations.push(specs::Violation {
        pointer: "/stop".into(),
        keyword: "type".into(),
        expected: "array".into(),
        got: "\"7\"".into(),
        document: String::new(),
    });
    told_by("completions.request.valid", &["completions.reply.ok"], &evidence);
}

/// Prompts that were sent as one conversation have one answer.
#[test]
fn joined_prompts_are_told_and_neither_turns_nor_choices() {
    let texts = ["The first", "The second", "The third"];
    let upstream =
        json!({"model": "the-model", "messages": texts.map(|text| json!({"role": "user", "content": text}))});
    let reply = json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "the-model",
        "choices": [{"index": 0, "text": "one", "logprobs": null, "finish_reason": "stop"}]});
    let evidence = Evidence::whole("completions.prompts.several", "mistral", upstream, &reply);
    let others = ["completions.request.nothing-lost", "completions.reply.choices"];
    told_by("completions.request.prompts", &others, &evidence);
}

/// The numbers of one vector as so many vectors.
#[test]
fn vectors_without_a_form_are_told_by_the_schema() {
    let numbers = [0.5, -0.25, 0.125, 0.0];
    let one = |(index, number)| json!({"object": "embedding", "index": index, "embedding": number});
    let data: Vec<Value> = numbers.into_iter().enumerate().map(one).collect();
    let reply = json!({"object": "list", "model": "the-model", "data": data,
        "usage": {"prompt_tokens": 6, "total_tokens": 6}});
    let upstream = json!({"inputs": "What is a touchstone?"});
    let evidence = Evidence::whole("embeddings.vectors.one", "huggingface", upstream, &reply);
    let others = ["embeddings.reply.vectors", "embeddings.reply.floats", "embeddings.reply.count"];
    told_by("embeddings.reply.schema", &others, &evidence);
}

/// A choice in the chunk with usage is no piece behind the end; one that says something is.
#[test]
fn a_choice_beside_usage_is_told_by_the_shape_of_usage() {
    let mut last = chunk(&json!({}), None);
    last["usage"] = json!({"prompt_tokens": 21, "completion_tokens": 4, "total_tokens": 25});
    let said = chunk(&json!({"role": "assistant", "content": "Not much."}), None);
    let events = [said, chunk(&json!({}), Some("stop")), last];
    let stream = |events: &[Value]| {
        let upstream = json!({"model": "the-model", "stream": true});
        Evidence::stream("chat.usage.asked", "openai", upstream, events)
    };
    told_by("chat.usage.stream.shape", &["chat.stream.order"], &stream(&events));
    let mut more = events;
    more[2]["choices"][0]["delta"] = json!({"content": "And more."});
    let verdict = judge("chat.stream.order", &stream(&more).case());
    assert!(matches!(verdict, Err(Verdict::Broken(_))), "{verdict:?}");
}
