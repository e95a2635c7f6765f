//! A gateway that lets in whom it should not, or does not say why it does not.

use super::{Change, Mutant};

const KEYLESS: &[&str] = &["chat.callers.no-key@openai.chat/keys/whole"];
const REQUESTS: &[&str] = &["chat.callers.requests@openai.chat/request-limits/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "lets-everybody-in",
        requirement: "chat.callers.key",
        breaks: "Nobody has to show a key.",
        plays: &[
            "chat.callers.no-key@openai.chat/keys/whole",
            "chat.callers.unknown-key@openai.chat/keys/whole",
        ],
        changes: &[Change::Config(&[("name: key-auth,", "name: key-auth, enabled: false,")])],
    },
    Mutant {
        id: "does-not-say-how",
        requirement: "chat.callers.challenge",
        breaks: "A 401 does not say how to show a key.",
        plays: KEYLESS,
        changes: &[Change::Reply(|reply| drop(reply.headers.remove("www-authenticate")))],
    },
    Mutant {
        id: "gives-every-model",
        requirement: "chat.callers.models",
        breaks: "A client may use every model.",
        plays: &["chat.callers.another-model@openai.chat/client-models/whole"],
        changes: &[Change::Config(&[("touchstone-models:gpt-4o-mini", "touchstone-models:*")])],
    },
    Mutant {
        id: "counts-one-too-few",
        requirement: "chat.callers.requests",
        breaks: "A client gets one request more than it may.",
        plays: REQUESTS,
        changes: &[Change::Config(&[("hour: 2,", "hour: 3,")])],
    },
    Mutant {
        id: "counts-no-tokens",
        requirement: "chat.callers.tokens",
        breaks: "Tokens are not counted.",
        plays: &["chat.callers.tokens@openai.chat/token-limits/whole"],
        changes: NO_TOKENS,
    },
    Mutant {
        id: "counts-no-tokens-of-streams",
        requirement: "chat.callers.tokens",
        breaks: "The tokens of streams are not counted.",
        plays: &["chat.callers.tokens-of-streams@openai.chat/token-limits-streams/stream"],
        changes: NO_TOKENS,
    },
    Mutant {
        id: "does-not-say-when",
        requirement: "chat.callers.retry-after",
        breaks: "A 429 does not say when there is room.",
        plays: REQUESTS,
        changes: &[Change::Alone, Change::Reply(|reply| drop(reply.headers.remove("retry-after")))],
    },
    Mutant {
        id: "always-has-all-requests-left",
        requirement: "chat.callers.told-requests",
        breaks: "A client is told that it has had none of its requests.",
        plays: &["chat.callers.requests-told@openai.chat/request-limits-told/whole"],
        changes: &[Change::Reply(|reply| reply.set("x-ratelimit-remaining-requests", "1000"))],
    },
    Mutant {
        id: "always-has-all-tokens-left",
        requirement: "chat.callers.told-tokens",
        breaks: "A client is told that it has had none of its tokens.",
        plays: &["chat.callers.tokens-told@openai.chat/token-limits-told/whole"],
        changes: &[Change::Reply(|reply| reply.set("x-ratelimit-remaining-tokens", "1000000"))],
    },
];

const NO_TOKENS: &[Change] = &[Change::Config(&[("limit: [500]", "limit: [500000]")])];
