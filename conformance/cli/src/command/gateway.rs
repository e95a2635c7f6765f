//! `touchstone gateway`: the bundled gateway as a process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use gateway::Settings;
use gateway::config::Config;

/// Run the translating gateway from a Kong declarative file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone gateway --config kong.yaml --check
  OPENAI_API_KEY=… touchstone gateway --config kong.yaml --listen 127.0.0.1:8000

The file holds Kong's services, routes and `ai-proxy` plugins. Values may be ${NAME},
${NAME:-default} or {vault://env/NAME}. SSL_CERT_FILE names certificates to trust besides
Mozilla's, HTTPS_PROXY, HTTP_PROXY and NO_PROXY the way out, and KONG_DNS_HOSTSFILE a file like
/etc/hosts that is asked first. When clients can connect, one line goes to standard output:
listening on http://ADDRESS. The log goes to standard error, one JSON object a line. SIGTERM and
SIGINT let running calls finish first.

Exit codes: 0 stopped as told; 2 the file or the address cannot be used.")]
pub(crate) struct Gateway {
    /// Kong's declarative file, YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where clients connect; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Threads, each with a runtime and connections of its own; 0: one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// What the log tells: error, warn, info, debug, or tracing's own filters
    #[arg(long, value_name = "FILTER", default_value = "info", env = "TOUCHSTONE_LOG")]
    log: String,
    /// Judge the file and exit
    #[arg(long)]
    check: bool,
}

impl Gateway {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config, &|name| std::env::var(name).ok())?;
        if self.check {
            super::say(&format!(
                "{}: {} routes, all well",
                self.config.display(),
                config.router.routes().len()
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let _log = gateway::log_to_stderr(&self.log);
        gateway::run(config, Settings { threads: self.threads, ..Settings::new(self.listen) })?;
        Ok(ExitCode::SUCCESS)
    }
}
