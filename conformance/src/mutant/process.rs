//! A gateway's process that ends wrongly, or says too much.

use super::{Change, Mutant};

const PLAYS: &[&str] = &["chat.lifecycle.terminated@openai.chat/anthropic/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "drops-everything",
        requirement: "chat.lifecycle.drain",
        breaks: "Told to end, it ends at once, in the middle of a stream.",
        plays: PLAYS,
        changes: &[Change::Process("\"$@\" & child=$!; trap 'kill -KILL $child; exit 0' TERM; wait $child")],
    },
    Mutant {
        id: "ends-as-a-failure",
        requirement: "chat.lifecycle.exit",
        breaks: "Told to end, it finishes what has begun, and then reports a failure.",
        plays: PLAYS,
        changes: &[Change::Process(
            "\"$@\" & child=$!; trap 'kill -TERM $child; wait $child; exit 1' TERM; wait $child",
        )],
    },
    Mutant {
        id: "logs-keys",
        requirement: "chat.lifecycle.no-keys-in-log",
        breaks: "A key of a provider stands in the gateway's log.",
        plays: PLAYS,
        // The published key of the mocks: `mocks::Credentials::default()`.
        changes: &[Change::Process("echo 'anthropic: x-api-key is sk-ant-touchstone'; exec \"$@\"")],
    },
];
