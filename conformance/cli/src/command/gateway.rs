//! `touchstone gateway`: the bundled gateway as a process.

use std::net::{AddrParseError, IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use gateway::{File, Settings};

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

Operators find /status (a page), /status.json, /metrics (Prometheus; what it tells of calls is for
Kong's plugin `prometheus` to say), /status/live and /status/ready at --status-listen.

Exit codes: 0 stopped as told; 2 the file or the address cannot be used.")]
pub(crate) struct Gateway {
    /// Kong's declarative file, YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where clients connect; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Where operators look: an address, the clients' own one, or `off` [default: 127.0.0.1:8007 if that is free and --listen
    /// names a port]
    #[arg(long, value_name = "ADDRESS", env = "TOUCHSTONE_STATUS_LISTEN")]
    status_listen: Option<StatusListen>,
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
        let (file, config) = File::open(&self.config, |name| std::env::var(name).ok())?;
        if self.check {
            super::say(&format!(
                "{}: {} routes, all well",
                self.config.display(),
                config.router.routes().len()
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let _log = gateway::log_to_stderr(&self.log);
        let status = self.status();
        gateway::run(file, config, Settings { status, threads: self.threads, ..Settings::new(self.listen) })?;
        Ok(ExitCode::SUCCESS)
    }

    fn status(&self) -> Option<SocketAddr> {
        match self.status_listen {
            Some(StatusListen::Off) => None,
            Some(StatusListen::At(address)) => Some(address),
            None if self.listen.port() == 0 => None,
            None => match TcpListener::bind(STATUS_LISTEN) {
                Ok(_) => Some(STATUS_LISTEN),
                Err(error) => {
                    tracing::warn!(%error, "no status page: {STATUS_LISTEN} cannot be had; see --status-listen");
                    None
                }
            },
        }
    }
}

/// Kong's default for its `status_listen`.
const STATUS_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8007);

/// An address, or none.
#[derive(Clone, Copy, Debug)]
enum StatusListen {
    Off,
    At(SocketAddr),
}

impl FromStr for StatusListen {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::At) }
    }
}
