//! What is answered, in neutral terms: a script's reply, or the mock's own, with nothing left open.

pub(crate) mod arguments;
mod ask;
mod call;
mod embed;
mod fill;
mod own;
mod rank;

use std::borrow::Cow;

use crate::script::{self, Block, Finish};
use crate::tokens;

pub use ask::{Ask, Choose, Effort, Format, Last, Tool};
pub use embed::{Embed, Input, Vectors};
pub use fill::fill;
pub use rank::{Rank, Ranked, Ranking};

/// A reply with every count and reason settled.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The reply's id, where the script sets one.
    pub id: Option<&'a str>,
    /// The model's name as the reply tells it.
    pub model: Cow<'a, str>,
    /// One, or as many as were asked for.
    pub choices: Vec<Choice<'a>>,
    /// Token counts.
    pub usage: Usage,
    /// Deltas of parallel tool calls take turns.
    pub interleave: bool,
    /// Whether a content filter speaks in chunks of its own.
    pub late_filter: bool,
    /// Whether nothing opens the arguments of a call in a stream.
    pub bare_calls: bool,
}

/// One of the answers to the same question.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// In order.
    pub blocks: Cow<'a, [Block]>,
    /// Why it ended.
    pub finish: Finish,
    /// The stop string that came up, where one did.
    pub stop_sequence: Option<Cow<'a, str>>,
}

/// Token counts, as [`script::Usage`] defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// All of the prompt, cache included.
    pub prompt: u64,
    /// All of the answer, reasoning included.
    pub completion: u64,
    /// Of the prompt, read from a cache.
    pub cached: u64,
    /// Of the prompt, written to a cache.
    pub cache_write: u64,
    /// Of the answer, reasoning.
    pub reasoning: u64,
}

impl<'a> Answer<'a> {
    /// Settles a script's reply for this request; without content, the mock's own answer.
    #[must_use]
    pub fn new(ask: &Ask<'a>, reply: &'a script::Reply) -> Self {
        let (mut choices, counted) = match &reply.content {
            Some(blocks) => {
                let choice = scripted(ask, blocks, reply.finish);
                (vec![choice; ask.count()], None)
            }
            None => own::choices(ask),
        };
        if let Some(finish) = reply.finish {
            choices.iter_mut().for_each(|choice| finish_as(choice, ask, finish));
        }
        Self {
            id: reply.id.as_deref(),
            model: reply.model.as_deref().map_or(Cow::Borrowed(ask.model), Cow::Borrowed),
            usage: usage(ask, &choices, counted, reply.usage.unwrap_or_default()),
            choices,
            interleave: reply.interleave,
            late_filter: reply.late_filter,
            bare_calls: reply.bare_calls,
        }
    }
}

fn scripted<'a>(ask: &Ask<'a>, blocks: &'a [Block], finish: Option<Finish>) -> Choice<'a> {
    let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let natural = if calls { Finish::ToolCalls } else { Finish::Stop };
    let mut choice = Choice { blocks: Cow::Borrowed(blocks), finish: natural, stop_sequence: None };
    finish_as(&mut choice, ask, finish.unwrap_or(natural));
    choice
}

fn finish_as<'a>(choice: &mut Choice<'a>, ask: &Ask<'a>, finish: Finish) {
    choice.finish = finish;
    choice.stop_sequence = match finish {
        Finish::StopSequence => {
            choice.stop_sequence.take().or_else(|| ask.stop.first().map(|stop| (*stop).into()))
        }
        _ => None,
    };
}

/// Counts what the script leaves open.
fn usage(ask: &Ask<'_>, choices: &[Choice<'_>], counted: Option<Usage>, set: script::Usage) -> Usage {
    let counted = counted.unwrap_or_default();
    let reasoning = set.reasoning.unwrap_or_else(|| {
        choices
            .iter()
            .map(|choice| count(&choice.blocks, |block| matches!(block, Block::Reasoning(_))))
            .sum::<u64>()
            + counted.reasoning
    });
    let completion = set.completion.unwrap_or_else(|| {
        let said =
            choices.iter().map(|choice| count(&choice.blocks, |block| !matches!(block, Block::Reasoning(_))));
        said.sum::<u64>() + reasoning
    });
    let (cached, cache_write) = (set.cached.unwrap_or(0), set.cache_write.unwrap_or(0));
    let prompt = set.prompt.unwrap_or_else(|| ask.prompt_tokens().max(cached + cache_write));
    Usage { prompt, completion, cached, cache_write, reasoning }
}

fn count(blocks: &[Block], of: impl Fn(&Block) -> bool) -> u64 {
    let tokens = |block: &Block| match block {
        Block::Text(text) | Block::Refusal(text) => tokens::count(&text.join()),
        Block::Reasoning(reasoning) => tokens::count(&reasoning.text.join()),
        Block::ToolCall(call) => tokens::count(&call.name) + tokens::count(&call.arguments.join()),
    };
    blocks.iter().filter(|block| of(block)).map(tokens).sum()
}
