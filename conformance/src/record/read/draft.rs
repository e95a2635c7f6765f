//! A reply in neutral terms as it is put together.

use std::collections::BTreeMap;

use mocks::script::{
    Block, Cut, Failure, Fault, Finish, How, Interruption, Pieces, Reasoning, Reply, ToolCall, Usage, Vector,
};

use crate::record::exchange::End;

/// What was said so far. Blocks are told apart by a key of the reader's own.
#[derive(Debug, Default)]
pub(super) struct Draft {
    blocks: Vec<(String, Block)>,
    pub(super) embeddings: Option<Vec<Vector>>,
    pub(super) finish: Option<Finish>,
    pub(super) usage: Usage,
    pub(super) model: Option<String>,
    pub(super) id: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    /// The provider's error: instead of an answer, or in the middle of a stream.
    pub(super) failure: Option<Failure>,
    /// Which event is read, from 0.
    pub(super) event: usize,
    /// Whether whole parts are read, or the pieces of a stream.
    pub(super) is_stream: bool,
    /// Neighbours of one kind are one block: which kind it is now, and the how manieth run.
    run: (&'static str, usize),
    /// How many events came before the error.
    failed_after: Option<usize>,
    interleaves: bool,
    /// The calls of a stream of which a piece came, be it empty.
    begun: Vec<String>,
    /// Whether such a piece was not empty, or never came.
    bare_calls: bool,
    pub(super) notes: Vec<String>,
}

impl Draft {
    pub(super) fn new(is_stream: bool) -> Self {
        Self { is_stream, ..Self::default() }
    }

    /// Says something. Neighbours of one kind are one block, as streams have no other sign. An empty piece is one where the
    /// provider sent it by itself.
    pub(super) fn say(&mut self, how: fn(&mut Self, &str, &str), kind: &'static str, piece: Option<&str>) {
        if let Some(piece) = piece {
            let key = self.run(kind);
            how(self, &key, piece);
        }
    }

    /// Opens a block without saying anything yet.
    pub(super) fn open(&mut self, key: &str, block: Block) {
        self.block(key, || block);
    }

    /// The key of the block of this kind that is open, or of a new one.
    pub(super) fn run(&mut self, kind: &'static str) -> String {
        if self.run.0 != kind || !self.is_stream {
            self.run = (kind, self.run.1 + 1);
        }
        format!("{kind} {}", self.run.1)
    }

    pub(super) fn text(&mut self, key: &str, piece: &str) {
        if let Block::Text(pieces) = self.block(key, || Block::Text(Pieces::default())) {
            push(pieces, piece);
        }
    }

    /// Takes away what the first text begins with; nothing is left of a text that is no more than that.
    pub(super) fn strip(&mut self, beginning: &str) {
        let Some((_, Block::Text(pieces))) = self.blocks.first_mut() else { return };
        let Some(rest) = pieces.0.first().and_then(|first| first.strip_prefix(beginning)) else { return };
        if rest.is_empty() && pieces.0.len() == 1 {
            self.blocks.remove(0);
        } else {
            pieces.0[0] = rest.to_owned();
        }
    }

    pub(super) fn refusal(&mut self, key: &str, piece: &str) {
        if let Block::Refusal(pieces) = self.block(key, || Block::Refusal(Pieces::default())) {
            push(pieces, piece);
        }
    }

    pub(super) fn thought(&mut self, key: &str, piece: &str) {
        if let Some(reasoning) = self.reasoning(key) {
            push(&mut reasoning.text, piece);
        }
    }

    pub(super) fn sign(&mut self, key: &str, piece: &str) {
        if let Some(reasoning) = self.reasoning(key) {
            reasoning.signature.get_or_insert_default().push_str(piece);
        }
    }

    pub(super) fn hide(&mut self, key: &str, data: &str) {
        if let Some(reasoning) = self.reasoning(key) {
            reasoning.redacted.get_or_insert_default().push_str(data);
        }
    }

    fn reasoning(&mut self, key: &str) -> Option<&mut Reasoning> {
        let empty =
            || Block::Reasoning(Reasoning { text: Pieces::default(), signature: None, redacted: None });
        match self.block(key, empty) {
            Block::Reasoning(reasoning) => Some(reasoning),
            _ => None,
        }
    }

    /// Opens a call; an empty id is none.
    pub(super) fn call(&mut self, key: &str, id: &str, name: &str) {
        let id = (!id.is_empty()).then(|| id.to_owned());
        self.run = ("call", self.run.1 + 1);
        self.block(key, || {
            Block::ToolCall(ToolCall { id, name: name.to_owned(), arguments: Pieces::default() })
        });
    }

    pub(super) fn arguments(&mut self, key: &str, piece: &str) {
        if let Block::ToolCall(call) = self.block(key, || Block::call("", "", Pieces::default()))
            // Streams open arguments with nothing.
            && !(piece.is_empty() && call.arguments.0.is_empty())
        {
            push(&mut call.arguments, piece);
        }
    }

    /// A piece of arguments in a stream whose provider opens them with an empty one.
    pub(super) fn piece(&mut self, key: &str, piece: &str) {
        if !self.begun.iter().any(|begun| begun == key) {
            self.bare_calls |= !piece.is_empty();
            self.begun.push(key.to_owned());
        }
        self.arguments(key, piece);
    }

    /// The end of a block in such a stream.
    pub(super) fn close(&mut self, key: &str) {
        let block = self.blocks.iter().find(|(known, _)| known == key).map(|(_, block)| block);
        let is_mute = matches!(block, Some(Block::ToolCall(call)) if call.arguments.0.is_empty());
        self.bare_calls |= is_mute && !self.begun.iter().any(|begun| begun == key);
    }

    /// The block of this key, made where there is none. Going back to an earlier call: they take turns.
    fn block(&mut self, key: &str, new: impl FnOnce() -> Block) -> &mut Block {
        let number = self.blocks.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            self.blocks.push((key.to_owned(), new()));
            self.blocks.len() - 1
        });
        self.interleaves |=
            number + 1 < self.blocks.len() && matches!(self.blocks[number].1, Block::ToolCall(_));
        &mut self.blocks[number].1
    }

    /// The provider's error in the middle of its stream.
    pub(super) fn interrupt(&mut self, failure: Failure) {
        self.failed_after = Some(self.event);
        self.failure = Some(failure);
    }

    /// The reply, with what broke on the wire.
    pub(super) fn into_reply(self, end: End, is_stream: bool, events: usize) -> Reply {
        let calls = self.blocks.iter().any(|(_, block)| matches!(block, Block::ToolCall(_)));
        let natural = if calls { Finish::ToolCalls } else { Finish::Stop };
        let how = match end {
            End::Cut => Some(How::Fin),
            End::Reset => Some(How::Rst),
            _ => None,
        };
        let cut = how.map(|how| match is_stream {
            true => Cut { after_event: Some(events), after_byte: None, how },
            false => Cut { after_event: None, after_byte: Some(1), how },
        });
        let interrupted = self.failed_after.is_some();
        let interruption = self.failed_after.zip(self.failure.clone()).map(|(after_event, failure)| {
            Interruption { after_event, kind: Some(failure.kind()), message: failure.message }
        });
        let fault = Fault { cut, error: interruption, ..Fault::default() };
        let failed = self.failure.is_some() && !interrupted;
        let is_answer = !failed && self.embeddings.is_none();
        Reply {
            content: is_answer.then(|| self.blocks.into_iter().map(|(_, block)| block).collect()),
            embeddings: self.embeddings,
            finish: self.finish.filter(|finish| *finish != natural),
            usage: (self.usage != Usage::default()).then_some(self.usage),
            model: self.model,
            id: self.id,
            headers: self.headers,
            interleave: self.interleaves,
            bare_calls: self.bare_calls,
            fault: (fault != Fault::default()).then_some(fault),
            error: self.failure.filter(|_| failed),
            ..Reply::default()
        }
    }
}

fn push(pieces: &mut Pieces, piece: &str) {
    pieces.0.push(piece.to_owned());
}
