//! Which provider a request was meant for, by the way that it came.

use crate::cloud;
use crate::hosts::{self, Meant};
use crate::provider::{self, Provider};
use crate::request::Request;

/// What a connection tells of whose requests come in by it.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// The path's first segment is a provider's name.
    Path,
    /// This provider's: it has a port of its own, or was named by an absolute target.
    One(&'static dyn Provider),
    /// Whose path it is, at an address that every machine of a cloud has.
    Link,
    /// The request's own host says so. Without one it is what TLS or the tunnel was asked for.
    Host(Meant),
}

impl Whose {
    /// The provider, if any; where the path begins with its name, that is moved to the prefix.
    ///
    /// # Errors
    /// The request names a host that is nobody's.
    pub(crate) fn choose(self, request: &mut Request) -> Result<Option<&'static dyn Provider>, String> {
        let meant = match self {
            Self::One(provider) => return Ok(Some(provider)),
            Self::Path => Meant::Own,
            Self::Link => Meant::Link,
            Self::Host(asked) => match request.header("host") {
                Some(host) => hosts::meant(host).ok_or_else(|| misdirected(host))?,
                None => asked,
            },
        };
        Ok(match meant {
            Meant::Own => take_prefix(request).or_else(|| cloud::of_link(request)),
            Meant::Link => cloud::of_link(request),
            Meant::Provider(provider) => Some(provider),
        })
    }
}

/// Moves a provider's name from the front of the path to the prefix.
fn take_prefix(request: &mut Request) -> Option<&'static dyn Provider> {
    let rest = request.path.strip_prefix('/')?;
    let end = rest.find('/').unwrap_or(rest.len());
    let provider = provider::find(&rest[..end])?;
    request.is_bare = end == rest.len();
    let own = if request.is_bare { "/".to_owned() } else { rest[end..].to_owned() };
    request.prefix = format!("/{}", provider.name());
    request.path = own;
    Some(provider)
}

fn misdirected(host: &str) -> String {
    let shown: String = host.chars().filter(|c| !c.is_control()).take(253).collect();
    format!("the request's host {shown} is not that of any provider")
}
