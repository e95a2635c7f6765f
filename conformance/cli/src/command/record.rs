//! `touchstone record`: real calls as scenarios, scripts and evidence.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use conformance::record::{Options, Recorder};

/// Stand between a client and a provider, and write what passes as scenarios and scripts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone record --provider anthropic --to https://api.anthropic.com --out recorded/
  ANTHROPIC_BASE_URL=http://127.0.0.1:9100 my-client …

  touchstone test --scenarios recorded/scenarios --select own     # what was recorded, played to a gateway
  touchstone mock --script recorded/bytes                         # byte for byte, at its times
  touchstone mock --script recorded/scripts                       # in neutral terms, for every provider's mock

Written are, for each call: the scenario, the script in neutral terms, the script in bytes, and
the exchange with heads, bytes and times. What neutral terms have no words for is told in each
file, and kept in the bytes.

Taken out are keys, tokens, cookies, signatures and ids of accounts: by the names of headers,
members of the query and members of JSON, by the known forms of keys, wherever else such a value
stands, and by --redact. What cannot be searched (unknown compression, broken binary frames) is
not kept. Look at the files before you give them away, all the same.

A signed request (AWS) covers the host: use an API key of Bedrock's, or --keep-host.

Limits: requests of 32 MiB, replies of 64 MiB (longer ones pass, and are not kept), 64
connections, HTTP/1.1.

Exit codes: 0 ended as told; 2 usage, or the address or the folder cannot be used.")]
pub(crate) struct Record {
    /// Whose API passes: the name of a mock
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// Where calls are sent on to; a path goes before theirs
    #[arg(long, value_name = "URL")]
    to: String,
    /// Where clients connect; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// Where files are written; numbers go on from those that are there
    #[arg(long, value_name = "FOLDER", default_value = "recorded")]
    out: PathBuf,
    /// The second word of the scenarios' ids
    #[arg(long, value_name = "WORD", default_value = "recorded")]
    name: String,
    /// A regular expression of what must not be kept either; several add up
    #[arg(long, value_name = "REGEX")]
    redact: Vec<String>,
    /// A file of certificates to trust besides those that browsers do
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Send the client's own host on, instead of the provider's
    #[arg(long)]
    keep_host: bool,
    /// End after so many calls; default: at a signal
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

impl Record {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut stop = super::Stop::new()?;
            let count = self.count.unwrap_or(usize::MAX);
            let recorder = Recorder::start(self.options()).await?;
            super::say(&format!("listening on {}", recorder.url()))?;
            tokio::select! {
                () = stop.wait() => {}
                () = recorder.written(count) => {}
            }
            recorder.shutdown().await;
            Ok(ExitCode::SUCCESS)
        })
    }

    fn options(self) -> Options {
        Options {
            listen: self.listen,
            name: self.name,
            redact: self.redact,
            ca: self.ca,
            keep_host: self.keep_host,
            told: Some(Arc::new(|sentence| eprintln!("{sentence}"))),
            ..Options::new(self.provider, self.to, self.out)
        }
    }
}
