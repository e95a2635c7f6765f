//! Several targets, of which another one has its turn than should: the gateway counts, measures or remembers otherwise.

use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "never-breaks",
        requirement: "chat.breaker.open",
        breaks: "A target that fails is asked more often than it may fail.",
        plays: &["chat.breaker.open@openai.chat/breaker/whole"],
        changes: &[Change::Config(&[("max_fails: 2", "max_fails: 9")])],
    },
    Mutant {
        id: "forgives-at-once",
        requirement: "chat.breaker.probe",
        breaks: "A target that failed its one call gets the next one too.",
        plays: &["chat.breaker.probe@openai.chat/breaker-probe/whole"],
        changes: &[Change::Config(&[("fail_timeout: 1000", "fail_timeout: 1")])],
    },
    Mutant {
        id: "never-forgives",
        requirement: "chat.breaker.closed-again",
        breaks: "A target that was out is never asked again.",
        plays: &["chat.breaker.closed-again@openai.chat/breaker-again/whole"],
        changes: &[Change::Config(&[("fail_timeout: 1000", "fail_timeout: 60000")])],
    },
    Mutant {
        id: "weighs-nothing",
        requirement: "chat.balance.round-robin",
        breaks: "All targets have their turn alike, whatever they weigh.",
        plays: &["chat.balance.round-robin@openai.chat/round-robin/whole"],
        changes: &[Change::Config(&[("[300, 100]", "[100, 100]")])],
    },
    Mutant {
        id: "forgets-the-session",
        requirement: "chat.balance.consistent-hashing",
        breaks: "Another header is looked at than the one by which requests of a session are known.",
        plays: &["chat.balance.consistent-hashing@openai.chat/consistent-hashing/whole"],
        changes: &[Change::Config(&[("hash_on_header: x-session", "hash_on_header: x-somebody")])],
    },
    Mutant {
        id: "crowds",
        requirement: "chat.balance.least-connections",
        breaks: "A target has its turn, however many calls it has under way.",
        plays: &["chat.balance.streams-under-way@openai.chat/least-connections-streams/stream"],
        changes: TURNS_FOR_CONNECTIONS,
    },
    Mutant {
        id: "crowds-one",
        requirement: "chat.balance.least-connections",
        breaks: "Of calls at once, one target gets all.",
        plays: &["chat.balance.least-connections@openai.chat/least-connections/whole"],
        changes: &[Change::Config(&[
            (
                r#""least-connections", "algorithm": "least-connections""#,
                r#""least-connections", "algorithm": "priority""#,
            ),
            (
                r#""weights": [100, 100] },
          { "name": "least-connections-streams""#,
                r#""weights": [200, 100] },
          { "name": "least-connections-streams""#,
            ),
        ])],
    },
    Mutant {
        id: "wastes",
        requirement: "chat.balance.lowest-usage",
        breaks: "The target that has used most is asked as often as the other.",
        plays: &["chat.balance.lowest-usage@openai.chat/lowest-usage/whole"],
        changes: TURNS_FOR_USAGE,
    },
    Mutant {
        id: "wastes-in-streams",
        requirement: "chat.balance.lowest-usage",
        breaks: "What streams used is not counted.",
        plays: &["chat.balance.lowest-usage-streams@openai.chat/lowest-usage-streams/stream"],
        changes: TURNS_FOR_USAGE,
    },
    Mutant {
        id: "waits-for-the-slow",
        requirement: "chat.balance.lowest-latency",
        breaks: "The slow target is asked again and again.",
        plays: &["chat.balance.lowest-latency@openai.chat/lowest-latency/whole"],
        changes: TURNS_FOR_LATENCY,
    },
    Mutant {
        id: "waits-for-slow-tokens",
        requirement: "chat.balance.lowest-latency",
        breaks: "A target whose streams are slow is asked again and again.",
        plays: &["chat.balance.lowest-latency-streams@openai.chat/lowest-latency-streams/stream"],
        changes: TURNS_FOR_LATENCY,
    },
    Mutant {
        id: "prefers-the-last",
        requirement: "chat.balance.priority",
        breaks: "The target of the lowest priority is asked first.",
        plays: &["chat.balance.priority@openai.chat/failover/whole"],
        changes: &[Change::Config(&[("default([200, 100])", "default([100, 200])")])],
    },
    Mutant {
        id: "misses-the-point",
        requirement: "chat.balance.semantic",
        breaks: "Each target gets the prompts that are about the other.",
        plays: &["chat.balance.semantic-kitchens@openai.chat/semantic/whole"],
        changes: &[Change::Config(&[
            ("programs, code, bugs and compilers", "{{ one }}"),
            ("kitchens, recipes, bread and ovens", "programs, code, bugs and compilers"),
            ("{{ one }}", "kitchens, recipes, bread and ovens"),
        ])],
    },
];

const TURNS_FOR_CONNECTIONS: &[Change] =
    &[Change::Config(&[(r#""algorithm": "least-connections""#, r#""algorithm": "round-robin""#)])];
const TURNS_FOR_USAGE: &[Change] =
    &[Change::Config(&[(r#""algorithm": "lowest-usage""#, r#""algorithm": "round-robin""#)])];
const TURNS_FOR_LATENCY: &[Change] =
    &[Change::Config(&[(r#""algorithm": "lowest-latency""#, r#""algorithm": "round-robin""#)])];
