//! What is kept of a response, and what is asked of it later.

use mocks::{Options, StoreLimits};
use serde_json::{Value, json};

use super::{PATH, ask, create, good, nameless, refused, send, stream};
use crate::judged;

fn path(response: &Value, more: &str) -> String {
    format!("{PATH}/{}{more}", response["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_response_is_there_until_it_is_deleted() {
    let mocks = mocks::start().await.unwrap();
    let whole = create(&mocks, &ask("hi")).await;
    let path = path(&whole, "");
    assert_eq!(good(&mocks, "GET", &path).await, whole);
    let gone = good(&mocks, "DELETE", &path).await;
    assert_eq!(gone, json!({ "id": whole["id"], "object": "response", "deleted": true }));
    let message = format!("Response with id '{}' not found.", whole["id"].as_str().unwrap());
    for method in ["GET", "DELETE"] {
        let refusal = refused(&send(&mocks, method, &path).await, method, &path);
        assert_eq!(refusal, (404, message.clone(), Value::Null, Value::Null));
    }
    let streamed = stream(&mocks, &ask("hi")).await;
    let last = &streamed.last().unwrap()["response"];
    assert_eq!(&good(&mocks, "GET", &format!("{PATH}/{}", last["id"].as_str().unwrap())).await, last);
    mocks.reset();
    assert_eq!(send(&mocks, "GET", &format!("{PATH}/{}", last["id"].as_str().unwrap())).await.status, 404);
}

#[tokio::test]
async fn what_shall_not_be_stored_is_not() {
    let mocks = mocks::start().await.unwrap();
    let mut body = ask("hi");
    body["store"] = false.into();
    let whole = create(&mocks, &body).await;
    assert_eq!(whole["store"], false);
    assert_eq!(send(&mocks, "GET", &path(&whole, "")).await.status, 404);
    let more = json!({ "model": "gpt-4o", "input": "so?", "previous_response_id": whole["id"] });
    let (status, message, param, code) =
        refused(&judged::post(&mocks, "openai", PATH, &more).await, "POST", PATH);
    assert_eq!(
        (status, &param, &code),
        (400, &json!("previous_response_id"), &json!("previous_response_not_found"))
    );
    assert!(message.starts_with("Previous response with id 'resp_"), "{message}");
}

#[tokio::test]
async fn a_turn_goes_on_from_the_one_before() {
    let mocks = mocks::start().await.unwrap();
    let tools = json!([{ "type": "function", "name": "weather", "parameters": { "type": "object", "properties": {} } }]);
    let first = create(&mocks, &json!({ "model": "gpt-4o", "input": "The weather?", "tools": tools })).await;
    let call = first["output"][0]["call_id"].as_str().unwrap();

    let mut more = json!({ "model": "gpt-4o", "input": "And?", "previous_response_id": first["id"] });
    let (_, message, param, _) = refused(&judged::post(&mocks, "openai", PATH, &more).await, "POST", PATH);
    assert_eq!((message, param), (format!("No tool output found for function call {call}."), json!("input")));

    more["input"] = json!([{ "type": "function_call_output", "call_id": call, "output": "clear sky" }]);
    let second = create(&mocks, &more).await;
    assert!(second["output"][0]["content"][0]["text"].as_str().unwrap().contains("clear sky"));
    assert_eq!(second["previous_response_id"], first["id"]);
    let counted = |response: &Value| response["usage"]["input_tokens"].as_u64().unwrap();
    assert!(counted(&second) > counted(&first) - 30, "the turn before is read again");

    let third = json!({ "model": "gpt-4o", "input": [], "previous_response_id": second["id"] });
    assert!(counted(&create(&mocks, &third).await) > counted(&second), "and the one before that");
}

#[tokio::test]
async fn items_are_listed_in_pages_and_referred_to() {
    let mocks = mocks::start().await.unwrap();
    let items: Vec<Value> =
        (0..5).map(|n| json!({ "role": "user", "content": format!("number {n}") })).collect();
    let response = create(&mocks, &json!({ "model": "gpt-4o", "input": items })).await;
    let text = |item: &Value| item["content"][0]["text"].as_str().unwrap().to_owned();

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = good(&mocks, "GET", &path(&response, &format!("/input_items?limit=2{after}"))).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(text));
        assert_eq!(page["last_id"], page["data"].as_array().unwrap().last().unwrap()["id"]);
        after = format!("&after={}", page["last_id"].as_str().unwrap());
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, ["number 4", "number 3", "number 2", "number 1", "number 0"]);
    let page = good(&mocks, "GET", &path(&response, "/input_items?order=asc&limit=1")).await;
    let first = &page["data"][0];
    assert_eq!((text(first), &first["status"]), ("number 0".to_owned(), &json!("completed")));
    let nothing =
        good(&mocks, "GET", &path(&response, &format!("/input_items{}", after.replacen('&', "?", 1)))).await;
    assert_eq!((&nothing["data"], &nothing["first_id"]), (&json!([]), &Value::Null));

    for item in [first, &response["output"][0]] {
        let refer = json!({ "model": "gpt-4o", "input": [{ "type": "item_reference", "id": item["id"] }, { "role": "user", "content": "?" }] });
        let referring = create(&mocks, &refer).await;
        let listed = good(&mocks, "GET", &path(&referring, "/input_items?order=asc")).await;
        assert_eq!(&listed["data"][0], item);
    }
    for (query, wanted) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("order=up", "order")]
    {
        let path = path(&response, &format!("/input_items?{query}"));
        let (status, _, param, _) = refused(&send(&mocks, "GET", &path).await, "GET", &path);
        assert_eq!((status, param), (400, json!(wanted)), "{query}");
    }
    assert_eq!(send(&mocks, "GET", &path(&response, "/input_items?after=msg_0")).await.status, 404);
}

#[tokio::test]
async fn every_kind_of_item_is_listed_as_the_document_has_it() {
    let mocks = mocks::start().await.unwrap();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/tests/samples/openai/valid/");
    let mut count = 0;
    for file in ["responses-items.json", "responses-items-of-hosted-tools.json"] {
        let sample: Value =
            serde_json::from_str(&std::fs::read_to_string(format!("{samples}{file}")).unwrap()).unwrap();
        let items = sample["requests"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|asked| asked["input"].as_array().unwrap());
        for item in items
            .filter(|item| !matches!(item["type"].as_str(), Some("item_reference" | "compaction_trigger")))
        {
            let call = |kind: &str, member: &str| json!({ "type": kind, "call_id": item["call_id"], "name": "up", member: "{}" });
            let input = match item["type"].as_str() {
                Some("function_call_output") if item["call_id"].is_string() => {
                    json!([call("function_call", "arguments"), item])
                }
                Some("custom_tool_call_output") => json!([call("custom_tool_call", "input"), item]),
                Some("function_call") => {
                    json!([item, { "type": "function_call_output", "call_id": item["call_id"], "output": "" }])
                }
                Some("custom_tool_call") => {
                    json!([item, { "type": "custom_tool_call_output", "call_id": item["call_id"], "output": "" }])
                }
                None if item.get("role").is_none() => continue,
                _ => json!([item]),
            };
            let response = create(&mocks, &json!({ "model": "gpt-4o", "input": input })).await;
            let page = good(&mocks, "GET", &path(&response, "/input_items")).await;
            assert_eq!(page["data"].as_array().unwrap().len(), input.as_array().unwrap().len());
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[tokio::test]
async fn what_works_in_the_background_is_looked_at() {
    let mocks = mocks::start().await.unwrap();
    let mut body = ask("hi");
    body["background"] = true.into();
    let queued = create(&mocks, &body).await;
    assert_eq!(
        (&queued["status"], &queued["output"], &queued["usage"]),
        (&json!("queued"), &json!([]), &Value::Null)
    );
    let path = path(&queued, "");
    assert_eq!(good(&mocks, "GET", &path).await["status"], "in_progress");
    let done = good(&mocks, "GET", &path).await;
    assert_eq!((&done["status"], &done["id"]), (&json!("completed"), &queued["id"]));
    assert_eq!(done["output"][0]["type"], "message");
    assert_eq!(good(&mocks, "GET", &path).await, done);
    let cancelled = good(&mocks, "POST", &format!("{path}/cancel")).await;
    assert_eq!(cancelled, done, "what is over is left alone");
    let followed = format!("{path}?stream=true");
    let (status, message, ..) = refused(&send(&mocks, "GET", &followed).await, "GET", &followed);
    assert!(status == 400 && message.contains("stream"), "{message}");
}

#[tokio::test]
async fn what_works_in_the_background_is_cancelled() {
    let mocks = mocks::start().await.unwrap();
    let mut body = ask("hi");
    body["background"] = true.into();
    let queued = create(&mocks, &body).await;
    for _ in 0..2 {
        let cancelled = good(&mocks, "POST", &path(&queued, "/cancel")).await;
        assert_eq!((&cancelled["status"], &cancelled["output"]), (&json!("cancelled"), &json!([])));
    }
    assert_eq!(good(&mocks, "GET", &path(&queued, "")).await["status"], "cancelled");

    let done = create(&mocks, &ask("hi")).await;
    let cancel = path(&done, "/cancel");
    let refusal = refused(&send(&mocks, "POST", &cancel).await, "POST", &cancel);
    assert_eq!(refusal, (400, "Cannot cancel a synchronous response.".to_owned(), Value::Null, Value::Null));
    let nobody = "/v1/responses/resp_0/cancel";
    assert_eq!(send(&mocks, "POST", nobody).await.status, 404);
}

#[tokio::test]
async fn a_stream_is_taken_up_again() {
    let mocks = mocks::start().await.unwrap();
    let mut body = ask("hi");
    body["background"] = true.into();
    let events = stream(&mocks, &body).await;
    let states: Vec<_> = events[..3].iter().map(|event| &event["response"]["status"]).collect();
    assert_eq!(states, ["queued", "queued", "in_progress"]);
    let response = &events[0]["response"];
    for after in [None, Some(0), Some(4), Some(events.len() - 2)] {
        let query = after.map_or(String::new(), |after| format!("&starting_after={after}"));
        let path = path(response, &format!("?stream=true{query}"));
        let reply = send(&mocks, "GET", &path).await;
        let again = judged::streamed(&judged::operation("openai", "GET", &path), &reply);
        assert_eq!(again, events[after.map_or(0, |after| after + 1)..], "{path}");
    }
    assert_eq!(good(&mocks, "GET", &path(response, "")).await["status"], "completed");
}

#[tokio::test]
async fn what_would_be_read_is_counted() {
    let mocks = mocks::start().await.unwrap();
    let path = format!("{PATH}/input_tokens");
    let count = async |body: &Value| {
        let reply = judged::post(&mocks, "openai", &path, body).await;
        judged::whole(&judged::operation("openai", "POST", &path), &reply)["input_tokens"].clone()
    };
    let first = create(&mocks, &ask("What is up?")).await;
    assert_eq!(count(&ask("What is up?")).await, first["usage"]["input_tokens"]);
    let more = json!({ "model": "gpt-4o", "input": "And?", "previous_response_id": first["id"] });
    assert_eq!(count(&more).await, create(&mocks, &more).await["usage"]["input_tokens"]);
    let unknown = json!({ "model": "gpt-4o", "input": "And?", "previous_response_id": "resp_0" });
    let (status, ..) = refused(&judged::post(&mocks, "openai", &path, &unknown).await, "POST", &path);
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_too_much_or_too_old_goes() {
    let store = StoreLimits { objects: 3, ..StoreLimits::default() };
    let mocks = mocks::start_with(Options { store, ..Options::default() }).await.unwrap();
    // A response is kept with the ids of its two items.
    let (first, second) = (create(&mocks, &ask("one")).await, create(&mocks, &ask("two")).await);
    assert_eq!(send(&mocks, "GET", &path(&first, "")).await.status, 404);
    assert_eq!(send(&mocks, "GET", &path(&second, "")).await.status, 200);

    let store = StoreLimits { age: std::time::Duration::ZERO, ..StoreLimits::default() };
    let mocks = mocks::start_with(Options { store, ..Options::default() }).await.unwrap();
    let old = create(&mocks, &ask("one")).await;
    assert_eq!(send(&mocks, "GET", &path(&old, "")).await.status, 404);
}

#[tokio::test]
async fn a_file_keeps_it_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state"));
    let options = || Options { state: state.clone(), ..Options::default() };
    let mocks = mocks::start_with(options()).await.unwrap();
    let first = create(&mocks, &ask("one")).await;
    mocks.shutdown().await;

    let mocks = mocks::start_with(options()).await.unwrap();
    assert_eq!(good(&mocks, "GET", &path(&first, "")).await, first);
    let again = create(&mocks, &ask("one")).await;
    assert_ne!(again["id"], first["id"], "a later run draws other ids");
    assert_eq!(nameless(&again), nameless(&first));
    mocks.shutdown().await;
    std::fs::write(folder.path().join("state"), "a letter").unwrap();
    assert!(mocks::start_with(options()).await.is_err());
}
