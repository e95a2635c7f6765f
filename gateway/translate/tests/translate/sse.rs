//! The splitter of server-sent events, against the specification and against another implementation of it.

use proptest::prelude::*;
use translate::Error;
use translate::wire::{Frame, Framer, Framing};

/// Every event with data, as (name, data).
fn ours<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(String, Vec<u8>)> {
    let mut framer = Framer::new(Framing::Sse);
    let mut events = Vec::new();
    for piece in pieces {
        framer
            .push(piece, &mut |frame: Frame<'_>| {
                if !frame.data.is_empty() {
                    events.push((frame.event.to_owned(), frame.data.to_vec()));
                }
                Ok(())
            })
            .unwrap();
    }
    events
}

fn whole(stream: &str) -> Vec<(String, String)> {
    let events = ours(std::iter::once(stream.as_bytes()));
    events.into_iter().map(|(name, data)| (name, String::from_utf8(data).unwrap())).collect()
}

/// The same by `sseer`, which calls an unnamed event `message` as browsers do.
fn theirs(stream: &str) -> Vec<(String, Vec<u8>)> {
    use futures_util::{FutureExt, StreamExt};
    let bytes = bytes::Bytes::copy_from_slice(stream.as_bytes());
    let source = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    let mut events = std::pin::pin!(sseer::EventStream::new(source));
    let mut found = Vec::new();
    while let Some(Some(event)) = events.next().now_or_never() {
        let event = event.unwrap();
        let name = if &*event.event == "message" { String::new() } else { event.event.to_string() };
        if !event.data.is_empty() {
            found.push((name, event.data.as_bytes().to_vec()));
        }
    }
    found
}

#[test]
fn the_specification_is_kept() {
    let one = |name: &str, data: &str| vec![(name.to_owned(), data.to_owned())];
    assert_eq!(whole("data: x\n\n"), one("", "x"), "one space is not data");
    assert_eq!(whole("data:  x\n\n"), one("", " x"), "a second one is");
    assert_eq!(whole("data:x\n\n"), one("", "x"));
    assert_eq!(whole("data\ndata: x\n\n"), one("", "\nx"), "a field without colon is empty");
    assert_eq!(whole("data: a\ndata: b\n\n"), one("", "a\nb"), "several lines are joined");
    assert_eq!(whole("event: e\r\ndata: x\r\n\r\n"), one("e", "x"));
    assert_eq!(whole("event: e\rdata: x\r\r"), one("e", "x"));
    assert_eq!(whole(": comment\nid: 1\nretry: 3\ndatum: no\ndata: x\n\n"), one("", "x"));
    assert_eq!(whole("\u{feff}data: x\n\n"), one("", "x"), "a byte order mark may come first");
    assert_eq!(whole("event: e\n\ndata: x\n\n"), one("", "x"), "a name without data names nothing");
    assert_eq!(whole("event: e\nevent: f\ndata: x\n\n"), one("f", "x"), "the last name counts");
    assert_eq!(whole("data: x\n"), [], "an event that is not ended is none");
    assert_eq!(whole("data: x\ndata:\n\n"), one("", "x\n"));
}

#[test]
fn an_event_without_end_is_refused() {
    let mut framer = Framer::new(Framing::Sse);
    let block = vec![b'x'; 1 << 16];
    framer.push(b"data: ", &mut |_: Frame<'_>| Ok(())).unwrap();
    let mut taken = 0;
    let refused = loop {
        if let Err(why) = framer.push(&block, &mut |_: Frame<'_>| Ok(())) {
            break why;
        }
        taken += block.len();
        assert!(taken < 16 << 20, "took {taken} bytes");
    };
    assert_eq!(refused, Error::TooLarge(8 << 20));
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "data: ?[a-zé{}]{0,5}",
        "event: ?[a-z]{0,3}",
        Just(String::new()),
        Just(String::new()),
        Just("data".to_owned()),
        ": ?[a-z]{0,3}",
        "(id|retry|other): ?[0-9]{0,2}",
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let joined = |lines: Vec<(String, &str)>| lines.into_iter().map(|(line, end)| line + end).collect();
    proptest::collection::vec((line, end), 0..30).prop_map(joined)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_says_the_same(stream in lines()) {
        // The other one waits for what may follow a CR at the very end.
        let stream = stream + ":\n";
        prop_assert_eq!(ours(std::iter::once(stream.as_bytes())), theirs(&stream));
    }

    #[test]
    fn cuts_change_nothing(stream in lines(), size in 1_usize..9) {
        let mark = format!("\u{feff}{stream}");
        prop_assert_eq!(ours(stream.as_bytes().chunks(size)), ours(std::iter::once(stream.as_bytes())));
        prop_assert_eq!(ours(mark.as_bytes().chunks(size)), ours(std::iter::once(stream.as_bytes())));
    }

    #[test]
    fn every_byte_is_in_one_frame(stream in lines(), size in 1_usize..9) {
        let mut framer = Framer::new(Framing::Sse);
        let mut raw = Vec::new();
        for piece in stream.as_bytes().chunks(size) {
            framer.push(piece, &mut |frame: Frame<'_>| { raw.extend_from_slice(frame.raw); Ok(()) }).unwrap();
        }
        raw.extend_from_slice(framer.rest());
        prop_assert_eq!(raw, stream.as_bytes());
    }
}
