//! [Cohere's Command](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html): prompts, completed once
//! or several times.

use serde_json::{Map, Value, json};

use super::{Words, prompt, texts, written};
use crate::answer::{Answer, Ask, Choice};
use crate::provider::Call;
use crate::script::Finish;
use crate::tokens;

pub(super) struct Command;

impl Words for Command {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        let body = call.body;
        let choices = body["num_generations"].as_u64().and_then(|count| usize::try_from(count).ok());
        let ask = prompt::ask(&body["prompt"], &body["max_tokens"], &body["stop_sequences"]);
        Ask { choices: choices.unwrap_or(1), ..ask }
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        written(&body(call, answer))
    }

    /// Without `stream` in the body, the whole is the only piece.
    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let several = answer.choices.len() > 1;
        let mut pieces = Vec::new();
        let streamed = answer.choices.iter().enumerate().filter(|_| call.body["stream"] == true);
        for (index, choice) in streamed {
            let mut add = |mut piece: Map<String, Value>| {
                if several {
                    piece.insert("index".to_owned(), index.into());
                }
                pieces.push(written(&Value::Object(piece)));
            };
            for text in texts(&choice.blocks) {
                add(Map::from_iter([
                    ("is_finished".to_owned(), false.into()),
                    ("text".to_owned(), text.into()),
                ]));
            }
            if several {
                add(Map::from_iter([
                    ("finish_reason".to_owned(), reason(choice.finish).into()),
                    ("is_finished".to_owned(), true.into()),
                ]));
            }
        }
        let last = answer.choices.last().map_or(Finish::Stop, |choice| choice.finish);
        pieces.push(written(&json!({
            "finish_reason": reason(last),
            "is_finished": true,
            "response": body(call, answer),
        })));
        pieces
    }
}

fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let all = answer.choices.iter().enumerate();
    let generations: Vec<Value> =
        all.map(|(index, choice)| generation(call, answer, index, choice)).collect();
    let id = answer.id.map_or_else(|| call.draw.uuid("id"), str::to_owned);
    json!({ "generations": generations, "id": id, "prompt": call.body["prompt"] })
}

fn generation(call: &Call<'_>, answer: &Answer<'_>, index: usize, choice: &Choice<'_>) -> Value {
    let said: String = texts(&choice.blocks).collect();
    let mut generation = json!({
        "finish_reason": reason(choice.finish),
        "id": call.draw.uuid(&format!("generation {index}")),
        "text": said,
    });
    if answer.choices.len() > 1 {
        generation["index"] = index.into();
    }
    let asked = call.body["return_likelihoods"].as_str();
    if let Some("GENERATION" | "ALL") = asked {
        let prompt = call.body["prompt"].as_str().filter(|_| asked == Some("ALL")).unwrap_or_default();
        likelihoods(call, &format!("{prompt}{said}"), &mut generation);
    }
    generation
}

/// Likelihoods of the tokens of a text, drawn from the seed, and their mean.
fn likelihoods(call: &Call<'_>, text: &str, generation: &mut Value) {
    let mut sum = 0.0;
    let likely = |(at, token): (usize, Vec<u8>)| {
        #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
        let likelihood = -(call.draw.number(&format!("likelihood {at}"), 1_000) as f64) / 1_000.0;
        sum += likelihood;
        json!({ "token": String::from_utf8_lossy(&token), "likelihood": likelihood })
    };
    let tokens: Vec<Value> = tokens::split(text).into_iter().enumerate().map(likely).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = tokens.len().max(1) as f64;
    generation["likelihood"] = (sum / count).into();
    generation["token_likelihoods"] = tokens.into();
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::Context => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Guardrail => "ERROR_TOXIC",
        Finish::Malformed => "ERROR",
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Pause => "COMPLETE",
    }
}
