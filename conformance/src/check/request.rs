//! The request upstream as a message: address, credentials, document.

use serde_json::Value;

use super::support::{Side, asked, finding, unless, upstream};
use super::{Check, Judged, Verdict, same};
use crate::case::Case;
use crate::dialect::{self, Place};
use crate::gateway::Streaming;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.request.valid", valid),
    ("chat.request.once", once),
    ("chat.request.endpoint", endpoint),
    ("chat.request.auth", auth),
    ("chat.request.content-type", content_type),
    ("chat.request.model", model),
    ("chat.request.version", version),
    ("chat.request.bedrock.model-encoded", model_encoded),
    ("chat.request.bedrock.signed", auth),
    ("chat.request.same-dialect", same::same_dialect),
    ("chat.request.numbers", numbers),
    ("chat.request.members", members),
];

pub(super) fn valid(case: &Case) -> Judged {
    let findings = asked(case)?
        .violations
        .iter()
        .map(|violation| finding(Side::Upstream, &violation.pointer, &violation.expected, &violation.got));
    unless(findings.collect())
}

pub(super) fn once(case: &Case) -> Judged {
    // Of several targets each may be asked.
    if case.scenario.expect.says_targets() {
        return Err(Verdict::NotHere);
    }
    asked(case)?;
    let times = case.asked.len();
    if times == 1 { Ok(()) } else { upstream("requests", "1", times) }
}

pub(super) fn endpoint(case: &Case) -> Judged {
    let asked = asked(case)?;
    if asked.provider != case.provider() || asked.operation.is_empty() {
        return upstream(
            "path",
            format!("an operation of {}", case.provider()),
            format!("{} {}", asked.method, asked.path),
        );
    }
    let streams = case.api().is_some_and(|api| (api.streams)(asked));
    let wanted = case.is_stream() && case.route.streaming != Streaming::Made;
    if streams == wanted { Ok(()) } else { upstream("stream", wanted, streams) }
}

pub(super) fn auth(case: &Case) -> Judged {
    match &asked(case)?.refused {
        None => Ok(()),
        Some(reason) => upstream("credentials", "accepted", reason),
    }
}

pub(super) fn content_type(case: &Case) -> Judged {
    if dialect::of(case.provider()).is_some_and(|dialect| !dialect.looks) {
        return Err(Verdict::NotHere);
    }
    let content_type = asked(case)?.header("content-type").unwrap_or("nothing");
    if content_type.starts_with("application/json") {
        Ok(())
    } else {
        upstream("content-type", "application/json", content_type)
    }
}

/// In the body, or in the path.
pub(super) fn model(case: &Case) -> Judged {
    let asked = asked(case)?;
    let wanted = case.route.upstream_model.as_str();
    let behind = |before: &str| asked.path.split(before).nth(1);
    let segment = match case.api().map_or(Place::Body, |api| api.model) {
        Place::Nowhere => return Err(Verdict::NotHere),
        Place::Body => None,
        Place::Path(before, after) => {
            let until = |rest| {
                if after.is_empty() { Some(rest) } else { str::rsplit_once(rest, after).map(|(id, _)| id) }
            };
            Some(behind(before).and_then(until).unwrap_or_default())
        }
        Place::Segment(before) => behind(before).map(|rest| rest.split('/').next().unwrap_or_default()),
    };
    if let Some(segment) = segment {
        let got = decode(segment);
        return if got == wanted { Ok(()) } else { upstream("path", wanted, got) };
    }
    let got = asked.json["model"].as_str().unwrap_or_default();
    if got == wanted { Ok(()) } else { upstream("/model", wanted, got) }
}

pub(super) fn version(case: &Case) -> Judged {
    let asked = asked(case)?;
    let wanted = case.route.version.as_deref().unwrap_or("2023-06-01");
    let got = asked.header("anthropic-version").unwrap_or("nothing");
    if got == wanted { Ok(()) } else { upstream("anthropic-version", wanted, got) }
}

/// AWS's own clients send `:` as `%3A` and `/` as `%2F`.
pub(super) fn model_encoded(case: &Case) -> Judged {
    let path = &asked(case)?.path;
    let segment =
        path.split("/model/").nth(1).and_then(|rest| rest.rsplit_once('/')).map_or("", |(id, _)| id);
    let unescaped = segment
        .chars()
        .find(|character| !(character.is_ascii_alphanumeric() || "-._~%".contains(*character)));
    match unescaped {
        None if !segment.is_empty() => Ok(()),
        _ => upstream("path", "one segment, percent-encoded", path),
    }
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if byte == b'%' {
            let pair = (rest.next().and_then(hex), rest.next().and_then(hex));
            bytes.push(if let (Some(high), Some(low)) = pair { high * 16 + low } else { b'%' });
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every long number of the client's tool calls is in the request upstream with every digit.
fn numbers(case: &Case) -> Judged {
    let asked = asked(case)?;
    // As the scenario has them: on other surfaces, arguments are no texts.
    let calls = case.scenario.request["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|message| message["tool_calls"].as_array().into_iter().flatten());
    let arguments: String = calls.filter_map(|call| call["function"]["arguments"].as_str()).collect();
    let wanted: Vec<_> = long_numbers(&arguments).collect();
    if wanted.is_empty() {
        return Err(Verdict::Untestable("the scenario has no long number".to_owned()));
    }
    let body = String::from_utf8_lossy(&asked.body);
    let lost = wanted.into_iter().filter(|number| !long_numbers(&body).any(|sent| sent == *number));
    unless(
        lost.map(|number| finding(Side::Upstream, "arguments", number, "another number, or none")).collect(),
    )
}

/// JSON numbers of more digits than a double has.
pub(super) fn long_numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_digit() && !".-+eE".contains(character))
        .filter(|number| number.bytes().filter(u8::is_ascii_digit).count() > 15)
}

/// What the scenario says of single members of the request upstream.
pub(super) fn members(case: &Case) -> Judged {
    let asked = asked(case)?;
    let expect = &case.scenario.expect;
    let by_name = expect.carried.iter().map(|name| (format!("/{name}"), &case.sent.json[name.as_str()]));
    let by_pointer = expect.upstream.of(case.provider()).map(|(pointer, value)| (pointer.clone(), value));
    let differs = |(pointer, wanted): (String, &Value)| {
        let got = asked.json.pointer(&pointer).unwrap_or(&Value::Null);
        (got != wanted).then(|| finding(Side::Upstream, &pointer, wanted, got))
    };
    unless(by_name.chain(by_pointer).filter_map(differs).collect())
}
