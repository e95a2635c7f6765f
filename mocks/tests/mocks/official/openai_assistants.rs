//! OpenAI's client on assistants.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{played, raised};

/// Mocks whose runs expire or fail where the script's markers say so.
async fn mocks() -> Mocks {
    let mocks = played().await;
    for (marker, end) in [("late", End::Expired), ("broken", End::Failed)] {
        let progress = Progress { end, ..Progress::default() };
        mocks.add(Script::new(
            format!("[[{marker}]]"),
            Reply { progress: Some(progress), ..Reply::default() },
        ));
    }
    mocks
}

#[tokio::test]
async fn openais_client_understands_assistants() {
    let mocks = mocks().await;
    let arguments = [&*mocks.url("openai"), "openai"];
    let Some(seen) = NEWEST.run_with("openai_assistants.py", &arguments).await else { return };
    println!("{seen:#}");
    understood(&seen);
    super::every_reply_fits(&mocks, "openai");
    let header = &seen["errors"]["header"];
    raised(
        header,
        "BadRequestError",
        "APIStatusError",
        Some(400),
        "You must provide the 'OpenAI-Beta' header",
    );
}

#[tokio::test]
async fn openais_client_for_azure_understands_assistants() {
    let mocks = mocks().await;
    let arguments = [&*mocks.url("azure"), "azure"];
    let Some(seen) = NEWEST.run_with("openai_assistants.py", &arguments).await else { return };
    println!("{seen:#}");
    understood(&seen);
    assert_eq!(seen["errors"]["header"], "list", "Azure asks for a version, and no header");
    super::every_reply_fits(&mocks, "azure");
}

/// What all clients see, whoever keeps it.
fn understood(seen: &Value) {
    let assistants = &seen["assistants"];
    assert_eq!(assistants["made"], json!(["assistant", "North", "weather", { "of": "us" }, "auto"]));
    assert_eq!(assistants["changed"], json!(["South", "Point.", {}]));
    assert_eq!(assistants["listed"], json!([["page-2", "page-1", "page-0"], true, true]));
    assert_eq!(assistants["gone"], json!([true, "assistant.deleted"]));
    raised(
        &assistants["absent"],
        "NotFoundError",
        "APIStatusError",
        Some(404),
        "No assistant found with id 'asst_",
    );
    let threads = &seen["threads"];
    assert_eq!(threads[0], json!([["user", "one"], ["user", "two"]]));
    assert_eq!((&threads[1], &threads[2]), (&json!({ "c": "d" }), &json!("image_url")));
    assert_eq!(threads[3], true);
    assert_eq!(threads[5], json!({ "e": "f" }));
    raised(&threads[6], "NotFoundError", "APIStatusError", Some(404), "No thread found with id 'thread_");
    runs(seen);
    tools(seen);
    streamed(&seen["streamed"]);
    stores(seen);
    let errors = &seen["errors"];
    for (name, text) in [
        ("model", "Invalid type for 'model': expected a string, but got an integer instead."),
        (
            "tool",
            "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
        ),
        ("role", "'system'"),
        ("limit", "integer above maximum value"),
        ("prompt", "max_prompt_tokens"),
    ] {
        raised(&errors[name], "BadRequestError", "APIStatusError", Some(400), text);
    }
    for (name, text) in [
        ("thread", "No thread found with id 'thread_0'."),
        ("message", "No message found with id 'msg_0'."),
        ("run", "No run found with id 'run_0'."),
        ("assistant", "No assistant found with id 'asst_0'."),
        ("store", "No vector store found with id 'vs_0'."),
        ("file", "No such File object: file-0"),
    ] {
        raised(&errors[name], "NotFoundError", "APIStatusError", Some(404), text);
    }
}

fn runs(seen: &Value) {
    let runs = &seen["runs"];
    assert_eq!(runs["states"], json!(["queued", "in_progress", "completed"]));
    assert_eq!(runs["said"], json!([["user", "[[text]]"], ["assistant", "Hello"]]));
    assert_eq!((&runs["usage"], &runs["polled"]), (&json!([20, 7, 27]), &json!("completed")));
    assert_eq!(runs["instructions"], "Be brief.\nPlease.");
    assert_eq!(runs["steps"], json!([["message_creation", "completed"], "message_creation"]));
    assert_eq!((&runs["times"], &runs["listed"]), (&json!([true, true]), &json!([true])));
    assert_eq!(runs["metadata"], json!({ "a": "b" }));
    raised(&runs["busy"], "BadRequestError", "APIStatusError", Some(400), "Can't add messages to thread_");
    raised(&runs["twice"], "BadRequestError", "APIStatusError", Some(400), "already has an active run run_");
    let endings = &seen["endings"];
    assert_eq!(endings["rate"], json!(["failed", "rate_limit_exceeded", []]));
    assert_eq!(endings["server"], json!(["failed", "server_error", []]));
    assert_eq!((&endings["late"][0], &endings["late"][1]), (&json!("expired"), &Value::Null));
    assert_eq!((&endings["broken"][0], &endings["broken"][1]), (&json!("failed"), &json!("server_error")));
    assert!(endings["late"][2][0][1].as_str().unwrap().starts_with("This is"), "{endings}");
    assert_eq!(endings["cancelled"], json!(["cancelling", "cancelled"]));
    assert_eq!(endings["cut"], "failed");
    raised(
        &endings["again"],
        "BadRequestError",
        "APIStatusError",
        Some(400),
        "Cannot cancel run with status 'cancelled'.",
    );
}

fn tools(seen: &Value) {
    let tools = &seen["tools"];
    assert_eq!(tools["states"], json!(["queued", "in_progress", "requires_action"]));
    assert_eq!(
        tools["calls"],
        json!([["call_1", "weather", "{\"city\":\"Paris\"}"], ["call_2", "now", "{}"]])
    );
    assert_eq!(tools["outputs"], json!(["clear sky", "clear sky"]));
    let wrong = "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_0']";
    raised(&tools["wrong"], "BadRequestError", "APIStatusError", Some(400), wrong);
    let own = &seen["own_turn_with_tools"];
    assert_eq!(
        (&own[0], &own[1], &own[2]),
        (&json!("requires_action"), &json!(["city"]), &json!("completed"))
    );
    assert!(own[3].as_str().unwrap().contains("clear sky"), "{own}");
    let late = "Runs in status \"completed\" do not accept tool outputs.";
    raised(&own[4], "BadRequestError", "APIStatusError", Some(400), late);
}

fn streamed(seen: &Value) {
    let step = |end: &str| ["created", "in_progress", end].map(|name| format!("thread.run.step.{name}"));
    let names = |marker: &str| -> Vec<String> {
        let names = seen[marker]["names"].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let text = names("text");
    let [created, progress, _] = step("completed");
    let expected = [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        &created,
        &progress,
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.delta",
        "thread.message.delta",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ];
    assert_eq!(text, expected);
    assert_eq!(
        (&seen["text"]["deltas"], &seen["text"]["status"]),
        (&json!(["Hel", "lo"]), &json!("completed"))
    );
    let calls = names("calls");
    assert_eq!(calls.last().unwrap(), "thread.run.requires_action");
    assert_eq!(calls.iter().filter(|name| *name == "thread.run.step.delta").count(), 5, "{calls:?}");
    let outputs = names("outputs");
    assert_eq!(outputs[..3], ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]);
    for (marker, end) in [("middle", "failed"), ("late", "expired")] {
        let names = names(marker);
        let ends =
            ["thread.message.incomplete", &format!("thread.run.step.{end}"), &format!("thread.run.{end}")];
        assert_eq!(names[names.len() - 3..], ends, "{marker}");
    }
    assert_eq!(seen["raw"], json!(["thread.created", "thread.run.created"]));
}

fn stores(seen: &Value) {
    let stores = &seen["stores"];
    assert_eq!(stores["early"], json!(["in_progress", "in_progress"]));
    assert_eq!(stores["counts"], json!(["completed", 2, 2, 57]));
    assert_eq!(stores["found"], json!([["north.txt", "soup.txt"], true, "The compass points north."]));
    assert_eq!((&stores["filtered"], &stores["changed"]), (&json!(["soup.txt"]), &json!(["more", 86_400])));
    assert_eq!(
        (&stores["listed"], &stores["attributes"]),
        (&json!([true, false]), &json!({ "kind": "fish" }))
    );
    assert_eq!((&stores["content"], &stores["taken"]), (&json!(["The compass points north."]), &json!(true)));
    assert_eq!(
        (&stores["batch"], &stores["stopped"]),
        (&json!(["completed", 1, [true]]), &json!(["cancelled", 1]))
    );
    assert_eq!((&stores["names"], &stores["gone"]), (&json!(["more"]), &json!(true)));
    raised(
        &stores["absent"],
        "NotFoundError",
        "APIStatusError",
        Some(404),
        "No vector store found with id 'vs_",
    );
    let search = &seen["file_search"];
    let tool = json!(["tool_calls", "completed"]);
    assert_eq!(search["steps"], json!([tool, tool, ["message_creation", "completed"]]));
    assert_eq!(search["search"], json!(["north.txt", true, true]));
    assert_eq!(search["included"], "The compass points north.");
    assert_eq!(
        (&search["program"], &search["cited"]),
        (&json!([true, "logs"]), &json!(["file_citation", true, true]))
    );
    assert_eq!(seen["attachments"], json!([1]));
}
