//! What a run shall do.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::Surface;
use crate::gateway::{Profile, Route, Source};
use crate::scenario::Own;

/// What a run shall do.
#[derive(Clone)]
pub struct Options {
    /// The gateway's profile.
    pub profile: Profile,
    /// Where the gateway comes from.
    pub source: Source,
    /// Where the mocks listen; absent: any free port of 127.0.0.1. A gateway that runs already must know it.
    pub mocks: Option<SocketAddr>,
    /// Mocks that run already, whose addresses the gateway was told: those of [`start_mocks`](crate::start_mocks). They
    /// outlive the run.
    pub running: Option<Arc<mocks::Mocks>>,
    /// Globs over `<requirement>@<scenario>@<cell>`, or over one of the three; empty means all.
    pub select: Vec<String>,
    /// The user's own scenarios, besides the suite's.
    pub scenarios: Own,
    /// Only on these surfaces; empty means all.
    pub surfaces: Vec<Surface>,
    /// Only routes of these providers, or of these names; empty means all.
    pub providers: Vec<String>,
    /// Where the authority is kept whom a gateway must trust that calls its providers' own hosts; absent: another one every time. A
    /// gateway that runs already must know it.
    pub ca: Option<PathBuf>,
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// How many plays are under way at once.
    pub jobs: usize,
    /// Only the scenarios of the quick form.
    pub quick: bool,
    /// Where the gateway's configuration and log are kept; absent: a folder of this run below the system's own.
    pub folder: Option<PathBuf>,
    /// How the profile was named on the command line, for commands that reproduce.
    pub gateway: String,
    /// Called with a sentence where something takes long before the first play.
    pub notice: Option<Notice>,
    /// Called after every play.
    pub progress: Option<Watcher>,
}

/// Hears what is done before the first play.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// Hears how far a run is.
pub type Watcher = Arc<dyn Fn(&Progress) + Send + Sync>;

/// How far a run is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Plays done.
    pub done: usize,
    /// Plays altogether.
    pub total: usize,
    /// Failures that nobody expected, so far.
    pub unexpected: usize,
    /// The play that was done last: `<scenario>@<cell>`.
    pub play: String,
}

impl Options {
    /// Everything of the suite, against the gateway of this profile, started by it.
    pub fn new(profile: Profile) -> Self {
        let gateway = profile.name.clone();
        let jobs = profile.jobs.map_or_else(default_jobs, usize::from);
        Self {
            profile,
            source: Source::Profile,
            mocks: None,
            running: None,
            ca: None,
            select: Vec::new(),
            scenarios: Own::default(),
            surfaces: Vec::new(),
            providers: Vec::new(),
            seed: 0,
            jobs,
            quick: false,
            folder: None,
            gateway,
            notice: None,
            progress: None,
        }
    }
}

/// For those who run the suite as a test: each takes the options and gives them back.
impl Options {
    /// Everything of the suite, against a gateway that runs at this address, be it in the same process.
    pub fn url(url: impl Into<String>, profile: Profile) -> Self {
        Self { source: Source::Url(url.into()), ..Self::new(profile) }
    }

    /// The providers are these mocks, whose addresses the gateway was told.
    #[must_use]
    pub fn with_mocks(mut self, mocks: &Arc<mocks::Mocks>) -> Self {
        self.running = Some(Arc::clone(mocks));
        self
    }

    /// Only what this glob matches: a requirement, a scenario, a cell, or `<requirement>@<scenario>@<cell>`. Several add up.
    #[must_use]
    pub fn select(mut self, glob: impl Into<String>) -> Self {
        self.select.push(glob.into());
        self
    }

    /// Only this surface. Several add up.
    #[must_use]
    pub fn surface(mut self, surface: Surface) -> Self {
        self.surfaces.push(surface);
        self
    }

    /// Only this provider, or the route of this name. Several add up.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.providers.push(name.into());
        self
    }

    /// Only the quick form.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    /// Everything that is drawn follows from this.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// So many plays at once.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// These scenarios of one's own, too.
    #[must_use]
    pub fn scenarios(mut self, scenarios: Own) -> Self {
        self.scenarios = scenarios;
        self
    }
}

impl Options {
    /// The same of everything; nothing, where this is of everything already.
    pub(crate) fn whole(&self) -> Option<Self> {
        let is_part =
            self.quick || !self.select.is_empty() || !self.surfaces.is_empty() || !self.providers.is_empty();
        let (select, surfaces, providers) = (Vec::new(), Vec::new(), Vec::new());
        is_part.then(|| Self { quick: false, select, surfaces, providers, ..self.clone() })
    }

    /// Whether surface and provider are among those that are asked for.
    pub(crate) fn asks_for(&self, surface: Surface, name: &str, route: Option<&Route>) -> bool {
        let provider = route.map_or(name, |route| route.provider.as_str());
        let is_wanted = |wanted: &String| wanted == name || wanted == provider;
        (self.surfaces.is_empty() || self.surfaces.contains(&surface))
            && (self.providers.is_empty() || self.providers.iter().any(is_wanted))
    }
}

/// Most plays wait more than they work.
fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(4, usize::from) * 4
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("profile", &self.profile.name)
            .field("source", &self.source)
            .field("select", &self.select)
            .field("surfaces", &self.surfaces)
            .field("providers", &self.providers)
            .field("seed", &self.seed)
            .field("jobs", &self.jobs)
            .field("quick", &self.quick)
            .finish_non_exhaustive()
    }
}
