//! The fuzzers' functions on random input, and on what fuzzers once found.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// Every provider that has a dialect of its own on any route, OpenAI, and Azure, whose streams are not passed on as they
/// came.
fn providers() -> impl Iterator<Item = String> {
    let own = |provider: &&Provider| {
        let translated = |api: &Api| provider.serves(*api) && provider.quirks(*api).is_none();
        Api::ALL.iter().any(translated) || ["openai", "azure"].contains(&provider.name)
    };
    providers::ALL.iter().filter(own).map(Provider::id)
}

fn each_target(bytes: &[u8]) {
    [sse, event_stream, json_lines, json_array, turns, videos, form].iter().for_each(|target| target(bytes));
    for provider in &providers().collect::<Vec<_>>() {
        [stream, reply, failure, request].iter().for_each(|target| target(provider, bytes));
        if known(provider).framings(Api::Chat).contains(&Framing::EventStream) {
            repaired_stream(provider, bytes);
            scripted_stream(provider, bytes);
        }
    }
}

/// Text in which the members of all dialects come up, so that more than the first character of it is read.
fn jumble() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop::sample::select(WORDS), 0..40)
        .prop_map(|words| words.concat().into_bytes())
}

/// What comes up in the dialects.
const WORDS: &[&str] = &[
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
    ",\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]}}]}\n\n",
    "{\"candidates\":[{\"index\":1,\"finishReason\":\"STOP\"}],\"usageMetadata\":{}}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"cw==\"}]}}]}",
    "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
    "data: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n",
    "data: {\"id\":\"\",\"choices\":[{\"index\":0,\"content_filter_offsets\":{},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"a\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"x\",\"finish_reason\":\"stop\"}]}\n\n",
    "{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"done\":false}\n",
    "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]},\"done\":false}\n",
    "{\"response\":\"hi\",\"thinking\":\"x\",\"done\":true,\"done_reason\":\"length\",\"eval_count\":1}\n",
    "{\"error\":\"no\"}\n",
    "event: completion\ndata: {\"id\":\"c\",\"completion\":\"hi\",\"stop_reason\":null,\"model\":\"m\"}\n\n",
    "event: completion\ndata: {\"completion\":\"\",\"stop_reason\":\"max_tokens\"}\n\n",
    "{\"data\":[{\"generated_text\":\"<s>[INST] hi [/INST] x\"}]}",
    "data: {\"index\":1,\"token\":{\"id\":1,\"text\":\"hi\",\"logprob\":-0.5,\"special\":false},\"generated_text\":null}\n\n",
    "data: {\"token\":{\"text\":\"</s>\",\"special\":true},\"generated_text\":\"hi\",\"details\":{\"finish_reason\":\"length\"}}\n\n",
    "{\"error\":\"no\",\"error_type\":\"validation\",\"estimated_time\":1}",
    "[{\"generated_text\":\"hi\"}]",
    "{\"type\":\"text\",\"text\":\"x\"}",
    "data: {\"type\":\"message-start\",\"id\":\"a\"}\n\ndata: {\"type\":\"tool-call-start\",\"delta\":{\"message\":{\"tool_calls\":{}}}}\n\n",
    "data: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"hi\"}}}}\n\n",
    "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n",
    "{\"event_type\":\"stream-start\",\"generation_id\":\"g\"}\n{\"event_type\":\"tool-calls-chunk\",\"tool_call_delta\":{\"name\":\"f\"}}\n",
    "{\"event_type\":\"text-generation\",\"text\":\"hi\"}\n",
    "{\"event_type\":\"stream-end\",\"is_finished\":true,\"response\":{\"text\":\"hi\"}}\n",
    "{\"input\":[",
    "{\"input\":\"hi\",",
    "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}",
    "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"x\"}",
    "{\"type\":\"custom_tool_call\",\"call_id\":\"d\",\"name\":\"f\",\"input\":\"x\"}",
    "{\"type\":\"reasoning\",\"id\":\"rs_n_0\",\"summary\":[{\"text\":\"x\"}],\"encrypted_content\":\"thinking.x\"}",
    "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\"}]}",
    "\"instructions\":\"x\"",
    "\"tools\":[{\"type\":\"custom\",\"name\":\"f\"}]",
    "\"include\":[\"reasoning.encrypted_content\"]",
    "{\"prompt\":\"A hat.\",\"seconds\":\"8\",\"size\":\"1280x720\",",
    "\"input_reference\":{\"image_url\":\"data:image/png;base64,aGk=\"}",
    "{\"name\":\"models/m/operations/a\",\"done\":true,\"response\":{",
    "\"videos\":[{\"bytesBase64Encoded\":\"aGk=\"}]",
    "\"generateVideoResponse\":{\"generatedSamples\":[{\"video\":{\"uri\":\"/files/a:download\"}}]}",
    "{\"invocationArn\":\"arn:a/b\",\"status\":\"Completed\",\"outputDataConfig\":{\"s3OutputDataConfig\":{\"s3Uri\":\"s3://a/b\"}}}",
    "--x",
    "--x--",
    "\r\n--x\r\n",
    "content-disposition: form-data; name=file; filename=\"a/b\"\r\n",
    "content-disposition: form-data; name=prompt\r\n\r\nA hat.",
    "content-disposition: form-data; name=purpose\r\n\r\nvision",
    "content-disposition: form-data; name=input_reference; filename=a.png\r\nContent-Type: image/png\r\n\r\n",
    "\u{0}",
    "\u{1f}",
];

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

/// Inputs lie in folders that are named as the targets of `fuzz/`: `sse`, `stream_openai`, `reply`, ….
#[test]
fn what_fuzzers_found_stays_fixed() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/found");
    for folder in fs::read_dir(found).unwrap() {
        for input in fs::read_dir(folder.unwrap().path()).unwrap() {
            each_target(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}
