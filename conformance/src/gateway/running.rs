//! What runs the gateway: a child process of ours, or a container behind one.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::container::Container;
use super::render::Variables;
use super::start::Start;
use super::upstream::Reach;
use crate::Error;

/// A gateway that was started. Dropping it ends it at once.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// All that the process starts, itself included, unless that leaves the group.
    group: Option<Pid>,
    container: Option<Container>,
}

/// Workers of a server that is gone may be left: nobody else would end them.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // An error says that nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The way out of this machine, if there is one, is not part of what is judged: a gateway has only what its profile gives it.
const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];
/// With it `docker run` and `podman run` end where they could not run the container.
const ENGINE_FAILED: i32 = 125;
/// How long an engine may take to kill.
const KILLED: Duration = Duration::from_secs(10);

impl Running {
    /// Starts what the profile says, with its output in the log.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Container`], [`Error::Template`], [`Error::File`].
    pub(super) async fn start(
        start: &Start,
        variables: &Variables,
        reach: &Reach,
        folder: &Path,
        log: &Path,
    ) -> Result<Self, Error> {
        let (mut command, container) = match &start.image {
            None => (process(start, variables, folder, log)?, None),
            Some(_) => {
                let (container, command) = Container::new(start, variables, reach, folder).await?;
                (command, Some(container))
            }
        };
        let failed = |source| Error::File { path: log.to_owned(), source };
        let out = std::fs::File::create(log).map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(out).stderr(err).kill_on_drop(true);
        if container.is_none() {
            command.process_group(0);
        }
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| not_ready(format!("{program}: {error}"), log))?;
        let group = child.id().filter(|_| container.is_none()).and_then(pid);
        Ok(Self { child, group, container })
    }

    /// The number of its process, where it is one of this machine.
    pub(super) fn id(&self) -> Option<u32> {
        if self.container.is_some() { None } else { self.child.id() }
    }

    /// How it ended, if it did.
    pub(super) fn exited(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(match status.code() {
            Some(ENGINE_FAILED) if self.container.is_some() => {
                format!("{status}: the container could not be run")
            }
            _ => status.to_string(),
        })
    }

    /// SIGTERM, then, after so long, SIGKILL: then it has no status of its own.
    pub(super) async fn end(mut self, patience: Duration) -> Option<ExitStatus> {
        match &self.container {
            Some(container) => container.signal("TERM").await,
            None => terminate(&self.child),
        }
        let status = timeout(patience, self.child.wait()).await.ok().and_then(Result::ok);
        if status.is_none() {
            if let Some(container) = &self.container {
                container.signal("KILL").await;
                let _ = timeout(KILLED, self.child.wait()).await;
            }
            // Nothing is left to say if even that fails.
            let _ = self.child.kill().await;
        }
        if let Some(container) = self.container.take() {
            container.remove(status.is_some()).await;
        }
        status
    }
}

fn process(start: &Start, variables: &Variables, folder: &Path, log: &Path) -> Result<Command, Error> {
    let words: Result<Vec<_>, _> =
        start.command.iter().map(|word| variables.render("command", word)).collect();
    let words = words?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(not_ready("the profile's command is empty".into(), log));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    for name in PROXIES {
        command.env_remove(name);
    }
    for (name, value) in &start.env {
        command.env(name, variables.render(name, value)?);
    }
    Ok(command)
}

fn not_ready(reason: String, log: &Path) -> Error {
    Error::NotReady { reason, log: log.to_owned() }
}

/// SIGTERM, for it alone: what it does with its own processes is part of how it ends.
fn terminate(child: &Child) {
    if let Some(id) = child.id().and_then(pid) {
        // An error says that it is gone.
        let _ = kill_process(id, Signal::TERM);
    }
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}
