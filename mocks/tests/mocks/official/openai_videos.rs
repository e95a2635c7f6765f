//! OpenAI's client on videos, which `PyAV` decodes.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{played, raised};

/// Mocks that know the script's markers, and that a video with `[[broken]]` in it fails.
pub(crate) async fn mocks() -> Mocks {
    let mocks = played().await;
    let progress = Progress { looks: 0, end: End::Failed, lines: None };
    mocks.add(Script::new("[[broken]]", Reply { progress: Some(progress), ..Reply::default() }));
    mocks
}

/// What `PyAV` must see of a video of this size and length.
pub(crate) fn shown((width, height): (u32, u32), seconds: u32, rate: u32) -> Value {
    json!({
        "format": "mov,mp4,m4a,3gp,3g2,mj2",
        "codec": ["h264", "Constrained Baseline"],
        "size": [width, height],
        "seconds": f64::from(seconds),
        "rate": rate,
        "frames": [seconds * rate, seconds],
        "moves": true,
        "times": true,
    })
}

/// The same but for its colours: at most two, and two at the end.
pub(crate) fn is_shown(mut seen: Value, expected: &Value) {
    let colours = seen.as_object_mut().unwrap().remove("colours").unwrap();
    assert_eq!(&seen, expected);
    let colours: Vec<_> = colours.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    assert!(colours.iter().all(|count| *count <= 2) && colours.last() == Some(&2), "{colours:?}");
}

#[tokio::test]
async fn openais_client_understands_videos() {
    let mocks = mocks().await;
    let Some(seen) = NEWEST.run_with("openai_videos.py", &[&mocks.url("openai"), "openai"]).await else {
        return;
    };
    println!("{seen:#}");
    let made = &seen["made"];
    assert_eq!(made["begun"], json!(["video", "sora-2", "8", "1280x720", "a hat", true]));
    assert_eq!(made["states"], json!([["queued", 0], ["in_progress", 50], ["completed", 100]]));
    assert_eq!((&made["times"], &made["type"]), (&json!([true, true]), &json!("video/mp4")));
    is_shown(made["seen"].clone(), &shown((1280, 720), 8, 30));
    let variants = json!({
        "video": ["video/mp4", [720, 1280]],
        "thumbnail": ["image/webp", [720, 1280]],
        "spritesheet": ["image/jpeg", [720, 320]],
    });
    assert_eq!(seen["variants"], variants);
    assert_eq!(seen["polled"], json!(["completed", "sora-2", "4", "720x1280"]));
    let as_before = json!(["1280x720", "4", true]);
    let others = json!([as_before, as_before, ["1280x720", "12", false], ["720x1280", "4", false], 12.0]);
    assert_eq!(seen["made_of_others"], others);
    assert_eq!(seen["from_a_picture"], "queued");
    assert_eq!(seen["pages"], json!([["page 2", "page 1", "page 0"], true, true]));
    let deleted = &seen["deleted"];
    assert_eq!(
        (&deleted[0], &deleted[1], &deleted[2]),
        (&json!(true), &json!("video.deleted"), &json!(true))
    );
    raised(&deleted[3], "NotFoundError", "APIStatusError", Some(404), "not found");
    for (end, code) in [("blocked", "moderation_blocked"), ("broken", "internal_error")] {
        let failed = &seen["failed"][end];
        assert_eq!((&failed[0], &failed[1]), (&json!("failed"), &json!(code)));
        raised(&failed[2], "NotFoundError", "APIStatusError", Some(404), "not ready");
    }
    errors(&seen["errors"]);
    super::every_reply_fits(&mocks, "openai");
    // Seconds, and the prompt.
    super::nothing_is_strange(&mocks, 2);
}

/// Sora 2 at Azure, with errors of its own.
#[tokio::test]
async fn openais_client_understands_azures_videos() {
    let mocks = mocks().await;
    let Some(seen) = NEWEST.run_with("openai_videos.py", &[&mocks.url("azure"), "azure-v1"]).await else {
        return;
    };
    assert_eq!(seen["made"]["states"], json!([["queued", 0], ["in_progress", 50], ["completed", 100]]));
    is_shown(seen["made"]["seen"].clone(), &shown((1280, 720), 8, 30));
    let errors = &seen["errors"];
    raised(&errors["early"], "NotFoundError", "APIStatusError", Some(404), "not ready");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Access denied");
}

/// Those whom Hugging Face's router leads to.
#[tokio::test]
async fn openais_client_understands_videos_behind_a_router() {
    let mocks = mocks().await;
    let Some(seen) = NEWEST.run_with("openai_videos.py", &[&mocks.url("huggingface"), "huggingface"]).await
    else {
        return;
    };
    assert_eq!(seen["made"]["states"], json!([["queued", 0], ["in_progress", 50], ["completed", 100]]));
    is_shown(seen["made"]["seen"].clone(), &shown((1280, 720), 8, 30));
    assert_eq!(seen["deleted"][1], "video.deleted");
    raised(&seen["errors"]["key"], "AuthenticationError", "APIStatusError", Some(401), "");
}

fn errors(errors: &Value) {
    let refused = |name: &str, text: &str| {
        raised(&errors[name], "BadRequestError", "APIStatusError", Some(400), text);
    };
    refused("variant", "'video', 'thumbnail', and 'spritesheet'");
    refused("seconds", "Invalid value: '5'. Supported values are: '4', '8', '12', '16', and '20'.");
    refused("size", "Invalid value: '1792x1024'. Supported values are: '720x1280' and '1280x720'.");
    refused("prompt", "Invalid 'prompt': empty string.");
    refused("mimetype", "Invalid file 'input_reference': unsupported mimetype ('text/plain')");
    refused("edges", "Inpaint image must match the requested width and height");
    refused("early_delete", "Cannot delete a video with status 'queued'.");
    for (name, text) in
        [("early", "not ready"), ("early_remix", "not ready"), ("absent", "video_0"), ("cursor", "video_0")]
    {
        raised(&errors[name], "NotFoundError", "APIStatusError", Some(404), text);
    }
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Incorrect API key");
}
