//! What the server tells of its work in headers.

use crate::answer::Answer;
use crate::provider::{Call, Headers};
use crate::seed::Draw;

const COMPUTE: &str = "1-nvidia-l4";

/// Headers of a whole reply.
pub(super) fn of_reply(call: &Call<'_>, answer: &Answer<'_>) -> Headers {
    let mut headers = plain(&call.draw, "application/json");
    headers.extend(of_work(call, answer));
    headers
}

/// What was done, and how long it took.
pub(crate) fn of_work(call: &Call<'_>, answer: &Answer<'_>) -> Headers {
    let steps = ["validation", "queue", "inference"].map(|step| (step, 1 + call.draw.number(step, 200)));
    let total: u64 = steps.iter().map(|(_, time)| time).sum();
    let (prompt, completion) = (answer.usage.prompt, answer.usage.completion);
    let mut headers = Headers::new();
    let mut add = |name: &'static str, value: String| headers.push((name.into(), value.into()));
    add("x-compute-type", COMPUTE.to_owned());
    add("x-compute-time", format!("{}.{:03}", total / 1_000, total % 1_000));
    add("x-compute-characters", characters(call).to_string());
    add("x-total-time", total.to_string());
    for (name, (_, time)) in ["x-validation-time", "x-queue-time", "x-inference-time"].into_iter().zip(steps)
    {
        add(name, time.to_string());
    }
    add("x-time-per-token", (steps[2].1 / completion.max(1)).to_string());
    add("x-prompt-tokens", prompt.to_string());
    add("x-generated-tokens", completion.to_string());
    headers
}

/// Headers of a stream.
pub(super) fn of_stream(call: &Call<'_>) -> Headers {
    let mut headers = plain(&call.draw, "text/event-stream");
    headers.push(("cache-control".into(), "no-cache".into()));
    headers.push(("x-compute-type".into(), COMPUTE.into()));
    headers.push(("x-compute-characters".into(), characters(call).to_string().into()));
    headers.push(("x-accel-buffering".into(), "no".into()));
    headers
}

/// Headers of any reply.
pub(super) fn plain(draw: &Draw, content_type: &'static str) -> Headers {
    vec![
        ("content-type".into(), content_type.into()),
        ("access-control-allow-origin".into(), "*".into()),
        ("vary".into(), "origin, access-control-request-method, access-control-request-headers".into()),
        ("date".into(), draw.http_date().into()),
    ]
}

fn characters(call: &Call<'_>) -> usize {
    call.body["inputs"]
        .as_str()
        .map_or_else(|| call.body["messages"].to_string().len(), |text| text.chars().count())
}
