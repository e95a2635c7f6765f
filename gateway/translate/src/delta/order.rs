//! Keeps a reply's deltas in their legal order, whatever the provider sends.

use super::{Delta, Sink};
use crate::Error;
use crate::answer::Answer;

/// The most calls, and the most reasoning blocks, that one reply may have: so memory per stream is bounded.
const LIMIT: u32 = 1024;

/// The most choices.
const CHOICES: u32 = 128;

/// How far a reply has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    stage: Stage,
    current: usize,
    choices: Vec<Choice>,
    answer: Answer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    #[default]
    New,
    Open,
    Ended,
}

/// How far one choice has come.
#[derive(Clone, Copy, Debug, Default)]
struct Choice {
    finished: bool,
    /// Number of tool calls that began.
    calls: u32,
    /// Number of reasoning blocks that began.
    blocks: u32,
}

impl Order {
    /// A sink that passes on to `sink` what is legal, until something is not. [`Gate::close`] tells.
    pub(crate) fn gate<'a>(&'a mut self, sink: &'a mut dyn Sink) -> Gate<'a> {
        Gate { order: self, sink, wrong: None }
    }

    /// Whether the reply came to its end.
    pub(crate) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    fn take(&mut self, delta: &Delta<'_>) -> Result<(), &'static str> {
        match (self.stage, delta) {
            (Stage::New, Delta::Start { .. }) => {
                self.stage = Stage::Open;
                self.choices.push(Choice::default());
            }
            (Stage::New, _) => return Err("a reply that did not begin"),
            (_, Delta::Start { .. }) => return Err("a reply that begins twice"),
            (Stage::Ended, _) => return Err("more after the end"),
            (Stage::Open, Delta::Usage(_) | Delta::Extra { .. }) => (),
            (Stage::Open, Delta::Choice(choice)) => return self.turn(*choice),
            (Stage::Open, Delta::End) if self.choices.iter().all(|choice| choice.finished) => {
                self.stage = Stage::Ended;
            }
            (Stage::Open, Delta::End) => return Err("an end without a reason"),
            (Stage::Open, _) => return self.choices[self.current].take(delta),
        }
        Ok(())
    }

    /// Goes on with another choice.
    fn turn(&mut self, choice: u32) -> Result<(), &'static str> {
        let next = choice as usize == self.choices.len();
        if next && choice < CHOICES {
            self.choices.push(Choice::default());
        }
        self.current = choice as usize;
        if self.current < self.choices.len() { Ok(()) } else { Err("a choice out of turn") }
    }
}

impl Choice {
    fn take(&mut self, delta: &Delta<'_>) -> Result<(), &'static str> {
        if self.finished {
            return Err("more after the end");
        }
        match delta {
            Delta::Finish(_) => self.finished = true,
            Delta::ToolStart { call, .. } if *call != self.calls => return Err("a call out of turn"),
            Delta::ToolArgs { call, .. } | Delta::ToolExtra { call, .. } if *call >= self.calls => {
                return Err("a call that did not begin");
            }
            Delta::ToolStart { call, .. } => return next(*call, &mut self.calls),
            Delta::Reasoning { block, .. }
            | Delta::Signature { block, .. }
            | Delta::Redacted { block, .. } => return next(*block, &mut self.blocks),
            _ => (),
        }
        Ok(())
    }
}

/// The last number or the next, within the limit.
fn next(number: u32, known: &mut u32) -> Result<(), &'static str> {
    *known += u32::from(number == *known);
    if number < *known && *known <= LIMIT { Ok(()) } else { Err("too many calls or reasoning blocks") }
}

/// See [`Order::gate`].
pub(crate) struct Gate<'a> {
    order: &'a mut Order,
    sink: &'a mut dyn Sink,
    wrong: Option<&'static str>,
}

impl Gate<'_> {
    fn take(&mut self, delta: Delta<'_>) {
        if self.wrong.is_some() {
            return;
        }
        match self.order.take(&delta) {
            Ok(()) => self.sink.delta(delta),
            Err(why) => self.wrong = Some(why),
        }
    }

    /// Whether all was legal.
    pub(crate) fn close(self) -> Result<(), Error> {
        match self.wrong {
            None => Ok(()),
            Some(why) => Err(Error::Malformed { what: "reply", why: why.to_owned() }),
        }
    }
}

impl Sink for Gate<'_> {
    fn delta(&mut self, delta: Delta<'_>) {
        let mut answer = std::mem::take(&mut self.order.answer);
        answer.pass(delta, |delta| self.take(delta));
        self.order.answer = answer;
    }
}
