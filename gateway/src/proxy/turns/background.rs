//! Responses that nobody waits for: the client is told that its request is queued, and the call goes on without it.
//!
//! ```text
//! request ─▶ translated, let in ─▶ goes upstream ─▶ the client is told «queued» ─▶ its end is kept
//!                  └─ refused: the client is told, as of any call        └─ events, for those who follow
//! ```
//!
//! The run stays on its core, and has the record of its call: what it took is told when it is over. What becomes of it is in the store
//! alone, so a look needs to know nothing of runs, and a response that was cancelled or deleted there, by whichever gateway, is one
//! that nobody wants any more. <https://platform.openai.com/docs/guides/background>

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};
use translate::call::{Api, Call};
use translate::client::responses;
use translate::openai::Problem;

use super::super::backend::Values;
use super::super::receive::{Birth, now};
use super::super::send::Said;
use super::super::source::Source;
use super::super::tries::Tries;
use super::{Keep, Proxy, Turn};
use crate::config::{Captures, Match, Route};
use crate::fault::Fault;
use crate::proxy::answer::{self, Answer};
use crate::proxy::record::Record;
use crate::server::Busy;
use crate::store::Begun;
use crate::telemetry::Traced;

/// Between two looks whether another gateway was told that nobody wants it any more.
const LOOKS: Duration = Duration::from_secs(2);
/// How long those that are ended may take to say so.
const LAST: Duration = Duration::from_secs(1);

/// A call that has left its client.
struct Work {
    proxy: Rc<Proxy>,
    head: Parts,
    route: Arc<Route>,
    captures: Captures,
    body: Bytes,
    turn: Turn,
    name: String,
    created: u64,
}

/// Its answer, and what it was.
type Working = Pin<Box<dyn Future<Output = (Result<Answer, Fault>, Record)>>>;

/// What sees to it that it comes to an end.
struct Job {
    proxy: Rc<Proxy>,
    begun: Begun,
    call: Call,
    keep: Keep,
}

impl Proxy {
    /// Begins to make a response that nobody waits for.
    pub(in crate::proxy) async fn in_background(
        self: &Rc<Self>,
        head: &Parts,
        found: &Match<'_>,
        turn: Turn,
        body: Bytes,
        record: &mut Record,
    ) -> Result<Answer, Fault> {
        if turn.is_off {
            return Err(Fault::Background);
        }
        let (name, created) = (answer::letters(), now());
        let id = responses::id(&name);
        let keep = {
            let (earlier, items) = (turn.earlier(), turn.items());
            turn.keep(&body, turn.memory(&earlier, &items), &name).ok_or(Fault::Background)?
        };
        let streams = turn.needs.is_streamed;
        let begun = self.commons.store.runs.begin(keep.scope, &id, streams).ok_or(Fault::Crowded)?;
        let (told, accepted) = oneshot::channel();
        let own = record.leave(head, told);
        let (proxy, head, route) = (Rc::clone(self), head.clone(), Arc::clone(found.route));
        let captures = found.captures.clone();
        let work = Work { proxy, head, route, captures, body, turn, name: name.clone(), created };
        let mut working = work.answer(own);
        let target = tokio::select! {
            biased;
            Ok(target) = accepted => target,
            (answer, own) = &mut working => {
                *record = own;
                return answer;
            }
        };
        let (model, echo) = target;
        let call = Call { id: name, created, model, echo, ..Call::default() };
        let queued = responses::queued(&call);
        keep.begin(&queued).await;
        let run = Arc::clone(&begun.run);
        let job = Job { proxy: Rc::clone(self), begun, call, keep };
        self.jobs.spawn_local(job.run(working));
        Ok(if streams { Answer::followed(run, 0) } else { Answer::kept(queued) })
    }

    /// Waits for all that is made in the background; no call may come any more. What takes longer than until `end` is ended, and has failed.
    pub(crate) async fn settle(&self, end: Instant) {
        self.jobs.close();
        if timeout_at(end, self.jobs.wait()).await.is_err() {
            self.ending.cancel();
            let _ = tokio::time::timeout(LAST, self.jobs.wait()).await;
        }
    }
}

impl Work {
    fn answer(self, mut record: Record) -> Working {
        Box::pin(async move {
            let within = self.proxy.limits.background_for;
            let deadline = record.started() + within;
            let answer = timeout_at(deadline, self.ask(&mut record));
            let answer = answer.await.unwrap_or(Err(Fault::CallTimeout(within)));
            (answer, record)
        })
    }

    async fn ask(&self, record: &mut Record) -> Result<Answer, Fault> {
        let Self { proxy, head, body, turn, name, created, .. } = self;
        let pool = proxy.pools.get(&Arc::as_ptr(&self.route)).ok_or(Fault::NoRoute)?;
        let trace = record.traced.as_ref().map(Traced::trace).cloned();
        let values = Values { head, captures: &self.captures, trace };
        let (lead, deadline) = (pool.lead(head.uri.path()), record.started() + proxy.limits.background_for);
        let (earlier, items) = (turn.earlier(), turn.items());
        let said = Said { body, memory: turn.memory(&earlier, &items) };
        let tries = Tries { pool, lead, values: &values, record, deadline };
        let birth =
            || Birth { name: name.clone(), created: *created, keep: turn.keep(said.body, said.memory, name) };
        proxy.translate(Api::Responses, tries, said, &mut Source::taken(), &birth).await
    }
}

impl Job {
    async fn run(self, working: Working) {
        let failed = tokio::select! {
            biased;
            () = self.begun.run.stop.cancelled() => None,
            () = self.proxy.ending.cancelled() => Some(Fault::Stopped.problem()),
            () = self.unwanted() => None,
            problem = self.finish(working) => problem,
        };
        if let Some(problem) = failed {
            let failed = responses::failed(&self.call, &problem, self.begun.told());
            self.keep.done(failed.response).await;
            self.begun.tell(failed.events.into());
        }
    }

    /// Goes on to the end. Gives what there is still to be said of a response that failed.
    async fn finish(&self, working: Working) -> Option<Problem> {
        let (answer, record) = working.await;
        let response = match answer {
            Ok(answer) => answer.into_response(record, Busy::alone()),
            Err(fault) => answer::fault(&fault, record, Busy::alone()),
        };
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec());
        let is_told = status.is_success() && kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"));
        let mut body = response.into_body();
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            // A translated reply never breaks off: it says so itself.
            let Ok(Ok(bytes)) = frame.map(http_body::Frame::into_data) else { break };
            if !is_told {
                whole.extend_from_slice(&bytes);
            } else if !self.begun.tell(bytes) && !body.is_end_stream() {
                return Some(Fault::ReplyTooLong("body").problem());
            }
        }
        (!status.is_success()).then(|| Problem::read(status.as_u16(), &whole))
    }

    /// Waits until another gateway says that nobody wants it. Looking holds its place in the store, whoever else has one there.
    async fn unwanted(&self) {
        loop {
            sleep(LOOKS).await;
            if self.keep.is_given_up().await {
                return;
            }
        }
    }
}
