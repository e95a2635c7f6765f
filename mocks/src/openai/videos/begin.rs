//! A video that begins: what it will be, from the request and from the video that it is made of.

use serde_json::{Value, json};

use super::kept::Kept;
use super::{CREATE, EXTEND, REMIX, edges};
use crate::film::{Film, LONGEST};
use crate::openai::headers;
use crate::openai::refuse::error;
use crate::openai::resource::tick;
use crate::provider::{Call, Made, Whole};
use crate::script::{Failure, Reply};

/// Pictures a second.
const RATE: u32 = 30;
/// What is made where nothing else is asked for.
const MODEL: &str = "sora-2";
const SIZE: &str = "720x1280";
const SECONDS: u32 = 4;

/// What was asked for, queued.
pub(in crate::openai) fn make(call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
    let source = source(call)?;
    let (model, size, seconds) = looks(call, source.as_ref());
    if seconds > LONGEST {
        let message = format!("A video may have {LONGEST} seconds, but this one would have {seconds}.");
        return Err(error(message, Some("seconds"), ""));
    }
    let film = Film::begin(call, reply, "", edges(&size), seconds, RATE);
    let id = format!("video_{}", call.draw.hex("video", 48));
    let video = json!({
        "id": id,
        "object": "video",
        "created_at": tick(call),
        "status": "queued",
        "completed_at": null,
        "error": null,
        "expires_at": null,
        "model": model,
        "progress": 0,
        "prompt": call.body["prompt"],
        "remixed_from_video_id": source.filter(|_| call.operation != EXTEND).map(|kept| kept.video["id"].clone()),
        "seconds": seconds.to_string(),
        "size": size,
    });
    Kept { video: video.clone(), film }.keep(call);
    let headers = headers::plain(&call.draw, "application/json");
    Ok(Made::Whole(Whole { status: 200, headers, body: video.to_string().into() }))
}

/// The video that this one is made of, where it is one of the service's own and ready.
fn source(call: &Call<'_>) -> Result<Option<Kept>, Failure> {
    let id = match call.operation {
        CREATE => return Ok(None),
        REMIX => call.found.and_then(|found| found.parameter("video_id")),
        _ => call.body["video"]["id"].as_str().map(str::to_owned),
    };
    let Some(id) = id else { return Ok(None) };
    let kept = Kept::find(call, &id)?;
    kept.is_ready().map(|()| Some(kept))
}

/// Model, size, and seconds: as they are asked for, or as the other video has them. One that goes on is as long as both.
fn looks(call: &Call<'_>, source: Option<&Kept>) -> (String, String, u32) {
    let of = |name: &str| source.and_then(|kept| kept.video[name].as_str());
    let text = |name: &str, usual: &str| asked(call.body, name, of(name).unwrap_or(usual)).to_owned();
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    let (more, before) = (number(call.body["seconds"].as_str()), number(of("seconds")));
    let seconds = match call.operation {
        EXTEND => more.unwrap_or(SECONDS).saturating_add(before.unwrap_or_default()),
        _ => more.or(before).unwrap_or(SECONDS),
    };
    (text("model", MODEL), text("size", SIZE), seconds)
}

/// A member's text, or what stands for it where it says nothing.
pub(super) fn asked<'a>(body: &'a Value, name: &str, usual: &'a str) -> &'a str {
    body[name].as_str().filter(|text| !text.is_empty()).unwrap_or(usual)
}
