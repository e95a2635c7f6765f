//! Responses that are kept: <https://platform.openai.com/docs/api-reference/responses/get>, and what is asked about them later.

use serde_json::Value;

use super::support::{Side, asked, client, finding, got, unless};
use super::{Check, Judged, Verdict, errors};
use crate::case::{Case, Seen};
use crate::meaning::{self, Part};
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("responses.request.previous", previous),
    ("responses.store.retrieve", retrieve),
    ("responses.store.input-items", input_items),
    ("responses.store.delete", delete),
    ("responses.store.missing", missing),
];

/// The response that was made before.
fn made(case: &Case) -> Result<&Value, Verdict> {
    let made = case.sent.before.iter().find(|reply| reply["id"].is_string());
    made.ok_or_else(|| Verdict::Untestable("the response to ask about was never made".to_owned()))
}

/// A document that the client got.
fn document(case: &Case) -> Result<&Value, Verdict> {
    match &case.seen {
        Seen::Whole(document, _) => Ok(document),
        _ => client("body", "a document", got(case)),
    }
}

/// What was said before reaches the provider: by the id, where it keeps responses itself, else in words.
fn previous(case: &Case) -> Judged {
    let id = &made(case)?["id"];
    let asked = asked(case)?;
    if asked.json["previous_response_id"] == *id {
        return Ok(());
    }
    let told = meaning::read(&asked.provider, case.surface(), &asked.json).unwrap_or_default();
    let texts: Vec<String> = told.turns.iter().flat_map(|turn| &turn.parts).filter_map(text).collect();
    let first = case.scenario.before.first().and_then(|before| before.request["input"].as_str());
    let first = first.map(|text| text.replace("{{marker}}", &case.sent.marker));
    let reply = case.scenario.replies.first().and_then(|reply| reply.content.as_ref());
    let answer: String = reply.into_iter().flatten().map(said).collect();
    let wanted = first.into_iter().chain([answer]);
    let lost = wanted.filter(|wanted| !texts.iter().any(|text| text.contains(wanted.as_str())));
    unless(lost.map(|text| finding(Side::Upstream, "turns before", text, "no such text")).collect())
}

fn text(part: &Part) -> Option<String> {
    match part {
        Part::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn said(block: &mocks::script::Block) -> String {
    match block {
        mocks::script::Block::Text(text) => text.join(),
        _ => String::new(),
    }
}

/// The same response as when it was made.
fn retrieve(case: &Case) -> Judged {
    let (made, kept) = (made(case)?, document(case)?);
    let members = ["id", "object", "created_at", "model", "status", "output", "usage"];
    let differs = members.into_iter().filter(|name| made[*name] != kept[*name]);
    unless(differs.map(|name| finding(Side::Client, &format!("/{name}"), &made[name], &kept[name])).collect())
}

/// A list of what the response was made of.
fn input_items(case: &Case) -> Judged {
    made(case)?;
    let list = document(case)?;
    let wanted =
        case.scenario.before.first().and_then(|before| before.request["input"].as_str()).unwrap_or_default();
    let wanted = wanted.replace("{{marker}}", &case.sent.marker);
    let is_it = |part: &Value| part["type"] == "input_text" && part["text"] == *wanted;
    let items = list["data"].as_array().cloned().unwrap_or_default();
    let mut parts = items.iter().flat_map(|item| item["content"].as_array().into_iter().flatten());
    if list["object"] == "list" && parts.any(is_it) {
        Ok(())
    } else {
        client("/data", format!("the item that says {}", json(&wanted)), list)
    }
}

fn delete(case: &Case) -> Judged {
    let (made, gone) = (made(case)?, document(case)?);
    let mut findings = Vec::new();
    if gone["deleted"] != true {
        findings.push(finding(Side::Client, "/deleted", "true", &gone["deleted"]));
    }
    if gone["id"] != made["id"] {
        findings.push(finding(Side::Client, "/id", &made["id"], &gone["id"]));
    }
    unless(findings)
}

/// What is not kept, or no longer, is not found.
fn missing(case: &Case) -> Judged {
    match case.transcript.status {
        Some(404) => errors::object(case),
        _ => client("status", "404", got(case)),
    }
}
