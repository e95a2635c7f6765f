//! Routes with several targets: which is asked, which is asked next when one fails, and which is left alone.

use super::support::{Side, finding, unless};
use super::{Check, Judged, Verdict};
use crate::case::Case;
use crate::text::{json, short};

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.failover.next-target", targets),
    ("chat.failover.no-trace", no_trace),
    ("chat.failover.not-once-begun", targets),
    ("chat.failover.not-for-clients-mistakes", targets),
    ("chat.failover.only-as-configured", targets),
    ("chat.failover.not-sent-twice", targets),
    ("chat.failover.bounded", targets),
    ("chat.failover.left-alone", targets),
    ("chat.breaker.open", targets),
    ("chat.breaker.probe", targets),
    ("chat.breaker.closed-again", targets),
    ("chat.balance.round-robin", targets),
    ("chat.balance.consistent-hashing", targets),
    ("chat.balance.least-connections", targets),
    ("chat.balance.lowest-usage", targets),
    ("chat.balance.lowest-latency", targets),
    ("chat.balance.priority", targets),
    ("chat.balance.semantic", targets),
];

/// Whose targets were asked: in order, or how often each.
fn targets(case: &Case) -> Judged {
    let expect = &case.scenario.expect;
    if !expect.says_targets() {
        return Err(Verdict::NotHere);
    }
    let got = case.targets.join(", ");
    let order = expect.asked.iter().filter(|order| **order != case.targets);
    let mut findings: Vec<_> =
        order.map(|order| finding(Side::Upstream, "targets", order.join(", "), &got)).collect();
    let times = |provider: &String| case.targets.iter().filter(|asked| *asked == provider).count();
    let mut wrong =
        |provider: &str, wanted: String| findings.push(finding(Side::Upstream, provider, wanted, &got));
    for (provider, share) in expect.share.iter().filter(|(provider, share)| times(provider) != **share) {
        wrong(provider, format!("{share} requests"));
    }
    for (provider, most) in expect.most.iter().filter(|(provider, most)| times(provider) > **most) {
        wrong(provider, format!("{most} requests at most"));
    }
    if expect.same && case.targets.windows(2).any(|pair| pair[0] != pair[1]) {
        wrong("targets", "one of them".to_owned());
    }
    unless(findings)
}

/// What a target said that failed is not for the client.
fn no_trace(case: &Case) -> Judged {
    let (replies, last) = (&case.scenario.replies, case.asked.last());
    if replies.len() < 2 || last.is_none() {
        return Err(Verdict::NotHere);
    }
    let failed = replies[..replies.len() - 1].iter();
    let said = failed.filter_map(|reply| reply.error.as_ref()?.message.as_deref());
    let headers = case.transcript.headers.iter().map(|(_, value)| value.as_str());
    let body = case.transcript.body();
    let body = String::from_utf8_lossy(&body);
    let got: Vec<&str> = headers.chain([&*body]).collect();
    let traces = said.filter(|said| got.iter().any(|got| got.contains(said)));
    let trace =
        |said| finding(Side::Client, "reply", format!("nothing of {}", json(said)), short(&body, 240));
    unless(traces.map(trace).collect())
}
