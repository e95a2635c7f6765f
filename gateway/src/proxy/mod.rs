//! One call, top to bottom: route, body, translation, key, upstream, translation back.

mod answer;
mod backend;
mod body;
mod credentials;
mod headers;
mod intake;
mod peers;
mod record;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::request::Parts;
use http::{Method, Request, Response, header};
use hyper::body::Incoming;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use translate::chat::{Call, ChatStream, Target};

pub(crate) use body::Body;

use crate::config::{Config, Match, Route};
use crate::fault::Fault;
use crate::limits::Limits;
use crate::server::Busy;
use crate::upstream::{Reply, exchange};
use answer::Answer;
use backend::{Backend, Place, Values};
use body::Stream;
use credentials::Outgoing;
use peers::Peers;
use record::{Payloads, Record};

/// How the gateway names itself to upstreams.
const USER_AGENT: &str = concat!("touchstone/", env!("CARGO_PKG_VERSION"));
/// Bytes of an error's body that are read: more is no message.
const ERROR_BYTES: usize = 1 << 20;

/// All that one core needs to answer calls.
pub(crate) struct Proxy {
    pub(crate) limits: Limits,
    config: Arc<Config>,
    backends: HashMap<*const Route, Backend>,
    peers: Peers,
    draining: Cell<bool>,
}

/// What is known once a request was sent.
struct Sent {
    reply: Reply,
    target: Target,
}

impl Proxy {
    pub(crate) fn new(config: Arc<Config>, tls: Arc<ClientConfig>, limits: Limits) -> Self {
        let peers = Peers::new(tls, &limits);
        let routes = config.router.routes().iter();
        let backends = routes
            .filter_map(|route| Some((Arc::as_ptr(route), Backend::new(route, &peers, &limits)?)))
            .collect();
        Self { limits, config, backends, peers, draining: Cell::new(false) }
    }

    /// Drops idle connections that are too old, again and again.
    pub(crate) async fn sweep(&self) {
        self.peers.sweep().await;
    }

    /// Tells load balancers that this gateway is going away.
    pub(crate) fn drain(&self) {
        self.draining.set(true);
    }

    /// Answers one request, whatever it is. Dropping the future drops the upstream's connection with it.
    pub(crate) async fn answer(&self, request: Request<Incoming>, busy: Busy) -> Response<Body> {
        let (head, mut body) = request.into_parts();
        let mut record = Record::new(answer::id(&head.headers));
        if let Some(ready) = self.status(&head) {
            record.silent = true;
            return answer::status(ready, record, busy);
        }
        let deadline = record.started() + self.limits.call;
        let call = self.call(&head, &mut body, &mut record, deadline);
        let answer = timeout_at(deadline, call).await.unwrap_or(Err(Fault::CallTimeout(self.limits.call)));
        match answer {
            Ok(answer) => answer.into_response(record, busy),
            Err(fault) => {
                intake::linger(&head, body);
                answer::fault(&fault, record, busy)
            }
        }
    }

    /// `GET /status/live` and `/status/ready`: whether the gateway runs, and whether it takes calls.
    fn status(&self, head: &Parts) -> Option<bool> {
        match (&head.method, head.uri.path()) {
            (&Method::GET | &Method::HEAD, "/status/live") => Some(true),
            (&Method::GET | &Method::HEAD, "/status/ready") => Some(!self.draining.get()),
            _ => None,
        }
    }

    async fn call(
        &self,
        head: &Parts,
        body: &mut Incoming,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let found = self.route(head)?;
        let backend = self.backends.get(&Arc::as_ptr(found.route)).ok_or(Fault::NoRoute)?;
        record.route.clone_from(&found.route.name);
        record.service.clone_from(&found.route.service);
        record.provider = Some(backend.provider.name);
        record.statistics = found.route.plugin.target.logging.log_statistics;
        intake::check_type(&head.headers)?;
        let limit = found.route.plugin.max_request_body_size.map_or(self.limits.body_bytes, NonZeroU64::get);
        let body = intake::read(body, limit, self.limits.body).await?;
        let payloads = found.route.plugin.target.logging.log_payloads;
        record.payloads = payloads.then(|| Payloads::new(&body));
        let values = Values { head, captures: &found.captures };
        let Sent { mut reply, target } = self.send(backend, &values, &body, record, deadline).await?;
        record.upstream_status = Some(reply.head.status);
        record.upstream_id = headers::call_id(&reply.head);
        let mut answer = Answer::new(&target, backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        if !(200..300).contains(&reply.head.status) {
            let body = reply.whole(ERROR_BYTES).await.unwrap_or_default();
            let field = |name: &str| reply.head.value(name).map(str::to_owned);
            let failure = translate::chat::failure(backend.provider, reply.head.status, &field, &body);
            return Ok(answer.failure(failure));
        }
        let call = Call {
            id: answer::letters(),
            created: now(),
            model: target.model,
            include_usage: target.include_usage,
        };
        if target.stream {
            expect(&reply, backend.framing().content_type(), |kind| {
                kind == backend.framing().content_type()
            })?;
            return Ok(answer.stream(Stream::new(ChatStream::new(backend.provider, &call), reply)));
        }
        expect(&reply, "application/json", |kind| kind == "application/json" || kind.ends_with("+json"))?;
        let body = reply.whole(self.limits.reply_bytes).await?;
        if body.trim_ascii().is_empty() {
            return Err(Fault::Empty);
        }
        let (body, usage) = translate::chat::reply(backend.provider, &body, &call)?;
        record.usage = usage;
        Ok(answer.whole(body))
    }

    /// The route for a request; the reason, where there is none.
    fn route(&self, head: &Parts) -> Result<Match<'_>, Fault> {
        let host = head.uri.authority().map(http::uri::Authority::as_str);
        let host = host.or_else(|| head.headers.get(header::HOST)?.to_str().ok());
        let find = |method: &str| self.config.router.find(method, host, head.uri.path(), &head.headers);
        let found = find(head.method.as_str());
        if head.method != Method::POST && (found.is_some() || find("POST").is_some()) {
            return Err(Fault::Method);
        }
        let found = found.ok_or(Fault::NoRoute)?;
        if found.route.protocols.http { Ok(found) } else { Err(Fault::Plain) }
    }

    /// Translates a request, sends it, and waits for the head of the reply.
    async fn send(
        &self,
        backend: &Backend,
        values: &Values<'_>,
        body: &[u8],
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Sent, Fault> {
        let filled = backend.fill(values)?;
        let mut payload = Vec::with_capacity(body.len() + 512);
        let target =
            translate::chat::request(backend.provider, body, &backend.options(&filled), &mut payload)?;
        backend.check(&target, &filled)?;
        record.request_model = Some(target.model.clone());
        record.stream = target.stream;
        record.dropped = (!target.dropped.is_empty()).then(|| target.dropped.join(", "));
        let place = backend.place(&self.peers, values)?;
        let request = compose(backend, &place, &target, values, &mut payload)?;
        record.send();
        let reply = self.exchange(backend, &place, &request, deadline).await?;
        Ok(Sent { reply, target })
    }

    /// Gets a reply on an idle connection or a fresh one.
    async fn exchange(
        &self,
        backend: &Backend,
        place: &Place,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Reply, Fault> {
        let (peer, timeouts) = (&place.peer, backend.timeouts);
        let mut idle = peer.take();
        let mut retries = backend.route.timeouts.retries;
        loop {
            let connection = match idle.take() {
                Some(connection) => connection,
                None => match peer.connect(timeouts.connect).await {
                    Ok(connection) => connection,
                    Err(_) if retries > 0 => {
                        retries -= 1;
                        continue;
                    }
                    Err(fault) => return Err(fault),
                },
            };
            match exchange(connection, request, timeouts, self.limits.reply_head_bytes).await {
                Ok(opened) => return Reply::new(opened, peer, timeouts, deadline),
                // The next connection is a fresh one, so this happens once.
                Err(broken) if broken.stale => (),
                Err(broken) => return Err(broken.fault),
            }
        }
    }
}

/// The request as bytes, with its key.
fn compose(
    backend: &Backend,
    place: &Place,
    target: &Target,
    values: &Values<'_>,
    payload: &mut Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let path = place.path(target);
    let accept = if target.stream { backend.framing().content_type() } else { "application/json" };
    let fixed = [
        ("host", Cow::Owned(place.peer.origin.authority())),
        ("content-type", "application/json".into()),
        ("accept", accept.into()),
        // Undone all the same if a server insists; asked for, it would only hold back events.
        ("accept-encoding", "identity".into()),
        ("user-agent", USER_AGENT.into()),
    ];
    let own = target.headers.iter().map(|(name, value)| (*name, Cow::Borrowed(value.as_str())));
    let passed = headers::upstream(&values.head.headers, backend.provider.name)
        .map(|(name, value)| (name, value.into()));
    let headers =
        fixed.into_iter().chain(own).chain(passed).map(|(name, value)| (name.into(), value)).collect();
    let mut request = Outgoing { path: &path, query: String::new(), headers, body: payload };
    backend.credentials.add(&mut request, values.head, &|source, name| values.get(source, name))?;
    request.into_bytes()
}

/// Refuses a reply of another media type, such as a proxy's HTML page. One without a type is taken at its word.
fn expect(reply: &Reply, expected: &'static str, fits: impl Fn(&str) -> bool) -> Result<(), Fault> {
    let got = reply.head.media_type();
    if got.is_empty() || fits(&got) {
        return Ok(());
    }
    let got = got.chars().filter(char::is_ascii_graphic).take(80).collect();
    Err(Fault::ReplyType { expected, got })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
