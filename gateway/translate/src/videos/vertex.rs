//! Veo's operations at [Vertex AI](https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation): asked for as at
//! the Gemini API, looked at by `fetchPredictOperation`, and with the videos themselves in what comes of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::gemini::{self, Operation, status};
use super::{Name, Order, Place, Sent, Step, Video, unlisted};
use crate::call::{self, Losses, Options};
use crate::json::Object;
use crate::providers::vertex;
use crate::{Error, Text};

/// Parameters of Veo's that OpenAI has no words for: those of the Gemini API, and some of its own.
const OWN: &[&str] = &[
    "compressionQuality",
    "enhancePrompt",
    "fps",
    "generateAudio",
    "negativePrompt",
    "personGeneration",
    "resizeMode",
    "resolution",
    "seed",
    "storageUri",
];
const WHAT: &str = "operation";

pub(super) fn begin(
    order: &mut Order<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
) -> Result<Sent, Error> {
    let body = gemini::write(order, OWN, losses);
    let target = vertex::google(options, order.model().to_owned(), "predictLongRunning")?;
    Ok(Sent { method: "POST", target, body: Some(("application/json".to_owned(), body)) })
}

pub(super) fn step(step: Step<'_>, options: &Options<'_>) -> Result<Sent, Error> {
    match step {
        Step::Look(name) => {
            let target = vertex::google(options, name.model.clone(), "fetchPredictOperation")?;
            let operation = target.path.trim_start_matches("/v1/").trim_end_matches(":fetchPredictOperation");
            let mut body = Vec::with_capacity(256);
            let operation = format!("{operation}/operations/{}", name.native);
            Object::new(&mut body).string("operationName", &operation);
            Ok(Sent { method: "POST", target, body: Some(("application/json".to_owned(), body)) })
        }
        Step::Forget(..) => {
            let message =
                "this provider keeps no videos that could be deleted: their operations expire by themselves";
            Err(Error::request("video_id", message))
        }
        Step::Fetch(_) => Err(Error::Malformed { what: WHAT, why: "its video is no file".to_owned() }),
        Step::List { .. } => Err(unlisted()),
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Response<'a> {
    #[serde(borrow)]
    videos: Vec<Native<'a>>,
    rai_media_filtered_reasons: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Native<'a> {
    #[serde(borrow)]
    bytes_base64_encoded: Option<Text<'a>>,
    gcs_uri: Option<String>,
}

pub(super) fn looked(body: &[u8], name: &Name) -> Result<Video, Error> {
    let mut operation: Operation<Response<'_>> = call::read(WHAT, body)?;
    let response = operation.response.take().unwrap_or_default();
    let status = status(&operation, response.videos.len(), &response.rai_media_filtered_reasons);
    Ok(Video { name: name.clone(), status, prompt: None, completed: None, expires: None })
}

/// The first of the videos.
pub(super) fn place(body: &[u8]) -> Result<Place, Error> {
    let operation: Operation<Response<'_>> = call::read(WHAT, body)?;
    let first = operation.response.and_then(|response| response.videos.into_iter().next());
    let malformed = |why: &str| Error::Malformed { what: WHAT, why: why.to_owned() };
    match first {
        Some(Native { bytes_base64_encoded: Some(data), .. }) => {
            let bytes = STANDARD.decode(&*data.plain()).map_err(|_| malformed("its video is no base64"))?;
            Ok(Place::Here(bytes))
        }
        Some(Native { gcs_uri: Some(uri), .. }) => {
            let message = format!(
                "this video lies at {uri}, where it was asked to be put, and is not fetched from there"
            );
            Err(Error::request("video_id", message))
        }
        _ => Err(malformed("it has no video")),
    }
}
