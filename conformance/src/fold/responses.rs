//! `OpenAI`'s responses, whole and streamed: <https://platform.openai.com/docs/api-reference/responses/object>,
//! <https://platform.openai.com/docs/api-reference/responses-streaming>.

use serde_json::{Value, json};

use super::{Answer, Call, Part};

/// Events that end a response well.
pub(super) const ENDS: [&str; 2] = ["response.completed", "response.incomplete"];

/// Reads a whole response.
pub(super) fn whole(response: &Value) -> Answer {
    let mut answer = Answer::default();
    begin(&mut answer, response);
    for item in response["output"].as_array().into_iter().flatten() {
        add(&mut answer, item);
    }
    end(&mut answer, response);
    answer
}

/// Folds the events of a stream: items as they began, with what deltas added to them.
pub(super) fn folded<'a>(events: impl Iterator<Item = &'a Value>) -> Answer {
    let mut answer = Answer::default();
    let mut items: Vec<(Value, Value)> = Vec::new();
    let mut last = Value::Null;
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        match kind {
            "response.created" => begin(&mut answer, &event["response"]),
            "response.output_item.added" => {
                items.push((event["output_index"].clone(), event["item"].clone()));
            }
            kind if ENDS.contains(&kind) => last = event["response"].clone(),
            kind => {
                if let Some((_, item)) = items.iter_mut().rfind(|(index, _)| *index == event["output_index"])
                {
                    grow(item, kind, event);
                }
            }
        }
    }
    for (_, item) in &items {
        add(&mut answer, item);
    }
    if last.is_object() {
        end(&mut answer, &last);
    }
    answer
}

/// Whether an event brings text.
pub(super) fn says(event: &Value) -> bool {
    event["type"] == "response.output_text.delta"
        && event["delta"].as_str().is_some_and(|text| !text.is_empty())
}

fn begin(answer: &mut Answer, response: &Value) {
    answer.id = response["id"].as_str().map(str::to_owned);
    answer.model = response["model"].as_str().map(str::to_owned);
    // A number, with or without a fraction.
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let seconds = |seconds: f64| seconds as i64;
    answer.created = response["created_at"].as_f64().map(seconds);
    answer.choices = 1;
}

/// Adds what an event says to the item that it is about.
fn grow(item: &mut Value, kind: &str, event: &Value) {
    let part = |list: &'static str, member: &'static str| (list, member);
    let (list, member) = match kind {
        "response.output_text.delta" | "response.reasoning_text.delta" => part("content", "text"),
        "response.refusal.delta" => part("content", "refusal"),
        "response.reasoning_summary_text.delta" => part("summary", "text"),
        "response.content_part.added" => {
            return set(item, "content", &event["content_index"], &event["part"]);
        }
        "response.reasoning_summary_part.added" => {
            return set(item, "summary", &event["summary_index"], &event["part"]);
        }
        "response.function_call_arguments.delta" => return append(&mut item["arguments"], &event["delta"]),
        "response.output_item.done" => {
            // What is sealed has no deltas.
            item["encrypted_content"] = event["item"]["encrypted_content"].clone();
            return;
        }
        _ => return,
    };
    let index = if list == "content" { &event["content_index"] } else { &event["summary_index"] };
    if let Some(part) = index.as_u64().and_then(|at| item[list].get_mut(usize::try_from(at).ok()?)) {
        append(&mut part[member], &event["delta"]);
    }
}

fn append(text: &mut Value, piece: &Value) {
    *text = format!("{}{}", text.as_str().unwrap_or_default(), piece.as_str().unwrap_or_default()).into();
}

/// Parts come in order; one that leaves a gap has no place.
fn set(item: &mut Value, list: &str, index: &Value, part: &Value) {
    if !item[list].is_array() {
        item[list] = json!([]);
    }
    if let Some(parts) = item[list].as_array_mut()
        && index.as_u64().and_then(|at| usize::try_from(at).ok()) == Some(parts.len())
    {
        parts.push(part.clone());
    }
}

fn add(answer: &mut Answer, item: &Value) {
    let text = |member: &str| item[member].as_str().unwrap_or_default().to_owned();
    match item["type"].as_str().unwrap_or_default() {
        "message" => {
            for part in item["content"].as_array().into_iter().flatten() {
                answer.text.push_str(part["text"].as_str().unwrap_or_default());
                answer.refusal.push_str(part["refusal"].as_str().unwrap_or_default());
            }
            answer.parts.push(Part::Text);
        }
        "reasoning" => {
            let thoughts = |list: &str| item[list].as_array().cloned().unwrap_or_default();
            // What is summed up is not what was thought, but all that a client sees of it; both would be twice.
            let shown =
                if thoughts("content").is_empty() { thoughts("summary") } else { thoughts("content") };
            shown
                .iter()
                .for_each(|part| answer.reasoning.push_str(part["text"].as_str().unwrap_or_default()));
            answer.signatures.extend(item["encrypted_content"].as_str().map(str::to_owned));
            answer.parts.push(Part::Reasoning);
        }
        "function_call" => {
            answer.calls.push(Call {
                index: i64::try_from(answer.calls.len()).unwrap_or(i64::MAX),
                id: text("call_id"),
                kind: "function".to_owned(),
                name: text("name"),
                arguments: text("arguments"),
            });
            answer.parts.push(Part::Call);
        }
        _ => {}
    }
}

/// How a response ends, in words that all surfaces share.
fn end(answer: &mut Answer, response: &Value) {
    let status = response["status"].as_str().unwrap_or_default();
    let reason = response["incomplete_details"]["reason"].as_str().unwrap_or_default();
    let finish = match (status, reason) {
        ("completed", _) if !answer.calls.is_empty() => "tool_calls",
        ("completed", _) => "stop",
        ("incomplete", "max_output_tokens") => "length",
        ("incomplete", other) => other,
        (other, _) => other,
    };
    answer.stop = Some(status.to_owned());
    answer.finish.push(finish.to_owned());
    answer.usage = usage(&response["usage"]);
}

/// Counts as all surfaces share them.
fn usage(usage: &Value) -> Option<Value> {
    usage.as_object().map(|_| {
        json!({
            "prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"],
            "total_tokens": usage["total_tokens"],
            "prompt_tokens_details": {"cached_tokens": usage["input_tokens_details"]["cached_tokens"]},
            "completion_tokens_details": {"reasoning_tokens": usage["output_tokens_details"]["reasoning_tokens"]},
            "own": usage,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_fold_to_what_the_whole_response_says() {
        let usage = json!({"input_tokens": 3, "output_tokens": 7, "total_tokens": 10});
        let response = json!({"id": "resp_1", "created_at": 1, "model": "m", "status": "completed", "usage": usage, "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "c2ln"},
            {"type": "message", "content": [{"type": "output_text", "text": "Hello"}, {"type": "refusal", "refusal": "No."}]},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}"}]});
        let item = |step: &str, index: i64, item: Value| json!({"type": format!("response.output_item.{step}"), "output_index": index, "item": item});
        let part = |kind: &str, index: i64, at: i64, member: &str, value: Value| {
            json!({"type": format!("response.{kind}"), "output_index": index,
            "content_index": at, "summary_index": at, member: value})
        };
        let events = [
            json!({"type": "response.created", "response": {"id": "resp_1", "created_at": 1, "model": "m", "output": []}}),
            item("added", 0, json!({"type": "reasoning", "summary": []})),
            part("reasoning_summary_part.added", 0, 0, "part", json!({"type": "summary_text", "text": ""})),
            part("reasoning_summary_text.delta", 0, 0, "delta", json!("Hm.")),
            item("done", 0, response["output"][0].clone()),
            item("added", 1, json!({"type": "message", "content": []})),
            part("content_part.added", 1, 0, "part", json!({"type": "output_text", "text": ""})),
            part("output_text.delta", 1, 0, "delta", json!("Hel")),
            part("output_text.delta", 1, 0, "delta", json!("lo")),
            part("content_part.added", 1, 1, "part", json!({"type": "refusal", "refusal": ""})),
            part("refusal.delta", 1, 1, "delta", json!("No.")),
            item(
                "added",
                2,
                json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": ""}),
            ),
            part("function_call_arguments.delta", 2, 0, "delta", json!("{\"a\":")),
            part("function_call_arguments.delta", 2, 0, "delta", json!("1}")),
            json!({"type": "response.completed", "response": response}),
        ];
        assert_eq!(folded(events.iter()), whole(&response));
    }

    #[test]
    fn an_end_that_says_why_is_told_apart() {
        let incomplete = |reason: &str| {
            let details = json!({"reason": reason});
            whole(&json!({"status": "incomplete", "incomplete_details": details, "output": []}))
                .finish
                .concat()
        };
        assert_eq!(
            (incomplete("max_output_tokens"), incomplete("content_filter")),
            ("length".to_owned(), "content_filter".to_owned())
        );
    }
}
