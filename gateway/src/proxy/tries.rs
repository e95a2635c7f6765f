//! A call that one target fails goes to another, translated anew from the client's bytes, as long as its client has seen nothing.
//!
//! What counts as failing is in the file: Kong's `failover_criteria`, in the meaning of nginx's `proxy_next_upstream`. A status that
//! is listed there is a refusal, and so the call may be asked elsewhere; but what broke off or took too long may have been done, and
//! is asked again only where the file says `non_idempotent`, or where doing it twice is as good as once (not so of POST and PATCH).
//! A body that goes upstream as it comes is gone with the first target that was reached.
//!
//! <https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream>

use http::Method;
use tokio::time::Instant;
use translate::call::Api;
use translate::passthrough;

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::batches::Talk;
use super::pool::{Choice, Pool};
use super::receive::Birth;
use super::send::Said;
use super::serves::Serves;
use super::source::Source;
use super::{Proxy, Record, aside, realtime};
use crate::balancer::{Failure, Pick};
use crate::config::{Balancer, Criterion, Named};
use crate::fault::{Fault, Reached};

/// A call, and the targets that may take it.
pub(super) struct Tries<'t> {
    pub(super) pool: &'t Pool,
    /// The first of them.
    pub(super) lead: &'t Backend,
    pub(super) values: &'t Values<'t>,
    pub(super) record: &'t mut Record,
    pub(super) deadline: Instant,
}

/// How a try failed.
struct Broken {
    failure: Failure,
    reached: Reached,
}

impl Proxy {
    /// Answers a call that is translated.
    pub(super) async fn translate(
        &self,
        api: Api,
        mut tries: Tries<'_>,
        said: Said<'_>,
        source: &mut Source<'_>,
        birth: &dyn Fn() -> Birth,
    ) -> Result<Answer, Fault> {
        let Tries { pool, lead, values, deadline, .. } = tries;
        // A body that is no object is refused where it is read.
        let named = || passthrough::named(said.body, &[&["model"]]).unwrap_or_default();
        let model = if pool.is_one() { None } else { named() };
        let mut choice = pool.choice(lead, values, model.as_deref());
        choice.keep(&|backend| tries.record.may(backend, values.head, model.as_deref()))?;
        if let Some(finder) = pool.finder.as_ref().filter(|_| choice.is_open()) {
            choice.prefer(self.find(finder, api, &tries, said.body).await?);
        }
        let ask = async |backend: &Backend, record: &mut Record, _: &mut Source<'_>| {
            let sent = self.send(backend, api, values, said, record, deadline).await?;
            self.receive(backend, api, sent, birth, record).await
        };
        one_by_one(&mut choice, &mut tries, source, ask).await
    }

    /// Answers a call that passes through, or is translated outside of the hub.
    pub(super) async fn pass_on(
        &self,
        mut tries: Tries<'_>,
        source: &mut Source<'_>,
    ) -> Result<Answer, Fault> {
        let Tries { pool, lead, values, deadline, .. } = tries;
        let model = if pool.is_one() { None } else { self.named(lead, values, source).await? };
        let mut choice = pool.choice(lead, values, model.as_deref());
        choice.keep(&|backend| tries.record.may(backend, values.head, model.as_deref()))?;
        let ask = async |backend: &Backend, record: &mut Record, source: &mut Source<'_>| match backend.serves
        {
            Serves::Passage(passage) if realtime::is_session(passage, values.head) => {
                self.open_session(backend, passage, values, record, deadline).await
            }
            Serves::Passage(passage) => self.pass(backend, passage, values, source, record, deadline).await,
            Serves::Work(work, resource) => {
                self.work((backend, work, resource), values, source, record, deadline).await
            }
            Serves::Batches(dialect, resource) => {
                let mut talk = Talk { backend, values, record, deadline, dialect };
                self.batches(&mut talk, resource, source).await
            }
            Serves::Videos(dialect) => {
                let mut talk = Talk { backend, values, record, deadline, dialect };
                self.videos(&mut talk, source).await
            }
            // Only who serves the same as the first may take a call.
            Serves::Call(_) => Err(Fault::NoRoute),
        };
        one_by_one(&mut choice, &mut tries, source, ask).await
    }

    /// The model that a call names which is not translated by the hub.
    async fn named(
        &self,
        lead: &Backend,
        values: &Values<'_>,
        source: &mut Source<'_>,
    ) -> Result<Option<String>, Fault> {
        let head = values.head;
        let path = head.uri.path();
        let Some(resource) = lead.serves.resource() else { return Ok(None) };
        if let Some(model) = resource.native().and_then(|native| native.model(path)) {
            return Ok(Some(model));
        }
        let places = resource.native().map_or(&[][..], |native| native.names_model(path));
        if head.method != Method::POST || (places.is_empty() && !resource.names_model(path)) {
            return Ok(None);
        }
        let limit = lead.limit(self.limits.body_bytes);
        let body = source.whole(limit, self.limits.body).await?;
        if !places.is_empty() {
            return Ok(passthrough::named(&body, places).unwrap_or_default());
        }
        let kind = head.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // Nothing is put in, so nothing is changed.
        Ok(passthrough::model(kind.unwrap_or_default(), &mut body.into(), None).unwrap_or_default())
    }
}

/// Asks one target after the other until one answers, or nobody may be asked any more. An answer is one once the first of it is
/// there for the client.
async fn one_by_one(
    choice: &mut Choice<'_>,
    tries: &mut Tries<'_>,
    source: &mut Source<'_>,
    mut ask: impl AsyncFnMut(&Backend, &mut Record, &mut Source<'_>) -> Result<Answer, Fault>,
) -> Result<Answer, Fault> {
    let record = &mut *tries.record;
    let mut next = choice.next(Instant::now())?;
    let Some((balancer, budget)) = tries.pool.balancing() else {
        return ask(record.choose(next), record, source).await;
    };
    let most = if choice.is_once() { 0 } else { balancer.timeouts.retries.into() };
    let mut retries = Vec::new();
    loop {
        let result = match ask(record.choose(next), record, source).await {
            Ok(mut answer) => answer.begin().await.map(|()| answer),
            Err(fault) => Err(fault),
        };
        let now = Instant::now();
        let broken = Broken::of(&result);
        if let Some(pick) = &record.pick {
            tell(pick, &result, broken.as_ref(), now);
        }
        let method = &tries.values.head.method;
        let Some(broken) = broken.filter(|broken| broken.leads_on(balancer, method, source)) else {
            if result.is_ok() {
                budget.served(&retries, now);
            }
            return result;
        };
        if retries.len() >= most || now >= tries.deadline {
            return result;
        }
        let Some(retry) = budget.retry(now) else { return result };
        retries.push(retry);
        let Ok(other) = choice.next(now) else { return result };
        record.give_up(broken.criterion().name());
        next = other;
    }
}

/// Tells the balancer how a try went. It learns nothing of one that came to nothing by the client's own fault.
fn tell(pick: &Pick, result: &Result<Answer, Fault>, broken: Option<&Broken>, now: Instant) {
    match (result, broken) {
        (_, Some(broken)) => pick.failed(broken.failure, now),
        (Ok(_), None) => pick.answered(),
        (Err(_), None) => (),
    }
    if let Some(until) = result.as_ref().ok().and_then(|answer| aside::until(answer, now)) {
        pick.set_aside(until);
    }
}

impl Broken {
    /// `None`: it did not fail, or by the client's own fault.
    fn of(result: &Result<Answer, Fault>) -> Option<Self> {
        let (failure, reached) = match result {
            Ok(answer) => (Failure::Status(answer.refused()?), Reached::Answered),
            Err(fault) => fault.failure()?,
        };
        Some(Self { failure, reached })
    }

    /// The same in the words of the file.
    fn criterion(&self) -> Criterion {
        match self.failure {
            Failure::Error => Criterion::Error,
            Failure::Timeout => Criterion::Timeout,
            Failure::InvalidHeader => Criterion::InvalidHeader,
            Failure::Status(status) => Criterion::Status(status),
        }
    }

    /// Whether the file wants such a call to go elsewhere, and it still can.
    fn leads_on(&self, balancer: &Balancer, method: &Method, source: &Source<'_>) -> bool {
        let may = match self.reached {
            Reached::Never => true,
            Reached::Perhaps => {
                let once = matches!(*method, Method::POST | Method::PATCH);
                !source.has_flowed() && (!once || balancer.fails_over(Criterion::NonIdempotent))
            }
            Reached::Answered => !source.has_flowed(),
        };
        may && balancer.fails_over(self.criterion())
    }
}
