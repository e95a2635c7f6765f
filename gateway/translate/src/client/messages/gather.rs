//! A stream of Messages, put together: what a client gets that waits, of a provider that does not.
//!
//! <https://docs.anthropic.com/en/api/messages-streaming>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::blocks::join;
use super::message::write_input;
use super::spread::PIECES;
use crate::call::{Gather, read};
use crate::json::{Tree, text_of};
use crate::openai::Members;
use crate::wire::Frame;
use crate::{Error, Text};

/// The most blocks of one message.
const BLOCKS: usize = 4096;

/// What came of a message so far.
pub(crate) struct Gathered {
    message: Tree,
    content: Vec<Block>,
}

struct Block {
    block: Tree,
    /// The arguments of a call, where they come in pieces: the inside of a JSON string.
    input: String,
}

#[derive(Deserialize)]
struct Event<'a> {
    index: Option<usize>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    content_block: Option<&'a RawValue>,
    delta: Option<&'a RawValue>,
    usage: Option<&'a RawValue>,
}

impl Gathered {
    pub(crate) fn new() -> Self {
        Self { message: Tree::object(), content: Vec::new() }
    }

    fn block(&mut self, index: Option<usize>) -> Result<&mut Block, Error> {
        let index = index.filter(|index| *index < BLOCKS);
        let index = index.ok_or_else(|| malformed("a block out of turn"))?;
        while self.content.len() <= index {
            self.content.push(Block { block: Tree::object(), input: String::new() });
        }
        Ok(&mut self.content[index])
    }
}

impl Gather for Gathered {
    fn event(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        match frame.event {
            "message_start" => {
                let message = read::<Event<'_>>("stream", data)?.message.map_or("{}", RawValue::get);
                self.message = Tree::new(message);
            }
            "content_block_start" => {
                let event: Event<'_> = read("stream", data)?;
                let block = event.content_block.map_or("{}", RawValue::get);
                self.block(event.index)?.block = Tree::new(block);
            }
            "content_block_delta" => {
                let event: Event<'_> = read("stream", data)?;
                let delta = event.delta.map_or("{}", RawValue::get);
                self.block(event.index)?.add(delta)?;
            }
            "message_delta" => {
                let members: Members<'_> = read("stream", data)?;
                let event: Event<'_> = read("stream", data)?;
                set_members(&mut self.message, event.delta)?;
                if let Some(usage) = self.message.member("usage") {
                    set_members(usage, event.usage)?;
                }
                for (name, value) in members.0.iter().filter(|(name, _)| !PARTS.contains(&&**name)) {
                    self.message.set(name, value.get());
                }
            }
            _ => (),
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        let content = self.content.into_iter().map(Block::whole).collect();
        if let Some(member) = self.message.member("content") {
            *member = Tree::List(content);
        }
        let mut out = Vec::with_capacity(1024);
        self.message.write(&mut out);
        Ok(out)
    }
}

/// What else than members of the message is in its delta.
const PARTS: [&str; 3] = ["type", "delta", "usage"];

impl Block {
    fn add(&mut self, delta: &str) -> Result<(), Error> {
        let delta: Members<'_> = text_of(delta).map_err(Error::malformed("stream"))?;
        let kind = delta.find("type").unwrap_or_default().trim_matches('"');
        let piece = |name: &str| delta.find(name).unwrap_or("null");
        match kind {
            "input_json_delta" => {
                let text = Text::token(piece("partial_json"));
                join(&mut self.input, text.ok_or_else(|| malformed("arguments that are no text"))?);
            }
            "citations_delta" => {
                if let Some(citations) = self.block.member("citations") {
                    citations.push(piece("citation"));
                }
            }
            kind => {
                // A kind yet to come is left out, as official clients leave it out.
                let known = PIECES.iter().find(|(.., of)| *of == kind);
                if let Some((member, name)) =
                    known.and_then(|(_, name, _)| Some((self.block.member(name)?, name)))
                {
                    member.add(piece(name));
                }
            }
        }
        Ok(())
    }

    fn whole(mut self) -> Tree {
        if self.input.is_empty() {
            return self.block;
        }
        if let Some(member) = self.block.member("input") {
            let mut input = Vec::new();
            write_input(&self.input, &mut input);
            *member = Tree::new(&String::from_utf8_lossy(&input));
        }
        self.block
    }
}

/// Sets what an object says anew.
fn set_members(tree: &mut Tree, object: Option<&RawValue>) -> Result<(), Error> {
    let Some(object) = object.filter(|object| object.get() != "null") else { return Ok(()) };
    let members: Members<'_> = text_of(object.get()).map_err(Error::malformed("stream"))?;
    for (name, value) in members.0.iter().filter(|(_, value)| value.get() != "null") {
        let known = tree.members();
        match known.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = Tree::new(value.get()),
            None => known.push((name.clone().into_owned(), Tree::new(value.get()))),
        }
    }
    Ok(())
}

fn malformed(why: &str) -> Error {
    Error::Malformed { what: "stream", why: why.to_owned() }
}
