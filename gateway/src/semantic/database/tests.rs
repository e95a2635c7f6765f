//! Databases that several gateways make room in at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::*;
use crate::config::{Metric, Strategy};
use crate::databases::tests::vectordb;
use crate::{servers, tls};

/// Sixteen gateways at one database.
fn databases(redis: &Value, pgvector: &Value, change: impl FnOnce(&mut Vectordb)) -> Vec<Box<dyn Database>> {
    let mut vectordb = vectordb(redis, pgvector);
    vectordb.dimensions = 3;
    change(&mut vectordb);
    let tls = tls::client(None).unwrap();
    (0..16).map(|_| open(&vectordb, "p", &tls).unwrap()).collect()
}

/// What holds for all of them.
async fn of_those_who_make_room_at_once_none_fails(databases: &[Box<dyn Database>]) {
    for made in join_all(databases.iter().map(|database| database.prepare())).await {
        assert_eq!(made, Ok(()));
    }
    let vector = [0.1, -2.0, 3.5e-7];
    databases[0].put("a", &vector).await.unwrap();
    let found = databases[1].get("a").await;
    assert_eq!(found, Ok(Some(vector.to_vec())), "what was put there comes back to the bit");
    assert_eq!(databases[1].get("b").await, Ok(None));
    let told = databases[2].distances(&["a".to_owned(), "b".to_owned()], &vector).await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].1.abs() < 1e-6, "{told:?}");
}

/// Angles of 0°, 90°, 180° and 45°, and sides of right triangles, worked out by hand.
async fn distances_are_those_worked_out_by_hand(database: &dyn Database, metric: Metric) {
    use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};
    let points: [(&str, [f32; 3], f64, f64); 4] = [
        ("same", [1.0, 0.0, 0.0], 0.0, 0.0),
        ("right", [0.0, 1.0, 0.0], 1.0, SQRT_2),
        ("behind", [-1.0, 0.0, 0.0], 2.0, 2.0),
        ("half", [1.0, 1.0, 0.0], 1.0 - FRAC_1_SQRT_2, 1.0),
    ];
    for (name, point, ..) in &points {
        database.put(name, point).await.unwrap();
    }
    // Those that nobody asks for are not among the nearest.
    database.put("stranger", &[1.0, 0.0, 0.0]).await.unwrap();
    let names = points.map(|(name, ..)| name.to_owned());
    let told = database.distances(&names, &[1.0, 0.0, 0.0]).await.unwrap();
    assert_eq!(told.len(), points.len(), "{told:?}");
    for (name, _, cosine, euclidean) in points {
        let expected = if metric == Metric::Cosine { cosine } else { euclidean };
        let distance = told.iter().find(|(known, _)| known == name).unwrap().1;
        assert!((distance - expected).abs() < 1e-6, "{name}: {distance}");
    }
}

#[tokio::test]
async fn postgresql_takes_vectors_of_many_and_compares_them() {
    for metric in [Metric::Cosine, Metric::Euclidean] {
        let Some(server) = servers::Postgres::start() else { return };
        let databases =
            databases(&json!({}), &json!({"port": server.port, "database": "postgres"}), |vectordb| {
                (vectordb.strategy, vectordb.metric) = (Strategy::Pgvector, metric);
            });
        of_those_who_make_room_at_once_none_fails(&databases).await;
        distances_are_those_worked_out_by_hand(&*databases[3], metric).await;
    }
}

#[tokio::test]
async fn redis_takes_vectors_of_many_and_compares_them() {
    for metric in [Metric::Cosine, Metric::Euclidean] {
        let Some(server) = servers::Redis::searching() else { return };
        let databases =
            databases(&json!({"port": server.port}), &json!({}), |vectordb| vectordb.metric = metric);
        of_those_who_make_room_at_once_none_fails(&databases).await;
        distances_are_those_worked_out_by_hand(&*databases[3], metric).await;
    }
}
