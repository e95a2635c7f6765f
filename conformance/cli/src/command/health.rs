//! `touchstone health`: whether a server of ours answers, for images that have no other client.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use conformance::client::{Client, Target};

/// Ask a mock or a gateway whether it takes calls; exits 0 if so, 1 if not
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone health
  touchstone health http://127.0.0.1:8000/status/ready
  TOUCHSTONE_HEALTH=http://127.0.0.1:8000/status/ready touchstone health")]
pub(crate) struct Health {
    /// What must answer 200
    #[arg(
        value_name = "URL",
        env = "TOUCHSTONE_HEALTH",
        default_value = "http://127.0.0.1:9000/__mock/ready"
    )]
    url: String,
    /// How long to wait for the answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    timeout: u64,
}

impl Health {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let path = self.url[after_scheme..].find('/').map_or(self.url.len(), |at| after_scheme + at);
        let (host, path) = self.url.split_at(path);
        let client = Client::new(host).map_err(anyhow::Error::msg).context(self.url.clone())?;
        let path = if path.is_empty() { "/" } else { path };
        let target = Target { method: "GET".into(), path: path.into(), ..Target::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let patience = Duration::from_millis(self.timeout);
        let status = runtime.block_on(client.call(&target, patience)).status;
        match status {
            Some(200) => super::say(&"healthy")?,
            Some(status) => eprintln!("touchstone: {} answers {status}", self.url),
            None => eprintln!("touchstone: {} does not answer", self.url),
        }
        Ok(ExitCode::from(u8::from(status != Some(200))))
    }
}
