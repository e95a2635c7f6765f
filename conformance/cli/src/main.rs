//! `touchstone`: argument parsing and wiring of the judge, the mocks and the gateway; nothing else.

mod command;

use std::process::ExitCode;

use clap::Parser;

/// The gateway copies and parses small pieces all day long; mimalloc takes a fifth of the time off that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = command::Arguments::parse();
    arguments.run().unwrap_or_else(|error| {
        eprintln!("touchstone: {}", sentence(&error));
        // The harness says itself who is to blame: the call, the gateway, or the harness.
        let code =
            error.downcast_ref::<conformance::Error>().map_or(command::USAGE, conformance::Error::exit_code);
        ExitCode::from(code)
    })
}

/// What went wrong and why; many errors tell their source themselves, and need not tell it twice.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, more| match told.as_str() {
        "" => more,
        _ if told.contains(&more) => told,
        _ => format!("{told}: {more}"),
    })
}
