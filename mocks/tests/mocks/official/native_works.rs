//! Google's, Amazon's and Hugging Face's clients on pictures and sound.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::venv::NEWEST;
use super::{nothing_is_strange, played};
use crate::judged;

#[tokio::test]
async fn the_makers_own_clients_understand_works() {
    let mocks = played().await;
    let body = json!({ "model": "tts-1", "input": "Good day.", "voice": "coral", "response_format": "wav" });
    let sound = judged::post(&mocks, "openai", "/v1/audio/speech", &body).await.body;
    let urls = ["gemini", "vertex", "bedrock", "huggingface"].map(|provider| mocks.url(provider));
    let arguments = [&*urls[0], &*urls[1], &*urls[2], &*urls[3], &*BASE64_STANDARD.encode(sound)];
    let Some(seen) = NEWEST.run_with("native_works.py", &arguments).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["gemini"], json!([true, [1344, 768], 1290]));
    assert_eq!(seen["imagen"], json!([[1184, 864], [1184, 864]]));
    let bedrock = &seen["bedrock"];
    assert_eq!(
        (&bedrock["titan"], &bedrock["nova"]),
        (&json!([[512, 768], [512, 768]]), &json!([1024, 1024]))
    );
    assert_eq!(bedrock["stability"], json!([[1536, 864], [null]]));
    assert_eq!(seen["huggingface"], "Good day.");
    let text = |name: &str| seen["errors"][name]["text"].as_str().unwrap().to_owned();
    assert!(text("bedrock").contains("ValidationException"), "{}", text("bedrock"));
    assert!(text("imagen").contains("400"), "{}", text("imagen"));
    assert!(text("rate").contains("slow down"), "{}", text("rate"));
    assert!(text("sound").contains("400") || text("sound").contains("Malformed"), "{}", text("sound"));
    nothing_is_strange(&mocks, 2);
}
