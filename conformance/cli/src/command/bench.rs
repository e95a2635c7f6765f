//! `touchstone bench`: what a gateway costs, beside others and beside none.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use conformance::bench::{self, Bench as Report, Contender, Options, progress, terminal};
use conformance::gateway::{Profile, Source};

/// Measure what a gateway costs: calls a second, added latency, pieces of streams, CPU, memory, start
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone bench --quick
  touchstone bench --gateway litellm --against touchstone,nginx
  touchstone bench --provider openai --provider bedrock --concurrency 1,32 --rate 200 --duration 5 --repeat 5
  touchstone bench --gateway my-gateway/ --url http://127.0.0.1:8000 --mocks 127.0.0.1:9000

Gateways and mocks are started here, and asked once: who answers wrongly is told so, and not
measured there. Then all are loaded in turn, A B A B, for whole replies, streams at full speed
and streams at a model's pace; with the mocks alone (direct) and nginx, where it is installed,
as limits. Under --rate calls are due at fixed times, and latency counts from then: a gateway
that stalls is charged with every call that it kept waiting. Figures are medians of the
repetitions, ratios are taken within each, ~ marks what is unsteady. How to read them:
benches/README.md.

Exit codes: 0 done; 1 a gateway answered wrongly and was not measured there; 2 usage, or nothing
to measure; 3 a gateway never came up, or died; 4 the harness failed; 130 ended early, with what
was measured until then written.")]
pub(crate) struct Bench {
    /// A profile: a folder with a profile.yaml, or the name of a bundled one
    #[arg(long, value_name = "PROFILE", default_value = "touchstone")]
    gateway: String,
    /// Whom to hold it against: profiles, and nginx; direct, the mocks alone, is always there
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', default_value = "direct,nginx")]
    against: Vec<String>,
    /// Address of a gateway that already runs; the profile's own start is left out, CPU and memory are not known
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the mocks listen; default: any free port of 127.0.0.1
    #[arg(long, value_name = "ADDRESS")]
    mocks: Option<SocketAddr>,
    /// Only this provider, or the route of this name; several add up; default: openai and anthropic
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Calls under way at once, one measurement each; default: 1,16,64
    #[arg(long, value_name = "N", value_delimiter = ',')]
    concurrency: Vec<usize>,
    /// Calls a second that are due whether replies come or not, one measurement each; default: 100,1000
    #[arg(long, value_name = "N", value_delimiter = ',')]
    rate: Vec<f64>,
    /// Seconds that each measurement counts; default: 2
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// How often each is made; default: 3
    #[arg(long, value_name = "N")]
    repeat: Option<usize>,
    /// Processors that each gateway has; the rest is for mocks and load
    #[arg(long, value_name = "N", default_value_t = 1)]
    cores: usize,
    /// A look at it, in some fifteen seconds: one load of each kind, 0.25 seconds, twice
    #[arg(long)]
    quick: bool,
    /// Where bench.html and bench.json are written
    #[arg(long, value_name = "FOLDER", default_value = "touchstone-report")]
    report: PathBuf,
    /// Print the report as JSON instead of tables
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.options()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(async {
            let (mut stop, ends) = (super::Stop::new()?, options.stop.clone());
            let mut work = tokio::task::spawn_blocking(move || bench::run(options));
            let done = tokio::select! {
                done = &mut work => done,
                () = stop.wait() => {
                    ends.cancel();
                    work.await
                }
            };
            anyhow::Ok(done??)
        })?;
        self.tell(&report)
    }

    fn options(&self) -> Result<Options, conformance::Error> {
        let profile = Profile::load(&self.gateway)?;
        let defaults = if self.quick { Options::quick(profile) } else { Options::new(profile) };
        let mut gateways = defaults.gateways.clone();
        if let (Some(first), Some(url)) = (gateways.first_mut(), &self.url) {
            first.source = Source::Url(url.clone());
        }
        let is_limit = |name: &&String| matches!(name.as_str(), "direct" | "nginx");
        for name in self.against.iter().filter(|name| !is_limit(name)) {
            gateways.push(Contender { profile: Profile::load(name)?, source: Source::Profile });
        }
        let duration = |seconds: f64| {
            let wrong = |error| conformance::Error::Unmeasurable(format!("--duration {seconds}: {error}"));
            Duration::try_from_secs_f64(seconds).map_err(wrong)
        };
        Ok(Options {
            gateways,
            proxy: self.against.iter().any(|name| name == "nginx"),
            providers: given(&self.provider, defaults.providers),
            concurrency: given(&self.concurrency, defaults.concurrency),
            rates: given(&self.rate, defaults.rates),
            duration: self.duration.map_or(Ok(defaults.duration), duration)?,
            repeat: self.repeat.unwrap_or(defaults.repeat),
            cores: self.cores,
            mocks: self.mocks,
            notice: Some(Arc::new(|sentence| eprintln!("{sentence}"))),
            progress: Some(progress::watcher()),
            stop: defaults.stop,
        })
    }

    fn tell(&self, report: &Report) -> anyhow::Result<ExitCode> {
        let written = bench::write(report, &self.report)?;
        if self.json {
            super::say(&serde_json::to_string(report)?)?;
        } else {
            super::say(&terminal::render(report))?;
            let names: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            super::say(&format!("\nwritten: {}", names.join(", ")))?;
        }
        let code = if report.interrupted { super::INTERRUPTED } else { report.exit_code };
        Ok(ExitCode::from(code))
    }
}

/// What was asked for, or else what is usual.
fn given<T: Clone>(asked: &[T], usual: Vec<T>) -> Vec<T> {
    if asked.is_empty() { usual } else { asked.to_vec() }
}
