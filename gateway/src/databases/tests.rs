//! Servers that the tests start themselves, as far as the machine has them: who we are there, and TLS.

use std::path::Path;
use std::time::Duration;

use ::redis::pipe;
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::config::{Config, Pgvector, Vectordb};
use crate::{servers, tls};

/// What a file says of a vector database.
pub(crate) fn vectordb(redis: &Value, pgvector: &Value) -> Vectordb {
    let target = json!({"route_type": "llm/v1/chat", "model": {"provider": "openai"}});
    let config = json!({"targets": [target], "vectordb": {"strategy": "redis", "dimensions": 1,
        "distance_metric": "cosine", "redis": redis, "pgvector": pgvector}});
    let plugins = json!([{"name": "ai-proxy-advanced", "config": config}]);
    let services = json!([{"name": "s", "host": "h", "routes": [{"paths": ["/"], "plugins": plugins}]}]);
    let file = json!({"_format_version": "3.0", "services": services}).to_string();
    let config = Config::parse(&file, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    config.router.routes()[0].plugin.vectordb.clone().unwrap()
}

/// Our own authority, a server's certificate for `localhost` and its key, as PEM.
fn certificates() -> [String; 3] {
    let mut own = CertificateParams::new(Vec::new()).unwrap();
    own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = own.self_signed(&key).unwrap();
    let server = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let signed = params.signed_by(&server, &Issuer::new(own, key)).unwrap();
    [authority.pem(), signed.pem(), server.serialize_pem()]
}

/// Asks for the user's name.
async fn redis(settings: &Value, tls: &ClientConfig) -> Result<String, String> {
    let settings = vectordb(settings, &json!({})).redis;
    let redis = super::redis::Redis::new(&settings, tls).map_err(|error| error.to_string())?;
    let mut questions = pipe();
    questions.cmd("ACL").arg("WHOAMI");
    let (name,): (String,) = redis.ask("", &questions).await.map_err(|error| error.to_string())?;
    Ok(name)
}

/// Asks whether the connection goes by TLS.
async fn postgres(settings: &Value, tls: &ClientConfig) -> Result<bool, String> {
    let settings: Pgvector = vectordb(&json!({}), settings).pgvector;
    let postgres = super::postgres::Postgres::new(&settings, tls).map_err(|error| error.to_string())?;
    let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row = postgres.ask(async |client| client.query_one(question, &[]).await);
    row.await.map(|row| row.get(0)).map_err(|error| error.to_string())
}

#[tokio::test]
async fn redis_knows_who_we_are() {
    let user = ["--user", "default", "off", "--user", "gateway", "on", ">secret", "~*", "+@all"];
    let Some(server) = servers::Redis::with(&user) else { return };
    let tls = tls::client(None).unwrap();
    let mut settings =
        json!({"port": server.port, "username": "gateway", "password": "secret", "database": 3});
    assert_eq!(redis(&settings, &tls).await.as_deref(), Ok("gateway"));
    settings["password"] = json!("wrong");
    let refused = redis(&settings, &tls).await.unwrap_err();
    assert!(refused.contains("authentication failed"), "{refused}");
}

#[tokio::test]
async fn redis_is_spoken_to_by_tls_and_must_be_who_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let [authority, certificate, key] = certificates();
    for (name, text) in [("ca", authority), ("cert", certificate), ("key", key)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let paths = [file("ca"), file("cert"), file("key")];
    let words =
        ["--port", "0", "--tls-port", "PORT", "--tls-auth-clients", "no", "--tls-ca-cert-file", &paths[0]];
    let words = [&words[..], &["--tls-cert-file", &paths[1], "--tls-key-file", &paths[2]]].concat();
    let Some(server) = servers::Redis::with(&words) else { return };
    let trusting = tls::client(Some(Path::new(&paths[0]))).unwrap();
    let strange = tls::client(None).unwrap();
    let base = json!({"host": "localhost", "port": server.port, "ssl": true});
    assert_eq!(redis(&base, &trusting).await.as_deref(), Ok("default"));
    let refused = redis(&base, &strange).await.unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
    let with = |name: &str, value: Value| {
        let mut settings = base.clone();
        settings[name] = value;
        settings
    };
    assert!(redis(&with("server_name", json!("other")), &trusting).await.is_err());
    assert!(redis(&with("host", json!("127.0.0.1")), &trusting).await.is_err());
    assert_eq!(redis(&with("ssl_verify", json!(false)), &strange).await.as_deref(), Ok("default"));
}

/// Twenty ask at once one that takes connections and says nothing: they wait side by side, not in turn.
#[tokio::test(start_paused = true)]
async fn of_those_who_ask_a_silent_server_none_waits_for_the_others() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let node = json!({"port": silent.local_addr().unwrap().port()});
    let (tls, most) = (tls::client(None).unwrap(), Duration::from_secs(10));
    for place in [
        node.clone(),
        json!({"cluster_nodes": [node]}),
        json!({"sentinel_nodes": [node], "sentinel_master": "own", "sentinel_role": "master"}),
    ] {
        let redis = super::redis::Redis::new(&vectordb(&place, &json!({})).redis, &tls).unwrap();
        let asked = Instant::now();
        let told = futures_util::future::join_all((0..20).map(|_| count(&redis, "a"))).await;
        assert_eq!(told, vec![None; 20]);
        assert!(asked.elapsed() <= most, "{place}: {:?}", asked.elapsed());
    }
    let postgres = super::postgres::Postgres::new(&vectordb(&json!({}), &node).pgvector, &tls).unwrap();
    let asked = Instant::now();
    let ask = || postgres.ask(async |client| client.batch_execute("SELECT 1").await);
    let told = futures_util::future::join_all((0..20).map(|_| ask())).await;
    assert!(told.iter().all(Result::is_err));
    assert!(asked.elapsed() <= most, "{:?}", asked.elapsed());
}

/// Waits for what servers do by themselves.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waits = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Sentinels that were held up do nothing for half a minute.
    assert!(tokio::time::timeout(Duration::from_secs(120), waits).await.is_ok(), "{what}");
}

/// Counts one up; `None`: nobody answers.
async fn count(redis: &super::redis::Redis, key: &str) -> Option<u64> {
    let counted: Result<(u64,), _> = redis.ask(key, pipe().cmd("INCR").arg(key)).await;
    counted.map(|(count,)| count).ok()
}

#[tokio::test]
async fn of_a_cluster_the_node_is_asked_that_has_the_key() {
    let Some(mut nodes) = servers::Redis::cluster().await else { return };
    let settings = json!({"cluster_nodes": [{"port": nodes[1].port}], "database": 3});
    let redis = super::redis::Redis::new(&vectordb(&settings, &json!({})).redis, &tls::client(None).unwrap());
    let redis = redis.unwrap();
    let keys: Vec<String> = (0..50).map(|number| format!("key {number}")).collect();
    for key in &keys {
        assert_eq!(count(&redis, key).await, Some(1), "{key}");
    }
    let sizes: Vec<u64> = nodes.iter().map(|node| node.ask(&["DBSIZE"]).parse().unwrap()).collect();
    assert!(sizes.iter().all(|size| *size > 0) && sizes.iter().sum::<u64>() == 50, "{sizes:?}");

    // The slot of `foo` goes to another node, as that of no key that is there.
    let slot = nodes[0].ask(&["CLUSTER", "KEYSLOT", "foo"]);
    let owner = nodes.iter().position(|node| node.ask(&["INCR", "foo"]) == "1").unwrap();
    nodes[owner].ask(&["DEL", "foo"]);
    let heir = (owner + 1) % 3;
    let [old, new] = [owner, heir].map(|node| nodes[node].ask(&["CLUSTER", "MYID"]));
    // Whoever takes a slot in these steps is believed by all, whatever they have heard before.
    let [taken, given] = [["IMPORTING", &old], ["MIGRATING", &new]];
    let (settled, others) = (["NODE", &new], (owner + 2) % 3);
    for (node, words) in [(heir, taken), (owner, given), (heir, settled), (owner, settled), (others, settled)]
    {
        assert_eq!(nodes[node].ask(&[&["CLUSTER", "SETSLOT", &slot][..], &words].concat()), "OK");
    }
    assert_eq!(count(&redis, "foo").await, Some(1), "who is asked first says who has it");
    assert_eq!(nodes[heir].ask(&["GET", "foo"]), "1");

    // One that is gone is missed by its keys alone.
    nodes[owner].kill();
    let mut left = 0;
    for key in &keys {
        left += u64::from(count(&redis, key).await.is_some());
    }
    assert!(left > 0 && left < 50, "{left}");
}

#[tokio::test]
async fn whom_sentinels_name_is_asked_and_then_its_successor() {
    let Some(mut master) = servers::Redis::start() else { return };
    let replica = servers::Redis::with(&["--replicaof", "127.0.0.1", &master.port.to_string()]).unwrap();
    let sentinel = servers::Sentinel::of(&master);
    let settings = json!({"sentinel_nodes": [{"host": "localhost", "port": 1}, {"port": sentinel.port}],
        "sentinel_master": "own", "sentinel_role": "master"});
    let redis = super::redis::Redis::new(&vectordb(&settings, &json!({})).redis, &tls::client(None).unwrap());
    let redis = redis.unwrap();
    assert_eq!(count(&redis, "a").await, Some(1));
    assert_eq!(master.ask(&["GET", "a"]), "1");
    until("the replica has it", async || replica.ask(&["GET", "a"]) == "1").await;
    until("the sentinel knows the replica", async || {
        servers::ask(sentinel.port, &["SENTINEL", "REPLICAS", "own"]).contains(&replica.port.to_string())
    })
    .await;
    master.kill();
    assert_eq!(count(&redis, "a").await, None);
    until("there is a successor", async || count(&redis, "a").await.is_some()).await;
    assert!(replica.ask(&["GET", "a"]).parse::<u64>().unwrap() >= 2);
}

#[tokio::test]
async fn postgresql_is_spoken_to_by_tls_where_the_file_says_so() {
    let [authority, certificate, key] = certificates();
    let files = [("ca", &*authority), ("cert", &*certificate), ("key", &*key)];
    let on = ["-c", "ssl=on", "-c", "ssl_cert_file=../cert", "-c", "ssl_key_file=../key"];
    let Some(server) = servers::Postgres::with(&on, &files) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca"), &authority).unwrap();
    let trusting = tls::client(Some(&folder.path().join("ca"))).unwrap();
    let strange = tls::client(None).unwrap();
    let with = |settings: Value| {
        let mut all = json!({"host": "localhost", "port": server.port, "database": "postgres"});
        for (name, value) in settings.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    assert_eq!(postgres(&with(json!({})), &trusting).await, Ok(false));
    assert_eq!(postgres(&with(json!({"ssl": true})), &trusting).await, Ok(true));
    let newest = json!({"ssl": true, "ssl_required": true, "ssl_version": "tlsv1_3"});
    assert_eq!(postgres(&with(newest), &trusting).await, Ok(true));
    let refused = postgres(&with(json!({"ssl": true})), &strange).await.unwrap_err();
    assert!(refused.contains("certificate") || refused.contains("TLS"), "{refused}");
    assert_eq!(postgres(&with(json!({"ssl": true, "ssl_verify": false})), &strange).await, Ok(true));
    // Whoever has no TLS is enough unless the file says otherwise.
    drop(server);
    let Some(plain) = servers::Postgres::with(&[], &[]) else { return };
    let on = |required: bool| json!({"host": "localhost", "port": plain.port, "database": "postgres", "ssl": true, "ssl_required": required});
    assert_eq!(postgres(&on(false), &trusting).await, Ok(false));
    assert!(postgres(&on(true), &trusting).await.is_err());
}
