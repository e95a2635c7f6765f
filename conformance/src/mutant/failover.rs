//! Several targets, of which others are asked than should be, or more often.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use super::alike::TWICE;
use super::{Change, Mutant};

/// How many requests were given another session.
static NUMBER: AtomicU32 = AtomicU32::new(1);

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "asks-each-target-twice",
        requirement: "chat.failover.next-target",
        breaks: "Each target is asked twice before the next one is.",
        plays: &["chat.failover.http-503@openai.chat/failover/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "tells-who-failed",
        requirement: "chat.failover.no-trace",
        breaks: "The answer has a header with the words of the target that failed.",
        plays: &["chat.failover.http-503@openai.chat/failover/whole"],
        changes: &[Change::Reply(|reply| reply.set("x-first-error", "everyone is here already"))],
    },
    Mutant {
        id: "begins-again",
        requirement: "chat.failover.not-once-begun",
        breaks: "A stream that broke off is asked again.",
        plays: &["chat.failover.once-begun@openai.chat/failover/stream"],
        changes: TWICE,
    },
    Mutant {
        id: "asks-again-what-is-wrong",
        requirement: "chat.failover.not-for-clients-mistakes",
        breaks: "A request that was refused as wrong is asked again.",
        plays: &["chat.failover.wrong-request@openai.chat/failover/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "fails-over-on-everything",
        requirement: "chat.failover.only-as-configured",
        breaks: "A status that is not listed leads to another try.",
        plays: &["chat.failover.not-listed@openai.chat/failover-sparing/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "may-do-it-twice",
        requirement: "chat.failover.not-sent-twice",
        breaks: "A request that was sent is sent again.",
        plays: &["chat.failover.may-be-done@openai.chat/failover-sparing/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "never-gives-up",
        requirement: "chat.failover.bounded",
        breaks: "Targets that fail are asked again and again.",
        plays: &["chat.failover.exhausted@openai.chat/failover/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "comes-back-too-early",
        requirement: "chat.failover.left-alone",
        breaks: "A target that wants to be left alone is asked again.",
        plays: &["chat.failover.retry-after@openai.chat/failover-patient/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "never-breaks",
        requirement: "chat.breaker.open",
        breaks: "A target that fails is asked more often than it may fail.",
        plays: &["chat.breaker.open@openai.chat/breaker/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "probes-twice",
        requirement: "chat.breaker.probe",
        breaks: "A target that is out gets two calls to show that it is back.",
        plays: &["chat.breaker.probe@openai.chat/breaker-probe/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "asks-who-is-back-twice",
        requirement: "chat.breaker.closed-again",
        breaks: "A target that is back is asked everything twice.",
        plays: &["chat.breaker.closed-again@openai.chat/breaker-again/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "turns-twice",
        requirement: "chat.balance.round-robin",
        breaks: "Each call is asked twice of the target whose turn it is.",
        plays: &["chat.balance.round-robin@openai.chat/round-robin/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "forgets-the-session",
        requirement: "chat.balance.consistent-hashing",
        breaks: "The header by which requests of a session are known is another one each time.",
        plays: &["chat.balance.consistent-hashing@openai.chat/consistent-hashing/whole"],
        changes: &[Change::Request(|request| {
            let number = NUMBER.fetch_add(1, Relaxed);
            request.set("x-session", &format!("{}", number.wrapping_mul(2_654_435_761)));
        })],
    },
    Mutant {
        id: "crowds",
        requirement: "chat.balance.least-connections",
        breaks: "Each call is under way twice.",
        plays: &["chat.balance.least-connections@openai.chat/least-connections/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "wastes",
        requirement: "chat.balance.lowest-usage",
        breaks: "The target that has used most is asked as often as the other.",
        plays: &["chat.balance.lowest-usage@openai.chat/lowest-usage/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "waits-for-the-slow",
        requirement: "chat.balance.lowest-latency",
        breaks: "The slow target is asked again and again.",
        plays: &["chat.balance.lowest-latency@openai.chat/lowest-latency/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "has-no-favourite",
        requirement: "chat.balance.priority",
        breaks: "Each call is asked of two targets.",
        plays: &["chat.balance.priority@openai.chat/failover/whole"],
        changes: TWICE,
    },
    Mutant {
        id: "misses-the-point",
        requirement: "chat.balance.semantic",
        breaks: "The gateway reads another text than the client's.",
        plays: &["chat.balance.semantic-kitchens@openai.chat/semantic/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| {
                let said = body
                    .to_string()
                    .replace("recipe for bread in my kitchen oven", "bug in my program's code");
                *body = serde_json::from_str(&said).unwrap_or_default();
            });
        })],
    },
];
