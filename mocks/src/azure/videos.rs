//! [Videos of Sora](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/video-generation-quickstart): jobs that are looked at until they
//! are over, each with so many generations to fetch. Sora 2 is OpenAI's API, which the mock of OpenAI answers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{JSON, headers, whole};
use crate::film::{Film, State};
use crate::media::picture::Format;
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind, Reply};

pub(super) const CREATE: &str = "VideoGenerationJobs_Create";
const LIST: &str = "VideoGenerationJobs_List";
const DELETE: &str = "VideoGenerationJobs_Delete";
const LOOK: &str = "VideoGenerationJobs_Get";
const GENERATION: &str = "VideoGenerations_Get";
const VIDEO: &str = "VideoGenerations_RetrieveVideoContent";
const THUMBNAIL: &str = "VideoGenerations_RetrieveThumbnailContent";

/// Where Sora 2 is.
const SORA_2: &str = "/openai/v1/videos";

/// The kind of objects on the shelf.
const KIND: &str = "video_job";
/// [Sizes](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/video-generation#resolutions), either way round.
const SIZES: &[(u32, u32)] = &[(480, 480), (854, 480), (720, 720), (1280, 720), (1080, 1080), (1920, 1080)];
/// Larger ones have fewer seconds.
const LARGE_SECONDS: u64 = 10;
/// Pictures a second, and seconds where none are asked for.
const RATE: u32 = 30;
const SECONDS: u64 = 5;
/// Its files are there for a day.
const LASTS: u64 = 86_400;
/// Jobs of a page, where the request does not say.
const PAGE: usize = 20;

/// Does this path lead to one of these, or to Sora 2, whose errors are alike?
pub(super) fn is_meant(path: &str) -> bool {
    path.starts_with("/openai/v1/video/")
        || path == SORA_2
        || path.strip_prefix(SORA_2).is_some_and(|rest| rest.starts_with('/'))
}

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [CREATE, LIST, DELETE, LOOK, GENERATION, VIDEO, THUMBNAIL].contains(&operation)
}

/// What is kept of a job.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Its place among all.
    number: u64,
    /// As it was shown last.
    job: Value,
    films: Vec<Film>,
}

/// Whether a deployment is there that is asked for by a body, of these and of Sora 2.
pub(super) fn is_deployed(call: &Call<'_>) -> Result<(), Failure> {
    let Some(model) = call.body["model"].as_str() else { return Ok(()) };
    if call.models.is_none_or(|models| models.iter().any(|known| known == model)) {
        return Ok(());
    }
    let message = format!(
        "The API deployment '{model}' for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."
    );
    Err(Failure::new(Kind::NotFound, message))
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    if call.operation != CREATE {
        return Ok(());
    }
    let body = call.body;
    let (width, height) = size(body);
    let known = |(wide, high): &(u32, u32)| [(*wide, *high), (*high, *wide)].contains(&(width, height));
    if !SIZES.iter().any(known) {
        let message = format!("Resolution {width}x{height} is not supported.");
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    if width.max(height) > 1280 && body["n_seconds"].as_u64().is_some_and(|seconds| seconds > LARGE_SECONDS) {
        let message = format!("n_seconds must be at most {LARGE_SECONDS} at {width}x{height}.");
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    Ok(())
}

fn size(body: &Value) -> (u32, u32) {
    let edge = |name: &str| body[name].as_u64().and_then(|edge| u32::try_from(edge).ok()).unwrap_or_default();
    (edge("width"), edge("height"))
}

/// Begins what was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Whole {
    let body = call.body;
    let seconds = body["n_seconds"].as_u64().unwrap_or(SECONDS);
    let variants = body["n_variants"].as_u64().unwrap_or(1);
    let length = u32::try_from(seconds).unwrap_or(5);
    let film = |number: u64| Film::begin(call, reply, &number.to_string(), size(body), length, RATE);
    // Of a form it is text.
    let items = body["inpaint_items"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let job = json!({
        "object": "video.generation.job",
        "id": format!("task_{}", call.draw.text("video job", 26).to_lowercase()),
        "status": "queued",
        "created_at": call.draw.created(),
        "finished_at": null,
        "expires_at": null,
        "generations": [],
        "prompt": body["prompt"],
        "model": body["model"],
        "n_variants": variants,
        "n_seconds": seconds,
        "height": body["height"],
        "width": body["width"],
        "inpaint_items": items.unwrap_or_else(|| body["inpaint_items"].clone()),
        "failure_reason": null,
    });
    let number =
        call.shelf.all::<Kept>(KIND).iter().map(|(_, kept)| kept.number + 1).max().unwrap_or_default();
    let kept = Kept { number, job: job.clone(), films: (0..variants).map(film).collect() };
    call.shelf.put(KIND, job["id"].as_str().unwrap_or_default(), &kept);
    Whole { status: 201, ..whole(&call.draw, &job) }
}

/// The answer to all others.
pub(super) fn answer(call: &Call<'_>) -> Result<Whole, Failure> {
    match call.operation {
        LIST => list(call).map(|page| whole(&call.draw, &page)),
        LOOK => look(call).map(|job| whole(&call.draw, &job)),
        DELETE => {
            let id = asked(call, "job-id");
            match call.shelf.remove(KIND, &id) {
                true => Ok(Whole { status: 204, headers: headers(&call.draw, JSON), ..Whole::default() }),
                false => Err(absent("job", &id)),
            }
        }
        _ => generation(call),
    }
}

fn asked(call: &Call<'_>, name: &str) -> String {
    call.found.and_then(|found| found.parameter(name)).unwrap_or_default()
}

fn absent(what: &str, id: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("Video generation {what} {id} not found."))
}

/// A look, which finds it further.
fn look(call: &Call<'_>) -> Result<Value, Failure> {
    let id = asked(call, "job-id");
    let look = |kept: &mut Kept| {
        kept.look();
        kept.job.clone()
    };
    call.shelf.change(KIND, &id, look).ok_or_else(|| absent("job", &id))
}

impl Kept {
    fn look(&mut self) {
        let states: Vec<State> = self.films.iter_mut().map(Film::look).collect();
        let (status, reason) = match states.first() {
            None | Some(State::Waiting) => ("queued", None),
            // First a little, then all but the end.
            Some(State::Working(done)) if *done < 50 => ("preprocessing", None),
            Some(State::Working(_)) => ("running", None),
            Some(State::Done) => ("succeeded", None),
            Some(State::Failed) => ("failed", Some("internal_error")),
            Some(State::Blocked) => ("failed", Some("output_moderation")),
        };
        if self.job["finished_at"].is_u64() {
            return;
        }
        self.job["status"] = status.into();
        self.job["failure_reason"] = reason.into();
        let created = self.job["created_at"].as_u64().unwrap_or_default();
        if matches!(status, "succeeded" | "failed") {
            self.job["finished_at"] = (created + 60).into();
            self.job["expires_at"] = (created + LASTS).into();
        }
        if status == "succeeded" {
            self.job["generations"] = (0..self.films.len()).map(|at| self.generation(at)).collect();
        }
    }

    /// Named after the job.
    fn generation(&self, at: usize) -> Value {
        let job = &self.job;
        let id = job["id"].as_str().unwrap_or_default();
        json!({
            "object": "video.generation",
            "id": format!("gen_{}-{at}", id.trim_start_matches("task_")),
            "job_id": id,
            "created_at": job["finished_at"],
            "width": job["width"],
            "height": job["height"],
            "prompt": job["prompt"],
            "n_seconds": job["n_seconds"],
        })
    }
}

/// The newest first.
fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let mut all: Vec<Kept> = call.shelf.all(KIND).into_iter().map(|(_, kept)| kept).collect();
    all.sort_by_key(|kept| std::cmp::Reverse(kept.number));
    let mut jobs: Vec<Value> = all.into_iter().map(|kept| kept.job).collect();
    if let Some(statuses) = call.request.parameter("statuses") {
        jobs.retain(|job| statuses.split(',').any(|status| job["status"] == status));
    }
    let place = |jobs: &[Value], id: &str| {
        jobs.iter().position(|job| job["id"] == id).ok_or_else(|| absent("job", id))
    };
    if let Some(after) = call.request.parameter("after") {
        let at = place(&jobs, after)?;
        jobs.drain(..=at);
    }
    if let Some(before) = call.request.parameter("before") {
        let at = place(&jobs, before)?;
        jobs.truncate(at);
    }
    let limit = call.request.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(PAGE);
    let has_more = jobs.len() > limit;
    jobs.truncate(limit);
    let end = |job: Option<&Value>| job.map_or(Value::Null, |job| job["id"].clone());
    let (first, last) = (end(jobs.first()), end(jobs.last()));
    Ok(json!({ "object": "list", "data": jobs, "has_more": has_more, "first_id": first, "last_id": last }))
}

/// What is known of a generation, or its files.
fn generation(call: &Call<'_>) -> Result<Whole, Failure> {
    let id = asked(call, "generation-id");
    let not_there = || absent("generation", &id);
    let (job, at) = id.trim_start_matches("gen_").rsplit_once('-').ok_or_else(not_there)?;
    let kept: Kept = call.shelf.get(KIND, &format!("task_{job}")).ok_or_else(not_there)?;
    let at: usize = at.parse().map_err(|_| not_there())?;
    let film = kept.films.get(at).filter(|film| film.state() == State::Done).ok_or_else(not_there)?;
    let file = |media, bytes: Vec<u8>| Whole {
        status: 200,
        headers: headers(&call.draw, media),
        body: bytes.into(),
    };
    Ok(match call.operation {
        VIDEO => file("video/mp4", film.video().write()),
        THUMBNAIL => file("image/jpeg", film.video().picture.write(Format::Jpeg)),
        _ => whole(&call.draw, &kept.generation(at)),
    })
}
