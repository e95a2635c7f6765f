//! `touchstone gateway`: the bundled gateway as a process.

mod check;
mod limits;

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::{AddrParseError, IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;
use gateway::config::Config;
use gateway::{File, Settings, StatusAddress, Tls};
use limits::Bounds;

/// Run the translating gateway from a Kong declarative file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone gateway --init kong.yaml
  touchstone gateway --config kong.yaml --check
  openssl rand -hex 32 | tee key | touchstone gateway --hash-key
  OPENAI_API_KEY=… touchstone gateway --config kong.yaml --listen 127.0.0.1:8000
  touchstone gateway --config kong.yaml --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem
  touchstone gateway --config kong.yaml --max-body 8MiB --call-timeout 5m --drain-notice 10s

The file holds Kong's services, routes and `ai-proxy` plugins. Values may be ${NAME},
${NAME:-default} or {vault://env/NAME}. SSL_CERT_FILE names certificates to trust besides
Mozilla's, HTTPS_PROXY, HTTP_PROXY and NO_PROXY the way out, and KONG_DNS_HOSTSFILE a file like
/etc/hosts that is asked first. When clients can connect, one line goes to standard output:
listening on http://ADDRESS. The log goes to standard error, one JSON object a line. SIGTERM and
SIGINT let running calls finish first.

When the file changes, and at SIGHUP, it is read again, and so are the certificates: later calls go
by the new one, running ones finish by the old one. A file with a mistake is refused, which the log
and /status.json say, and all goes on as before.

Operators find /status (a page), /status.json, /metrics (Prometheus; what it tells of calls is for
Kong's plugin `prometheus` to say), /status/live and /status/ready at --status-listen.

Exit codes: 0 stopped as told, or all well; 2 the file or the address cannot be used.")]
pub(crate) struct Gateway {
    /// Kong's declarative file, YAML or JSON
    #[arg(long, value_name = "FILE", required_unless_present_any = ["init", "schema", "hash_key"])]
    config: Option<PathBuf>,
    /// Write a commented file to begin with, and exit
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "kong.yaml", conflicts_with_all = ["config", "check"])]
    init: Option<PathBuf>,
    /// Print the JSON Schema of such files, for editors, and exit
    #[arg(long, conflicts_with_all = ["config", "check", "init"])]
    schema: bool,
    /// With --init: write over a file that is there
    #[arg(long, requires = "init")]
    force: bool,
    /// Read a client's key from standard input, say what a file may hold in its place, and exit
    #[arg(long, conflicts_with_all = ["config", "init", "check"])]
    hash_key: bool,
    /// Where clients connect; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Where operators look: an address, the clients' own one, or `off` [default: 127.0.0.1:8007 if that is free and --listen
    /// names a port]
    #[arg(long, value_name = "ADDRESS", env = "TOUCHSTONE_STATUS_LISTEN")]
    status_listen: Option<StatusListen>,
    /// Certificates that clients are shown, a chain in PEM: with them --listen speaks TLS, HTTP/2 and HTTP/1.1
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "TOUCHSTONE_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The key of the first of them, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "TOUCHSTONE_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Threads, each with a runtime and connections of its own; 0: one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// What the log tells: error, warn, info, debug, or tracing's own filters
    #[arg(long, value_name = "FILTER", default_value = "info", env = "TOUCHSTONE_LOG")]
    log: String,
    /// Judge the file, say what it holds, and exit
    #[arg(long)]
    check: bool,
    /// Say it as JSON
    #[arg(long, requires = "check")]
    json: bool,
    #[command(flatten)]
    bounds: Bounds,
}

impl Gateway {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.init {
            return init(path, self.force);
        }
        if self.hash_key {
            return hash_key();
        }
        if self.schema {
            super::say(&gateway::SCHEMA.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        let Some(path) = &self.config else { bail!("which file? See --config") };
        let variable = |name: &str| std::env::var(name).ok();
        if self.check {
            let checked = Config::load(path, &variable);
            if self.json {
                super::say(&check::json(path, &checked).to_string())?;
                return Ok(ExitCode::from(if checked.is_ok() { 0 } else { 2 }));
            }
            super::say(&check::text(path, &checked?))?;
            return Ok(ExitCode::SUCCESS);
        }
        let (file, config) = File::open(path, variable)?;
        let _log = gateway::log_to_stderr(&self.log);
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        let settings = Settings {
            status: self.status(),
            threads: self.threads,
            tls: tls.map(|(certificates, key)| Tls { certificates, key }),
            limits: self.bounds.limits(),
            ..Settings::new(self.listen)
        };
        gateway::run(file, config, settings)?;
        Ok(ExitCode::SUCCESS)
    }

    fn status(&self) -> Option<StatusAddress> {
        match self.status_listen {
            Some(StatusListen::Off) => None,
            Some(StatusListen::At(address)) => Some(StatusAddress::At(address)),
            None if self.listen.port() == 0 => None,
            None => Some(StatusAddress::IfFree(STATUS_LISTEN)),
        }
    }
}

/// Writes the file to begin with; never over another one unless that is wanted.
fn init(path: &Path, force: bool) -> anyhow::Result<ExitCode> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).create(force).create_new(!force);
    let written = options.open(path).and_then(|mut file| file.write_all(gateway::EXAMPLE.as_bytes()));
    let hint = if force { "" } else { " (--force writes over it)" };
    written.with_context(|| format!("cannot write {}{hint}", path.display()))?;
    super::say(&format!("wrote {0}: touchstone gateway --config {0} --check", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Says the digest of the key on standard input, without the end of its line.
fn hash_key() -> anyhow::Result<ExitCode> {
    let text = io::read_to_string(io::stdin().lock().take(MOST_KEY))?;
    let key = text.strip_suffix('\n').unwrap_or(&text);
    let key = key.strip_suffix('\r').unwrap_or(key);
    if key.is_empty() || key.contains(['\n', '\r']) {
        bail!("standard input must hold one key, on one line");
    }
    super::say(&gateway::config::hash_key(key))?;
    Ok(ExitCode::SUCCESS)
}

/// Bytes of a key at most.
const MOST_KEY: u64 = 64 << 10;

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
