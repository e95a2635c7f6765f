//! Why a run could not be made. What a gateway does wrong is never an error: it is a finding.

use std::path::PathBuf;

/// What stops a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A requirement, scenario or profile does not parse.
    #[error("{file}: {reason}")]
    Parse {
        /// Which file.
        file: String,
        /// Where and why.
        reason: String,
    },
    /// The user's own scenarios cannot be played.
    #[error("{}", problems.join("\n"))]
    Scenarios {
        /// `file:line:column: what is wrong and what to do`.
        problems: Vec<String>,
    },
    /// A folder of scenarios has none.
    #[error("{0}: no scenarios there: they are files that end with .yaml")]
    NoScenarios(PathBuf),
    /// A recorder cannot be started so.
    #[error("{0}")]
    Record(String),
    /// `--gateway` names nothing.
    #[error("no gateway profile `{0}`: neither a folder with a profile.yaml nor one of the bundled ones")]
    NoProfile(String),
    /// A glob does not parse.
    #[error("`{glob}` is no glob: {reason}")]
    Glob {
        /// What was given.
        glob: String,
        /// Why not.
        reason: String,
    },
    /// Nothing of the suite is left to run.
    #[error("nothing to run: no check matches {0}")]
    Nothing(String),
    /// `--provider` names what neither the suite nor the profile knows.
    #[error("no provider or route `{name}`{nearest}")]
    NoProvider {
        /// What was asked for.
        name: String,
        /// `; did you mean …?` or nothing.
        nearest: String,
    },
    /// The profile's template does not render.
    #[error("template {file}: {reason}")]
    Template {
        /// Which file.
        file: String,
        /// Where and why.
        reason: String,
    },
    /// The gateway never answered its readiness address, or ended before.
    #[error("the gateway did not come up: {reason}\nits log: {log}")]
    NotReady {
        /// What was tried, and how it failed.
        reason: String,
        /// Where its output was kept.
        log: PathBuf,
    },
    /// The gateway could not be brought onto this machine.
    #[error("the setup failed at `{step}`: {reason}\nits log: {log}")]
    Setup {
        /// The program and its arguments.
        step: String,
        /// How it ended, and the last of what it said.
        reason: String,
        /// Where its output was kept.
        log: PathBuf,
    },
    /// No container, or no engine that runs one.
    #[error("the gateway's container cannot be had: {0}")]
    Container(String),
    /// The names of the providers' hosts do not lead to the mocks.
    #[error(
        "the gateway would not reach the mocks, for the names of its providers lead elsewhere: {astray}\nadd to /etc/hosts:\n{lines}"
    )]
    Hosts {
        /// Each name, and where it leads.
        astray: String,
        /// What is missing in `/etc/hosts`.
        lines: String,
    },
    /// The gateway ended while the suite ran.
    #[error("the gateway died while the suite ran ({status})\nits log: {log}")]
    Died {
        /// Exit status or signal.
        status: String,
        /// Where its output was kept.
        log: PathBuf,
    },
    /// The mocks could not be started.
    #[error("the mocks did not start: {0}")]
    Mocks(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A benchmark was asked for what cannot be measured.
    #[error("nothing to measure: {0}")]
    Unmeasurable(String),
    /// No requirement has that id.
    #[error("no requirement or scenario `{id}`{nearest}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// `; did you mean …?` or nothing.
        nearest: String,
    },
}

impl Error {
    /// The exit code that the command line ends with: 2 usage or nothing ran, 3 the gateway, 4 the harness.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoProfile(_) | Self::Glob { .. } | Self::Nothing(_) | Self::Unknown { .. } => 2,
            Self::NoProvider { .. } => 2,
            Self::Parse { .. } | Self::Template { .. } | Self::Hosts { .. } => 2,
            Self::Scenarios { .. } | Self::NoScenarios(_) | Self::Unmeasurable(_) | Self::Record(_) => 2,
            Self::Setup { .. } | Self::Container(_) | Self::NotReady { .. } | Self::Died { .. } => 3,
            Self::Mocks(_) | Self::File { .. } => 4,
        }
    }
}
