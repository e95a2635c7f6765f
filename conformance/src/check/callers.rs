//! Who may call, what, and how much.

use super::support::{Side, client, finding, got, unless};
use super::{Check, Judged, Verdict};
use crate::case::Case;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.callers.key", |case| refused(case, &[401])),
    ("chat.callers.challenge", challenge),
    ("chat.callers.models", |case| refused(case, &[403, 404])),
    ("chat.callers.requests", |case| refused(case, &[429])),
    ("chat.callers.tokens", |case| refused(case, &[429])),
    ("chat.callers.retry-after", retry_after),
    ("chat.callers.told-requests", |case| told(case, "requests", calls(case))),
    ("chat.callers.told-tokens", |case| told(case, "tokens", tokens(case))),
];

/// One of these statuses, and nobody was asked but by the calls before.
fn refused(case: &Case, statuses: &[u16]) -> Judged {
    let mut findings = Vec::new();
    if !case.transcript.status.is_some_and(|status| statuses.contains(&status)) {
        let wanted = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
        findings.push(finding(Side::Client, "status", wanted, got(case)));
    }
    if !case.asked.is_empty() {
        let asked = format!("{} requests", case.asked.len());
        findings.push(finding(Side::Upstream, "requests", "none", asked));
    }
    let order = case.scenario.expect.asked.iter().filter(|order| **order != case.targets);
    let other = |order: &Vec<String>| {
        finding(Side::Upstream, "requests before", order.join(", "), case.targets.join(", "))
    };
    findings.extend(order.map(other));
    unless(findings)
}

fn challenge(case: &Case) -> Judged {
    match case.transcript.header("www-authenticate") {
        _ if case.transcript.status != Some(401) => Err(Verdict::NotHere),
        Some(challenge) if !challenge.trim().is_empty() => Ok(()),
        _ => client("www-authenticate", "a scheme", "nothing"),
    }
}

/// Whole seconds, of which there is at least one.
fn retry_after(case: &Case) -> Judged {
    let told = case.transcript.header("retry-after");
    match told.and_then(|told| told.parse::<u64>().ok()) {
        _ if case.transcript.status != Some(429) => Err(Verdict::NotHere),
        Some(1..) => Ok(()),
        _ => client("retry-after", "seconds", told.unwrap_or("nothing")),
    }
}

/// What is left is no more than what there was without what this client had: others may have had some of it as well.
fn told(case: &Case, what: &str, had: u64) -> Judged {
    let names = ["limit", "remaining"].map(|which| format!("x-ratelimit-{which}-{what}"));
    let [limit, left] = names.each_ref().map(|name| {
        let told = case.transcript.header(name);
        told.and_then(|told| told.parse::<u64>().ok())
    });
    match (limit, left) {
        (None | Some(0), _) => client(&names[0], "a number", "none"),
        (_, None) => client(&names[1], "a number", "none"),
        (Some(limit), Some(left)) if left <= limit.saturating_sub(had) => Ok(()),
        (Some(limit), Some(left)) => {
            client(&names[1], format!("{} at most", limit.saturating_sub(had)), left.to_string())
        }
    }
}

fn calls(case: &Case) -> u64 {
    case.sent.before.len() as u64 + 1
}

/// What the calls before took: this one may not be over.
fn tokens(case: &Case) -> u64 {
    case.sent.before.iter().filter_map(|reply| reply["usage"]["total_tokens"].as_u64()).sum()
}
