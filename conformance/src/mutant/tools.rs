//! Tools: offered, chosen, called or answered otherwise.

use serde_json::{Value, json};

use super::message::{Message, remove, text};
use super::request::through_doubles;
use super::{Change, Mutant};

const CALL: &[&str] = &["chat.tools.call@openai.chat/anthropic/whole"];
const RESULTS: &[&str] = &["chat.tools.results@openai.chat/anthropic/whole"];
const PARALLEL_OFF: &[&str] = &["chat.tools.parallel-off@openai.chat/anthropic/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "forgets-descriptions",
        requirement: "chat.request.tools.definitions",
        breaks: "Tools lose their descriptions.",
        plays: CALL,
        changes: &[Change::Request(|request| {
            tools(request, |function| remove(function, "description"));
        })],
    },
    Mutant {
        id: "makes-up-parameters",
        requirement: "chat.request.tools.without-parameters",
        breaks: "A tool without parameters gets one.",
        plays: &["chat.tools.without-parameters@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            tools(request, |function| {
                function["parameters"] =
                    json!({"type": "object", "properties": {"input": {"type": "string"}}});
            });
        })],
    },
    Mutant {
        id: "always-calls",
        requirement: "chat.request.tools.choice.auto",
        breaks: "tool_choice auto forces a call.",
        plays: &["chat.tools.choice-auto@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| choose(request, json!("required")))],
    },
    Mutant {
        id: "calls-all-the-same",
        requirement: "chat.request.tools.choice.none",
        breaks: "tool_choice none is taken for auto.",
        plays: &["chat.tools.choice-none@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| choose(request, json!("auto")))],
    },
    Mutant {
        id: "leaves-it-open",
        requirement: "chat.request.tools.choice.required",
        breaks: "tool_choice required is taken for auto.",
        plays: &["chat.tools.choice-required@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| choose(request, json!("auto")))],
    },
    Mutant {
        id: "calls-any",
        requirement: "chat.request.tools.choice.named",
        breaks: "tool_choice of one function is taken for required.",
        plays: &["chat.tools.choice-named@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| choose(request, json!("required")))],
    },
    Mutant {
        id: "forgets-parallel-off",
        requirement: "chat.request.tools.parallel-off",
        breaks: "parallel_tool_calls false vanishes without a word.",
        plays: &["chat.tools.parallel-off@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("parallel_tool_calls"))],
    },
    Mutant {
        id: "gives-parallel-off-up",
        requirement: "chat.request.tools.parallel-off.anthropic",
        breaks: "parallel_tool_calls is named as dropped, though Anthropic has a place for it.",
        plays: PARALLEL_OFF,
        changes: &[
            Change::Request(|request| request.forget("parallel_tool_calls")),
            Change::Reply(|reply| reply.set("x-touchstone-dropped", "parallel_tool_calls")),
        ],
    },
    Mutant {
        id: "forgets-arguments",
        requirement: "chat.request.tools.history.calls",
        breaks: "Earlier calls lose their arguments.",
        plays: RESULTS,
        changes: &[Change::Request(|request| {
            history(request, |call| call["function"]["arguments"] = json!("{}"));
        })],
    },
    Mutant {
        id: "makes-up-arguments",
        requirement: "chat.request.tools.history.no-arguments",
        breaks: "An earlier call without arguments gets one.",
        plays: &["chat.tools.history-without-arguments@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            history(request, |call| call["function"]["arguments"] = json!("{\"input\":\"\"}"));
        })],
    },
    Mutant {
        id: "forgets-words-beside-calls",
        requirement: "chat.request.tools.history.text-beside-calls",
        breaks: "What the assistant said beside its calls is left out.",
        plays: RESULTS,
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let callers = messages.iter_mut().filter(|message| message["tool_calls"].is_array());
                callers.for_each(|message| message["content"] = Value::Null);
            });
        })],
    },
    Mutant {
        id: "shortens-results",
        requirement: "chat.request.tools.history.results",
        breaks: "Tool results are cut after five characters.",
        plays: RESULTS,
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let results = messages.iter_mut().filter(|message| message["role"] == "tool");
                results.for_each(|message| {
                    text(&mut message["content"], |text| text.chars().take(5).collect());
                });
            });
        })],
    },
    Mutant {
        id: "misnames-results",
        requirement: "chat.request.tools.history.results",
        breaks: "Google's results bear a name that no function has.",
        plays: &["chat.tools.results@openai.chat/gemini/whole"],
        changes: &[Change::Upstream(|request| {
            request.everywhere(|object| {
                if object["functionResponse"].is_object() {
                    object["functionResponse"]["name"] = json!("filler");
                }
            });
        })],
    },
    Mutant {
        id: "parts-results",
        requirement: "chat.request.tools.parallel-results-merged",
        breaks: "Each result of parallel calls is a turn of its own.",
        plays: &["chat.tools.parallel-results@openai.chat/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.messages(|messages| *messages = messages.drain(..).flat_map(one_result_each).collect());
        })],
    },
    Mutant {
        id: "renames-calls",
        requirement: "chat.reply.tools.calls",
        breaks: "A call has another id than the provider gave it.",
        plays: CALL,
        changes: &[Change::Reply(|reply| reply.calls(|call| call["id"] = json!("call_of_the_gateway")))],
    },
    Mutant {
        id: "changes-arguments",
        requirement: "chat.reply.tools.arguments",
        breaks: "The arguments of a call are not the model's.",
        plays: CALL,
        changes: &[Change::Reply(|reply| arguments(reply, |text| text.replace("Paris", "London")))],
    },
    Mutant {
        id: "cuts-arguments",
        requirement: "chat.reply.tools.arguments.json",
        breaks: "The arguments of a call lack their last character.",
        plays: CALL,
        changes: &[Change::Reply(|reply| {
            arguments(reply, |text| text[..text.len().saturating_sub(1)].to_owned());
        })],
    },
    Mutant {
        id: "has-no-empty-object",
        requirement: "chat.reply.tools.no-arguments",
        breaks: "The arguments of a call without arguments are an empty string.",
        plays: &["chat.tools.without-parameters@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| arguments(reply, |_| String::new()))],
    },
    Mutant {
        id: "gives-one-id-to-all",
        requirement: "chat.reply.tools.ids",
        breaks: "All calls of an answer have the same id.",
        plays: &["chat.tools.parallel-calls@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.calls(|call| call["id"] = json!("call_a")))],
    },
    Mutant {
        id: "numbers-from-one",
        requirement: "chat.reply.tools.indexes",
        breaks: "Streamed calls are numbered from 1.",
        plays: &["chat.tools.call@openai.chat/anthropic/stream"],
        changes: &[Change::Reply(|reply| {
            reply.calls(|call| call["index"] = json!(call["index"].as_i64().unwrap_or(0) + 1));
        })],
    },
    Mutant {
        id: "joins-parallel-calls",
        requirement: "chat.reply.tools.parallel-apart",
        breaks: "All streamed calls have index 0.",
        plays: &["chat.tools.parallel-calls@openai.chat/anthropic/stream"],
        changes: &[Change::Reply(|reply| reply.calls(|call| call["index"] = json!(0)))],
    },
    Mutant {
        id: "names-calls-late",
        requirement: "chat.reply.tools.first-piece",
        breaks: "The name of a streamed call comes in its second piece.",
        plays: &["chat.tools.call@openai.chat/anthropic/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| *events = events.drain(..).flat_map(name_late).collect());
        })],
    },
    Mutant {
        id: "replies-in-doubles",
        requirement: "chat.reply.tools.numbers",
        breaks: "Numbers in a call's arguments pass through a double.",
        plays: &["chat.tools.big-numbers@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| arguments(reply, through_doubles))],
    },
    Mutant {
        id: "unescapes-once-too-often",
        requirement: "chat.reply.tools.escapes",
        breaks: "Quotes in a call's arguments are lost with their escapes.",
        plays: &["chat.tools.escapes@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| arguments(reply, |text| text.replace("\\\"", "'")))],
    },
    Mutant {
        id: "stops-at-calls",
        requirement: "chat.reply.tools.finish",
        breaks: "An answer that calls tools ends with stop.",
        plays: CALL,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["choices"][0]["finish_reason"] = json!("stop"));
        })],
    },
];

fn tools(request: &mut Message, edit: impl Fn(&mut Value)) {
    request.json(|body| {
        let tools = body["tools"].as_array_mut().into_iter().flatten();
        tools.for_each(|tool| edit(&mut tool["function"]));
    });
}

fn choose(request: &mut Message, choice: Value) {
    request.json(|body| body["tool_choice"] = choice);
}

/// Rewrites the calls of earlier turns.
fn history(request: &mut Message, edit: impl Fn(&mut Value)) {
    request.messages(|messages| {
        let calls = messages.iter_mut().filter_map(|message| message["tool_calls"].as_array_mut());
        calls.flatten().for_each(edit);
    });
}

fn arguments(reply: &mut Message, edit: impl Fn(&str) -> String) {
    reply.calls(|call| text(&mut call["function"]["arguments"], &edit));
}

/// A message of several results as several messages; what stands behind them stays with the last.
fn one_result_each(message: Value) -> Vec<Value> {
    let blocks = message["content"].as_array().cloned().unwrap_or_default();
    let results = blocks.iter().filter(|block| block["type"] == "tool_result").count();
    if results < 2 {
        return vec![message];
    }
    let mut rest = blocks;
    let first = rest.remove(0);
    vec![json!({"role": "user", "content": [first]}), json!({"role": "user", "content": rest})]
}

/// A chunk that begins a call as two: the call, then its name.
fn name_late(chunk: Value) -> Vec<Value> {
    let function = "/choices/0/delta/tool_calls/0/function";
    if !chunk.pointer(function).is_some_and(|function| function["name"].is_string()) {
        return vec![chunk];
    }
    let (mut first, mut second) = (chunk.clone(), chunk);
    if let Some(function) = first.pointer_mut(function) {
        remove(function, "name");
    }
    let delta = &mut second["choices"][0]["delta"];
    let call = &delta["tool_calls"][0];
    let name =
        json!({"index": call["index"], "function": {"name": call["function"]["name"], "arguments": ""}});
    *delta = json!({"tool_calls": [name]});
    vec![first, second]
}
