//! The order of Anthropic's and Bedrock's events, by walks over what may come next.

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::{Operation, Sequence, Violation};

/// A provider's stream, as this test writes it.
struct Native {
    operation: Operation,
    /// The member that numbers blocks, and the events that have it.
    index: &'static str,
    opens: &'static str,
    runs: &'static str,
    closes: &'static str,
    ends: &'static str,
}

fn anthropic() -> Native {
    let api = specs::api("anthropic").expect("the document is embedded");
    Native {
        operation: api.operation("POST", "/v1/messages").expect("the document has it"),
        index: "index",
        opens: "content_block_start",
        runs: "content_block_delta",
        closes: "content_block_stop",
        ends: "error",
    }
}

fn bedrock() -> Native {
    let api = specs::api("bedrock").expect("the document is embedded");
    Native {
        operation: api.operation("POST", "/model/m/converse-stream").expect("the document has it"),
        index: "contentBlockIndex",
        opens: "contentBlockStart",
        runs: "contentBlockDelta",
        closes: "contentBlockStop",
        ends: "throttlingException",
    }
}

/// An event of a walk: its name and its data, of which order only needs the number.
type Event = (&'static str, Value);

impl Native {
    fn sequence(&self) -> Sequence {
        self.operation.sequence().expect("the operation streams")
    }

    /// A legal stream: takes `choices` one after the other where several events may come next, and then the shortest way
    /// to the end.
    fn walk(&self, choices: &[prop::sample::Index]) -> Vec<Event> {
        let (mut sequence, mut events, mut number, mut open) = (self.sequence(), Vec::new(), 0, false);
        let mut choices = choices.iter();
        loop {
            let next: Vec<_> = sequence
                .expected()
                .into_iter()
                .filter(|name| *name != self.ends && !name.contains("xception"))
                .collect();
            let name = match choices.next() {
                _ if next.is_empty() => return events,
                Some(choice) => next[choice.index(next.len())],
                None if open => self.closes,
                None => next
                    .into_iter()
                    .rev()
                    .find(|name| *name != self.opens && *name != self.runs)
                    .expect("a way out"),
            };
            let numbered = [self.opens, self.runs, self.closes].contains(&name);
            let event = (name, if numbered { json!({ self.index: number }) } else { json!({}) });
            open = numbered && name != self.closes;
            number += i64::from(name == self.closes);
            assert_eq!(sequence.event(event.0, &event.1), [], "{events:?} then {event:?}");
            events.push(event);
            if sequence.complete() && choices.len() == 0 {
                return events;
            }
        }
    }

    fn judge(&self, events: &[Event]) -> Vec<Violation> {
        let mut sequence = self.sequence();
        let mut found: Vec<_> = events.iter().flat_map(|(name, data)| sequence.event(name, data)).collect();
        found.extend(sequence.end());
        found
    }

    /// Whether the order asks for an event of this name exactly once at its place.
    fn is_needed(&self, name: &str) -> bool {
        name != self.runs && name != "message_delta"
    }
}

fn choices() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..30)
}

fn natives() -> [Native; 2] {
    [anthropic(), bedrock()]
}

proptest! {
    #[test]
    fn legal_streams_pass(choices in choices()) {
        for native in natives() {
            prop_assert_eq!(native.judge(&native.walk(&choices)), []);
        }
    }

    #[test]
    fn a_lacking_repeated_or_swapped_event_is_one_fault_or_more(choices in choices(), at: prop::sample::Index) {
        for native in natives() {
            let events = native.walk(&choices);
            let needed: Vec<_> = (0..events.len()).filter(|n| native.is_needed(events[*n].0)).collect();
            let at = needed[at.index(needed.len())];

            let mut repeated = events.clone();
            repeated.insert(at, events[at].clone());
            prop_assert!(!native.judge(&repeated).is_empty(), "{} passed twice in {:?}", events[at].0, events);

            // Bedrock opens a block by its first delta, so the start may be missing where a delta follows.
            let opened = native.index == "contentBlockIndex"
                && events[at].0 == native.opens
                && events.get(at + 1).is_some_and(|next| next.0 == native.runs);
            let mut lacking = events.clone();
            lacking.remove(at);
            prop_assert!(opened || !native.judge(&lacking).is_empty(), "{} was not missed in {:?}", events[at].0, events);

            if at + 1 < events.len() && events[at].0 != events[at + 1].0 {
                let mut swapped = events.clone();
                swapped.swap(at, at + 1);
                prop_assert!(!native.judge(&swapped).is_empty(), "{:?} passed swapped", &events[at..at + 2]);
            }
        }
    }

    #[test]
    fn a_wrong_number_is_named_where_it_is(choices in choices(), at: prop::sample::Index, by in 1..5i64) {
        for native in natives() {
            let mut events = native.walk(&choices);
            let numbered: Vec<_> = (0..events.len()).filter(|n| events[*n].1.get(native.index).is_some()).collect();
            if numbered.is_empty() {
                continue;
            }
            let number = &mut events[numbered[at.index(numbered.len())]].1[native.index];
            *number = json!(number.as_i64().unwrap() + by);
            let found = native.judge(&events);
            prop_assert!(found.iter().any(|violation| violation.pointer == format!("/{}", native.index)), "{found:?}");
        }
    }

    #[test]
    fn an_error_may_come_anywhere_and_ends_the_stream(choices in choices(), at: prop::sample::Index) {
        for native in natives() {
            let mut events = native.walk(&choices);
            events.truncate(at.index(events.len()));
            events.push((native.ends, json!({})));
            prop_assert_eq!(native.judge(&events), []);
            events.push((native.runs, json!({ native.index: 0 })));
            prop_assert_eq!(native.judge(&events).len(), 1);
        }
    }

    #[test]
    fn a_cut_stream_is_never_whole(choices in choices(), at: prop::sample::Index) {
        for native in natives() {
            let mut events = native.walk(&choices);
            events.truncate(at.index(events.len()));
            let found = native.judge(&events);
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].got.as_str(), "the end of the stream");
        }
    }

    #[test]
    fn pings_may_come_anywhere_but_after_the_end(choices in choices(), at: prop::sample::Index) {
        let native = anthropic();
        let mut events = native.walk(&choices);
        events.insert(at.index(events.len()), ("ping", json!({})));
        prop_assert_eq!(native.judge(&events), []);
        events.push(("ping", json!({})));
        prop_assert_eq!(native.judge(&events).len(), 1);
    }
}

#[test]
fn faults_of_native_order_are_named() {
    let native = anthropic();
    let lines = |events: &[Event]| -> String {
        native
            .judge(events)
            .iter()
            .map(|v| format!("{}: expected {}, got {}\n", v.pointer, v.expected, v.got))
            .collect()
    };
    let start = ("message_start", json!({}));
    let block = |name, index: i64| -> Event { (name, json!({ "index": index })) };
    insta::assert_snapshot!(lines(&[start.clone(), block("content_block_delta", 0)]), @r#"
    : expected one of `content_block_start`, `message_delta`, got `content_block_delta` as event 2
    : expected one of `content_block_delta`, `content_block_stop`, got the end of the stream
    "#);
    insta::assert_snapshot!(lines(&[start.clone(), block("content_block_start", 1), block("content_block_stop", 2)]), @r#"
    /index: expected 0, got 1
    /index: expected 1, got 2
    : expected one of `content_block_start`, `message_delta`, got the end of the stream
    "#);
    insta::assert_snapshot!(lines(&[start.clone(), start, ("new_event", json!({})), ("error", json!({}))]), @r#"
    : expected one of `content_block_start`, `message_delta`, got `message_start` as event 2
    : expected one of `content_block_start`, `message_delta`, got `new_event` as event 3
    "#);
}
