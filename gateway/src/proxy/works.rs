//! Pictures and transcripts of providers that have them in a form of their own: taken in whole, translated, and back. Some take
//! several steps: a task is looked at until it is over, and what lies at an address is looked up where the client wants it itself.

use http::{HeaderValue, Uri, header};
use tokio::time::{Instant, sleep};
use translate::Error;
use translate::call::{Api, Target};
use translate::passthrough::Resource;
use translate::works::{self, Asked, Given, Made, Sent, Work};

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::outgoing::{Outgoing, Payload};
use super::place::Place;
use super::receive::{fail, now};
use super::send::{self, Draft};
use super::source::Source;
use super::{Proxy, Record, headers, intake};
use crate::fault::Fault;
use crate::upstream::{Origin, Reply};

/// A work on its way: who makes it, for whom, and where.
struct Order<'o> {
    backend: &'o Backend,
    work: Work,
    values: &'o Values<'o>,
    place: &'o Place,
    sent: &'o Sent,
    deadline: Instant,
}

/// What the provider said to a step.
enum Said {
    Well(String, Vec<u8>),
    /// An error of its own, which is the client's answer.
    Ill(Answer),
}

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
        let order = Order { backend, work, values, place: &place, sent: &sent, deadline };
        let asked = send::Asked {
            method: "POST",
            content_type: Some(&sent.content_type),
            accept: sent.accept,
            query: None,
        };
        let draft = Draft {
            backend,
            place: &place,
            target: &sent.target,
            values,
            asked,
            body: Payload::Whole(&mut payload),
        };
        let reply = self.exchange(draft, None, Some(record), deadline).await?;
        let mut answer = Answer::new(&sent.target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        let said = match self.heard(&order, reply, record).await? {
            Said::Well(media_type, body) => self.finish(&order, media_type, body, record).await?,
            ill => ill,
        };
        match said {
            Said::Ill(ill) => Ok(ill),
            Said::Well(media_type, body) => {
                let given = Given { media_type: &media_type, body: &body, created: now() };
                let mut made = works::made(work, &sent, given)?;
                self.complete(&order, &mut made).await?;
                let written = made.write()?;
                record.usage = written.usage;
                Ok(answer.made(written.body, HeaderValue::from_static(written.content_type)))
            }
        }
    }

    /// Looks at a task until it is over.
    async fn finish(
        &self,
        order: &Order<'_>,
        mut media_type: String,
        mut body: Vec<u8>,
        record: &mut Record,
    ) -> Result<Said, Fault> {
        let place = order.place.beside(&order.sent.target);
        let mut pause = self.limits.look;
        loop {
            let given = Given { media_type: &media_type, body: &body, created: now() };
            let Some(target) = works::task(order.work, given)? else {
                return Ok(Said::Well(media_type, body));
            };
            sleep(pause).await;
            pause = (pause * 2).min(self.limits.look * 5);
            let target = Target { model: order.sent.target.model.clone(), ..target };
            let asked =
                send::Asked { method: "GET", content_type: None, accept: order.sent.accept, query: None };
            let Order { backend, values, deadline, .. } = *order;
            let draft = Draft { backend, place: &place, target: &target, values, asked, body: Payload::None };
            let reply = self.exchange(draft, None, Some(record), deadline).await?;
            match self.heard(order, reply, record).await? {
                Said::Well(kind, bytes) => (media_type, body) = (kind, bytes),
                ill => return Ok(ill),
            }
        }
    }

    async fn heard(&self, order: &Order<'_>, mut reply: Reply, record: &mut Record) -> Result<Said, Fault> {
        record.hear(&reply.head, reply.ip);
        if !(200..300).contains(&reply.head.status) {
            let mut answer = Answer::new(&order.sent.target, order.backend.prefix.as_deref());
            headers::downstream(&reply.head, &mut answer.headers);
            return Ok(Said::Ill(fail(order.backend, Api::Chat, reply, answer, &record.id).await));
        }
        let media_type = reply.head.media_type();
        let body = reply.whole(self.limits.reply_bytes).await?;
        if body.is_empty() { Err(Fault::Empty) } else { Ok(Said::Well(media_type, body)) }
    }

    /// Looks up what the client wants itself, all within the bound of one reply.
    async fn complete(&self, order: &Order<'_>, made: &mut Made) -> Result<(), Fault> {
        let mut left = self.limits.reply_bytes;
        for address in made.missing() {
            let (media_type, bytes) = self.fetch(order, &address, left).await?;
            left = left.saturating_sub(bytes.len());
            made.found(&address, &media_type, &bytes);
        }
        Ok(())
    }

    /// A picture at its address, which nobody is shown a key for: it lies at the provider's own host, or where its provider keeps such.
    async fn fetch(
        &self,
        order: &Order<'_>,
        address: &str,
        limit: usize,
    ) -> Result<(String, Vec<u8>), Fault> {
        let refused = |why: &str| Fault::from(Error::Malformed { what: "reply", why: why.to_owned() });
        let uri: Uri = address.parse().map_err(|_| refused("a picture of it has no address"))?;
        let origin = Origin::of(&uri);
        let is_there =
            origin == *order.place.peer.origin || origin.tls && works::lies_at(order.work, &origin.host);
        if !is_there {
            return Err(refused("a picture of it lies where its provider keeps none"));
        }
        let peer = self.peers.get(origin).ok_or(Fault::Connect("its name is not one"))?;
        let fixed = [("host", peer.origin.authority().into()), ("accept", "image/*".into())];
        let agent = [("accept-encoding", "identity".into()), ("user-agent", crate::USER_AGENT.into())];
        let request = Outgoing {
            method: "GET",
            prefix: &peer.prefix,
            path: uri.path(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: fixed.into_iter().chain(agent).map(|(name, value)| (name.into(), value)).collect(),
            body: &Payload::None,
        };
        let place = Place { peer: peer.clone(), path: String::new() };
        let opened = self.deliver(order.backend, &place, &request.into_bytes()?, None).await?;
        let mut reply = Reply::new(opened, &peer, order.backend.timeouts, order.deadline)?;
        let media_type = reply.head.media_type();
        if reply.head.status != 200 || !media_type.starts_with("image/") {
            return Err(refused("a picture of it cannot be had at its address"));
        }
        Ok((media_type, reply.whole(limit).await?))
    }
}
