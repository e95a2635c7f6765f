//! `touchstone test`: the suite against a gateway.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use conformance::gateway::{Profile, Source};
use conformance::report::{self, Keep, github, progress, terminal};
use conformance::scenario::Own;
use conformance::{Options, Report, Surface};

/// Play every provider to a gateway, drive it as a client, judge both sides (the default command)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone test
  touchstone test --quick
  touchstone test --gateway conformance/gateways/touchstone --select 'chat.tools.*'
  touchstone test --surface embeddings --provider gemini --provider ollama
  touchstone test --gateway litellm --quick
  touchstone test --scenarios my-scenarios/ --select own
  touchstone test --gateway my-gateway/ --url http://127.0.0.1:8000 --mocks 127.0.0.1:9000

Without --gateway the bundled gateway is judged. With --url a gateway that already runs is; it
must send its calls to the mocks, whose address --mocks fixes. One that calls its providers' own
hosts reaches the mocks by the `upstream` of its profile, through a proxy or by name, and trusts
the authority of --ca. A profile with a setup is installed once, into a cache
(TOUCHSTONE_CACHE).

Where GITHUB_STEP_SUMMARY is set, the summary is appended there; where GITHUB_ACTIONS is true,
annotations are printed.

Exit codes: 0 as expected; 1 an unexpected failure or a stale expectation; 2 usage, or nothing
ran; 3 the gateway never came up, or died; 4 the harness failed.")]
pub(crate) struct Test {
    /// A profile: a folder with a profile.yaml, or the name of a bundled one
    #[arg(long, value_name = "PROFILE", default_value = "touchstone")]
    gateway: String,
    /// Address of a gateway that already runs; the profile's own start is left out
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the mocks listen; default: any free port of 127.0.0.1
    #[arg(long, value_name = "ADDRESS")]
    mocks: Option<SocketAddr>,
    /// Where the authority is kept that a gateway must trust if it calls its providers' own hosts; default: a new one
    #[arg(long, value_name = "FOLDER")]
    ca: Option<PathBuf>,
    /// Only checks that match: a glob over a requirement, a scenario, a cell, or requirement@scenario@cell; several add up
    #[arg(long, value_name = "GLOB")]
    select: Vec<String>,
    /// A folder of scenarios of your own, played besides the suite's; several add up. `--select own` plays them alone
    #[arg(long, value_name = "FOLDER")]
    scenarios: Vec<PathBuf>,
    /// Only this surface: what the client speaks; several add up
    #[arg(long, value_name = "SURFACE", value_parser = surfaces())]
    surface: Vec<Surface>,
    /// Only this provider, or the route of this name; several add up
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Everything that is drawn follows from it
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Plays under way at once; default: what the profile says, else four a core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// A representative part of the scenarios
    #[arg(long)]
    quick: bool,
    /// Where report.html, report.json, junit.xml, ctrf.json and summary.md are written
    #[arg(long, value_name = "FOLDER", default_value = "touchstone-report")]
    report: PathBuf,
    /// Say what would be played, and start nothing
    #[arg(long)]
    dry_run: bool,
    /// Whose evidence the report keeps: both sides of the wire of plays in which something does not hold, of all, or of none
    #[arg(long, value_name = "WHOSE", value_parser = keeps(), default_value = "failures")]
    evidence: Keep,
    /// Print the report as JSON instead of the matrix
    #[arg(long)]
    json: bool,
}

/// The surfaces by their words.
fn surfaces() -> impl TypedValueParser<Value = Surface> {
    let word =
        |word: String| Surface::ALL.into_iter().find(|surface| surface.word() == word).unwrap_or_default();
    PossibleValuesParser::new(Surface::ALL.map(Surface::word)).map(word)
}

/// Evidence to be kept, by its words.
fn keeps() -> impl TypedValueParser<Value = Keep> {
    let word = |word: String| Keep::ALL.into_iter().find(|keep| keep.word() == word).unwrap_or_default();
    PossibleValuesParser::new(Keep::ALL.map(Keep::word)).map(word)
}

impl Test {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.dry_run {
            super::say(&conformance::rehearse(&self.options()?)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(async {
            let mut stop = super::Stop::new()?;
            let options = self.options()?;
            anyhow::Ok(tokio::select! {
                report = conformance::run(options) => Some(report?),
                () = stop.wait() => None,
            })
        });
        match outcome? {
            Some(report) => self.tell(&report),
            None => Ok(ExitCode::from(super::INTERRUPTED)),
        }
    }

    fn options(&self) -> Result<Options, conformance::Error> {
        let defaults = Options::new(Profile::load(&self.gateway)?);
        Ok(Options {
            source: self.url.clone().map_or(Source::Profile, Source::Url),
            mocks: self.mocks,
            ca: self.ca.clone(),
            select: self.select.clone(),
            scenarios: Own::read(&self.scenarios)?,
            surfaces: self.surface.clone(),
            providers: self.provider.clone(),
            seed: self.seed,
            jobs: self.jobs.map_or(defaults.jobs, usize::from),
            quick: self.quick,
            gateway: self.gateway.clone(),
            notice: Some(std::sync::Arc::new(|sentence| eprintln!("{sentence}"))),
            progress: Some(progress::watcher()),
            ..defaults
        })
    }

    fn tell(&self, report: &Report) -> anyhow::Result<ExitCode> {
        let written = report::write(report, self.evidence, &self.report)?;
        if self.json {
            super::say(&report::text(report, self.evidence)?)?;
        } else {
            let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let style = terminal::Style { colour, folds: is_on_github(), ..terminal::Style::default() };
            super::say(&terminal::render(report, style))?;
            let names: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            super::say(&format!("\nwritten: {}", names.join(", ")))?;
        }
        self.tell_github(report)?;
        Ok(ExitCode::from(report.summary.exit_code))
    }

    /// What GitHub shows by itself, where this runs there.
    fn tell_github(&self, report: &Report) -> anyhow::Result<()> {
        if let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) {
            github::summarize(report, Path::new(&file))?;
        }
        if is_on_github() {
            // Commands are read from standard error, too; standard output may be a report that somebody parses.
            eprint!("{}", github::annotations(report, Some(Path::new(&self.gateway))));
        }
        Ok(())
    }
}

fn is_on_github() -> bool {
    std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true")
}
