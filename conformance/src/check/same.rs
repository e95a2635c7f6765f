//! A request that needs no translation: what the client said is there, in one of the forms that the document knows.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create>

use serde_json::{Map, Value, json};

use super::Judged;
use super::support::{Side, asked, finding, is_named, unless};
use crate::case::Case;
use crate::meaning::is_same_number;

/// What both sides understand arrives. What to answer to, and how to transport it, is the gateway's; what the provider does
/// not know may be named as dropped, and what is said by saying nothing may be left unsaid.
pub(super) fn same_dialect(case: &Case) -> Judged {
    same(case, plain)
}

/// The same of any dialect, by what brings a member into the plainest of its forms.
pub(super) fn same(case: &Case, plain: fn(&str, &Value) -> Value) -> Judged {
    let asked = asked(case)?;
    let lost = case.sent.json.as_object().into_iter().flatten().filter(|(name, value)| {
        let names = if LIMITS.contains(&name.as_str()) { &LIMITS[..] } else { &[name.as_str()] };
        let is_there = |name: &&str| {
            let sent = asked.json.get(*name).unwrap_or(&Value::Null);
            holds(&plain(name, sent), &plain(name, value))
        };
        !TRANSPORT.contains(&name.as_str())
            && *name != FOREIGN
            && !is_default(name, value)
            && !names.iter().any(is_there)
            && !is_named(case, name)
    });
    unless(
        lost.map(|(name, value)| {
            finding(Side::Upstream, &format!("/{name}"), value, &asked.json[name.as_str()])
        })
        .collect(),
    )
}

const TRANSPORT: [&str; 3] = ["model", "stream", "stream_options"];
/// What is of another dialect: the service refuses it.
const FOREIGN: &str = "top_k";
/// One limit, by the name that the model knows.
const LIMITS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// Whether a member says what the document takes for granted where nothing is said.
pub(super) fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "n" | "best_of" | "temperature" | "top_p" => value.as_f64() == Some(1.0),
        "frequency_penalty" | "presence_penalty" => value.as_f64() == Some(0.0),
        "echo" | "logprobs" | "store" => *value == json!(false),
        "parallel_tool_calls" => *value == json!(true),
        "encoding_format" => value == "float",
        "tool_choice" | "service_tier" => value == "auto",
        _ => value.is_null(),
    }
}

/// A member in the plainest of the forms that mean the same.
fn plain(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("stop" | "prompt" | "input", Value::String(one)) => json!([one]),
        ("messages", Value::Array(messages)) => together(messages.iter().map(message)),
        ("tools", Value::Array(tools)) => tools.iter().map(tool).collect(),
        (_, value) => value.clone(),
    }
}

/// Texts are parts; a developer speaks for the system, as every model understands; nothing is said by null.
fn message(message: &Value) -> Value {
    let mut plain: Map<String, Value> = spoken(message);
    if plain.get("role") == Some(&json!("developer")) {
        plain.insert("role".into(), json!("system"));
    }
    if let Some(Value::String(text)) = plain.get("content") {
        let parts = json!([{"type": "text", "text": text}]);
        plain.insert("content".into(), parts);
    }
    plain.into()
}

/// What the system says in messages behind one another it may say in one, line by line.
fn together(messages: impl Iterator<Item = Value>) -> Value {
    let mut plain: Vec<Value> = Vec::new();
    for mut message in messages {
        let is_system = |message: &Value| message["role"] == "system" && message["name"].is_null();
        match plain.last_mut().filter(|last| is_system(last) && is_system(&message)) {
            Some(last) => {
                let lines = [&last["content"], &message["content"]].map(said).join("\n");
                last["content"] = json!([{"type": "text", "text": lines}]);
            }
            None if is_system(&message) => {
                message["content"] = json!([{"type": "text", "text": said(&message["content"])}]);
                plain.push(message);
            }
            None => plain.push(message),
        }
    }
    plain.into()
}

fn said(parts: &Value) -> String {
    let texts = parts.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

/// An empty description describes nothing, and a tool is loose unless it is strict.
fn tool(tool: &Value) -> Value {
    let mut plain = spoken(tool);
    let mut function = tool.get("function").map(spoken).unwrap_or_default();
    function.retain(|name, value| {
        !(name == "description" && value == "" || name == "strict" && *value == json!(false))
    });
    plain.insert("function".into(), function.into());
    plain.into()
}

fn spoken(value: &Value) -> Map<String, Value> {
    let members = value.as_object().cloned().unwrap_or_default();
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Whether all of `wanted` is in `sent`; members beside it are the gateway's own affair.
fn holds(sent: &Value, wanted: &Value) -> bool {
    match (sent, wanted) {
        (Value::Object(sent), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| sent.get(name).is_some_and(|sent| holds(sent, value)))
        }
        (Value::Array(sent), Value::Array(wanted)) => {
            sent.len() == wanted.len() && sent.iter().zip(wanted).all(|(sent, wanted)| holds(sent, wanted))
        }
        _ => is_same_number(sent, wanted) || sent == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same_and_nothing_else() {
        let same = [
            ("stop", json!(["END"]), json!("END")),
            ("temperature", json!(0.0), json!(0)),
            ("temperature", json!(0.699_999_988_079_071), json!(0.7)),
            (
                "messages",
                json!([{"role": "system", "content": [{"type": "text", "text": "Gold?"}]}]),
                json!([{"role": "developer", "content": "Gold?", "name": null}]),
            ),
            (
                "messages",
                json!([{"role": "system", "content": "Gold?\nSilver?\nTin?"}]),
                json!([
                    {"role": "system", "content": [{"type": "text", "text": "Gold?"}, {"type": "text", "text": "Silver?"}]},
                    {"role": "developer", "content": "Tin?"},
                ]),
            ),
            (
                "tools",
                json!([{"type": "function", "function": {"name": "f", "description": "", "strict": false}}]),
                json!([{"type": "function", "function": {"name": "f"}}]),
            ),
        ];
        for (name, sent, wanted) in same {
            assert!(holds(&plain(name, &sent), &plain(name, &wanted)), "{name}: {sent} for {wanted}");
        }
        let other = [
            ("stop", json!([]), json!("END")),
            ("temperature", json!(0.69), json!(0.7)),
            ("seed", json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_993_u64)),
            ("messages", json!([{"role": "user"}]), json!([{"role": "user", "name": "ann"}])),
            (
                "messages",
                json!([{"role": "system", "content": "Gold?\nTin?"}, {"role": "user", "content": "a"}]),
                json!([{"role": "system", "content": "Gold?"}, {"role": "user", "content": "a"}, {"role": "system", "content": "Tin?"}]),
            ),
            ("logit_bias", Value::Null, json!({"1": -100})),
            (
                "tools",
                json!([{"type": "function", "function": {"name": "f"}, "strict": true}]),
                json!([{"type": "function", "function": {"name": "f", "strict": true}}]),
            ),
        ];
        for (name, sent, wanted) in other {
            assert!(!holds(&plain(name, &sent), &plain(name, &wanted)), "{name}: {sent} for {wanted}");
        }
    }
}
