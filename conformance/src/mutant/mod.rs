//! Broken gateways, each of which breaks one requirement: a suite that no gateway can fail judges nothing.
//!
//! A mutant is the gateway under test with a proxy on either side, which rewrites what passes:
//!
//! ```text
//!  client ─▶ front proxy ─▶ gateway ─▶ back proxy ─▶ mocks
//! ```
//!
//! The front proxy knows the mutant by its path, `/m7/…`; the back proxy by the marker in the text, `[[ts:m7.…`. So all
//! mutants are played at once, to one gateway and one set of mocks, but for those that are about the gateway's process, its
//! configuration or what it remembers: each of them has a gateway of its own.

mod alike;
mod anthropic;
mod balancing;
mod callers;
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
    /// The provider's reply, before the gateway sees it: as if the gateway misread it. A stream is held back until it is over.
    Answer(fn(&mut Message)),
    /// The reply to the client. A stream is held back until it is over.
    Reply(fn(&mut Message)),
    /// Another request before the client's own: this is made of it.
    Before(fn(&mut Message)),
    /// The behaviour of a connection.
    Wire(Wire),
    /// The gateway's process is started by this script of `sh`, which finds its command line in `"$@"`.
    Process(&'static str),
    /// The gateway does not do what it is told to: in the templates of its profile each of these texts is another one.
    Config(&'static [(&'static str, &'static str)]),
    /// The gateway has seen nobody else's calls.
    Alone,
}

/// All mutants, by theme.
const TABLES: [&[Mutant]; 25] = [
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
    balancing::TABLE,
    callers::TABLE,
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
    /// Whether it has a gateway of its own.
    pub(crate) fn is_alone(&self) -> bool {
        self.changes.iter().any(|change| !change.passes())
    }

    /// Whether somebody waits: for a timeout, or for a gateway of its own.
    pub(crate) fn waits(&self) -> bool {
        let hangs =
            |change: &Change| matches!(change, Change::Wire(Wire::Hang | Wire::Greedy)) || !change.passes();
        self.changes.iter().any(hangs) || self.plays.iter().any(|play| play.contains(".silent"))
    }

    /// Where it breaks what passes: a word for tables.
    pub fn side(&self) -> &'static str {
        match self.changes.first() {
            Some(Change::Request(_) | Change::Before(_)) => "request of the client",
            Some(Change::Upstream(_)) => "request upstream",
            Some(Change::Answer(_)) => "reply of the provider",
            Some(Change::Reply(_)) => "reply to the client",
            Some(Change::Wire(wire)) => wire.side(),
            Some(Change::Process(_)) => "process",
            Some(Change::Config(_)) => "configuration",
            Some(Change::Alone) | None => "nowhere",
        }
    }
}

impl Change {
    /// Whether it is one of what passes, and not of the gateway itself.
    pub(crate) fn passes(&self) -> bool {
        !matches!(self, Self::Process(_) | Self::Config(_) | Self::Alone)
    }
}
