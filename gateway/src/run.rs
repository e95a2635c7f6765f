//! A gateway as a process: it says where it listens, and goes when it is told to.

use std::io::Write;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::Config;
use crate::gateway::{Error, Gateway, Settings};

/// Runs a gateway until SIGTERM or SIGINT, and then until its calls are over; a second signal ends it at once.
///
/// Prints `listening on http://ADDRESS` to standard output as soon as clients can connect, and then where operators look.
///
/// # Errors
/// As [`Gateway::start`].
pub fn run(config: Config, settings: Settings) -> Result<(), Error> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals =
            Signals { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? };
        let gateway = Gateway::start(config, settings)?;
        let address = gateway.addr();
        let mut stdout = std::io::stdout();
        // Nobody may be there to read it; the gateway serves all the same.
        let _ = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush());
        if let Some(status) = gateway.status_addr() {
            let _ = writeln!(stdout, "status on http://{status}/status").and_then(|()| stdout.flush());
        }
        tracing::info!(%address, "listening");
        signals.next().await;
        tracing::info!("draining");
        tokio::select! {
            () = gateway.shutdown() => (),
            () = signals.next() => tracing::warn!("stopped before all calls were over"),
        }
        Ok(())
    })
}

struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => (),
            _ = self.int.recv() => (),
        }
    }
}
