//! How a gateway reaches its providers: by base URLs that lead to the mocks, or, where it cannot be told another host, by the
//! providers' own names, which lead to the mocks' TLS, or through the mocks as its proxy.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use mocks::{Authority, Mocks, Trust};
use serde::{Deserialize, Serialize};

use super::Profile;
use super::start::Network;
use crate::Error;

/// By which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Its configuration names the mocks in the place of the providers.
    #[default]
    BaseUrl,
    /// It calls the providers' own hosts, and their names lead to the mocks.
    Hosts,
    /// It calls the providers' own hosts through the proxy that it is told, which is the mocks.
    HttpProxy,
}

/// The providers' own hosts as the mocks serve them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Tls {
    /// Where the mocks listen for the hosts; 0: any free one, for gateways that can be told a port.
    pub port: u16,
    /// Hosts that the gateway calls in the place of the usual ones: its own resource at Azure, another region.
    pub hosts: Vec<String>,
    /// Who leads the names to the mocks.
    pub resolver: Resolver,
}

/// Who leads the hosts' names to the mocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolver {
    /// The system: `/etc/hosts`, which is looked at before the gateway starts. A container gets the names by itself.
    #[default]
    System,
    /// The gateway's own configuration, by the template variable `hosts`.
    Gateway,
}

/// The providers that a gateway shall speak to: the mocks, or whatever stands before them.
#[derive(Debug, Clone)]
pub struct Upstreams {
    /// Base address of each provider.
    pub urls: BTreeMap<String, String>,
    /// The keys that they accept.
    pub credentials: mocks::Credentials,
    /// How they are reached under their own names.
    pub reach: Reach,
}

/// What a gateway is told of the way to the providers' own hosts.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// By which way.
    pub mode: Mode,
    /// Whom it must trust.
    pub trust: Option<Trust>,
    /// The mocks as its proxy.
    pub proxy: Option<String>,
    /// Where the hosts are served.
    pub tls: Option<SocketAddr>,
    /// The hosts, by provider; of those that the profile's routes lead to.
    pub hosts: BTreeMap<String, Vec<String>>,
    /// This machine as the gateway sees it.
    pub host: Option<String>,
}

/// What a container on a bridge calls the host.
pub(super) const BRIDGED: &str = "host.docker.internal";
/// Where `touchstone mock` keeps whom to trust unless it is told.
const BY_HAND: &str = "touchstone-ca";
/// The port that nobody names.
const HTTPS: u16 = 443;

impl Default for Tls {
    fn default() -> Self {
        Self { port: HTTPS, hosts: Vec::new(), resolver: Resolver::System }
    }
}

impl Upstreams {
    /// The mocks of a profile; `before` gives the address of what stands before one of them. Whom to trust is written into the
    /// folder.
    ///
    /// # Errors
    /// [`Error::Mocks`], where that cannot be written.
    pub fn new(
        mocks: &Mocks,
        profile: &Profile,
        folder: &Path,
        before: impl Fn(String) -> String,
    ) -> Result<Self, Error> {
        let trust = mocks.authority().map(|authority| authority.trust(folder)).transpose();
        let trust = trust.map_err(|error| Error::Mocks(error.to_string()))?;
        let reach = Reach { tls: mocks.tls(), trust, ..Reach::default() };
        Ok(Self::at(mocks.addr(), profile, reach, mocks.credentials().clone(), before))
    }

    /// Those of a `touchstone mock` that somebody starts at this address, in the folder in which the gateway runs, with the
    /// [arguments](Mode::arguments) of the profile's way.
    pub(crate) fn by_hand(profile: &Profile, addr: SocketAddr) -> Self {
        let folder = Path::new(BY_HAND);
        let trust = Trust { ca: folder.join("ca.pem"), bundle: folder.join("bundle.pem") };
        let is_named = profile.upstream != Mode::BaseUrl;
        let tls = (profile.upstream == Mode::Hosts).then(|| SocketAddr::new(addr.ip(), HTTPS));
        let reach = Reach { tls, trust: is_named.then_some(trust), ..Reach::default() };
        Self::at(addr, profile, reach, mocks::Credentials::default(), |url| url)
    }

    fn at(
        addr: SocketAddr,
        profile: &Profile,
        reach: Reach,
        credentials: mocks::Credentials,
        before: impl Fn(String) -> String,
    ) -> Self {
        let host = seen_host(profile, addr.ip());
        let base = format!("http://{}", SocketAddr::new(host_ip(addr.ip()), addr.port()));
        let seen = format!("http://{host}:{}", addr.port());
        let mut urls: BTreeMap<String, String> = mocks::provider::names()
            .map(|name| (name.to_owned(), before(format!("{base}/{name}")).replacen(&base, &seen, 1)))
            .collect();
        let mut reach = Reach { mode: profile.upstream, host: Some(host), ..reach };
        if profile.upstream == Mode::HttpProxy {
            reach.proxy = Some(seen);
        }
        if profile.upstream != Mode::BaseUrl {
            reach.hosts = hosts(profile);
            let port = reach.tls.map_or(HTTPS, |address| address.port());
            let port = if port == HTTPS { String::new() } else { format!(":{port}") };
            let named = reach.hosts.iter().filter_map(|(provider, hosts)| Some((provider, hosts.first()?)));
            urls.extend(named.map(|(provider, host)| (provider.clone(), format!("https://{host}{port}"))));
        }
        Self { urls, credentials, reach }
    }
}

impl Mode {
    /// What `touchstone mock` is told beside its address.
    pub(crate) fn arguments(self) -> &'static str {
        match self {
            Self::BaseUrl => "",
            Self::Hosts => " --tls 127.0.0.1:443",
            Self::HttpProxy => " --proxy",
        }
    }
}

impl Reach {
    /// Every host, with the address to which its name must lead.
    pub fn names(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        let address = self.tls.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |tls| host_ip(tls.ip()));
        self.hosts.values().flatten().map(move |name| (name.as_str(), address))
    }

    /// What whoever runs a gateway must do so that it reaches the mocks; nothing where its configuration says it all.
    pub fn hint(&self) -> Option<String> {
        let trust = self.trust.as_ref()?;
        let trust = format!(
            "the gateway must trust {} (with the system's: {})",
            trust.ca.display(),
            trust.bundle.display()
        );
        let names: Vec<String> = self.names().map(|(name, address)| format!("{address} {name}")).collect();
        Some(match (&self.proxy, self.tls) {
            (Some(proxy), _) => format!("{trust} and have the proxy {proxy}"),
            (None, Some(tls)) => {
                format!("{trust} and find these names at port {}:\n{}", tls.port(), names.join("\n"))
            }
            (None, None) => trust,
        })
    }

    /// Looks whether the names lead to the mocks on this machine.
    ///
    /// # Errors
    /// [`Error::Hosts`], with the lines that are missing.
    pub async fn check(&self) -> Result<(), Error> {
        let (mut astray, mut lines) = (Vec::new(), Vec::new());
        let names: Vec<_> = self.names().collect();
        let asked = names.iter().map(|(name, _)| tokio::net::lookup_host((*name, HTTPS)));
        let found = futures_util::future::join_all(asked).await;
        for ((name, address), found) in names.into_iter().zip(found) {
            let found: Vec<IpAddr> = found.into_iter().flatten().map(|address| address.ip()).collect();
            if found.is_empty() || found.iter().any(|found| *found != address) {
                let found: Vec<String> = found.iter().map(IpAddr::to_string).collect();
                let found = if found.is_empty() { "nowhere".to_owned() } else { found.join(" and ") };
                astray.push(format!("{name} to {found}"));
                lines.push(format!("{address} {name}"));
            }
        }
        if astray.is_empty() {
            Ok(())
        } else {
            Err(Error::Hosts { astray: astray.join(", "), lines: lines.join("\n") })
        }
    }
}

/// Where the mocks listen for a profile, if nobody says where.
pub fn listen(profile: &Profile) -> SocketAddr {
    let ip = match profile.start.as_ref().and_then(super::start::Start::container) {
        // From a bridge the host's 127.0.0.1 is out of sight.
        Some(Network::Bridge) => Ipv4Addr::UNSPECIFIED,
        _ => Ipv4Addr::LOCALHOST,
    };
    SocketAddr::from((ip, 0))
}

/// How the mocks are started for a profile, beyond what is the same for all. `ca` is where the authority is kept; without it there
/// is a new one for every run.
///
/// # Errors
/// [`Error::Mocks`], where it cannot be read.
pub fn mocks_options(
    profile: &Profile,
    ca: Option<&Path>,
    options: mocks::Options,
) -> Result<mocks::Options, Error> {
    let mut options = options;
    if profile.upstream == Mode::BaseUrl {
        return Ok(options);
    }
    options.proxy = profile.upstream == Mode::HttpProxy;
    options.tls =
        (profile.upstream == Mode::Hosts).then(|| SocketAddr::new(options.listen.ip(), profile.tls.port));
    let kept = ca.map(Authority::kept).transpose().map_err(|error| Error::Mocks(error.to_string()))?;
    options.authority = kept.map(Arc::new);
    Ok(options)
}

/// The hosts of the providers to which the routes lead; the profile's own go before the usual ones.
fn hosts(profile: &Profile) -> BTreeMap<String, Vec<String>> {
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in &profile.tls.hosts {
        if let Some(provider) = mocks::hosts::provider(name) {
            hosts.entry(provider.to_owned()).or_default().push(name.clone());
        }
    }
    for route in &profile.routes {
        if !hosts.contains_key(&route.provider) {
            hosts.extend(
                mocks::hosts::of(&route.provider).next().map(|host| (route.provider.clone(), vec![host])),
            );
        }
    }
    hosts
}

/// The mocks' host as the gateway sees it.
fn seen_host(profile: &Profile, listen: IpAddr) -> String {
    match profile.start.as_ref().and_then(super::start::Start::container) {
        Some(Network::Bridge) => BRIDGED.to_owned(),
        _ => match host_ip(listen) {
            IpAddr::V6(address) => format!("[{address}]"),
            IpAddr::V4(address) => address.to_string(),
        },
    }
}

/// An address that can be connected to.
fn host_ip(listen: IpAddr) -> IpAddr {
    if listen.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen }
}
