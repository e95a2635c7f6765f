//! [Invocations whose answers go to a bucket](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_StartAsyncInvoke.html).
//! Nothing waits: the first look finds one in progress, the second one done, unless a script says otherwise. What
//! [Nova Reel](https://docs.aws.amazon.com/nova/latest/userguide/video-gen-access.html) makes lies in the bucket then, where there is
//! such a bucket; other models leave nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::Query;
use crate::cloud::aws::s3::{self, Objects, Place};
use crate::film::{Film, State};
use crate::provider::Call;
use crate::script::{Failure, Kind, Reply};

pub(super) const START: &str = "StartAsyncInvoke";
pub(super) const GET: &str = "GetAsyncInvoke";
pub(super) const LIST: &str = "ListAsyncInvokes";

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [START, GET, LIST].contains(&operation)
}

/// On the shelf.
const KIND: &str = "async-invoke";
/// When the first one was begun: a second before the next.
const FIRST: i64 = 1_767_225_600;
/// Where the mock says that it stands.
const REGION: &str = "us-east-1";
/// What makes videos, and how large, with how many pictures a second.
const REEL: &str = "amazon.nova-reel";
const SIZE: (u32, u32) = (1280, 720);
const RATE: u32 = 24;

#[derive(Serialize, Deserialize)]
struct Invocation {
    number: i64,
    arn: String,
    model: String,
    token: Option<String>,
    output: Value,
    /// What it makes; of models that make no videos only how far it is counts.
    film: Film,
    is_reel: bool,
    looks: i64,
}

impl Invocation {
    fn status(&self) -> &'static str {
        match self.film.state() {
            State::Waiting | State::Working(_) => "InProgress",
            State::Done => "Completed",
            State::Failed | State::Blocked => "Failed",
        }
    }

    fn shown(&self) -> Value {
        let at =
            |later: i64| Timestamp::from_second(FIRST + self.number + later).unwrap_or_default().to_string();
        let mut shown = json!({
            "invocationArn": self.arn,
            "lastModifiedTime": at(self.looks),
            "modelArn": self.model,
            "outputDataConfig": self.output,
            "status": self.status(),
            "submitTime": at(0),
        });
        if let Some(token) = &self.token {
            shown["clientRequestToken"] = token.as_str().into();
        }
        if self.status() != "InProgress" {
            shown["endTime"] = at(self.looks).into();
        }
        let why = match self.film.state() {
            State::Failed => "The request failed due to an internal error. Please try again.",
            State::Blocked => "The generated video has been blocked by our content filters.",
            _ => return shown,
        };
        shown["failureMessage"] = why.into();
        shown
    }

    /// A look; says what it leaves in the bucket, where it ended well by that.
    fn look(&mut self) -> (Value, Option<Left>) {
        if self.status() != "InProgress" {
            return (self.shown(), None);
        }
        self.film.look();
        self.looks += 1;
        let is_done = self.is_reel && self.film.state() == State::Done;
        (self.shown(), is_done.then(|| self.left()).flatten())
    }

    /// The video, and what is told of it, in a folder by the invocation's name.
    fn left(&self) -> Option<Left> {
        let id = self.arn.rsplit('/').next().unwrap_or_default();
        let asked = self.output["s3OutputDataConfig"]["s3Uri"].as_str()?;
        let folder = format!("{}/{id}", asked.trim_end_matches('/'));
        let video = format!("{folder}/output.mp4");
        let shot = json!({ "status": "SUCCESS", "location": video });
        let status = json!({ "videoStatus": "SUCCESS", "fullVideo": shot });
        let manifest = json!({ "version": "1", "videos": [{ "location": video, "durationSeconds": self.film.seconds }] });
        let place = |name: &str| Place::parse(&format!("{folder}/{name}"));
        Some(vec![
            (place("output.mp4")?, "video/mp4", self.film.video().write()),
            (place("video-generation-status.json")?, "application/json", status.to_string().into_bytes()),
            (place("manifest.json")?, "application/json", manifest.to_string().into_bytes()),
        ])
    }
}

/// Where, what, and its bytes.
type Left = Vec<(Place, &'static str, Vec<u8>)>;

/// The body of the reply.
///
/// # Errors
/// There is no such invocation, or no such page.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        GET => get(call),
        _ => list(call),
    }
}

/// Who comes again with a token begins nothing new.
pub(super) fn start(call: &Call<'_>, reply: &Reply) -> Value {
    let body = call.body;
    let token = body["clientRequestToken"].as_str().map(str::to_owned);
    let all = call.shelf.all::<Invocation>(KIND);
    let same = all.iter().find(|(_, known)| token.is_some() && known.token == token);
    if let Some((_, known)) = same {
        return json!({ "invocationArn": known.arn });
    }
    let id = call.draw.hex("invocation", 12);
    let arn = format!("arn:aws:bedrock:{REGION}:123456789012:async-invoke/{id}");
    let model = body["modelId"].as_str().unwrap_or_default();
    let model = match model.starts_with("arn:") {
        true => model.to_owned(),
        false => format!("arn:aws:bedrock:{REGION}::foundation-model/{model}"),
    };
    let number = all.iter().map(|(_, known)| known.number + 1).max().unwrap_or_default();
    let output = body["outputDataConfig"].clone();
    let film = Film::begin(call, reply, "", SIZE, seconds(&body["modelInput"]), RATE);
    let is_reel = model.contains(REEL);
    let invocation = Invocation { number, arn: arn.clone(), model, token, output, film, is_reel, looks: 0 };
    call.shelf.put(KIND, &id, &invocation);
    json!({ "invocationArn": arn })
}

/// A shot has six seconds; a story as many as are asked for.
fn seconds(input: &Value) -> u32 {
    let shots = input["multiShotManualParams"]["shots"].as_array().map(|shots| 6 * shots.len() as u64);
    let asked = shots.or(input["videoGenerationConfig"]["durationSeconds"].as_u64());
    asked.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(6)
}

/// Rules that no schema says: a shot has six seconds, a story at least twelve.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let input = &call.body["modelInput"];
    let asked = input["videoGenerationConfig"]["durationSeconds"].as_u64();
    let is_good = match input["taskType"].as_str() {
        Some("TEXT_VIDEO") => asked.is_none_or(|seconds| seconds == 6),
        Some("MULTI_SHOT_AUTOMATED") => asked.is_none_or(|seconds| seconds >= 12),
        _ => true,
    };
    if is_good {
        return Ok(());
    }
    let shown = asked.unwrap_or_default();
    Err(invalid(format!(
        "Malformed input request: #/videoGenerationConfig/durationSeconds: {shown} is not a valid enum value, please reformat your input and try again."
    )))
}

fn get(call: &Call<'_>) -> Result<Value, Failure> {
    let arn = call.found.and_then(|found| found.parameter("invocationArn")).unwrap_or_default();
    let id = arn.rsplit('/').next().unwrap_or_default();
    let looked = call.shelf.change(KIND, id, Invocation::look);
    let (shown, left) = looked.ok_or_else(|| invalid(format!("The invocation {arn} does not exist.")))?;
    let buckets = Objects::new(call.inner.beside(s3::NAME));
    for (place, media, content) in
        left.into_iter().flatten().filter(|(place, ..)| buckets.has_bucket(&place.bucket))
    {
        buckets.put(&place, &s3::Object::new(&content, media, call.keys.issued.now().as_second()));
    }
    Ok(shown)
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let query = Query::of(call);
    let mut all: Vec<Invocation> = call.shelf.all(KIND).into_iter().map(|(_, known)| known).collect();
    all.retain(|known| query.get("statusEquals").is_none_or(|status| known.status() == status));
    all.sort_by_key(|known| known.number);
    query.page("asyncInvokeSummaries", all.iter().map(Invocation::shown).collect())
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}
