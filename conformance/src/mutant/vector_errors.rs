//! Errors, refusals and keys of embeddings, handled wrongly.

use super::alike::{
    ERROR_AS_STREAM, KEY_PASSED, KEY_SHOWN, NO_CODE, NO_PARAM, NO_RETRY, OBEYS, SERVER_ERROR, VAGUE,
};
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "answers-all-errors-500-for-vectors",
        requirement: "embeddings.error.status",
        breaks: "Every error of the provider becomes a 500.",
        plays: &["embeddings.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: SERVER_ERROR,
    },
    Mutant {
        id: "error-without-param-for-vectors",
        requirement: "embeddings.error.object",
        breaks: "The error object lacks param.",
        plays: &["embeddings.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: NO_PARAM,
    },
    Mutant {
        id: "error-as-stream-for-vectors",
        requirement: "embeddings.error.content-type",
        breaks: "An error is called a stream.",
        plays: &["embeddings.errors.rate-limit@*/openai/whole"],
        changes: ERROR_AS_STREAM,
    },
    Mutant {
        id: "hides-message-for-vectors",
        requirement: "embeddings.error.message",
        breaks: "The provider's sentence is replaced by one that says nothing.",
        plays: &["embeddings.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: VAGUE,
    },
    Mutant {
        id: "loses-retry-after-for-vectors",
        requirement: "embeddings.error.retry-after",
        breaks: "retry-after is not passed on.",
        plays: &["embeddings.errors.rate-limit@*/{openai,gemini}/whole"],
        changes: NO_RETRY,
    },
    Mutant {
        id: "blames-itself-for-vectors",
        requirement: "embeddings.refusal.status",
        breaks: "The client's mistake is answered with 500.",
        plays: &["embeddings.refusals.no-input@*/openai/whole"],
        changes: SERVER_ERROR,
    },
    Mutant {
        id: "refusal-without-code-for-vectors",
        requirement: "embeddings.refusal.object",
        breaks: "The gateway's own error object lacks code.",
        plays: &["embeddings.refusals.no-input@*/openai/whole"],
        changes: NO_CODE,
    },
    Mutant {
        id: "calls-before-it-refuses-vectors",
        requirement: "embeddings.refusal.not-called",
        breaks: "The provider is called before the request is refused.",
        plays: &["embeddings.refusals.no-input@*/openai/whole"],
        changes: &[Change::Before(|request| request.json(|body| body["input"] = body["user"].clone()))],
    },
    Mutant {
        id: "refuses-vectors-without-reason",
        requirement: "embeddings.refusal.says-why",
        breaks: "The message of a refusal says nothing.",
        plays: &["embeddings.refusals.no-input@*/openai/whole"],
        changes: VAGUE,
    },
    Mutant {
        id: "leaks-key-with-vectors",
        requirement: "embeddings.security.upstream-key-hidden",
        breaks: "The provider's key stands in a header of the reply.",
        plays: &["embeddings.vectors.one@*/openai/whole"],
        changes: KEY_SHOWN,
    },
    Mutant {
        id: "passes-client-key-for-vectors",
        requirement: "embeddings.security.client-key-kept",
        breaks: "The client's own key goes on to the provider.",
        plays: &["embeddings.vectors.one@*/openai/whole"],
        changes: KEY_PASSED,
    },
    Mutant {
        id: "obeys-in-models-of-vectors",
        requirement: "embeddings.security.model-locked",
        breaks: "The client's choice of a model reaches the provider.",
        plays: &["embeddings.clients.other-model@*/openai/whole"],
        changes: OBEYS,
    },
];
