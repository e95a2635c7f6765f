//! Somebody who is measured: an address, what is asked there, and, where we started it, its processes.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cores::{self, Layout};
use super::load::Target;
use super::model::{self, Role};
use super::options::Contender;
use super::question::{Kind, Question};
use super::statistic::Figure;
use super::usage::{Memory, Tree};
use crate::gateway::{Gateway, Profile, Route, Source, Upstreams};
use crate::{Error, Surface};

/// Somebody who is measured.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) url: String,
    place: Place,
    /// Absent where the mocks themselves are asked.
    gateway: Option<Gateway>,
    starts: Vec<Duration>,
    idle: Option<Memory>,
    loaded: Option<Memory>,
    project: String,
    version: String,
    /// What is asked, for each provider and kind at which it was found right.
    pub(super) targets: BTreeMap<(String, Kind), Target>,
}

/// Where it listens.
struct Place {
    addr: SocketAddr,
    host: String,
    /// Before every path.
    prefix: String,
}

/// A gateway that takes longer than this is started once only.
const SOON: Duration = Duration::from_secs(2);

impl Subject {
    /// The mocks themselves.
    pub(super) fn direct(addr: SocketAddr) -> Self {
        let place = Place { addr, host: addr.to_string(), prefix: String::new() };
        let url = format!("http://{addr}");
        Self::new(model::DIRECT, Role::Direct, url, place)
    }

    fn new(name: &str, role: Role, url: String, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            role,
            url,
            place,
            gateway: None,
            starts: Vec::new(),
            idle: None,
            loaded: None,
            project: "the mocks alone".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            targets: BTreeMap::new(),
        }
    }

    /// Starts a gateway on its processors, a few times where it starts soon, and leaves the last one running.
    ///
    /// # Errors
    /// Those of [`Gateway::start`]; [`Error::Unmeasurable`], where it is not on this machine.
    pub(super) async fn start(
        contender: &Contender,
        role: Role,
        upstreams: &Upstreams,
        folder: &Path,
        layout: Option<&Layout>,
        times: usize,
    ) -> Result<Self, Error> {
        let Contender { profile, source } = contender;
        let mut starts = Vec::new();
        let gateway = loop {
            // A folder for each start: what one leaves there is not for the next.
            let folder = folder.join(starts.len().to_string());
            std::fs::create_dir_all(&folder)
                .map_err(|source| Error::File { path: folder.clone(), source })?;
            cores::pin(layout.map_or(&[], |layout| &layout.gateway));
            let begun = Instant::now();
            let started = Gateway::start(profile, source, upstreams, &folder).await;
            let took = begun.elapsed();
            cores::pin(layout.map_or(&[], |layout| &layout.load));
            let gateway = started?;
            if gateway.is_ours() {
                starts.push(took);
            }
            if !gateway.is_ours() || starts.len() >= times || took > SOON {
                break gateway;
            }
            gateway.shutdown().await?;
        };
        let place = Place::find(&gateway.url)?;
        let subject = Self::new(&profile.name, role, gateway.url.clone(), place);
        let idle = gateway.id().and_then(|id| Tree(id).memory());
        let implementation = &profile.implementation;
        let (project, version) = (implementation.project.clone(), implementation.version.clone());
        Ok(Self { gateway: Some(gateway), starts, idle, project, version, ..subject })
    }

    /// Its profile, the headers filled in.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.gateway.as_ref().map(|gateway| &gateway.profile)
    }

    /// The route by which it serves a provider's chat: the provider's own, or else one of this name.
    pub(super) fn route(&self, provider: &str) -> Option<&Route> {
        route(self.profile()?, provider)
    }

    /// From now on this is asked there.
    pub(super) fn aim(&mut self, provider: &str, kind: Kind, question: &Question) {
        let request = question.bytes(&self.place.host, &self.place.prefix).into();
        let target = Target { addr: self.place.addr, request, expects: kind.expects() };
        self.targets.insert((provider.to_owned(), kind), target);
    }

    /// Its processes.
    pub(super) fn tree(&self) -> Option<Tree> {
        Some(Tree(self.gateway.as_ref()?.id()?))
    }

    /// Looks how much memory it has now.
    pub(super) fn look(&mut self) {
        let Some(now) = self.tree().and_then(Tree::memory) else { return };
        let most = self.loaded.get_or_insert(now);
        *most = Memory { rss: most.rss.max(now.rss), pss: most.pss.max(now.pss) };
    }

    /// How it ended, if it did.
    pub(super) fn exited(&mut self) -> Option<String> {
        self.gateway.as_mut()?.exited()
    }

    /// Its own output.
    pub(super) fn log(&self) -> &Path {
        self.gateway.as_ref().map_or(Path::new(""), |gateway| &gateway.log)
    }

    pub(super) fn report(&self) -> model::Subject {
        model::Subject {
            name: self.name.clone(),
            role: self.role,
            project: self.project.clone(),
            version: self.version.clone(),
            start_ms: Figure::new(self.starts.iter().map(|took| took.as_secs_f64() * 1e3)),
            idle: self.idle,
            loaded: self.loaded,
        }
    }

    /// Ends it.
    pub(super) async fn dismiss(self) {
        if let Some(gateway) = self.gateway {
            // One that ended by itself was told before.
            let _ = gateway.shutdown().await;
        }
    }
}

fn route<'a>(profile: &'a Profile, provider: &str) -> Option<&'a Route> {
    let of_provider = |route: &&Route| route.provider == provider;
    let mut own = profile.on(Surface::Chat).filter(of_provider).filter(|route| profile.is_own(route));
    own.next()
        .or_else(|| profile.route(Surface::Chat, provider))
        .or_else(|| profile.on(Surface::Chat).find(of_provider))
}

impl Place {
    fn find(url: &str) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Unmeasurable(format!("{url}: {reason}"));
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("does not begin with http://"))?;
        let (host, prefix) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| {
            (host, format!("/{path}").trim_end_matches('/').to_owned())
        });
        let full = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut found = full.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
        let addr = found.find(|addr| addr.ip().is_loopback());
        let addr = addr.ok_or_else(|| wrong("only gateways on this machine are measured"))?;
        Ok(Self { addr, host: host.to_owned(), prefix })
    }
}

/// nginx as a gateway of ours, where it is installed; else the reason.
pub(super) fn nginx(workers: usize) -> Result<Contender, String> {
    let program = program("nginx").ok_or("nginx is not installed: what a hop costs is not measured")?;
    let parsed = Profile::parse("nginx", include_str!("nginx/profile.yaml"));
    let mut profile = parsed.map_err(|error| error.to_string())?;
    let config = include_str!("nginx/nginx.conf.j2").replace("{{ workers }}", &workers.to_string());
    profile.templates = BTreeMap::from([("nginx.conf.j2".to_owned(), config)]);
    if let Some(first) = profile.start.as_mut().and_then(|start| start.command.first_mut()) {
        *first = program.display().to_string();
    }
    let said = std::process::Command::new(&program).arg("-v").output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stderr).into_owned()).unwrap_or_default();
    profile.implementation.version = said.trim().rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Contender { profile, source: Source::Profile })
}

/// A program by its name; servers are often where only root looks.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_measured() {
        let place = Place::find("http://127.0.0.1:8000/gateway/").unwrap();
        assert_eq!((place.host.as_str(), place.prefix.as_str()), ("127.0.0.1:8000", "/gateway"));
        assert!(Place::find("http://127.0.0.1").is_ok_and(|place| place.addr.port() == 80));
        for url in ["https://127.0.0.1", "http://192.0.2.1:80", "http://"] {
            assert!(Place::find(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_provider_is_served_by_its_own_route_or_by_one_of_that_name() {
        let profile = Profile::load("touchstone").unwrap();
        let path = |provider| route(&profile, provider).map(|route| route.path.as_str());
        assert_eq!(path("anthropic"), Some("/anthropic/v1/chat/completions"));
        assert_eq!(path("llama2-ollama"), Some("/llama2-ollama/v1/chat/completions"));
        assert_eq!(
            path("deepseek"),
            Some("/deepseek/v1/chat/completions"),
            "a variant where there is nothing else"
        );
        assert_eq!(path("nobody"), None);
    }
}
