//! The laws of streams that are written: what each event says, and which may follow which.

use super::json;

/// Anthropic's events: each says its name twice, blocks do not overlap, and the last is the end or an error.
pub(super) fn messages(out: &str, is_good: bool) {
    #[derive(serde::Deserialize)]
    struct Event<'a> {
        r#type: &'a str,
        index: Option<u64>,
    }
    let (mut next, mut open, mut last) = (0, false, "");
    for event in out.split_terminator("\n\n") {
        let (name, data) = event.split_once('\n').expect("each event is two lines");
        let name = name.strip_prefix("event: ").expect("a name comes first");
        let data = data.strip_prefix("data: ").expect("data follows");
        json(data.as_bytes());
        let event: Event<'_> = serde_json::from_str(data).expect("an event has a type");
        assert_eq!(event.r#type, name, "the name is the type");
        assert!(!matches!(last, "message_stop" | "error"), "nothing follows the end");
        last = name;
        match name {
            "content_block_start" => assert!(!std::mem::replace(&mut open, true), "blocks do not overlap"),
            "content_block_delta" => assert!(open, "a piece is of an open block"),
            "content_block_stop" => assert!(std::mem::replace(&mut open, false), "a block ends once"),
            _ => continue,
        }
        assert_eq!(event.index, Some(next), "blocks are counted");
        next += u64::from(name == "content_block_stop");
    }
    assert_eq!(last == "message_stop", is_good, "a stream is done if and only if nothing failed");
    assert!(is_good || last == "error", "what failed is told");
}

/// OpenAI's events of a response: each says its name twice, all are counted, items begin before they end, and the last says how
/// it went.
pub(super) fn responses(out: &str, is_good: bool) {
    #[derive(serde::Deserialize)]
    struct Event<'a> {
        r#type: &'a str,
        sequence_number: usize,
        output_index: Option<usize>,
    }
    let (mut open, mut last) = (Vec::new(), "");
    for (number, event) in out.split_terminator("\n\n").enumerate() {
        let (name, data) = event.split_once('\n').expect("each event is two lines");
        let name = name.strip_prefix("event: ").expect("a name comes first");
        let data = data.strip_prefix("data: ").expect("data follows");
        json(data.as_bytes());
        let event: Event<'_> = serde_json::from_str(data).expect("an event has a type and a number");
        assert_eq!((event.r#type, event.sequence_number), (name, number), "events are named and counted");
        assert!(!is_end(last), "nothing follows the end");
        last = name;
        match (name, event.output_index) {
            ("response.output_item.added", Some(index)) => {
                assert_eq!(index, open.len(), "items are counted");
                open.push(true);
            }
            ("response.output_item.done", Some(index)) => {
                assert!(std::mem::replace(&mut open[index], false), "an item ends once");
            }
            (_, Some(index)) => assert!(open[index], "a piece is of an open item"),
            (_, None) => (),
        }
    }
    assert_eq!(last != "response.failed", is_good, "a response is complete if and only if nothing failed");
    assert!(is_end(last), "a stream says how it ended");
    assert!(!is_good || !open.contains(&true), "what is complete has no open items");
}

fn is_end(name: &str) -> bool {
    matches!(name, "response.completed" | "response.incomplete" | "response.failed")
}
