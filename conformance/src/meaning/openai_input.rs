//! `OpenAI`'s requests that ask with texts and not with messages:
//! <https://platform.openai.com/docs/api-reference/completions/create> and
//! <https://platform.openai.com/docs/api-reference/embeddings/create>.

use serde_json::Value;

use super::{Input, Meaning, list, strings, text};

/// Members of a completion that a neutral one stands for, or that say how to transport rather than what to answer.
const READ: [&str; 10] = [
    "model",
    "prompt",
    "stream",
    "stream_options",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "user",
];
/// The same of a request for vectors. In which form they come is between each two.
const READ_OF_VECTORS: [&str; 5] = ["model", "input", "dimensions", "encoding_format", "user"];

pub(crate) fn completion(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        max_tokens: body["max_tokens"].as_u64(),
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        top_k: body["top_k"].as_u64(),
        stop: strings(&body["stop"]),
        user: body["user"].as_str().map(str::to_owned),
        ..Meaning::default()
    };
    match inputs(&body["prompt"]).as_slice() {
        [Input::Text(one)] => meaning.said(one.clone()),
        several => meaning.inputs = several.to_vec(),
    }
    others(&mut meaning, body, &READ);
    meaning
}

pub(crate) fn embedding(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        inputs: inputs(&body["input"]),
        dimensions: body["dimensions"].as_u64(),
        user: body["user"].as_str().map(str::to_owned),
        ..Meaning::default()
    };
    others(&mut meaning, body, &READ_OF_VECTORS);
    meaning
}

/// A text, or a list of texts; a list of tokens, or several such lists.
fn inputs(value: &Value) -> Vec<Input> {
    let tokens = |value: &Value| list(value).iter().map(Value::as_u64).collect::<Option<Vec<_>>>();
    match tokens(value) {
        Some(tokens) if !tokens.is_empty() => vec![Input::Tokens(tokens)],
        _ => list(value)
            .iter()
            .map(|one| {
                one.is_array()
                    .then(|| tokens(one))
                    .flatten()
                    .map_or_else(|| Input::Text(text(one)), Input::Tokens)
            })
            .collect(),
    }
}

fn others(meaning: &mut Meaning, body: &Value, read: &[&str]) {
    let members = body.as_object().into_iter().flatten();
    let others = members.filter(|(name, value)| !read.contains(&name.as_str()) && !is_default(name, value));
    meaning.others.extend(others.map(|(name, value)| (name.clone(), value.clone())));
}

/// Saying what is so anyway asks for nothing.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "n" | "best_of" => value == 1,
        "echo" => value == false,
        "presence_penalty" | "frequency_penalty" => value.as_f64() == Some(0.0),
        _ => value.is_null(),
    }
}
