//! Errors of the provider and refusals of the gateway, told wrongly.

use serde_json::json;

use super::message::{Message, remove};
use super::{Change, Mutant};

const LIMITED: &[&str] = &["chat.errors.rate-limit@openai.chat/{openai,anthropic}/whole"];
const REFUSED: &[&str] = &["chat.refusals.no-messages@openai.chat/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "answers-all-errors-500",
        requirement: "chat.error.status",
        breaks: "Every error of the provider becomes a 500.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| reply.status = 500)],
    },
    Mutant {
        id: "overloaded-is-500",
        requirement: "chat.error.status.exact",
        breaks: "A provider that is overloaded becomes a 500.",
        plays: &["chat.errors.overloaded@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.status = 500)],
    },
    Mutant {
        id: "error-without-param",
        requirement: "chat.error.object",
        breaks: "The error object lacks param.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| without(reply, "param"))],
    },
    Mutant {
        id: "error-as-text",
        requirement: "chat.error.content-type",
        breaks: "An error before the stream is called a stream.",
        plays: &["chat.errors.rate-limit@openai.chat/openai/stream"],
        changes: &[Change::Reply(|reply| reply.set("content-type", "text/event-stream"))],
    },
    Mutant {
        id: "hides-message",
        requirement: "chat.error.message",
        breaks: "The provider's sentence is replaced by one that says nothing.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| says(reply, "upstream error"))],
    },
    Mutant {
        id: "loses-retry-after",
        requirement: "chat.error.retry-after",
        breaks: "retry-after is not passed on.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| drop(reply.headers.remove("retry-after")))],
    },
    Mutant {
        id: "blames-itself",
        requirement: "chat.refusal.status",
        breaks: "The client's mistake is answered with 500.",
        plays: REFUSED,
        changes: &[Change::Reply(|reply| reply.status = 500)],
    },
    Mutant {
        id: "refusal-without-code",
        requirement: "chat.refusal.object",
        breaks: "The gateway's own error object lacks code.",
        plays: REFUSED,
        changes: &[Change::Reply(|reply| without(reply, "code"))],
    },
    Mutant {
        id: "refusal-elsewhere-without-code",
        requirement: "chat.refusal.object.elsewhere",
        breaks: "The error object of a path that nobody serves lacks code.",
        plays: &["chat.refusals.unknown-path@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| without(reply, "code"))],
    },
    Mutant {
        id: "calls-before-it-refuses",
        requirement: "chat.refusal.not-called",
        breaks: "The provider is called before the request is refused.",
        plays: REFUSED,
        changes: &[Change::Before(|request| {
            request
                .json(|body| body["messages"] = json!([{"role": "user", "content": body["user"].clone()}]));
        })],
    },
    Mutant {
        id: "refuses-without-reason",
        requirement: "chat.refusal.says-why",
        breaks: "The message of a refusal says nothing.",
        plays: REFUSED,
        changes: &[Change::Reply(|reply| says(reply, "Bad request"))],
    },
    Mutant {
        id: "answers-once-instead-of-twice",
        requirement: "chat.request.n-refused",
        breaks: "n is overlooked where the provider gives one choice.",
        plays: &["chat.parameters.several-choices-refused@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("n"))],
    },
    Mutant {
        id: "overlooks-picture",
        requirement: "chat.request.image.refused",
        breaks: "A picture that cannot be carried is left out, and the rest is asked.",
        plays: &["chat.content.image-address-refused@openai.chat/bedrock/whole"],
        changes: &[Change::Request(|request| super::messages::without_parts(request, "image_url"))],
    },
    Mutant {
        id: "fails-on-broken-history",
        requirement: "chat.request.tools.history.broken-arguments",
        breaks: "Earlier arguments that are no JSON are a failure of the gateway.",
        plays: &["chat.tools.history-broken-arguments@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.status = 500)],
    },
];

fn without(reply: &mut Message, member: &str) {
    reply.json(|body| remove(&mut body["error"], member));
}

fn says(reply: &mut Message, sentence: &str) {
    reply.json(|body| body["error"]["message"] = json!(sentence));
}
