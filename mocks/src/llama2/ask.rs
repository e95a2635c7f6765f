//! What is asked, in neutral terms: the conversation is in one text, between
//! [marks](https://github.com/meta-llama/llama/blob/main/llama/generation.py).

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last};
use crate::provider::Call;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let parameters = &call.body["parameters"];
    let prompt = call.body["inputs"].as_str().unwrap_or_default();
    let stops = parameters["stop"].as_array().into_iter().flatten();
    Ask {
        model: "",
        texts: vec![Cow::Borrowed(prompt)],
        extra_tokens: 0,
        last: Last::Said(Cow::Borrowed(last(prompt))),
        images: 0,
        tools: Vec::new(),
        choose: Choose::Auto,
        parallel: true,
        format: Format::Text,
        limit: parameters["max_new_tokens"].as_u64(),
        stop: stops.filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: Effort::None,
        stream: false,
    }
}

/// What the user said last; of a prompt without marks, all of it.
fn last(prompt: &str) -> &str {
    let said = prompt.rsplit_once("[INST]").map_or(prompt, |(_, said)| said);
    let said = said.split_once("[/INST]").map_or(said, |(said, _)| said);
    said.rsplit_once("<</SYS>>").map_or(said, |(_, said)| said).trim()
}
