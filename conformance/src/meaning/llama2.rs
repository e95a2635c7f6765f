//! A prompt of Llama 2's chat models, as <https://github.com/meta-llama/llama/blob/main/llama/generation.py> writes it.

use serde_json::Value;

use super::{Meaning, Part, strings};

pub(crate) fn read(body: &Value) -> Meaning {
    let parameters = &body["parameters"];
    let mut meaning = Meaning {
        max_tokens: parameters["max_new_tokens"].as_u64(),
        temperature: parameters["temperature"].as_f64(),
        top_p: parameters["top_p"].as_f64(),
        top_k: parameters["top_k"].as_u64(),
        stop: strings(&parameters["stop"]),
        ..Meaning::default()
    };
    for name in ["seed", "frequency_penalty", "repetition_penalty"] {
        if !parameters[name].is_null() {
            meaning.others.insert(name.to_owned(), parameters[name].clone());
        }
    }
    let prompt = body["inputs"].as_str().unwrap_or_default();
    match prompt.strip_prefix("<s>") {
        Some(prompt) => prompt.split("</s><s>").for_each(|pair| exchange(pair, &mut meaning)),
        None => unknown(prompt, &mut meaning),
    }
    meaning
}

/// `[INST] {user} [/INST] {assistant} `, the first one perhaps with the system's words, the last one without an answer.
fn exchange(pair: &str, meaning: &mut Meaning) {
    let Some((said, answer)) = pair.strip_prefix("[INST]").and_then(|rest| rest.split_once("[/INST]")) else {
        return unknown(pair, meaning);
    };
    let said = match said.trim_start().strip_prefix("<<SYS>>").and_then(|rest| rest.split_once("<</SYS>>")) {
        Some((system, said)) => {
            meaning.system.push(system.trim().to_owned());
            said
        }
        None => said,
    };
    meaning.turn("user", vec![Part::Text(said.trim().to_owned())]);
    if !answer.trim().is_empty() {
        meaning.turn("assistant", vec![Part::Text(answer.trim().to_owned())]);
    }
}

/// What stands between no marks, or forged ones, is nobody's turn.
fn unknown(text: &str, meaning: &mut Meaning) {
    meaning.turn("user", vec![Part::Unknown(text.into())]);
}
