//! What a scenario says itself: of the reply, of the error, of the request upstream.

use serde_json::Value;

use super::request::members;
use super::support::{Finding, Side, answer, client, either, finding, got, unless};
use super::{Check, Judged, Verdict};
use crate::Surface;
use crate::case::Case;
use crate::fold::{Answer, Call};
use crate::scenario::{Counts, ExpectedCall};
use crate::surface::Place;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] =
    &[("scenario.reply", reply), ("scenario.error", error), ("scenario.upstream", upstream)];

/// Text, reasoning, refusal, finish reason, tool calls and usage, as far as the scenario says what they are.
fn reply(case: &Case) -> Judged {
    let expect = &case.scenario.expect;
    if !expect.says_reply() {
        return Err(Verdict::NotHere);
    }
    let answer = answer(case)?;
    let finish = answer.finish.join(", ");
    let texts = [
        (case.place(Place::Text), &expect.text, &answer.text),
        (case.place(Place::Reasoning), &expect.reasoning, &answer.reasoning),
        (case.place(Place::Refusal), &expect.refusal, &answer.refusal),
        (case.place(Place::Finish), &expect.finish.all, &finish),
    ];
    let differs = |(pointer, wanted, got): (&str, &Option<String>, &String)| {
        let wanted = wanted.as_ref()?.replace("{{marker}}", &case.sent.marker);
        (wanted != *got).then(|| finding(Side::Client, pointer, json(&wanted), json(got)))
    };
    let mut findings: Vec<Finding> = texts.into_iter().filter_map(differs).collect();
    findings.extend(expect.tool_calls.iter().flat_map(|wanted| calls(case, wanted, answer)));
    // A stream of chunks tells what it cost where the client asks it to.
    let asks = !matches!(case.surface(), Surface::Chat | Surface::Completions);
    if asks || !case.is_stream() || case.sent.json["stream_options"]["include_usage"] == true {
        findings.extend(expect.usage.iter().flat_map(|wanted| usage(wanted, answer)));
    }
    unless(findings)
}

fn calls(case: &Case, wanted: &[ExpectedCall], answer: &Answer) -> Vec<Finding> {
    let place = case.place(Place::Calls);
    if wanted.len() != answer.calls.len() {
        let names: Vec<_> = answer.calls.iter().map(|call| call.name.as_str()).collect();
        let got = format!("{} calls: {}", names.len(), names.join(", "));
        return vec![finding(Side::Client, place, format!("{} calls", wanted.len()), got)];
    }
    let pairs = wanted.iter().zip(&answer.calls).enumerate();
    pairs.flat_map(|(number, (wanted, got))| call(&format!("{place}/{number}"), wanted, got)).collect()
}

fn call(place: &str, wanted: &ExpectedCall, got: &Call) -> Vec<Finding> {
    let mut findings = Vec::new();
    if wanted.name != got.name {
        findings.push(finding(Side::Client, &format!("{place}/function/name"), &wanted.name, &got.name));
    }
    if let Some(id) = wanted.id.as_ref().filter(|id| **id != got.id) {
        findings.push(finding(Side::Client, &format!("{place}/id"), id, &got.id));
    }
    if let Some(arguments) = &wanted.arguments
        && serde_json::from_str::<Value>(&got.arguments).ok().as_ref() != Some(arguments)
    {
        findings.push(finding(
            Side::Client,
            &format!("{place}/function/arguments"),
            arguments,
            &got.arguments,
        ));
    }
    findings
}

fn usage(wanted: &Counts, answer: &Answer) -> Vec<Finding> {
    let nothing = Value::Null;
    let usage = answer.usage.as_ref().unwrap_or(&nothing);
    let counts = [
        ("/prompt_tokens", wanted.prompt),
        ("/completion_tokens", wanted.completion),
        ("/total_tokens", wanted.total),
        ("/prompt_tokens_details/cached_tokens", wanted.cached),
        ("/completion_tokens_details/reasoning_tokens", wanted.reasoning),
    ];
    let differs = |(pointer, wanted): (&str, Option<u64>)| {
        let (wanted, got) = (wanted?, usage.pointer(pointer).unwrap_or(&nothing));
        (got.as_u64() != Some(wanted))
            .then(|| finding(Side::Client, &format!("/usage{pointer}"), wanted, got))
    };
    counts.into_iter().filter_map(differs).collect()
}

/// The status, and members of the error object.
fn error(case: &Case) -> Judged {
    let expect = &case.scenario.expect;
    if let Some(status) = case.transcript.status
        && !expect.status.is_empty()
        && !expect.status.contains(&status)
    {
        return client("status", either(&expect.status), got(case));
    }
    let Some(wanted) = &expect.error else { return Ok(()) };
    let Some(got) = case.error() else { return client("body", "an error object", got(case)) };
    let sentence = case.message();
    // Of the members but the sentence, the surface's own scenarios speak, in its words.
    let is_own = case.surface() == case.scenario.surface;
    let got = if is_own { &got["error"] } else { &Value::Null };
    let members = [("type", &wanted.kind), ("code", &wanted.code), ("param", &wanted.param)];
    let differs = |(name, wanted): (&str, &Option<String>)| {
        let wanted = wanted.as_ref().filter(|_| is_own)?;
        let said = got[name].as_str().map_or_else(|| got[name].to_string(), str::to_owned);
        (said != *wanted)
            .then(|| finding(Side::Client, &format!("/error/{name}"), json(wanted), json(&got[name])))
    };
    let mut findings: Vec<Finding> = members.into_iter().filter_map(differs).collect();
    if let Some(part) = &wanted.message
        && !sentence.is_some_and(|message| message.contains(part.as_str()))
    {
        let wanted = format!("with {}", json(part));
        findings.push(finding(Side::Client, "/error/message", wanted, json(&sentence)));
    }
    unless(findings)
}

/// Nothing, where it says nothing of this provider.
fn upstream(case: &Case) -> Judged {
    let expect = &case.scenario.expect;
    if expect.carried.is_empty() && expect.upstream.of(case.provider()).next().is_none() {
        return Err(Verdict::NotHere);
    }
    members(case)
}
