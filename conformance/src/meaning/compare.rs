//! What of the client's meaning did not reach the provider, and what reached it that the client never said.

use serde::Serialize;
use serde_json::Value;

use super::{Choice, Effort, Format, Input, Meaning, Tool, compare_turns};
use crate::text::{json, or_nothing};

/// Something that the client meant and the provider was told otherwise, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub facet: Facet,
    /// The client's own member for it: `tool_choice`.
    pub member: String,
    /// JSON pointer into the client's request, or near it.
    pub pointer: String,
    /// What the client said.
    pub expected: String,
    /// What the provider was told.
    pub actual: String,
    /// The provider was told nothing at all about it.
    pub absent: bool,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// System and developer texts.
    System,
    /// Who said what, in which order.
    Turns,
    /// Pictures.
    Images,
    /// Sound.
    Audio,
    /// Files.
    Files,
    /// The assistant's calls in the history.
    Calls,
    /// Tool results in the history.
    Results,
    /// The assistant's reasoning in the history.
    Reasoning,
    /// What is to be embedded or completed, each by itself: a batch as a batch.
    Batch,
    /// Inputs that are tokens.
    Tokens,
    /// `dimensions`.
    Dimensions,
    /// Tools offered.
    Tools,
    /// `tool_choice`.
    Choice,
    /// `parallel_tool_calls`.
    Parallel,
    /// `max_tokens`, `max_completion_tokens`.
    MaxTokens,
    /// `temperature`.
    Temperature,
    /// `top_p`.
    TopP,
    /// `top_k`.
    TopK,
    /// `stop`.
    Stop,
    /// `response_format`.
    Format,
    /// `reasoning_effort`.
    Effort,
    /// `user`.
    User,
    /// `guardrailConfig`.
    Guardrail,
    /// Whatever has no neutral form.
    Other,
}

/// Compares what the client meant with what the provider was told. What the provider is told beyond that, such as a limit
/// that it insists on, is no difference; a turn, a tool or a system text that nobody said is one.
pub fn compare(client: &Meaning, upstream: &Meaning) -> Vec<Difference> {
    let mut found = Vec::new();
    let upstream = &compare_turns::settled(client, upstream);
    compare_turns::system(client, upstream, &mut found);
    compare_turns::turns(client, upstream, &mut found);
    inputs(client, upstream, &mut found);
    let forced = forced_format(client, upstream);
    if !forced {
        tools(client, upstream, &mut found);
        choice(client, upstream, &mut found);
        format(client, upstream, &mut found);
    }
    let mut member = |facet, name: &str, client: Option<Value>, upstream: Option<Value>| {
        parameter(facet, name, client, upstream.as_ref(), &mut found);
    };
    member(Facet::Parallel, "parallel_tool_calls", value(client.parallel), value(upstream.parallel));
    member(Facet::Dimensions, "dimensions", value(client.dimensions), value(upstream.dimensions));
    member(Facet::MaxTokens, "max_tokens", value(client.max_tokens), value(upstream.max_tokens));
    member(Facet::Temperature, "temperature", value(client.temperature), value(upstream.temperature));
    member(Facet::TopP, "top_p", value(client.top_p), value(upstream.top_p));
    member(Facet::TopK, "top_k", value(client.top_k), value(upstream.top_k));
    member(Facet::Stop, "stop", some(&client.stop), some(&upstream.stop));
    member(Facet::User, "user", value(client.user.as_deref()), value(upstream.user.as_deref()));
    member(
        Facet::Guardrail,
        "guardrailConfig",
        value(client.guardrail.as_ref()),
        value(upstream.guardrail.as_ref()),
    );
    for (name, sent) in &client.others {
        member(Facet::Other, name, Some(sent.clone()), upstream.others.get(name).cloned());
    }
    effort(client, upstream, &mut found);
    found
}

/// Each by itself, in order, nothing added: where a text begins and ends is what is asked.
fn inputs(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    if client.inputs == upstream.inputs {
        return;
    }
    let is_tokens = |input: &Input| matches!(input, Input::Tokens(_));
    let facet = if client.inputs.iter().any(is_tokens) { Facet::Tokens } else { Facet::Batch };
    let sent = (!upstream.inputs.is_empty()).then_some(&upstream.inputs);
    found.push(difference(facet, "input", &client.inputs, sent));
}

/// Structured output by a tool that the model is forced to call: another way to the same end.
fn forced_format(client: &Meaning, upstream: &Meaning) -> bool {
    let Some(Format::Schema(schema)) = &client.format else { return false };
    let Some(Choice::Named(name)) = &upstream.choice else { return false };
    let forced = upstream.tools.iter().find(|tool| tool.name == *name && tool.schema == *schema);
    forced.is_some() && client.tools.iter().all(|tool| upstream.tools.contains(tool))
}

fn tools(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    // Providers without `tool_choice: none` reach the same by offering no tools.
    if client.choice == Some(Choice::None) && upstream.tools.is_empty() {
        return;
    }
    // And those without the choice of one tool, nearly the same by offering only that one.
    let only = match (&client.choice, &upstream.choice, &upstream.tools[..]) {
        (Some(Choice::Named(name)), None | Some(Choice::Required), [one]) if one.name == *name => Some(name),
        _ => None,
    };
    let offered = |(_, tool): &(usize, &Tool)| only.is_none_or(|name| tool.name == *name);
    for (position, tool) in client.tools.iter().enumerate().filter(offered) {
        let sent = upstream.tools.iter().find(|sent| sent.name == tool.name);
        if !sent.is_some_and(|sent| same_tool(tool, sent)) {
            found.push(Difference {
                pointer: format!("/tools/{position}"),
                ..difference(Facet::Tools, "tools", tool, sent)
            });
        }
    }
    let stranger = |sent: &&Tool| !client.tools.iter().any(|tool| tool.name == sent.name);
    if let Some(stranger) = upstream.tools.iter().find(stranger) {
        found.push(Difference {
            expected: "no other tool".to_owned(),
            ..difference(Facet::Tools, "tools", &(), Some(stranger))
        });
    }
}

/// A tool that nobody described may be described by its name, where a provider insists.
fn same_tool(tool: &Tool, sent: &Tool) -> bool {
    let is_named = tool.description.is_empty() && sent.description == sent.name;
    tool == sent || (is_named && tool.schema == sent.schema)
}

fn choice(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    let (Some(wanted), sent) = (&client.choice, &upstream.choice) else { return };
    let same = match wanted {
        // The default where there are tools: saying nothing says it.
        Choice::Auto => matches!(sent, None | Some(Choice::Auto)),
        Choice::None => *sent == Some(Choice::None) || upstream.tools.is_empty(),
        // Who must call one, and is offered one only, must call that one.
        Choice::Named(name) if *sent == Some(Choice::Required) => {
            matches!(&upstream.tools[..], [one] if one.name == *name)
        }
        other => sent.as_ref() == Some(other),
    };
    if !same {
        found.push(difference(Facet::Choice, "tool_choice", wanted, sent.as_ref()));
    }
}

fn format(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    let (Some(wanted), sent) = (&client.format, &upstream.format) else { return };
    let same = match (wanted, sent) {
        (Format::Object, Some(_)) => true,
        // Where a provider has no such mode, words are the way that its makers advise.
        (Format::Object, None) => compare_turns::asks_for_json(client, upstream),
        (wanted, sent) => sent.as_ref() == Some(wanted),
    };
    if !same {
        found.push(difference(Facet::Format, "response_format", wanted, sent.as_ref()));
    }
}

/// Levels and token budgets are not to be compared: that something is said is what counts, and that off stays off.
fn effort(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    let Some(wanted) = &client.effort else { return };
    let sent = upstream.effort.as_ref();
    let same = match (wanted, sent) {
        (Effort::Off, None | Some(Effort::Off)) => true,
        (Effort::Level(wanted), Some(Effort::Level(sent))) => wanted == sent || !is_common(wanted),
        (Effort::Level(_), Some(Effort::Tokens(_) | Effort::Adaptive)) => true,
        (Effort::Tokens(_) | Effort::Adaptive, Some(Effort::Level(_) | Effort::Adaptive)) => true,
        (Effort::Adaptive, Some(Effort::Tokens(_))) => true,
        (wanted, sent) => Some(wanted) == sent,
    };
    if !same {
        found.push(difference(Facet::Effort, "reasoning_effort", wanted, sent));
    }
}

/// The levels that every provider with levels has.
fn is_common(level: &str) -> bool {
    ["low", "medium", "high"].contains(&level)
}

fn parameter(
    facet: Facet,
    name: &str,
    client: Option<Value>,
    upstream: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    let Some(wanted) = client else { return };
    if upstream.is_some_and(|sent| *sent == wanted || is_same_number(sent, &wanted)) {
        return;
    }
    found.push(difference(facet, name, &wanted, upstream));
}

/// Whether two numbers are one number, whole or not, by as many digits as a single-precision float has: what a model does
/// with more is nowhere documented. Whole numbers have all of theirs.
pub(crate) fn is_same_number(one: &Value, other: &Value) -> bool {
    let are_whole = [one, other].iter().all(|value| value.is_i64() || value.is_u64());
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) if !are_whole => {
            (one - other).abs() <= f64::from(f32::EPSILON) * one.abs().max(other.abs())
        }
        _ => one == other && one.is_number(),
    }
}

fn value(member: Option<impl Serialize>) -> Option<Value> {
    serde_json::to_value(member?).ok()
}

fn some(texts: &[String]) -> Option<Value> {
    (!texts.is_empty()).then(|| Value::from(texts.to_vec()))
}

/// Both are quoted as JSON, which every reader of a report can read.
pub(super) fn difference<T: Serialize, U: Serialize>(
    facet: Facet,
    member: &str,
    expected: &T,
    actual: Option<&U>,
) -> Difference {
    Difference {
        facet,
        member: member.to_owned(),
        pointer: format!("/{member}"),
        expected: json(expected),
        actual: or_nothing(actual),
        absent: actual.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::meaning::openai;

    /// Whoever reads a report knows JSON, and need not know how the judge is written.
    #[test]
    fn what_is_missed_is_quoted_in_the_clients_words() {
        let call =
            json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
        let asked = openai(&json!({
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}]},
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "7"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}}],
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "response_format": {"type": "json_object"},
            "reasoning_effort": "low",
            "stop": "END",
        }));
        let found = compare(&asked, &Meaning::default());
        let quoted: Vec<_> = found.iter().map(|found| (found.facet, found.expected.as_str())).collect();
        let wanted = [
            (Facet::Turns, r#"["user","assistant","user"]"#),
            (Facet::Images, r#"[{"image":"data:image/png;base64,iVBO"}]"#),
            (Facet::Calls, r#"[{"call":{"id":"call_1","name":"f","arguments":{"a":1}}}]"#),
            (Facet::Results, r#"[{"result":{"id":"call_1","text":"7"}}]"#),
            (Facet::Tools, r#"{"name":"f","parameters":{"properties":{"a":{}},"type":"object"}}"#),
            (Facet::Choice, r#"{"named":"f"}"#),
            (Facet::Format, r#""json_object""#),
            (Facet::Stop, r#"["END"]"#),
            (Facet::Effort, r#"{"level":"low"}"#),
        ];
        assert_eq!(quoted, wanted);
        let is_nothing = |found: &Difference| found.actual == "nothing" || found.actual == "[]";
        assert!(found.iter().all(is_nothing), "{found:?}");
    }
}
