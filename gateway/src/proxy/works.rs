//! Pictures and transcripts of providers that have them in a form of their own: taken in whole, translated, and back.

use http::{HeaderValue, header};
use tokio::time::Instant;
use translate::call::Api;
use translate::passthrough::Resource;
use translate::works::{self, Asked, Given, Work};

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::outgoing::Payload;
use super::receive::{fail, now};
use super::send::{self, Draft};
use super::source::Source;
use super::{Proxy, Record, headers, intake};
use crate::fault::Fault;

impl Proxy {
    /// Answers a request for a work.
    pub(super) async fn work(
        &self,
        (backend, work, resource): (&Backend, Work, Resource),
        values: &Values<'_>,
        source: &mut Source<'_>,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let head = values.head;
        intake::check_coding(&head.headers)?;
        let body = source.whole(backend.limit(self.limits.body_bytes), self.limits.body).await?;
        record.take(Some(body.len()));
        let filled = backend.fill(values)?;
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let edits = resource == Resource::ImageEdits;
        let asked = Asked { content_type: content_type.unwrap_or_default(), body: &body, edits };
        let mut payload = Vec::with_capacity(body.len() + 512);
        let sent = works::request(work, asked, &backend.options(&filled), &mut payload)?;
        backend.check(&sent.target, &filled)?;
        record.go(backend, &sent.target, head, &body)?;
        record.request_model = Some(sent.target.model.clone());
        record.dropped = (!sent.target.dropped.is_empty()).then(|| sent.target.dropped.join(", "));
        let place = backend.place(&self.peers, values, sent.target.base_url)?;
        let asked = send::Asked {
            method: "POST",
            content_type: Some(&sent.content_type),
            accept: sent.accept,
            query: None,
        };
        let body = Payload::Whole(&mut payload);
        let draft = Draft { backend, place: &place, target: &sent.target, values, asked, body };
        let mut reply = self.exchange(draft, None, Some(record), deadline).await?;
        record.hear(&reply.head, reply.ip);
        let mut answer = Answer::new(&sent.target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        if !(200..300).contains(&reply.head.status) {
            return Ok(fail(backend, Api::Chat, reply, answer, &record.id).await);
        }
        let media_type = reply.head.media_type();
        let body = reply.whole(self.limits.reply_bytes).await?;
        if body.is_empty() {
            return Err(Fault::Empty);
        }
        let given = Given { media_type: &media_type, body: &body, created: now() };
        let written = works::reply(work, &sent, given)?;
        record.usage = written.usage;
        Ok(answer.made(written.body, HeaderValue::from_static(written.content_type)))
    }
}
