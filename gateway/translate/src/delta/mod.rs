//! What a chat reply says, piece by piece, in no one's dialect.
//!
//! The legal order, which every reply is held to:
//!
//! ```text
//! Start (Choice | Logprobs | Text | Reasoning | Signature | Redacted | Refusal | ToolStart | ToolExtra | ToolArgs
//!     | Usage | Extra)* Finish (Choice | Usage | Extra)* End
//! ```
//!
//! Where a reply has several choices, all this is so for each of them, and `End` comes once all have their `Finish`.
//!
//! A provider's content block, a reasoning block and a tool call are counted apart: the index of the first stays with
//! its reader, `block` numbers reasoning blocks 0, 1, … and `call` numbers tool calls 0, 1, ….

mod order;
mod spoken;
mod usage;

pub(crate) use order::Order;
pub use spoken::{Named, Spoken};
pub(crate) use usage::MaybeTier;
pub use usage::{Kinds, Tier, Usage};

use crate::Text;

/// One piece of a reply. A whole reply is a short stream of these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delta<'a> {
    /// The reply begins. Empty where the provider names no id or no model.
    Start {
        /// The provider's own id of the reply.
        id: Text<'a>,
        /// The model that answers.
        model: Text<'a>,
    },
    /// What follows is of this choice; the last one or an earlier one, or the next. Choice 0 needs none.
    Choice(u32),
    /// How likely the tokens of the text were that follows: a JSON array in OpenAI's form of `logprobs.content`.
    Logprobs {
        /// `[{"token", "logprob", "bytes", "top_logprobs"}]`
        json: &'a str,
    },
    /// More of the answer.
    Text(Text<'a>),
    /// More of reasoning block `block`.
    Reasoning {
        /// Number of the reasoning block; the last one or the next.
        block: u32,
        /// The piece.
        text: Text<'a>,
    },
    /// More of what proves to the provider that it wrote reasoning block `block`.
    Signature {
        /// Number of the reasoning block; the last one or the next.
        block: u32,
        /// The piece.
        text: Text<'a>,
    },
    /// Reasoning block `block`, whole, in a form that only the provider can read.
    Redacted {
        /// Number of the reasoning block; the next.
        block: u32,
        /// The provider's own bytes, as text.
        data: Text<'a>,
    },
    /// More of why the model declines to answer.
    Refusal(Text<'a>),
    /// A call of a tool begins.
    ToolStart {
        /// Number of the call; the next.
        call: u32,
        /// What the tool's result must name.
        id: Text<'a>,
        /// The tool.
        name: Text<'a>,
    },
    /// What the provider wants to be shown again with a call that began: `extra_content`, Google's name for it.
    ToolExtra {
        /// Number of the call.
        call: u32,
        /// A JSON value.
        json: &'a str,
    },
    /// More of the JSON arguments of a call that began. A call with none gets `{}`.
    ToolArgs {
        /// Number of the call.
        call: u32,
        /// A piece of JSON text.
        json: Text<'a>,
    },
    /// Why the model stopped. Once.
    Finish(Finish),
    /// What it cost so far; a later one replaces an earlier one.
    Usage(&'a Usage),
    /// What the client asked this provider for by the provider's own names; a later one of a name replaces an earlier
    /// one. It is not OpenAI's, and stands at the top of the reply.
    Extra {
        /// The provider's name for it.
        name: &'static str,
        /// A JSON value.
        json: &'a str,
    },
    /// The provider says that nothing follows. Only then is a stream done.
    End,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A filter, a guardrail or the model itself declined.
    ContentFilter,
    /// The token limit, or the end of the context window.
    Length,
    /// The natural end, a stop sequence, or a pause that the provider asked for.
    Stop,
    /// The model waits for the results of its calls.
    ToolCalls,
}

impl Finish {
    /// OpenAI's `finish_reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContentFilter => "content_filter",
            Self::Length => "length",
            Self::Stop => "stop",
            Self::ToolCalls => "tool_calls",
        }
    }
}

/// Takes a reply's deltas, in order.
pub trait Sink {
    /// Takes the next delta.
    fn delta(&mut self, delta: Delta<'_>);
}
