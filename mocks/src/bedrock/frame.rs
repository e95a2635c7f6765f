//! Messages of [`application/vnd.amazon.eventstream`](https://smithy.io/2.0/aws/amazon-eventstream.html), written by AWS's own crate.
//!
//! ```text
//! total length · headers length · CRC32 of both │ headers │ payload │ CRC32 of all before
//! ```

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;

use crate::provider::Event;

/// An event; its headers in the order in which the service sends them.
pub(super) fn event(name: &'static str, payload: impl Into<Bytes>) -> Event {
    message(name, ":event-type", "event", payload.into())
}

/// An exception, after which nothing follows.
pub(super) fn exception(name: &'static str, payload: impl Into<Bytes>) -> Event {
    message(name, ":exception-type", "exception", payload.into())
}

/// The same frame around half of its payload, with checksums that are right.
pub(super) fn malformed(frame: &[u8]) -> Option<Bytes> {
    let whole = read_message_from(frame).ok()?;
    let half = whole.payload().slice(..whole.payload().len() / 2);
    Some(write(&Message::new_from_parts(whole.headers().to_vec(), half)))
}

/// The same frame with another checksum over the message; the one over its prelude stays right.
pub(super) fn bad_checksum(frame: &[u8]) -> Bytes {
    let mut bytes = frame.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 0xFF;
    }
    bytes.into()
}

fn message(name: &'static str, kind: &'static str, of: &'static str, payload: Bytes) -> Event {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let headers =
        vec![header(kind, name), header(":content-type", "application/json"), header(":message-type", of)];
    Event { name: name.into(), bytes: write(&Message::new_from_parts(headers, payload)) }
}

fn write(message: &Message) -> Bytes {
    let mut bytes = Vec::with_capacity(message.payload().len() + 160);
    write_message_to(message, &mut bytes).expect("names and payloads far below 2^24 bytes");
    bytes.into()
}
