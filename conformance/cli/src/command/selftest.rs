//! `touchstone selftest`: whether the suite notices broken gateways.

use std::process::ExitCode;

use clap::Args;
use conformance::Options;
use conformance::gateway::Profile;
use conformance::report::progress;
use conformance::selftest::selftest;

/// Break a gateway in every way that the suite knows, and see that it notices
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone selftest
  touchstone selftest --select 'chat.usage.*'
  touchstone selftest --select forgets-top-p --json

The gateway of the profile is started once, between two proxies that rewrite what passes: each
mutant breaks one requirement, and that one must notice.

Exit codes: 0 every mutant is caught; 1 one survived, or the unbroken gateway fails; 2 usage, or
nothing to try; 3 the gateway never came up, or died; 4 the harness failed.")]
pub(crate) struct Selftest {
    /// A profile: a folder with a profile.yaml, or the name of a bundled one
    #[arg(long, value_name = "PROFILE", default_value = "touchstone")]
    gateway: String,
    /// Only mutants that match: a glob over a mutant or its requirement; several add up
    #[arg(long, value_name = "GLOB")]
    select: Vec<String>,
    /// Print the result as JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Print what holds up each requirement, its scenarios and mutants, as Markdown (with --json: as JSON); tries nothing
    #[arg(long, conflicts_with = "select")]
    trace: bool,
}

impl Selftest {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.trace {
            return self.trace();
        }
        let options = Options {
            select: self.select,
            gateway: self.gateway.clone(),
            progress: Some(progress::watcher()),
            ..Options::new(Profile::load(&self.gateway)?)
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(async {
            let mut stop = super::Stop::new()?;
            anyhow::Ok(tokio::select! {
                result = selftest(&options) => Some(result?),
                () = stop.wait() => None,
            })
        });
        let Some(result) = outcome? else { return Ok(ExitCode::from(super::INTERRUPTED)) };
        if self.json {
            super::say(&serde_json::to_string(&result)?)?;
        } else {
            super::say(&result)?;
        }
        Ok(ExitCode::from(result.exit_code))
    }

    fn trace(self) -> anyhow::Result<ExitCode> {
        if self.json {
            super::say(&serde_json::to_string(&conformance::traceability::traceability())?)?;
        } else {
            super::say(&conformance::traceability::markdown())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
