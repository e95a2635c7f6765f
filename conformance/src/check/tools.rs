//! Tools: offered, chosen, called, answered.

use serde_json::Value;

use super::request::long_numbers;
use super::support::{
    Finding, Side, answer, asked, carried, carried_or_named, client, equal, finding, fold, unless, upstream,
};
use super::{Check, Judged, Verdict};
use crate::case::Case;
use crate::fold::Call;
use crate::meaning::{Facet, Meaning, Part, Turn};
use crate::surface::Place;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.request.tools.definitions", |case| carried(case, Facet::Tools)),
    ("chat.request.tools.without-parameters", |case| carried(case, Facet::Tools)),
    ("chat.request.tools.choice.auto", |case| carried(case, Facet::Choice)),
    ("chat.request.tools.choice.none", |case| carried(case, Facet::Choice)),
    ("chat.request.tools.choice.required", |case| carried(case, Facet::Choice)),
    ("chat.request.tools.choice.named", |case| carried(case, Facet::Choice)),
    ("chat.request.tools.parallel-off", parallel_off),
    ("chat.request.tools.parallel-off.anthropic", |case| carried(case, Facet::Parallel)),
    ("chat.request.tools.history.calls", |case| carried(case, Facet::Calls)),
    ("chat.request.tools.history.no-arguments", |case| carried(case, Facet::Calls)),
    ("chat.request.tools.history.text-beside-calls", |case| carried(case, Facet::Turns)),
    ("chat.request.tools.history.results", results),
    ("chat.request.tools.parallel-results-merged", results_merged),
    ("chat.reply.tools.calls", calls),
    ("chat.reply.tools.arguments", arguments),
    ("chat.reply.tools.arguments.json", arguments_json),
    ("chat.reply.tools.no-arguments", no_arguments),
    ("chat.reply.tools.ids", ids),
    ("chat.reply.tools.indexes", indexes),
    ("chat.reply.tools.parallel-apart", parallel_apart),
    ("chat.reply.tools.first-piece", first_piece),
    ("chat.reply.tools.numbers", numbers),
    ("chat.reply.tools.escapes", arguments_text),
    ("chat.reply.tools.finish", finish),
];

/// One call at a time, where the provider can be told so.
fn parallel_off(case: &Case) -> Judged {
    let has_place = case.api().is_none_or(|api| !api.lacks(Facet::Parallel));
    if has_place { carried_or_named(case, Facet::Parallel) } else { Err(Verdict::NotHere) }
}

fn results(case: &Case) -> Judged {
    carried(case, Facet::Results)?;
    unless(nameless_results(&asked(case)?.json))
}

/// Results of Google's functions that bear the name of none that was called, though it has to match:
/// <https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content#functionresponse>.
fn nameless_results(request: &Value) -> Vec<Finding> {
    let contents = || request["contents"].as_array().into_iter().flatten().enumerate();
    let parts = || {
        contents().flat_map(|(turn, content)| {
            let parts = content["parts"].as_array().into_iter().flatten().enumerate();
            parts.map(move |(position, part)| (format!("/contents/{turn}/parts/{position}"), part))
        })
    };
    let called: Vec<_> = parts().filter_map(|(_, part)| part["functionCall"]["name"].as_str()).collect();
    let strangers = parts().filter_map(|(pointer, part)| {
        let name = part["functionResponse"]["name"].as_str()?;
        (!called.contains(&name)).then(|| {
            let pointer = format!("{pointer}/functionResponse/name");
            finding(Side::Upstream, &pointer, format!("one of {}", json(&called)), json(name))
        })
    });
    strangers.collect()
}

/// All results that follow one assistant turn are in one user turn, with nothing of the assistant between them.
fn results_merged(case: &Case) -> Judged {
    asked(case)?;
    let results = |turn: &Turn| turn.parts.iter().filter(|part| matches!(part, Part::Result { .. })).count();
    let most = |turns: &[Turn]| turns.iter().map(results).max().unwrap_or(0);
    let wanted = case.meant.as_ref().map_or(0, |meant| most(&meant.turns));
    // Not the joined turns of the neutral meaning: the provider's own messages.
    let messages = asked(case)?.json["messages"].as_array().cloned().unwrap_or_default();
    let got = messages.iter().map(result_blocks).max().unwrap_or(0);
    if got == wanted {
        Ok(())
    } else {
        upstream("/messages", format!("{wanted} results in one message"), got)
    }
}

fn result_blocks(message: &Value) -> usize {
    let is_result = |block: &&Value| block["type"] == "tool_result" || block["toolResult"].is_object();
    message["content"].as_array().into_iter().flatten().filter(is_result).count()
}

fn called(case: &Case) -> Result<(&[Call], &[Call]), Verdict> {
    let answer = answer(case)?;
    Ok((&case.expected.calls, &answer.calls))
}

/// As many calls as the provider made, with its ids and names, in its order.
fn calls(case: &Case) -> Judged {
    let (wanted, got) = called(case)?;
    let brief = |calls: &[Call]| {
        calls
            .iter()
            .map(|call| format!("{} {}", call.name, call.arguments.trim()))
            .collect::<Vec<_>>()
            .join("; ")
    };
    if wanted.len() != got.len() {
        return client(case.place(Place::Calls), brief(wanted), brief(got));
    }
    // Where the order tells which result is whose, a call may be called otherwise.
    let names_calls = crate::dialect::of(case.provider()).is_none_or(|dialect| dialect.names_calls);
    let mut findings = Vec::new();
    for (position, (wanted, got)) in wanted.iter().zip(got).enumerate() {
        let mut compare = |member: &str, wanted: &str, got: &str| {
            if wanted != got && !wanted.is_empty() {
                let pointer = format!("{}/{position}/{member}", case.place(Place::Calls));
                findings.push(finding(Side::Client, &pointer, wanted, got));
            }
        };
        let is_own = !names_calls && !got.id.is_empty();
        compare("id", if is_own { "" } else { &wanted.id }, &got.id);
        compare("function/name", &wanted.name, &got.name);
        compare("type", "function", &got.kind);
    }
    unless(findings)
}

/// The same of calls that came: that none did, is told once.
fn parallel_apart(case: &Case) -> Judged {
    unless_none(case)?;
    calls(case)
}

/// The client has a call of those that the provider made.
fn unless_none(case: &Case) -> Judged {
    let (wanted, got) = called(case)?;
    if got.is_empty() && !wanted.is_empty() {
        return Err(Verdict::Untestable("the client got no tool call".to_owned()));
    }
    Ok(())
}

/// The calls of both sides, one by one: where there are more or fewer, none can be compared.
fn paired(case: &Case) -> Result<(&[Call], &[Call]), Verdict> {
    let (wanted, got) = called(case)?;
    if case.expected.scripted && !wanted.is_empty() && wanted.len() != got.len() {
        let reason = format!("the provider made {} calls, and the client got {}", wanted.len(), got.len());
        return Err(Verdict::Untestable(reason));
    }
    Ok((wanted, got))
}

/// The same JSON, wherever the provider cut it.
fn arguments(case: &Case) -> Judged {
    let (wanted, got) = paired(case)?;
    let json =
        |text: &str| serde_json::from_str::<Value>(if text.trim().is_empty() { "{}" } else { text }).ok();
    let differs = wanted.iter().zip(got).enumerate().filter(|(_, (wanted, got))| {
        json(&wanted.arguments).is_none() || json(&wanted.arguments) != json(&got.arguments)
    });
    let report = |(position, (wanted, got)): (usize, (&Call, &Call))| {
        let pointer = format!("{}/{position}/function/arguments", case.place(Place::Calls));
        finding(Side::Client, &pointer, &wanted.arguments, &got.arguments)
    };
    unless(differs.map(report).collect())
}

/// Arguments are a string that holds a JSON object: clients parse it.
fn arguments_json(case: &Case) -> Judged {
    let broken = paired(case)?.1.iter().enumerate().filter(|(_, call)| {
        !serde_json::from_str::<Value>(&call.arguments).is_ok_and(|json| json.is_object())
    });
    let report = |(position, call): (usize, &Call)| {
        let pointer = format!("{}/{position}/function/arguments", case.place(Place::Calls));
        finding(Side::Client, &pointer, "JSON text of an object", json(&call.arguments))
    };
    unless(broken.map(report).collect())
}

fn no_arguments(case: &Case) -> Judged {
    unless_none(case)?;
    let got = answer(case)?.calls.first().map_or("no call", |call| call.arguments.trim());
    match serde_json::from_str::<Value>(got) {
        Ok(Value::Object(members)) if members.is_empty() => Ok(()),
        _ => client(case.place(Place::Arguments), "{}", json(got)),
    }
}

/// Every call has an id of its own, or no result could be assigned to it.
fn ids(case: &Case) -> Judged {
    let calls = &answer(case)?.calls;
    if calls.is_empty() {
        return Err(Verdict::Untestable("the client got no tool call".to_owned()));
    }
    let mut ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() == calls.len() && !ids.contains(&"") {
        Ok(())
    } else {
        client(case.place(Place::Calls), format!("{} ids", calls.len()), json(&ids))
    }
}

/// Calls are numbered from 0, in steps of one, in the order in which they begin.
fn indexes(case: &Case) -> Judged {
    fold(case)?;
    unless_none(case)?;
    let got: Vec<_> = answer(case)?.calls.iter().map(|call| call.index).collect();
    let wanted: Vec<_> = case.expected.calls.iter().map(|call| call.index).collect();
    if got == wanted {
        Ok(())
    } else {
        client("/choices/0/delta/tool_calls/*/index", json(&wanted), json(&got))
    }
}

/// The first piece of a call says which call it is; no later one does.
fn first_piece(case: &Case) -> Judged {
    let mut seen = Vec::new();
    for (number, chunk) in &fold(case)?.chunks {
        for piece in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let complete = piece["id"].is_string()
                && piece["type"] == "function"
                && piece["function"]["name"].is_string();
            let is_first = !seen.contains(&piece["index"]);
            if is_first && !complete {
                return client(&format!("event {number} tool_calls"), "id, type and name", piece);
            }
            if !is_first && piece["function"]["name"].as_str().is_some_and(|name| !name.is_empty()) {
                return client(&format!("event {number} tool_calls"), "arguments only", piece);
            }
            seen.push(piece["index"].clone());
        }
    }
    if seen.is_empty() { Err(Verdict::Untestable("the client got no tool call".to_owned())) } else { Ok(()) }
}

/// Every long number has every digit.
fn numbers(case: &Case) -> Judged {
    let (wanted, got) = paired(case)?;
    let wanted: Vec<_> = wanted.iter().flat_map(|call| long_numbers(&call.arguments)).collect();
    let got: Vec<_> = got.iter().flat_map(|call| long_numbers(&call.arguments)).collect();
    if wanted.is_empty() {
        return Err(Verdict::Untestable("the scenario has no long number".to_owned()));
    }
    if wanted == got { Ok(()) } else { client("arguments", json(&wanted), json(&got)) }
}

/// Strings inside of the arguments keep every character.
fn arguments_text(case: &Case) -> Judged {
    let (wanted, got) = paired(case)?;
    let parse = |call: Option<&Call>| {
        call.and_then(|call| serde_json::from_str::<Value>(&call.arguments).ok())
            .unwrap_or_default()
            .to_string()
    };
    equal(case.place(Place::Arguments), &parse(wanted.first()), &parse(got.first()))
}

fn finish(case: &Case) -> Judged {
    let has_tools = |meaning: &Option<Meaning>| meaning.as_ref().is_some_and(|said| !said.tools.is_empty());
    if !case.expected.scripted && has_tools(&case.meant) && case.told.is_some() && !has_tools(&case.told) {
        return Err(Verdict::Untestable("the provider was offered no tools, and called none".to_owned()));
    }
    let finish = answer(case)?.finish.join(", ");
    equal(case.place(Place::Finish), "tool_calls", &finish)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_bears_the_name_of_what_was_called() {
        let request = |name: &str| {
            json!({"contents": [
                {"role": "model", "parts": [{"text": "a"}, {"functionCall": {"name": "weather"}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": name, "response": {}}}]},
            ]})
        };
        assert_eq!(nameless_results(&request("weather")), []);
        let found = nameless_results(&request("filler"));
        assert_eq!(found[0].pointer, "/contents/1/parts/0/functionResponse/name");
        assert_eq!(nameless_results(&json!({"messages": [{"role": "tool"}]})), []);
    }
}
