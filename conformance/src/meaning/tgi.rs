//! Text Generation Inference's requests: <https://huggingface.co/docs/text-generation-inference/reference/api_reference>;
//! and those of HF Inference, which takes the same prompts.

use serde_json::{Value, json};

use super::{Format, Meaning, inputs, openai, strings, text};

/// A chat: OpenAI's, but for the form of the answer and for what calls and functions are made of.
pub(crate) fn read(body: &Value) -> Meaning {
    let mut told = body.clone();
    for message in told["messages"].as_array_mut().into_iter().flatten() {
        for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
            let arguments = &mut call["function"]["arguments"];
            // An object, or as with OpenAI the text of one.
            if !arguments.is_string() {
                *arguments = Value::String(arguments.to_string());
            }
        }
    }
    for tool in told["tools"].as_array_mut().into_iter().flatten() {
        let function = &mut tool["function"];
        if let Some(schema) = function.get("arguments").cloned() {
            function["parameters"] = schema;
        }
    }
    let format = told["response_format"].take();
    if let Some(members) = told.as_object_mut() {
        // How a tool is asked for in words is the server's own affair.
        members.retain(|name, _| name != "tool_prompt");
    }
    Meaning { format: grammar(&format), ..openai(&told) }
}

/// A prompt: `/generate`, `/generate_stream`, `/`, and by the address of a model.
pub(crate) fn prompt(body: &Value) -> Meaning {
    let parameters = &body["parameters"];
    let is_greedy = parameters["do_sample"] == false && parameters["temperature"].is_null();
    let mut meaning = Meaning {
        max_tokens: parameters["max_new_tokens"].as_u64(),
        temperature: parameters["temperature"].as_f64().map(settled).or(is_greedy.then_some(0.0)),
        top_p: parameters["top_p"].as_f64(),
        top_k: parameters["top_k"].as_u64(),
        stop: strings(&parameters["stop"]),
        format: grammar(&parameters["grammar"]),
        ..Meaning::default()
    };
    for name in ["best_of", "frequency_penalty", "repetition_penalty", "seed", "typical_p"] {
        if !parameters[name].is_null() {
            meaning.others.insert(name.to_owned(), parameters[name].clone());
        }
    }
    if parameters["return_full_text"] == true {
        meaning.others.insert("echo".to_owned(), true.into());
    }
    meaning.said(text(&body["inputs"]));
    meaning
}

/// Sampling wants a temperature above 0: one that is next to nothing stands for it, and draws what is most likely.
fn settled(temperature: f64) -> f64 {
    if temperature <= NEXT_TO_NOTHING { 0.0 } else { temperature }
}

/// What callers send for 0 is between a thousandth and a hundredth.
const NEXT_TO_NOTHING: f64 = 0.01;

/// Feature extraction: one text, or several.
pub(crate) fn features(body: &Value) -> Meaning {
    Meaning { inputs: inputs(&body["inputs"]), ..Meaning::default() }
}

fn grammar(grammar: &Value) -> Option<Format> {
    let schema = match grammar["type"].as_str()? {
        "json" | "json_object" => &grammar["value"],
        "json_schema" => &grammar["value"]["schema"],
        _ => return None,
    };
    if *schema == json!({ "type": "object" }) {
        Some(Format::Object)
    } else {
        Some(Format::Schema(schema.clone()))
    }
}
