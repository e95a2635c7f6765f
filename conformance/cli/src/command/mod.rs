//! The commands, one a file: each parses its arguments and calls the crate that does the work.

mod baseline;
mod bench;
mod completions;
mod diff;
mod gateway;
mod health;
mod init;
mod list;
mod man;
mod matrix;
mod mock;
mod record;
mod repro;
mod selftest;
mod specs;
mod test;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};
use conformance::Report;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code of a command that was called wrongly, or could not use what it was given.
pub(crate) const USAGE: u8 = 2;
/// Exit code of a command that a signal ended before it was done, as shells have it for SIGINT.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Parser)]
#[command(name = "touchstone", version, long_version = long_version(), about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(test::Test),
    Init(init::Init),
    List(list::List),
    Explain(list::Explain),
    Mock(mock::Mock),
    Record(record::Record),
    Gateway(gateway::Gateway),
    Health(health::Health),
    Repro(repro::Repro),
    Selftest(selftest::Selftest),
    Bench(bench::Bench),
    Diff(diff::Diff),
    Baseline(baseline::Baseline),
    Matrix(matrix::Matrix),
    Specs(specs::Specs),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Arguments {
    /// Does what was asked; without a command, what `touchstone test` does.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(command) = self.command else {
            // Bare `touchstone` is `touchstone test` with its defaults.
            return Self::parse_from(["touchstone", "test"]).run();
        };
        match command {
            Command::Test(test) => test.run(),
            Command::Init(init) => init.run(),
            Command::List(list) => list.run(),
            Command::Explain(explain) => explain.run(),
            Command::Mock(mock) => mock.run(),
            Command::Record(record) => record.run(),
            Command::Gateway(gateway) => gateway.run(),
            Command::Health(health) => health.run(),
            Command::Repro(repro) => repro.run(),
            Command::Selftest(selftest) => selftest.run(),
            Command::Bench(bench) => bench.run(),
            Command::Diff(diff) => diff.run(),
            Command::Baseline(baseline) => baseline.run(),
            Command::Matrix(matrix) => matrix.run(),
            Command::Specs(specs) => specs.run(),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
        }
    }
}

/// What `--version` says below the version: which questions this binary asks, so that two reports can be compared.
fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let suite = conformance::suite();
        let (requirements, scenarios) = (suite.requirements, suite.scenarios);
        format!(
            "{}\nsuite {}: {requirements} requirements, {scenarios} scenarios",
            suite.version, suite.digest
        )
    });
    &TEXT
}

/// A report that the caller names. One that cannot be read is the caller's mistake, not the harness's.
pub(crate) fn given(path: &Path) -> anyhow::Result<Report> {
    conformance::report::read(path).map_err(|error| anyhow::Error::msg(error.to_string()))
}

/// Says something on standard output, and ends the line. Whoever stops reading has read enough: that is no error.
pub(crate) fn say(text: &dyn std::fmt::Display) -> std::io::Result<()> {
    let text = text.to_string();
    let mut out = std::io::stdout().lock();
    match out
        .write_all(text.trim_end_matches('\n').as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// SIGTERM or SIGINT, whichever comes first.
pub(crate) struct Stop {
    term: Signal,
    int: Signal,
}

impl Stop {
    /// Listens from now on.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Returns at the first signal.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.term.recv() => (),
            _ = self.int.recv() => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_line_of_help_is_broken_where_it_was_broken_by_hand() {
        // The width to which help is wrapped where there is no terminal. Commands to be copied stand as they are.
        const WIDTH: usize = 100;
        fn each(command: &clap::Command) {
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let has_more = command.get_subcommands().next().is_some();
            assert!(has_more || text.contains("Example"), "{} has no example", command.get_name());
            let long = text.lines().find(|line| line.len() > WIDTH && !line.starts_with(' '));
            assert_eq!(long, None, "of {}", command.get_name());
            command.get_subcommands().for_each(each);
        }
        Arguments::command().get_subcommands().for_each(each);
    }
}
