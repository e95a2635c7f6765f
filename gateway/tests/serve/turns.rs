//! OpenAI's responses before providers that have none: translated, kept, and found again by those whose they are.

use super::*;

const JSON: &str = "content-type: application/json\r\n";

/// A gateway that translates, and its upstream.
async fn responses(setup: impl FnOnce(Setup) -> Setup) -> (Upstream, Gateway, Client) {
    let upstream = Upstream::listen().await;
    let made = Setup::new("anthropic", upstream.addr).set("/route_type", "llm/v1/responses");
    let gateway = setup(made).start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, gateway, client)
}

/// What Anthropic answers.
pub(super) fn message(text: &str) -> Vec<u8> {
    let thinking = json!({ "type": "thinking", "thinking": "Hm.", "signature": "c2ln" });
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
        "content": [thinking, { "type": "text", "text": text }], "stop_sequence": null,
        "usage": { "input_tokens": 1, "output_tokens": 2 },
    });
    json_reply("200 OK", &message.to_string())
}

/// Asks, and has it answered: what the provider was told, and what the client got.
pub(super) async fn ask(
    upstream: &Upstream,
    client: &mut Client,
    headers: &str,
    body: &Value,
    text: &str,
) -> (Value, Value) {
    client.post("/chat/v1/responses", &format!("{JSON}{headers}"), &body.to_string()).await;
    let mut call = upstream.call().await;
    let asked = serde_json::from_slice(&call.body).unwrap();
    call.write(message(text)).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    (asked, reply.json())
}

pub(super) async fn get(client: &mut Client, method: &str, below: &str, headers: &str) -> client::Reply {
    let head = format!("{method} /chat/v1/responses/{below} HTTP/1.1\r\nhost: g\r\n{headers}\r\n");
    client.write(&head).await;
    client.reply().await
}

#[tokio::test]
async fn a_conversation_goes_on_where_it_was() {
    let (upstream, _gateway, mut client) = responses(|setup| setup).await;
    let (_, first) =
        ask(&upstream, &mut client, "", &json!({ "input": "One?", "instructions": "Count." }), "One.").await;
    assert_eq!(first["output"].as_array().unwrap().len(), 2, "{first}");
    let follow =
        json!({ "input": [{ "role": "user", "content": "Two?" }], "previous_response_id": first["id"] });
    let (asked, second) = ask(&upstream, &mut client, "", &follow, "Two.").await;
    // The thought goes back with its proof, though the client never saw that; instructions are of one turn.
    let proof = json!({ "type": "thinking", "thinking": "Hm.", "signature": "c2ln" });
    assert_eq!(
        asked["messages"],
        json!([
            { "role": "user", "content": [{ "type": "text", "text": "One?" }] },
            { "role": "assistant", "content": [proof, { "type": "text", "text": "One." }] },
            { "role": "user", "content": [{ "type": "text", "text": "Two?" }] },
        ])
    );
    assert_eq!((asked.get("system"), &second["previous_response_id"]), (None, &first["id"]));
    let third = json!({ "input": "Three?", "previous_response_id": second["id"] });
    let (asked, _) = ask(&upstream, &mut client, "", &third, "Three.").await;
    assert_eq!(asked["messages"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn what_is_kept_is_shown_listed_and_deleted() {
    let (upstream, _gateway, mut client) = responses(|setup| setup).await;
    let input = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }, { "role": "user", "content": "c" }]);
    let (_, response) =
        ask(&upstream, &mut client, "", &json!({ "input": input, "metadata": { "k": "v" } }), "Hi").await;
    let id = response["id"].as_str().unwrap();
    let shown = get(&mut client, "GET", id, "").await;
    assert_eq!((shown.status, shown.json()), (200, response.clone()), "not a member more than was told");
    let with_proof =
        get(&mut client, "GET", &format!("{id}?include[]=reasoning.encrypted_content"), "").await.json();
    assert_eq!(with_proof["output"][0]["encrypted_content"], "thinking.c2ln");
    let page = get(&mut client, "GET", &format!("{id}/input_items?limit=2"), "").await.json();
    let texts = |page: &Value| -> Vec<String> {
        let items = page["data"].as_array().unwrap().iter();
        items.map(|item| item["content"][0]["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((texts(&page), &page["has_more"]), (vec!["c".to_owned(), "b".to_owned()], &json!(true)));
    let after = page["last_id"].as_str().unwrap();
    let page = get(&mut client, "GET", &format!("{id}/input_items?limit=2&after={after}"), "").await.json();
    assert_eq!((texts(&page), &page["has_more"]), (vec!["a".to_owned()], &json!(false)));
    let page = get(&mut client, "GET", &format!("{id}/input_items?order=asc"), "").await.json();
    assert_eq!(texts(&page), ["a", "b", "c"]);
    for (below, status, param) in
        [("?limit=0", 400, "limit"), ("?order=up", 400, "order"), ("?after=x", 404, "after")]
    {
        let refused = get(&mut client, "GET", &format!("{id}/input_items{below}"), "").await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (status, &json!(param)), "{below}");
    }
    let cancelled = get(&mut client, "POST", &format!("{id}/cancel"), "content-length: 0\r\n").await;
    assert_eq!(cancelled.json()["error"]["message"], "Cannot cancel a synchronous response.");
    let followed = get(&mut client, "GET", &format!("{id}?stream=true"), "").await;
    assert_eq!((followed.status, &followed.json()["error"]["param"]), (400, &json!("stream")));
    let deleted = get(&mut client, "DELETE", id, "").await.json();
    assert_eq!(deleted, json!({ "id": id, "object": "response", "deleted": true }));
    for method in ["GET", "DELETE"] {
        let gone = get(&mut client, method, id, "").await;
        let message = format!("Response with id '{id}' not found.");
        assert_eq!((gone.status, &gone.json()["error"]["message"]), (404, &json!(message)));
    }
    let follow = json!({ "input": "so?", "previous_response_id": id });
    client.post("/chat/v1/responses", JSON, &follow.to_string()).await;
    assert_eq!(client.reply().await.error(), (400, "previous_response_not_found".to_owned()));
}

#[tokio::test]
async fn nobody_finds_what_another_ones_key_left() {
    let (upstream, _gateway, mut client) = responses(|setup| setup).await;
    let mine = "authorization: Bearer mine\r\n";
    let (_, response) = ask(&upstream, &mut client, mine, &json!({ "input": "secret" }), "Hi").await;
    let id = response["id"].as_str().unwrap();
    assert_eq!(get(&mut client, "GET", id, mine).await.status, 200);
    for other in ["authorization: Bearer other\r\n", "", "x-api-key: mine\r\n"] {
        for (method, below) in [("GET", ""), ("GET", "/input_items"), ("DELETE", "")] {
            assert_eq!(get(&mut client, method, &format!("{id}{below}"), other).await.status, 404, "{other}");
        }
        for body in [
            json!({ "input": "so?", "previous_response_id": id }),
            json!({ "input": [{ "type": "item_reference", "id": response["output"][1]["id"] }] }),
        ] {
            client.post("/chat/v1/responses", &format!("{JSON}{other}"), &body.to_string()).await;
            assert_eq!(client.reply().await.status, 400, "{other} {body}");
        }
    }
    let reference = json!({ "input": [{ "type": "item_reference", "id": response["output"][1]["id"] }, { "role": "user", "content": "so?" }] });
    let (asked, _) = ask(&upstream, &mut client, mine, &reference, "Yes").await;
    assert_eq!(asked["messages"][0]["content"][0]["text"], "Hi");
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let (upstream, _gateway, mut client) = responses(|setup| setup).await;
    let (_, response) = ask(&upstream, &mut client, "", &json!({ "input": "a", "store": false }), "Hi").await;
    assert_eq!(response["store"], false);
    assert_eq!(get(&mut client, "GET", response["id"].as_str().unwrap(), "").await.status, 404);
    let (upstream, _gateway, mut client) = responses(|setup| setup.tagged("touchstone-store:false")).await;
    let (_, response) = ask(&upstream, &mut client, "", &json!({ "input": "a" }), "Hi").await;
    assert_eq!(response["store"], false, "the file's word goes before the client's");
    assert_eq!(get(&mut client, "GET", response["id"].as_str().unwrap(), "").await.status, 404);
    let (upstream, _gateway, mut client) = responses(|setup| setup.limits(|limits| limits.kept = 1)).await;
    let (_, first) = ask(&upstream, &mut client, "", &json!({ "input": "a" }), "Hi").await;
    ask(&upstream, &mut client, "", &json!({ "input": "b" }), "Hi").await;
    assert_eq!(get(&mut client, "GET", first["id"].as_str().unwrap(), "").await.status, 404);
}

/// What Anthropic streams, in events.
pub(super) fn stream(text: &str) -> String {
    let event = |data: &Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    let start = json!({ "type": "message_start", "message": { "id": "msg_1", "model": "claude", "content": [], "usage": { "input_tokens": 1, "output_tokens": 1 } } });
    let block =
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } });
    let text =
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } });
    let stop = json!({ "type": "content_block_stop", "index": 0 });
    let finish = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null }, "usage": { "output_tokens": 2 } });
    let end = json!({ "type": "message_stop" });
    [&start, &block, &text, &stop, &finish, &end].into_iter().map(event).collect()
}

#[tokio::test]
async fn a_stream_is_kept_when_it_ends_well_or_not() {
    let good = stream("Hi");
    let cut = good[..good.find("event: content_block_stop").unwrap()].to_owned();
    for (events, last, status) in
        [(good, "response.completed", "completed"), (cut, "response.failed", "failed")]
    {
        let (upstream, _gateway, mut client) = responses(|setup| setup).await;
        client.post("/chat/v1/responses", JSON, r#"{"input":"a","stream":true}"#).await;
        let mut call = upstream.call().await;
        call.write(whole("200 OK\r\ncontent-type: text/event-stream", events)).await;
        let reply = client.reply().await;
        let told = reply.text();
        let data = told.trim_end().rsplit_once(&format!("event: {last}\ndata: ")).unwrap().1;
        let response = serde_json::from_str::<Value>(data).unwrap()["response"].take();
        assert_eq!(response["status"], status);
        let shown = get(&mut client, "GET", response["id"].as_str().unwrap(), "").await.json();
        assert_eq!(shown, response);
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_its_name() {
    let (_upstream, _gateway, mut client) = responses(|setup| setup).await;
    for (body, param) in [
        (json!({ "input": "a", "tools": [{ "type": "web_search" }] }), "tools[0]"),
        (json!({ "input": "a", "conversation": "conv_1" }), "conversation"),
        (json!({ "input": "a", "previous_response_id": "resp_x" }), "previous_response_id"),
    ] {
        client.post("/chat/v1/responses", JSON, &body.to_string()).await;
        let refused = client.reply().await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!(param)), "{body}");
    }
    for (method, below, status) in [
        ("POST", "input_tokens", 404),
        ("POST", "compact", 404),
        ("GET", "resp_x", 404),
        ("PATCH", "resp_x", 405),
        ("GET", "", 405),
    ] {
        let refused = get(&mut client, method, below, "content-length: 0\r\n").await;
        assert_eq!(refused.status, status, "{method} {below}");
    }
}
