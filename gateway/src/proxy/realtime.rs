//! A call that becomes a session: the client's handshake is checked, the upstream's is made, and then messages pass.
//!
//! <https://platform.openai.com/docs/guides/realtime-websocket>, <https://ai.google.dev/api/live>

use http::header;
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;
use translate::call::{Api, Target};
use translate::passthrough::{Passage, Resource};

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::outgoing::Payload;
use super::passing::Passing;
use super::passthrough::{own_headers, query};
use super::receive::fail;
use super::send::{Asked, Draft, Once};
use super::session::{Rules, Session};
use super::websocket::{self, Opening};
use super::{Proxy, Record, headers};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::{Opened, Reply};

impl Proxy {
    /// Opens a session with the upstream, and answers the client as that answers.
    pub(super) async fn open_session(
        &self,
        backend: &Backend,
        passage: &Passage,
        values: &Values<'_>,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let head = values.head;
        let opening = Opening::read(head)?;
        let client = head.extensions.get::<OnUpgrade>().cloned().ok_or(Fault::NoWebSocket)?;
        let filled = backend.fill(values)?;
        let mut target = passage.target(head.uri.path(), &backend.options(&filled))?;
        let native = passage.resource.native();
        if native.is_none() {
            name_model(head, passage, &mut target);
        }
        backend.check(&target, &filled)?;
        // A session that names its model within cannot be held to it, unless there is only one.
        if target.model.is_empty() && record.minds_models() {
            return Err(Fault::Denied);
        }
        record.go(backend, &target, head, &[])?;
        record.realtime = true;
        record.request_model = Some(target.model.clone()).filter(|model| !model.is_empty());
        own_headers(head, native, &mut target);
        let (fields, expected) = opening.ask();
        target.headers.extend(fields);
        let place = backend.place(&self.peers, values, target.base_url)?;
        let query = Some(query(head, backend, &target));
        let asked = Asked { method: "GET", content_type: None, accept: "*/*", query };
        let draft = Draft { backend, place: &place, target: &target, values, asked, body: Payload::None };
        let opened = self.open(draft, Some(Once { upload: None }), Some(record)).await?;
        record.hear(&opened.head, opened.connection.ip);
        let mut answer = Answer::new(&target, backend.prefix.as_deref());
        headers::downstream(&opened.head, &mut answer.headers);
        if opened.head.status != 101 {
            let reply = Reply::new(opened, &place.peer, backend.timeouts, deadline)?;
            return refused(backend, passage, reply, answer).await;
        }
        websocket::check(&opened.head, &expected)?;
        opening.answer(&opened.head, &mut answer.headers);
        let Opened { connection, rest, .. } = opened;
        let model = backend.fixed_model(&filled).filter(|_| native.is_some());
        let rules = Rules { limits: self.limits.clone(), draining: self.draining.clone(), model };
        Ok(answer.session(Session { client, upstream: connection.into_socket(), rest: rest.into(), rules }))
    }
}

/// The model is named in the query: the file's, or else the client's.
fn name_model(head: &Parts, passage: &Passage, target: &mut Target) {
    let asked = head.uri.query().unwrap_or_default();
    let own = ["model", "deployment"].iter().find_map(|name| percent::parameter(asked, name));
    target.client_model = own.map(std::borrow::Cow::into_owned);
    if target.model.is_empty() {
        target.model = target.client_model.clone().unwrap_or_default();
    }
    if !target.model.is_empty() {
        target.query.push((passage.model_parameter(), target.model.clone()));
    }
}

/// The upstream opens no session: its own error, in the client's words.
async fn refused(
    backend: &Backend,
    passage: &Passage,
    reply: Reply,
    mut answer: Answer,
) -> Result<Answer, Fault> {
    if (200..300).contains(&reply.head.status) {
        return Err(Fault::Framing("it answered a handshake with a body"));
    }
    if passage.resource.native().is_none() {
        return Ok(fail(backend, Api::Chat, reply, answer, "").await);
    }
    headers::of_native(&reply.head, &mut answer.headers);
    Ok(answer.passing(Passing::new(reply, None)))
}

/// Whether a call opens a session: on these routes all do, and on a provider's own some paths are for nothing else.
pub(super) fn is_session(passage: &Passage, head: &Parts) -> bool {
    match passage.resource {
        Resource::Realtime => true,
        Resource::Native(native) => {
            native.is_live(head.uri.path()) && head.headers.contains_key(header::UPGRADE)
        }
        _ => false,
    }
}
