//! The way back: a reply is judged by its status and its type, and translated whole or as it comes.

use std::future::poll_fn;
use std::time::{SystemTime, UNIX_EPOCH};

use translate::call::{self, Api, Call, Collector, Failure, Stream as Translation};
use translate::wire::Framing;

use super::answer::{self, Answer};
use super::backend::Backend;
use super::body::{self, Stream};
use super::send::Sent;
use super::turns::Keep;
use super::{Proxy, Record, headers};
use crate::fault::Fault;
use crate::upstream::Reply;

/// Bytes of an error's body that are read: more is no message.
pub(super) const ERROR_BYTES: usize = 1 << 20;
pub(super) const JSON: &str = "application/json";

/// What a reply goes by.
pub(super) struct Birth {
    /// Letters and digits, of which its id is made.
    pub(super) name: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// What of it is to be kept.
    pub(super) keep: Option<Keep>,
}

impl Birth {
    /// Of a reply that nobody has been told of, and of which nothing is kept.
    pub(super) fn new() -> Self {
        Self { name: answer::letters(), created: now(), keep: None }
    }
}

impl Proxy {
    /// Makes the client's answer of the upstream's reply, of which the head has come.
    pub(super) async fn receive(
        &self,
        backend: &Backend,
        api: Api,
        sent: Sent,
        birth: &dyn Fn() -> Birth,
        record: &mut Record,
    ) -> Result<Answer, Fault> {
        let Sent { mut reply, target } = sent;
        record.hear(&reply.head, reply.ip);
        let mut answer = Answer::new(&target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        if !(200..300).contains(&reply.head.status) {
            return Ok(fail(backend, api, reply, answer, &record.id).await);
        }
        let Birth { name, created, keep } = birth();
        let call = Call {
            id: name,
            created,
            model: target.model,
            include_usage: target.include_usage,
            hides_usage: target.hides_usage,
            base64: target.base64,
            echo: target.echo,
            counted: headers::tokens(&reply.head),
        };
        let reply = match (form(backend, api, target.stream, &reply)?, target.streams) {
            (Form::Stream(framing), true) => {
                let mut translation = Translation::new(api, backend.provider, &call, framing)?;
                if record.listens() > 0 {
                    translation.listen(record.listens());
                }
                return Ok(answer.stream(Stream::new(translation, reply, keep)));
            }
            (Form::Stream(framing), false) => {
                let collector = Collector::new(api, backend.provider, &call, framing)?;
                collect(collector, reply, self.limits.reply_bytes).await?
            }
            (Form::Whole, streams) => {
                let body = reply.whole(self.limits.reply_bytes).await?;
                if body.trim_ascii().is_empty() {
                    return Err(Fault::Empty);
                }
                let translate = if streams { call::spread } else { call::whole };
                translate(api, backend.provider, &body, &call)?
            }
        };
        record.answered(reply.usage, &reply.body);
        if let Some(keep) = keep {
            keep.done(reply.kept).await;
        }
        Ok(if target.streams { answer.events(reply.body) } else { answer.whole(reply.body) })
    }
}

/// Puts a stream together for a client that waits.
async fn collect(mut collector: Collector, mut reply: Reply, limit: usize) -> Result<call::Reply, Fault> {
    let mut size = 0;
    while !collector.done() {
        let mut see = |bytes: &[u8]| {
            size += bytes.len();
            if size > limit { Err(Fault::ReplyTooLong("body")) } else { Ok(collector.push(bytes)?) }
        };
        if !poll_fn(|cx| reply.poll_data(cx, &mut see)).await? {
            break;
        }
    }
    body::settle(reply);
    Ok(collector.finish()?)
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

/// In which form a reply comes.
enum Form {
    Whole,
    Stream(Framing),
}

/// The form that was asked for; or the other one, where the media type says so: some servers have only the one.
fn form(backend: &Backend, api: Api, asked: bool, reply: &Reply) -> Result<Form, Fault> {
    let got = reply.head.media_type();
    let framings = backend.framings(api);
    let whole = (got == JSON || got.ends_with("+json")).then_some(Form::Whole);
    let stream = framings.iter().find(|framing| framing.fits(&got)).map(|framing| Form::Stream(*framing));
    let (said, form, expected) = match framings.first().filter(|_| asked) {
        Some(first) => (stream.or(whole), Form::Stream(*first), first.content_types()[0]),
        None => (whole.or(stream), Form::Whole, JSON),
    };
    match said {
        Some(said) => Ok(said),
        None => expect(reply, expected, |_| false).map(|()| form),
    }
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
