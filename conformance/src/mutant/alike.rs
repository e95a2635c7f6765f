//! Changes that break every surface alike.

use serde_json::json;

use super::message::{Message, remove};
use super::{Change, Wire};

/// A member of the gateway's own stands in the request upstream.
pub(super) const STRANGER: &[Change] =
    &[Change::Upstream(|request| request.json(|body| body["gateway_trace"] = json!(true)))];
/// The request upstream carries a key that opens nothing.
pub(super) const WRONG_KEY: &[Change] =
    &[Change::Upstream(|request| request.set("authorization", "Bearer sk-nothing"))];
/// The request upstream says that it is text.
pub(super) const TEXT_UPSTREAM: &[Change] =
    &[Change::Upstream(|request| request.set("content-type", "text/plain"))];
/// Another model than the configured one is asked.
pub(super) const OTHER_MODEL: &[Change] =
    &[Change::Upstream(|request| request.json(|body| body["model"] = json!("gpt-4o")))];
/// Every request is sent twice.
pub(super) const TWICE: &[Change] = &[Change::Wire(Wire::Twice)];
/// `user` is left out without a word.
pub(super) const NO_USER: &[Change] = &[Change::Request(|request| request.forget("user"))];
/// A member that is carried is named as dropped.
pub(super) const WOLF: &[Change] = &[Change::Reply(|reply| reply.set("x-touchstone-dropped", "temperature"))];
/// The connection breaks after the last byte, before the body is complete.
pub(super) const UNENDED: &[Change] = &[Change::Wire(Wire::Unended)];
/// The reply is called text.
pub(super) const TEXT: &[Change] = &[Change::Reply(|reply| reply.set("content-type", "text/plain"))];
/// The reply says that it is a chat's.
pub(super) const OTHER_OBJECT: &[Change] =
    &[Change::Reply(|reply| reply.objects(|body| body["object"] = json!("chat.completion")))];
/// The name of the model is empty.
pub(super) const NO_MODEL: &[Change] = &[Change::Reply(|reply| reply.json(|body| body["model"] = json!("")))];
/// There is no usage.
pub(super) const NO_USAGE: &[Change] = &[Change::Reply(|reply| reply.forget("usage"))];
/// The count of the prompt's tokens is the gateway's own.
pub(super) const OWN_COUNT: &[Change] = &[Change::Reply(|reply| {
    reply.json(|body| {
        body["usage"]["prompt_tokens"] = json!(1);
        body["usage"]["total_tokens"] = json!(1 + body["usage"]["completion_tokens"].as_u64().unwrap_or(0));
    });
})];
/// The total is one too many.
pub(super) const BAD_SUM: &[Change] = &[Change::Reply(|reply| {
    reply.json(|body| {
        body["usage"]["total_tokens"] = json!(body["usage"]["total_tokens"].as_u64().unwrap_or(0) + 1);
    });
})];
/// Every error is a 500.
pub(super) const SERVER_ERROR: &[Change] = &[Change::Reply(|reply| reply.status = 500)];
/// The error object lacks `param`.
pub(super) const NO_PARAM: &[Change] = &[Change::Reply(|reply| without(reply, "param"))];
/// The error object lacks `code`.
pub(super) const NO_CODE: &[Change] = &[Change::Reply(|reply| without(reply, "code"))];
/// An error is called a stream.
pub(super) const ERROR_AS_STREAM: &[Change] =
    &[Change::Reply(|reply| reply.set("content-type", "text/event-stream"))];
/// The provider's sentence is replaced by one that says nothing.
pub(super) const VAGUE: &[Change] =
    &[Change::Reply(|reply| reply.json(|body| body["error"]["message"] = json!("upstream error")))];
/// `retry-after` is not passed on.
pub(super) const NO_RETRY: &[Change] = &[Change::Reply(|reply| drop(reply.headers.remove("retry-after")))];
/// A provider's answer that is no answer is the client's fault.
pub(super) const BLAMED: &[Change] = &[Change::Reply(|reply| reply.status = 400)];
/// A provider that is silent is a 502.
pub(super) const NO_TIMEOUT: &[Change] = &[Change::Reply(|reply| reply.status = 502)];
/// The provider's reply is read to its end, whoever still listens.
pub(super) const GREEDY: &[Change] = &[Change::Wire(Wire::Greedy)];
/// The reply never ends for the client.
pub(super) const HANG: &[Change] = &[Change::Wire(Wire::Hang)];
/// Of several calls at once each client gets the reply of another.
pub(super) const MIX: &[Change] = &[Change::Wire(Wire::Mix)];
/// The provider's key stands in a header of the reply.
pub(super) const KEY_SHOWN: &[Change] = &[Change::Reply(|reply| {
    reply.set("x-upstream-authorization", mocks::Credentials::default().key("openai"));
})];
/// The client's own key goes on to the provider.
pub(super) const KEY_PASSED: &[Change] =
    &[Change::Upstream(|request| request.set("x-client-key", crate::client::KEY))];
/// The client's choice of a model reaches the provider.
pub(super) const OBEYS: &[Change] = &[
    Change::Request(|request| request.forget("model")),
    Change::Upstream(|request| request.json(|body| body["model"] = json!("the-most-expensive-one"))),
];

fn without(reply: &mut Message, member: &str) {
    reply.json(|body| remove(&mut body["error"], member));
}
