//! Gemini's request: <https://ai.google.dev/api/generate-content>.

use serde_json::{Map, Value, json};

use super::{Choice, Effort, Format, Input, Meaning, Part, Picture, Tool, list, schema, strings, text};

/// Members of `generationConfig` that have another name with OpenAI.
const OTHERS: [(&str, &str); 6] = [
    ("seed", "seed"),
    ("frequencyPenalty", "frequency_penalty"),
    ("presencePenalty", "presence_penalty"),
    ("responseLogprobs", "logprobs"),
    ("logprobs", "top_logprobs"),
    ("candidateCount", "n"),
];

pub(crate) fn read(body: &Value) -> Meaning {
    let config = &body["generationConfig"];
    let declared = list(&body["tools"]).iter().flat_map(|tool| list(&tool["functionDeclarations"]));
    let mut meaning = Meaning {
        system: list(&body["systemInstruction"]["parts"]).iter().map(|part| text(&part["text"])).collect(),
        tools: declared.map(tool).collect(),
        choice: choice(&body["toolConfig"]["functionCallingConfig"]),
        max_tokens: config["maxOutputTokens"].as_u64(),
        temperature: config["temperature"].as_f64(),
        top_p: config["topP"].as_f64(),
        top_k: config["topK"].as_u64(),
        stop: strings(&config["stopSequences"]),
        format: format(config),
        effort: effort(&config["thinkingConfig"]),
        ..Meaning::default()
    };
    for content in list(&body["contents"]) {
        let role = if content["role"] == "model" { "assistant" } else { "user" };
        meaning.turn(role, list(&content["parts"]).iter().map(part).collect());
    }
    for (theirs, ours) in OTHERS {
        if !config[theirs].is_null() {
            meaning.others.insert(ours.to_owned(), config[theirs].clone());
        }
    }
    let tier = &body["serviceTier"];
    if let Some(tier) = tier.as_str() {
        let tier = if tier == "standard" { "default" } else { tier };
        meaning.others.insert("service_tier".to_owned(), tier.into());
    }
    if !body["store"].is_null() {
        meaning.others.insert("store".to_owned(), body["store"].clone());
    }
    meaning
}

/// Vectors, for one content or for a batch: <https://ai.google.dev/api/embeddings>.
pub(crate) fn embedding(body: &Value) -> Meaning {
    let requests =
        if body["requests"].is_null() { std::slice::from_ref(body) } else { list(&body["requests"]) };
    let said = |request: &Value| {
        let parts = list(&request["content"]["parts"]).iter();
        Input::Text(parts.map(|part| text(&part["text"])).collect())
    };
    let first = requests.first().unwrap_or(&Value::Null);
    let mut meaning = Meaning {
        inputs: requests.iter().map(said).collect(),
        dimensions: first["outputDimensionality"].as_u64(),
        ..Meaning::default()
    };
    for (theirs, ours) in [("taskType", "task_type"), ("title", "title")] {
        if !first[theirs].is_null() {
            meaning.others.insert(ours.to_owned(), first[theirs].clone());
        }
    }
    meaning
}

fn part(part: &Value) -> Part {
    if let Some(call) = part.get("functionCall") {
        return Part::Call {
            id: text(&call["id"]),
            name: text(&call["name"]),
            arguments: call["args"].clone(),
        };
    }
    if let Some(result) = part.get("functionResponse") {
        return Part::Result { id: text(&result["id"]), text: output(&result["response"]) };
    }
    if part["thought"] == true {
        return Part::Reasoning(text(&part["text"]), text(&part["thoughtSignature"]));
    }
    let blob = &part["inlineData"];
    if let Some(kind) = blob["mimeType"].as_str() {
        let data = text(&blob["data"]);
        return match kind.split_once('/') {
            Some(("image", _)) => Part::Image(Picture::Data(kind.to_owned(), data)),
            Some(("audio", format)) => Part::Audio(format.to_owned(), data),
            _ => Part::File(data),
        };
    }
    if let Some(uri) = part["fileData"]["fileUri"].as_str() {
        return Part::Image(Picture::Url(uri.to_owned()));
    }
    part["text"].as_str().map_or_else(|| Part::Unknown(part.clone()), |text| Part::Text(text.to_owned()))
}

/// A result is an object; a text stands in a member of it, by the document `output` or any other.
fn output(response: &Value) -> String {
    let only = response.as_object().filter(|members| members.len() == 1);
    let said = only.and_then(|members| members.values().next());
    said.and_then(texts).unwrap_or_else(|| response.to_string())
}

/// A text, or the texts of a list of OpenAI's parts: the service takes any JSON, and every word is there.
fn texts(said: &Value) -> Option<String> {
    let part =
        |part: &Value| (part["type"] == "text").then(|| part["text"].as_str()).flatten().map(str::to_owned);
    match said {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) if !parts.is_empty() => {
            parts.iter().map(part).collect::<Option<Vec<_>>>().map(|texts| texts.join("\n"))
        }
        _ => None,
    }
}

fn tool(declared: &Value) -> Tool {
    let parameters = declared.get("parametersJsonSchema").unwrap_or(&declared["parameters"]);
    Tool {
        name: text(&declared["name"]),
        description: text(&declared["description"]),
        schema: schema(&plain(parameters)),
    }
}

/// A schema in JSON Schema's words: the service's own have types in capitals, and `nullable`.
fn plain(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            if let Some(Value::String(kind)) = members.get("type") {
                let kind = kind.to_lowercase();
                members.insert("type".to_owned(), kind.into());
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf")
                && let [one] = &choices[..]
                && is_choice_of_null(one)
            {
                *choices = list(&one["anyOf"]).to_vec();
            }
            if members.contains_key("type") && members.get("nullable") == Some(&Value::Bool(true)) {
                members.remove("nullable");
                return json!({ "anyOf": [members, { "type": "null" }] });
            }
            members.into()
        }
        Value::Array(elements) => elements.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Whether it is what [`plain`] makes of something that may be null.
fn is_choice_of_null(schema: &Value) -> bool {
    schema.as_object().is_some_and(|members| members.len() == 1)
        && schema["anyOf"]
            .as_array()
            .is_some_and(|choices| choices.last() == Some(&json!({ "type": "null" })))
}

fn choice(config: &Value) -> Option<Choice> {
    let names = list(&config["allowedFunctionNames"]);
    Some(match (config["mode"].as_str()?, names) {
        ("AUTO", _) => Choice::Auto,
        ("NONE", _) => Choice::None,
        ("ANY", []) => Choice::Required,
        ("ANY", [one]) => Choice::Named(text(one)),
        (other, _) => Choice::Other(other.to_owned()),
    })
}

fn format(config: &Value) -> Option<Format> {
    if config["responseMimeType"] != "application/json" {
        return None;
    }
    let schema = config.get("responseJsonSchema").or_else(|| config.get("responseSchema"));
    Some(schema.map_or(Format::Object, |schema| Format::Schema(plain(schema))))
}

fn effort(thinking: &Value) -> Option<Effort> {
    if let Some(level) = thinking["thinkingLevel"].as_str() {
        return Some(Effort::Level(level.to_lowercase()));
    }
    Some(match thinking["thinkingBudget"].as_i64()? {
        0 => Effort::Off,
        budget if budget < 0 => Effort::Adaptive,
        budget => Effort::Tokens(budget.unsigned_abs()),
    })
}
