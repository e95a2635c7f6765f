//! Azure's jobs of [Sora](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/video-generation-quickstart), of which each makes one video.
//! Sora 2 is OpenAI's own API under `v1`, and passes through.
//!
//! | member | Azure |
//! |---|---|
//! | `prompt`, `model` | as they are; the deployment for the model |
//! | `size` | `width`, `height`; OpenAI's own where absent |
//! | `seconds` | `n_seconds` |
//! | `input_reference` | a form: `files`, and `inpaint_items` that says that the first picture is it |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::video::{BLOCKED, FAILED};
use super::{Name, Order, Page, Place, Sent, Status, Step, Variant, Video};
use crate::call::{self, Auth, Losses, Options, Target};
use crate::json::Object;
use crate::{Error, path};

const JOBS: &str = "/openai/v1/video/generations/jobs";
/// The only version of Azure's that has them.
const VERSION: &str = "preview";
/// What OpenAI makes where no size is asked for.
const SIZE: (u32, u32) = (720, 1280);
const WHAT: &str = "video";

pub(super) fn begin(
    order: &mut Order<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
) -> Result<Sent, Error> {
    order.others.drop_but(&[], losses);
    let model = options.azure.deployment.unwrap_or(order.model()).to_owned();
    let (width, height) = *order.size.get_or_insert(SIZE);
    let body = match order.picture.take() {
        None => {
            let mut out = Vec::with_capacity(256 + order.prompt.len());
            let mut body = Object::new(&mut out);
            body.string("model", &model);
            body.string("prompt", &order.prompt);
            body.number("width", width.into());
            body.number("height", height.into());
            if let Some(seconds) = order.seconds {
                body.number("n_seconds", seconds);
            }
            drop(body);
            ("application/json".to_owned(), out)
        }
        Some(picture) => {
            let bytes = STANDARD.decode(&*picture.data);
            let bytes = bytes.map_err(|_| Error::request("input_reference", "the picture is no base64"))?;
            let name = filename(&picture.media_type)?;
            let items = format!(r#"[{{"type":"image","file_name":"{name}","frame_index":0}}]"#);
            let (width, height, seconds) =
                (width.to_string(), height.to_string(), order.seconds.map(|n| n.to_string()));
            let mut fields = vec![
                ("model", &*model),
                ("prompt", &*order.prompt),
                ("width", &*width),
                ("height", &*height),
            ];
            fields.extend(seconds.as_deref().map(|seconds| ("n_seconds", seconds)));
            fields.push(("inpaint_items", &*items));
            form(&fields, (name, &picture.media_type, &bytes))
        }
    };
    let target = Target { model: order.model().to_owned(), ..target(JOBS.to_owned()) };
    order.model = Some(model);
    Ok(Sent { method: "POST", target, body: Some(body) })
}

fn target(path: String) -> Target {
    let query = vec![("api-version", VERSION.to_owned())];
    Target {
        auth: Auth::Header("api-key"),
        anchor: Some("/openai/"),
        query,
        ..Target::new(path, String::new(), false)
    }
}

/// What a picture is called in a form. What a client says that it is goes into the head of a part: only what is known may.
fn filename(media_type: &str) -> Result<&'static str, Error> {
    match media_type {
        "image/jpeg" => Ok("picture.jpeg"),
        "image/png" => Ok("picture.png"),
        "image/webp" => Ok("picture.webp"),
        _ => {
            let why = "this provider begins with a PNG, a JPEG or a WebP";
            Err(Error::request("input_reference", why))
        }
    }
}

/// Fields, and the one file.
fn form(fields: &[(&str, &str)], (name, media_type, bytes): (&str, &str, &[u8])) -> (String, Vec<u8>) {
    let holds = |boundary: &str| {
        let found = |text: &[u8]| memchr::memmem::find(text, boundary.as_bytes()).is_some();
        found(bytes) || fields.iter().any(|(_, value)| found(value.as_bytes()))
    };
    // One that is in none of the parts.
    let boundary = (0_u64..).map(|number| format!("touchstone-{number:016x}")).find(|name| !holds(name));
    let boundary = boundary.unwrap_or_default();
    let mut out = Vec::with_capacity(bytes.len() + 1024);
    for (field, value) in fields {
        let part =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        out.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), out)
}

pub(super) fn step(step: Step<'_>) -> Result<Sent, Error> {
    let (method, path) = match step {
        Step::Look(name) => ("GET", format!("{JOBS}/{}", path::segment(&name.native)?)),
        Step::Forget(name, _) => ("DELETE", format!("{JOBS}/{}", path::segment(&name.native)?)),
        Step::List { .. } => ("GET", JOBS.to_owned()),
        Step::Fetch(Place::Generation { id, is_thumbnail, .. }) => {
            let file = if *is_thumbnail { "thumbnail" } else { "video" };
            ("GET", format!("/openai/v1/video/generations/{}/content/{file}", path::segment(id)?))
        }
        Step::Fetch(_) => return Err(elsewhere()),
    };
    let mut target = target(path);
    if let Step::List { limit, after } = step {
        target.query.push(("limit", limit.to_string()));
        target.query.extend(after.map(|after| ("after", after.to_owned())));
    }
    Ok(Sent { method, target, body: None })
}

fn elsewhere() -> Error {
    Error::Malformed { what: WHAT, why: "it is no generation".to_owned() }
}

#[derive(Deserialize)]
struct Job {
    id: String,
    status: String,
    created_at: u64,
    finished_at: Option<u64>,
    expires_at: Option<u64>,
    #[serde(default)]
    generations: Option<Vec<Generation>>,
    prompt: Option<String>,
    model: String,
    n_seconds: u64,
    height: u32,
    width: u32,
    failure_reason: Option<String>,
}

#[derive(Deserialize)]
struct Generation {
    id: String,
}

impl Job {
    fn neutral(self) -> Video {
        let failed = |code, message: String| Status::Failed { code, message };
        let status = match (&*self.status, self.failure_reason) {
            ("succeeded", _) => Status::Completed,
            ("running" | "processing", _) => Status::InProgress,
            ("failed", Some(why)) if why.ends_with("moderation") => {
                failed(BLOCKED, format!("the job failed: {why}"))
            }
            ("failed", why) => {
                failed(FAILED, format!("the job failed: {}", why.as_deref().unwrap_or("no reason is given")))
            }
            ("cancelled", _) => failed("cancelled", "the job was cancelled".to_owned()),
            _ => Status::Queued,
        };
        let name = Name {
            native: self.id,
            model: self.model,
            size: (self.width, self.height),
            seconds: self.n_seconds,
            created: self.created_at,
        };
        let completed = self.finished_at.filter(|_| status == Status::Completed);
        Video { name, status, prompt: self.prompt, completed, expires: self.expires_at }
    }
}

/// One that was just begun: of the deployment that was asked for, whatever the job calls its model.
pub(super) fn begun(body: &[u8], order: &Order<'_>) -> Result<Video, Error> {
    let mut video = video(body)?;
    order.model().clone_into(&mut video.name.model);
    Ok(video)
}

pub(super) fn video(body: &[u8]) -> Result<Video, Error> {
    call::read::<Job>(WHAT, body).map(Job::neutral)
}

pub(super) fn place(body: &[u8], variant: Variant) -> Result<Place, Error> {
    let job: Job = call::read(WHAT, body)?;
    let generation = job.generations.unwrap_or_default().into_iter().next().ok_or_else(elsewhere)?;
    Ok(Place::Generation { job: job.id, id: generation.id, is_thumbnail: variant == Variant::Thumbnail })
}

pub(super) fn list(body: &[u8]) -> Result<Page, Error> {
    #[derive(Deserialize)]
    struct Native {
        data: Vec<Job>,
        #[serde(default)]
        has_more: bool,
    }

    let page: Native = call::read(WHAT, body)?;
    Ok(Page { videos: page.data.into_iter().map(Job::neutral).collect(), has_more: page.has_more })
}
