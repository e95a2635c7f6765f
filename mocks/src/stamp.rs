//! The time of sending inside the text that is sent: what a piece needed on its way can be told from the piece alone.
//!
//! A script with `stamps: true` has [`BLANK`]s in its text. As a write goes out, each blank in it becomes the [`MARK`] and
//! the nanoseconds since the Unix epoch, in [`DIGITS`] digits. Whoever reads the text on the same machine, through
//! whatever stands in between, subtracts. The journal shows the blanks. Compressed bodies keep them too.
//!
//! ```yaml
//! replies: [{ stamps: true, content: [{ text: ["one @0000000000000000000", " two @0000000000000000000"] }] }]
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use memchr::memmem;

use crate::provider::Framing;

/// Begins a stamp.
pub const MARK: u8 = b'@';
/// Digits of a stamp: enough until the year 2286.
pub const DIGITS: usize = 19;
/// Where a stamp goes.
pub const BLANK: &str = "@0000000000000000000";

/// Nanoseconds since the Unix epoch.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Fills every blank.
pub(crate) fn set(bytes: &mut [u8], framing: Framing, nanoseconds: u64) {
    let mut digits = [b'0'; DIGITS];
    let mut rest = nanoseconds;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(rest % 10).unwrap_or(0)];
        rest /= 10;
    }
    let mut from = 0;
    while let Some(at) = memmem::find(&bytes[from..], BLANK.as_bytes()) {
        let start = from + at + 1;
        from = start + DIGITS;
        bytes[start..from].copy_from_slice(&digits);
    }
    if framing == Framing::Binary && from > 0 {
        sum_up(bytes);
    }
}

/// The same bytes with every blank filled.
pub(crate) fn stamped(bytes: &Bytes, framing: Framing, nanoseconds: u64) -> Bytes {
    let mut bytes = bytes.to_vec();
    set(&mut bytes, framing, nanoseconds);
    bytes.into()
}

/// Messages of [Amazon's event stream](https://smithy.io/2.0/aws/amazon-eventstream.html) say their length first and end
/// with a checksum over all before it. A message that is not whole is left as it is.
fn sum_up(mut bytes: &mut [u8]) {
    while let Some(length) = bytes.first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length < 16 || length > bytes.len() {
            return;
        }
        let (message, rest) = bytes.split_at_mut(length);
        let (content, sum) = message.split_at_mut(length - 4);
        let mut crc = flate2::Crc::new();
        crc.update(content);
        sum.copy_from_slice(&crc.sum().to_be_bytes());
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
    use aws_smithy_types::event_stream::Message;

    use super::*;

    #[test]
    fn a_blank_is_a_mark_and_as_many_digits() {
        assert_eq!(BLANK.len(), 1 + DIGITS);
        assert_eq!(BLANK.as_bytes()[0], MARK);
        assert_eq!(now().to_string().len(), DIGITS);
    }

    #[test]
    fn every_blank_is_filled_and_nothing_else_changes() {
        let text = format!("a@1{BLANK}b{BLANK}{BLANK}@00");
        let filled = stamped(&Bytes::from(text), Framing::Sse, 42);
        let stamp = "@0000000000000000042";
        assert_eq!(filled, format!("a@1{stamp}b{stamp}{stamp}@00"));
    }

    #[test]
    fn binary_messages_stay_whole() {
        let mut bytes = Vec::new();
        for text in ["{\"text\":\"@0000000000000000000\"}", "{}"] {
            write_message_to(&Message::new(Bytes::from(text)), &mut bytes).unwrap();
        }
        let filled = stamped(&bytes.into(), Framing::Binary, 7);
        let mut rest = &filled[..];
        let first = read_message_from(&mut rest).unwrap();
        assert_eq!(&first.payload()[..], b"{\"text\":\"@0000000000000000007\"}");
        assert_eq!(&read_message_from(&mut rest).unwrap().payload()[..], b"{}");
    }

    #[test]
    fn a_torn_message_is_left_alone() {
        let torn = [&[0, 0, 0, 99][..], BLANK.as_bytes()].concat();
        let filled = stamped(&torn.into(), Framing::Binary, 7);
        assert!(filled.ends_with(b"7"));
    }
}
