//! The events of a stream: each has a name, and a number that says which one it is.

use crate::Text;
use crate::json::{self, Object};

/// Events as they are written.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) out: Vec<u8>,
    pub(super) next: u64,
    /// Nobody reads along: nothing is written.
    pub(super) is_silent: bool,
}

/// What all pieces of one text have in common.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// From the event's name to the number.
    before: Vec<u8>,
    /// From there to the piece.
    between: Vec<u8>,
    /// How an event ends, where there is nothing else to be said.
    after: &'static [u8],
}

impl Events {
    /// Writes an event.
    pub(super) fn add(&mut self, name: &'static str, members: impl FnOnce(&mut Object<'_>)) {
        if self.is_silent {
            return;
        }
        self.out.extend_from_slice(b"event: ");
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\ndata: ");
        let mut data = Object::new(&mut self.out);
        data.word("type", name);
        data.number("sequence_number", self.next);
        members(&mut data);
        drop(data);
        self.out.extend_from_slice(b"\n\n");
        self.next += 1;
    }

    /// Writes an event with a piece of text; `likely`: how likely its tokens were, where that is known.
    pub(super) fn piece(&mut self, pieces: &Pieces, text: Text<'_>, likely: Option<&[u8]>) {
        if self.is_silent {
            return;
        }
        let out = &mut self.out;
        out.extend_from_slice(&pieces.before);
        json::number(out, self.next);
        out.extend_from_slice(&pieces.between);
        text.write(out);
        match likely {
            None => out.extend_from_slice(pieces.after),
            Some(likely) => {
                out.extend_from_slice(b",\"logprobs\":");
                out.extend_from_slice(likely);
                out.extend_from_slice(b"}\n\n");
            }
        }
        self.next += 1;
    }
}

impl Pieces {
    /// Learns what comes again and again. `part`: the member that counts the parts of an item, and which one it is.
    pub(super) fn begin(
        &mut self,
        name: &'static str,
        place: &Place<'_>,
        part: Option<(&'static str, usize)>,
    ) {
        self.before.clear();
        self.before.extend_from_slice(b"event: ");
        self.before.extend_from_slice(name.as_bytes());
        self.before.extend_from_slice(b"\ndata: {\"type\":\"");
        self.before.extend_from_slice(name.as_bytes());
        self.before.extend_from_slice(b"\",\"sequence_number\":");
        let between = &mut self.between;
        between.clear();
        between.extend_from_slice(b",\"item_id\":");
        json::string(between, place.id);
        between.extend_from_slice(b",\"output_index\":");
        json::number(between, place.index as u64);
        if let Some((name, number)) = part {
            between.push(b',');
            json::string(between, name);
            between.push(b':');
            json::number(between, number as u64);
        }
        between.extend_from_slice(b",\"delta\":");
        let is_text = name == "response.output_text.delta";
        self.after = if is_text { b",\"logprobs\":[]}\n\n" } else { b"}\n\n" };
    }
}

/// Which item an event is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) index: usize,
}

impl Place<'_> {
    /// Writes it.
    pub(super) fn write(&self, data: &mut Object<'_>) {
        data.string("item_id", self.id);
        data.number("output_index", self.index as u64);
    }
}
