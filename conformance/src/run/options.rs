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

impl Options {
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
