//! `touchstone repro`: one check of a report again, by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::gateway::{Profile, Source};
use conformance::{Options, repro};

/// Do one check of a report again: print it as curl and script, keep it as a folder, or start what it takes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone repro touchstone-report/report.json chat.reply.finish
  touchstone repro touchstone-report/report.json 'chat.reply.finish@chat.finish.length@openai.chat/anthropic/whole' --serve
  touchstone repro touchstone-report/report.json chat.reply.finish --save finish/")]
pub(crate) struct Repro {
    /// A report.json
    report: PathBuf,
    /// requirement@scenario@cell, or a requirement or a scenario alone: the first check of it that fails
    check: String,
    /// Start the mocks with the script and the gateway of the profile, and wait for a signal
    #[arg(long)]
    serve: bool,
    /// Write script, configuration, request and commands into this folder
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// The profile; default: the report's
    #[arg(long, value_name = "PROFILE")]
    gateway: Option<String>,
    /// With --serve: a gateway that already runs, instead of the profile's own start
    #[arg(long, value_name = "URL", requires = "serve")]
    url: Option<String>,
    /// With --serve: where the mocks listen; default: any free port of 127.0.0.1
    #[arg(long, value_name = "ADDRESS", requires = "serve")]
    mocks: Option<std::net::SocketAddr>,
}

impl Repro {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut repro = repro::Repro::find(&super::given(&self.report)?, &self.check)?;
        if self.gateway.is_some() {
            repro = repro.clone().by_hand(&self.profile(&repro)?)?;
        }
        if let Some(folder) = &self.save {
            for path in repro::save(&repro, &self.profile(&repro)?, folder)? {
                super::say(&path.display())?;
            }
        }
        if self.serve {
            return self.serve(&repro);
        }
        if self.save.is_none() {
            super::say(&repro)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn profile(&self, repro: &repro::Repro) -> Result<Profile, conformance::Error> {
        Profile::load(self.gateway.as_deref().unwrap_or(&repro.profile))
    }

    fn serve(&self, repro: &repro::Repro) -> anyhow::Result<ExitCode> {
        let options = Options {
            source: self.url.clone().map_or(Source::Profile, Source::Url),
            mocks: self.mocks,
            ..Options::new(self.profile(repro)?)
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut stop = super::Stop::new()?;
            let arena = repro.serve(&options).await?;
            let mocks = arena.mocks().addr();
            let curl = repro.clone().with_headers(arena.profile()).curl(arena.url());
            super::say(&format!("gateway   {}\nmocks     http://{mocks}", arena.url()))?;
            super::say(&format!("journal   http://{mocks}/__mock/journal\n\n{curl}"))?;
            stop.wait().await;
            arena.dismiss().await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
