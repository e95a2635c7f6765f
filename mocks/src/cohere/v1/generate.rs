//! [Generation](https://docs.cohere.com/v1/reference/generate): a prompt, completed once or several times, whole and as lines.

use serde_json::{Value, json};

use super::line;
use super::reply::meta;
use crate::answer::{Answer, Choice};
use crate::cohere::reply::id;
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces};
use crate::tokens;

/// The body of a whole reply.
pub(in crate::cohere) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let generations = answer.choices.iter().enumerate().map(|(index, choice)| {
        let mut generation = generation(call, answer, index, choice);
        if matches!(call.body["return_likelihoods"].as_str(), Some("GENERATION" | "ALL")) {
            let (mean, tokens) = likelihoods(call, &text(choice));
            generation["likelihood"] = mean.into();
            generation["token_likelihoods"] = tokens;
        }
        generation
    });
    json!({
        "id": id(call, answer),
        "generations": generations.collect::<Vec<_>>(),
        "prompt": call.body["prompt"],
        "meta": meta(answer.usage),
    })
}

/// All lines of a streamed reply.
pub(in crate::cohere) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let several = answer.choices.len() > 1;
    let mut events = Vec::new();
    for (index, choice) in answer.choices.iter().enumerate() {
        for piece in pieces(choice) {
            let mut said = json!({ "text": piece, "is_finished": false, "event_type": "text-generation" });
            if several {
                said["index"] = index.into();
            }
            events.push(line(&said));
        }
    }
    let all = answer.choices.iter().enumerate();
    let generations = all.map(|(index, choice)| generation(call, answer, index, choice));
    let response = json!({
        "id": id(call, answer),
        "generations": generations.collect::<Vec<_>>(),
        "prompt": call.body["prompt"],
        "meta": meta(answer.usage),
    });
    let reason = super::finish(super::reply::finish(answer));
    events.push(line(&json!({
        "is_finished": true,
        "event_type": "stream-end",
        "finish_reason": reason,
        "response": response,
    })));
    events
}

/// The last line, where generation failed before.
pub(in crate::cohere) fn failed(message: &str) -> Event {
    line(
        &json!({ "is_finished": true, "event_type": "stream-error", "finish_reason": "ERROR", "err": message }),
    )
}

fn generation(call: &Call<'_>, answer: &Answer<'_>, index: usize, choice: &Choice<'_>) -> Value {
    let mut generation = json!({
        "id": call.draw.uuid(&format!("generation {index}")),
        "text": text(choice),
        "finish_reason": super::finish(Some(choice.finish)),
    });
    if answer.choices.len() > 1 {
        generation["index"] = index.into();
    }
    generation
}

/// The texts of one choice. What is no text has no place in a generation.
fn pieces<'a>(choice: &'a Choice<'_>) -> impl Iterator<Item = &'a str> {
    let texts = choice.blocks.iter().filter_map(|block| match block {
        Block::Text(pieces) | Block::Refusal(pieces) => Some(pieces),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    });
    texts.flat_map(Pieces::iter)
}

fn text(choice: &Choice<'_>) -> String {
    pieces(choice).collect()
}

/// Likelihoods of the tokens of a text, drawn from the seed, and their mean.
fn likelihoods(call: &Call<'_>, text: &str) -> (f64, Value) {
    let mut sum = 0.0;
    let mut entry = |(at, token): (usize, Vec<u8>)| {
        #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
        let likelihood = -(call.draw.number(&format!("likelihood {at}"), 1_000) as f64) / 1_000.0;
        sum += likelihood;
        json!({ "token": String::from_utf8_lossy(&token), "likelihood": likelihood })
    };
    let tokens: Vec<Value> = tokens::split(text).into_iter().enumerate().map(&mut entry).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = tokens.len().max(1) as f64;
    (sum / count, tokens.into())
}
