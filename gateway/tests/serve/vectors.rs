//! Vectors in a database: what it is asked, what it says of distances, and how it goes on when it is gone.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::databases::{Postgres, Redis};
use super::resp::{Resp, array, bulk};
use super::semantic::{CODE, POEMS, Server, setup, who};

/// Waits until the model has embedded prompts, and sees that each finds its target.
async fn finds_both(gateway: &gateway::Gateway, model: &Server) {
    until("prompts are embedded", async || {
        who(gateway, "Rust").await;
        model.calls() > 2
    })
    .await;
    assert_eq!(who(gateway, "Rust").await, "openai/m0");
    assert_eq!(who(gateway, "poem").await, "openai/m1");
}

/// Waits for what another task or process does on its own.
pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waits = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waits).await.is_ok(), "{what}");
}

fn redis_on(port: u16) -> Value {
    json!({"strategy": "redis", "dimensions": 3, "distance_metric": "cosine", "threshold": 0.5, "redis": {"port": port}})
}

fn bytes(vector: [f32; 3]) -> Vec<u8> {
    vector.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// A server that keeps hashes, and tells these distances when it is asked for any, in the words of Redis's documents.
async fn searching(distances: &'static [&'static str]) -> Resp {
    let hashes: Mutex<HashMap<Vec<u8>, Vec<u8>>> = Mutex::default();
    Resp::start(move |asked| {
        let mut hashes = hashes.lock().unwrap();
        match asked[0] {
            // Whoever is second is told that it is there already.
            b"FT.CREATE" => b"-Index already exists\r\n".to_vec(),
            b"HGET" => hashes.get(asked[1]).map_or_else(|| b"$-1\r\n".to_vec(), bulk),
            b"HSET" => {
                assert_eq!((asked[2], asked[4]), (&b"of"[..], &b"point"[..]));
                hashes.insert(asked[1].to_vec(), asked[5].to_vec());
                b":2\r\n".to_vec()
            }
            b"FT.SEARCH" => {
                let query = std::str::from_utf8(asked[2]).unwrap();
                let names: Vec<&str> = query[5..query.find('}').unwrap()].split('|').collect();
                let mut reply = vec![format!(":{}\r\n", names.len()).into_bytes()];
                for (name, distance) in names.iter().zip(distances) {
                    reply.push(bulk(format!("{}:{name}", String::from_utf8_lossy(asked[1]))));
                    reply.push(array(&[bulk("away"), bulk(distance)]));
                }
                array(&reply)
            }
            _ => b"+OK\r\n".to_vec(),
        }
    })
    .await
}

#[tokio::test]
async fn redis_is_asked_as_its_documents_say() {
    // The other way round than the vectors are: so it is Redis who is believed.
    let redis = searching(&["0.9", "0.1"]).await;
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway =
        setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).set("/vectordb", redis_on(redis.port)).start();
    until("Redis is asked", async || {
        who(&gateway, "Rust").await;
        !redis.commands("FT.SEARCH").is_empty()
    })
    .await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m1");

    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let create = redis.commands("FT.CREATE")[0].iter().map(|word| text(word)).collect::<Vec<_>>();
    let index = create[1].clone();
    assert!(index.starts_with("{touchstone:near:"), "{index}");
    let words = format!(
        "FT.CREATE {index} ON HASH PREFIX 1 {index}: SCHEMA of TAG \
         point VECTOR FLAT 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC COSINE"
    );
    assert_eq!(create.join(" "), words);
    let put = redis.commands("HSET");
    assert_eq!(put.len(), 2);
    assert_eq!(put[0][5], bytes([1.0, 0.0, 0.0]));
    assert_eq!(put[1][5], bytes([0.0, 1.0, 0.0]));
    let names = [text(&put[0][3]), text(&put[1][3])];
    assert_eq!(text(&put[0][1]), format!("{index}:{}", names[0]));
    let search = &redis.commands("FT.SEARCH")[0];
    assert_eq!(search[6], bytes([1.0, 0.0, 0.0]));
    let search: Vec<String> = search.iter().map(|word| text(word)).collect();
    let query = format!("@of:{{{}|{}}}=>[KNN 2 @point $here AS away]", names[0], names[1]);
    assert_eq!(search[..6], ["FT.SEARCH", &*index, &*query, "PARAMS", "2", "here"]);
    assert_eq!(search[7..].join(" "), "RETURN 1 away LIMIT 0 2 DIALECT 2");
}

#[tokio::test]
async fn a_straight_line_is_the_root_of_what_redis_says() {
    // √0.36 = 0.6 and √0.3 = 0.55 are more than 0.5, though 0.36 and 0.3 are less.
    let redis = searching(&["0.36", "0.3"]).await;
    let (model, code, poems, rest) =
        (Server::model().await, Server::target().await, Server::target().await, Server::target().await);
    let mut database = redis_on(redis.port);
    database["distance_metric"] = json!("euclidean");
    let targets = [(&code, CODE), (&poems, POEMS), (&rest, "CATCHALL")];
    let gateway = setup(&model.url, &targets).set("/vectordb", database).start();
    until("Redis is asked", async || {
        who(&gateway, "Rust").await;
        !redis.commands("FT.SEARCH").is_empty()
    })
    .await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m2");
    let create = &redis.commands("FT.CREATE")[0];
    assert_eq!(create.last().unwrap(), b"L2");
}

#[tokio::test]
async fn without_vector_search_vectors_lie_in_the_process() {
    let refusing = Resp::start(|asked| match asked[0] {
        b"FT.CREATE" => b"-ERR unknown command 'FT.CREATE', with args beginning with: \r\n".to_vec(),
        _ => b"+OK\r\n".to_vec(),
    });
    let redis = refusing.await;
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway =
        setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).set("/vectordb", redis_on(redis.port)).start();
    finds_both(&gateway, &model).await;
    assert!(redis.commands("FT.SEARCH").is_empty());
}

#[tokio::test]
async fn a_real_redis_holds_vectors() {
    let Some(redis) = Redis::searching() else { return };
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let gateway =
        setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).set("/vectordb", redis_on(redis.port)).start();
    let keys = || redis.ask(&["KEYS", "{touchstone:near:*"]).lines().count();
    until("both vectors are there", async || keys() == 2).await;
    finds_both(&gateway, &model).await;
    // Each description gets the other's vector, behind the gateway's back: so it is Redis who is believed.
    let swap = "local k = redis.call('KEYS', '{touchstone:near:*') \
        local a, b = redis.call('HGET', k[1], 'point'), redis.call('HGET', k[2], 'point') \
        redis.call('HSET', k[1], 'point', b) redis.call('HSET', k[2], 'point', a)";
    redis.ask(&["EVAL", swap, "0"]);
    assert_eq!(who(&gateway, "Rust").await, "openai/m1");
    assert_eq!(who(&gateway, "poem").await, "openai/m0");
    redis.ask(&["FLUSHALL"]);
    assert_eq!(who(&gateway, "Rust").await, "openai/m0", "what is lost is worked out here");
    until("the vectors are put there again", async || keys() == 2).await;
}

fn postgres_on(port: u16) -> Value {
    let pgvector = json!({"port": port, "database": "postgres"});
    json!({"strategy": "pgvector", "dimensions": 3, "distance_metric": "cosine", "threshold": 0.5, "pgvector": pgvector})
}

/// The table that the vectors lie in, once they do.
async fn table(postgres: &Postgres) -> String {
    let mut name = String::new();
    until("both vectors are there", async || {
        name =
            postgres.ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'touchstone%'");
        !name.is_empty() && postgres.ask(&format!("SELECT count(*) FROM {name}")) == "2"
    })
    .await;
    name
}

/// Gives each description the other's vector, behind the gateway's back.
fn swap(postgres: &Postgres, table: &str) {
    let swap = format!(
        "UPDATE {table} AS one SET vector = other.vector FROM {table} AS other WHERE one.name <> other.name"
    );
    postgres.ask(&swap);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_says_which_vectors_are_near() {
    let Some(mut postgres) = Postgres::start() else { return };
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let targets = [(&code, CODE), (&poems, POEMS)];
    let gateway = setup(&model.url, &targets).set("/vectordb", postgres_on(postgres.port)).start();
    let table = table(&postgres).await;
    finds_both(&gateway, &model).await;
    let vectors = format!("SELECT string_agg(vector::text, ' ' ORDER BY name) FROM {table}");
    let right = postgres.ask(&vectors);
    swap(&postgres, &table);
    until("PostgreSQL is believed", async || who(&gateway, "Rust").await == "openai/m1").await;
    assert_eq!(who(&gateway, "poem").await, "openai/m0");

    // Without it, what the process knows itself is right again; it is back with what it had.
    postgres.kill();
    assert_eq!(who(&gateway, "Rust").await, "openai/m0");
    assert_eq!(who(&gateway, "poem").await, "openai/m1");
    postgres.restart();
    // One after the other.
    until("the vectors are put right", async || postgres.ask(&vectors) == right).await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m0");
    swap(&postgres, &table);
    until("PostgreSQL is believed again", async || who(&gateway, "Rust").await == "openai/m1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_extension_vectors_lie_in_the_process() {
    let Some(postgres) = Postgres::with(&[], &[]) else { return };
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let targets = [(&code, CODE), (&poems, POEMS)];
    let gateway = setup(&model.url, &targets).set("/vectordb", postgres_on(postgres.port)).start();
    finds_both(&gateway, &model).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_gateway_has_embedded_the_next_one_finds() {
    let Some(postgres) = Postgres::start() else { return };
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let start = || {
        let setup = setup(&model.url, &[(&code, CODE), (&poems, POEMS)]);
        setup.set("/vectordb", postgres_on(postgres.port)).start()
    };
    // Several at once: each makes room for the vectors, and none fails.
    let first = [start(), start(), start()];
    table(&postgres).await;
    for gateway in &first {
        until("prompts are compared", async || who(gateway, "poem").await == "openai/m1").await;
    }
    drop(first);
    let described = || {
        let seen = model.seen.lock().unwrap();
        seen.iter().filter(|(_, body)| [CODE, POEMS].contains(&body["input"].as_str().unwrap())).count()
    };
    let before = described();
    let late = start();
    until("prompts are compared", async || who(&late, "poem").await == "openai/m1").await;
    assert_eq!(described(), before, "no description is embedded twice");
}
