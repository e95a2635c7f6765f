//! The fuzzers' functions on random input, and on what fuzzers once found.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const PROVIDERS: [&str; 3] = ["openai", "anthropic", "bedrock"];

type Target = (&'static str, fn(&[u8]));

/// The targets of `fuzz/`, by their names there.
const TARGETS: &[Target] = &[
    ("sse", sse),
    ("event_stream", event_stream),
    ("stream_openai", |bytes| stream("openai", bytes)),
    ("stream_anthropic", |bytes| stream("anthropic", bytes)),
    ("stream_bedrock", |bytes| repaired_stream("bedrock", bytes)),
    ("stream_bedrock_scripted", |bytes| scripted_stream("bedrock", bytes)),
    ("reply", |bytes| PROVIDERS.iter().for_each(|provider| reply(provider, bytes))),
    ("failure", |bytes| PROVIDERS.iter().for_each(|provider| failure(provider, bytes))),
    ("request_openai", |bytes| request("openai", bytes)),
    ("request_anthropic", |bytes| request("anthropic", bytes)),
    ("request_bedrock", |bytes| request("bedrock", bytes)),
];

fn each_target(bytes: &[u8]) {
    TARGETS.iter().for_each(|(_, target)| target(bytes));
}

/// Text in which the members of all dialects come up, so that more than the first character of it is read.
fn jumble() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "data: ",
        "event: ",
        "null",
        "true",
        "1",
        "-1e9",
        "\"a\"",
        "\\u00e9",
        "é",
        "messages",
        "role",
        "user",
        "content",
        "text",
        "{\"event\": \"messageStart\", \"payload\": {}}\n",
        "{\"event\": \"contentBlockDelta\", \"payload\": ",
        "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"hi\"},\"p\":\"ab\"}",
        "{\"event\": \"messageStop\", \"payload\": {\"stopReason\":\"end_turn\"}}\n",
        "{\"event\": \"metadata\", \"payload\": {}}\n",
        "{\"exception\": \"throttlingException\", \"payload\": {\"message\":\"no\"}}\n",
        "{\"role\":\"user\",\"content\":\"hi\"}",
        "{\"messages\":[",
        "\"model\":\"m\"",
        "[DONE]",
        "message_start",
        "{\"type\":\"text\",\"text\":\"x\"}",
        "\u{0}",
        "\u{1f}",
    ]);
    proptest::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes())
}

proptest! {
    #[test]
    fn random_bytes_break_no_law(bytes: Vec<u8>) {
        each_target(&bytes);
    }

    #[test]
    fn random_text_breaks_no_law(bytes in jumble()) {
        each_target(&bytes);
    }
}

#[test]
fn what_fuzzers_found_stays_fixed() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/found");
    for (name, target) in TARGETS {
        let Ok(inputs) = fs::read_dir(found.join(name)) else { continue };
        for input in inputs {
            target(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}
