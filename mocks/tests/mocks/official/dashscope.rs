//! Alibaba's Python client on pictures.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played};

#[tokio::test]
async fn alibabas_client_draws_edits_and_waits_for_tasks() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("dashscope_images.py", &mocks.url("dashscope")).await else { return };
    println!("{seen:#}");
    let well = json!([200, "", "", true]);
    assert_eq!(seen["drawn"], json!([[[1024, 1536], [1024, 1536]], 2, well]));
    let edited = &seen["edited"];
    assert_eq!((&edited["by_message"], &edited["by_function"]), (&json!([800, 1200]), &json!([[800, 1200]])));
    assert_eq!(edited["by_task"], json!(["SUCCEEDED", [[800, 1200], [800, 1200]], 2]));
    let tasks = &seen["tasks"];
    assert_eq!(tasks["seen"], json!(["PENDING", "RUNNING", "SUCCEEDED"]));
    assert_eq!((&tasks["cancelled"][0], &tasks["cancelled"][1][1]), (&well, &json!("UnsupportedOperation")));
    assert_eq!(tasks["listed"], json!([1, "CANCELED"]));
    assert_eq!((&tasks["unknown"], &tasks["waited"]), (&json!("UNKNOWN"), &json!("CANCELED")));
    let errors = &seen["errors"];
    let told = |name: &str| -> (Value, Value) { (errors[name][0].clone(), errors[name][1].clone()) };
    for (name, status, code) in [
        ("denied", 401, "InvalidApiKey"),
        ("rate", 429, "Throttling.RateQuota"),
        ("server", 500, "InternalError"),
        ("size", 400, "InvalidParameter"),
        ("blocked", 400, "DataInspectionFailed"),
    ] {
        assert_eq!(told(name), (json!(status), json!(code)), "{}", errors[name]);
    }
    assert_eq!(
        (&errors["task"]["task_status"], &errors["task"]["code"]),
        (&json!("FAILED"), &json!("DataInspectionFailed"))
    );
    nothing_is_strange(&mocks, 0);
}
