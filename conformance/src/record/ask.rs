//! What a client of a gateway would have asked, in `OpenAI`'s words: the recorded request itself where it is in them, else what the
//! judge reads in it, written anew and compared with what was meant.

use serde_json::{Map, Value, json};

use super::exchange::Exchange;
use super::read::Reader;
use crate::meaning::{self, Choice, Effort, Format, Input, Meaning, Part, Picture, Turn};
use crate::{Mode, Surface};

/// A client's request, and what it could not take over.
pub(super) struct Asked {
    pub(super) request: Value,
    pub(super) lost: Vec<String>,
}

/// The client's request for an exchange.
///
/// # Errors
/// A sentence, where there is none.
pub(super) fn ask(exchange: &Exchange, reader: &Reader) -> Result<Asked, String> {
    let (body, surface) = (exchange.request.json(), reader.surface);
    let mut asked = match reader.asked {
        Some(read) => translate(&read(&body), surface),
        None if is_openai(&exchange.provider, surface) => Asked { request: body, lost: Vec::new() },
        None => {
            let meant = meaning::read(&exchange.provider, surface, &body);
            let meant =
                meant.ok_or_else(|| format!("nothing here reads requests of {}", exchange.provider))?;
            translate(&meant, surface)
        }
    };
    let Value::Object(members) = &mut asked.request else {
        return Err("the request is no JSON object".to_owned());
    };
    // The harness adds them.
    members.remove("model");
    members.remove("stream");
    let mut whole = asked.request.clone();
    whole["model"] = json!("m");
    if surface.modes().contains(&Mode::Stream) {
        whole["stream"] = json!(true);
    }
    let violations = surface.operation().map(|operation| operation.request(&whole)).unwrap_or_default();
    match violations.first() {
        Some(violation) => Err(format!("the request is none of {surface}: {violation}")),
        None => Ok(asked),
    }
}

/// Whether the provider's requests are `OpenAI`'s own.
fn is_openai(provider: &str, surface: Surface) -> bool {
    let read = |name: &str| crate::dialect::of(name)?.api(surface).map(|api| api.read as usize);
    read(provider) == read("openai")
}

fn translate(meant: &Meaning, surface: Surface) -> Asked {
    let request = match surface {
        Surface::Chat | Surface::Responses | Surface::Messages => chat(meant),
        Surface::Completions => prompt(meant),
        Surface::Embeddings => embeddings(meant),
    };
    // What the judge reads in the new request must be what it read in the old one.
    let told = meaning::read("openai", surface, &request).unwrap_or_default();
    let differences = meaning::compare(meant, &told);
    let lost = |found: meaning::Difference| {
        format!(
            "the client's request has no `{}` as it was: {} became {}",
            found.pointer, found.expected, found.actual
        )
    };
    let lost = differences.into_iter().map(lost).collect();
    Asked { request, lost }
}

fn chat(meant: &Meaning) -> Value {
    let system = meant.system.iter().map(|text| json!({"role": "system", "content": text}));
    let turns = meant.turns.iter().flat_map(messages);
    let mut request = Map::from_iter([("messages".to_owned(), system.chain(turns).collect())]);
    let tools: Vec<Value> = meant.tools.iter().map(tool).collect();
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            request.insert(name.to_owned(), value);
        }
    };
    say("tools", (!tools.is_empty()).then(|| json!(tools)));
    say("tool_choice", meant.choice.as_ref().and_then(choice));
    say("parallel_tool_calls", meant.parallel.map(Value::from));
    say("response_format", meant.format.as_ref().map(format));
    say("reasoning_effort", meant.effort.as_ref().and_then(effort));
    say("user", meant.user.clone().map(Value::from));
    sampling(meant, &mut request);
    Value::Object(request)
}

fn prompt(meant: &Meaning) -> Value {
    let said = meant.turns.iter().flat_map(|turn| &turn.parts).find_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        _ => None,
    });
    let mut request = Map::from_iter([("prompt".to_owned(), json!(said.unwrap_or_default()))]);
    sampling(meant, &mut request);
    Value::Object(request)
}

fn embeddings(meant: &Meaning) -> Value {
    let inputs = meant.inputs.iter().map(|input| match input {
        Input::Text(text) => json!(text),
        Input::Tokens(tokens) => json!(tokens),
    });
    let mut request = json!({"input": inputs.collect::<Vec<_>>()});
    if let Some(dimensions) = meant.dimensions {
        request["dimensions"] = json!(dimensions);
    }
    request
}

fn sampling(meant: &Meaning, request: &mut Map<String, Value>) {
    let members = [
        ("max_tokens", meant.max_tokens.map(Value::from)),
        ("temperature", meant.temperature.map(Value::from)),
        ("top_p", meant.top_p.map(Value::from)),
        ("stop", (!meant.stop.is_empty()).then(|| json!(meant.stop))),
    ];
    request.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
}

/// A turn is one message, but for the results of tools, which are one each.
fn messages(turn: &Turn) -> Vec<Value> {
    let mut messages = Vec::new();
    let (mut content, mut calls, mut refusal) = (Vec::new(), Vec::new(), None);
    for part in &turn.parts {
        match part {
            Part::Text(text) => content.push(json!({"type": "text", "text": text})),
            Part::Image(Picture::Data(kind, data)) => {
                content.push(
                    json!({"type": "image_url", "image_url": {"url": format!("data:{kind};base64,{data}")}}),
                );
            }
            Part::Image(Picture::Url(url)) => {
                content.push(json!({"type": "image_url", "image_url": {"url": url}}));
            }
            Part::Audio(form, data) => {
                content.push(json!({"type": "input_audio", "input_audio": {"data": data, "format": form}}));
            }
            Part::File(data) => content.push(json!({"type": "file", "file": {"file_data": data}})),
            Part::Call { id, name, arguments } => {
                let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
                let function = json!({"name": name, "arguments": arguments});
                calls.push(json!({"id": id, "type": "function", "function": function}));
            }
            Part::Result { id, text } => {
                messages.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
            }
            Part::Refusal(text) => refusal = Some(text),
            // Nobody sends these back in OpenAI's own words; the comparison tells.
            Part::Reasoning(..) | Part::Unknown(_) => {}
        }
    }
    if !content.is_empty() || !calls.is_empty() || refusal.is_some() {
        let mut message = json!({"role": turn.role, "content": plain(content)});
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        if let Some(refusal) = refusal {
            message["refusal"] = json!(refusal);
        }
        messages.push(message);
    }
    messages
}

/// One text is written as one.
fn plain(content: Vec<Value>) -> Value {
    match content.as_slice() {
        [] => Value::Null,
        [one] if one["type"] == "text" => one["text"].clone(),
        _ => Value::Array(content),
    }
}

fn tool(tool: &meaning::Tool) -> Value {
    let mut function = json!({"name": tool.name, "parameters": tool.schema});
    if !tool.description.is_empty() {
        function["description"] = json!(tool.description);
    }
    json!({"type": "function", "function": function})
}

fn choice(choice: &Choice) -> Option<Value> {
    match choice {
        Choice::Auto => Some(json!("auto")),
        Choice::None => Some(json!("none")),
        Choice::Required => Some(json!("required")),
        Choice::Named(name) => Some(json!({"type": "function", "function": {"name": name}})),
        Choice::Other(_) => None,
    }
}

fn format(format: &Format) -> Value {
    match format {
        Format::Object => json!({"type": "json_object"}),
        Format::Schema(schema) => {
            json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}})
        }
    }
}

fn effort(effort: &Effort) -> Option<Value> {
    match effort {
        Effort::Level(level) => Some(json!(level)),
        _ => None,
    }
}
