//! Veo's operations at [the Gemini API](https://ai.google.dev/gemini-api/docs/video).
//!
//! | member | Veo |
//! |---|---|
//! | `prompt` | `instances[0].prompt` |
//! | `input_reference` | `instances[0].image` |
//! | `seconds` | `parameters.durationSeconds` |
//! | `size` | `parameters.aspectRatio`, and `resolution` by the shorter edge; one between two is named as dropped |
//! | its own members | `parameters`: [`OWN`] |

use serde::Deserialize;

use super::video::{BLOCKED, FAILED};
use super::{Name, Order, Place, Sent, Status, Step, Video, unlisted};
use crate::call::{self, Auth, Losses, Target};
use crate::images::ratio;
use crate::json::Object;
use crate::{Error, path};

/// Parameters of Veo's that OpenAI has no words for. Vertex AI has more.
const OWN: &[&str] = &["enhancePrompt", "negativePrompt", "personGeneration", "resolution", "seed"];
const RATIOS: &[&str] = &["16:9", "9:16"];
/// Shorter edges, and what their resolution is called.
const RESOLUTIONS: &[(u32, &str)] = &[(720, "720p"), (1080, "1080p"), (2160, "4k")];
/// What is made where nothing is asked for.
const SECONDS: u64 = 8;
const WHAT: &str = "operation";

pub(super) fn begin(order: &mut Order<'_>, losses: &mut Losses) -> Result<Sent, Error> {
    let body = write(order, OWN, losses);
    let path = format!("{}:predictLongRunning", place_of(order.model())?);
    let target = Target { model: order.model().to_owned(), ..target(path, "/models/") };
    Ok(Sent { method: "POST", target, body: Some(("application/json".to_owned(), body)) })
}

/// A model, in paths.
fn place_of(model: &str) -> Result<String, Error> {
    Ok(format!("/v1beta/models/{}", path::segment(model.strip_prefix("models/").unwrap_or(model))?))
}

fn target(path: String, anchor: &'static str) -> Target {
    Target {
        auth: Auth::Header("x-goog-api-key"),
        anchor: Some(anchor),
        ..Target::new(path, String::new(), false)
    }
}

/// The body, as both of Google's services take it, with those of `own` that are asked for. Length and size of the order are then those
/// that are asked for.
pub(super) fn write(order: &mut Order<'_>, own: &[&str], losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 + order.prompt.len());
    let mut body = Object::new(&mut out);
    {
        let mut instances = body.array("instances");
        let mut instance = instances.object();
        instance.string("prompt", &order.prompt);
        if let Some(picture) = &order.picture {
            let mut image = instance.object("image");
            image.string("bytesBase64Encoded", &picture.data);
            image.string("mimeType", &picture.media_type);
        }
    }
    {
        let mut parameters = body.object("parameters");
        if let Some(size) = order.size {
            let (ratio, is_exact) = ratio(size, RATIOS);
            parameters.word("aspectRatio", ratio);
            let short = size.0.min(size.1);
            let named = RESOLUTIONS.iter().find(|(edge, _)| *edge == short && is_exact);
            match named.filter(|_| order.others.get("resolution").is_none()) {
                Some((_, resolution)) => parameters.word("resolution", resolution),
                None => losses.drop("size"),
            }
        }
        if let Some(seconds) = order.seconds {
            parameters.number("durationSeconds", seconds);
        }
        order.others.put(own, &mut parameters);
        order.others.drop_but(own, losses);
    }
    drop(body);
    order.size = Some(made(order));
    order.seconds.get_or_insert(SECONDS);
    out
}

/// How large the video will be.
fn made(order: &Order<'_>) -> (u32, u32) {
    let is_tall = order.size.is_some_and(|(width, height)| width < height);
    let asked = order.others.get("resolution").map(|value| value.trim_matches('"'));
    let by_name = |name: &str| RESOLUTIONS.iter().find(|(_, known)| *known == name).map(|(edge, _)| *edge);
    let by_size = order.size.filter(|size| ratio(*size, RATIOS).1).map(|(width, height)| width.min(height));
    let short =
        asked.and_then(by_name).or(by_size.filter(|short| RESOLUTIONS.iter().any(|(edge, _)| edge == short)));
    let short = short.unwrap_or(720);
    let long = short / 9 * 16;
    if is_tall { (short, long) } else { (long, short) }
}

pub(super) fn step(step: Step<'_>) -> Result<Sent, Error> {
    let file = |method, name: &str, end| {
        let path = format!("/v1beta/files/{}{end}", path::segment(name)?);
        Ok(Sent { method, target: target(path, "/files/"), body: None })
    };
    match step {
        Step::Look(name) => {
            let path = format!("{}/operations/{}", place_of(&name.model)?, path::segment(&name.native)?);
            Ok(Sent { method: "GET", target: target(path, "/models/"), body: None })
        }
        Step::Fetch(Place::File(name)) => {
            let mut sent = file("GET", name, ":download")?;
            sent.target.query.push(("alt", "media".to_owned()));
            Ok(sent)
        }
        Step::Forget(_, Place::File(name)) => file("DELETE", name, ""),
        Step::Fetch(_) | Step::Forget(..) => {
            Err(Error::Malformed { what: WHAT, why: "its video is no file".to_owned() })
        }
        Step::List { .. } => Err(unlisted()),
    }
}

#[derive(Deserialize)]
pub(super) struct Operation<R> {
    name: String,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    pub(super) error: Option<Failure>,
    #[serde(default = "none")]
    pub(super) response: Option<R>,
}

fn none<R>() -> Option<R> {
    None
}

#[derive(Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    generate_video_response: Option<Samples>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Samples {
    generated_samples: Vec<Sample>,
    rai_media_filtered_reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Sample {
    video: Uri,
}

#[derive(Deserialize)]
struct Uri {
    uri: String,
}

/// What a video is that was just begun, at both services: operations are named by the last part.
pub(super) fn begun(body: &[u8], order: &Order<'_>, now: u64) -> Result<Video, Error> {
    let operation: Operation<serde::de::IgnoredAny> = call::read(WHAT, body)?;
    let native = operation.name.rsplit('/').next().unwrap_or_default().to_owned();
    let name = Name {
        native,
        model: order.model().to_owned(),
        size: order.size.unwrap_or_default(),
        seconds: order.seconds.unwrap_or_default(),
        created: now,
    };
    Ok(Video { name, status: Status::Queued, prompt: None, completed: None, expires: None })
}

/// What a look found: `videos`, and why some of them are missing.
pub(super) fn status<R>(operation: &Operation<R>, videos: usize, reasons: &[String]) -> Status {
    match &operation.error {
        _ if !operation.done => Status::InProgress,
        Some(error) => Status::Failed { code: FAILED, message: error.message.clone() },
        None if videos > 0 => Status::Completed,
        None => {
            let why = if reasons.is_empty() { "no reason is given".to_owned() } else { reasons.join("; ") };
            Status::Failed { code: BLOCKED, message: format!("the model made no video: {why}") }
        }
    }
}

pub(super) fn looked(body: &[u8], name: &Name) -> Result<Video, Error> {
    let mut operation: Operation<Response> = call::read(WHAT, body)?;
    let samples = operation.response.take().and_then(|response| response.generate_video_response);
    let samples = samples.unwrap_or_default();
    let status = status(&operation, samples.generated_samples.len(), &samples.rai_media_filtered_reasons);
    Ok(Video { name: name.clone(), status, prompt: None, completed: None, expires: None })
}

/// The file of the first sample: `…/files/<name>:download?alt=media`.
pub(super) fn place(body: &[u8]) -> Result<Place, Error> {
    let operation: Operation<Response> = call::read(WHAT, body)?;
    let samples =
        operation.response.and_then(|response| response.generate_video_response).unwrap_or_default();
    let uri = samples.generated_samples.into_iter().next().map(|sample| sample.video.uri).unwrap_or_default();
    let name = uri.split_once("/files/").map_or("", |(_, name)| name);
    let name = name.split([':', '?']).next().unwrap_or_default();
    if name.is_empty() {
        return Err(Error::Malformed { what: WHAT, why: "its video is no file".to_owned() });
    }
    Ok(Place::File(name.to_owned()))
}
