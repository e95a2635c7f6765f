//! `touchstone mock`: every provider's native API, offline.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use mocks::{Authority, Mocks, Options, Script};

/// Emulate the providers' native APIs, offline
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone mock
  touchstone mock --listen 127.0.0.1:9000 --script replies.yaml --seed 7
  touchstone mock --ports openai=9001,anthropic=9002,bedrock=9003
  touchstone mock --proxy
  touchstone mock --tls 127.0.0.1:443 --ca /etc/touchstone

Then, with any client:
  OPENAI_BASE_URL=http://127.0.0.1:9000/openai/v1 OPENAI_API_KEY=sk-touchstone
  ANTHROPIC_BASE_URL=http://127.0.0.1:9000/anthropic ANTHROPIC_API_KEY=sk-ant-touchstone
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:9000/bedrock AWS_REGION=us-east-1 \\
    AWS_ACCESS_KEY_ID=AKIATOUCHSTONE000001 AWS_SECRET_ACCESS_KEY=touchstone-secret-access-key

An application that cannot be told another host reaches the mocks as well, offline. With
--proxy:
  HTTPS_PROXY=http://127.0.0.1:9000 SSL_CERT_FILE=touchstone-ca/ca.pem app
With --tls the names of the providers' hosts must lead here, on port 443 (see /etc/hosts), which
needs root, the capability net_bind_service, or `sysctl
net.ipv4.ip_unprivileged_port_start=443`; without any of it:
  curl --cacert touchstone-ca/ca.pem --connect-to api.openai.com:443:127.0.0.1:9443 https://api.openai.com/v1/models
Whom to trust is told by SSL_CERT_FILE (OpenSSL, Go, Rust, httpx), NODE_EXTRA_CA_CERTS
(Node.js), REQUESTS_CA_BUNDLE (Python's requests), AWS_CA_BUNDLE (AWS), CURL_CA_BUNDLE (curl):
ca.pem is our certificate alone, bundle.pem has those of the system besides. It is good for the
providers' names and this machine's. Nothing that a client sends to the proxy leaves this
machine: other hosts are refused, and named in the journal.

What came in is at /__mock/journal, scripts are added at /__mock/scripts, all is forgotten at
/__mock/reset. What STS and its like have issued expires at once by DELETE /__mock/tokens. Tokens
are counted with OpenAI's o200k encoding for every provider.")]
pub(crate) struct Mock {
    /// Where all providers listen, each under its own prefix; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// One port each besides, at the providers' own paths: provider=port, separated by commas; without a value, any free ones
    #[arg(long, value_name = "PROVIDER=PORT", value_delimiter = ',', num_args = 0.., value_parser = port)]
    ports: Option<Vec<(String, u16)>>,
    /// What to answer: a YAML or JSON file with one script or a list of them; may be given several times
    #[arg(long, value_name = "FILE")]
    script: Vec<PathBuf>,
    /// Ids and times follow from it: same seed and same requests, same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads; 0: one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// The only models that exist, separated by commas; default: every model exists
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    models: Option<Vec<String>>,
    /// Serve the providers' own host names by TLS, HTTP/1.1 and HTTP/2, at this address
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9443")]
    tls: Option<SocketAddr>,
    /// Be an HTTP proxy too, at the common address: it leads to the mock of the host that is asked for, and nowhere else
    #[arg(long)]
    proxy: bool,
    /// Where whom clients must trust is kept: ca.pem, bundle.pem, and the key, which only its owner may read; made once
    #[arg(long, value_name = "FOLDER", default_value = "touchstone-ca")]
    ca: PathBuf,
    /// Keep what providers keep, such as OpenAI's responses, in this file over a restart; default: while the mocks run
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The longest that keys and tokens hold which STS, metadata services and token endpoints issue; default: as long as the clouds say
    #[arg(long, value_name = "N")]
    token_seconds: Option<u64>,
    /// Answer requests that break the provider's rules all the same; the journal tells what was wrong
    #[arg(long)]
    lenient: bool,
}

impl Mock {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let scripts = self
            .script
            .iter()
            .map(|file| Script::read(file))
            .collect::<Result<Vec<_>, _>>()
            .map_err(anyhow::Error::msg)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut stop = super::Stop::new()?;
            let mocks = mocks::start_with(self.options()?).await?;
            scripts.into_iter().flatten().for_each(|script| mocks.add(script));
            announce(&mocks)?;
            self.announce_hosts(&mocks)?;
            stop.wait().await;
            mocks.shutdown().await;
            Ok(ExitCode::SUCCESS)
        })
    }

    /// How a client whose hosts are fixed gets here.
    fn announce_hosts(&self, mocks: &Mocks) -> anyhow::Result<()> {
        let Some(authority) = mocks.authority() else { return Ok(()) };
        let trust = authority.trust(&self.ca)?;
        eprintln!("  {:<11} {}, with the system's: {}", "trust", trust.ca.display(), trust.bundle.display());
        if self.proxy {
            eprintln!("  {:<11} HTTPS_PROXY=http://{}", "proxy", mocks.addr());
        }
        if let Some(addr) = mocks.tls() {
            let hosts = mocks::provider::names().filter_map(|name| mocks::hosts::of(name).next());
            let hosts: Vec<_> = hosts.collect();
            eprintln!("  {:<11} https://{addr}; for /etc/hosts:\n{} {}", "tls", addr.ip(), hosts.join(" "));
        }
        Ok(())
    }

    fn options(&self) -> anyhow::Result<Options> {
        let ports = match self.ports.as_deref() {
            None => BTreeMap::new(),
            Some([]) => mocks::provider::names().map(|name| (name.to_owned(), 0)).collect(),
            Some(ports) => ports.iter().cloned().collect(),
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let authority = (self.tls.is_some() || self.proxy).then(|| Authority::kept(&self.ca)).transpose()?;
        Ok(Options {
            listen: self.listen,
            ports,
            threads: if self.threads == 0 { cores } else { self.threads },
            seed: self.seed,
            models: self.models.clone(),
            lenient: self.lenient,
            state: self.state.clone(),
            token_seconds: self.token_seconds,
            tls: self.tls,
            proxy: self.proxy,
            authority: authority.map(Arc::new),
            ..Options::default()
        })
    }
}

/// One line for scripts, the rest for people.
fn announce(mocks: &Mocks) -> std::io::Result<()> {
    super::say(&format!("listening on http://{}", mocks.addr()))?;
    for name in mocks::provider::names() {
        let key = mocks.credentials().key(name);
        eprintln!("  {name:<11} {}  key {key}", mocks.url(name));
    }
    for name in mocks::cloud::names() {
        let key = mocks.credentials().key(name);
        let shown = if key.is_empty() { String::new() } else { format!("  key {key}") };
        eprintln!("  {name:<15} {}{shown}", mocks.url(name));
    }
    for key in &mocks.credentials().aws {
        eprintln!("  {:<11} {} / {} in {}", "aws", key.access_key_id, key.secret_access_key, key.region);
    }
    Ok(())
}

fn port(text: &str) -> anyhow::Result<(String, u16)> {
    let (name, port) = text.split_once('=').context("expected provider=port")?;
    Ok((name.to_owned(), port.parse().with_context(|| format!("{port:?} is no port"))?))
}
