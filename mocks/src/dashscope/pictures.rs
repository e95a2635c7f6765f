//! Pictures in one call, by their addresses:
//! [Qwen's](https://docs.qwencloud.com/api-reference/image-generation/qwen-text-to-image), and those of Wan 2.6.

use serde_json::{Value, json};

use super::order::{Order, rules};
use crate::provider::Call;
use crate::script::{Failure, Finish, Kind, Reply};

/// The body of an answer.
pub(super) fn body(call: &Call<'_>, reply: &Reply) -> Result<Value, Failure> {
    if reply.finish == Some(Finish::ContentFilter) {
        return Err(Failure { kind: Some(Kind::ContentFilter), ..Failure::default() });
    }
    let absent = || Failure { kind: Some(Kind::NotFound), ..Failure::default() };
    let rules = rules(call.body).ok_or_else(absent)?;
    let order = Order::of(call, rules);
    let (count, (width, height)) = (order.seeds.len(), order.size);
    let choice = |content: Vec<Value>| json!({ "finish_reason": "stop", "message": { "role": "assistant", "content": content } });
    let addresses = order.seeds.iter().map(|seed| order.address(call.request, *seed));
    let (output, usage) = if rules.is_by_choice {
        let choices: Vec<_> =
            addresses.map(|address| choice(vec![json!({ "image": address, "type": "image" })])).collect();
        let usage = json!({ "image_count": count, "size": format!("{width}*{height}"), "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        (json!({ "choices": choices, "finished": true }), usage)
    } else {
        let content = addresses.map(|address| json!({ "image": address })).collect();
        (
            json!({ "choices": [choice(content)] }),
            json!({ "image_count": count, "width": width, "height": height }),
        )
    };
    Ok(json!({ "output": output, "usage": usage, "request_id": call.draw.uuid("request") }))
}
