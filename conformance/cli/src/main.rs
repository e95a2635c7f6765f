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
        eprintln!("touchstone: {error:#}");
        // The harness says itself who is to blame: the call, the gateway, or the harness.
        let code =
            error.downcast_ref::<conformance::Error>().map_or(command::USAGE, conformance::Error::exit_code);
        ExitCode::from(code)
    })
}
