//! OpenAI's videos at the socket. What the files show is seen where its client fetches them.

use mocks::{Mocks, Options};
use serde_json::{Value, json};

use super::{file, post_form, text};
use crate::judged;

const PATH: &str = "/v1/videos";

async fn begun(mocks: &Mocks, body: &Value) -> Value {
    let operation = judged::operation("openai", "POST", PATH);
    judged::whole(&operation, &judged::post(mocks, "openai", PATH, body).await)
}

async fn looked(mocks: &Mocks, id: &str) -> Value {
    let path = format!("{PATH}/{id}");
    judged::whole(&judged::operation("openai", "GET", &path), &judged::get(mocks, "openai", &path).await)
}

async fn content(mocks: &Mocks, id: &str, query: &str) -> (u16, Vec<u8>) {
    let reply = judged::get(mocks, "openai", &format!("{PATH}/{id}/content{query}")).await;
    (reply.status, reply.body)
}

#[tokio::test]
async fn a_video_goes_on_with_each_look_and_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state"));
    let options = || Options { state: state.clone(), seed: 7, ..Options::default() };
    let mocks = mocks::start_with(options()).await.unwrap();
    let asked = json!({ "prompt": "a hat", "seconds": "4" });
    let video = begun(&mocks, &asked).await;
    let id = video["id"].as_str().unwrap();
    let other = mocks::start_with(Options { seed: 7, ..Options::default() }).await.unwrap();
    assert_eq!(begun(&other, &asked).await, video, "the same seed, the same video");
    assert_eq!(looked(&mocks, id).await["progress"], 50);
    assert_eq!(content(&mocks, id, "").await.0, 404);
    mocks.shutdown().await;

    let mocks = mocks::start_with(options()).await.unwrap();
    let done = looked(&mocks, id).await;
    assert_eq!((&done["status"], &done["progress"]), (&json!("completed"), &json!(100)));
    assert_eq!(looked(&mocks, id).await, done, "it is over");
    let (_, seen) = content(&mocks, id, "").await;
    looked(&other, id).await;
    looked(&other, id).await;
    assert_eq!(content(&other, id, "?variant=video").await, (200, seen));
    mocks.reset();
    assert_eq!(content(&mocks, id, "").await.0, 404);
}

#[tokio::test]
async fn a_picture_to_begin_with_comes_in_a_form_or_by_its_address() {
    let mocks = mocks::start().await.unwrap();
    let picture = image::DynamicImage::new_rgb8(1280, 720);
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let fields = [
        text("prompt", "a hat"),
        text("size", "1280x720"),
        file("input_reference", "a.png", "image/png", bytes.get_ref()),
    ];
    let reply = post_form(&mocks, "openai", PATH, &fields).await;
    let video = judged::whole(&judged::operation("openai", "POST", PATH), &reply);
    assert_eq!((&video["size"], &video["prompt"]), (&json!("1280x720"), &json!("a hat")));
    let fields = [text("prompt", "a hat"), file("input_reference", "a.png", "image/png", bytes.get_ref())];
    assert_eq!(post_form(&mocks, "openai", PATH, &fields).await.status, 400, "720x1280 is another size");
    let address = json!({ "image_url": "https://example.com/a.png" });
    begun(&mocks, &json!({ "prompt": "a hat", "input_reference": address })).await;
    let fields = [text("prompt", "a hat"), file("video", "a.txt", "text/plain", b"no video at all")];
    let reply = post_form(&mocks, "openai", "/v1/videos/edits", &fields).await;
    let (status, body) = judged::refused(&judged::operation("openai", "POST", "/v1/videos/edits"), &reply);
    assert_eq!((status, &body["error"]["code"]), (400, &json!("unsupported_file_mimetype")));
}

#[tokio::test]
async fn larger_sizes_are_of_the_larger_model() {
    let mocks = mocks::start().await.unwrap();
    for (size, edges) in
        [("1024x1792", [1024, 1792]), ("1792x1024", [1792, 1024]), ("1080x1920", [1080, 1920])]
    {
        let video = begun(&mocks, &json!({ "prompt": "a hat", "model": "sora-2-pro", "size": size })).await;
        let id = video["id"].as_str().unwrap();
        looked(&mocks, id).await;
        looked(&mocks, id).await;
        let (_, webp) = content(&mocks, id, "?variant=thumbnail").await;
        let seen = image::load_from_memory_with_format(&webp, image::ImageFormat::WebP).unwrap();
        assert_eq!([seen.width(), seen.height()], edges);
        let (_, jpeg) = content(&mocks, id, "?variant=spritesheet").await;
        let seen = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg).unwrap();
        assert_eq!([seen.width(), seen.height()], [edges[0], edges[1] / 4], "four seconds in a row");
    }
}

#[tokio::test]
async fn a_video_goes_on_up_to_two_minutes() {
    const EXTENSIONS: &str = "/v1/videos/extensions";
    let mocks = mocks::start().await.unwrap();
    let mut video = begun(&mocks, &json!({ "prompt": "a hat", "seconds": "20" })).await;
    let operation = judged::operation("openai", "POST", EXTENSIONS);
    for seconds in (40..=140).step_by(20) {
        let id = video["id"].as_str().unwrap();
        looked(&mocks, id).await;
        looked(&mocks, id).await;
        let more = json!({ "video": { "id": id }, "prompt": "it flies", "seconds": "20" });
        let reply = judged::post(&mocks, "openai", EXTENSIONS, &more).await;
        if seconds > 120 {
            assert_eq!(judged::refused(&operation, &reply).0, 400);
            return;
        }
        video = judged::whole(&operation, &reply);
        assert_eq!(video["seconds"], seconds.to_string());
    }
    panic!("it never ends");
}
