//! A gateway as a container: the engine that runs it, its command line, and that nothing of it stays.
//!
//! ```text
//! touchstone ─▶ docker run      its output is the gateway's log, its exit code the gateway's
//!      └ pipe ─▶ sh             removes the container when the pipe ends, whatever ended us
//! ```

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::Profile;
use super::render::Variables;
use super::start::{Network, Start};
use super::upstream::{BRIDGED, Mode, Reach};
use crate::{Error, text};

/// Names the engine where it is neither of [`ENGINES`].
const ENGINE: &str = "TOUCHSTONE_CONTAINER";
const ENGINES: [&str; 2] = ["docker", "podman"];
/// An engine that has not answered by then does not run.
const ANSWER: Duration = Duration::from_secs(20);
const PULL: Duration = Duration::from_secs(20 * 60);

/// Waits for the end of the pipe. A line means that there is nothing to remove; else it is removed twice: whoever was just about to
/// make the container may have been later than the first time.
const REAPER: &str = r#"read -r _ && exit; "$0" rm --force "$1"; sleep 2; "$0" rm --force "$1""#;

/// What runs containers.
#[derive(Debug, Clone)]
pub(super) struct Engine(String);

/// A container that is there for as long as this is.
#[derive(Debug)]
pub(super) struct Container {
    engine: Engine,
    name: String,
    reaper: Child,
    /// When it is closed, the reaper does its work.
    pipe: ChildStdin,
}

impl Engine {
    /// The one that the environment names, or else the first that answers.
    ///
    /// # Errors
    /// [`Error::Container`], with what each said.
    pub(super) async fn find() -> Result<Self, Error> {
        let named = std::env::var(ENGINE).ok().filter(|name| !name.is_empty());
        let names = named.map_or_else(|| ENGINES.map(str::to_owned).to_vec(), |name| vec![name]);
        let mut said = Vec::new();
        for name in names {
            let engine = Self(name);
            match engine.ask(&["version"], ANSWER).await {
                Ok(_) => return Ok(engine),
                Err(reason) => said.push(reason),
            }
        }
        Err(Error::Container(format!(
            "no engine answers: {}\nstart one, or name one by {ENGINE}",
            said.join("; ")
        )))
    }

    /// Gets the image of a profile, unless it is here.
    ///
    /// # Errors
    /// [`Error::Container`].
    pub(super) async fn pull(&self, image: &str, say: impl Fn(&str)) -> Result<(), Error> {
        if self.ask(&["image", "inspect", image], ANSWER).await.is_ok() {
            return Ok(());
        }
        say(&format!("pulling {image}"));
        self.ask(&["pull", image], PULL).await.map(|_| ()).map_err(Error::Container)
    }

    /// Runs a command of the engine to its end.
    async fn ask(&self, words: &[&str], patience: Duration) -> Result<Output, String> {
        let called = || format!("`{} {}`", self.0, words.join(" "));
        let mut command = Command::new(&self.0);
        command.args(words).stdin(Stdio::null()).kill_on_drop(true);
        match timeout(patience, command.output()).await {
            Ok(Ok(output)) if output.status.success() => Ok(output),
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(format!("{}: {}: {}", called(), output.status, text::short(said.trim(), 1_000)))
            }
            Ok(Err(error)) => Err(format!("{}: {error}", called())),
            Err(_) => Err(format!("{}: no answer after {} s", called(), patience.as_secs())),
        }
    }
}

impl Container {
    /// The command that runs it, and what sees to its end. It is not made before the command runs.
    ///
    /// # Errors
    /// [`Error::Container`], [`Error::Template`].
    pub(super) async fn new(
        start: &Start,
        variables: &Variables,
        reach: &Reach,
        folder: &Path,
    ) -> Result<(Self, Command), Error> {
        let engine = Engine::find().await?;
        let name = name();
        let words = words(start, variables, reach, folder, &name)?;
        let mut command = Command::new(&engine.0);
        // What the terminal sends goes to us, and we tell the container.
        command.args(words).process_group(0);
        let mut reaper = Command::new("sh");
        reaper.args(["-c", REAPER, &engine.0, &name]).process_group(0);
        reaper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let wrong = |error: std::io::Error| Error::Container(format!("sh: {error}"));
        let mut reaper = reaper.spawn().map_err(wrong)?;
        let pipe = reaper.stdin.take().ok_or_else(|| wrong(std::io::ErrorKind::BrokenPipe.into()))?;
        Ok((Self { engine, name, reaper, pipe }, command))
    }

    /// Sends a signal to what runs in it.
    pub(super) async fn signal(&self, signal: &str) {
        if let Err(reason) = self.engine.ask(&["kill", "--signal", signal, &self.name], ANSWER).await {
            tracing::warn!(reason, "the container was not told to end");
        }
    }

    /// Sees that it is gone; `ended`: what ran in it has, so that the engine has removed it.
    pub(super) async fn remove(mut self, ended: bool) {
        if !ended {
            let _ = self.engine.ask(&["rm", "--force", &self.name], ANSWER).await;
        }
        // If the line does not come through, there is no reaper any more.
        let _ = self.pipe.write_all(b"done\n").await;
        drop(self.pipe);
        let _ = timeout(ANSWER, self.reaper.wait()).await;
    }
}

/// Gets the image of a profile that has one.
///
/// # Errors
/// [`Error::Container`].
pub(super) async fn prepare(profile: &Profile, say: impl Fn(&str)) -> Result<(), Error> {
    let Some(image) = profile.start.as_ref().and_then(|start| start.image.as_ref()) else { return Ok(()) };
    Engine::find().await?.pull(image, |sentence| say(&format!("{}: {sentence}", profile.name))).await
}

/// What the engine is told.
///
/// # Errors
/// [`Error::Template`].
pub(super) fn words(
    start: &Start,
    variables: &Variables,
    reach: &Reach,
    folder: &Path,
    name: &str,
) -> Result<Vec<String>, Error> {
    let render = |word: &String| variables.render("start", word);
    let mut words: Vec<String> = ["run", "--rm", "--pull", "never", "--name", name].map(str::to_owned).into();
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    let is_bridged = start.container() == Some(Network::Bridge);
    add("--network", if is_bridged { "bridge" } else { "host" }.to_owned());
    if is_bridged {
        add("--add-host", format!("{BRIDGED}:host-gateway"));
        let ports = start.ports.iter().map(render).collect::<Result<Vec<_>, _>>()?;
        let ports = if ports.is_empty() { vec![render(&"{{ port }}:{{ port }}".to_owned())?] } else { ports };
        ports.into_iter().for_each(|port| add("--publish", format!("127.0.0.1:{port}")));
    }
    if reach.mode == Mode::Hosts {
        for (host, address) in reach.names() {
            let address = if is_bridged { "host-gateway".to_owned() } else { address.to_string() };
            add("--add-host", format!("{host}:{address}"));
        }
    }
    let folder = std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from(folder));
    add("--volume", format!("{0}:{0}:ro", folder.display()));
    for volume in &start.volumes {
        add("--volume", format!("{}/{}:ro", folder.display(), render(volume)?));
    }
    for (key, value) in &start.env {
        add("--env", format!("{key}={}", render(value)?));
    }
    words.extend(start.image.clone());
    words.extend(start.args.iter().map(render).collect::<Result<Vec<_>, _>>()?);
    Ok(words)
}

/// One of this run.
fn name() -> String {
    static CONTAINERS: AtomicUsize = AtomicUsize::new(0);
    format!("touchstone-{}-{}", std::process::id(), CONTAINERS.fetch_add(1, Ordering::Relaxed))
}
