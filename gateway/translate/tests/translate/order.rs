//! The order in which deltas come, seen by itself.

use translate::delta::{Delta, Sink};

/// Checks the order that `translate::delta` promises, by itself.
#[derive(Default)]
pub(crate) struct Order {
    pub(crate) seen: Vec<String>,
    current: usize,
    choices: Vec<Choice>,
}

/// What was seen of one choice.
#[derive(Default)]
struct Choice {
    finished: bool,
    calls: u32,
    blocks: u32,
}

impl Sink for Order {
    fn delta(&mut self, delta: Delta<'_>) {
        let kind = format!("{delta:?}").split([' ', '(', '{']).next().unwrap().to_owned();
        let before = |kind: &str| self.seen.iter().any(|seen| seen == kind);
        assert_eq!(before("Start"), kind != "Start", "{kind} after {:?}", self.seen);
        assert!(!before("End"), "{kind} after the end");
        if kind == "Start" {
            self.choices.push(Choice::default());
        }
        let choice = &mut self.choices[self.current];
        let late = ["Usage", "Extra", "Choice", "End"];
        assert!(!choice.finished || late.contains(&&*kind), "{kind} after the reason");
        let next = |number: u32, known: &mut u32| {
            assert!(number <= *known, "{kind} {number} of {known}");
            *known = (*known).max(number + 1);
        };
        match delta {
            Delta::Choice(number) => {
                self.current = number as usize;
                assert!(self.current <= self.choices.len(), "choice {number}");
                if self.current == self.choices.len() {
                    self.choices.push(Choice::default());
                }
            }
            Delta::ToolStart { call, .. } => {
                assert_eq!(call, choice.calls);
                choice.calls += 1;
            }
            Delta::ToolArgs { call, .. } | Delta::ToolExtra { call, .. } => assert!(call < choice.calls),
            Delta::Reasoning { block, .. }
            | Delta::Signature { block, .. }
            | Delta::Redacted { block, .. } => {
                next(block, &mut choice.blocks);
            }
            Delta::Finish(_) => choice.finished = true,
            Delta::End => {
                assert!(self.choices.iter().all(|choice| choice.finished), "an end without a reason");
            }
            _ => (),
        }
        self.seen.push(kind);
    }
}
