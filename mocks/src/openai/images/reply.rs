//! Pictures in the service's words: whole, or as the events of a stream.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::order::Order;
use super::{EDIT, address};
use crate::answer::Usage;
use crate::media::Picture;
use crate::openai::headers;
use crate::provider::{Call, Event, Made, Stream, Whole};
use crate::wire::sse;

/// All of them at once.
pub(super) fn whole(call: &Call<'_>, order: &Order) -> Made {
    let item = |(seed, picture): &(u64, Picture)| {
        let mut item = match order.by_address {
            true => json!({ "url": address::of(call.request, *seed, picture, order.format) }),
            false => json!({ "b64_json": BASE64_STANDARD.encode(picture.write(order.format)) }),
        };
        if let Some(revised) = &order.revised {
            item["revised_prompt"] = revised.as_str().into();
        }
        item
    };
    let data: Vec<Value> = order.pictures.iter().map(item).collect();
    let mut body = json!({ "created": call.draw.created(), "data": data });
    let count = order.pictures.len() as u64;
    if order.rules.is_gpt {
        for (name, value) in looks(order) {
            body[name] = value;
        }
        body["usage"] = usage(order, count);
    }
    let headers = headers::of_reply(&call.draw, counted(order, count), "application/json");
    Made::Whole(Whole { status: 200, headers, body: body.to_string().into() })
}

/// One after the other, with what is seen of each on the way.
pub(super) fn stream(call: &Call<'_>, order: &Order) -> Made {
    let kind = if call.operation == EDIT { "image_edit" } else { "image_generation" };
    let created = call.draw.created();
    let event = |name: &str, bytes: &[u8], more: Value| {
        let name = format!("{kind}.{name}");
        let mut data =
            json!({ "type": name, "b64_json": BASE64_STANDARD.encode(bytes), "created_at": created });
        let more = more.as_object().cloned().unwrap_or_default();
        for (name, value) in
            more.into_iter().chain(looks(order).map(|(name, value)| (name.to_owned(), value)))
        {
            data[name] = value;
        }
        let bytes = sse::frame(&name, data.to_string().as_bytes());
        Event { name: name.into(), bytes }
    };
    let mut events = Vec::new();
    for (_, picture) in &order.pictures {
        for step in 0..order.partial {
            let seen = picture.partial(step, order.partial).write(order.format);
            events.push(event("partial_image", &seen, json!({ "partial_image_index": step })));
        }
        events.push(event("completed", &picture.write(order.format), json!({ "usage": usage(order, 1) })));
    }
    let count = order.pictures.len() as u64;
    let headers = headers::of_reply(&call.draw, counted(order, count), "text/event-stream; charset=utf-8");
    Made::Stream(Stream { headers, events })
}

/// How the pictures look.
fn looks(order: &Order) -> [(&'static str, Value); 4] {
    let format = order.format.media().strip_prefix("image/").unwrap_or_default();
    [
        ("background", if order.is_transparent { "transparent" } else { "opaque" }.into()),
        ("output_format", format.into()),
        ("quality", order.quality.into()),
        ("size", order.size().into()),
    ]
}

fn usage(order: &Order, pictures: u64) -> Value {
    let (input, output) = (order.text_tokens + order.image_tokens, order.tokens() * pictures);
    json!({
        "input_tokens": input,
        "input_tokens_details": { "text_tokens": order.text_tokens, "image_tokens": order.image_tokens },
        "output_tokens": output,
        "total_tokens": input + output,
    })
}

fn counted(order: &Order, pictures: u64) -> Usage {
    let prompt = order.text_tokens + order.image_tokens;
    Usage { prompt, completion: order.tokens() * pictures, ..Usage::default() }
}
