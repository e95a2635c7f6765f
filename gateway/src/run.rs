//! A gateway as a process: it says where it listens, reads its files again when they change, and goes when it is told to.

use std::io::Write;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::Config;
use crate::gateway::{Error, Gateway, Settings, Tls};
use crate::reload::{File, Watch};

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Runs a gateway by `config`, which `file` says, until SIGTERM or SIGINT, and then until its calls are over; a second signal ends it at
/// once. When the file changes, and at SIGHUP, it is read again: if something is wrong with it, that is logged, and all goes on as it was.
///
/// Prints `listening on http://ADDRESS` to standard output as soon as clients can connect, and then where operators look.
///
/// # Errors
/// As [`Gateway::start`].
pub fn run(file: File, config: Config, settings: Settings) -> Result<(), Error> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let tls = settings.tls.clone();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut files = Files::new(file, tls);
        let settings = Settings { file: Some(files.config.path().to_owned()), ..settings };
        let gateway = Gateway::start(config, settings)?;
        let address = gateway.addr();
        let mut stdout = std::io::stdout();
        // Nobody may be there to read it; the gateway serves all the same.
        let _ = writeln!(stdout, "listening on {scheme}://{address}").and_then(|()| stdout.flush());
        if let Some(status) = gateway.status_addr() {
            let _ = writeln!(stdout, "status on http://{status}/status").and_then(|()| stdout.flush());
        }
        tracing::info!(%address, "listening");
        tokio::select! {
            () = files.follow(&gateway, &mut signals.hangup) => (),
            () = signals.end.next() => (),
        }
        tracing::info!("draining");
        tokio::select! {
            () = gateway.shutdown() => (),
            () = signals.end.next() => tracing::warn!("stopped before all calls were over"),
        }
        Ok(())
    })
}

/// The files of a gateway.
struct Files {
    config: File,
    /// Whether it says what is not served.
    is_refused: bool,
    watch: Watch,
    /// Those that clients are shown.
    tls: Watch,
}

impl Files {
    fn new(config: File, tls: Option<Tls>) -> Self {
        let watch = Watch::new([config.path().to_owned()]);
        let tls = Watch::new(tls.into_iter().flat_map(|tls| [tls.certificates, tls.key]));
        Self { config, is_refused: false, watch, tls }
    }

    /// Has the gateway go by what the files say, for as long as it is polled.
    async fn follow(&mut self, gateway: &Gateway, hangup: &mut Signal) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = hangup.recv() => true,
                _ = looks.tick() => false,
            };
            let (changed, renewed) = (self.watch.look(), self.tls.look());
            if asked || changed {
                self.read(gateway, asked).await;
            }
            if asked || renewed {
                match gateway.renew() {
                    Ok(()) => tracing::debug!("certificates read again"),
                    Err(error) => tracing::error!(%error, "certificates refused: the old ones are shown on"),
                }
            }
        }
    }

    async fn read(&mut self, gateway: &Gateway, asked: bool) {
        let file = self.config.path().display().to_string();
        match self.config.read() {
            Ok(Some(config)) => {
                let routes = config.router.routes().len();
                gateway.reload(config).await;
                tracing::info!(file, routes, "configuration loaded");
            }
            Ok(None) => {
                gateway.life().settled();
                if asked || self.is_refused {
                    tracing::info!(file, "configuration as it was");
                }
            }
            Err(errors) => {
                let errors: Vec<String> = errors.lines().collect();
                for error in &errors {
                    tracing::error!(error, "configuration refused");
                }
                tracing::warn!(file, mistakes = errors.len(), "the old configuration is served on");
                gateway.life().refuse(errors);
                self.is_refused = true;
                return;
            }
        }
        self.is_refused = false;
    }
}

struct Signals {
    end: End,
    hangup: Signal,
}

/// What ends a process.
struct End {
    term: Signal,
    int: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let end = End { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? };
        Ok(Self { end, hangup: signal(SignalKind::hangup())? })
    }
}

impl End {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => (),
            _ = self.int.recv() => (),
        }
    }
}
