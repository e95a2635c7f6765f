//! Errors, refusals, keys and clients of completions, handled wrongly.

use super::alike::{
    ERROR_AS_STREAM, GREEDY, KEY_PASSED, KEY_SHOWN, MIX, NO_CODE, NO_PARAM, NO_RETRY, OBEYS, SERVER_ERROR,
    VAGUE,
};
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "answers-all-errors-500-for-completions",
        requirement: "completions.error.status",
        breaks: "Every error of the provider becomes a 500.",
        plays: &["completions.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: SERVER_ERROR,
    },
    Mutant {
        id: "error-without-param-for-completions",
        requirement: "completions.error.object",
        breaks: "The error object lacks param.",
        plays: &["completions.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: NO_PARAM,
    },
    Mutant {
        id: "error-as-stream-for-completions",
        requirement: "completions.error.content-type",
        breaks: "An error is called a stream.",
        plays: &["completions.errors.rate-limit@*/openai/stream"],
        changes: ERROR_AS_STREAM,
    },
    Mutant {
        id: "hides-message-for-completions",
        requirement: "completions.error.message",
        breaks: "The provider's sentence is replaced by one that says nothing.",
        plays: &["completions.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: VAGUE,
    },
    Mutant {
        id: "loses-retry-after-for-completions",
        requirement: "completions.error.retry-after",
        breaks: "retry-after is not passed on.",
        plays: &["completions.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: NO_RETRY,
    },
    Mutant {
        id: "blames-itself-for-completions",
        requirement: "completions.refusal.status",
        breaks: "The client's mistake is answered with 500.",
        plays: &["completions.refusals.no-prompt@*/ollama/whole"],
        changes: SERVER_ERROR,
    },
    Mutant {
        id: "refusal-without-code-for-completions",
        requirement: "completions.refusal.object",
        breaks: "The gateway's own error object lacks code.",
        plays: &["completions.refusals.no-prompt@*/ollama/whole"],
        changes: NO_CODE,
    },
    Mutant {
        id: "calls-before-it-refuses-completions",
        requirement: "completions.refusal.not-called",
        breaks: "The provider is called before the request is refused.",
        plays: &["completions.refusals.no-prompt@*/ollama/whole"],
        changes: &[Change::Before(|request| request.json(|body| body["prompt"] = body["user"].clone()))],
    },
    Mutant {
        id: "refuses-completions-without-reason",
        requirement: "completions.refusal.says-why",
        breaks: "The message of a refusal says nothing.",
        plays: &["completions.refusals.no-prompt@*/ollama/whole"],
        changes: VAGUE,
    },
    Mutant {
        id: "leaks-key-with-completions",
        requirement: "completions.security.upstream-key-hidden",
        breaks: "The provider's key stands in a header of the reply.",
        plays: &["completions.text.plain@*/openai/whole"],
        changes: KEY_SHOWN,
    },
    Mutant {
        id: "passes-client-key-for-completions",
        requirement: "completions.security.client-key-kept",
        breaks: "The client's own key goes on to the provider.",
        plays: &["completions.text.plain@*/openai/whole"],
        changes: KEY_PASSED,
    },
    Mutant {
        id: "obeys-in-models-of-completions",
        requirement: "completions.security.model-locked",
        breaks: "The client's choice of a model reaches the provider.",
        plays: &["completions.clients.other-model@*/openai/whole"],
        changes: OBEYS,
    },
    Mutant {
        id: "mixes-completions",
        requirement: "completions.client.parallel-apart",
        breaks: "Of several calls at once each client gets the reply of another.",
        plays: &["completions.clients.parallel@*/openai/stream"],
        changes: MIX,
    },
    Mutant {
        id: "completes-on-alone",
        requirement: "completions.client.disconnect-cancels",
        breaks: "The provider's stream is read to its end though the client is gone.",
        plays: &["completions.clients.gone@*/openai/stream"],
        changes: GREEDY,
    },
];
