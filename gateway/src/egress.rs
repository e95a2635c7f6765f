//! The way out to upstreams: through the proxy that the environment names, as [curl](https://curl.se/docs/manpage.html#ENVIRONMENT)
//! and most others understand it, and to the addresses of a hosts file, as Kong's
//! [`dns_hostsfile`](https://developer.konghq.com/gateway/configuration/#dns-hostsfile).

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;

use crate::upstream::Origin;

/// What the environment says of the way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// `HTTPS_PROXY`: an `http` URL, through which `https` upstreams are reached by a tunnel.
    pub https_proxy: Option<String>,
    /// `HTTP_PROXY`: the same for `http` upstreams, which it is asked for by their whole URL.
    pub http_proxy: Option<String>,
    /// `NO_PROXY`: hosts that are reached without, separated by commas, their subdomains included; `*`: all. This very machine is
    /// never reached through a proxy.
    pub no_proxy: Option<String>,
    /// `KONG_DNS_HOSTSFILE`: a file like `/etc/hosts`, which is asked before the system.
    pub hosts_file: Option<PathBuf>,
}

impl Egress {
    /// From the environment; a name in lower case goes before the same in capitals.
    #[must_use]
    pub fn from_env() -> Self {
        let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let either = |name: &str| value(&name.to_ascii_lowercase()).or_else(|| value(name));
        Self {
            https_proxy: either("HTTPS_PROXY"),
            http_proxy: either("HTTP_PROXY"),
            no_proxy: either("NO_PROXY"),
            hosts_file: value("KONG_DNS_HOSTSFILE").map(PathBuf::from),
        }
    }
}

/// The same, read.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    https: Option<Arc<Origin>>,
    http: Option<Arc<Origin>>,
    except: Vec<String>,
    hosts: HashMap<String, Vec<IpAddr>>,
}

/// How one upstream is reached.
#[derive(Debug, Default)]
pub(crate) struct Way {
    pub(crate) proxy: Option<Arc<Origin>>,
    /// Of whom is connected to, where the hosts file knows it.
    pub(crate) addresses: Vec<IpAddr>,
}

impl Ways {
    pub(crate) fn read(egress: &Egress) -> io::Result<Self> {
        let hosts = match &egress.hosts_file {
            None => HashMap::new(),
            Some(path) => {
                let wrong = |error| io::Error::other(format!("{}: {error}", path.display()));
                hosts(&std::fs::read_to_string(path).map_err(wrong)?)
            }
        };
        let except = egress.no_proxy.as_deref().unwrap_or_default().split(',');
        Ok(Self {
            https: proxy("HTTPS_PROXY", egress.https_proxy.as_deref())?,
            http: proxy("HTTP_PROXY", egress.http_proxy.as_deref())?,
            except: except.map(|host| host.trim().trim_start_matches('.').to_ascii_lowercase()).collect(),
            hosts,
        })
    }

    pub(crate) fn to(&self, origin: &Origin) -> Way {
        let proxy = if origin.tls { &self.https } else { &self.http };
        let proxy = proxy.clone().filter(|_| !self.is_excepted(&origin.host));
        let host = proxy.as_ref().map_or(&origin.host, |proxy| &proxy.host);
        let addresses = self.hosts.get(host).cloned().unwrap_or_default();
        Way { proxy, addresses }
    }

    /// The way to what is on this machine or at its network's own address, whatever proxies there are.
    pub(crate) fn straight_to(&self, origin: &Origin) -> Way {
        Way { proxy: None, addresses: self.hosts.get(&origin.host).cloned().unwrap_or_default() }
    }

    fn is_excepted(&self, host: &str) -> bool {
        let is_below = |name: &str| {
            host.strip_suffix(name)
                .is_some_and(|rest| !name.is_empty() && (rest.is_empty() || rest.ends_with('.')))
        };
        is_own(host) || self.except.iter().any(|name| name == "*" || is_below(name))
    }
}

/// Whether a host is this very machine.
pub(crate) fn is_own(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn proxy(name: &str, url: Option<&str>) -> io::Result<Option<Arc<Origin>>> {
    let Some(url) = url else { return Ok(None) };
    // The URL may hold a password: it is not repeated.
    let wrong = |why: &str| io::Error::other(format!("{name}: {why}"));
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = whole.parse().map_err(|_| wrong("it is no URL"))?;
    if uri.scheme_str() != Some("http") {
        return Err(wrong("only proxies that are spoken to by http are supported"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("proxies that ask for a name and a password are not supported"));
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    Ok(Some(Arc::new(Origin { tls: false, host, port: uri.port_u16().unwrap_or(80) })))
}

/// <https://man7.org/linux/man-pages/man5/hosts.5.html>; a line that is none is passed over, as everywhere.
fn hosts(text: &str) -> HashMap<String, Vec<IpAddr>> {
    let mut hosts: HashMap<String, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
        for name in words {
            hosts.entry(name.to_ascii_lowercase()).or_default().push(address);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn egress(https: &str, except: &str) -> Egress {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Egress { https_proxy: text(https), no_proxy: text(except), ..Egress::default() }
    }

    fn is_proxied(ways: &Ways, tls: bool, host: &str) -> bool {
        ways.to(&Origin { tls, host: host.to_owned(), port: 1 }).proxy.is_some()
    }

    #[test]
    fn a_proxy_is_for_its_scheme_and_never_for_this_machine() {
        let ways = Ways::read(&egress("http://proxy.example:3128/", "")).unwrap();
        assert!(is_proxied(&ways, true, "api.openai.com"));
        assert!(!is_proxied(&ways, false, "api.openai.com"));
        for own in ["localhost", "127.0.0.1", "127.8.0.1", "::1"] {
            assert!(!is_proxied(&ways, true, own), "{own}");
        }
        let metadata = Origin { tls: false, host: "169.254.169.254".to_owned(), port: 80 };
        assert!(ways.straight_to(&metadata).proxy.is_none(), "nor for what is next door");
        let proxy = ways.to(&Origin { tls: true, host: "h".to_owned(), port: 1 }).proxy.unwrap();
        assert_eq!(*proxy, Origin { tls: false, host: "proxy.example".to_owned(), port: 3128 });
    }

    #[test]
    fn hosts_that_are_excepted_are_so_with_their_subdomains() {
        let ways = Ways::read(&egress("proxy", "openai.com, .Mistral.ai,")).unwrap();
        for (host, expected) in [
            ("openai.com", false),
            ("api.openai.com", false),
            ("notopenai.com", true),
            ("api.mistral.ai", false),
            ("mistral.ai", false),
            ("api.anthropic.com", true),
        ] {
            assert_eq!(is_proxied(&ways, true, host), expected, "{host}");
        }
        assert!(!is_proxied(&Ways::read(&egress("proxy", "*")).unwrap(), true, "api.openai.com"));
    }

    #[test]
    fn what_is_not_supported_is_told_without_its_password() {
        for wrong in ["https://proxy", "socks5://proxy", "http://me:secret@proxy", "http://[", "http://a b"] {
            let error = Ways::read(&egress(wrong, "")).unwrap_err().to_string();
            assert!(error.starts_with("HTTPS_PROXY: ") && !error.contains("secret"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_hosts_file_gives_every_name_its_addresses() {
        let found = hosts("# all\n127.0.0.1 API.openai.com a # b\n::1\ta\nnobody c\n\n10.0.0.1\n");
        let loopback: [IpAddr; 2] = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(found["api.openai.com"], loopback[..1]);
        assert_eq!(found["a"], loopback);
        assert_eq!(found.len(), 2);
    }
}
