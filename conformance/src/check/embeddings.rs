//! Embeddings: <https://platform.openai.com/docs/api-reference/embeddings>. What they have in common with chats is judged
//! by the same checks; here is what only vectors have.

use serde_json::Value;

use super::completions::carried_or_refused;
use super::support::{
    Side, answer, carried_or_named, client, differences, finding, got, is_named, unless, unless_refused,
};
use super::{
    Check, Judged, Verdict, errors, faults, params, reply, request, same, schema, security, structure, usage,
};
use crate::case::{Case, Seen};
use crate::fold::{Form, Vector};
use crate::meaning::Facet;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("embeddings.request.valid", request::valid),
    ("embeddings.request.once", request::once),
    ("embeddings.request.endpoint", request::endpoint),
    ("embeddings.request.auth", request::auth),
    ("embeddings.request.content-type", request::content_type),
    ("embeddings.request.model", request::model),
    ("embeddings.request.same-dialect", same::same_dialect),
    ("embeddings.request.input", input),
    ("embeddings.request.text.unchanged", structure::unchanged),
    ("embeddings.request.inputs", |case| carried_or_refused(case, Facet::Batch)),
    ("embeddings.request.tokens", |case| carried_or_refused(case, Facet::Tokens)),
    ("embeddings.request.dimensions", |case| carried_or_named(case, Facet::Dimensions)),
    ("embeddings.request.input-type", input_type),
    ("embeddings.request.user", params::user),
    ("embeddings.request.nothing-lost", params::nothing_lost),
    ("embeddings.request.nothing-silent", params::nothing_silent),
    ("embeddings.request.dropped.true", params::dropped_is_true),
    ("embeddings.reply.ok", reply::ok),
    ("embeddings.reply.content-type", reply::content_type),
    ("embeddings.reply.schema", schema::reply),
    ("embeddings.reply.vectors", vectors),
    ("embeddings.reply.precision", vectors),
    ("embeddings.reply.count", count),
    ("embeddings.reply.index", index),
    ("embeddings.reply.floats", |case| form(case, Form::Floats)),
    ("embeddings.reply.base64", |case| form(case, Form::Base64)),
    ("embeddings.reply.dimensions", dimensions),
    ("embeddings.reply.model", reply::model),
    ("embeddings.usage.present", usage::present),
    ("embeddings.usage.prompt", |case| usage::count(case, "/prompt_tokens", case.expected.usage.prompt)),
    ("embeddings.usage.total", total),
    ("embeddings.error.status", errors::status),
    ("embeddings.error.object", errors::object),
    ("embeddings.error.content-type", errors::content_type),
    ("embeddings.error.message", errors::message),
    ("embeddings.error.retry-after", errors::retry_after),
    ("embeddings.refusal.status", errors::refusal_status),
    ("embeddings.refusal.object", errors::object),
    ("embeddings.refusal.not-called", errors::not_called),
    ("embeddings.refusal.says-why", errors::says_why),
    ("embeddings.fault.visible", faults::visible),
    ("embeddings.fault.error-object", faults::error_object),
    ("embeddings.fault.no-vectors", no_vectors),
    ("embeddings.fault.prompt", faults::prompt),
    ("embeddings.fault.timeout-status", faults::timeout_status),
    ("embeddings.fault.stall-cancelled", faults::stall_cancelled),
    ("embeddings.fault.bad-gateway", faults::bad_gateway),
    ("embeddings.security.upstream-key-hidden", security::upstream_key_hidden),
    ("embeddings.security.client-key-kept", security::client_key_kept),
    ("embeddings.security.model-locked", security::model_locked),
    ("embeddings.client.parallel-apart", vectors),
];

/// The one input; of several, [`carried_or_refused`] tells under a name of their own.
fn input(case: &Case) -> Judged {
    if case.meant.as_ref().is_some_and(|meant| meant.inputs.len() > 1) {
        return Err(Verdict::NotHere);
    }
    carried_or_refused(case, Facet::Batch)
}

/// What the vectors are for; a provider that has no such word is told nothing, and the client is told that.
fn input_type(case: &Case) -> Judged {
    let lost = differences(case)?.into_iter().filter(|difference| difference.member == "input_type");
    let lost = lost.filter(|difference| !(difference.absent && is_named(case, "input_type")));
    unless(lost.map(super::support::as_finding).collect())
}

/// The vector of this input, by the index that it is given.
fn vector(vectors: &[Vector], input: usize) -> Option<&Vector> {
    let wanted = u64::try_from(input).ok();
    vectors.iter().find(|vector| vector.index == wanted)
}

/// Vectors that can be read at all. What has no such form is told by the schema, and nothing more can be said of it.
fn read(case: &Case) -> Result<&[Vector], Verdict> {
    let vectors = &answer(case)?.vectors;
    let is_unreadable = vectors.iter().any(|vector| vector.form == Form::Unreadable);
    if is_unreadable && schema::reply(case).is_err() {
        return Err(Verdict::Untestable("the vectors have no form that can be read".to_owned()));
    }
    Ok(vectors)
}

/// Every input has the provider's own vector for it.
fn vectors(case: &Case) -> Judged {
    unless_refused(case)?;
    let wanted = provided(case);
    if wanted.is_empty() {
        return Err(Verdict::NotHere);
    }
    let got = read(case)?;
    let mut findings = Vec::new();
    for (input, wanted) in wanted.iter().enumerate().take(got.len().max(1)) {
        let Some(vector) = vector(got, input) else {
            findings.push(finding(Side::Client, &format!("/data/{input}"), "a vector", "none"));
            continue;
        };
        if let Some(at) = vector.leaves(wanted) {
            let number = |number: Option<String>| number.unwrap_or_else(|| "nothing".to_owned());
            findings.push(finding(
                Side::Client,
                &format!("/data/{input}/embedding/{at}"),
                number(wanted.get(at).map(ToString::to_string)),
                number(vector.numbers.get(at).map(ToString::to_string)),
            ));
        }
    }
    unless(findings)
}

/// The vectors of the script; of a provider that answers by itself, those that it sent.
fn provided(case: &Case) -> Vec<Vec<f32>> {
    if case.expected.scripted {
        return case.expected.vectors.clone();
    }
    let mut found = Vec::new();
    for asked in &case.asked {
        let before = found.len();
        if let Ok(reply) = serde_json::from_slice(&asked.reply) {
            collect(&reply, &mut found);
        }
        // Who is asked for one after the other answers each with one, maybe in several forms.
        if case.asked.len() > 1 {
            found.truncate(before + 1);
        }
    }
    found
}

/// Every list of numbers, in order: whatever a provider calls them, its vectors come first.
fn collect(json: &Value, found: &mut Vec<Vec<f32>>) {
    match json {
        Value::Array(elements) if !elements.is_empty() && elements.iter().all(Value::is_number) => {
            #[expect(clippy::cast_possible_truncation, reason = "vectors are 32-bit floats")]
            let number = |number: &Value| number.as_f64().unwrap_or_default() as f32;
            found.push(elements.iter().map(number).collect());
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

/// One vector for each input.
fn count(case: &Case) -> Judged {
    let Some(meant) = &case.meant else {
        return Err(Verdict::Untestable("the client's request cannot be read".to_owned()));
    };
    let got = read(case)?.len();
    if got == meant.inputs.len() { Ok(()) } else { client("/data", meant.inputs.len(), got) }
}

/// In the order of the inputs, and numbered so.
fn index(case: &Case) -> Judged {
    unless_refused(case)?;
    let got: Vec<_> = read(case)?.iter().map(|vector| vector.index).collect();
    let wanted: Vec<_> = (0..got.len()).map(|input| u64::try_from(input).ok()).collect();
    if got == wanted { Ok(()) } else { client("/data/*/index", json(&wanted), json(&got)) }
}

/// Numbers unless the client asks for base64.
fn form(case: &Case, wanted: Form) -> Judged {
    let asked = if case.sent.json["encoding_format"] == "base64" { Form::Base64 } else { Form::Floats };
    if asked != wanted {
        return Err(Verdict::NotHere);
    }
    let vectors = read(case)?;
    match vectors.iter().position(|vector| vector.form != wanted) {
        None => Ok(()),
        Some(at) => {
            let got = vectors[at].form;
            client(&format!("/data/{at}/embedding"), words(wanted), words(got))
        }
    }
}

fn words(form: Form) -> &'static str {
    match form {
        Form::Floats => "a list of numbers",
        Form::Base64 => "numbers in base64",
        Form::Unreadable => "neither numbers nor base64",
    }
}

/// As long as the client asks, unless the provider cannot be told that, which then is named.
fn dimensions(case: &Case) -> Judged {
    unless_refused(case)?;
    if is_named(case, "dimensions") {
        return Err(Verdict::NotHere);
    }
    let wanted = case.sent.json["dimensions"].as_u64().and_then(|length| usize::try_from(length).ok());
    let Some(wanted) = wanted else { return Err(Verdict::NotHere) };
    let vectors = read(case)?;
    match vectors.iter().position(|vector| vector.numbers.len() != wanted) {
        None => Ok(()),
        // That the provider was not told, is told where requests are judged.
        Some(_) if case.told.as_ref().is_none_or(|told| told.dimensions.is_none()) => {
            Err(Verdict::Untestable("the provider was not told how long vectors shall be".to_owned()))
        }
        Some(at) => {
            let got = vectors[at].numbers.len();
            client(&format!("/data/{at}/embedding"), format!("{wanted} numbers"), format!("{got} numbers"))
        }
    }
}

/// There is nothing but the prompt to count.
fn total(case: &Case) -> Judged {
    let usage = usage::usage(case)?;
    match (usage["prompt_tokens"].as_u64(), usage["total_tokens"].as_u64()) {
        (Some(prompt), Some(total)) if prompt == total => Ok(()),
        _ => client("/usage/total_tokens", "prompt_tokens", usage),
    }
}

/// Of a reply that broke nothing is used: a vector that is cut is another vector.
fn no_vectors(case: &Case) -> Judged {
    match &case.seen {
        Seen::Whole(_, answer) if !answer.vectors.is_empty() => client("/data", "no vector", got(case)),
        _ => Ok(()),
    }
}
