//! A database that several gateways make room in at once.

use futures_util::future::join_all;
use serde_json::json;

use super::*;
use crate::config::Config;
use crate::{servers, tls};

#[tokio::test]
async fn of_those_who_make_room_at_once_none_fails() {
    let Some(server) = servers::Postgres::start() else { return };
    let target = json!({"route_type": "llm/v1/chat", "model": {"provider": "openai"}});
    let vectordb = json!({"strategy": "pgvector", "dimensions": 3, "distance_metric": "cosine",
        "pgvector": {"port": server.port, "database": "postgres"}});
    let config = json!({"targets": [target], "vectordb": vectordb});
    let plugins = json!([{"name": "ai-proxy-advanced", "config": config}]);
    let services = json!([{"name": "s", "host": "h", "routes": [{"paths": ["/"], "plugins": plugins}]}]);
    let file = json!({"_format_version": "3.0", "services": services}).to_string();
    let config = Config::parse(&file, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    let vectordb = config.router.routes()[0].plugin.vectordb.as_ref().unwrap();
    let tls = tls::client(None).unwrap();
    let databases: Vec<_> = (0..16).map(|_| open(vectordb, "p", &tls).unwrap()).collect();
    for made in join_all(databases.iter().map(|database| database.prepare())).await {
        assert_eq!(made, Ok(()));
    }
    let vector = [0.1, -2.0, 3.5e-7];
    databases[0].put("a", &vector).await.unwrap();
    assert_eq!(
        databases[1].get("a").await,
        Ok(Some(vector.to_vec())),
        "what was put there comes back to the bit"
    );
    assert_eq!(databases[1].get("b").await, Ok(None));
    let told = databases[2].distances(&["a".to_owned(), "b".to_owned()], &vector).await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].1.abs() < 1e-6, "{told:?}");
}
