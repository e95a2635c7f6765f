//! Invocations of [Nova Reel](https://docs.aws.amazon.com/nova/latest/userguide/video-gen-access.html), which leave their videos in a bucket.
//!
//! | member | Nova Reel |
//! |---|---|
//! | `prompt` | `textToVideoParams.text`, or from twelve seconds on `multiShotAutomatedParams.text` |
//! | `input_reference` | `textToVideoParams.images`, of a PNG or JPEG |
//! | `seconds` | 6, or a multiple of six from 12 to 120; any other is the nearest of these, and named as dropped |
//! | `size` | 1280x720; any other is named as dropped |
//! | its own members | `videoGenerationConfig`: `fps`, `seed` |

use serde::Deserialize;

use super::video::{BLOCKED, FAILED};
use super::{Name, Order, Place, Sent, Status, Step, Video, unlisted};
use crate::call::{self, Auth, Losses, Options, Target};
use crate::json::Object;
use crate::time::seconds as seconds_of;
use crate::{Error, buckets, path};

const MODEL: &str = "amazon.nova-reel";
const SIZE: (u32, u32) = (1280, 720);
/// Of a shot.
const SHOT: u64 = 6;
const LONGEST: u64 = 120;
/// Members of the model's own. It takes no other number of pictures a second than this.
const OWN: &[&str] = &["fps", "seed"];
const FPS: &str = "24";
const INVOCATIONS: &str = "/async-invoke";
const WHAT: &str = "invocation";

pub(super) fn begin(
    order: &mut Order<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
) -> Result<Sent, Error> {
    let model = order.model().to_owned();
    if !model.contains(MODEL) {
        let why = "this model of Bedrock is not known to make videos: Nova Reel is";
        return Err(Error::request("model", why));
    }
    let Some(bucket) = options.video_output else {
        let message = "no bucket is configured to which Bedrock's videos go: video_output_s3_uri".to_owned();
        return Err(Error::Request { message, param: None });
    };
    let seconds = length(order, losses);
    if order.size.is_some_and(|size| size != SIZE) {
        losses.drop("size");
    }
    let mut out = Vec::with_capacity(512 + order.prompt.len());
    let mut body = Object::new(&mut out);
    body.string("modelId", &model);
    input(order, seconds, body.object("modelInput"), losses)?;
    body.object("outputDataConfig").object("s3OutputDataConfig").string("s3Uri", bucket);
    drop(body);
    (order.seconds, order.size) = (Some(seconds), Some(SIZE));
    let target = Target { model, ..target(INVOCATIONS.to_owned()) };
    Ok(Sent { method: "POST", target, body: Some(("application/json".to_owned(), out)) })
}

/// One shot, or a story of several; with a picture it is one.
fn length(order: &Order<'_>, losses: &mut Losses) -> u64 {
    let asked = order.seconds.unwrap_or(SHOT);
    let made = match asked {
        _ if order.picture.is_some() => SHOT,
        0..=8 => SHOT,
        _ => ((asked + SHOT / 2) / SHOT * SHOT).clamp(2 * SHOT, LONGEST),
    };
    if made != asked {
        losses.drop("seconds");
    }
    made
}

fn input(order: &Order<'_>, seconds: u64, mut input: Object<'_>, losses: &mut Losses) -> Result<(), Error> {
    if seconds == SHOT {
        input.word("taskType", "TEXT_VIDEO");
        let mut params = input.object("textToVideoParams");
        params.string("text", &order.prompt);
        if let Some(picture) = &order.picture {
            let format = match &*picture.media_type {
                "image/png" => "png",
                "image/jpeg" => "jpeg",
                _ => return Err(Error::request("input_reference", "this model begins with a PNG or a JPEG")),
            };
            let mut images = params.array("images");
            let mut image = images.object();
            image.word("format", format);
            image.object("source").string("bytes", &picture.data);
        }
    } else {
        input.word("taskType", "MULTI_SHOT_AUTOMATED");
        input.object("multiShotAutomatedParams").string("text", &order.prompt);
    }
    let mut config = input.object("videoGenerationConfig");
    config.number("durationSeconds", seconds);
    config.word("dimension", "1280x720");
    if order.others.get("fps").is_none() {
        config.raw("fps", FPS);
    }
    order.others.put(OWN, &mut config);
    order.others.drop_but(OWN, losses);
    Ok(())
}

fn target(path: String) -> Target {
    let auth = Auth::SigV4 { service: "bedrock" };
    Target { auth, anchor: Some(INVOCATIONS), ..Target::new(path, String::new(), false) }
}

pub(super) fn step(step: Step<'_>) -> Result<Sent, Error> {
    match step {
        Step::Look(name) => {
            let path = format!("{INVOCATIONS}/{}", path::segment(&name.native)?);
            Ok(Sent { method: "GET", target: target(path), body: None })
        }
        Step::Fetch(Place::Bucket { bucket, key }) => object("GET", bucket, key),
        Step::Forget(_, Place::Bucket { bucket, key }) => object("DELETE", bucket, key),
        Step::Fetch(_) | Step::Forget(..) => {
            Err(Error::Malformed { what: WHAT, why: "its video is in no bucket".to_owned() })
        }
        Step::List { .. } => Err(unlisted()),
    }
}

fn object(method: &'static str, bucket: &str, key: &str) -> Result<Sent, Error> {
    Ok(Sent { method, target: buckets::object(&format!("{bucket}/{key}"))?, body: None })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    invocation_arn: String,
}

pub(super) fn begun(body: &[u8], order: &Order<'_>, now: u64) -> Result<Video, Error> {
    let begun: Begun = call::read(WHAT, body)?;
    let name = Name {
        native: begun.invocation_arn,
        model: order.model().to_owned(),
        size: order.size.unwrap_or(SIZE),
        seconds: order.seconds.unwrap_or(SHOT),
        created: now,
    };
    Ok(Video { name, status: Status::Queued, prompt: None, completed: None, expires: None })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    status: String,
    failure_message: Option<String>,
    end_time: Option<String>,
    output_data_config: Output,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    s3_output_data_config: Bucket,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bucket {
    s3_uri: String,
}

pub(super) fn looked(body: &[u8], name: &Name) -> Result<Video, Error> {
    let invocation: Invocation = call::read(WHAT, body)?;
    let status = match &*invocation.status {
        "Completed" => Status::Completed,
        "Failed" => {
            let message = invocation.failure_message.unwrap_or_else(|| "no reason is given".to_owned());
            let code = if message.contains("content filters") { BLOCKED } else { FAILED };
            Status::Failed { code, message }
        }
        _ => Status::InProgress,
    };
    let ended = invocation.end_time.as_deref().and_then(seconds_of);
    let completed = ended.filter(|_| status == Status::Completed);
    Ok(Video { name: name.clone(), status, prompt: None, completed, expires: None })
}

/// `output.mp4`, in the folder of the invocation, which is below the configured one or that folder itself.
pub(super) fn place(body: &[u8], name: &Name) -> Result<Place, Error> {
    let invocation: Invocation = call::read(WHAT, body)?;
    let malformed = || Error::Malformed { what: WHAT, why: "its output is in no bucket".to_owned() };
    let uri = invocation.output_data_config.s3_output_data_config.s3_uri;
    let (bucket, folder) = uri
        .strip_prefix("s3://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        .ok_or_else(malformed)?;
    let id = name.native.rsplit('/').next().unwrap_or_default();
    let folder = folder.trim_matches('/');
    let key = match folder.rsplit('/').next() {
        Some("") | None => format!("{id}/output.mp4"),
        Some(last) if last == id => format!("{folder}/output.mp4"),
        Some(_) => format!("{folder}/{id}/output.mp4"),
    };
    Ok(Place::Bucket { bucket: bucket.to_owned(), key })
}
