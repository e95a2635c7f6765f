//! Responses that two gateways keep in one Redis server, and a server that comes and goes.

use gateway::{Gateway, Limits};
use serde_json::{Value, json};

use super::client::Client;
use super::databases::{Redis, Sentinel};
use super::turns::{ask, get, stream};
use super::upstream::Upstream;
use super::vectors::until;
use super::{Setup, plugin, whole};

const JSON: &str = "content-type: application/json\r\n";

pub(super) async fn start(
    redis: &Redis,
    upstream: &Upstream,
    limits: impl FnOnce(&mut Limits),
) -> (Gateway, Client) {
    start_at(&json!({"port": redis.port}), upstream, limits).await
}

async fn start_at(redis: &Value, upstream: &Upstream, limits: impl FnOnce(&mut Limits)) -> (Gateway, Client) {
    let mut target = plugin("anthropic", &format!("http://{}", upstream.addr));
    target["route_type"] = json!("llm/v1/responses");
    let vectordb = json!({"strategy": "redis", "dimensions": 1, "distance_metric": "cosine", "redis": redis});
    let setup = Setup::among(&[target], &json!({})).set("/vectordb", vectordb);
    // The tests close each call's connection when they are done with it. Behind a balancer, a call that meets one which closes just then
    // is not sent again, so none is kept.
    let setup = setup.limits(|limits| limits.pool = 0);
    let gateway = setup.tagged("touchstone-store:redis").limits(limits).start();
    let client = Client::connect(gateway.addr()).await;
    (gateway, client)
}

fn id(response: &Value) -> &str {
    response["id"].as_str().unwrap()
}

#[tokio::test]
async fn what_one_gateway_keeps_the_other_one_has() {
    let Some(redis) = Redis::start() else { return };
    let upstream = Upstream::listen().await;
    let (_one, mut mine) = start(&redis, &upstream, |_| ()).await;
    let (_other, mut theirs) = start(&redis, &upstream, |_| ()).await;
    let (_, first) = ask(&upstream, &mut mine, "", &json!({ "input": "One?" }), "One.").await;
    assert_eq!(get(&mut theirs, "GET", id(&first), "").await.json(), first);
    let items = get(&mut theirs, "GET", &format!("{}/input_items", id(&first)), "").await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "One?");

    let follow = json!({ "input": "Two?", "previous_response_id": id(&first) });
    let (asked, second) = ask(&upstream, &mut theirs, "", &follow, "Two.").await;
    // The thought goes back with its proof, which Redis keeps and no client sees.
    assert_eq!(asked["messages"][1]["content"][0]["signature"], "c2ln", "{asked}");
    assert_eq!(get(&mut mine, "GET", id(&second), "").await.json(), second);
    let reference = json!({ "input": [{ "type": "item_reference", "id": second["output"][1]["id"] }, { "role": "user", "content": "so?" }] });
    let (asked, _) = ask(&upstream, &mut mine, "", &reference, "Yes").await;
    assert_eq!(asked["messages"][0]["content"][0]["text"], "Two.");

    let stranger = "authorization: Bearer other\r\n";
    assert_eq!(get(&mut theirs, "GET", id(&first), stranger).await.status, 404);
    assert_eq!(get(&mut theirs, "DELETE", id(&first), "").await.json()["deleted"], true);
    assert_eq!(get(&mut mine, "GET", id(&first), "").await.status, 404);
    let follow = json!({ "input": "Three?", "previous_response_id": id(&second) });
    mine.post("/chat/v1/responses", JSON, &follow.to_string()).await;
    assert_eq!(mine.reply().await.error(), (400, "previous_response_not_found".to_owned()));
}

#[tokio::test]
async fn a_stream_is_kept_before_its_end_is_told() {
    let Some(redis) = Redis::start() else { return };
    let upstream = Upstream::listen().await;
    let (_one, mut mine) = start(&redis, &upstream, |_| ()).await;
    let (_other, mut theirs) = start(&redis, &upstream, |_| ()).await;
    for _ in 0..20 {
        mine.post("/chat/v1/responses", JSON, r#"{"input":"a","stream":true}"#).await;
        let mut call = upstream.call().await;
        call.write(whole("200 OK\r\ncontent-type: text/event-stream", stream("Hi"))).await;
        let told = mine.reply().await.text().to_owned();
        let data = told.trim_end().rsplit_once("event: response.completed\ndata: ").unwrap().1;
        let response = serde_json::from_str::<Value>(data).unwrap()["response"].take();
        assert_eq!(get(&mut theirs, "GET", id(&response), "").await.json(), response);
    }
}

#[tokio::test]
async fn without_redis_each_gateway_goes_on_alone() {
    let Some(mut redis) = Redis::start() else { return };
    let upstream = Upstream::listen().await;
    let (_one, mut mine) = start(&redis, &upstream, |_| ()).await;
    let (_other, mut theirs) = start(&redis, &upstream, |_| ()).await;
    let (_, first) = ask(&upstream, &mut mine, "", &json!({ "input": "One?" }), "One.").await;
    redis.kill();

    // Calls are answered, and what they bring is found again where it was kept.
    let (_, second) = ask(&upstream, &mut mine, "", &json!({ "input": "Two?" }), "Two.").await;
    assert_eq!(get(&mut mine, "GET", id(&second), "").await.json(), second);
    let follow = json!({ "input": "Three?", "previous_response_id": id(&second) });
    let (asked, _) = ask(&upstream, &mut mine, "", &follow, "Three.").await;
    assert_eq!(asked["messages"].as_array().unwrap().len(), 3);
    // Of what is kept elsewhere nobody says that there is no such thing.
    for (method, below) in [("GET", ""), ("GET", "/input_items"), ("DELETE", ""), ("POST", "/cancel")] {
        let below = format!("{}{below}", id(&first));
        let refused = get(&mut theirs, method, &below, "content-length: 0\r\n").await;
        assert_eq!(refused.error(), (503, "store_unavailable".to_owned()), "{method} {below}");
    }
    let follow = json!({ "input": "Two?", "previous_response_id": id(&first) });
    theirs.post("/chat/v1/responses", JSON, &follow.to_string()).await;
    let refused = theirs.reply().await;
    assert_eq!(refused.error(), (503, "store_unavailable".to_owned()));
    let text = "responses are kept in a store that cannot be asked at the moment";
    assert_eq!(refused.json()["error"]["message"], text);

    redis.restart();
    until("redis is asked again", async || get(&mut theirs, "GET", id(&first), "").await.status == 404).await;
    let (_, fourth) = ask(&upstream, &mut theirs, "", &json!({ "input": "Four?" }), "Four.").await;
    until("so does the other", async || get(&mut mine, "GET", id(&fourth), "").await.status == 200).await;
    assert_eq!(get(&mut mine, "GET", id(&second), "").await.json(), second, "what was kept meanwhile stays");
}

/// Two gateways keep responses at `redis`: what one keeps, the other has.
async fn two_share(redis: &Value) {
    let upstream = Upstream::listen().await;
    let (_one, mut mine) = start_at(redis, &upstream, |_| ()).await;
    let (_other, mut theirs) = start_at(redis, &upstream, |_| ()).await;
    let (_, first) = ask(&upstream, &mut mine, "", &json!({ "input": "One?" }), "One.").await;
    assert_eq!(get(&mut theirs, "GET", id(&first), "").await.json(), first);
    assert_eq!(get(&mut theirs, "DELETE", id(&first), "").await.json()["deleted"], true);
    assert_eq!(get(&mut mine, "GET", id(&first), "").await.status, 404);
}

#[tokio::test]
async fn they_are_kept_by_a_cluster() {
    let Some(nodes) = Redis::cluster().await else { return };
    two_share(&json!({"cluster_nodes": [{"port": nodes[0].port}, {"port": nodes[2].port}]})).await;
}

#[tokio::test]
async fn they_are_kept_by_whom_a_sentinel_names() {
    let Some(redis) = Redis::start() else { return };
    let sentinel = Sentinel::of(&redis);
    let nodes = json!([{"host": "localhost", "port": sentinel.port}]);
    two_share(&json!({"sentinel_nodes": nodes, "sentinel_master": "own", "sentinel_role": "master"})).await;
}
