//! [Tasks](https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks): begun, looked at, listed, cancelled.
//!
//! A task waits until someone looks: the first look finds it running, the second one over; a script's `progress` says otherwise.
//! Of one that ends as `failed`, so many pictures as it says `lines` are made all the same, and with them it has succeeded; one that
//! `expired` is one that nobody knows any more.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::models::Rules;
use super::order::{self, Order};
use super::{EDIT, error};
use crate::batch::{Job, Stage};
use crate::provider::Call;
use crate::script::{End, Failure, Finish, Kind, Reply};

/// The kind of object on the shelf.
const TASK: &str = "task";
/// Tasks of a page where the request does not say.
const USUAL: u64 = 10;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Task {
    id: String,
    /// The later, the higher.
    number: u64,
    request_id: String,
    model: String,
    /// `text2image` or `image2image`.
    group: String,
    order: Order,
    job: Job,
    /// Seconds since 1970.
    created: u64,
    is_filtered: bool,
}

/// Begins what a request asks for.
pub(super) fn begin(call: &Call<'_>, reply: &Reply) -> Value {
    let order = order::rules(call.body).map(|rules: &Rules| Order::of(call, rules));
    let Some(order) = order else { return Value::Null };
    let earlier = call.shelf.all::<Task>(TASK);
    let task = Task {
        id: call.draw.uuid("task"),
        number: earlier.iter().map(|(_, task)| task.number).max().unwrap_or(0) + 1,
        request_id: call.draw.uuid("request"),
        model: call.body["model"].as_str().unwrap_or_default().to_owned(),
        group: if call.operation == EDIT { "image2image" } else { "text2image" }.to_owned(),
        job: Job::new(order.seeds.len(), call.inner.progress(call.request, call.body)),
        order,
        created: call.draw.created(),
        is_filtered: reply.finish == Some(Finish::ContentFilter),
    };
    call.shelf.put(TASK, &task.id, &task);
    json!({ "output": { "task_id": task.id, "task_status": task.status() }, "request_id": task.request_id })
}

/// A look at a task, which finds it a step further.
pub(super) fn look(call: &Call<'_>) -> Value {
    let id = id(call);
    let look = |task: &mut Task| {
        task.job.look();
        task.clone()
    };
    let task: Option<Task> = call.shelf.change(TASK, &id, look);
    let mut body = match task {
        Some(task) => task.shown(call),
        None => json!({ "output": { "task_id": id, "task_status": "UNKNOWN" } }),
    };
    body["request_id"] = call.draw.uuid("request").into();
    body
}

/// Takes back a task that still waits.
pub(super) fn cancel(call: &Call<'_>) -> Result<Value, Failure> {
    let stop = |task: &mut Task| {
        let waits = task.job.stage() == Stage::Waiting && task.job.stop();
        if waits {
            task.job.look();
        }
        waits
    };
    match call.shelf.change(TASK, &id(call), stop) {
        Some(true) => Ok(json!({ "request_id": call.draw.uuid("request") })),
        _ => {
            let message = "Failed to cancel the task, please confirm if the task is in PENDING status.";
            Err(error::coded("UnsupportedOperation", message))
        }
    }
}

/// A page of tasks, the latest first.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let text = |name: &str| call.request.parameter(name).filter(|value| !value.is_empty());
    let number =
        |name: &str, usual: u64| match text(name) {
            None => Ok(usual),
            Some(value) => value.parse().ok().filter(|value| *value > 0).ok_or_else(|| {
                Failure::new(Kind::InvalidRequest, format!("{name} must be a positive integer."))
            }),
        };
    let (page, size) = (number("page_no", 1)?, number("page_size", USUAL)?);
    let mut all: Vec<Task> = call.shelf.all::<Task>(TASK).into_iter().map(|(_, task)| task).collect();
    all.retain(|task| text("status").is_none_or(|status| status == task.status()));
    all.retain(|task| text("model_name").is_none_or(|model| model == task.model));
    all.sort_by_key(|task| std::cmp::Reverse(task.number));
    let total = all.len() as u64;
    let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let data: Vec<_> = all.iter().skip(skipped).take(most).map(Task::listed).collect();
    Ok(json!({
        "request_id": call.draw.uuid("request"),
        "total": total,
        "total_page": total.div_ceil(size),
        "page_no": page,
        "page_size": size,
        "data": data,
    }))
}

fn id(call: &Call<'_>) -> String {
    call.found.and_then(|found| found.parameter("task_id")).unwrap_or_default()
}

impl Task {
    fn status(&self) -> &'static str {
        match self.job.stage() {
            Stage::Waiting => "PENDING",
            Stage::Working => "RUNNING",
            Stage::Stopping | Stage::Stopped => "CANCELED",
            Stage::Over(End::Expired) => "UNKNOWN",
            Stage::Over(_) if self.is_filtered || self.job.done() == 0 => "FAILED",
            Stage::Over(_) => "SUCCEEDED",
        }
    }

    /// A task begins as soon as it is there, and takes a second a picture.
    fn times(&self) -> [Timestamp; 3] {
        let submitted = Timestamp::from_second(i64::try_from(self.created).unwrap_or(0)).unwrap_or_default();
        let begun = submitted + SignedDuration::from_millis(25);
        [submitted, begun, begun + SignedDuration::from_secs(i64::try_from(self.job.lines()).unwrap_or(1))]
    }

    fn shown(&self, call: &Call<'_>) -> Value {
        let status = self.status();
        let mut output = json!({ "task_id": self.id, "task_status": status });
        if status == "UNKNOWN" {
            return json!({ "output": output });
        }
        let times = self.times().map(|time| time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string());
        let is_over = !matches!(status, "PENDING" | "RUNNING");
        let known = [("submit_time", true), ("scheduled_time", status != "PENDING"), ("end_time", is_over)];
        for ((name, _), time) in known.iter().zip(times).filter(|((_, known), _)| *known) {
            output[*name] = time.into();
        }
        let (lines, done) = (self.job.lines(), self.job.done());
        match status {
            "FAILED" => {
                let (code, message) = if self.is_filtered { error::FILTERED } else { error::FAILED };
                output["code"] = code.into();
                output["message"] = message.into();
                output["task_metrics"] = json!({ "TOTAL": lines, "SUCCEEDED": 0, "FAILED": lines });
            }
            "CANCELED" => {}
            "SUCCEEDED" => {
                output["results"] = self.results(call).into();
                output["task_metrics"] = json!({ "TOTAL": lines, "SUCCEEDED": done, "FAILED": lines - done });
                return json!({ "output": output, "usage": { "image_count": done } });
            }
            _ => output["task_metrics"] = json!({ "TOTAL": lines, "SUCCEEDED": done, "FAILED": 0 }),
        }
        json!({ "output": output })
    }

    fn results(&self, call: &Call<'_>) -> Vec<Value> {
        let result = |(number, seed): (usize, &u64)| {
            if number >= self.job.done() {
                return json!({ "code": error::FAILED.0, "message": error::FAILED.1 });
            }
            let mut result =
                json!({ "url": self.order.address(call.request, *seed), "orig_prompt": self.order.prompt });
            if self.order.extends {
                result["actual_prompt"] = self.order.extended().into();
            }
            result
        };
        self.order.seeds.iter().enumerate().map(result).collect()
    }

    fn listed(&self) -> Value {
        let status = self.status();
        let [submitted, begun, ended] = self.times().map(Timestamp::as_millisecond);
        let mut listed = json!({
            "task_id": self.id,
            "status": status,
            "model_name": self.model,
            "user_api_unique_key": format!("apikey:v1:aigc:{}:image-synthesis:{}", self.group, self.model),
            "api_key_id": "1",
            "caller_uid": "1",
            "caller_parent_id": "1",
            "region": "ap-southeast-1",
            "request_id": self.request_id,
            "gmt_create": submitted,
        });
        if status != "PENDING" {
            listed["start_time"] = begun.into();
        }
        if !matches!(status, "PENDING" | "RUNNING") {
            listed["end_time"] = ended.into();
        }
        listed
    }
}
