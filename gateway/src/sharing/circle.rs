//! All that one process shares through one Redis server.
//!
//! A target is a hash `{touchstone:share:<route>}:<target>` of numbers that only grow: whoever tells adds what is new to them, and learns
//! what they are then; what they grew by, but for what was just added, is the others'. So it does not matter who starts when, nor
//! whose clock is right. Who is to be left alone is a key beside it, `…:open` or `…:aside`, that expires when the time is over.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::{Pipeline, RedisError, Value, from_redis_value_ref, pipe};
use ring::digest::{SHA256, digest};
use rustls::ClientConfig;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::balancer::{Balancer, PARTS, Standing, Tally};
use crate::config::{self, Route};
use crate::databases::redis::Redis;
use crate::outage::Outage;

/// How long Redis keeps what nobody tells it any more.
const KEPT: i64 = 24 * 3_600;
/// By how much a time must be longer than others know before they are told: so what they told is not told back to them.
const SLACK: Duration = Duration::from_millis(100);

/// One server, and what is shared through it.
pub(super) struct Circle {
    settings: config::Redis,
    redis: Redis,
    /// Whoever holds it tells and learns; the other cores wait.
    members: Mutex<Vec<Member>>,
    /// The keys of their routes.
    routes: Vec<String>,
    outage: Outage,
    stopped: AtomicBool,
}

/// The targets of one route.
struct Member {
    balancer: Arc<Balancer>,
    /// Before the names of its targets.
    prefix: String,
    targets: Vec<Known>,
}

/// What of one target others know, and we of them.
#[derive(Default)]
struct Known {
    /// What of our tally has been told, or came from others.
    told: Tally,
    /// What Redis knew when it was asked last, and since when; `None`: it was never asked.
    total: Option<(String, Tally)>,
    /// Until when others leave it alone, as far as we were told.
    open: Option<Instant>,
    aside: Option<Instant>,
}

/// What Redis says of one target.
struct Heard {
    /// By what its memory goes: after it has forgotten, by something else.
    since: String,
    total: Tally,
    open: Option<Duration>,
    aside: Option<Duration>,
}

impl Circle {
    pub(super) fn new(settings: &config::Redis, tls: &ClientConfig) -> io::Result<Self> {
        let redis = Redis::new(settings, tls)?;
        Ok(Self {
            settings: settings.clone(),
            redis,
            members: Mutex::default(),
            routes: Vec::new(),
            outage: Outage::default(),
            stopped: AtomicBool::new(false),
        })
    }

    pub(super) fn meets_at(&self, settings: &config::Redis) -> bool {
        self.settings == *settings
    }

    pub(super) fn add(&mut self, route: &Route, balancer: &Arc<Balancer>) {
        // What was there before we shared it is ours alone.
        let known = |standing: Standing| Known { told: standing.tally, ..Known::default() };
        let targets = balancer.standings(Instant::now()).into_iter().map(known).collect();
        self.routes.push(route.key());
        let prefix = format!("{{touchstone:share:{}}}", letters(&scope(route)));
        self.members.get_mut().push(Member { balancer: Arc::clone(balancer), prefix, targets });
    }

    /// Whether the server failed last; `None`: the route is not among those that share through it.
    pub(super) fn is_lost(&self, route: &Route) -> Option<bool> {
        self.routes.contains(&route.key()).then(|| self.outage.lasts())
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) async fn run(&self, every: Duration) {
        let mut members = self.members.lock().await;
        while !self.stopped.load(Ordering::Relaxed) {
            match self.meet(&mut members).await {
                Ok(()) => self.outage.worked(WHAT),
                Err(why) => self.outage.failed(WHAT, &why),
            }
            sleep(every).await;
        }
    }

    /// Tells what is new, and learns what others told.
    async fn meet(&self, members: &mut [Member]) -> Result<(), RedisError> {
        for member in members {
            let now = Instant::now();
            let standings = member.balancer.standings(now);
            let mut questions = pipe();
            for (known, standing) in member.targets.iter().zip(&standings) {
                let key = format!("{}:{}", member.prefix, letters(&standing.name));
                known.tell(standing, &key, now, &mut questions);
            }
            let answers: Vec<Value> = self.redis.ask(&member.prefix, &questions).await?;
            let now = Instant::now();
            let heard = answers.as_chunks().0.iter().map(Heard::read);
            for (number, (heard, standing)) in heard.zip(&standings).enumerate() {
                let heard = heard?;
                let others = member.targets[number].learn(standing, &heard, now);
                member.balancer.absorb(number, &others, heard.open, heard.aside, now);
            }
        }
        Ok(())
    }
}

/// What is lost, in the words of the log.
const WHAT: &str = "sharing through redis";

impl Known {
    /// Adds what is to be said of a target at `key`, and three questions: what all told, and how long others leave it alone.
    fn tell(&self, standing: &Standing, key: &str, now: Instant, questions: &mut Pipeline) {
        questions.cmd("HSETNX").arg(key).arg(SINCE).arg(fastrand::u64(..)).ignore();
        for (part, new) in PARTS.iter().zip(less(&standing.tally, &self.told)) {
            if new > 0.0 {
                questions.cmd("HINCRBYFLOAT").arg(key).arg(part).arg(new).ignore();
            }
        }
        questions.expire(key, KEPT).ignore();
        questions.cmd("HMGET").arg(key).arg(SINCE).arg(&PARTS);
        for (why, left, known) in [("open", standing.open, self.open), ("aside", standing.aside, self.aside)]
        {
            let key = format!("{key}:{why}");
            let known = known.map_or(now, |until| until.max(now)) + SLACK;
            if let Some(left) = left.filter(|left| now + *left > known) {
                let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                questions.cmd("SET").arg(&key).arg(1).arg("PX").arg(left).ignore();
            }
            questions.pttl(key);
        }
    }

    /// What others told since they were asked last; what Redis knows now includes what we have just told.
    fn learn(&mut self, standing: &Standing, heard: &Heard, now: Instant) -> Tally {
        let Heard { since, total, .. } = heard;
        let own = less(&standing.tally, &self.told);
        let others = match &self.total {
            // What was told before we came is no matter of ours: what counts is who gets more from now on.
            None => Tally::default(),
            Some((known, last)) if known == since => less(&less(total, last), &own),
            // It has forgotten: all that it knows is new.
            Some(_) => less(total, &own),
        };
        let others = others.map(|part| if part > ROUNDING { part } else { 0.0 });
        for (told, (own, others)) in self.told.iter_mut().zip(standing.tally.iter().zip(&others)) {
            *told = own + others;
        }
        self.total = Some((since.clone(), *total));
        (self.open, self.aside) = (heard.open.map(|left| now + left), heard.aside.map(|left| now + left));
        others
    }
}

impl Heard {
    fn read([parts, open, aside]: &[Value; 3]) -> Result<Self, RedisError> {
        let parts: Vec<Option<String>> = from_redis_value_ref(parts)?;
        let mut parts = parts.into_iter();
        let since = parts.next().flatten().unwrap_or_default();
        let mut total = Tally::default();
        for (total, part) in total.iter_mut().zip(parts) {
            *total = part.and_then(|part| part.parse().ok()).unwrap_or_default();
        }
        Ok(Self { since, total, open: left(open)?, aside: left(aside)? })
    }
}

/// What `PTTL` says: less than nothing where there is no such key.
fn left(answer: &Value) -> Result<Option<Duration>, RedisError> {
    let left: i64 = from_redis_value_ref(answer)?;
    Ok(u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis))
}

fn less(one: &Tally, other: &Tally) -> Tally {
    std::array::from_fn(|part| one[part] - other[part])
}

/// What a route goes by in every process: its name, and without one what it takes.
fn scope(route: &Route) -> String {
    let Route { name, service, methods, hosts, paths, headers, .. } = route;
    match name {
        Some(name) => name.clone(),
        None => format!("{service:?} {methods:?} {hosts:?} {paths:?} {headers:?}"),
    }
}

/// Sixteen letters and digits.
fn letters(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref()[..8].iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// The member of a hash that says since when Redis remembers it: a number that nobody else would draw.
const SINCE: &str = "since";
/// What sums of numbers with a point may be wrong by.
const ROUNDING: f64 = 1e-9;

#[cfg(test)]
mod tests;
