//! What a chat reply says, piece by piece, in no one's dialect.

/// One piece of a reply. A whole reply is a short stream of these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delta<'a> {
    Start {
        id: &'a str,
        model: &'a str,
    },
    Text(&'a str),
    Reasoning(&'a str),
    /// A call to tool number `index` (0, 1, …) begins.
    ToolStart {
        index: u32,
        id: &'a str,
        name: &'a str,
    },
    /// More of the JSON arguments of call `index`.
    ToolArgs {
        index: u32,
        json: &'a str,
    },
    Finish(Finish),
    Usage(Usage),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finish {
    ContentFilter,
    Length,
    Stop,
    ToolCalls,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Every prompt token, those read from or written to a cache included.
    pub prompt: u64,
    pub cached: u64,
    pub completion: u64,
}

/// Takes a reply's deltas, in order.
pub trait Sink {
    fn delta(&mut self, delta: Delta<'_>);
}
