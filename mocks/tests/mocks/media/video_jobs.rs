//! Azure's videos: jobs, and their generations.

use mocks::script::{Finish, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use crate::client::Reply as Answered;
use crate::judged::{self, operation};

const JOBS: &str = "/openai/v1/video/generations/jobs";

async fn sent(mocks: &Mocks, method: &str, path: &str, body: &Value) -> Answered {
    let key = mocks.credentials().key("azure").to_owned();
    let headers = [("api-key", key.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/azure{path}?api-version=preview");
    crate::client::exchange(mocks, &crate::client::request(method, &path, &headers, body.as_bytes())).await
}

async fn begun(mocks: &Mocks, more: Value) -> Value {
    let mut body = json!({ "model": "sora", "prompt": "a hat", "width": 854, "height": 480, "n_seconds": 2 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = sent(mocks, "POST", JOBS, &body).await;
    let job = reply.json();
    assert_eq!((reply.status, operation("azure", "POST", JOBS).reply(201, &job)), (201, vec![]));
    job
}

async fn looked(mocks: &Mocks, job: &Value) -> Value {
    let path = format!("{JOBS}/{}", job["id"].as_str().unwrap());
    judged::whole(&operation("azure", "GET", &path), &sent(mocks, "GET", &path, &Value::Null).await)
}

#[tokio::test]
async fn a_job_ends_with_its_generations() {
    let mocks = mocks::start().await.unwrap();
    let job = begun(&mocks, json!({ "n_variants": 2 })).await;
    assert_eq!((&job["status"], &job["generations"]), (&json!("queued"), &json!([])));
    assert_eq!(looked(&mocks, &job).await["status"], "running");
    let done = looked(&mocks, &job).await;
    assert_eq!((&done["status"], looked(&mocks, &job).await), (&json!("succeeded"), done.clone()));
    let generations = done["generations"].as_array().unwrap();
    assert_eq!(generations.len(), 2);
    let mut videos = Vec::new();
    for generation in generations {
        assert_eq!((&generation["width"], &generation["n_seconds"]), (&json!(854), &json!(2)));
        let path = format!("/openai/v1/video/generations/{}", generation["id"].as_str().unwrap());
        assert_eq!(sent(&mocks, "GET", &path, &Value::Null).await.json(), *generation);
        let video = sent(&mocks, "GET", &format!("{path}/content/video"), &Value::Null).await;
        assert_eq!(video.header("content-type"), Some("video/mp4"));
        assert_eq!(&video.body[4..8], b"ftyp");
        videos.push(video.body);
        let still = sent(&mocks, "GET", &format!("{path}/content/thumbnail"), &Value::Null).await;
        let still = image::load_from_memory(&still.body).unwrap();
        assert_eq!((still.width(), still.height()), (854, 480));
    }
    assert_ne!(videos[0], videos[1]);
}

#[tokio::test]
async fn jobs_are_listed_and_forgotten() {
    let mocks = mocks::start().await.unwrap();
    let jobs = [begun(&mocks, json!({})).await, begun(&mocks, json!({ "prompt": "a bat" })).await];
    let listed: Value = sent(&mocks, "GET", JOBS, &Value::Null).await.json();
    assert_eq!(operation("azure", "GET", JOBS).reply(200, &listed), []);
    assert_eq!(listed["data"], json!([jobs[1], jobs[0]]));
    let path = format!("{JOBS}/{}", jobs[0]["id"].as_str().unwrap());
    assert_eq!(sent(&mocks, "DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(sent(&mocks, "GET", &path, &Value::Null).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_or_fails() {
    let mocks = mocks::start().await.unwrap();
    let body = |more: Value| {
        let mut body = json!({ "model": "sora", "prompt": "a hat", "width": 480, "height": 480 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, status) in [
        (json!({ "width": 7 }), 400),
        (json!({ "n_seconds": 30 }), 400),
        (json!({ "width": 1920, "height": 1080, "n_seconds": 20 }), 400),
        (json!({ "seconds": "4" }), 400),
    ] {
        let reply = sent(&mocks, "POST", JOBS, &body(more)).await;
        let (found, error) = judged::refused(&operation("azure", "POST", JOBS), &reply);
        assert_eq!((found, &error["error"]["type"]), (status, &json!("video_generation_user_error")));
    }
    mocks.add(Script::new("[[blocked]]", Reply { finish: Some(Finish::ContentFilter), ..Reply::default() }));
    let job = begun(&mocks, json!({ "prompt": "[[blocked]]" })).await;
    looked(&mocks, &job).await;
    let failed = looked(&mocks, &job).await;
    assert_eq!(
        (&failed["status"], &failed["failure_reason"]),
        (&json!("failed"), &json!("output_moderation"))
    );
}

/// Sora 2 is OpenAI's API, and is refused as the jobs are.
#[tokio::test]
async fn a_deployment_that_is_not_there_is_named() {
    let models = Some(vec!["films".to_owned()]);
    let mocks = mocks::start_with(mocks::Options { models, ..mocks::Options::default() }).await.unwrap();
    let job = json!({ "model": "sora", "prompt": "a hat", "width": 480, "height": 480 });
    for (path, body) in [(JOBS, job), ("/openai/v1/videos", json!({ "model": "sora", "prompt": "a hat" }))] {
        let reply = sent(&mocks, "POST", path, &body).await;
        let (status, error) = judged::refused(&operation("azure", "POST", path), &reply);
        assert_eq!((status, &error["error"]["type"]), (404, &json!("video_generation_user_error")), "{path}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("The API deployment 'sora' for this resource does not exist."),
            "{message}"
        );
    }
    let body = json!({ "model": "films", "prompt": "a hat" });
    assert_eq!(sent(&mocks, "POST", "/openai/v1/videos", &body).await.status, 200);
}
