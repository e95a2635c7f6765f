//! What is thought: an item a block, told as its summary or as its content, and what proves it.

use super::super::events::Place;
use super::super::item::Seal;
use super::super::output::{self, COMPLETED, Item, Kind, Reasoning};
use super::{ROOM, ResponseWriter};
use crate::Text;

impl ResponseWriter {
    pub(super) fn thought(&mut self, block: u32, text: Text<'_>) {
        if text.is_empty() {
            return;
        }
        let at = match self.open.thought {
            Some((known, at)) if known == block => {
                // A message may be open beside it, as long as it was a proof alone.
                self.end_message(COMPLETED);
                at
            }
            _ => {
                self.end_open(COMPLETED);
                self.begin_thought(block)
            }
        };
        let Self { events, items, pieces, held, .. } = self;
        let Item { id, index, kind, .. } = &mut items[at];
        let place = Place { id, index: *index };
        let Kind::Reasoning(reasoning) = kind else { return };
        let (before, is_summary) = (reasoning.text.len(), reasoning.is_summary);
        if before == 0 {
            reasoning.text.reserve(ROOM);
        }
        text.write_inner(&mut reasoning.text);
        *held += reasoning.text.len() - before;
        if before == 0 {
            let (name, number) = part_member(is_summary);
            let added = if is_summary {
                "response.reasoning_summary_part.added"
            } else {
                "response.content_part.added"
            };
            events.add(added, |data| {
                place.write(data);
                data.number(number, 0);
                output::text_part(is_summary, b"", data.object("part"));
            });
            pieces.begin(name, &place, Some((number, 0)));
        }
        events.piece(pieces, text, None);
    }

    pub(super) fn begin_thought(&mut self, block: u32) -> usize {
        let reasoning = Reasoning { is_summary: self.response.echo.sums_up, ..Reasoning::default() };
        let at = self.add("rs", Kind::Reasoning(reasoning));
        self.open.thought = Some((block, at));
        at
    }

    /// What proves a thought; one that has no text is an item by itself, and interrupts nothing.
    pub(super) fn proved(&mut self, block: u32, seal: Seal, text: Text<'_>) {
        let at = match self.open.thought {
            Some((known, at)) if known == block => at,
            _ => {
                self.end_thought();
                self.begin_thought(block)
            }
        };
        if let Kind::Reasoning(reasoning) = &mut self.items[at].kind {
            self.held += text.plain().len();
            reasoning.seal(seal, text);
        }
    }

    pub(super) fn end_thought(&mut self) {
        let Some((_, at)) = self.open.thought.take() else { return };
        let item = &self.items[at];
        let Kind::Reasoning(reasoning) = &item.kind else { return };
        if !reasoning.text.is_empty() {
            let (_, number) = part_member(reasoning.is_summary);
            let names = if reasoning.is_summary {
                ["response.reasoning_summary_text.done", "response.reasoning_summary_part.done"]
            } else {
                ["response.reasoning_text.done", "response.content_part.done"]
            };
            for name in names {
                self.events.add(name, |data| {
                    item.place().write(data);
                    data.number(number, 0);
                    if name == names[0] {
                        output::quoted(data.member("text"), &reasoning.text);
                    } else {
                        reasoning.part(data.object("part"));
                    }
                });
            }
        }
        self.end_item(at, COMPLETED);
    }
}

/// The event that brings a piece of a thought, and the member that counts its parts.
fn part_member(is_summary: bool) -> (&'static str, &'static str) {
    if is_summary {
        ("response.reasoning_summary_text.delta", "summary_index")
    } else {
        ("response.reasoning_text.delta", "content_index")
    }
}
