//! Everybody who is measured, and the mocks behind them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mocks::{JournalLimits, Mocks};

use super::cores::{self, Layout};
use super::model::{Refused, Role};
use super::options::{Options, Progress};
use super::question::{self, Kind, Question};
use super::subject::{self, Subject};
use crate::Error;
use crate::gateway::Streaming;
use crate::gateway::upstream::Mode;
use crate::gateway::{Reach, Source, Upstreams, setup};

/// Mocks, and those who stand before them: first the mocks alone, then nginx, then the gateways.
pub(super) struct Ring {
    mocks: Option<Mocks>,
    pub(super) subjects: Vec<Subject>,
    pub(super) layout: Option<Layout>,
    folder: PathBuf,
}

/// What the mocks remember: enough to see what a single call became of, and nothing that costs under load.
const JOURNAL: JournalLimits = JournalLimits { entries: 64, bytes: 4 << 20, reply_bytes: 64 << 10 };

impl Ring {
    /// A folder of its own, and nobody in it.
    pub(super) fn new(options: &Options, layout: Option<Layout>) -> Result<Self, Error> {
        static RINGS: AtomicUsize = AtomicUsize::new(0);
        let ring = RINGS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("touchstone-bench-{}-{ring}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder.clone(), source })?;
        Ok(Self { mocks: None, subjects: Vec::with_capacity(2 + options.gateways.len()), layout, folder })
    }

    /// Starts everybody.
    pub(super) async fn start(&mut self, options: &Options, notes: &mut Vec<String>) -> Result<(), Error> {
        let say = |sentence: &str| options.notice.iter().for_each(|notice| notice(sentence));
        for contender in options.gateways.iter().filter(|contender| contender.source == Source::Profile) {
            tokio::select! {
                prepared = setup::prepare(&contender.profile, say) => prepared?,
                () = options.stop.cancelled() => return Ok(()),
            }
        }
        for contender in &options.gateways {
            if contender.profile.upstream != Mode::BaseUrl {
                let reason = "the bench leads gateways to the mocks by their base address only".to_owned();
                return Err(Error::Parse {
                    file: format!("{}/profile.yaml", contender.profile.name),
                    reason,
                });
            }
        }
        let mocks = self.start_mocks(options).await?;
        let upstreams = Upstreams {
            urls: mocks::provider::names().map(|name| (name.to_owned(), mocks.url(name))).collect(),
            credentials: mocks.credentials().clone(),
            reach: Reach::default(),
        };
        self.subjects.push(Subject::direct(mocks.addr()));
        self.mocks = Some(mocks);
        let mut contenders = Vec::new();
        if options.proxy {
            match subject::nginx(options.cores) {
                Ok(nginx) => contenders.push((nginx, Role::Proxy)),
                Err(reason) => notes.push(reason),
            }
        }
        contenders.extend(options.gateways.iter().cloned().map(|contender| (contender, Role::Gateway)));
        for (number, (contender, role)) in contenders.into_iter().enumerate() {
            if let Some(progress) = &options.progress {
                let now = format!("starting {}", contender.profile.name);
                progress(&Progress { done: 0, total: 0, left: Duration::ZERO, now });
            }
            let folder = self.folder.join(number.to_string());
            let layout = self.layout.as_ref();
            let started = Subject::start(&contender, role, &upstreams, &folder, layout, options.repeat);
            let mut subject = match role {
                // It is there at once; and one that is killed while it starts leaves its workers behind.
                Role::Proxy => started.await?,
                _ => tokio::select! {
                    started = started => started?,
                    () = options.stop.cancelled() => return Ok(()),
                },
            };
            if subject.tree().is_none() {
                notes.push(format!("{} was not started here: it runs where its start put it", subject.name));
            }
            if self.subjects.iter().any(|other| other.name == subject.name) {
                subject.name = format!("{}-{}", subject.name, number + 1);
            }
            self.subjects.push(subject);
        }
        Ok(())
    }

    /// On processors of their own, with a thread for each.
    async fn start_mocks(&self, options: &Options) -> Result<Mocks, Error> {
        let on = self.layout.as_ref().map_or(&[][..], |layout| &layout.mocks);
        let defaults = mocks::Options::default();
        let listen = options.mocks.unwrap_or(defaults.listen);
        let wanted = mocks::Options { listen, threads: on.len().max(1), journal: JOURNAL, ..defaults };
        cores::pin(on);
        let started = mocks::start_with(wanted).await;
        cores::pin(self.layout.as_ref().map_or(&[], |layout| &layout.load));
        let mocks = started.map_err(|error| Error::Mocks(error.to_string()))?;
        Kind::ALL.into_iter().for_each(|kind| mocks.add(kind.script()));
        Ok(mocks)
    }

    /// The mocks.
    pub(super) fn mocks(&self) -> &Mocks {
        self.mocks.as_ref().expect("they are started before anybody asks for them")
    }

    pub(super) fn gateways(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.iter().filter(|subject| subject.role == Role::Gateway)
    }

    /// Asks everybody everything once, and aims at those who are right. The mocks alone and nginx are asked what the first
    /// gateway that is right asks the provider.
    pub(super) async fn judge(&mut self, options: &Options) -> Vec<Refused> {
        let (mut refused, mut plain) = (Vec::new(), BTreeMap::new());
        let asked = || options.providers.iter().flat_map(|provider| Kind::ALL.map(|kind| (provider, kind)));
        for at in self.places(|role| role == Role::Gateway) {
            for (provider, kind) in asked() {
                let judged = tokio::select! {
                    judged = self.judge_one(&self.subjects[at], provider, kind) => judged,
                    () = options.stop.cancelled() => return refused,
                };
                match judged {
                    Ok((question, upstream)) => {
                        self.subjects[at].aim(provider, kind, &question);
                        plain.entry((provider, kind)).or_insert(upstream);
                    }
                    Err((wrong, reason)) => refused.push(self.refusal(at, provider, kind, wrong, reason)),
                }
            }
        }
        for at in self.places(|role| role != Role::Gateway) {
            for ((provider, kind), question) in &plain {
                match question::try_plainly(&self.subjects[at].url, question, *kind).await {
                    Ok(()) => self.subjects[at].aim(provider, *kind, question),
                    Err(reason) => refused.push(self.refusal(at, provider, *kind, false, reason)),
                }
            }
        }
        refused
    }

    fn places(&self, wanted: impl Fn(Role) -> bool) -> Vec<usize> {
        (0..self.subjects.len()).filter(|at| wanted(self.subjects[*at].role)).collect()
    }

    fn refusal(&self, at: usize, provider: &str, kind: Kind, wrong: bool, reason: String) -> Refused {
        Refused {
            subject: self.subjects[at].name.clone(),
            provider: provider.to_owned(),
            kind,
            wrong,
            reason,
        }
    }

    /// The client's question, and what became of it upstream; or whether the gateway is wrong, and why.
    async fn judge_one(
        &self,
        subject: &Subject,
        provider: &str,
        kind: Kind,
    ) -> Result<(Question, Question), (bool, String)> {
        let route = subject.profile().zip(subject.route(provider));
        let (profile, route) = route.ok_or_else(|| (false, "its profile has no route".to_owned()))?;
        if kind.is_stream() && route.streaming != Streaming::Yes {
            return Err((false, "its route does not stream".to_owned()));
        }
        let question = Question::of_client(profile, route, kind);
        let judged = question::judge(&subject.url, &question, kind, self.mocks()).await;
        judged.map(|upstream| (question, upstream)).map_err(|reason| (true, reason))
    }

    /// Ends everybody, and removes their files, unless somebody may want to read their logs.
    pub(super) async fn close(self, keeps_logs: bool) {
        for subject in self.subjects {
            subject.dismiss().await;
        }
        if let Some(mocks) = self.mocks {
            mocks.shutdown().await;
        }
        if !keeps_logs {
            // What is left behind does no harm.
            let _ = std::fs::remove_dir_all(self.folder);
        }
    }
}
