//! Several targets, of which the next one is asked when it should not be, or is not when it should.

use super::alike::TWICE;
use super::{Change, Mutant, Wire};

const UNAVAILABLE: &[&str] = &["chat.failover.http-503@openai.chat/failover/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "overlooks-503",
        requirement: "chat.failover.next-target",
        breaks: "A status that is listed leads to no other try.",
        plays: UNAVAILABLE,
        changes: &[Change::Config(&[("http_502, http_503,", "http_502,")])],
    },
    Mutant {
        id: "gives-up-at-once",
        requirement: "chat.failover.next-target",
        breaks: "No target but the first is asked.",
        plays: &["chat.failover.error@openai.chat/failover/stream"],
        changes: &[Change::Config(&[("retries: 1", "retries: 0")])],
    },
    Mutant {
        id: "asks-each-target-twice",
        requirement: "chat.failover.next-target",
        breaks: "Each target is asked twice before the next one is.",
        plays: UNAVAILABLE,
        changes: TWICE,
    },
    Mutant {
        id: "tells-who-failed",
        requirement: "chat.failover.no-trace",
        breaks: "The answer has a header with the words of the target that failed.",
        plays: UNAVAILABLE,
        changes: &[Change::Reply(|reply| reply.set("x-first-error", "everyone is here already"))],
    },
    Mutant {
        id: "begins-again",
        requirement: "chat.failover.not-once-begun",
        breaks: "A stream that broke off is asked again, behind what the client has seen of it.",
        plays: &["chat.failover.once-begun@openai.chat/failover/stream"],
        changes: &[Change::Wire(Wire::Again)],
    },
    Mutant {
        id: "takes-refusals-for-outages",
        requirement: "chat.failover.not-for-clients-mistakes",
        breaks: "A target that refuses a request is taken to be out, and the next one is asked.",
        plays: &[
            "chat.failover.wrong-request@openai.chat/failover/whole",
            "chat.failover.wrong-key@openai.chat/failover/whole",
        ],
        changes: &[Change::Answer(|answer| answer.status = 503)],
    },
    Mutant {
        id: "fails-over-on-everything",
        requirement: "chat.failover.only-as-configured",
        breaks: "A status that is not listed leads to another try.",
        plays: &["chat.failover.not-listed@openai.chat/failover-sparing/whole"],
        changes: &[Change::Config(&[(
            r#""failover-sparing", "algorithm": "priority", "criteria": "[error, timeout]""#,
            r#""failover-sparing", "algorithm": "priority", "criteria": every"#,
        )])],
    },
    Mutant {
        id: "may-do-it-twice",
        requirement: "chat.failover.not-sent-twice",
        breaks: "A request that was sent is sent again.",
        plays: &["chat.failover.may-be-done@openai.chat/failover-sparing/whole"],
        changes: &[Change::Config(&[("[error, timeout]", "[error, timeout, non_idempotent]")])],
    },
    Mutant {
        id: "never-gives-up",
        requirement: "chat.failover.bounded",
        breaks: "Targets that fail are asked again and again.",
        plays: &["chat.failover.exhausted@openai.chat/failover/whole"],
        changes: &[Change::Config(&[("retries: 1", "retries: 3")])],
    },
    Mutant {
        id: "comes-back-too-early",
        requirement: "chat.failover.left-alone",
        breaks: "When a target wants to be left alone is overlooked.",
        plays: &["chat.failover.retry-after@openai.chat/failover-patient/whole"],
        changes: &[
            Change::Alone,
            Change::Answer(|answer| {
                answer.headers.remove("retry-after");
                answer.headers.remove("retry-after-ms");
            }),
        ],
    },
];
