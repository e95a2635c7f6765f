//! Amazon's event stream, framed by AWS's own crate.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::Value;

/// Messages of `application/vnd.amazon.eventstream`: event names and their payloads.
///
/// # Panics
/// A name or payload is beyond the format's limits.
pub fn event_stream(events: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (event, payload) in events {
        let text =
            |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
        let message = Message::new(payload.to_string().into_bytes())
            .add_header(text(":event-type", event))
            .add_header(text(":content-type", "application/json"))
            .add_header(text(":message-type", "event"));
        write_message_to(&message, &mut out).expect("small messages are within the limits");
    }
    out
}
