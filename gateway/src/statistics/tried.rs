//! Kong's `tried_targets`: every target that a call was asked of.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::config::{Named, Target};
use crate::upstream::Origin;

/// One try at a target.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) target: Arc<Target>,
    pub(crate) provider: &'static str,
    pub(crate) model: Option<String>,
    /// Scheme, host and port; `None` where it did not come to that.
    pub(crate) origin: Option<Arc<Origin>>,
    /// Who answered there, or the proxy on the way.
    pub(crate) ip: Option<IpAddr>,
    /// The path that was asked for.
    pub(crate) path: Option<String>,
    /// How long the call had been going on.
    pub(crate) after: Duration,
    /// `None`: there was no reply.
    pub(crate) upstream_status: Option<u16>,
    /// Why another one followed: a word of Kong's `failover_criteria`.
    pub(crate) failure: Option<&'static str>,
}

/// Under Kong's names; the status is ours.
impl Serialize for Tried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let origin = self.origin.as_deref();
        let mut tried = serializer.serialize_struct("Tried", 9)?;
        tried.serialize_field("provider", self.provider)?;
        tried.serialize_field("model", &self.model)?;
        tried.serialize_field("route_type", self.target.route_type.name())?;
        tried.serialize_field(
            "upstream_scheme",
            &origin.map(|origin| if origin.tls { "https" } else { "http" }),
        )?;
        tried.serialize_field("host", &origin.map(|origin| &origin.host))?;
        tried.serialize_field("ip", &self.ip)?;
        tried.serialize_field("port", &origin.map(|origin| origin.port))?;
        tried.serialize_field("upstream_uri", &self.path)?;
        tried.serialize_field("upstream_status", &self.upstream_status)?;
        tried.end()
    }
}
