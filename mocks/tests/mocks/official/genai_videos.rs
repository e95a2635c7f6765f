//! Google's client on videos, at both of its services.

use serde_json::{Value, json};

use super::openai_videos::{is_shown, mocks, shown};
use super::venv::NEWEST;

#[tokio::test]
async fn googles_client_understands_videos() {
    for (kind, looks) in [("gemini", 2), ("vertex", 2)] {
        let mocks = mocks().await;
        let Some(seen) = NEWEST.run_with("google_videos.py", &[&mocks.url(kind), kind]).await else { return };
        println!("{seen:#}");
        let made = &seen["made"];
        assert_eq!((&made[0], &made[1]), (&json!(looks), &json!(1)));
        is_shown(made[2].clone(), &shown((1280, 720), 4, 24));
        let tall = json!([[1080, 1920], 8.0]);
        assert_eq!(seen["many"], json!([true, tall, tall]));
        assert_eq!(seen["blocked"], json!([1, null]));
        assert_eq!(seen["broken"], json!([13, null]));
        assert_eq!(seen["elsewhere"], if kind == "vertex" { json!(true) } else { Value::Null });
        let errors = &seen["errors"];
        for (name, status) in
            [("length", "400"), ("ratio", "400"), ("model", "404"), ("absent", "404"), ("rate", "429")]
        {
            let text = errors[name]["text"].as_str().unwrap_or_default();
            assert!(text.contains(status), "{name}: {}", errors[name]);
        }
        // What is large has eight seconds, at the Gemini API.
        let words = "Resolution 1080p requires duration seconds to be 8 seconds, but got 6";
        let large = errors["large"]["text"].as_str().unwrap_or_default();
        assert_eq!(large.contains(words), kind == "gemini", "{}", errors["large"]);
        super::every_reply_fits_of(&mocks, kind, 10);
        // The ratio.
        super::nothing_is_strange(&mocks, 1);
    }
}
