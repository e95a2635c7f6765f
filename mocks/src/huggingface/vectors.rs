//! [Feature extraction](https://huggingface.co/docs/api-inference/tasks/feature-extraction): numbers, and nothing around them.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::asked;
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;
use crate::tokens;

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let text = |text: &'a str| Input::Text(Cow::Borrowed(text));
    let inputs = match &call.body["inputs"] {
        Value::String(one) => vec![text(one)],
        many => many.as_array().into_iter().flatten().filter_map(Value::as_str).map(text).collect(),
    };
    Embed { model: "", inputs, dimensions: Some(length(&asked(call))) }
}

/// A vector for one text, a list of them for a list; of models that do not pool, one for each token.
pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let texts: Vec<&str> = match &call.body["inputs"] {
        Value::String(one) => vec![one],
        many => many.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let of = |(text, vector): (&str, &Vec<f32>)| {
        if pools(&asked(call)) {
            return json!(vector);
        }
        // Two marks stand around the tokens.
        let count = tokens::count(text) + 2;
        (0..count).map(|_| json!(vector)).collect()
    };
    let mut all: Vec<Value> = texts.into_iter().zip(&vectors.vectors).map(of).collect();
    let is_one = call.body["inputs"].is_string();
    match all.pop() {
        Some(only) if is_one && pools(&asked(call)) => only,
        last => all.into_iter().chain(last).collect(),
    }
}

/// Models of sentences make one vector of a text; the others one of each token.
fn pools(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    !["bert-base", "bart-", "distilbert-base", "roberta-base"].iter().any(|plain| model.contains(plain))
}

fn length(model: &str) -> usize {
    let is = |name: &str| model.contains(name);
    if is("MiniLM") || is("small") {
        384
    } else if is("large") {
        1024
    } else {
        768
    }
}
