//! Bedrock's Converse request: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

use serde_json::Value;

use super::{Choice, Effort, Format, Meaning, Part, Picture, Tool, inputs, list, schema, strings, text};

pub(crate) fn read(body: &Value) -> Meaning {
    let limits = &body["inferenceConfig"];
    let extra = &body["additionalModelRequestFields"];
    let guardrail = &body["guardrailConfig"];
    let mut meaning = Meaning {
        system: texts(&body["system"]),
        tools: list(&body["toolConfig"]["tools"])
            .iter()
            .filter(|tool| tool["toolSpec"].is_object())
            .map(tool)
            .collect(),
        choice: choice(&body["toolConfig"]["toolChoice"]),
        parallel: extra["tool_choice"]["disable_parallel_tool_use"].as_bool().map(|disabled| !disabled),
        max_tokens: limits["maxTokens"].as_u64(),
        temperature: limits["temperature"].as_f64(),
        top_p: limits["topP"].as_f64(),
        top_k: extra["top_k"].as_u64().or_else(|| extra["inferenceConfig"]["topK"].as_u64()),
        stop: strings(&limits["stopSequences"]),
        format: format(&body["outputConfig"]["textFormat"]),
        effort: effort(body),
        guardrail: (!guardrail.is_null())
            .then(|| (text(&guardrail["guardrailIdentifier"]), text(&guardrail["guardrailVersion"]))),
        ..Meaning::default()
    };
    read_metadata(&mut meaning, &body["requestMetadata"]);
    for message in list(&body["messages"]) {
        match message["role"].as_str().unwrap_or_default() {
            "system" => meaning.system.extend(texts(&message["content"])),
            "assistant" => meaning.turn("assistant", list(&message["content"]).iter().map(block).collect()),
            _ => meaning.turn("user", list(&message["content"]).iter().map(block).collect()),
        }
    }
    meaning
}

/// Vectors by `InvokeModel`: Titan's one text, or Cohere's many.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>
pub(crate) fn embedding(body: &Value) -> Meaning {
    let text = if body["inputText"].is_null() { &body["texts"] } else { &body["inputText"] };
    let lengths =
        [&body["dimensions"], &body["embeddingConfig"]["outputEmbeddingLength"], &body["output_dimension"]];
    let mut meaning = Meaning {
        inputs: inputs(text),
        dimensions: lengths.into_iter().find_map(Value::as_u64),
        ..Meaning::default()
    };
    for name in ["input_type", "normalize"] {
        if !body[name].is_null() {
            meaning.others.insert(name.to_owned(), body[name].clone());
        }
    }
    meaning
}

/// Converse has one place for who asks and for what else is to be logged.
fn read_metadata(meaning: &mut Meaning, metadata: &Value) {
    let mut metadata = metadata.as_object().cloned().unwrap_or_default();
    meaning.user = metadata.remove("user").as_ref().map(text);
    if !metadata.is_empty() {
        meaning.others.insert("metadata".to_owned(), Value::Object(metadata));
    }
}

fn texts(blocks: &Value) -> Vec<String> {
    list(blocks).iter().map(|block| text(&block["text"])).collect()
}

/// A content block is a union: an object with exactly one member.
fn block(block: &Value) -> Part {
    let Some((name, value)) = block.as_object().and_then(|members| members.iter().next()) else {
        return Part::Unknown(block.clone());
    };
    match name.as_str() {
        "text" => Part::Text(text(value)),
        // Also said to the model; the guardrail looks at nothing else then.
        "guardContent" => Part::Text(text(&value["text"]["text"])),
        "image" => Part::Image(picture(value)),
        "document" | "video" => Part::File(text(&value["source"]["bytes"])),
        "audio" => Part::Audio(text(&value["format"]), text(&value["source"]["bytes"])),
        "toolUse" => Part::Call {
            id: text(&value["toolUseId"]),
            name: text(&value["name"]),
            arguments: value["input"].clone(),
        },
        "toolResult" => Part::Result { id: text(&value["toolUseId"]), text: result_text(&value["content"]) },
        "reasoningContent" => {
            let thought = &value["reasoningText"];
            let proof = value["redactedContent"].as_str().or_else(|| thought["signature"].as_str());
            Part::Reasoning(text(&thought["text"]), proof.unwrap_or_default().to_owned())
        }
        _ => Part::Unknown(block.clone()),
    }
}

fn result_text(content: &Value) -> String {
    let texts = list(content).iter().map(|block| match block["json"] {
        Value::Null => text(&block["text"]),
        ref json => json.to_string(),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn picture(image: &Value) -> Picture {
    match image["source"]["bytes"].as_str() {
        Some(bytes) => Picture::Data(format!("image/{}", text(&image["format"])), bytes.to_owned()),
        None => Picture::Url(text(&image["source"]["s3Location"]["uri"])),
    }
}

fn tool(tool: &Value) -> Tool {
    let tool = &tool["toolSpec"];
    Tool {
        name: text(&tool["name"]),
        description: text(&tool["description"]),
        schema: schema(&tool["inputSchema"]["json"]),
    }
}

fn choice(choice: &Value) -> Option<Choice> {
    let (name, value) = choice.as_object()?.iter().next()?;
    Some(match name.as_str() {
        "auto" => Choice::Auto,
        "any" => Choice::Required,
        "tool" => Choice::Named(text(&value["name"])),
        other => Choice::Other(other.to_owned()),
    })
}

/// The schema is carried as JSON text.
fn format(format: &Value) -> Option<Format> {
    let schema = &format["structure"]["jsonSchema"]["schema"];
    let schema =
        schema.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| schema.clone());
    (format["type"] == "json_schema").then_some(Format::Schema(schema))
}

fn effort(body: &Value) -> Option<Effort> {
    let extra = &body["additionalModelRequestFields"];
    let level =
        [&body["outputConfig"]["effort"], &extra["reasoning_effort"], &extra["output_config"]["effort"]];
    if let Some(level) = level.into_iter().find_map(Value::as_str) {
        return Some(Effort::Level(level.to_owned()));
    }
    let thinking =
        [&extra["thinking"], &extra["reasoning_config"]].into_iter().find(|value| value.is_object())?;
    match thinking["type"].as_str()? {
        "enabled" => Some(Effort::Tokens(thinking["budget_tokens"].as_u64()?)),
        "disabled" => Some(Effort::Off),
        _ => Some(Effort::Adaptive),
    }
}
