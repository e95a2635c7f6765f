//! What is asked, in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::STREAM;
use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// A picture, or a second of sound or film, whatever its size.
const MEDIA: u64 = 258;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let contents = list(&body["contents"]);
    let config = &body["generationConfig"];
    let mut texts = Vec::new();
    parts(&body["systemInstruction"]).iter().for_each(|part| spoken(part, &mut texts));
    contents.iter().flat_map(parts).for_each(|part| spoken(part, &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let is_media = |part: &&Value| part.get("inlineData").or(part.get("fileData")).is_some();
    let media = |content: &Value| parts(content).iter().filter(is_media).count();
    let declared = list(&body["tools"]).iter().flat_map(|tool| list(&tool["functionDeclarations"]));
    Ask {
        // The path names the model; the reply tells it from there.
        model: "",
        texts,
        extra_tokens: MEDIA * contents.iter().map(media).sum::<usize>() as u64,
        last: contents.last().map_or(Last::Said(Cow::Borrowed("")), last),
        images: contents.last().map_or(0, media),
        tools: declared.filter_map(tool).collect(),
        choose: choose(&body["toolConfig"]["functionCallingConfig"]),
        parallel: true,
        format: format(config),
        limit: config["maxOutputTokens"].as_u64(),
        stop: list(&config["stopSequences"]).iter().filter_map(Value::as_str).collect(),
        choices: config["candidateCount"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
        reasoning: if config["thinkingConfig"]["includeThoughts"] == true {
            Effort::Aloud
        } else {
            Effort::None
        },
        stream: call.operation == STREAM,
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn parts(content: &Value) -> &[Value] {
    list(&content["parts"])
}

fn spoken<'a>(part: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    texts.extend(part["text"].as_str().map(Cow::Borrowed));
    for member in ["functionCall", "functionResponse"] {
        texts.extend(part.get(member).map(|value| Cow::Owned(value.to_string())));
    }
}

fn last(content: &Value) -> Last<'_> {
    let results: Vec<_> =
        parts(content).iter().filter_map(|part| part.get("functionResponse")).map(result).collect();
    if !results.is_empty() {
        return Last::Results(results);
    }
    let texts: Vec<_> = parts(content).iter().filter_map(|part| part["text"].as_str()).collect();
    Last::Said(match texts.as_slice() {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.join(" ")),
    })
}

fn result(response: &Value) -> Cow<'_, str> {
    let response = &response["response"];
    let text = ["output", "result"].iter().find_map(|name| response[*name].as_str());
    text.map_or_else(|| Cow::Owned(response.to_string()), Cow::Borrowed)
}

fn tool(declared: &Value) -> Option<Tool<'_>> {
    Some(Tool {
        name: declared["name"].as_str()?,
        description: declared["description"].as_str().unwrap_or_default(),
        schema: declared.get("parametersJsonSchema").or_else(|| declared.get("parameters")),
        is_text: false,
    })
}

fn choose(config: &Value) -> Choose<'_> {
    let names: Vec<&str> = list(&config["allowedFunctionNames"]).iter().filter_map(Value::as_str).collect();
    match config["mode"].as_str() {
        Some("NONE") => Choose::None,
        Some("ANY") if names.is_empty() => Choose::Any,
        Some("ANY") => Choose::Among(names, true),
        Some("VALIDATED") if !names.is_empty() => Choose::Among(names, false),
        _ => Choose::Auto,
    }
}

fn format(config: &Value) -> Format<'_> {
    if config["responseMimeType"] != "application/json" {
        return Format::Text;
    }
    match config.get("responseJsonSchema").or_else(|| config.get("responseSchema")) {
        Some(schema) => Format::Schema(schema),
        None => Format::Object,
    }
}
