//! Deltas as content blocks, one after the other: a block begins when the one before it is over.
//!
//! Deltas of several calls may come by turns, and text amid a call. Which block comes first is decided by who began first; what
//! comes for a later one while a call's arguments are not a whole object yet waits, joined block by block. When they are whole,
//! or all is over, what waits follows. So nothing is lost or told twice, and what comes in order, as nearly all does, never waits.

mod scan;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SEALED;
use crate::Text;
use crate::delta::Delta;
use scan::Scan;

/// Takes blocks, one after the other.
pub(super) trait Page {
    /// A block begins.
    fn open(&mut self, block: Block<'_>);
    /// More of it.
    fn more(&mut self, piece: Piece<'_>);
    /// It is over.
    fn close(&mut self);
}

/// What begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block<'a> {
    Text,
    Thinking,
    Redacted { data: Text<'a> },
    ToolUse { id: Text<'a>, name: Text<'a> },
}

/// More of what began.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    Text(Text<'a>),
    Thinking(Text<'a>),
    Signature(Text<'a>),
    Json(Text<'a>),
}

impl Piece<'_> {
    /// Adds its text to the inside of a JSON string; returns by how much that grew.
    pub(super) fn join(self, inside: &mut String) -> usize {
        let (Self::Text(text) | Self::Thinking(text) | Self::Signature(text) | Self::Json(text)) = self;
        join(inside, text)
    }
}

/// The most bytes that wait, of all blocks.
const MOST: usize = 8 << 20;

/// Puts blocks in order.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<Open>,
    waiting: Vec<Waiting>,
    /// Bytes that wait.
    size: usize,
    /// Choices but the first have no place in a message.
    other_choice: bool,
}

/// What a delta belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Text,
    Thinking(u32),
    Redacted,
    Call(u32),
}

#[derive(Debug)]
struct Open {
    key: Key,
    /// How far the arguments of a call have come.
    scan: Scan,
    /// A call that is not told yet: its id and name. What comes with it goes before it.
    untold: Option<(String, String)>,
}

/// A block that waits, and what of it is there. All text is escaped, and begins with a quotation mark.
#[derive(Debug)]
struct Waiting {
    key: Key,
    id: String,
    name: String,
    text: String,
    signature: String,
}

impl Blocks {
    /// Whether more waits than may.
    pub(super) fn is_full(&self) -> bool {
        self.size > MOST
    }

    /// The most bytes that may wait.
    pub(super) fn most() -> usize {
        MOST
    }

    /// Takes a delta. Those that are part of no block do nothing.
    pub(super) fn delta(&mut self, delta: Delta<'_>, page: &mut dyn Page) {
        if let Delta::Choice(choice) = delta {
            self.other_choice = choice > 0;
        }
        if self.other_choice {
            return;
        }
        match delta {
            // Why a model declines is what it says instead.
            Delta::Text(text) | Delta::Refusal(text) if !text.is_empty() => {
                self.piece(Key::Text, Piece::Text(text), page);
            }
            Delta::Reasoning { block, text } => self.piece(Key::Thinking(block), Piece::Thinking(text), page),
            Delta::Signature { block, text } => {
                self.piece(Key::Thinking(block), Piece::Signature(text), page);
            }
            Delta::Redacted { data, .. } => self.redacted(data, page),
            Delta::ToolStart { call, id, name } => self.call(call, id, name, page),
            Delta::ToolArgs { call, json } if !json.is_empty() => {
                self.piece(Key::Call(call), Piece::Json(json), page);
            }
            Delta::ToolExtra { call, json } => self.extra(call, json, page),
            Delta::Finish(_) => self.finish(page),
            _ => (),
        }
    }

    /// Whether what comes next must wait.
    fn is_busy(&self) -> bool {
        self.is_amid_call() || !self.waiting.is_empty()
    }

    fn piece(&mut self, key: Key, piece: Piece<'_>, page: &mut dyn Page) {
        if let Some(open) = self.open.as_mut().filter(|open| open.key == key) {
            open.tell(page);
            if let Piece::Json(json) = piece {
                open.scan.push(json);
            }
            page.more(piece);
            if !self.waiting.is_empty() && !self.is_amid_call() {
                self.release(page);
            }
        } else if self.is_busy() {
            self.wait(key, piece);
        } else if !matches!(key, Key::Call(_)) {
            let block = if key == Key::Text { Block::Text } else { Block::Thinking };
            self.begin(key, block, page);
            page.more(piece);
        }
        // Else it is more of a call that is over: its arguments were whole.
    }

    /// Whether a call is open whose arguments are not whole.
    fn is_amid_call(&self) -> bool {
        self.open.as_ref().is_some_and(|open| matches!(open.key, Key::Call(_)) && !open.scan.is_whole())
    }

    fn redacted(&mut self, data: Text<'_>, page: &mut dyn Page) {
        if self.is_busy() {
            let mut waiting = Waiting::new(Key::Redacted);
            self.size += join(&mut waiting.text, data);
            self.waiting.push(waiting);
        } else {
            self.begin(Key::Redacted, Block::Redacted { data }, page);
        }
    }

    fn call(&mut self, call: u32, id: Text<'_>, name: Text<'_>, page: &mut dyn Page) {
        let mut began = Waiting::new(Key::Call(call));
        self.size += join(&mut began.id, id) + join(&mut began.name, name);
        if self.is_busy() {
            self.waiting.push(began);
            return;
        }
        self.size -= began.id.len() + began.name.len() - 2;
        self.close(page);
        let untold = Some((began.id, began.name));
        self.open = Some(Open { key: Key::Call(call), scan: Scan::default(), untold });
    }

    /// What the provider wants to be shown again with a call goes before it, if it comes in time.
    fn extra(&mut self, call: u32, json: &str, page: &mut dyn Page) {
        match &mut self.open {
            Some(open) if open.key == Key::Call(call) && open.untold.is_some() => {
                let data = sealed(&open.untold.as_ref().expect("it was seen").0[1..], json);
                page.open(Block::Redacted { data: Text::Plain(&data) });
                page.close();
                open.tell(page);
            }
            _ => {
                let id = self.waiting.iter().find(|waiting| waiting.key == Key::Call(call));
                let Some(at) = id.map(|waiting| sealed(&waiting.id[1..], json)) else { return };
                let before = self.waiting.iter().position(|waiting| waiting.key == Key::Call(call));
                let mut waiting = Waiting::new(Key::Redacted);
                self.size += join(&mut waiting.text, Text::Plain(&at));
                self.waiting.insert(before.unwrap_or(0), waiting);
            }
        }
    }

    fn begin(&mut self, key: Key, block: Block<'_>, page: &mut dyn Page) {
        self.close(page);
        page.open(block);
        self.open = Some(Open { key, scan: Scan::default(), untold: None });
    }

    fn close(&mut self, page: &mut dyn Page) {
        if let Some(mut open) = self.open.take() {
            open.tell(page);
            page.close();
        }
    }

    fn wait(&mut self, key: Key, piece: Piece<'_>) {
        let last = self.waiting.len().checked_sub(1);
        let known = match key {
            Key::Call(_) => self.waiting.iter().position(|waiting| waiting.key == key),
            _ => last.filter(|&last| self.waiting[last].key == key),
        };
        let at = match known {
            Some(at) => at,
            // More of a call that is over.
            None if matches!(key, Key::Call(_)) => return,
            None => {
                self.waiting.push(Waiting::new(key));
                self.waiting.len() - 1
            }
        };
        let waiting = &mut self.waiting[at];
        self.size += match piece {
            Piece::Signature(_) => piece.join(&mut waiting.signature),
            _ => piece.join(&mut waiting.text),
        };
    }

    /// Tells what waits, up to a call that is not whole; that one goes on.
    fn release(&mut self, page: &mut dyn Page) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        for next in waiting.by_ref() {
            self.size = self.size.saturating_sub(next.size());
            self.show(next, page);
            if self.is_amid_call() {
                break;
            }
        }
        self.waiting = waiting.collect();
    }

    fn show(&mut self, mut next: Waiting, page: &mut dyn Page) {
        let text = closed(&mut next.text);
        match next.key {
            Key::Text => {
                self.begin(next.key, Block::Text, page);
                page.more(Piece::Text(text));
            }
            Key::Thinking(_) => {
                self.begin(next.key, Block::Thinking, page);
                page.more(Piece::Thinking(text));
                let signature = closed(&mut next.signature);
                if !signature.is_empty() {
                    page.more(Piece::Signature(signature));
                }
            }
            Key::Redacted => self.begin(next.key, Block::Redacted { data: text }, page),
            Key::Call(_) => {
                let (id, name) = (closed(&mut next.id), closed(&mut next.name));
                self.begin(next.key, Block::ToolUse { id, name }, page);
                if let Some(open) = self.open.as_mut().filter(|_| !text.is_empty()) {
                    open.scan.push(text);
                    page.more(Piece::Json(text));
                }
            }
        }
    }

    fn finish(&mut self, page: &mut dyn Page) {
        self.close(page);
        for next in std::mem::take(&mut self.waiting) {
            self.show(next, page);
            self.close(page);
        }
        self.size = 0;
    }
}

impl Open {
    /// Tells a call that is not told yet.
    fn tell(&mut self, page: &mut dyn Page) {
        if let Some((mut id, mut name)) = self.untold.take() {
            page.open(Block::ToolUse { id: closed(&mut id), name: closed(&mut name) });
        }
    }
}

impl Waiting {
    fn new(key: Key) -> Self {
        let [id, name, text, signature] = std::array::from_fn(|_| "\"".to_owned());
        Self { key, id, name, text, signature }
    }

    fn size(&self) -> usize {
        [&self.id, &self.name, &self.text, &self.signature].map(String::len).iter().sum()
    }
}

/// Adds a text to the inside of a JSON string; returns by how much that grew.
pub(super) fn join(inside: &mut String, text: Text<'_>) -> usize {
    let before = inside.len();
    let mut bytes = std::mem::take(inside).into_bytes();
    text.write_inner(&mut bytes);
    *inside = String::from_utf8(bytes).expect("texts are UTF-8");
    inside.len() - before
}

/// The JSON string of which this is the beginning and the inside.
fn closed(inside: &mut String) -> Text<'_> {
    inside.push('"');
    Text::Json(inside)
}

/// See [`SEALED`]. `id` is the inside of a JSON string; ids have nothing to escape, or else come back as they were told.
fn sealed(id: &str, json: &str) -> String {
    let id = Text::token(&format!("\"{id}\"")).map(|id| id.plain().into_owned()).unwrap_or_default();
    format!("{SEALED}{id}:{}", STANDARD.encode(json))
}
