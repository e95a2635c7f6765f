//! What is said: the parts of a message, text or refusals.

use super::super::likely;
use super::super::output::{self, Item, Kind, Part};
use super::{ROOM, ResponseWriter};
use crate::Text;

impl ResponseWriter {
    pub(super) fn said(&mut self, text: Text<'_>, is_refusal: bool) {
        if text.is_empty() {
            return;
        }
        self.speak(is_refusal);
        let Self { events, items, open, pieces, logprobs, held, .. } = self;
        let Some(part) = open.message.and_then(|at| last_part(&mut items[at])) else { return };
        let before = part.text.len();
        text.write_inner(&mut part.text);
        *held += part.text.len() - before;
        if logprobs.is_empty() {
            events.piece(pieces, text, None);
        } else {
            let brief = likely::tell(logprobs, &mut part.logprobs);
            logprobs.clear();
            events.piece(pieces, text, Some(&brief));
        }
    }

    /// Goes on with a part of this kind, or begins one.
    pub(super) fn speak(&mut self, is_refusal: bool) {
        if self.open.thought.is_some() {
            self.end_thought();
        }
        let at = match self.open.message {
            Some(at) => at,
            None => {
                self.end_whole_calls();
                let at = self.add("msg", Kind::Message(Vec::new()));
                self.open.message = Some(at);
                at
            }
        };
        let goes_on = last_part(&mut self.items[at]).is_some_and(|part| part.is_refusal == is_refusal);
        if goes_on {
            return;
        }
        self.end_part();
        let Kind::Message(parts) = &mut self.items[at].kind else { return };
        parts.push(Part { is_refusal, text: Vec::with_capacity(ROOM), ..Part::default() });
        let number = parts.len() - 1;
        let (item, events) = (&self.items[at], &mut self.events);
        events.add("response.content_part.added", |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            part_of(item, number).write(data.object("part"));
        });
        let name = if is_refusal { "response.refusal.delta" } else { "response.output_text.delta" };
        self.pieces.begin(name, &item.place(), Some(("content_index", number)));
    }

    /// Ends the part of the open message that is written to.
    pub(super) fn end_part(&mut self) {
        let Some(at) = self.open.message else { return };
        let Some(part) = last_part(&mut self.items[at]).filter(|part| !part.is_done) else { return };
        part.is_done = true;
        let item = &self.items[at];
        let Kind::Message(parts) = &item.kind else { return };
        let (number, part) = (parts.len() - 1, &parts[parts.len() - 1]);
        let name = if part.is_refusal { "response.refusal.done" } else { "response.output_text.done" };
        self.events.add(name, |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            if part.is_refusal {
                output::quoted(data.member("refusal"), &part.text);
            } else {
                output::quoted(data.member("text"), &part.text);
                let all = format!("[{}]", String::from_utf8_lossy(&part.logprobs));
                data.member("logprobs").extend(likely::tell(&all, &mut Vec::new()));
            }
        });
        self.events.add("response.content_part.done", |data| {
            item.place().write(data);
            data.number("content_index", number as u64);
            part.write(data.object("part"));
        });
    }

    pub(super) fn end_message(&mut self, status: &'static str) {
        self.end_part();
        if let Some(at) = self.open.message.take() {
            self.end_item(at, status);
        }
    }
}

/// The part of a message that is written to.
fn last_part(item: &mut Item) -> Option<&mut Part> {
    let Kind::Message(parts) = &mut item.kind else { return None };
    parts.last_mut()
}

fn part_of(item: &Item, number: usize) -> &Part {
    static NONE: Part = Part { is_refusal: false, text: Vec::new(), logprobs: Vec::new(), is_done: false };
    let Kind::Message(parts) = &item.kind else { return &NONE };
    parts.get(number).unwrap_or(&NONE)
}
