//! The gateway as a process: configured, started, awaited, watched, stopped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::port::{self, Closed};
use super::render::Variables;
use super::running::Running;
use super::start::Start;
use super::upstream::{Mode, Resolver, Upstreams};
use super::{Profile, container, profile, setup};
use crate::case::Ending;
use crate::client::{Client, Target};
use crate::places::Places;
use crate::redact::names_credential;
use crate::{Error, text};

/// Where the gateway comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The profile says how to start it.
    Profile,
    /// It runs already at this address: `http://127.0.0.1:8000`.
    Url(String),
}

/// A gateway that is ready.
#[derive(Debug)]
pub struct Gateway {
    /// Its address, without a path.
    pub url: String,
    /// Its profile, the headers filled in.
    pub profile: Profile,
    /// The rendered files, by name.
    pub config: BTreeMap<String, String>,
    /// Its own output.
    pub log: PathBuf,
    running: Option<Running>,
    stop: Duration,
    _closed: Closed,
}

impl Gateway {
    /// Starts the gateway of a profile, or finds the one that runs, and waits until it is ready.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Hosts`], [`Error::Container`], [`Error::Template`], [`Error::File`].
    pub async fn start(
        profile: &Profile,
        source: &Source,
        upstreams: &Upstreams,
        folder: &Path,
    ) -> Result<Self, Error> {
        let log = folder.join("gateway.log");
        let none = |source| Error::File { path: folder.to_owned(), source };
        let (port, closed) = (port::free().map_err(none)?, Closed::new().map_err(none)?);
        let numbers = (port, closed.port);
        let variables = Variables::new(upstreams, numbers, folder, setup::folder(profile).as_deref());
        let filled = fill(profile, &variables)?;
        let start = match (source, &profile.start) {
            (Source::Url(url), _) => return Ok(Self::running(url, filled, log, closed)),
            (Source::Profile, Some(start)) => start,
            (Source::Profile, None) => {
                let reason = "its profile does not say how to start it: give --url".to_owned();
                return Err(Error::NotReady { reason, log });
            }
        };
        let config = render(profile, &variables, folder)?;
        if profile.tls.resolver == Resolver::System
            && start.image.is_none()
            && upstreams.reach.mode == Mode::Hosts
        {
            upstreams.reach.check().await?;
        }
        let running = Running::start(start, &variables, &upstreams.reach, folder, &log).await?;
        let mut gateway = Self {
            url: format!("http://127.0.0.1:{port}"),
            profile: filled,
            config,
            log,
            running: Some(running),
            stop: Duration::from_millis(start.stop_ms),
            _closed: closed,
        };
        let deadline = Instant::now() + Duration::from_millis(start.ready_ms);
        if let Some(file) = &start.address {
            gateway.url = gateway.chosen_address(&folder.join(file), deadline).await?;
        }
        gateway.wait_until_ready(start, deadline).await?;
        Ok(gateway)
    }

    fn running(url: &str, profile: Profile, log: PathBuf, closed: Closed) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let (config, stop) = (BTreeMap::new(), Duration::ZERO);
        Self { url, profile, config, log, running: None, stop, _closed: closed }
    }

    /// What a gateway that chooses its own port wrote: an address and the end of the line.
    async fn chosen_address(&mut self, file: &Path, deadline: Instant) -> Result<String, Error> {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            if let Some((line, _)) = text.split_once('\n') {
                return Ok(line.trim().trim_end_matches('/').to_owned());
            }
            self.must_run()?;
            if Instant::now() > deadline {
                return Err(self.not_ready(format!("it wrote no address into {}", file.display())));
            }
            sleep(between_looks(begun)).await;
        }
    }

    async fn wait_until_ready(&mut self, start: &Start, deadline: Instant) -> Result<(), Error> {
        let client = Client::new(&self.url).map_err(|reason| self.not_ready(reason))?;
        let path = start.ready.as_deref().unwrap_or("/");
        let begun = Instant::now();
        loop {
            self.must_run()?;
            let target = Target { method: "GET".into(), path: path.to_owned(), ..Target::default() };
            let client = client.clone();
            // By a task of its own: whoever waits here may have so much else to judge that no call of its own is ever in time.
            let asking = tokio::spawn(async move { client.call(&target, Duration::from_secs(1)).await });
            match asking.await.ok().and_then(|reply| reply.status) {
                Some(200) => return Ok(()),
                Some(_) if start.ready.is_none() => return Ok(()),
                status if Instant::now() > deadline => {
                    let status = status.map_or("no reply".to_owned(), |status| format!("status {status}"));
                    let reason = format!("GET {path} gave {status} for {} ms", start.ready_ms);
                    return Err(self.not_ready(reason));
                }
                _ => sleep(between_looks(begun)).await,
            }
        }
    }

    fn must_run(&mut self) -> Result<(), Error> {
        let ended = self.exited().map(|status| self.not_ready(format!("it ended ({status})")));
        ended.map_or(Ok(()), Err)
    }

    fn not_ready(&self, reason: String) -> Error {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let reason = if log.is_empty() { reason } else { format!("{reason}\n{}", text::short(&log, 2000)) };
        Error::NotReady { reason, log: self.log.clone() }
    }

    /// Whether it was started here, and runs.
    pub fn is_ours(&self) -> bool {
        self.running.is_some()
    }

    /// The number of its process, where it is a child of ours and runs. That of what talks to a container says nothing of it.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref()?.id()
    }

    /// How it ended, if it did.
    pub fn exited(&mut self) -> Option<String> {
        self.running.as_mut()?.exited()
    }

    /// Tells the gateway to end, and waits until it has.
    pub async fn terminate(&mut self) -> Option<Ending> {
        let status = self.running.take()?.end(self.stop).await;
        let log = std::fs::read(&self.log).unwrap_or_default();
        Some(Ending {
            status: status.map(|status| status.to_string()),
            is_success: status.is_some_and(|status| status.success()),
            log: String::from_utf8_lossy(&log).into_owned(),
        })
    }

    /// Ends the process: SIGTERM, then, after the profile's patience, SIGKILL. Says how it ended when not in order.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        if let Some(status) = self.exited() {
            return Err(Error::Died { status, log: self.log.clone() });
        }
        self.terminate().await;
        Ok(())
    }
}

/// What it takes to start a gateway by hand.
pub(crate) struct Setup {
    /// The profile, its headers filled in.
    pub(crate) profile: Profile,
    /// The rendered files, by name.
    pub(crate) files: BTreeMap<String, String>,
    /// The command line, where the profile has one.
    pub(crate) command: Option<String>,
}

/// Renders a profile for these ports, its own and one on which nobody listens. Writes nothing.
pub(crate) fn configure(
    profile: &Profile,
    upstreams: &Upstreams,
    ports: (u16, u16),
    folder: &Path,
) -> Result<Setup, Error> {
    let variables = Variables::new(upstreams, ports, folder, setup::folder(profile).as_deref());
    let command = profile.start.as_ref();
    let command = command.map(|start| command_line(start, &variables, upstreams, folder)).transpose()?;
    Ok(Setup { profile: fill(profile, &variables)?, files: files(profile, &variables)?, command })
}

/// What somebody types to start it.
fn command_line(
    start: &Start,
    variables: &Variables,
    upstreams: &Upstreams,
    folder: &Path,
) -> Result<String, Error> {
    if start.image.is_some() {
        let words = container::words(start, variables, &upstreams.reach, folder, "gateway")?;
        let words: Vec<String> = words.iter().map(|word| text::word(word)).collect();
        return Ok(format!("docker {}", words.join(" ")));
    }
    let own = variables.render("command", "{{ self }}")?;
    let mut words = Vec::new();
    for (name, value) in &start.env {
        // The mocks' keys are published; one that the profile has itself is not ours to tell.
        let is_own = names_credential(name) && !value.contains("{{");
        let value = if is_own { format!("\"${name}\"") } else { text::word(&variables.render(name, value)?) };
        words.push(format!("{name}={value}"));
    }
    for word in &start.command {
        let word = variables.render("command", word)?;
        words.push(if word == own { "touchstone".to_owned() } else { text::word(&word) });
    }
    // Where folders have names of the shell's, it fills them in again: those of whoever starts it.
    Ok(Places::of_user().text(&words.join(" ")).into_owned())
}

/// The profile as the client needs it: every header filled in.
fn fill(profile: &Profile, variables: &Variables) -> Result<Profile, Error> {
    let mut profile = profile.clone();
    for (name, value) in profile.header_values() {
        *value = variables.render(name, value)?;
    }
    Ok(profile)
}

fn render(
    profile: &Profile,
    variables: &Variables,
    folder: &Path,
) -> Result<BTreeMap<String, String>, Error> {
    let config = files(profile, variables)?;
    for (name, text) in &config {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|source| Error::File { path, source })?;
    }
    Ok(config)
}

fn files(profile: &Profile, variables: &Variables) -> Result<BTreeMap<String, String>, Error> {
    let mut config = BTreeMap::new();
    for profile::Render { template, to } in &profile.render {
        let missing =
            || Error::Template { file: template.clone(), reason: "not in the profile's folder".into() };
        let source = profile.templates.get(template).ok_or_else(missing)?;
        let text = variables.render(template, source)?;
        config.insert(to.clone(), text);
    }
    Ok(config)
}

/// How long to wait before the gateway is asked again whether it is ready: a part of what it has taken so far, so that its
/// start is known to an eighth, and at most 20 milliseconds.
fn between_looks(begun: Instant) -> Duration {
    (begun.elapsed() / 8).clamp(Duration::from_millis(1), Duration::from_millis(20))
}
