//! Amazon's binary event streams: <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

/// Their media type.
pub(super) const TYPE: &str = "application/vnd.amazon.eventstream";

/// Shortest message: two lengths and two checksums.
const SHORTEST: usize = 16;
/// No service sends a longer one: <https://smithy.io/2.0/aws/amazon-eventstream.html> allows 16 MiB of payload.
const LONGEST: usize = (16 << 20) + (128 << 10);

/// One message: its event's or exception's name, and its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) name: String,
    pub(super) is_exception: bool,
    pub(super) payload: Vec<u8>,
}

/// The messages of a body, as far as they are whole; and how many bytes they are.
///
/// # Errors
/// A sentence, where a message is broken.
pub(super) fn read(body: &[u8]) -> Result<(Vec<Frame>, usize), String> {
    let mut frames = Vec::new();
    let mut at = 0;
    while let Some(length) = length(&body[at..])? {
        let message = message(&body[at..at + length])?;
        let header = |name: &str| message.headers().iter().find(|header| header.name().as_str() == name);
        let text = |name: &str| {
            header(name)
                .and_then(|header| header.value().as_string().ok())
                .map(|text| text.as_str().to_owned())
        };
        let exception = text(":exception-type").or_else(|| text(":error-code"));
        frames.push(Frame {
            is_exception: exception.is_some(),
            name: exception.or_else(|| text(":event-type")).unwrap_or_default(),
            payload: message.payload().to_vec(),
        });
        at += length;
    }
    Ok((frames, at))
}

/// Rewrites payloads and texts in headers in place; each must keep its length. Gives back what `rewrite` counted.
///
/// # Errors
/// A sentence, where a message is broken: nobody can tell then what is in it.
pub(super) fn rewrite(body: &mut [u8], rewrite: impl Fn(&mut [u8]) -> usize) -> Result<usize, String> {
    let (mut at, mut count) = (0, 0);
    while let Some(length) = length(&body[at..])? {
        let message = message(&body[at..at + length])?;
        let mut payload = message.payload().to_vec();
        let mut changed = rewrite(&mut payload);
        let mut new = Message::new(payload);
        for header in message.headers() {
            let value = match header.value() {
                HeaderValue::String(text) => {
                    let mut bytes = text.as_str().as_bytes().to_vec();
                    changed += rewrite(&mut bytes);
                    HeaderValue::String(String::from_utf8_lossy(&bytes).into_owned().into())
                }
                other => other.clone(),
            };
            new = new.add_header(Header::new(header.name().clone(), value));
        }
        if changed > 0 {
            let mut bytes = Vec::new();
            write_message_to(&new, &mut bytes).map_err(|error| error.to_string())?;
            if bytes.len() != length {
                return Err("a frame changed its length".to_owned());
            }
            body[at..at + length].copy_from_slice(&bytes);
            count += changed;
        }
        at += length;
    }
    // What is left is the beginning of a message that was cut; its checksum never came.
    Ok(count + rewrite(&mut body[at..]))
}

/// Length of the message that the bytes begin with; nothing, where it is not whole.
fn length(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(prefix) = bytes.first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*prefix)).map_err(|error| error.to_string())?;
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(format!("a frame says that it has {length} bytes"));
    }
    Ok((length <= bytes.len()).then_some(length))
}

fn message(bytes: &[u8]) -> Result<Message, String> {
    read_message_from(bytes).map_err(|error| format!("a frame cannot be read: {error}"))
}
