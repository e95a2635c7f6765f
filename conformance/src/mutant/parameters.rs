//! Parameters that do not reach the provider, or reach it otherwise.

use serde_json::json;

use super::message::remove;
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "forgets-max-tokens",
        requirement: "chat.request.max-tokens",
        breaks: "max_tokens is left out.",
        plays: &["chat.parameters.max-tokens@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("max_tokens"))],
    },
    Mutant {
        id: "forgets-max-completion-tokens",
        requirement: "chat.request.max-completion-tokens",
        breaks: "max_completion_tokens is left out, for the gateway knows max_tokens only.",
        plays: &["chat.parameters.max-completion-tokens@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("max_completion_tokens"))],
    },
    Mutant {
        id: "has-no-default-limit",
        requirement: "chat.request.max-tokens.default",
        breaks: "Anthropic is asked without max_tokens.",
        plays: &["chat.parameters.no-limit@openai.chat/anthropic/whole"],
        changes: &[Change::Upstream(|request| request.forget("max_tokens"))],
    },
    Mutant {
        id: "takes-zero-for-nothing",
        requirement: "chat.request.temperature",
        breaks: "A temperature of 0 is left out.",
        plays: &["chat.parameters.temperature-zero@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| {
                if body["temperature"].as_f64() == Some(0.0) {
                    remove(body, "temperature");
                }
            });
        })],
    },
    Mutant {
        id: "forgets-top-p",
        requirement: "chat.request.top-p",
        breaks: "top_p is left out.",
        plays: &["chat.parameters.top-p@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("top_p"))],
    },
    Mutant {
        id: "forgets-top-k",
        requirement: "chat.request.top-k",
        breaks: "top_k is left out without a word.",
        plays: &["chat.parameters.top-k@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("top_k"))],
    },
    Mutant {
        id: "knows-stop-lists-only",
        requirement: "chat.request.stop",
        breaks: "stop is left out where it is one string.",
        plays: &["chat.parameters.stop-string@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| {
                if body["stop"].is_string() {
                    remove(body, "stop");
                }
            });
        })],
    },
    Mutant {
        id: "forgets-user",
        requirement: "chat.request.user",
        breaks: "user is left out without a word.",
        plays: &["chat.parameters.user@openai.chat/openai/whole"],
        changes: &[Change::Request(|request| request.forget("user"))],
    },
    Mutant {
        id: "gives-user-up",
        requirement: "chat.request.user.anthropic",
        breaks: "user is named as dropped, though Anthropic has a place for it.",
        plays: &["chat.parameters.user@openai.chat/anthropic/whole"],
        changes: &[
            Change::Request(|request| request.forget("user")),
            Change::Reply(|reply| reply.set("x-touchstone-dropped", "user")),
        ],
    },
    Mutant {
        id: "forgets-guardrail",
        requirement: "chat.request.guardrail",
        breaks: "guardrailConfig is left out.",
        plays: &["chat.parameters.guardrail@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| request.forget("guardrailConfig"))],
    },
    Mutant {
        id: "forgets-guardrail-trace",
        requirement: "chat.request.members",
        breaks: "Of guardrailConfig trace is left out.",
        plays: &["chat.parameters.guardrail@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| {
            request.json(|body| remove(&mut body["guardrailConfig"], "trace"));
        })],
    },
    Mutant {
        id: "does-not-think",
        requirement: "chat.request.effort",
        breaks: "reasoning_effort is left out without a word.",
        plays: &["chat.reasoning.effort@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("reasoning_effort"))],
    },
    Mutant {
        id: "forgets-schema",
        requirement: "chat.request.format.json-schema",
        breaks: "The schema of the answer is left out.",
        plays: &["chat.content.json-schema@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("response_format"))],
    },
    Mutant {
        id: "forgets-json-mode",
        requirement: "chat.request.format.json-object",
        breaks: "response_format json_object is ignored in silence.",
        plays: &["chat.content.json-object@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("response_format"))],
    },
    Mutant {
        id: "loses-seed",
        requirement: "chat.request.nothing-lost",
        breaks: "seed vanishes without a word, though the provider has a place for it.",
        plays: &["chat.parameters.metadata@openai.chat/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("seed"))],
    },
    Mutant {
        id: "loses-seed-where-nobody-sows",
        requirement: "chat.request.nothing-silent",
        breaks: "seed, for which the provider has no place, vanishes without a word.",
        plays: &["chat.parameters.metadata@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("seed"))],
    },
    Mutant {
        id: "cries-wolf",
        requirement: "chat.request.dropped.true",
        breaks: "A member is named as dropped that was not.",
        plays: &["chat.parameters.temperature@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| reply.set("x-touchstone-dropped", "temperature"))],
    },
    Mutant {
        id: "forgets-bias",
        requirement: "chat.request.same-dialect",
        breaks: "A member that the gateway has no name for does not pass to a provider of the same dialect.",
        plays: &["chat.parameters.penalties@openai.chat/openai/whole"],
        changes: &[Change::Request(|request| request.json(|body| body["logit_bias"] = json!({})))],
    },
];
