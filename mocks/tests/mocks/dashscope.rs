//! DashScope's pictures in words of its own. The decoder is that of the crate `image`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::ImageFormat;
use mocks::script::{End, Failure, Finish, Kind, Progress, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use crate::client::{self, exchange, request};
use crate::judged::{self, get, post_with, refused, whole};

const API: &str = "dashscope-aigc";
const GENERATE: &str = "/api/v1/services/aigc/multimodal-generation/generation";
const SYNTHESIZE: &str = "/api/v1/services/aigc/text2image/image-synthesis";
const EDIT: &str = "/api/v1/services/aigc/image2image/image-synthesis";
const KEY: (&str, &str) = ("authorization", "Bearer dashscope-touchstone");
const ASYNC: (&str, &str) = ("x-dashscope-async", "enable");

/// A request to a path, as a task where that path knows no other.
async fn ask(mocks: &Mocks, path: &str, body: &Value) -> client::Reply {
    let headers: &[_] = if path == GENERATE { &[KEY] } else { &[KEY, ASYNC] };
    post_with(mocks, "dashscope", path, headers, body).await
}

fn generation(model: &str, parts: &Value, parameters: &Value) -> Value {
    json!({ "model": model, "input": { "messages": [{ "role": "user", "content": parts }] }, "parameters": parameters })
}

async fn generated(mocks: &Mocks, body: &Value) -> Value {
    whole(&judged::operation(API, "POST", GENERATE), &ask(mocks, GENERATE, body).await)
}

/// Begins a task, and says its id.
async fn begun(mocks: &Mocks, path: &str, body: &Value) -> String {
    let reply = whole(&judged::operation(API, "POST", path), &ask(mocks, path, body).await);
    assert_eq!(reply["output"]["task_status"], "PENDING");
    reply["output"]["task_id"].as_str().unwrap().to_owned()
}

async fn looked(mocks: &Mocks, id: &str) -> Value {
    let path = format!("/api/v1/tasks/{id}");
    whole(&judged::operation(API, "GET", &path), &get(mocks, "dashscope", &path).await)
}

/// Width and height of the picture at an address.
async fn shown(mocks: &Mocks, address: &Value) -> (u32, u32) {
    let path = address.as_str().unwrap().strip_prefix("http://mock").unwrap();
    let shown = exchange(mocks, &request("GET", path, &[], b"")).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
    let picture = image::load_from_memory_with_format(&shown.body, ImageFormat::Png).unwrap();
    (picture.width(), picture.height())
}

/// A picture of the mock's own as a data URL, and its size.
async fn picture(mocks: &Mocks, size: &str) -> String {
    let body = generation("qwen-image-2.0", &json!([{ "text": "a hat" }]), &json!({ "size": size }));
    let made = generated(mocks, &body).await;
    let address = made["output"]["choices"][0]["message"]["content"][0]["image"].as_str().unwrap();
    let path = address.strip_prefix("http://mock").unwrap();
    let shown = exchange(mocks, &request("GET", path, &[], b"")).await;
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(shown.body))
}

#[tokio::test]
async fn one_call_makes_pictures_of_the_asked_size() {
    let mocks = mocks::start().await.unwrap();
    let text = json!([{ "text": "a hat" }]);
    for (model, parameters, size) in [
        ("qwen-image", json!({}), (1664, 928)),
        ("qwen-image-max", json!({ "size": "928*1664", "n": 1 }), (928, 1664)),
        ("qwen-image-2.0-pro", json!({ "size": "2688*1536", "watermark": true }), (2688, 1536)),
    ] {
        let made = generated(&mocks, &generation(model, &text, &parameters)).await;
        let content = made["output"]["choices"][0]["message"]["content"].as_array().unwrap();
        assert_eq!(content.len(), 1, "{model}");
        assert_eq!(shown(&mocks, &content[0]["image"]).await, size, "{model}");
        assert_eq!(made["usage"], json!({ "image_count": 1, "width": size.0, "height": size.1 }));
    }
    // Wan shows each picture as a choice, and makes four where no number is said.
    let made = generated(&mocks, &generation("wan2.6-t2i", &text, &json!({}))).await;
    assert_eq!(made["output"]["choices"].as_array().unwrap().len(), 4);
    assert_eq!(made["usage"]["size"], "1280*1280");
}

#[tokio::test]
async fn what_is_edited_stays_as_large_as_it_came() {
    let mocks = mocks::start().await.unwrap();
    let (small, large) = (picture(&mocks, "600*700").await, picture(&mocks, "1024*768").await);
    let parts = json!([{ "image": small }, { "image": large }, { "text": "a hat, in red" }]);
    let body = generation("qwen-image-edit-plus", &parts, &json!({ "n": 3 }));
    let made = generated(&mocks, &body).await;
    let content = made["output"]["choices"][0]["message"]["content"].as_array().unwrap();
    assert_eq!(content.len(), 3);
    for part in content {
        assert_eq!(shown(&mocks, &part["image"]).await, (1024, 768), "the last one decides");
    }
    let body = generation("qwen-image-edit", &parts, &json!({ "size": "512*512" }));
    let followed = generated(&mocks, &body).await;
    assert_eq!(followed["usage"]["width"], 1024, "it has no sizes of its own");
    let again = generated(&mocks, &generation("qwen-image-edit", &parts, &json!({ "seed": 7 }))).await;
    let other = generated(
        &mocks,
        &generation("qwen-image-edit", &parts, &json!({ "seed": 7, "prompt_extend": false })),
    )
    .await;
    assert_eq!(again["output"], other["output"], "the seed says what is drawn");
}

#[tokio::test]
async fn a_task_waits_works_and_is_done() {
    let mocks = mocks::start().await.unwrap();
    let image = picture(&mocks, "800*1200").await;
    let body = json!({ "model": "wan2.5-i2i-preview", "input": { "prompt": "a hat", "images": [image] }, "parameters": { "n": 2 } });
    let id = begun(&mocks, EDIT, &body).await;
    let working = looked(&mocks, &id).await;
    assert_eq!(working["output"]["task_status"], "RUNNING");
    assert_eq!(working["output"]["task_metrics"], json!({ "TOTAL": 2, "SUCCEEDED": 1, "FAILED": 0 }));
    assert!(working["output"].get("results").is_none() && working.get("usage").is_none());
    for _ in 0..2 {
        let done = looked(&mocks, &id).await;
        let output = &done["output"];
        assert_eq!(
            (&output["task_status"], &done["usage"]),
            (&json!("SUCCEEDED"), &json!({ "image_count": 2 }))
        );
        let results = output["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[0]["orig_prompt"]), (2, &json!("a hat")));
        assert_eq!(shown(&mocks, &results[1]["url"]).await, (800, 1200));
    }
    let unknown = looked(&mocks, "nobody").await;
    assert_eq!(unknown["output"], json!({ "task_id": "nobody", "task_status": "UNKNOWN" }));
}

#[tokio::test]
async fn tasks_end_as_a_script_says() {
    let mocks = mocks::start().await.unwrap();
    let ends = |end, lines| Reply { progress: Some(Progress { looks: 1, end, lines }), ..Reply::default() };
    mocks.add(Script::new("[[some]]", ends(End::Failed, Some(1))));
    mocks.add(Script::new("[[none]]", ends(End::Failed, Some(0))));
    mocks.add(Script::new("[[late]]", ends(End::Expired, None)));
    mocks.add(Script::new("[[blocked]]", Reply { finish: Some(Finish::ContentFilter), ..Reply::default() }));
    for (marker, status, code) in [
        ("some", "SUCCEEDED", "/output/results/1/code"),
        ("none", "FAILED", "/output/code"),
        ("late", "UNKNOWN", "/output/task_id"),
        ("blocked", "FAILED", "/output/code"),
    ] {
        let body = json!({ "model": "wan2.2-t2i-flash", "input": { "prompt": format!("[[{marker}]]") }, "parameters": { "n": 2 } });
        let id = begun(&mocks, SYNTHESIZE, &body).await;
        looked(&mocks, &id).await;
        let over = looked(&mocks, &id).await;
        assert_eq!(over["output"]["task_status"], status, "{marker}");
        let expected = match marker {
            "blocked" => "DataInspectionFailed",
            "late" => &id,
            _ => "InternalError.Algo",
        };
        assert_eq!(over.pointer(code), Some(&json!(expected)), "{marker}: {over:#}");
    }
}

#[tokio::test]
async fn tasks_are_listed_and_taken_back_while_they_wait() {
    let mocks = mocks::start().await.unwrap();
    let body = |model: &str| json!({ "model": model, "input": { "prompt": "a hat" } });
    let first = begun(&mocks, SYNTHESIZE, &body("qwen-image-plus")).await;
    let second = begun(&mocks, SYNTHESIZE, &body("wan2.5-t2i-preview")).await;
    looked(&mocks, &first).await;
    let list = async |query: &str| {
        let path = format!("/api/v1/tasks{query}");
        whole(&judged::operation(API, "GET", &path), &get(&mocks, "dashscope", &path).await)
    };
    let all = list("?page_no=1&page_size=1").await;
    assert_eq!(
        (&all["total"], &all["total_page"], &all["data"][0]["task_id"]),
        (&json!(2), &json!(2), &json!(second))
    );
    let working = list("?status=RUNNING").await;
    assert_eq!(
        working["data"][0]["user_api_unique_key"],
        "apikey:v1:aigc:text2image:image-synthesis:qwen-image-plus"
    );
    assert_eq!(list("?model_name=nobody").await["data"], json!([]));
    let cancel = async |id: &str| {
        let path = format!("/api/v1/tasks/{id}/cancel");
        (
            judged::operation(API, "POST", &path),
            exchange(&mocks, &request("POST", &format!("/dashscope{path}"), &[KEY], b"")).await,
        )
    };
    let (operation, taken) = cancel(&second).await;
    whole(&operation, &taken);
    assert_eq!(looked(&mocks, &second).await["output"]["task_status"], "CANCELED");
    for id in [&first, &second, "nobody"] {
        let (operation, late) = cancel(id).await;
        let (status, error) = refused(&operation, &late);
        assert_eq!((status, &error["code"]), (400, &json!("UnsupportedOperation")), "{id}");
    }
}

/// A request that is refused as bad: the code and the sentence.
async fn refusal(mocks: &Mocks, path: &str, body: &Value) -> (String, String) {
    let (status, error) = refused(&judged::operation(API, "POST", path), &ask(mocks, path, body).await);
    assert_eq!(status, 400, "{body}");
    (error["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_a_model_cannot_is_refused_in_the_services_words() {
    let mocks = mocks::start().await.unwrap();
    let (text, none) = (json!([{ "text": "a hat" }]), json!({}));
    let image = json!([{ "image": "https://example.com/a.png" }, { "text": "a hat" }]);
    let texts = json!([{ "text": "a" }, { "text": "b" }]);
    for (model, parts, parameters, words) in [
        ("qwen-image", &text, json!({ "n": 2 }), "num_images_per_prompt must be 1"),
        ("wan2.6-t2i", &text, json!({ "n": 5 }), "Range of n should be [1, 4]"),
        ("qwen-image", &text, json!({ "size": "1024*1024" }), "1664*928"),
        ("qwen-image", &image, none.clone(), "number of images"),
        ("qwen-image-edit", &text, none.clone(), "number of images"),
        ("qwen-image-2.0", &text, json!({ "size": "4096*4096" }), "2048*2048"),
        ("wan2.5-i2i-preview", &text, none.clone(), "url error"),
        ("qwen-plus", &text, none.clone(), "url error"),
        ("qwen-image", &texts, none.clone(), "exactly one text"),
    ] {
        let (code, message) = refusal(&mocks, GENERATE, &generation(model, parts, &parameters)).await;
        assert_eq!(code, "InvalidParameter", "{message}");
        assert!(message.contains(words), "{message}");
    }
    let no_picture = json!([{ "image": "data:image/png;base64,AAAA" }, { "text": "a" }]);
    let (code, _) = refusal(&mocks, GENERATE, &generation("qwen-image-edit", &no_picture, &none)).await;
    assert_eq!(code, "InvalidParameter.DataInspection");
    let body = json!({ "model": "qwen-image", "input": { "messages": [{ "role": "user", "content": text }] }, "a_member_of_its_own": 1 });
    generated(&mocks, &body).await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let mocks = mocks::start().await.unwrap();
    for (path, body, code, words) in [
        (
            GENERATE,
            json!({ "input": {} }),
            "BadRequest.EmptyModel",
            "Required parameter \"model\" missing from request.",
        ),
        (
            GENERATE,
            json!({ "model": "qwen-image" }),
            "BadRequest.EmptyInput",
            "Required input parameter missing from request.",
        ),
        (
            GENERATE,
            json!({ "model": "qwen-image", "input": {} }),
            "InvalidParameter",
            "Required parameter(messages) missing or invalid",
        ),
        (
            EDIT,
            json!({ "model": "wanx2.1-imageedit", "input": { "prompt": "a", "base_image_url": "https://a.example/b" } }),
            "InvalidParameter",
            "Required parameter(function) missing or invalid",
        ),
        (
            EDIT,
            json!({ "model": "wanx2.1-imageedit", "input": { "prompt": "a", "function": "doodle" } }),
            "InvalidParameter",
            "Required parameter(base_image_url) missing or invalid",
        ),
    ] {
        let (got, message) = refusal(&mocks, path, &body).await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn errors_have_a_code_a_sentence_and_an_id() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new(
        "[[rate]]",
        Reply::error(Failure { kind: Some(Kind::RateLimit), ..Failure::default() }),
    ));
    mocks.add(Script::new("[[blocked]]", Reply { finish: Some(Finish::ContentFilter), ..Reply::default() }));
    let operation = judged::operation(API, "POST", GENERATE);
    let body = |prompt: &str| generation("qwen-image", &json!([{ "text": prompt }]), &json!({}));
    let wrong = ("authorization", "Bearer nobody");
    for (headers, prompt, status, code) in [
        (&[KEY][..], "[[rate]]", 429, "Throttling.RateQuota"),
        (&[KEY], "[[blocked]]", 400, "DataInspectionFailed"),
        (&[wrong], "a hat", 401, "InvalidApiKey"),
        (&[], "a hat", 401, "InvalidApiKey"),
        (&[KEY, ASYNC], "a hat", 403, "AccessDenied"),
    ] {
        let reply = post_with(&mocks, "dashscope", GENERATE, headers, &body(prompt)).await;
        let (got, error) = refused(&operation, &reply);
        assert_eq!((got, error["code"].as_str()), (status, Some(code)), "{error}");
    }
    let synthesis = json!({ "model": "qwen-image", "input": { "prompt": "a hat" } });
    let alone = post_with(&mocks, "dashscope", SYNTHESIZE, &[KEY], &synthesis).await;
    assert_eq!(alone.status, 403);
    assert!(alone.text().contains("current user api does not support synchronous calls"), "{}", alone.text());
    let nowhere = post_with(&mocks, "dashscope", "/api/v1/services/nothing", &[KEY], &synthesis).await;
    assert_eq!((nowhere.status, &nowhere.json()["code"]), (400, &json!("InvalidURL")));
    let got = get(&mocks, "dashscope", GENERATE).await;
    assert_eq!((got.status, &got.json()["message"]), (400, &json!("Request method 'GET' is not supported.")));
    let chat =
        post_with(&mocks, "dashscope", "/compatible-mode/v1/chat/completions", &[wrong], &json!({})).await;
    assert!(chat.json()["error"]["message"].is_string(), "what is OpenAI's is answered in OpenAI's words");
}
