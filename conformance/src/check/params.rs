//! Parameters of the request: what the client asked for reaches the provider, or the client hears that it does not.

use serde_json::Value;

use super::support::{
    Side, as_finding, asked, carried, carried_or_named, differences, finding, is_named, unless,
    unless_refused, upstream,
};
use super::{Check, Judged, Verdict};
use crate::Surface;
use crate::case::Case;
use crate::meaning::{Difference, Facet};
use crate::text::or_nothing;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.request.max-tokens", |case| carried(case, Facet::MaxTokens)),
    ("chat.request.max-completion-tokens", |case| carried(case, Facet::MaxTokens)),
    ("chat.request.max-tokens.default", default_limit),
    ("chat.request.temperature", |case| sampling(case, Facet::Temperature)),
    ("chat.request.top-p", |case| sampling(case, Facet::TopP)),
    ("chat.request.top-k", |case| carried_or_named(case, Facet::TopK)),
    ("chat.request.stop", |case| carried(case, Facet::Stop)),
    ("chat.request.user", user),
    ("chat.request.user.anthropic", |case| carried(case, Facet::User)),
    ("chat.request.guardrail", |case| carried(case, Facet::Guardrail)),
    ("chat.request.effort", |case| carried_or_named(case, Facet::Effort)),
    ("chat.request.format.json-schema", |case| carried(case, Facet::Format)),
    ("chat.request.format.json-object", |case| carried_or_named(case, Facet::Format)),
    ("chat.request.nothing-lost", nothing_lost),
    ("chat.request.nothing-silent", nothing_silent),
    ("chat.request.dropped.true", dropped_is_true),
];

/// A limit that the provider insists on.
fn default_limit(case: &Case) -> Judged {
    asked(case)?;
    match case.told.as_ref().and_then(|told| told.max_tokens) {
        Some(limit) if limit > 0 => Ok(()),
        other => upstream("/max_tokens", "a limit of at least 1", or_nothing(other)),
    }
}

/// The version 2026-10-21 of Anthropic's API refuses sampling parameters: there, naming them is the best that can be done.
fn sampling(case: &Case, facet: Facet) -> Judged {
    if case.route.version.as_deref() == Some("2026-10-21") {
        carried_or_named(case, facet)
    } else {
        carried(case, facet)
    }
}

/// Who asks, where the provider wants to know.
pub(super) fn user(case: &Case) -> Judged {
    let has_place = case.api().is_none_or(|api| !api.lacks(Facet::User));
    if has_place { carried_or_named(case, Facet::User) } else { Err(Verdict::NotHere) }
}

/// Whatever the client asked for, and the provider has a place for, is carried, refused, or named as dropped.
pub(super) fn nothing_lost(case: &Case) -> Judged {
    lost(case, true)
}

/// What the provider has no place for is refused, or named as dropped.
pub(super) fn nothing_silent(case: &Case) -> Judged {
    lost(case, false)
}

fn lost(case: &Case, with_place: bool) -> Judged {
    unless_refused(case)?;
    // The same, where the provider was handed a member as it is, and the client heard its refusal.
    if !super::refusal::members(case).is_empty() {
        return Err(Verdict::NotHere);
    }
    let api = case.api();
    // In OpenAI's dialect nobody can ask for `top_k`: its document does not know it, and its service refuses it.
    let is_of_dialect =
        |difference: &Difference| case.surface() != Surface::Chat || difference.facet != Facet::TopK;
    let has_place = |difference: &Difference| {
        is_of_dialect(difference) && api.is_none_or(|api| api.has_place(difference.facet, &difference.member))
    };
    let found = differences(case)?;
    // Several prompts that were sent as one conversation are one difference, and no turn too many besides.
    let joined: Vec<_> =
        found.iter().filter(|found| found.facet == Facet::Batch).map(|found| found.pointer.clone()).collect();
    let is_joined = |found: &Difference| found.facet == Facet::Turns && joined.contains(&found.pointer);
    let found = found.into_iter().filter(|found| has_place(found) == with_place && !is_joined(found));
    unless(found.filter(|difference| !is_named(case, &difference.member)).map(as_finding).collect())
}

/// What is said to be dropped is in the client's request and not in the provider's: the header must not cry wolf.
pub(super) fn dropped_is_true(case: &Case) -> Judged {
    unless_refused(case)?;
    let Some(header) = &case.policies.dropped_header else { return Err(Verdict::NotHere) };
    let names = case.transcript.header(&header.to_lowercase()).unwrap_or_default();
    let lost = differences(case)?;
    let counts_streams = case.api().is_none_or(|api| api.counts_streams);
    let is_true = |name: &str| {
        if name == "stream_options" && !counts_streams {
            return true;
        }
        let member =
            name.rsplit(['.', '/', '[', ']']).find(|part| part.parse::<usize>().is_err() && !part.is_empty());
        let Some(member) = member else { return false };
        let names = |known: &str| case.surface().names(known);
        let is_it = |known: &str| known == member || names(known).contains(&member);
        let is_lost = lost.iter().any(|difference| is_it(&difference.member));
        is_lost || (name != member && has_member(&case.sent.json, member))
    };
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let wolves = names.filter(|name| !is_true(name));
    unless(wolves.map(|name| finding(Side::Client, header, "only what is dropped", name)).collect())
}

/// Whether a member of this name is anywhere in it.
fn has_member(json: &Value, name: &str) -> bool {
    match json {
        Value::Object(members) => members.iter().any(|(key, value)| key == name || has_member(value, name)),
        Value::Array(elements) => elements.iter().any(|element| has_member(element, name)),
        _ => false,
    }
}
