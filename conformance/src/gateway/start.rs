//! How a profile starts its gateway: as a command, or as a container.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How to start a gateway: by `command` or by `image`. Every string is a template.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Start {
    /// Program and arguments; `{{self}}` is this very binary.
    #[serde(default)]
    pub command: Vec<String>,
    /// An image instead, which `docker` or `podman` runs. The working folder is mounted at its own path, to be read.
    #[serde(default)]
    pub image: Option<String>,
    /// What follows the image: arguments of its entrypoint.
    #[serde(default)]
    pub args: Vec<String>,
    /// The image's network; absent: the host's on Linux, a bridge elsewhere or where there are `ports`.
    #[serde(default)]
    pub network: Option<Network>,
    /// `<port here>:<port in the container>`, opened on 127.0.0.1 alone. On a bridge without any, `{{port}}` is opened as it is.
    #[serde(default)]
    pub ports: Vec<String>,
    /// `<file of the working folder>:<path in the container>`, to be read.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Added to the environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// File of the working folder into which a gateway that chooses its own port writes its address; absent: it listens
    /// at `{{port}}`.
    #[serde(default)]
    pub address: Option<String>,
    /// Path that answers 200 when everything is ready; absent: any answer to `GET /` will do.
    #[serde(default)]
    pub ready: Option<String>,
    /// How long to wait for that.
    #[serde(default = "ten_seconds")]
    pub ready_ms: u64,
    /// How long it may take to end after SIGTERM.
    #[serde(default = "ten_seconds")]
    pub stop_ms: u64,
}

/// What a container sees of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// All of it: 127.0.0.1 is the host's.
    Host,
    /// `host.docker.internal`.
    Bridge,
}

impl Start {
    /// The network of the image, where it is one.
    pub fn container(&self) -> Option<Network> {
        self.image.as_ref()?;
        let is_free = cfg!(target_os = "linux") && self.ports.is_empty();
        Some(self.network.unwrap_or(if is_free { Network::Host } else { Network::Bridge }))
    }

    /// What contradicts itself in it, in one sentence each.
    pub(super) fn mistakes(&self) -> Vec<String> {
        let is_image = self.image.is_some();
        let mut mistakes = Vec::new();
        if is_image != self.command.is_empty() {
            mistakes.push("start: either a command or an image".to_owned());
        }
        let of_image = [
            ("args", self.args.is_empty()),
            ("network", self.network.is_none()),
            ("ports", self.ports.is_empty()),
            ("volumes", self.volumes.is_empty()),
        ];
        if !is_image {
            let lost = of_image.into_iter().filter(|(_, is_empty)| !is_empty);
            mistakes.extend(lost.map(|(name, _)| format!("start.{name} is for an image")));
        }
        if is_image && self.address.is_some() {
            mistakes.push("start.address: a container cannot write into the working folder".to_owned());
        }
        if self.network == Some(Network::Host) && !self.ports.is_empty() {
            mistakes.push("start.ports: on the host's network every port is open".to_owned());
        }
        for pair in self.ports.iter().chain(&self.volumes).filter(|pair| !pair.contains(':')) {
            mistakes.push(format!("start: `{pair}` wants a colon between here and the container"));
        }
        mistakes
    }
}

impl Default for Start {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            image: None,
            args: Vec::new(),
            network: None,
            ports: Vec::new(),
            volumes: Vec::new(),
            env: BTreeMap::new(),
            address: None,
            ready: None,
            ready_ms: ten_seconds(),
            stop_ms: ten_seconds(),
        }
    }
}

fn ten_seconds() -> u64 {
    10_000
}
