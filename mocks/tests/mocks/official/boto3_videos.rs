//! AWS's Python clients on videos, from Bedrock by way of S3.

use serde_json::{Value, json};

use super::openai_videos::{is_shown, mocks, shown};
use super::venv::NEWEST;

#[tokio::test]
async fn boto3_understands_videos() {
    let mocks = mocks().await;
    let base = format!("http://{}", mocks.addr());
    let Some(seen) = NEWEST.run("boto3_videos.py", &base).await else { return };
    println!("{seen:#}");
    let made = &seen["made"];
    assert_eq!(made[0], json!(["InProgress", "Completed"]));
    assert_eq!((&made[1], &made[2]), (&json!(true), &json!("SUCCESS")));
    is_shown(made[3].clone(), &shown((1280, 720), 6, 24));
    assert_eq!(seen["long"], 12.0);
    for (marker, why) in [("blocked", "content filters"), ("broken", "internal error")] {
        let failed = &seen["failed"][marker];
        assert_eq!(failed[0], "Failed");
        assert!(failed[1].as_str().is_some_and(|said| said.contains(why)), "{failed}");
    }
    let raised = |name: &str, text: &str| {
        let error: &Value = &seen["errors"][name];
        assert!(error["text"].as_str().is_some_and(|said| said.contains(text)), "{error}");
    };
    raised("length", "durationSeconds: 12 is not a valid enum value");
    raised("size", "#/modelInput/videoGenerationConfig/dimension");
    raised("text", "ValidationException");
    raised("rate", "ThrottlingException");
    // The size, and the text.
    super::nothing_is_strange(&mocks, 2);
}
