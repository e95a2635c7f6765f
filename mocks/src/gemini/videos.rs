//! Videos of [Veo](https://ai.google.dev/gemini-api/docs/video): operations that are looked at until they are over. What they made is a file
//! of the service's at the Gemini API; at [Vertex AI](https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation)
//! its bytes, or where they were put.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::files::{self, File};
use super::{good, is_vertex, model};
use crate::film::{Film, State};
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind, Reply};

pub(crate) const BEGIN: &str = "predictLongRunning";
const LOOK: &str = "getModelOperation";
const FETCH: &str = "fetchPredictOperation";

/// The kind of objects on the shelf, by the last part of their names.
const KIND: &str = "video_operation";
/// Pictures a second, and seconds where none are asked for.
const RATE: u32 = 24;
const SECONDS: u64 = 8;
/// So long may they be, of [Veo 3](https://ai.google.dev/gemini-api/docs/video#veo-model-parameters) and of the older Veo 2.
const LENGTHS: &[f64] = &[4.0, 6.0, 8.0];
const OLDER: &[f64] = &[5.0, 6.0, 7.0, 8.0];

/// What is kept of an operation.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// `models/…/operations/…`, or the same below a project.
    name: String,
    films: Vec<Film>,
    /// Where to put them, at Vertex AI.
    storage: Option<String>,
    /// Names of the files that were made, once they are.
    files: Vec<String>,
}

/// This operation's name, if it is one of these that nothing is made for.
pub(crate) fn named(operation: &str) -> Option<&'static str> {
    [LOOK, FETCH].into_iter().find(|known| *known == operation)
}

/// The first rule that is broken.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = model(call);
    if call.operation == BEGIN && !model.starts_with("veo-") {
        return Err(super::check::absent(call, &model));
    }
    let parameters = &call.body["parameters"];
    let Some(asked) = parameters["durationSeconds"].as_f64() else { return Ok(()) };
    let lengths = if model.starts_with("veo-2") { OLDER } else { LENGTHS };
    let refused = |message: String| Err(Failure::new(Kind::InvalidRequest, message));
    if !lengths.contains(&asked) {
        let (least, most) = (lengths[0], lengths[lengths.len() - 1]);
        return refused(format!(
            "The number value for `durationSeconds` is out of bound. Please provide a value between {least} and {most}, inclusive."
        ));
    }
    let most = lengths[lengths.len() - 1];
    match parameters["resolution"].as_str() {
        Some(large @ ("1080p" | "4k")) if asked < most && !is_vertex(call.request) => refused(format!(
            "Resolution {large} requires duration seconds to be {most} seconds, but got {asked}"
        )),
        _ => Ok(()),
    }
}

/// Begins what was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Whole {
    let parameters = &call.body["parameters"];
    let seconds = parameters["durationSeconds"].as_u64().unwrap_or(SECONDS);
    let seconds = u32::try_from(seconds).unwrap_or(8);
    let size = size(parameters);
    let film = |number: u64| Film::begin(call, reply, &number.to_string(), size, seconds, RATE);
    let id = match is_vertex(call.request) {
        true => call.draw.uuid("operation"),
        false => call.draw.hex("operation", 12),
    };
    // Below the model, whatever version it was asked by.
    let path = call.request.path.trim_start_matches('/');
    let path = path.split_once('/').map_or(path, |(_, path)| path);
    let name = format!("{}/operations/{id}", path.trim_end_matches(":predictLongRunning"));
    let count = parameters["sampleCount"].as_u64().unwrap_or(1);
    let kept = Kept {
        name: name.clone(),
        films: (0..count).map(film).collect(),
        storage: parameters["storageUri"].as_str().map(str::to_owned),
        files: Vec::new(),
    };
    call.shelf.put(KIND, &id, &kept);
    good(call, &json!({ "name": name }))
}

/// [Sizes](https://ai.google.dev/gemini-api/docs/video#veo-model-parameters) by resolution and ratio.
fn size(parameters: &Value) -> (u32, u32) {
    let (long, short) = match parameters["resolution"].as_str() {
        Some("1080p") => (1920, 1080),
        Some("4k") => (3840, 2160),
        _ => (1280, 720),
    };
    if parameters["aspectRatio"] == "9:16" { (short, long) } else { (long, short) }
}

/// A look, which finds it further.
pub(super) fn answer(call: &Call<'_>) -> Result<Whole, Failure> {
    let name = match call.operation {
        FETCH => call.body["operationName"].as_str().unwrap_or_default().to_owned(),
        _ => {
            let operation = call.found.and_then(|found| found.parameter("operation")).unwrap_or_default();
            format!("models/{}/operations/{operation}", model(call))
        }
    };
    let id = name.rsplit('/').next().unwrap_or_default();
    let kept: Option<Kept> = call.shelf.get(KIND, id);
    let Some(mut kept) = kept.filter(|kept| kept.name == name) else {
        return Err(Failure::new(Kind::NotFound, format!("Operation {name} is not found.")));
    };
    for film in &mut kept.films {
        film.look();
    }
    let shown = kept.shown(call);
    call.shelf.put(KIND, id, &kept);
    Ok(good(call, &shown))
}

impl Kept {
    fn shown(&mut self, call: &Call<'_>) -> Value {
        let mut shown = json!({ "name": self.name });
        match self.films.first().map(Film::state) {
            None | Some(State::Waiting | State::Working(_)) => return shown,
            Some(State::Failed) => {
                let message = "Video generation failed due to an internal server issue. Please try again in a few minutes.";
                shown["error"] = json!({ "code": 13, "message": message });
            }
            Some(State::Blocked) => shown["response"] = self.blocked(call),
            Some(State::Done) => shown["response"] = self.done(call),
        }
        shown["done"] = true.into();
        shown
    }

    fn blocked(&self, call: &Call<'_>) -> Value {
        let why = "Veo could not generate videos because the input image violates usage guidelines. Support codes: 17301594";
        let missing = json!({ "raiMediaFilteredCount": self.films.len(), "raiMediaFilteredReasons": [why] });
        enclosed(call, missing)
    }

    fn done(&mut self, call: &Call<'_>) -> Value {
        if !is_vertex(call.request) {
            self.keep(call);
            let base = files::base(call);
            let sample = |id: &String| json!({ "video": { "uri": format!("{base}/v1beta/files/{id}:download?alt=media") } });
            let samples: Vec<Value> = self.files.iter().map(sample).collect();
            return enclosed(call, json!({ "generatedSamples": samples }));
        }
        let video = |(number, film): (usize, &Film)| match &self.storage {
            Some(place) => {
                let place = place.trim_end_matches('/');
                let id = self.name.rsplit('/').next().unwrap_or_default();
                json!({ "gcsUri": format!("{place}/{id}/sample_{number}.mp4"), "mimeType": "video/mp4" })
            }
            None => {
                let bytes = BASE64_STANDARD.encode(film.video().write());
                json!({ "bytesBase64Encoded": bytes, "mimeType": "video/mp4" })
            }
        };
        let videos: Vec<Value> = self.films.iter().enumerate().map(video).collect();
        enclosed(call, json!({ "raiMediaFilteredCount": 0, "videos": videos }))
    }

    /// Files of what was made, unless there are some already.
    fn keep(&mut self, call: &Call<'_>) {
        if !self.files.is_empty() {
            return;
        }
        for (number, film) in self.films.iter().enumerate() {
            let id = call.draw.hex(&format!("video file {number}"), 12);
            File::generated(call, id.clone(), "video/mp4", &film.video().write());
            self.files.push(id);
        }
    }
}

/// As each API names it.
fn enclosed(call: &Call<'_>, mut response: Value) -> Value {
    if is_vertex(call.request) {
        response["@type"] = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse".into();
        return response;
    }
    let kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse";
    json!({ "@type": kind, "generateVideoResponse": response })
}
