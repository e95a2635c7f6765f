//! What is noted of one call while it runs, and told once it is over.

mod estimate;
mod facts;
mod leave;
mod model;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use tokio::sync::oneshot;
use tokio::time::Instant;
use translate::call::{Api, Target as Asked};
use translate::delta::{Named, Spoken, Usage};

use super::backend::Backend;
use super::headers;
use super::place::Place;
use super::ticket::Ticket;
use crate::balancer::Pick;
use crate::config::{Route, Target};
use crate::fault::Fault;
use crate::metrics::{Call, Running};
use crate::statistics::{self, Observers, PAYLOAD, Payloads, Sink, Tried, Wire, Words};
use crate::telemetry::Traced;
use crate::upstream::Head;

/// A call that the client gave up, as nginx numbers it. Nobody gets to see this status.
const CLIENT_GONE: u16 = 499;
/// Bytes of what a stream says that are kept to be counted.
const WORDS: usize = 32 << 10;

/// One call. What it was is told when this is dropped, whatever became of it.
pub(crate) struct Record {
    observers: Arc<Observers>,
    /// Where else it is told.
    pub(super) sinks: Arc<[Arc<Sink>]>,
    /// What HTTP says of it, which is gathered for those alone.
    wire: Option<Box<Wire>>,
    /// Bytes of its body, where that was read whole.
    body: Option<u64>,
    started: Instant,
    /// Not a call, but a health check: not told.
    pub(crate) silent: bool,
    pub(crate) id: String,
    /// What it asked for, once that is known.
    pub(crate) route: Option<Arc<Route>>,
    /// The client, where it had to say who it is.
    pub(crate) consumer: Option<Arc<str>>,
    /// What it has taken of its caller's limits, once it is let in.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) provider: Option<&'static str>,
    /// Who was asked last.
    pub(crate) target: Option<Arc<Target>>,
    /// The try at it, which is over when the call is.
    pub(crate) pick: Option<Pick>,
    /// Who is told that it goes upstream, where its client does not wait for more: with its model, and what its reply repeats.
    accepted: Option<oneshot::Sender<(String, Vec<u8>)>>,
    /// What is sent of it to those who collect traces and metrics.
    pub(super) traced: Option<Traced>,
    /// Its target is busy with it.
    running: Option<Running>,
    /// The gateway is.
    _call: Option<Call>,
    /// Bytes that the client got.
    given: u64,
    /// Everyone who was asked.
    tried: Vec<Tried>,
    pub(crate) request_model: Option<String>,
    pub(crate) stream: bool,
    /// It became a session.
    pub(crate) realtime: bool,
    /// The code with which that was closed.
    pub(crate) close_code: Option<u16>,
    pub(crate) dropped: Option<String>,
    pub(crate) payloads: Option<Payloads>,
    pub(crate) usage: Option<Usage>,
    /// Whether that was counted here.
    estimated: bool,
    /// What is counted where the provider does not.
    words: Option<Words>,
    /// What was said in a stream.
    pub(super) spoken: Option<Box<Spoken>>,
    /// Whether the provider's stream did not come to its own end.
    pub(super) is_cut: bool,
    upstream_status: Option<u16>,
    upstream_id: Option<String>,
    response_model: Option<String>,
    /// Its body was taken in.
    taken: Option<Instant>,
    sent: Option<Instant>,
    first: Option<Instant>,
    last: Option<Instant>,
    /// What tries took that failed.
    lost: Duration,
    /// It is over, and about to be told.
    over: Option<(Instant, SystemTime)>,
    status: u16,
    outcome: &'static str,
}

impl Record {
    pub(crate) fn new(id: String, observers: Arc<Observers>, call: Call) -> Self {
        Self::begun(id, observers, Some(call))
    }

    fn begun(id: String, observers: Arc<Observers>, call: Option<Call>) -> Self {
        Self {
            observers,
            sinks: Arc::default(),
            wire: None,
            body: None,
            started: Instant::now(),
            silent: false,
            id,
            route: None,
            consumer: None,
            ticket: None,
            provider: None,
            target: None,
            pick: None,
            accepted: None,
            traced: None,
            running: None,
            _call: call,
            given: 0,
            tried: Vec::new(),
            request_model: None,
            stream: false,
            realtime: false,
            close_code: None,
            dropped: None,
            payloads: None,
            usage: None,
            estimated: false,
            words: None,
            spoken: None,
            is_cut: false,
            upstream_status: None,
            upstream_id: None,
            response_model: None,
            taken: None,
            sent: None,
            first: None,
            last: None,
            lost: Duration::ZERO,
            over: None,
            status: CLIENT_GONE,
            outcome: "client_gone",
        }
    }

    /// The API in whose words the client is told what goes wrong: OpenAI's chat, as long as no route is known.
    pub(crate) fn words(&self) -> Api {
        self.route.as_ref().map_or(Api::Chat, |route| route.plugin.words())
    }

    /// When the call began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// The whole request is there: what takes time from here on is not the client's. `body`: how long it was, if it was read.
    pub(super) fn take(&mut self, body: Option<usize>) {
        // Of several tries, the first takes it in.
        self.taken.get_or_insert_with(Instant::now);
        self.body = body.map(|bytes| bytes as u64);
    }

    /// Keeps what the client says, where that is told or may have to be counted.
    pub(super) fn say(&mut self, body: &Bytes, route: &Route) {
        let targets = &route.plugin.targets;
        let tells = targets.iter().any(|target| target.logging.log_payloads);
        self.payloads = tells.then(|| Payloads::new(body));
        self.words = targets.iter().any(|target| route.counts(target)).then(|| Words::new(body));
    }

    /// Bytes of what is said in a stream that are to be gathered; 0: none.
    pub(super) fn listens(&self) -> usize {
        match (&self.payloads, &self.words) {
            (Some(_), _) => PAYLOAD,
            (None, Some(_)) => WORDS,
            (None, None) => 0,
        }
    }

    /// A stream passes, and the provider counts it at its end. Gives the bytes of what is said that are to be gathered until then.
    pub(super) fn hears(&mut self) -> usize {
        self.words = Some(Words::default());
        WORDS
    }

    /// A reply came whole, with what the provider says that it cost.
    pub(super) fn answered(&mut self, usage: Option<Usage>, whole: &[u8]) {
        self.usage = usage;
        if let Some(words) = self.words.as_mut().filter(|_| usage.is_none()) {
            words.answer(whole);
        }
    }

    /// The request, which nobody else needs any more.
    pub(super) fn keep(&mut self, asked: Parts, client: Option<IpAddr>) {
        if !self.sinks.is_empty() {
            let taken = self.body;
            self.wire = Some(Box::new(Wire { asked, answered: HeaderMap::new(), taken, given: 0, client }));
        }
    }

    /// The head of the answer.
    pub(super) fn answer(&mut self, headers: &HeaderMap) {
        if let Some(wire) = &mut self.wire {
            wire.answered.clone_from(headers);
        }
    }

    /// This target is asked next.
    pub(super) fn choose<'b>(&mut self, (backend, pick): (&'b Backend, Option<Pick>)) -> &'b Backend {
        self.provider = Some(backend.provider.name);
        self.target = Some(Arc::clone(&backend.target));
        self.pick = pick;
        self.running = Some(backend.meter.begin());
        if let Some(traced) = &self.traced {
            traced.next_try();
        }
        self.tried.push(Tried {
            target: Arc::clone(&backend.target),
            provider: backend.provider.name,
            model: None,
            origin: None,
            ip: None,
            path: None,
            after: self.started.elapsed(),
            upstream_status: None,
            failure: None,
        });
        backend
    }

    /// The target that was asked last failed, and another one is asked. `reason`: a word of Kong's `failover_criteria`.
    pub(super) fn give_up(&mut self, reason: &'static str) {
        self.settle();
        if let Some(tried) = self.tried.last_mut() {
            tried.failure = Some(reason);
        }
        if let Some(running) = self.running.take() {
            running.failed(reason);
        }
        self.lost += self.sent.take().map_or(Duration::ZERO, |sent| sent.elapsed());
        (self.request_model, self.upstream_status, self.upstream_id) = (None, None, None);
        (self.pick, self.dropped, self.usage, self.spoken) = (None, None, None, None);
    }

    /// The request goes upstream.
    pub(super) fn send(&mut self, place: &Place, asked: &Asked) {
        self.sent = Some(Instant::now());
        let wants = self.statistics() || !self.sinks.is_empty() || self.traced.is_some();
        if let Some(tried) = self.tried.last_mut().filter(|_| wants) {
            tried.origin = Some(Arc::clone(&place.peer.origin));
            tried.path = Some(place.path(asked));
        }
    }

    /// The head of the upstream's reply.
    pub(super) fn hear(&mut self, head: &Head, ip: Option<IpAddr>) {
        self.upstream_status = Some(head.status);
        self.upstream_id = headers::call_id(head);
        if let Some(tried) = self.tried.last_mut() {
            tried.ip = ip;
        }
    }

    /// The first bytes for the client are there; all of them, if the reply is whole.
    pub(crate) fn begin(&mut self, status: u16, bytes: &[u8]) {
        self.first = Some(Instant::now());
        self.status = status;
        if self.statistics() {
            self.response_model = model::named(bytes);
        }
    }

    /// The reply breaks off, of which the client has the beginning.
    pub(super) fn breaks(&self, fault: &Fault) {
        if let (Some(pick), Some((failure, _))) = (&self.pick, fault.failure()) {
            pick.failed(failure, Instant::now());
        }
    }

    /// The upstream says something in a session.
    pub(crate) fn speak(&mut self, status: u16) {
        self.first.get_or_insert_with(Instant::now);
        self.status = status;
    }

    /// Bytes that the client gets.
    pub(crate) fn give(&mut self, bytes: &[u8]) {
        self.given += bytes.len() as u64;
        if let Some(traced) = &mut self.traced {
            traced.give(bytes);
        }
        // Of a stream it is told what was said.
        if let Some(payloads) = self.payloads.as_mut().filter(|_| !self.stream) {
            payloads.add(bytes);
        }
        if let Some(wire) = &mut self.wire {
            wire.given += bytes.len() as u64;
        }
    }

    /// The call is over: `done`, or the code of its fault.
    pub(crate) fn end(&mut self, status: u16, outcome: &'static str) {
        self.last = Some(Instant::now());
        self.status = status;
        self.outcome = outcome;
    }

    /// Kong's `log_statistics`: whether timings and tokens are told.
    fn statistics(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.logging.log_statistics)
    }

    /// Notes of the last try what is known now.
    fn settle(&mut self) {
        if let Some(tried) = self.tried.last_mut() {
            tried.model.clone_from(&self.request_model);
            tried.upstream_status = self.upstream_status;
        }
    }

    /// What the call used is known: it counts, and nothing is held for it any more.
    pub(super) fn settle_ticket(&mut self) {
        let Some(mut ticket) = self.ticket.take() else { return };
        let facts = self.facts();
        ticket.settle(facts.usage, facts.cost);
        self.ticket = Some(ticket);
    }

    /// Tells everybody.
    fn tell(&mut self) {
        self.silent = true;
        self.settle_ticket();
        if let (Some(payloads), Some(spoken)) = (&mut self.payloads, &self.spoken) {
            let model = self.response_model.as_deref().or(self.request_model.as_deref()).unwrap_or_default();
            let created = self.over.and_then(|(_, at)| at.duration_since(UNIX_EPOCH).ok());
            let created = created.unwrap_or_default().as_secs();
            let named = Named { id: &self.id, created, model, usage: self.usage.as_ref() };
            spoken.write(named, &mut payloads.response);
        }
        let facts = self.facts();
        self.observers.tell(&facts);
        statistics::send(&facts, &self.sinks);
        if let Some(traced) = &self.traced {
            traced.tell(&facts);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.silent {
            return;
        }
        self.settle();
        self.over = Some((Instant::now(), SystemTime::now()));
        if !self.is_uncounted() {
            return self.tell();
        }
        let mut record = self.take_out();
        let size = record.words.as_ref().map_or(0, Words::size) + record.listens();
        self.observers.later(size, move |hurry| {
            record.count(hurry);
            record.tell();
        });
    }
}
