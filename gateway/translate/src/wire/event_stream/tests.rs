//! AWS's own crate says what is right: whatever it reads we read, and we read nothing that it refuses.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use proptest::prelude::*;

use super::{Frame, Kind, split};
use crate::Error;

fn text(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

fn write(headers: Vec<Header>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message_to(&Message::new_from_parts(headers, payload.to_vec()), &mut bytes).unwrap();
    bytes
}

fn event(name: &str, payload: &[u8]) -> Vec<u8> {
    let headers = vec![
        text(":event-type", name),
        text(":content-type", "application/json"),
        text(":message-type", "event"),
    ];
    write(headers, payload)
}

/// A message from its parts with whatever lengths are claimed; both checksums hold.
fn forge(total: u32, headers: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend(rest);
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

fn why(result: Result<Option<(usize, Frame<'_>)>, Error>) -> String {
    result.expect_err("must be refused").to_string()
}

#[test]
fn an_event_has_its_name_and_payload() {
    let bytes = event("messageStart", br#"{"p":"abcdefghijkl","role":"assistant"}"#);
    // The size of this very message in captured traffic.
    assert_eq!(bytes.len(), 137);
    let (size, frame) = split(&bytes).unwrap().unwrap();
    assert_eq!(size, 137);
    assert_eq!((frame.kind, frame.event), (Kind::Event, "messageStart"));
    assert_eq!(&*frame.data, br#"{"p":"abcdefghijkl","role":"assistant"}"#);
    assert_eq!(frame.raw, bytes);
}

#[test]
fn an_exception_has_its_type() {
    let headers = vec![text(":exception-type", "throttlingException"), text(":message-type", "exception")];
    let bytes = write(headers, br#"{"message":"slow down"}"#);
    let (_, frame) = split(&bytes).unwrap().unwrap();
    assert_eq!((frame.kind, frame.event), (Kind::Exception, "throttlingException"));
    assert_eq!(&*frame.data, br#"{"message":"slow down"}"#);
}

#[test]
fn an_error_has_its_code_and_message() {
    let headers = vec![
        text(":message-type", "error"),
        text(":error-code", "InternalFailure"),
        text(":error-message", "it broke"),
    ];
    let bytes = write(headers, b"");
    let (_, frame) = split(&bytes).unwrap().unwrap();
    assert_eq!((frame.kind, frame.event, &*frame.data), (Kind::Error, "InternalFailure", &b"it broke"[..]));
}

#[test]
fn a_message_of_an_unknown_kind_is_an_event_without_a_name() {
    let bytes = write(vec![text(":message-type", "weather"), text(":event-type", "rain")], b"{}");
    let (_, frame) = split(&bytes).unwrap().unwrap();
    assert_eq!((frame.kind, frame.event), (Kind::Event, ""));
}

#[test]
fn all_types_of_headers_are_stepped_over() {
    let values = [
        HeaderValue::Bool(true),
        HeaderValue::Bool(false),
        HeaderValue::Byte(-1),
        HeaderValue::Int16(-2),
        HeaderValue::Int32(-3),
        HeaderValue::Int64(-4),
        HeaderValue::ByteArray(vec![0xff; 300].into()),
        HeaderValue::String("é".to_owned().into()),
        HeaderValue::Timestamp(DateTime::from_millis(1_700_000_000_123)),
        HeaderValue::Uuid(7),
    ];
    let mut headers: Vec<_> = values.into_iter().map(|value| Header::new("x", value)).collect();
    headers.extend([text(":message-type", "event"), text(":event-type", "after")]);
    let bytes = write(headers, b"payload");
    let (size, frame) = split(&bytes).unwrap().unwrap();
    assert_eq!((size, frame.event, &*frame.data), (bytes.len(), "after", &b"payload"[..]));
}

#[test]
fn an_unknown_header_type_is_refused() {
    let bytes = forge(16 + 3, 3, &[1, b'x', 10]);
    assert_eq!(why(split(&bytes)), "the provider's event stream cannot be read: header type");
}

#[test]
fn a_message_without_a_type_is_refused() {
    let bytes = write(vec![text(":event-type", "messageStart")], b"{}");
    assert_eq!(why(split(&bytes)), "the provider's event stream cannot be read: no :message-type");
}

#[test]
fn lengths_are_not_believed_without_their_checksum() {
    let mut bytes = event("messageStart", b"{}");
    // Claims 4 GiB. With the checksum unread this would wait for them forever.
    bytes[0] = 0xff;
    assert_eq!(why(split(&bytes)), "the provider's event stream cannot be read: prelude checksum");
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    for (total, headers) in [(0, 0), (15, 0), (16, 1), (20, 5), (20, u32::MAX), (u32::MAX, u32::MAX)] {
        assert_eq!(
            why(split(&forge(total, headers, b""))),
            "the provider's event stream cannot be read: length"
        );
    }
}

#[test]
fn the_limits_hold_before_anything_is_buffered() {
    let (headers, payload) = (128 << 10, 24 << 20);
    assert_eq!(split(&forge(16 + headers + payload, headers, b"")), Ok(None));
    assert_eq!(split(&forge(16 + headers + 1, headers + 1, b"")), Err(Error::TooLarge(128 << 10)));
    assert_eq!(split(&forge(16 + payload + 1, 0, b"")), Err(Error::TooLarge(24 << 20)));
}

#[test]
fn a_flipped_bit_is_always_noticed() {
    let bytes = event("contentBlockDelta", br#"{"contentBlockIndex":0,"delta":{"text":"hi"}}"#);
    for at in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(split(&bytes).is_err(), "bit {at}");
    }
}

fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i8>().prop_map(HeaderValue::Byte),
        any::<i16>().prop_map(HeaderValue::Int16),
        any::<i32>().prop_map(HeaderValue::Int32),
        any::<i64>().prop_map(HeaderValue::Int64),
        any::<Vec<u8>>().prop_map(|bytes| HeaderValue::ByteArray(bytes.into())),
        ".*".prop_map(|text: String| HeaderValue::String(text.into())),
        (0..4_000_000_000_000_i64).prop_map(|ms| HeaderValue::Timestamp(DateTime::from_millis(ms))),
        any::<u128>().prop_map(HeaderValue::Uuid),
    ]
}

fn headers() -> impl Strategy<Value = Vec<Header>> {
    let name = prop_oneof![
        Just(":message-type".to_owned()),
        Just(":event-type".to_owned()),
        Just(":error-message".to_owned()),
        "[a-z:é]{1,20}"
    ];
    let kind = prop_oneof![Just("event"), Just("exception"), Just("error")];
    let rest =
        proptest::collection::vec((name, value()).prop_map(|(name, value)| Header::new(name, value)), 0..5);
    (kind, rest).prop_map(|(kind, mut headers)| {
        headers.push(text(":message-type", kind));
        headers
    })
}

proptest! {
    #[test]
    fn what_aws_writes_we_read(headers in headers(), payload: Vec<u8>, after: Vec<u8>) {
        let named = |name: &str| {
            headers.iter().rev().filter(|header| header.name().as_str() == name).find_map(|header| header.value().as_string().ok())
        };
        let mut bytes = write(headers.clone(), &payload);
        let whole = bytes.len();
        bytes.extend(after);
        let (size, frame) = split(&bytes).unwrap().unwrap();
        prop_assert_eq!(size, whole);
        prop_assert_eq!(frame.event, named(":event-type").map_or("", |name| name.as_str()));
        match frame.kind {
            Kind::Error => prop_assert_eq!(&*frame.data, named(":error-message").map_or("", |text| text.as_str()).as_bytes()),
            Kind::Event | Kind::Exception => prop_assert_eq!(&*frame.data, &*payload),
        }
    }

    #[test]
    fn a_torn_message_waits_for_its_rest(payload: Vec<u8>, at: prop::sample::Index) {
        let bytes = event("contentBlockDelta", &payload);
        prop_assert_eq!(split(&bytes[..at.index(bytes.len())]), Ok(None));
    }

    /// Checksums are repaired, so that what is wrong lies behind them.
    #[test]
    fn broken_headers_are_judged_as_aws_does(
        headers in headers(),
        payload: Vec<u8>,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut block = write(headers, b"");
        let mut block = block.drain(12..block.len() - 4).collect::<Vec<u8>>();
        for (at, byte) in flips {
            let at = at.index(block.len());
            block[at] = byte;
        }
        let size = u32::try_from(block.len()).unwrap();
        block.extend(&payload);
        let bytes = forge(u32::try_from(block.len()).unwrap() + 16, size, &block);
        match (split(&bytes), read_message_from(&mut &*bytes)) {
            (Ok(Some((size, frame))), Ok(message)) => {
                prop_assert_eq!(size, bytes.len());
                prop_assert!(frame.kind == Kind::Error || *frame.data == **message.payload());
            }
            // Text that no one asks for is not looked into.
            (Ok(_), Err(error)) => prop_assert!(format!("{error:?}").contains("InvalidUtf8String"), "{error:?}"),
            (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("no :message-type"), "{error}"),
            (Ok(None), Ok(_)) => prop_assert!(false, "a whole message was not seen"),
            (Err(_), Err(_)) => (),
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, total: u32, headers: u32) {
        let _ = split(&bytes);
        let _ = split(&forge(total, headers, &bytes));
    }
}
