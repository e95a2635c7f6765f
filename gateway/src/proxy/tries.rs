//! A call that one target fails goes to another, translated anew from the client's bytes, as long as its client has seen nothing.
//!
//! What counts as failing is in the file: Kong's `failover_criteria`, in the meaning of nginx's `proxy_next_upstream`. A status that
//! is listed there is a refusal, and so the call may be asked elsewhere; but what broke off or took too long may have been done, and
//! is asked again only where the file says `non_idempotent`.
//!
//! <https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream>

use std::time::Duration;

use http::header;
use tokio::time::Instant;
use translate::call::Api;
use translate::passthrough;

use super::answer::Answer;
use super::backend::{Backend, Values};
use super::pool::Pool;
use super::send::Said;
use super::turns::Keep;
use super::{Proxy, Record};
use crate::balancer::{Failure, Pick};
use crate::config::{Balancer, Criterion, Named};
use crate::fault::Fault;

/// How long a target is left alone at most, whatever it asks for.
const ASIDE: Duration = Duration::from_secs(600);

/// A call, and the targets that may take it.
pub(super) struct Tries<'t> {
    pub(super) pool: &'t Pool,
    /// The first of them.
    pub(super) lead: &'t Backend,
    pub(super) api: Api,
    pub(super) values: &'t Values<'t>,
    pub(super) record: &'t mut Record,
    pub(super) deadline: Instant,
}

/// How a try failed.
struct Broken {
    failure: Failure,
    /// Whether the target may have begun to do what it was asked.
    sent: bool,
}

impl Proxy {
    /// Answers a call that is translated. `keep`: see [`Proxy::receive`].
    pub(super) async fn call_one(
        &self,
        tries: &mut Tries<'_>,
        said: Said<'_>,
        keep: &dyn Fn(&str) -> Option<Keep>,
    ) -> Result<Answer, Fault> {
        // A body that is no object is refused where it is read.
        let model = if tries.pool.is_one() {
            None
        } else {
            passthrough::named(said.body, &[&["model"]]).unwrap_or_default()
        };
        let mut choice = tries.pool.choice(tries.lead, tries.values.head, model.as_deref());
        choice.keep(&|backend| tries.record.may(backend, tries.values.head, model.as_deref()))?;
        if let Some(finder) = &tries.pool.finder {
            choice.prefer(self.find(finder, tries, said.body).await?);
        }
        let Some((balancer, budget)) = tries.pool.balancing() else {
            let backend = tries.record.choose(choice.next(Instant::now())?);
            return self.call_at(backend, tries, said, keep).await;
        };
        let mut retries = Vec::new();
        let mut next = choice.next(Instant::now())?;
        loop {
            let backend = tries.record.choose(next);
            let result = self.call_at(backend, tries, said, keep).await;
            let now = Instant::now();
            let pick = tries.record.pick.as_ref();
            let Some(broken) = Broken::of(&result) else {
                pick.inspect(|pick| pick.answered());
                budget.served(&retries, now);
                return result;
            };
            if let Some(pick) = pick {
                pick.failed(broken.failure, now);
                set_aside(pick, &result, now);
            }
            if retries.len() >= balancer.timeouts.retries.into() || !broken.leads_on(balancer) {
                return result;
            }
            let Some(retry) = budget.retry(now) else { return result };
            retries.push(retry);
            let Ok(other) = choice.next(now) else { return result };
            tries.record.give_up(broken.criterion().name());
            next = other;
        }
    }

    /// One try. What it gives is an answer once the first of it is there for the client.
    async fn call_at(
        &self,
        backend: &Backend,
        tries: &mut Tries<'_>,
        said: Said<'_>,
        keep: &dyn Fn(&str) -> Option<Keep>,
    ) -> Result<Answer, Fault> {
        let Tries { api, values, record, deadline, .. } = tries;
        let sent = self.send(backend, *api, values, said, record, *deadline).await?;
        let mut answer = self.receive(backend, *api, sent, keep, record).await?;
        if backend.route.plugin.balancer.is_some() {
            answer.begin().await?;
        }
        Ok(answer)
    }
}

/// Leaves a target alone for as long as it asks for.
fn set_aside(pick: &Pick, result: &Result<Answer, Fault>, now: Instant) {
    let Ok(answer) = result else { return };
    let asked =
        answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    if let Some(seconds) = asked.filter(|_| answer.refused() == Some(429)) {
        pick.set_aside(now + Duration::from_secs(seconds).min(ASIDE));
    }
}

impl Broken {
    /// `None`: it did not fail, or by the client's own fault.
    fn of(result: &Result<Answer, Fault>) -> Option<Self> {
        let (failure, sent) = match result {
            Ok(answer) => (Failure::Status(answer.refused()?), false),
            Err(fault) => fault.failure()?,
        };
        Some(Self { failure, sent })
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

    /// Whether the file wants such a call to go elsewhere.
    fn leads_on(&self, balancer: &Balancer) -> bool {
        balancer.fails_over(self.criterion()) && (!self.sent || balancer.fails_over(Criterion::NonIdempotent))
    }
}
