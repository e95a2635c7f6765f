//! Models that take one text: the whole conversation is in it, between marks that each maker sets its own way.

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last};

/// What stands before and after a user's turn: Llama 3, Llama 4, Llama 2 and Mistral, Titan, Claude.
const MARKS: [(&str, &str); 5] = [
    ("<|start_header_id|>user<|end_header_id|>", "<|eot_id|>"),
    ("<|header_start|>user<|header_end|>", "<|eot|>"),
    ("[INST]", "[/INST]"),
    ("User:", "\nBot:"),
    ("\n\nHuman:", "\n\nAssistant:"),
];

/// A request that is a prompt.
pub(super) fn ask<'a>(prompt: &'a Value, limit: &Value, stop: &'a Value) -> Ask<'a> {
    let prompt = prompt.as_str().unwrap_or_default();
    Ask {
        model: "",
        texts: vec![Cow::Borrowed(prompt)],
        extra_tokens: 0,
        last: Last::Said(Cow::Borrowed(last(prompt))),
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: Format::Text,
        limit: limit.as_u64(),
        stop: super::list(stop).iter().filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: Effort::None,
        stream: false,
    }
}

/// What the user said last; of a prompt without marks, all of it.
fn last(prompt: &str) -> &str {
    let marked = MARKS.iter().find_map(|(open, close)| {
        let (_, said) = prompt.rsplit_once(open)?;
        Some(said.split_once(close).map_or(said, |(said, _)| said))
    });
    marked.unwrap_or(prompt).trim()
}

#[cfg(test)]
mod tests {
    use super::last;

    #[test]
    fn the_last_turn_of_the_user_is_found_between_each_makers_marks() {
        for prompt in [
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhen?<|eot_id|><|start_header_id|>assistant<|end_header_id|>",
            "<|begin_of_text|><|header_start|>user<|header_end|>\n\nWhen?<|eot|><|header_start|>assistant<|header_end|>",
            "<s>[INST] Hi [/INST] Hello</s>[INST] When? [/INST]",
            "User: When?\nBot:",
            "Be short.\n\nHuman: When?\n\nAssistant:",
            "When?",
        ] {
            assert_eq!(last(prompt), "When?", "{prompt}");
        }
    }
}
