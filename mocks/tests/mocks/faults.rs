//! Each fault, seen in the bytes on the socket.

use mocks::script::{Cut, Fault, How, Reply, Script};
use serde_json::json;

use crate::client::chat;

#[tokio::test]
async fn a_reset_cuts_behind_the_byte_it_names() {
    let mocks = mocks::start().await.unwrap();
    let cut = Cut { after_byte: Some(100), how: How::Rst, ..Cut::default() };
    let fault = Fault { cut: Some(cut), ..Fault::default() };
    mocks.add(Script::new("[[rst]]", Reply::text(["a", "b"]).with_fault(fault)));
    let body =
        json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "[[rst]]" }] });
    let reply = chat(&mocks, "openai", &body).await;
    assert!(reply.reset && !reply.complete);
    assert_eq!(reply.body.len(), 100);
}
