//! The way back: a reply is judged by its status and its type, and translated whole or as it comes.

use std::time::{SystemTime, UNIX_EPOCH};

use translate::call::{self, Api, Call, Failure, Stream as Translation};
use translate::wire::Framing;

use super::answer::{self, Answer};
use super::backend::Backend;
use super::body::Stream;
use super::send::Sent;
use super::turns::Keep;
use super::{Proxy, Record, headers};
use crate::fault::Fault;
use crate::upstream::Reply;

/// Bytes of an error's body that are read: more is no message.
pub(super) const ERROR_BYTES: usize = 1 << 20;
pub(super) const JSON: &str = "application/json";

impl Proxy {
    /// Makes the client's answer of the upstream's reply, of which the head has come. `keep`: what of the reply of this name is to be
    /// kept.
    pub(super) async fn receive(
        &self,
        backend: &Backend,
        api: Api,
        sent: Sent,
        keep: &dyn Fn(&str) -> Option<Keep>,
        record: &mut Record,
    ) -> Result<Answer, Fault> {
        let Sent { mut reply, target } = sent;
        record.hear(&reply.head, reply.ip);
        let mut answer = Answer::new(&target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        if !(200..300).contains(&reply.head.status) {
            return Ok(fail(backend, api, reply, answer, &record.id).await);
        }
        let call = Call {
            id: answer::letters(),
            created: now(),
            model: target.model,
            include_usage: target.include_usage,
            base64: target.base64,
            echo: target.echo,
            counted: headers::tokens(&reply.head),
        };
        if target.stream {
            let framing = framing(backend, api, &reply)?;
            let translation = Translation::new(api, backend.provider, &call, framing)?;
            return Ok(answer.stream(Stream::new(translation, reply, keep(&call.id))));
        }
        expect(&reply, JSON, |kind| kind == JSON || kind.ends_with("+json"))?;
        let body = reply.whole(self.limits.reply_bytes).await?;
        if body.trim_ascii().is_empty() {
            return Err(Fault::Empty);
        }
        let translated = call::whole(api, backend.provider, &body, &call)?;
        record.usage = translated.usage;
        if let Some(keep) = keep(&call.id) {
            keep.done(translated.kept);
        }
        Ok(answer.whole(translated.body))
    }
}

/// The provider's own error. One whose body cannot be read is still an error of that status.
pub(super) async fn fail(backend: &Backend, api: Api, mut reply: Reply, answer: Answer, id: &str) -> Answer {
    let body = reply.whole(ERROR_BYTES).await.unwrap_or_default();
    answer.failure(failed(backend, api, &reply, &body, id))
}

/// The same, of a body that was read.
pub(super) fn failed(backend: &Backend, api: Api, reply: &Reply, body: &[u8], id: &str) -> Failure {
    let field = |name: &str| reply.head.value(name).map(str::to_owned);
    call::failure(api, backend.provider, reply.head.status, &field, body, id)
}

/// How a stream is framed that a provider may frame in several ways: its media type says it.
fn framing(backend: &Backend, api: Api, reply: &Reply) -> Result<Framing, Fault> {
    let framings = backend.framings(api);
    let Some(first) = framings.first() else { return Err(Fault::NoStreaming) };
    let got = reply.head.media_type();
    let fitting = framings.iter().find(|framing| framing.fits(&got));
    let expected = first.content_types().first().unwrap_or(&"");
    if fitting.is_none() {
        expect(reply, expected, |_| false)?;
    }
    Ok(*fitting.unwrap_or(first))
}

/// Refuses a reply of another media type, such as a proxy's HTML page. One without a type is taken at its word.
pub(super) fn expect(
    reply: &Reply,
    expected: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Fault> {
    let got = reply.head.media_type();
    if got.is_empty() || fits(&got) {
        return Ok(());
    }
    let got = got.chars().filter(char::is_ascii_graphic).take(80).collect();
    Err(Fault::ReplyType { expected, got })
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
