//! Anthropic's client on message batches, in the newest generation and in the one before.

use mocks::script::{End, Match, Progress, Reply, Script};
use serde_json::json;

use super::venv::{CLASSIC, NEWEST, Venv};
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn anthropics_newest_client_runs_batches() {
    runs_batches(&NEWEST).await;
}

#[tokio::test]
async fn anthropics_classic_client_runs_batches() {
    runs_batches(&CLASSIC).await;
}

async fn runs_batches(venv: &Venv) {
    let mocks = played().await;
    let path = Some("/v1/messages/batches".to_owned());
    let matching = Match { contains: Some("[[late]]".to_owned()), path, ..Match::default() };
    let progress = Some(Progress { looks: 0, end: End::Expired, lines: Some(0) });
    mocks.add(Script { matching, replies: vec![Reply { progress, ..Reply::default() }] });
    let Some(seen) = venv.run("anthropic_batches.py", &mocks.url("anthropic")).await else { return };
    println!("{seen:#}");
    let count = |processing, succeeded, errored, canceled| json!({ "processing": processing, "succeeded": succeeded, "errored": errored, "canceled": canceled, "expired": 0 });
    let works = json!(["in_progress", count(3, 0, 0, 0), false]);
    let runs = &seen["runs"];
    assert_eq!(runs["seen"], json!([works, works, ["ended", count(0, 2, 1, 0), true]]));
    let hello = json!(["succeeded", "Hello"]);
    assert_eq!(runs["outcomes"], json!({ "id-0": hello, "id-1": ["errored", "slow down"], "id-2": hello }));
    assert_eq!(runs["deleted"], "message_batch_deleted");
    raised(&seen["too_early"], "AnthropicError", "Exception", None, "No `results_url`");
    let none = json!(["canceled", null]);
    let canceled =
        json!(["canceling", true, ["ended", count(0, 0, 0, 2), true], { "id-0": none, "id-1": none }]);
    assert_eq!(seen["canceled"], canceled);
    assert_eq!(seen["expired"], json!({ "id-0": ["expired", null], "id-1": ["expired", null] }));
    assert_eq!(seen["pages"], json!([true, true, true]));
    assert_eq!(seen["beta"], "in_progress");
    let errors = &seen["errors"];
    raised(&errors["missing"], "NotFoundError", "APIStatusError", Some(404), "msgbatch_none");
    raised(&errors["empty"], "BadRequestError", "APIStatusError", Some(400), "requests");
    raised(&errors["twice"], "BadRequestError", "APIStatusError", Some(400), "not unique");
    raised(&errors["early"], "BadRequestError", "APIStatusError", Some(400), "cannot be deleted");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "authentication_error");
    nothing_is_strange(&mocks, 1);
}
