//! OpenAI's images, and those of who speaks its dialect. The decoders are those of the crate `image`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::{DynamicImage, ImageFormat};
use mocks::script::{Cut, Failure, Fault, Interruption, Kind, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use super::{Field, file, post_form, text};
use crate::client::{exchange, request};
use crate::judged;

const GENERATE: &str = "/v1/images/generations";
const EDIT: &str = "/v1/images/edits";
const VARY: &str = "/v1/images/variations";

async fn made(mocks: &Mocks, body: &Value) -> Value {
    let operation = judged::operation("openai", "POST", GENERATE);
    judged::whole(&operation, &judged::post(mocks, "openai", GENERATE, body).await)
}

fn decoded(base64: &Value, format: ImageFormat) -> DynamicImage {
    let bytes = BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap();
    assert_eq!(image::guess_format(&bytes).unwrap(), format);
    image::load_from_memory(&bytes).unwrap()
}

/// A picture of the mock's own, as bytes.
async fn picture(mocks: &Mocks, more: &Value) -> Vec<u8> {
    let mut body = json!({ "prompt": "a hat", "model": "gpt-image-1", "quality": "low" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = made(mocks, &body).await;
    BASE64_STANDARD.decode(made["data"][0]["b64_json"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn pictures_are_of_the_asked_size_in_every_format() {
    let mocks = mocks::start().await.unwrap();
    for (format, kind) in
        [("png", ImageFormat::Png), ("jpeg", ImageFormat::Jpeg), ("webp", ImageFormat::WebP)]
    {
        for (size, edges) in
            [("1024x1024", (1024, 1024)), ("1024x1536", (1024, 1536)), ("1536x1024", (1536, 1024))]
        {
            let body =
                json!({ "prompt": "a hat", "model": "gpt-image-1", "size": size, "output_format": format });
            let made = made(&mocks, &body).await;
            let picture = decoded(&made["data"][0]["b64_json"], kind);
            assert_eq!((picture.width(), picture.height()), edges);
            assert_eq!((&made["size"], &made["output_format"]), (&json!(size), &json!(format)));
        }
    }
}

#[tokio::test]
async fn a_picture_without_a_background_has_none() {
    let mocks = mocks::start().await.unwrap();
    for (background, is_seen_through) in [("opaque", false), ("transparent", true)] {
        for format in ["png", "webp"] {
            let bytes = picture(&mocks, &json!({ "background": background, "output_format": format })).await;
            let picture = image::load_from_memory(&bytes).unwrap().to_rgba8();
            assert_eq!(picture.pixels().any(|pixel| pixel.0[3] == 0), is_seen_through, "{format}");
        }
    }
}

#[tokio::test]
async fn an_address_leads_to_the_picture() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({ "prompt": "a hat", "model": "dall-e-2", "n": 3, "size": "256x256" });
    let made = made(&mocks, &body).await;
    let mut seen = Vec::new();
    for item in made["data"].as_array().unwrap() {
        let url = item["url"].as_str().unwrap();
        let path = url.strip_prefix("http://mock").unwrap();
        let shown = exchange(&mocks, &request("GET", path, &[], b"")).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
        let picture = image::load_from_memory_with_format(&shown.body, ImageFormat::Png).unwrap();
        assert_eq!((picture.width(), picture.height()), (256, 256));
        seen.push(shown.body);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3, "three pictures, none like another");
    let none = exchange(&mocks, &request("GET", "/openai/generated/0-9000x9000.png", &[], b"")).await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn the_older_models_give_what_they_gave() {
    let mocks = mocks::start().await.unwrap();
    let made = made(
        &mocks,
        &json!({ "prompt": "a hat", "model": "dall-e-3", "size": "1792x1024", "response_format": "b64_json" }),
    )
    .await;
    let item = &made["data"][0];
    assert!(item["revised_prompt"].as_str().unwrap().ends_with("a hat"));
    let picture = decoded(&item["b64_json"], ImageFormat::Png);
    assert_eq!((picture.width(), picture.height()), (1792, 1024));
    assert!(made.get("usage").is_none() && made.get("size").is_none());
}

#[tokio::test]
async fn usage_is_what_the_guide_says() {
    let mocks = mocks::start().await.unwrap();
    // https://platform.openai.com/docs/guides/image-generation#cost-and-latency
    for (quality, size, tokens) in
        [("low", "1024x1024", 272), ("medium", "1024x1536", 1584), ("high", "1536x1024", 6208)]
    {
        let body =
            json!({ "prompt": "a hat", "model": "gpt-image-1", "quality": quality, "size": size, "n": 2 });
        let usage = made(&mocks, &body).await["usage"].clone();
        assert_eq!(usage["output_tokens"], 2 * tokens);
        assert_eq!(usage["input_tokens_details"], json!({ "text_tokens": 2, "image_tokens": 0 }));
        assert_eq!(usage["total_tokens"], 2 * tokens + 2);
    }
}

#[tokio::test]
async fn a_stream_shows_pictures_on_their_way() {
    let mocks = mocks::start().await.unwrap();
    let operation = judged::operation("openai", "POST", GENERATE);
    let body = json!({ "prompt": "a hat", "model": "gpt-image-1", "stream": true, "partial_images": 2, "quality": "low" });
    let events = judged::streamed(&operation, &judged::post(&mocks, "openai", GENERATE, &body).await);
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let partial = "image_generation.partial_image";
    assert_eq!(kinds, [partial, partial, "image_generation.completed"]);
    let indices: Vec<_> = events.iter().map(|event| event["partial_image_index"].as_u64()).collect();
    assert_eq!(indices, [Some(0), Some(1), None]);
    let pictures: Vec<_> = events.iter().map(|event| decoded(&event["b64_json"], ImageFormat::Png)).collect();
    let inked = |picture: &DynamicImage| {
        let picture = picture.to_rgba8();
        let paper = picture.get_pixel(0, picture.height() - 1).0;
        picture.pixels().filter(|pixel| pixel.0 != paper).count()
    };
    assert_ne!(inked(&pictures[0]), inked(&pictures[2]));
    assert_eq!(events[2]["usage"]["output_tokens"], 272 + 200);
}

#[tokio::test]
async fn scripts_fail_and_break_as_in_any_answer() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[rate]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    let operation = judged::operation("openai", "POST", GENERATE);
    let ask = |marker: &str| json!({ "prompt": marker, "model": "gpt-image-1", "stream": true, "partial_images": 3 });
    let reply = judged::post(&mocks, "openai", GENERATE, &ask("[[rate]]")).await;
    let (status, body) = judged::refused(&operation, &reply);
    assert_eq!((status, &body["error"]["message"]), (429, &json!("slow down")));

    let error = Interruption { after_event: 1, kind: Some(Kind::Server), message: Some("gone".to_owned()) };
    let fault = |fault: Fault| Reply { fault: Some(fault), ..Reply::default() };
    mocks.add(Script::new("[[middle]]", fault(Fault { error: Some(error), ..Fault::default() })));
    let broken = judged::post(&mocks, "openai", GENERATE, &ask("[[middle]]")).await;
    let names: Vec<_> = broken.events().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["image_generation.partial_image", "error"]);
    let mut sequence = operation.sequence().unwrap();
    for (name, data) in broken.events() {
        assert_eq!(operation.event(&name, &data), []);
        sequence.event(&name, &data);
    }

    let cut = Cut { after_event: Some(1), ..Cut::default() };
    mocks.add(Script::new("[[cut]]", fault(Fault { cut: Some(cut), ..Fault::default() })));
    let cut = judged::post(&mocks, "openai", GENERATE, &ask("[[cut]]")).await;
    assert!(!cut.complete);
    assert_eq!(cut.events().len(), 1);
}

/// What is asked for, and the message, member and code of the refusal.
const IMPOSSIBLE: &[(&str, &str, &str, &str)] = &[
    (
        r#"{ "model": "dall-e-3", "size": "256x256" }"#,
        "The size is not supported by this model.",
        "",
        "invalid_size",
    ),
    (r#"{ "model": "dall-e-3", "n": 2 }"#, "You must provide n=1 for this model.", "", ""),
    (
        r#"{ "model": "gpt-image-1", "response_format": "url" }"#,
        "Unknown parameter: 'response_format'.",
        "response_format",
        "unknown_parameter",
    ),
    (
        r#"{ "model": "gpt-image-1", "size": "256x256" }"#,
        "Invalid value: '256x256'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
        "size",
        "invalid_value",
    ),
    (
        r#"{ "model": "gpt-image-1", "quality": "hd" }"#,
        "Invalid value: 'hd'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
        "quality",
        "invalid_value",
    ),
    (
        r#"{ "model": "dall-e-2", "background": "transparent" }"#,
        "Unknown parameter: 'background'.",
        "background",
        "unknown_parameter",
    ),
    (
        r#"{ "model": "gpt-image-1", "background": "transparent", "output_format": "jpeg" }"#,
        "Transparent background is not supported for JPEG output format.",
        "background",
        "invalid_value",
    ),
    (
        r#"{ "n": 11 }"#,
        "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead.",
        "n",
        "integer_above_max_value",
    ),
    (
        r#"{ "prompt": 7 }"#,
        "Invalid type for 'prompt': expected a string, but got an integer instead.",
        "prompt",
        "invalid_type",
    ),
    (r#"{ "seed": 7 }"#, "Unrecognized request argument supplied: seed", "", ""),
];

#[tokio::test]
async fn what_a_model_cannot_make_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let operation = judged::operation("openai", "POST", GENERATE);
    for (body, message, param, code) in IMPOSSIBLE {
        let mut asked = json!({ "prompt": "a hat" });
        asked.as_object_mut().unwrap().extend(serde_json::from_str::<serde_json::Map<_, _>>(body).unwrap());
        let reply = judged::post(&mocks, "openai", GENERATE, &asked).await;
        let (status, error) = judged::refused(&operation, &reply);
        let error = &error["error"];
        assert_eq!((status, error["message"].as_str()), (400, Some(*message)));
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        assert_eq!((text("param"), text("code"), text("type")), (*param, *code, "invalid_request_error"));
    }
    let long = json!({ "model": "dall-e-2", "prompt": "x".repeat(1_001) });
    let (_, error) = judged::refused(&operation, &judged::post(&mocks, "openai", GENERATE, &long).await);
    assert_eq!(error["error"]["code"], "string_above_max_length");
}

#[tokio::test]
async fn pictures_are_edited_and_varied() {
    let mocks = mocks::start().await.unwrap();
    let own = picture(&mocks, &json!({ "background": "transparent" })).await;
    let operation = judged::operation("openai", "POST", EDIT);
    let fields = [
        file("image[]", "a.png", "image/png", &own),
        file("image[]", "b.png", "image/png", &own),
        file("mask", "m.png", "image/png", &own),
        text("prompt", "a hat"),
        text("model", "gpt-image-1"),
        text("n", "2"),
        text("quality", "low"),
    ];
    let made = judged::whole(&operation, &post_form(&mocks, "openai", EDIT, &fields).await);
    assert_eq!(made["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        made["usage"]["input_tokens_details"],
        json!({ "text_tokens": 2, "image_tokens": 2 * (65 + 129) })
    );

    let streamed =
        [fields[0].clone(), text("prompt", "a hat"), text("stream", "true"), text("partial_images", "1")];
    let events = judged::streamed(&operation, &post_form(&mocks, "openai", EDIT, &streamed).await);
    assert_eq!((&events[0]["type"], events.len()), (&json!("image_edit.partial_image"), 2));

    let url = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&own));
    let body = json!({ "images": [{ "image_url": url }], "prompt": "a hat" });
    judged::whole(&operation, &judged::post(&mocks, "openai", EDIT, &body).await);

    let operation = judged::operation("openai", "POST", VARY);
    let fields =
        [file("image", "a.png", "image/png", &own), text("n", "2"), text("response_format", "b64_json")];
    let made = judged::whole(&operation, &post_form(&mocks, "openai", VARY, &fields).await);
    assert_ne!(made["data"][0]["b64_json"], made["data"][1]["b64_json"]);
}

#[tokio::test]
async fn what_is_no_picture_for_a_model_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let opaque = picture(&mocks, &json!({})).await;
    let tall = picture(&mocks, &json!({ "size": "1024x1536" })).await;
    let operation = judged::operation("openai", "POST", EDIT);
    let image = |media: &'static str, content| file("image", "a.png", media, content);
    let cases: Vec<(Vec<Field<'_>>, &str, &str)> = vec![
        (
            vec![image("application/octet-stream", &opaque)],
            "unsupported mimetype ('application/octet-stream')",
            "unsupported_file_mimetype",
        ),
        (vec![image("", &opaque)], "failed to determine mimetype", "missing_file_mimetype"),
        (vec![image("image/png", b"none")], "Invalid image file or mode for image 1", "invalid_image_file"),
        (vec![text("image", "a.png")], "expected a file", "invalid_type"),
        (vec![], "Missing required parameter: 'image'.", "missing_required_parameter"),
        (
            vec![image("image/png", &opaque), file("mask", "m.png", "image/png", &tall)],
            "mask size does not match",
            "",
        ),
        (
            vec![image("image/png", &opaque), text("model", "dall-e-2")],
            "format must be in ['RGBA', 'LA', 'L']",
            "",
        ),
        (vec![image("image/png", &tall), text("model", "dall-e-2")], "must be square", ""),
        (
            vec![image("image/jpeg", &opaque), text("model", "dall-e-2")],
            "Supported file formats are 'image/png'.",
            "unsupported_file_mimetype",
        ),
        (
            vec![image("image/png", &opaque), text("model", "dall-e-3")],
            "Value must be 'dall-e-2'.",
            "invalid_value",
        ),
    ];
    for (mut fields, message, code) in cases {
        fields.push(text("prompt", "a hat"));
        let (status, error) = judged::refused(&operation, &post_form(&mocks, "openai", EDIT, &fields).await);
        assert_eq!(status, 400);
        assert!(error["error"]["message"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(error["error"]["code"].as_str().unwrap_or_default(), code, "{error}");
    }
    let vary = judged::operation("openai", "POST", VARY);
    let reply = judged::post(&mocks, "openai", VARY, &json!({ "image": "a.png" })).await;
    assert_eq!(judged::refused(&vary, &reply).0, 415);
}

#[tokio::test]
async fn xais_pictures_are_jpegs_and_their_size_is_no_matter() {
    let mocks = mocks::start().await.unwrap();
    let body =
        json!({ "model": "grok-2-image", "prompt": "a hat", "size": "7x7", "response_format": "b64_json" });
    let reply = judged::post(&mocks, "xai", GENERATE, &body).await;
    let made = judged::whole(&judged::operation("xai", "POST", GENERATE), &reply);
    decoded(&made["data"][0]["b64_json"], ImageFormat::Jpeg);
    assert!(made["data"][0]["revised_prompt"].is_string());
}

#[tokio::test]
async fn azures_pictures_are_asked_for_by_deployment_and_by_model() {
    let mocks = mocks::start().await.unwrap();
    let classic = "/openai/deployments/pictures/images/generations?api-version=2025-04-01-preview";
    let own = [("api-key", mocks.credentials().key("azure")), ("content-type", "application/json")];
    for (path, body) in [
        (classic, json!({ "prompt": "a hat", "quality": "low" })),
        (
            "/openai/v1/images/generations",
            json!({ "prompt": "a hat", "quality": "low", "model": "gpt-image-1" }),
        ),
    ] {
        let full = format!("/azure{path}");
        let reply = exchange(&mocks, &request("POST", &full, &own, body.to_string().as_bytes())).await;
        let made = judged::whole(&judged::operation("azure", "POST", path), &reply);
        decoded(&made["data"][0]["b64_json"], ImageFormat::Png);
        assert!(reply.header("apim-request-id").is_some());
        let wrong = json!({ "prompt": "a hat", "quality": "best" }).to_string();
        let reply = exchange(&mocks, &request("POST", &full, &own, wrong.as_bytes())).await;
        assert_eq!(judged::refused(&judged::operation("azure", "POST", path), &reply).0, 400);
    }
    let older = "/openai/deployments/dall-e-3/images/generations?api-version=2024-02-01";
    let reply =
        exchange(&mocks, &request("POST", &format!("/azure{older}"), &own, br#"{"prompt":"a hat"}"#)).await;
    let made = judged::whole(&judged::operation("azure", "POST", older), &reply);
    let path = made["data"][0]["url"].as_str().unwrap().strip_prefix("http://mock").unwrap();
    assert_eq!(exchange(&mocks, &request("GET", path, &[], b"")).await.status, 200);
}
