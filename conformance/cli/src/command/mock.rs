//! `touchstone mock`: every provider's native API, offline.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use mocks::{Mocks, Options, Script};

/// Emulate the providers' native APIs, offline
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone mock
  touchstone mock --listen 127.0.0.1:9000 --script replies.yaml --seed 7
  touchstone mock --ports openai=9001,anthropic=9002,bedrock=9003

Then, with any client:
  OPENAI_BASE_URL=http://127.0.0.1:9000/openai/v1 OPENAI_API_KEY=sk-touchstone
  ANTHROPIC_BASE_URL=http://127.0.0.1:9000/anthropic ANTHROPIC_API_KEY=sk-ant-touchstone
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:9000/bedrock AWS_REGION=us-east-1 \\
    AWS_ACCESS_KEY_ID=AKIATOUCHSTONE000001 AWS_SECRET_ACCESS_KEY=touchstone-secret-access-key

What came in is at /__mock/journal, scripts are added at /__mock/scripts, all is forgotten at /__mock/reset.
Tokens are counted with OpenAI's o200k encoding for every provider.")]
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
            let mocks = mocks::start_with(self.options()).await?;
            scripts.into_iter().flatten().for_each(|script| mocks.add(script));
            announce(&mocks)?;
            stop.wait().await;
            mocks.shutdown().await;
            Ok(ExitCode::SUCCESS)
        })
    }

    fn options(&self) -> Options {
        let ports = match self.ports.as_deref() {
            None => BTreeMap::new(),
            Some([]) => mocks::provider::names().map(|name| (name.to_owned(), 0)).collect(),
            Some(ports) => ports.iter().cloned().collect(),
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            listen: self.listen,
            ports,
            threads: if self.threads == 0 { cores } else { self.threads },
            seed: self.seed,
            models: self.models.clone(),
            lenient: self.lenient,
            ..Options::default()
        }
    }
}

/// One line for scripts, the rest for people.
fn announce(mocks: &Mocks) -> std::io::Result<()> {
    super::say(&format!("listening on http://{}", mocks.addr()))?;
    for name in mocks::provider::names() {
        let key = mocks.credentials().key(name);
        eprintln!("  {name:<11} {}  key {key}", mocks.url(name));
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
