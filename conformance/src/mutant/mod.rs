//! Broken gateways, each of which breaks one requirement: a suite that no gateway can fail judges nothing.
//!
//! A mutant is the gateway under test with a proxy on either side, which rewrites what passes:
//!
//! ```text
//!  client ─▶ front proxy ─▶ gateway ─▶ back proxy ─▶ mocks
//! ```
//!
//! The front proxy knows the mutant by its path, `/m7/…`; the back proxy by the marker in the text, `[[ts:m7.…`. So all
//! mutants are played at once, to one gateway and one set of mocks.

mod alike;
mod anthropic;
mod client;
mod completion_errors;
mod completion_streams;
mod completions;
mod dialects;
mod errors;
mod failover;
mod faults;
mod inputs;
mod message;
mod messages;
mod parameters;
mod process;
mod prompts;
mod proxy;
mod reply;
mod request;
mod responses;
mod stated;
mod stream;
mod tools;
mod usage;
mod vector_errors;
mod vectors;
mod wire;

pub use message::Message;
pub(crate) use proxy::{Proxy, Side};
pub use wire::Wire;

/// A broken gateway.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// `forgets-top-p`.
    pub id: &'static str,
    /// The requirement that must notice.
    pub requirement: &'static str,
    /// What it does wrong, in one sentence.
    pub breaks: &'static str,
    /// Globs over `<scenario>@<cell>`: where it is played. As few as show it.
    pub plays: &'static [&'static str],
    /// What passes otherwise than it should.
    pub changes: &'static [Change],
}

/// One thing that passes otherwise than it should.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// The client's request, before the gateway sees it: as if the gateway overlooked or misread something.
    Request(fn(&mut Message)),
    /// The request upstream.
    Upstream(fn(&mut Message)),
    /// The reply to the client. A stream is held back until it is over.
    Reply(fn(&mut Message)),
    /// Another request before the client's own: this is made of it.
    Before(fn(&mut Message)),
    /// The behaviour of a connection.
    Wire(Wire),
    /// The gateway's process is started by this script of `sh`, which finds its command line in `"$@"`. Such a mutant has
    /// a gateway of its own, and no proxies.
    Process(&'static str),
}

/// All mutants, by theme.
const TABLES: [&[Mutant]; 23] = [
    request::TABLE,
    messages::TABLE,
    parameters::TABLE,
    tools::TABLE,
    reply::TABLE,
    usage::TABLE,
    stream::TABLE,
    errors::TABLE,
    faults::TABLE,
    failover::TABLE,
    client::TABLE,
    process::TABLE,
    prompts::TABLE,
    completions::TABLE,
    completion_streams::TABLE,
    completion_errors::TABLE,
    inputs::TABLE,
    vectors::TABLE,
    vector_errors::TABLE,
    dialects::TABLE,
    anthropic::TABLE,
    responses::TABLE,
    stated::TABLE,
];

/// Requirements that nothing here can break, each with the reason.
pub const UNBREAKABLE: &[(&str, &str)] = &[];

/// All mutants.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    TABLES.into_iter().flatten()
}

impl Mutant {
    /// The script that starts its process, where that is what is wrong with it.
    pub(crate) fn process(&self) -> Option<&'static str> {
        self.changes.iter().find_map(|change| match change {
            Change::Process(script) => Some(*script),
            _ => None,
        })
    }

    /// Whether somebody waits for a timeout: the client, or the gateway.
    pub(crate) fn waits(&self) -> bool {
        let hangs =
            |change: &Change| matches!(change, Change::Wire(Wire::Hang | Wire::Greedy) | Change::Process(_));
        self.changes.iter().any(hangs) || self.plays.iter().any(|play| play.contains(".silent"))
    }

    /// Where it breaks what passes: a word for tables.
    pub fn side(&self) -> &'static str {
        match self.changes.first() {
            Some(Change::Request(_) | Change::Before(_)) => "request of the client",
            Some(Change::Upstream(_)) => "request upstream",
            Some(Change::Reply(_)) => "reply to the client",
            Some(Change::Wire(wire)) => wire.side(),
            Some(Change::Process(_)) => "process",
            None => "nowhere",
        }
    }
}
