//! OpenAI's Python client on responses, through the bundled gateway, to the mock of every provider that chats and has no responses
//! itself: whole and streamed, with tools and schemas, with what is kept, and with errors.

use mocks::script::{Fault, Reply, Script, Stall};
use serde_json::{Value, json};

use super::rows::{ROWS, Row};
use super::{Server, file, nothing_is_strange, played, raised, venv};

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_has_responses_of_every_provider() {
    let mocks = played().await;
    let stalls = Fault { stall: Some(Stall { after_event: Some(0) }), ..Fault::default() };
    mocks.add(Script::new("[[slow]]", Reply::text(["Hello"]).with_fault(stalls)));
    let folder = tempfile::tempdir().unwrap();
    let has_them = ["openai", "azure", "xai"];
    let rows =
        || ROWS.iter().filter(|row| row.chat.is_some() && !row.text_only && !has_them.contains(&row.mock));
    let routes: Vec<Value> =
        rows().filter_map(|row| row.responses(&mocks.url(row.mock), mocks.credentials())).collect();
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let asked: Value = rows().map(|row| json!({ "id": row.id, "chat": row.chat })).collect();
    let asked = asked.to_string();
    let Some(seen) = venv::NEWEST.run_with("openai_responses_everywhere.py", &[&url, &asked]).await else {
        return;
    };
    println!("{seen:#}");
    rows().for_each(|row| responses(row, &seen[row.id]));
    nothing_is_strange(&mocks);
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!((leaked, log.contains("sk-of-the-client")), (None, false), "a key is in the log");
}

fn responses(row: &Row, seen: &Value) {
    let id = row.id;
    let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
    for manner in ["whole", "streamed"] {
        let counted = manner == "whole" || row.counts_streams;
        let usage = if counted { json!([20, 7, 27]) } else { Value::Null };
        let text = &seen[manner]["text"];
        assert_eq!(
            (&text["text"], &text["status"]),
            (&json!("Hello"), &json!("completed")),
            "{id} {manner}: {text}"
        );
        assert_eq!((&text["usage"], &text["calls"]), (&usage, &json!([])), "{id} {manner}");
        let called = &seen[manner]["calls"];
        assert_eq!(
            (&called["calls"], &called["status"]),
            (&calls, &json!("completed")),
            "{id} {manner}: {called}"
        );
        assert_eq!((&called["ids"], &called["usage"]), (&json!(2), &usage), "{id} {manner}: ids differ");
    }
    assert_eq!(
        seen["pieces"],
        json!([["Hel", "lo"], true, "response.created", "response.completed"]),
        "{id}"
    );
    assert_eq!(seen["structured"], json!([true, true]), "{id}");
    assert_eq!(seen["loop"], json!(["weather", true, true, "Hello"]), "{id}");
    kept(id, &seen["kept"]);
    let numbers: Vec<String> = (0..5).map(|number| format!("number {number}")).collect();
    assert_eq!(seen["pages"], json!(numbers), "{id}");
    let errors = &seen["errors"];
    raised(id, &errors["rate"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["streamed"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["server"], "InternalServerError", Some(500), "broken");
    raised(id, &errors["middle"], "APIError", None, row.failure);
    raised(id, &errors["cut"], "APIError", None, "ended");
    raised(id, &errors["model"], "BadRequestError", Some(400), "");
    raised(id, &errors["hosted"], "BadRequestError", Some(400), "web_search");
    background(id, &seen["background"]);
}

/// What nobody waits for is made, told from where a client was, stopped, and fails as what is waited for does.
fn background(id: &str, seen: &Value) {
    assert_eq!((&seen["first"], &seen["last"]), (&json!("queued"), &json!("completed")), "{id}: {seen}");
    assert_eq!((&seen["between"], &seen["text"]), (&json!(true), &json!("Hello")), "{id}");
    let events = ["response.created", "response.queued", "response.in_progress", "response.completed"];
    assert_eq!((&seen["events"], &seen["resumed"]), (&json!(events), &json!(true)), "{id}");
    assert_eq!(seen["cancelled"], json!(["cancelled", "cancelled"]), "{id}");
    assert_eq!(seen["failed"][0], "failed", "{id}");
    assert_eq!(seen["failed"][1], "rate_limit_exceeded", "{id}");
    assert!(seen["failed"][2].as_str().is_some_and(|why| why.contains("slow down")), "{id}: {seen}");
    raised(id, &seen["unkept"], "BadRequestError", Some(400), "store");
}

/// What is kept is found, by whose it is and by nobody else, until it is deleted.
fn kept(id: &str, seen: &Value) {
    assert_eq!((&seen["same"], &seen["deleted"]), (&json!(true), &json!(true)), "{id}: {seen}");
    assert_eq!(seen["items"], json!(["[[text]]"]), "{id}");
    raised(id, &seen["hidden"], "NotFoundError", Some(404), "not found");
    raised(id, &seen["cancelled"], "BadRequestError", Some(400), "Cannot cancel a synchronous response.");
    raised(id, &seen["gone"], "NotFoundError", Some(404), "not found");
    raised(id, &seen["unknown"], "BadRequestError", Some(400), "Previous response");
}
