//! Completions: <https://platform.openai.com/docs/api-reference/completions>. What they have in common with chats is
//! judged by the same checks; here is what only prompts have.

use super::support::{answer, as_finding, carried, client, differences, is_refused, unless};
use super::{
    Check, Judged, Verdict, errors, faults, params, reply, request, same, schema, security, stream,
    structure, support, usage,
};
use crate::case::Case;
use crate::meaning::{Difference, Facet};

pub(super) const TABLE: &[(&str, Check)] = &[
    ("completions.request.valid", request::valid),
    ("completions.request.once", request::once),
    ("completions.request.endpoint", request::endpoint),
    ("completions.request.auth", request::auth),
    ("completions.request.content-type", request::content_type),
    ("completions.request.model", request::model),
    ("completions.request.same-dialect", same::same_dialect),
    ("completions.request.prompt", prompt),
    ("completions.request.text.unchanged", structure::unchanged),
    ("completions.request.prompts", |case| carried_or_refused(case, Facet::Batch)),
    ("completions.request.tokens", |case| carried_or_refused(case, Facet::Tokens)),
    ("completions.request.max-tokens", |case| carried(case, Facet::MaxTokens)),
    ("completions.request.temperature", |case| carried(case, Facet::Temperature)),
    ("completions.request.top-p", |case| carried(case, Facet::TopP)),
    ("completions.request.stop", |case| carried(case, Facet::Stop)),
    ("completions.request.user", params::user),
    ("completions.request.suffix", |case| not_only_named(case, "suffix")),
    ("completions.request.nothing-lost", params::nothing_lost),
    ("completions.request.nothing-silent", params::nothing_silent),
    ("completions.request.dropped.true", params::dropped_is_true),
    ("completions.reply.ok", reply::ok),
    ("completions.reply.content-type", reply::content_type),
    ("completions.reply.schema", schema::reply),
    ("completions.reply.nullables", schema::reply_nullables),
    ("completions.reply.text", reply::text),
    ("completions.reply.text.unicode", reply::text),
    ("completions.reply.text.empty", reply::empty_text),
    ("completions.reply.id", reply::id),
    ("completions.reply.created", reply::created),
    ("completions.reply.model", reply::model),
    ("completions.reply.finish", reply::finish),
    ("completions.reply.finish.known", reply::known_finish),
    ("completions.reply.choices", choices),
    ("completions.reply.echo", echo),
    ("completions.usage.present", usage::present),
    ("completions.usage.total", usage::total),
    ("completions.usage.prompt", |case| usage::count(case, "/prompt_tokens", case.expected.usage.prompt)),
    ("completions.usage.completion", |case| {
        usage::count(case, "/completion_tokens", case.expected.usage.completion)
    }),
    ("completions.usage.stream.shape", usage::shape),
    ("completions.usage.stream.last", usage::last),
    ("completions.usage.stream.unasked", usage::unasked),
    ("completions.usage.stream.null-before", usage::null_before),
    ("completions.stream.content-type", stream::content_type),
    ("completions.stream.sse", stream::sse),
    ("completions.stream.unnamed", stream::unnamed),
    ("completions.stream.chunk", schema::chunk),
    ("completions.stream.nullables", schema::chunk_nullables),
    ("completions.stream.order", stream::order),
    ("completions.stream.one-id", stream::one_id),
    ("completions.stream.finish-once", stream::finish_once),
    ("completions.stream.nothing-after-finish", stream::nothing_after_finish),
    ("completions.stream.done-once", stream::done_once),
    ("completions.stream.done-last", stream::done_last),
    ("completions.stream.no-errors", stream::no_errors),
    ("completions.stream.timely", stream::timely),
    ("completions.stream.steady", stream::steady),
    ("completions.error.status", errors::status),
    ("completions.error.object", errors::object),
    ("completions.error.content-type", errors::content_type),
    ("completions.error.message", errors::message),
    ("completions.error.retry-after", errors::retry_after),
    ("completions.refusal.status", errors::refusal_status),
    ("completions.refusal.object", errors::object),
    ("completions.refusal.not-called", errors::not_called),
    ("completions.refusal.says-why", errors::says_why),
    ("completions.fault.never-done", faults::done_unless_told),
    ("completions.fault.done-after-error", faults::done_after_error),
    ("completions.fault.no-finish", faults::no_finish),
    ("completions.fault.visible", faults::visible),
    ("completions.fault.error-event", faults::error_event),
    ("completions.fault.error-object", faults::error_object),
    ("completions.fault.prefix", faults::prefix),
    ("completions.fault.prompt", faults::prompt),
    ("completions.fault.timeout-status", faults::timeout_status),
    ("completions.fault.stall-cancelled", faults::stall_cancelled),
    ("completions.fault.message", faults::message),
    ("completions.fault.bad-gateway", faults::bad_gateway),
    ("completions.security.upstream-key-hidden", security::upstream_key_hidden),
    ("completions.security.client-key-kept", security::client_key_kept),
    ("completions.security.model-locked", security::model_locked),
    ("completions.client.disconnect-cancels", stream::disconnect_cancels),
    ("completions.client.parallel-apart", reply::text),
];

/// The prompt, and nothing that nobody said: what a chat is told besides is another text to complete.
fn prompt(case: &Case) -> Judged {
    let said = |difference: &Difference| matches!(difference.facet, Facet::Turns | Facet::System);
    unless(differences(case)?.into_iter().filter(said).map(as_finding).collect())
}

/// What some providers cannot do reaches those that can; the others' clients hear a 400, and never get another answer
/// than the one to their question.
pub(super) fn carried_or_refused(case: &Case, facet: Facet) -> Judged {
    if is_refused(case)? {
        return refusable(case, facet);
    }
    let found = differences(case)?;
    unless(found.into_iter().filter(|difference| difference.facet == facet).map(as_finding).collect())
}

fn refusable(case: &Case, facet: Facet) -> Judged {
    // Refused for something else that was said beside it.
    if !super::refusal::named(case).is_empty() {
        return Err(Verdict::NotHere);
    }
    if case.api().is_none_or(|api| api.lacks(facet)) {
        Ok(())
    } else {
        client("status", "an answer, for the provider can do it", support::got(case))
    }
}

/// A member without which the answer is to another question: carried, or refused.
fn not_only_named(case: &Case, member: &str) -> Judged {
    if is_refused(case)? {
        return Ok(());
    }
    let found = differences(case)?;
    unless(found.into_iter().filter(|difference| difference.member == member).map(as_finding).collect())
}

/// As many choices as were asked for, for each prompt; or a refusal.
fn choices(case: &Case) -> Judged {
    if is_refused(case)? {
        return Ok(());
    }
    // Prompts that were joined or lost on the way have no choices of their own: that is told of the request.
    let is_lost = |difference: &Difference| matches!(difference.facet, Facet::Batch | Facet::Tokens);
    if differences(case)?.iter().any(is_lost) {
        return Err(Verdict::Untestable("the provider was asked something else".to_owned()));
    }
    let prompts = case.meant.as_ref().map_or(1, |meant| meant.inputs.len().max(1));
    let each = case.sent.json["n"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let got = answer(case)?.choices;
    if got == prompts * each { Ok(()) } else { client("/choices", prompts * each, got) }
}

/// The prompt stands before its completion; or a refusal.
fn echo(case: &Case) -> Judged {
    if is_refused(case)? {
        return Ok(());
    }
    let prompt = case.sent.json["prompt"].as_str().unwrap_or_default();
    support::equal("/choices/0/text", &format!("{prompt}{}", case.expected.text), &answer(case)?.text)
}
