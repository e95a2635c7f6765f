//! Parameters of the request: what the client asked for reaches the provider, or the client hears that it does not.

use super::support::{
    Side, as_finding, asked, carried, carried_or_named, client, differences, finding, is_named, unless,
    unless_refused, upstream,
};
use super::{Check, Judged, Verdict};
use crate::case::Case;
use crate::meaning::Facet;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.request.max-tokens", |case| carried(case, Facet::MaxTokens)),
    ("chat.request.max-completion-tokens", |case| carried(case, Facet::MaxTokens)),
    ("chat.request.max-tokens.default", default_limit),
    ("chat.request.temperature", |case| sampling(case, Facet::Temperature)),
    ("chat.request.top-p", |case| sampling(case, Facet::TopP)),
    ("chat.request.top-k", |case| carried_or_named(case, Facet::TopK)),
    ("chat.request.stop", |case| carried(case, Facet::Stop)),
    ("chat.request.user", |case| carried_or_named(case, Facet::User)),
    ("chat.request.user.anthropic", |case| carried(case, Facet::User)),
    ("chat.request.guardrail", |case| carried(case, Facet::Guardrail)),
    ("chat.request.effort", |case| carried_or_named(case, Facet::Effort)),
    ("chat.request.format.json-schema", |case| carried(case, Facet::Format)),
    ("chat.request.format.json-object", |case| carried_or_named(case, Facet::Format)),
    ("chat.request.nothing-lost", nothing_lost),
    ("chat.request.dropped.true", dropped_is_true),
];

/// A limit that the provider insists on.
fn default_limit(case: &Case) -> Judged {
    asked(case)?;
    match case.told.as_ref().and_then(|told| told.max_tokens) {
        Some(limit) if limit > 0 => Ok(()),
        other => upstream("/max_tokens", "a limit of at least 1", format!("{other:?}")),
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

/// Whatever the client asked for is carried, refused, or named as dropped.
fn nothing_lost(case: &Case) -> Judged {
    unless_refused(case)?;
    let lost = differences(case)?.into_iter().filter(|difference| !is_named(case, &difference.member));
    unless(lost.map(as_finding).collect())
}

/// What is said to be dropped is dropped: the header must not cry wolf.
fn dropped_is_true(case: &Case) -> Judged {
    unless_refused(case)?;
    let Some(header) = &case.policies.dropped_header else { return Err(Verdict::NotHere) };
    let Some(names) = case.transcript.header(&header.to_lowercase()) else {
        let lost = differences(case)?;
        return if lost.is_empty() { Ok(()) } else { client(header, "the dropped members", "nothing") };
    };
    let lost = differences(case)?;
    let known = |name: &str| lost.iter().any(|difference| name.contains(difference.member.as_str()));
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    unless(
        names
            .filter(|name| !known(name))
            .map(|name| finding(Side::Client, header, "only what is dropped", name))
            .collect(),
    )
}
