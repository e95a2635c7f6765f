//! The way out: a request is translated, gets its key, and goes to its upstream.

use std::borrow::Cow;
use std::rc::Rc;

use tokio::time::Instant;
use translate::call::{self, Api, Options, Target};
use translate::client::responses::Memory;

use super::backend::{Backend, Values};
use super::outgoing::{Outgoing, Payload};
use super::place::Place;
use super::proof::Proof;
use super::{Proxy, Record, headers};
use crate::fault::Fault;
use crate::percent;
use crate::upstream::{Opened, Reply, Upload, exchange};

/// What a client says, and what of it is kept here.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) body: &'a [u8],
    pub(super) memory: Memory<'a>,
}

/// What is known once a request was sent.
pub(super) struct Sent {
    pub(super) reply: Reply,
    pub(super) target: Target,
}

impl Proxy {
    /// Translates a request, sends it, and waits for the head of the reply.
    pub(super) async fn send(
        &self,
        backend: &Backend,
        api: Api,
        values: &Values<'_>,
        said: Said<'_>,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Sent, Fault> {
        let filled = backend.fill(values)?;
        let mut payload = Vec::with_capacity(said.body.len() + 512);
        let options = Options { memory: said.memory, ..backend.options(&filled) };
        let target = call::request(api, backend.provider, said.body, &options, &mut payload)?;
        backend.check(&target, &filled)?;
        record.go(backend, &target, values.head, said.body)?;
        record.accept(&target);
        record.request_model = Some(target.model.clone());
        record.stream = target.streams;
        record.dropped = (!target.dropped.is_empty()).then(|| target.dropped.join(", "));
        let place = backend.place(&self.peers, values, target.base_url)?;
        let accept = if target.stream { accept(backend, api) } else { "application/json" };
        let asked = Asked { method: "POST", content_type: Some("application/json"), accept, query: None };
        let body = Payload::Whole(&mut payload);
        let draft = Draft { backend, place: &place, target: &target, values, asked, body };
        let reply = self.exchange(draft, None, Some(record), deadline).await?;
        Ok(Sent { reply, target })
    }

    /// Sends a request, and waits for the head of the reply.
    pub(super) async fn exchange(
        &self,
        draft: Draft<'_>,
        once: Option<Once<'_, '_>>,
        record: Option<&mut Record>,
        deadline: Instant,
    ) -> Result<Reply, Fault> {
        let (peer, timeouts) = (Rc::clone(&draft.place.peer), draft.backend.timeouts);
        let opened = self.open(draft, once, record).await?;
        Reply::new(opened, &peer, timeouts, deadline)
    }

    /// The same, for those who may go on in another protocol. Where the upstream takes the gateway for nobody by its token, the
    /// request is made once more with another.
    pub(super) async fn open(
        &self,
        mut draft: Draft<'_>,
        mut once: Option<Once<'_, '_>>,
        mut record: Option<&mut Record>,
    ) -> Result<Opened, Fault> {
        let credentials = &draft.backend.credentials;
        let is_repeatable = once.as_ref().is_none_or(|once| once.upload.is_none());
        credentials.add_to_body(&mut draft.body);
        let mut is_first = true;
        loop {
            let proof =
                credentials.proof(draft.values.head, &|source, name| draft.values.get(source, name)).await?;
            let request = draft.write(&proof)?;
            if let Some(record) = &mut record {
                record.send(draft.place, draft.target);
            }
            let opened = self.deliver(draft.backend, draft.place, &request, once.as_mut()).await?;
            let is_refused = proof.refuse(&opened.head);
            if !(is_refused && is_first && is_repeatable) {
                return Ok(opened);
            }
            is_first = false;
        }
    }

    /// Sends bytes on an idle connection or a fresh one. What cannot be sent twice goes over a fresh one.
    pub(super) async fn deliver(
        &self,
        backend: &Backend,
        place: &Place,
        request: &[u8],
        mut once: Option<&mut Once<'_, '_>>,
    ) -> Result<Opened, Fault> {
        let (peer, timeouts) = (&place.peer, backend.timeouts);
        let mut idle = if once.is_none() { peer.take(!backend.is_alone()) } else { None };
        let mut left = backend.connections;
        loop {
            let connection = match idle.take() {
                Some(connection) => connection,
                None => match peer.connect(timeouts.connect).await {
                    Ok(connection) => connection,
                    Err(_) if left > 1 => {
                        left -= 1;
                        continue;
                    }
                    Err(fault) => return Err(fault),
                },
            };
            let upload = once.as_mut().and_then(|once| once.upload.as_deref_mut());
            match exchange(connection, request, upload, timeouts, self.limits.reply_head_bytes).await {
                Ok(opened) => return Ok(opened),
                // The next connection is a fresh one, so this happens once. Chat calls have no effect but their answer; but where there
                // are other targets, the file says whether what may have been done is asked again.
                Err(broken) if broken.stale && (backend.is_alone() || !broken.sent) => (),
                Err(broken) => return Err(broken.fault),
            }
        }
    }
}

/// What must not be sent twice, and the body behind it where that comes in pieces.
pub(super) struct Once<'a, 'b> {
    pub(super) upload: Option<&'a mut Upload<'b>>,
}

/// What a request says of itself, besides where it goes.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Absent where there is no body.
    pub(super) content_type: Option<&'a str>,
    pub(super) accept: &'a str,
    /// What of the client's query goes along, encoded.
    pub(super) query: Option<String>,
}

/// The media type of the streams that are asked for.
fn accept(backend: &Backend, api: Api) -> &'static str {
    backend.framings(api).iter().flat_map(|framing| framing.content_types()).next().unwrap_or(&"*/*")
}

/// A request to an upstream, all but its key.
pub(super) struct Draft<'a> {
    pub(super) backend: &'a Backend,
    pub(super) place: &'a Place,
    pub(super) target: &'a Target,
    pub(super) values: &'a Values<'a>,
    pub(super) asked: Asked<'a>,
    pub(super) body: Payload<'a>,
}

impl Draft<'_> {
    /// The request as bytes, with its key.
    fn write(&self, proof: &Proof) -> Result<Vec<u8>, Fault> {
        let Self { backend, place, target, values, asked, body } = self;
        let path = place.path(target);
        let kind = asked.content_type.map(|kind| ("content-type", kind.into()));
        let fixed = [
            ("host", Cow::Owned(place.peer.origin.authority())),
            ("accept", asked.accept.into()),
            // Undone all the same if a server insists; asked for, it would only hold back events.
            ("accept-encoding", "identity".into()),
            ("user-agent", crate::USER_AGENT.into()),
        ];
        let own = target.headers.iter().map(|(name, value)| (*name, Cow::Borrowed(value.as_str())));
        let parent = values.trace.as_ref().and_then(|trace| trace.parent_of_upstream());
        let is_told = parent.is_some();
        let passed = headers::upstream(&values.head.headers, backend.provider.name)
            .filter(|(name, _)| !(is_told && *name == headers::PARENT))
            .map(|(name, value)| (name, value.into()));
        let parent = parent.map(|parent| (headers::PARENT, parent.into()));
        let headers = fixed.into_iter().chain(kind).chain(own).chain(passed).chain(parent);
        let headers = headers.map(|(name, value)| (name.into(), value)).collect();
        let mut query = query(target);
        if let Some(more) = asked.query.as_deref().filter(|more| !more.is_empty()) {
            query = if query.is_empty() { more.to_owned() } else { format!("{query}&{more}") };
        }
        let prefix = &place.peer.prefix;
        let mut request = Outgoing { method: asked.method, prefix, path: &path, query, headers, body };
        backend.credentials.add(&mut request, (values.head, target.auth), proof)?;
        request.into_bytes()
    }
}

fn query(target: &Target) -> String {
    let pair =
        |(name, value): &(&str, String)| format!("{}={}", percent::encode(name), percent::encode(value));
    target.query.iter().map(pair).collect::<Vec<_>>().join("&")
}
