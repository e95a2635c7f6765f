//! A whole message as a stream: what a client gets that does not wait, of a provider that is not asked for a stream.
//!
//! Each block is told by its beginning, one piece of each member that comes in pieces, and its end.

use serde_json::value::RawValue;

use crate::Error;
use crate::call::read;
use crate::json::{Object, text_of};
use crate::openai::Members;

/// Members of a message that are known only at its end, with what stands for them until then.
const LATE: [(&str, &str); 3] = [("content", "[]"), ("stop_reason", "null"), ("stop_sequence", "null")];
/// Members of a block that come in pieces: its kind, the member, the kind of the piece.
pub(super) const PIECES: [(&str, &str, &str); 4] = [
    ("text", "text", "text_delta"),
    ("thinking", "thinking", "thinking_delta"),
    ("thinking", "signature", "signature_delta"),
    ("compaction", "content", "compaction_delta"),
];
/// Blocks whose arguments come in pieces.
const CALLS: [&str; 3] = ["tool_use", "server_tool_use", "mcp_tool_use"];

/// Writes the events of `message`.
pub(crate) fn spread(message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let message: Members<'_> = read("reply", message)?;
    event("message_start", out, |event| start(&message, event));
    let blocks: Vec<&RawValue> = text_of(message.find("content").unwrap_or("[]")).map_err(wrong)?;
    for (index, block) in (0..).zip(blocks) {
        let block: Members<'_> = text_of(block.get()).map_err(wrong)?;
        spread_block(index, &block, out);
    }
    event("message_delta", out, |event| end(&message, event));
    event("message_stop", out, |_| ());
    Ok(())
}

fn start(message: &Members<'_>, event: &mut Object<'_>) {
    let mut written = event.object("message");
    for (name, value) in &message.0 {
        let late = LATE.iter().find(|(late, _)| late == name).map(|(_, value)| *value);
        let out = written.foreign(name);
        match text_of::<Members<'_>>(value.get()).ok().filter(|_| name == "usage") {
            Some(usage) => counts(&usage, out),
            None => out.extend_from_slice(late.unwrap_or(value.get()).as_bytes()),
        }
    }
}

/// What was read is known when a message begins, and what will be written is not.
fn counts(usage: &Members<'_>, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    for (name, value) in &usage.0 {
        let value = if name == "output_tokens" { "0" } else { value.get() };
        object.foreign(name).extend_from_slice(value.as_bytes());
    }
}

fn end(message: &Members<'_>, event: &mut Object<'_>) {
    {
        let mut delta = event.object("delta");
        for name in ["stop_reason", "stop_sequence", "stop_details", "container"] {
            if let Some((_, value)) = message.0.iter().find(|(known, _)| known == name) {
                delta.raw(name, value.get());
            }
        }
    }
    event.raw("usage", message.find("usage").unwrap_or("{}"));
}

fn spread_block(index: u64, block: &Members<'_>, out: &mut Vec<u8>) {
    let kind = block.find("type").unwrap_or_default().trim_matches('"');
    let pieces: Vec<_> = PIECES.iter().filter(|(of, ..)| *of == kind).collect();
    let is_call = CALLS.contains(&kind);
    let citations = block.find("citations").filter(|_| kind == "text");
    event("content_block_start", out, |event| {
        event.number("index", index);
        let mut begun = event.object("content_block");
        for (name, value) in &block.0 {
            let out = begun.foreign(name);
            let value = match &**name {
                "input" if is_call => "{}",
                "citations" if citations.is_some() => "[]",
                name if pieces.iter().any(|(_, piece, _)| *piece == name) => "\"\"",
                _ => value.get(),
            };
            out.extend_from_slice(value.as_bytes());
        }
    });
    let mut piece = |write: &dyn Fn(&mut Object<'_>)| {
        event("content_block_delta", out, |event| {
            event.number("index", index);
            write(&mut event.object("delta"));
        });
    };
    let citations = citations.and_then(|list| text_of::<Vec<&RawValue>>(list).ok()).unwrap_or_default();
    for (_, member, kind) in pieces {
        if let Some(value) = block.find(member).filter(|value| *value != "\"\"") {
            piece(&|delta| {
                delta.word("type", kind);
                delta.raw(member, value);
            });
        }
    }
    for citation in citations {
        piece(&|delta| {
            delta.word("type", "citations_delta");
            delta.raw("citation", citation.get());
        });
    }
    if let Some(input) = block.find("input").filter(|_| is_call) {
        piece(&|delta| {
            delta.word("type", "input_json_delta");
            delta.string("partial_json", input);
        });
    }
    event("content_block_stop", out, |event| event.number("index", index));
}

/// Writes an event, whose data is one line: in JSON a line end stands only where a space may.
fn event(name: &'static str, out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let start = out.len();
    let mut event = Object::new(out);
    event.word("type", name);
    members(&mut event);
    drop(event);
    out[start..].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
    out.extend_from_slice(b"\n\n");
}

fn wrong(why: serde_json::Error) -> Error {
    Error::malformed("reply")(why)
}
