//! OpenAI's batches in front of a provider whose batches are others.
//!
//! ```text
//! POST /batches ─▶ the file's lines, translated ─▶ the provider's batch
//! GET /batches/… ─▶ the provider's batch ─▶ OpenAI's object
//! GET /files/…-output/content ─▶ the provider's results ─▶ OpenAI's lines
//! ```
//!
//! Input files and what comes of them are read and translated whole: memory is bounded by [`Limits::body_bytes`] for what comes in,
//! and by [`Limits::reply_bytes`] for what comes back, each once as it came and once as it goes.
//!
//! [`Limits::body_bytes`]: crate::Limits::body_bytes
//! [`Limits::reply_bytes`]: crate::Limits::reply_bytes

mod create;
mod lines;
mod look;

use http::Method;
use tokio::time::Instant;
use translate::batches::{self, Dialect, Step};
use translate::buckets::{self, OBJECTS};
use translate::call::{self, Api, Target};
use translate::passthrough::Resource;

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::outgoing::Payload;
use super::receive::{ERROR_BYTES, JSON, fail};
use super::send::{Asked, Draft, Once};
use super::source::Source;
use super::{Proxy, Record, headers, intake};
use crate::fault::Fault;
use crate::store::Scope;
use crate::upstream::Reply;

pub(super) use look::limit;

/// One call of a client, which may take several to its provider.
pub(super) struct Talk<'t, D = Dialect> {
    pub(super) backend: &'t Backend,
    pub(super) values: &'t Values<'t>,
    pub(super) record: &'t mut Record,
    pub(super) deadline: Instant,
    pub(super) dialect: D,
}

/// What the provider said to one of them.
pub(super) enum Said {
    Well(Vec<u8>),
    /// An error of its own, which is the client's answer.
    Ill(Answer),
}

/// Bytes of a request that makes a batch of a file that is here already.
const REQUEST_BYTES: u64 = 1 << 20;

impl Proxy {
    /// Answers a call for batches, or for their files.
    pub(super) async fn batches(
        &self,
        talk: &mut Talk<'_>,
        resource: Resource,
        source: &mut Source<'_>,
    ) -> Result<Answer, Fault> {
        let head = talk.values.head;
        let below = resource.below(head.uri.path())?;
        let parts: Vec<&str> = below.split('/').skip(1).collect();
        match (resource, &head.method, &parts[..]) {
            (Resource::Files, ..) => self.files(talk, &parts, source).await,
            (Resource::Batches, &Method::POST, ["batches"]) => {
                intake::check_type(&head.headers)?;
                let body = source.whole(REQUEST_BYTES, self.limits.body).await?;
                self.create(talk, &body).await
            }
            (Resource::Batches, &Method::GET, ["batches"]) => self.list_batches(talk).await,
            (Resource::Batches, &Method::GET, ["batches", id]) => {
                self.look(talk, Step::Retrieve(batches::native_id(id)?)).await
            }
            (Resource::Batches, &Method::POST, ["batches", id, "cancel"]) => {
                self.look(talk, Step::Cancel(batches::native_id(id)?)).await
            }
            _ => Err(Fault::Absent("path", shown(&below))),
        }
    }

    /// Whom this client's files and batches belong to. Of clients that are not known by name, who else leads to the same place by the
    /// same keys sees the same at the provider, too.
    pub(super) fn owner(&self, talk: &Talk<'_>) -> Result<Scope, Fault> {
        let place = talk.backend.place(&self.peers, talk.values, None)?;
        let origin = place.peer.origin.with_port();
        let value = |source, name: &str| talk.values.get(source, name);
        let who = talk.backend.credentials.who(talk.values.head, &value)?;
        let consumer = talk.record.consumer.as_deref().unwrap_or_default();
        let provider = talk.backend.provider.name;
        Ok(Scope::digest([provider.as_bytes(), origin.as_bytes(), consumer.as_bytes(), &who]))
    }

    /// Takes a step at the provider.
    async fn step(&self, talk: &mut Talk<'_>, step: Step<'_>) -> Result<Said, Fault> {
        let filled = talk.backend.fill(talk.values)?;
        let (method, target) = talk.dialect.target(step, &talk.backend.options(&filled))?;
        self.ask(talk, method, &target, None).await
    }

    /// Asks the provider, and reads all that it says.
    async fn ask(
        &self,
        talk: &mut Talk<'_>,
        method: &'static str,
        target: &Target,
        body: Option<&mut Vec<u8>>,
    ) -> Result<Said, Fault> {
        // What makes something is not sent twice.
        let once = (method == "POST").then_some(Once { upload: None });
        let content_type = body.is_some().then_some(JSON);
        let asked = Asked { method, content_type, accept: "*/*", query: None };
        let reply = self.reach(talk, (asked, target), body, once).await?;
        self.said(talk, target, reply).await
    }

    /// Asks the provider, and waits for the head of what it says.
    pub(super) async fn reach<D>(
        &self,
        talk: &mut Talk<'_, D>,
        (asked, target): (Asked<'_>, &Target),
        body: Option<&mut Vec<u8>>,
        once: Option<Once<'_, '_>>,
    ) -> Result<Reply, Fault> {
        let place = talk.backend.place(&self.peers, talk.values, target.base_url)?;
        let mut nothing = Vec::new();
        let body = match body {
            Some(body) => Payload::Whole(body),
            None if asked.method == "POST" => Payload::Whole(&mut nothing),
            None => Payload::None,
        };
        let draft = Draft { backend: talk.backend, place: &place, target, values: talk.values, asked, body };
        self.exchange(draft, once, Some(talk.record), talk.deadline).await
    }

    pub(super) async fn said<D>(
        &self,
        talk: &mut Talk<'_, D>,
        target: &Target,
        mut reply: Reply,
    ) -> Result<Said, Fault> {
        talk.record.hear(&reply.head, reply.ip);
        if (200..300).contains(&reply.head.status) {
            return Ok(Said::Well(reply.whole(self.limits.reply_bytes).await?));
        }
        let mut answer = Answer::new(target, talk.backend.prefix.as_deref());
        if target.base_url == Some(OBJECTS) {
            let body = reply.whole(ERROR_BYTES).await.unwrap_or_default();
            let problem = buckets::objection(reply.head.status, &body);
            return Ok(Said::Ill(answer.failure(call::error(Api::Chat, &problem, &talk.record.id))));
        }
        headers::downstream(&reply.head, &mut answer.headers);
        Ok(Said::Ill(fail(talk.backend, Api::Chat, reply, answer, &talk.record.id).await))
    }
}

/// A name of the client's, as an error may repeat it.
pub(super) fn shown(id: &str) -> String {
    id.chars().filter(char::is_ascii_graphic).take(80).collect()
}

/// An answer of the gateway's own.
pub(super) fn own<D>(talk: &Talk<'_, D>) -> Answer {
    Answer::new(&Target::new("", String::new(), false), talk.backend.prefix.as_deref())
}
