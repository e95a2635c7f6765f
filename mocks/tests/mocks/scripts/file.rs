//! A script as it is written in a file.

use mocks::script::{Block, Script};

#[test]
fn an_unknown_member_is_an_error_that_names_it() {
    for (text, member) in [
        (r#"{"match":{},"replies":[],"x_a":1}"#, "x_a"),
        (r#"{"match":{"x_b":1},"replies":[]}"#, "x_b"),
        (r#"{"replies":[{"x_c":1}]}"#, "x_c"),
        (r#"{"replies":[{"content":[{"x_d":"t"}]}]}"#, "x_d"),
        (r#"{"replies":[{"content":[{"tool_call":{"name":"f","x_e":1}}]}]}"#, "x_e"),
        (r#"{"replies":[{"fault":{"x_f":1}}]}"#, "x_f"),
        (r#"{"replies":[{"fault":{"cut":{"x_g":1}}}]}"#, "x_g"),
        (r#"{"replies":[{"error":{"x_h":1}}]}"#, "x_h"),
        (r#"{"replies":[{"usage":{"x_i":1}}]}"#, "x_i"),
        (r#"{"replies":[{"finish":"x_j"}]}"#, "x_j"),
    ] {
        let problem = serde_json::from_str::<Script>(text).unwrap_err().to_string();
        assert!(problem.contains(member), "{problem}");
        let problem = serde_saphyr::from_str::<Script>(text).unwrap_err().to_string();
        assert!(problem.contains(member), "{problem}");
    }
}

#[test]
fn the_documented_form_is_read() {
    let text = r#"
match: { contains: "[[ts:0001]]" }
replies:
  - content:
      - text: ["Hel", "lo"]
      - reasoning: { text: ["Let me"], signature: "c2ln" }
      - tool_call: { id: call_1, name: weather, arguments: ["{\"city\":", "\"Paris\"}"] }
      - refusal: "I can't"
    finish: stop
    usage: { prompt: 9, completion: 4, cached: 3, cache_write: 2, reasoning: 1 }
    headers: { retry-after: "7" }
    fault: { cut: { after_event: 3, how: rst }, write_bytes: 1, stall: { after_event: 1 }, malformed: { event: 2 } }
  - error: { status: 429, kind: rate_limit, message: "slow down" }
"#;
    let script: Script = serde_saphyr::from_str(text).unwrap();
    assert_eq!(script.replies.len(), 2);
    let blocks = script.replies[0].content.as_ref().unwrap();
    assert_eq!(blocks[0], Block::Text(["Hel", "lo"].into()));
    assert_eq!(blocks[3], Block::Refusal("I can't".into()));
    assert_eq!(script.replies[1].error.as_ref().unwrap().status, Some(429));
}
