//! The stream as a stream: form, order, ends, timing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{Side, asked, client, finding, fold, got, unless, upstream};
use super::{Check, Judged, Verdict, reply, schema};
use crate::Surface;
use crate::case::{Case, Seen};
use crate::fold::{DONE, said};
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.stream.content-type", content_type),
    ("chat.stream.sse", sse),
    ("chat.stream.unnamed", unnamed),
    ("chat.stream.chunk", schema::chunk),
    ("chat.stream.nullables", schema::chunk_nullables),
    ("chat.stream.order", order),
    ("chat.stream.one-id", one_id),
    ("chat.stream.filter-results", filter_results),
    ("chat.stream.role-first", role_first),
    ("chat.stream.role-once", role_once),
    ("chat.stream.finish-once", finish_once),
    ("chat.stream.nothing-after-finish", nothing_after_finish),
    ("chat.stream.done-once", done_once),
    ("chat.stream.done-last", done_last),
    ("chat.stream.no-errors", no_errors),
    ("chat.stream.timely", timely),
    ("chat.stream.steady", steady),
    ("chat.client.disconnect-cancels", disconnect_cancels),
    ("chat.client.back-pressure", back_pressure),
];

pub(super) fn content_type(case: &Case) -> Judged {
    let content_type = case.transcript.header("content-type").unwrap_or("nothing");
    if content_type.starts_with("text/event-stream") {
        Ok(())
    } else {
        client("content-type", "text/event-stream", content_type)
    }
}

/// Well-formed server-sent events, from the first byte to the last.
pub(super) fn sse(case: &Case) -> Judged {
    let fold = fold(case)?;
    let problems = fold.events.problems.iter();
    let mut findings: Vec<_> = problems
        .map(|(event, problem)| {
            finding(Side::Client, &format!("event {event}"), "lines of fields, in UTF-8", problem)
        })
        .collect();
    let strange = fold.strange.iter().filter_map(|event| Some((event, fold.events.list.get(*event)?)));
    findings.extend(strange.map(|(event, found)| {
        finding(Side::Client, &format!("event {event}"), "one that the document knows", json(&found.data))
    }));
    if fold.events.unfinished {
        findings.push(finding(Side::Client, "end", "a blank line after the last event", "none"));
    }
    unless(findings)
}

pub(super) fn unnamed(case: &Case) -> Judged {
    match fold(case)?.events.list.iter().position(|event| !event.name.is_empty()) {
        None => Ok(()),
        Some(event) => client(&format!("event {event}"), "data only", &fold(case)?.events.list[event].name),
    }
}

/// The order of events that the document describes.
pub(super) fn order(case: &Case) -> Judged {
    let fold = fold(case)?;
    let Some(mut sequence) = schema::operation(case)?.sequence() else {
        return Err(Verdict::Untestable("no document for the order of chunks".to_owned()));
    };
    let mut violations = Vec::new();
    let is_named = !matches!(case.surface(), Surface::Chat | Surface::Completions);
    let mut begun = BTreeSet::new();
    // At an error event official clients stop; that there is one, another requirement says.
    let error = fold.errors.first().map_or(usize::MAX, |(number, _)| *number);
    let mut finished = false;
    let is_silent = |number: &usize| fold.is_prompt_filter(*number) || fold.blank.contains(number);
    let is_heard = |number: &usize| *number <= error && !is_silent(number);
    for (_, event) in fold.events.list.iter().enumerate().filter(|(number, _)| is_heard(number)) {
        if event.data == DONE {
            violations.extend(sequence.event("[DONE]", &Value::from(DONE)));
        } else if is_named {
            let data = serde_json::from_str(&event.data).unwrap_or_default();
            violations.extend(sequence.event(schema::name(case, &data), &data));
        } else if let Ok(mut data) = serde_json::from_str::<Value>(&event.data)
            && !says_nothing(&data)
        {
            without_silent_choices(&mut data, &mut finished);
            data["choices"].as_array_mut().into_iter().flatten().for_each(|choice| plain(choice, &mut begun));
            violations.extend(sequence.event("", &data));
        }
    }
    // That the end is missing, and that members change, other requirements say.
    if fold.is_done() && fold.errors.is_empty() {
        violations.extend(sequence.end());
    }
    let of_order = violations.iter().filter(|found| !found.document.ends_with("/same"));
    unless(
        of_order
            .take(5)
            .map(|found| finding(Side::Client, &found.pointer, &found.expected, &found.got))
            .collect(),
    )
}

/// That the chunk with usage, behind the last one that says something, has a choice is for the shape of usage to tell.
fn without_silent_choices(chunk: &mut Value, finished: &mut bool) {
    let choices = chunk["choices"].as_array().map_or(&[][..], Vec::as_slice);
    let ends = choices.iter().any(|choice| choice["finish_reason"].is_string());
    let is_silent = |choice: &Value| {
        let said = said(choice);
        (said["content"].is_null() || said["content"] == "")
            && (said["text"].is_null() || said["text"] == "")
            && !said["tool_calls"].is_array()
    };
    if *finished && !ends && chunk["usage"].is_object() && choices.iter().all(is_silent) {
        chunk["choices"] = Value::Array(Vec::new());
    }
    *finished |= ends;
}

/// Whether none of a chunk's choices has a place for what is said, nor ends: it tells of a filter, or is none.
fn says_nothing(chunk: &Value) -> bool {
    let choices = chunk["choices"].as_array().map_or(&[][..], Vec::as_slice);
    let is_silent =
        |choice: &Value| ["delta", "text", "finish_reason"].iter().all(|name| choice[*name].is_null());
    !choices.is_empty() && choices.iter().all(is_silent)
}

/// A chunk as order alone sees it: it has an index, who speaks is said first and once, and what is null is not there. Whether that
/// is so, other requirements say.
fn plain(choice: &mut Value, begun: &mut BTreeSet<u64>) {
    let index = choice["index"].as_u64().unwrap_or_default();
    if let Some(members) = choice.as_object_mut() {
        members.insert("index".to_owned(), index.into());
    }
    let Some(delta) = choice["delta"].as_object_mut() else { return };
    delta.retain(|_, value| !value.is_null());
    if begun.insert(index) {
        delta.insert("role".to_owned(), Value::from("assistant"));
    } else {
        delta.remove("role");
    }
    let calls = delta.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten();
    calls.filter_map(Value::as_object_mut).for_each(|call| call.retain(|_, value| !value.is_null()));
}

pub(super) fn one_id(case: &Case) -> Judged {
    let fold = fold(case)?;
    let mut findings = Vec::new();
    for member in ["id", "created", "model", "object"] {
        let Some((_, first)) = fold.telling().next() else { break };
        if let Some((number, other)) = fold.telling().find(|(_, chunk)| chunk[member] != first[member]) {
            findings.push(finding(
                Side::Client,
                &format!("event {number} /{member}"),
                &first[member],
                &other[member],
            ));
        }
    }
    unless(findings)
}

fn role_first(case: &Case) -> Judged {
    let mut begun = BTreeSet::new();
    let choices =
        fold(case)?.chunks.iter().flat_map(|(_, chunk)| chunk["choices"].as_array().into_iter().flatten());
    for choice in choices.filter(|choice| choice["delta"].is_object()) {
        let index = choice["index"].as_u64().unwrap_or_default();
        let role = &choice["delta"]["role"];
        if begun.insert(index) && role != "assistant" {
            return client(&format!("first chunk /choices/{index}/delta/role"), "\"assistant\"", role);
        }
    }
    if begun.is_empty() { client("first chunk", "a choice", "none") } else { Ok(()) }
}

/// Clients that add up the strings of deltas, as OpenAI's own for Python does, add up roles too.
fn role_once(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let has_role = |(_, chunk): &&(usize, Value)| chunk["choices"][0]["delta"]["role"].is_string();
    match chunks.iter().filter(has_role).nth(1) {
        None => Ok(()),
        Some((number, chunk)) => {
            let role = &chunk["choices"][0]["delta"]["role"];
            client(&format!("event {number} /choices/0/delta/role"), "nothing more", role)
        }
    }
}

/// What Azure tells of the prompt has neither id, model nor object; clients of Azure know it, those of OpenAI need not.
fn filter_results(case: &Case) -> Judged {
    let fold = fold(case)?;
    let first = fold.telling().next().map_or(&Value::Null, |(_, chunk)| chunk);
    let mut findings = Vec::new();
    for (number, told) in &fold.prompt_filters {
        let differs = |member: &&str| told[*member] != first[*member];
        findings.extend(["id", "created", "model", "object"].into_iter().find(differs).map(|member| {
            finding(Side::Client, &format!("event {number} /{member}"), &first[member], &told[member])
        }));
    }
    unless(findings)
}

pub(super) fn finish_once(case: &Case) -> Judged {
    fold(case)?;
    let finishes = reply::finishes(case)?;
    if finishes.len() == 1 {
        Ok(())
    } else {
        client("/choices/0/finish_reason", "exactly one", finishes.join(", "))
    }
}

pub(super) fn nothing_after_finish(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let mut finished = false;
    for (number, chunk) in chunks {
        let choice = &chunk["choices"][0];
        let says = ["content", "text", "tool_calls", "refusal", "reasoning_content"];
        let said = says.into_iter().find(|name| {
            let said = &said(choice)[*name];
            !said.is_null() && *said != ""
        });
        if let (true, Some(name)) = (finished, said) {
            return client(&format!("event {number} /choices/0 {name}"), "nothing after the finish", choice);
        }
        finished |= choice["finish_reason"].is_string();
    }
    Ok(())
}

pub(super) fn done_once(case: &Case) -> Judged {
    let times = fold(case)?.done.len();
    if times == 1 { Ok(()) } else { client("data: [DONE]", "once", times) }
}

pub(super) fn done_last(case: &Case) -> Judged {
    let fold = fold(case)?;
    match fold.events.list.last() {
        Some(event) if event.data == DONE => Ok(()),
        Some(event) if fold.is_done() => client("last event", DONE, &event.data),
        _ => Err(Verdict::NotHere),
    }
}

pub(super) fn no_errors(case: &Case) -> Judged {
    match fold(case)?.errors.first() {
        None => Ok(()),
        Some((number, error)) => client(&format!("event {number}"), "no error", error),
    }
}

/// Whether an error event broke a stream off: what is missing then follows from it.
pub(crate) fn is_broken_off(case: &Case) -> bool {
    matches!(case.surface(), Surface::Chat | Surface::Completions)
        && fold(case).is_ok_and(|fold| !fold.errors.is_empty() && !fold.is_done())
}

/// The client has the first text before the provider sends its last event: nothing waits for the end.
pub(super) fn timely(case: &Case) -> Judged {
    let fold = fold(case)?;
    let Some((_, sent)) = asked(case)?.events.last() else {
        return Err(Verdict::Untestable("the provider sent no events".to_owned()));
    };
    match fold.speaking.first().and_then(|number| fold.at_ms(*number)) {
        Some(first) if first < *sent => Ok(()),
        Some(first) => client(
            "first text",
            format!("before the provider's last event ({sent:.0} ms)"),
            format!("{first:.0} ms"),
        ),
        None => client("first text", "some text", "none"),
    }
}

/// What the provider sends apart in time arrives apart in time: half of the texts are there at half of the time.
pub(super) fn steady(case: &Case) -> Judged {
    let fold = fold(case)?;
    let events = &asked(case)?.events;
    let (Some(middle), Some((_, last))) = (fold.chunks.get(fold.chunks.len() / 2), events.last()) else {
        return Err(Verdict::Untestable("there is no middle".to_owned()));
    };
    match fold.at_ms(middle.0) {
        Some(at_ms) if at_ms < *last => Ok(()),
        at_ms => {
            let got = at_ms.map_or_else(|| "nothing".to_owned(), |at_ms| format!("{at_ms:.0} ms"));
            client("middle chunk", format!("before {last:.0} ms"), got)
        }
    }
}

/// Who pays for tokens that nobody reads?
pub(super) fn disconnect_cancels(case: &Case) -> Judged {
    let asked = asked(case)?;
    if matches!(case.seen, Seen::Other) {
        return Err(Verdict::Untestable(format!("the client got no stream: {}", got(case))));
    }
    if asked.aborted { Ok(()) } else { upstream("connection", "closed soon after the client's", "read on") }
}

/// While the client does not read, the gateway stops reading: what it keeps is bounded.
pub(super) fn back_pressure(case: &Case) -> Judged {
    let asked = asked(case)?;
    fold(case)?;
    match asked.finished_ms {
        Some(at_ms) if !asked.aborted => upstream(
            "reply",
            "held back while the client does not read",
            format!("read to its end in {at_ms:.0} ms"),
        ),
        _ => Ok(()),
    }
}
