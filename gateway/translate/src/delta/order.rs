//! Keeps a reply's deltas in their legal order, whatever the provider sends.

use super::{Delta, Sink};
use crate::Error;

/// The most calls, and the most reasoning blocks, that one reply may have: so memory per stream is bounded.
const LIMIT: u32 = 1024;

/// How far a reply has come.
#[derive(Debug, Default)]
pub(crate) struct Order {
    stage: Stage,
    /// Number of tool calls that began.
    calls: u32,
    /// Number of reasoning blocks that began.
    blocks: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    #[default]
    New,
    Open,
    Finished,
    Ended,
}

impl Order {
    /// A sink that passes on to `sink` what is legal, until something is not. [`Gate::close`] tells.
    pub(crate) fn gate<'a>(&'a mut self, sink: &'a mut dyn Sink) -> Gate<'a> {
        Gate { order: self, sink, wrong: None }
    }

    fn take(&mut self, delta: &Delta<'_>) -> Result<(), &'static str> {
        let next = |number: u32, known: &mut u32| {
            *known += u32::from(number == *known);
            if number < *known && *known <= LIMIT {
                Ok(())
            } else {
                Err("too many calls or reasoning blocks")
            }
        };
        match (self.stage, delta) {
            (Stage::New, Delta::Start { .. }) => self.stage = Stage::Open,
            (Stage::New, _) => return Err("a reply that did not begin"),
            (_, Delta::Start { .. }) => return Err("a reply that begins twice"),
            (Stage::Open | Stage::Finished, Delta::Usage(_) | Delta::Extra { .. }) => (),
            (Stage::Open, Delta::Finish(_)) => self.stage = Stage::Finished,
            (Stage::Finished, Delta::End) => self.stage = Stage::Ended,
            (Stage::Open, Delta::End) => return Err("an end without a reason"),
            (Stage::Finished | Stage::Ended, _) => return Err("more after the end"),
            (Stage::Open, Delta::ToolStart { call, .. }) if *call != self.calls => {
                return Err("a call out of turn");
            }
            (Stage::Open, Delta::ToolArgs { call, .. }) if *call >= self.calls => {
                return Err("a call that did not begin");
            }
            (Stage::Open, Delta::ToolStart { call, .. }) => return next(*call, &mut self.calls),
            (
                Stage::Open,
                Delta::Reasoning { block, .. }
                | Delta::Signature { block, .. }
                | Delta::Redacted { block, .. },
            ) => return next(*block, &mut self.blocks),
            (Stage::Open, Delta::Text(_) | Delta::Refusal(_) | Delta::ToolArgs { .. }) => (),
        }
        Ok(())
    }
}

/// See [`Order::gate`].
pub(crate) struct Gate<'a> {
    order: &'a mut Order,
    sink: &'a mut dyn Sink,
    wrong: Option<&'static str>,
}

impl Gate<'_> {
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
        if self.wrong.is_some() {
            return;
        }
        match self.order.take(&delta) {
            Ok(()) => self.sink.delta(delta),
            Err(why) => self.wrong = Some(why),
        }
    }
}
