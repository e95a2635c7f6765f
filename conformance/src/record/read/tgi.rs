//! Text Generation Inference's own API: <https://huggingface.co/docs/text-generation-inference/reference/api_reference>. Hugging Face's
//! text generation answers in the same words.

use mocks::script::{Failure, Finish, Kind};
use serde_json::Value;

use super::{Draft, Event, Reader, kind};
use crate::Surface;

pub(super) const GENERATE: Reader =
    Reader { surface: Surface::Completions, asked: None, take, fail, known: KNOWN };

const KNOWN: &[&str] = &[
    "generated_text",
    "index",
    // Likelihoods and numbers of tokens are the model's.
    "token.**",
    "details.finish_reason",
    "details.generated_tokens",
    "details.input_length",
    "details.prefill.**",
    "details.tokens.**",
    "details.seed",
    "error",
    "error_type",
    "estimated_time",
];

fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    if json["error"].is_string() {
        return draft.interrupt(fail(500, "", event));
    }
    let details = &json["details"];
    match &json["token"] {
        Value::Null => whole(draft, json),
        token if token["special"] == true => {}
        token => {
            draft.say(Draft::text, "text", token["text"].as_str());
            if details.is_null() && json["generated_text"].is_string() {
                // A model that ends by itself says so by a mark.
                draft.finish = Some(Finish::Length);
                let note = "whether the limit or a stop sequence ended it: without `details` it is not told";
                draft.notes.push(note.to_owned());
            }
        }
    }
    if details.is_object() {
        end(draft, details);
    }
}

/// Where the tokens are told, the text is theirs: it may have the prompt before it.
fn whole(draft: &mut Draft, json: &Value) {
    if json["details"]["best_of_sequences"].is_array() {
        draft.notes.push("sequences beyond the best are not kept".to_owned());
    }
    let Some(tokens) = json["details"]["tokens"].as_array() else {
        let said = json["generated_text"].as_str().filter(|said| !said.is_empty());
        return draft.say(Draft::text, "text", said);
    };
    let spoken = tokens.iter().filter(|token| token["special"] != true);
    let pieces: Vec<&str> = spoken.filter_map(|token| token["text"].as_str()).collect();
    if !pieces.is_empty() {
        let key = draft.run("text");
        pieces.into_iter().for_each(|piece| draft.text(&key, piece));
    }
}

/// Unless it is told not to, HF Inference puts the prompt before the text of a whole reply.
/// <https://huggingface.co/docs/inference-providers/tasks/text-generation>
pub(super) fn without_prompt(draft: &mut Draft, request: &Value) {
    if let Some(prompt) = request["inputs"].as_str() {
        draft.strip(prompt);
    }
}

fn end(draft: &mut Draft, details: &Value) {
    draft.finish = match details["finish_reason"].as_str() {
        Some("length") => Some(Finish::Length),
        Some("stop_sequence") => Some(Finish::StopSequence),
        _ => Some(Finish::Stop),
    };
    let prefill = details["prefill"].as_array().filter(|tokens| !tokens.is_empty());
    draft.usage.prompt = details["input_length"].as_u64().or(prefill.map(|tokens| tokens.len() as u64));
    draft.usage.completion = details["generated_tokens"].as_u64();
}

/// <https://huggingface.co/docs/text-generation-inference/reference/api_reference>
const WORDS: &[(&str, Kind)] = &[
    ("validation", Kind::InvalidRequest),
    ("overloaded", Kind::RateLimit),
    ("generation", Kind::Model),
    ("incomplete_generation", Kind::Server),
];

fn fail(status: u16, _: &str, event: &Event) -> Failure {
    let error = &event.json;
    let word = error["error_type"].as_str();
    Failure {
        status: Some(status),
        kind: Some(kind(status, word.unwrap_or_default(), WORDS)),
        message: error["error"].as_str().map(str::to_owned),
        param: None,
        code: word.map(str::to_owned),
    }
}
