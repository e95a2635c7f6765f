//! The time of sending, read from the text that was sent.

use mocks::script::{Fault, Reply, Script};
use mocks::stamp::{self, BLANK};

use crate::client::chat;
use crate::fold;
use crate::scripts::question;

const MARKER: &str = "[[stamp]]";

/// The times in the text that a client reads; before and after it asked.
async fn stamps(reply: Reply, provider: &str, stream: bool) -> (Vec<u64>, [u64; 2]) {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(MARKER, reply));
    let before = stamp::now();
    let seen = chat(&mocks, provider, &question(provider, MARKER, stream)).await;
    let after = stamp::now();
    let text =
        if stream { fold::stream(provider, &seen) } else { fold::whole(provider, &seen) }.remove(0).text;
    let times = text.split(char::from(stamp::MARK)).skip(1);
    let times = times.map(|time| time[..stamp::DIGITS].parse().unwrap()).collect();
    (times, [before, after])
}

fn stamped() -> Reply {
    Reply {
        stamps: true,
        ..Reply::text([format!("one {BLANK}"), format!(" two {BLANK}"), format!(" three {BLANK}")])
    }
}

#[tokio::test]
async fn every_piece_says_when_it_was_sent() {
    for provider in crate::TEXT {
        for stream in [true, false] {
            let (times, [before, after]) = stamps(stamped(), provider, stream).await;
            assert_eq!(times.len(), 3, "{provider}");
            assert!(times.is_sorted() && before <= times[0] && times[2] <= after, "{times:?}");
        }
    }
}

#[tokio::test]
async fn a_pause_lies_between_the_stamps() {
    let paced = stamped().with_fault(Fault { between_ms: Some(30), ..Fault::default() });
    let (times, _) = stamps(paced, "openai", true).await;
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 30_000_000), "{times:?}");
}

#[tokio::test]
async fn a_script_that_asks_for_none_keeps_its_blanks() {
    let plain = Reply { stamps: false, ..stamped() };
    let (times, _) = stamps(plain, "openai", true).await;
    assert_eq!(times, [0, 0, 0]);
}
