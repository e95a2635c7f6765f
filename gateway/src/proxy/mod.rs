//! One call, top to bottom: route, body, [out](send), and [back](receive).

mod admit;
mod answer;
mod aside;
mod backend;
mod batches;
mod body;
mod credentials;
mod files;
mod finder;
mod headers;
mod intake;
mod keys;
mod outgoing;
mod passing;
mod passthrough;
mod peers;
mod place;
mod pool;
mod proof;
mod quota;
mod realtime;
mod receive;
mod record;
mod send;
mod serves;
mod session;
mod source;
mod ticket;
mod tries;
mod turns;
mod videos;
mod websocket;
mod works;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, header};
use hyper::body::Incoming;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use translate::call::Api;
use translate::client::responses::Memory;

pub(crate) use body::Body;

use crate::commons::Commons;
use crate::config::{Config, Match, Route};
use crate::egress::Ways;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::server::{Busy, Secure};
use crate::statistics::Sink;
use crate::status::Station;
use crate::telemetry::Traced;
use answer::Answer;
use backend::Values;
use peers::Peers;
use pool::Pool;
use receive::Birth;
use record::Record;
use send::Said;
use serves::Serves;
use source::Source;
use tries::Tries;

/// All that one core needs to answer calls by one configuration.
pub(crate) struct Proxy {
    pub(crate) limits: Limits,
    config: Arc<Config>,
    pools: HashMap<*const Route, Pool>,
    /// Where calls are told that no route takes.
    sinks: Arc<[Arc<Sink>]>,
    /// Those of all configurations that this core has had.
    peers: Rc<Peers>,
    commons: Arc<Commons>,
    /// Cancelled once no more calls are wanted.
    leaving: CancellationToken,
    /// Cancelled once this gateway goes away.
    draining: CancellationToken,
    /// What goes on though nobody waits for it.
    jobs: TaskTracker,
    /// Cancelled once that must end, too.
    ending: CancellationToken,
    /// What operators see, where they look at the clients' address.
    pub(crate) station: Option<Arc<Station>>,
}

impl Proxy {
    pub(crate) fn new(
        config: Arc<Config>,
        tls: Arc<ClientConfig>,
        ways: Arc<Ways>,
        commons: Arc<Commons>,
        limits: Limits,
        leaving: CancellationToken,
    ) -> Self {
        let peers = Rc::new(Peers::new(tls, ways, &limits));
        Self::of(config, commons, peers, limits, [leaving, CancellationToken::new()])
    }

    /// The same core by the next configuration.
    pub(crate) fn next(&self, config: Arc<Config>, commons: Arc<Commons>) -> Self {
        let signs = [self.leaving.clone(), self.draining.clone()];
        let next = Self::of(config, commons, Rc::clone(&self.peers), self.limits.clone(), signs);
        let (jobs, ending) = (self.jobs.clone(), self.ending.clone());
        Self { station: self.station.clone(), jobs, ending, ..next }
    }

    fn of(
        config: Arc<Config>,
        commons: Arc<Commons>,
        peers: Rc<Peers>,
        limits: Limits,
        [leaving, draining]: [CancellationToken; 2],
    ) -> Self {
        let routes = config.router.routes().iter();
        let pools = routes
            .filter_map(|route| Some((Arc::as_ptr(route), Pool::new(route, &commons, &peers)?)))
            .collect();
        let (jobs, ending) = (TaskTracker::new(), CancellationToken::new());
        let sinks = commons.sinks.of(&config.everywhere).into();
        Self { limits, config, pools, sinks, peers, commons, leaving, draining, jobs, ending, station: None }
    }

    /// Drops what is too old, again and again: idle connections, and responses that are kept. Embeds what is to be compared with
    /// prompts, once.
    pub(crate) async fn sweep(&self) {
        let (store, sharing) = (&self.commons.store, &self.commons.sharing);
        tokio::join!(self.peers.sweep(), store.forget(), self.learn(), sharing.run(self.limits.share));
    }

    /// Tells whoever is in a session that this gateway is going away.
    pub(crate) fn drain(&self) {
        self.draining.cancel();
    }

    /// Answers one request, whatever it is. Dropping the future drops the upstream's connection with it.
    pub(crate) async fn answer(self: &Rc<Self>, request: Request<Incoming>, busy: Busy) -> Response<Body> {
        let (mut head, mut body) = request.into_parts();
        let mut record = Record::new(
            answer::id(&head.headers),
            Arc::clone(&self.commons.observers),
            self.commons.metrics.begin(),
        );
        if let Some(seen) = self.seen(&head) {
            record.silent = true;
            let (head, bytes) = seen.into_parts();
            let body = Body::whole(bytes, head.status.as_u16(), "status", record, busy);
            return Response::from_parts(head, body);
        }
        if let Some(ready) = self.status(&head) {
            record.silent = true;
            return answer::status(ready, record, busy);
        }
        head.extensions.extend(admit::caller(&busy));
        let deadline = record.started() + self.limits.call;
        let call = self.call(&mut head, &mut body, &mut record, deadline);
        let answer = timeout_at(deadline, call).await.unwrap_or(Err(Fault::CallTimeout(self.limits.call)));
        if answer.is_err() {
            intake::linger(&head, body);
        }
        record.keep(head, busy.client());
        match answer {
            Ok(answer) => answer.into_response(record, busy),
            Err(fault) => answer::fault(&fault, record, busy),
        }
    }

    /// `GET /status/live` and `/status/ready`: whether the gateway runs, and whether it takes calls.
    fn status(&self, head: &Parts) -> Option<bool> {
        match (&head.method, head.uri.path()) {
            (&Method::GET | &Method::HEAD, "/status/live") => Some(true),
            (&Method::GET | &Method::HEAD, "/status/ready") => Some(!self.leaving.is_cancelled()),
            _ => None,
        }
    }

    /// What operators see here, if they may.
    fn seen(&self, head: &Parts) -> Option<Response<Bytes>> {
        let station = self.station.as_ref()?;
        station.answer(&head.method, head.uri.path(), head.uri.query(), &head.headers)
    }

    async fn call(
        self: &Rc<Self>,
        head: &mut Parts,
        body: &mut Incoming,
        record: &mut Record,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let (found, pool) = self.route(head, record)?;
        self.admit(head, found.route, record)?;
        let head = &*head;
        let trace = record.traced.as_ref().map(Traced::trace).cloned();
        let values = Values { head, captures: &found.captures, trace };
        let lead = pool.lead(head.uri.path());
        let mut source = Source::new(body, pool.balancing().is_some());
        let Serves::Call(api) = lead.serves else {
            let tries = Tries { pool, lead, values: &values, record, deadline };
            return self.pass_on(tries, &mut source).await;
        };
        check_path(api, head.uri.path())?;
        if api == Api::Responses
            && let Some(answer) = self.look_up(head, found.route, record.consumer.as_deref()).await?
        {
            return Ok(answer);
        }
        intake::check_type(&head.headers)?;
        let body = source.whole(lead.limit(self.limits.body_bytes), self.limits.body).await?;
        record.take(Some(body.len()));
        record.say(&body, found.route);
        if let Some(traced) = &mut record.traced {
            traced.ask(&body);
        }
        let tries = Tries { pool, lead, values: &values, record, deadline };
        if api != Api::Responses {
            let said = Said { body: &body, memory: Memory::default() };
            return self.translate(api, tries, said, &mut source, &Birth::new).await;
        }
        let turn = self.turn(head, found.route, tries.record.consumer.as_deref(), &body).await?;
        if turn.in_background() {
            return self.in_background(head, &found, turn, body, tries.record).await;
        }
        let (earlier, items) = (turn.earlier(), turn.items());
        let said = Said { body: &body, memory: turn.memory(&earlier, &items) };
        let birth = || {
            let birth = Birth::new();
            let keep = turn.keep(said.body, said.memory, &birth.name);
            Birth { keep, ..birth }
        };
        self.translate(api, tries, said, &mut source, &birth).await
    }

    /// The route for a request; the reason, where there is none. What is known of it is noted, for the words of a refusal, too.
    fn route(&self, head: &Parts, record: &mut Record) -> Result<(Match<'_>, &Pool), Fault> {
        let host = head.uri.authority().map(http::uri::Authority::as_str);
        let host = host.or_else(|| head.headers.get(header::HOST)?.to_str().ok());
        let find = |method: &str| self.config.router.find(method, host, head.uri.path(), &head.headers);
        record.sinks = Arc::clone(&self.sinks);
        let Some(found) = find(head.method.as_str()) else {
            let Some(other) = find("POST") else { return Err(Fault::NoRoute) };
            record.route = Some(Arc::clone(other.route));
            return Err(Fault::Method(&["POST"]));
        };
        let pool = self.pools.get(&Arc::as_ptr(found.route)).ok_or(Fault::NoRoute)?;
        let backend = pool.lead(head.uri.path());
        record.provider = Some(backend.provider.name);
        record.target = Some(Arc::clone(&backend.target));
        record.route = Some(Arc::clone(found.route));
        record.sinks = Arc::clone(&pool.sinks);
        record.traced = pool.exporter.as_ref().map(|exporter| Traced::begin(exporter, &head.headers));
        if !backend.methods().contains(&head.method.as_str()) {
            return Err(Fault::Method(backend.methods()));
        }
        let (protocols, secure) = (found.route.protocols, head.extensions.get::<Secure>().is_some());
        match () {
            () if secure && !protocols.https => Err(Fault::NoRoute),
            () if !secure && !protocols.http => Err(Fault::Plain),
            () => Ok((found, pool)),
        }
    }
}

/// Refuses what belongs to the API that a route translates, and is not the one operation of it that is translated.
fn check_path(api: Api, path: &str) -> Result<(), Fault> {
    const MESSAGES: &str = "/v1/messages";
    let below = path.split_once(MESSAGES).map_or("", |(_, below)| below.trim_end_matches('/'));
    if api == Api::Messages && below.starts_with('/') { Err(Fault::NoOperation(MESSAGES)) } else { Ok(()) }
}
