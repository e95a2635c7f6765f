//! Vectors in PostgreSQL, with the extension `vector`: <https://github.com/pgvector/pgvector>.
//!
//! A vector is a row of the table `touchstone_<place>`. Vectors travel as text, `[1,2,3]`, which the extension reads and writes.

use rustls::ClientConfig;
use serde_json::Value;

use super::{Answer, Database, Opened};
use crate::config::{Metric, Vectordb};
use crate::databases::postgres::{Failure, Postgres};

/// The vectors of one place.
pub(super) struct Table {
    postgres: Postgres,
    name: String,
    dimensions: u32,
    /// The extension's operator.
    distance: &'static str,
}

/// Who makes room holds this lock: of two that do it at once, PostgreSQL fails one, `IF NOT EXISTS` or not.
const LOCK: i64 = 0x746f_7563_6873;

impl Table {
    pub(super) fn open(vectordb: &Vectordb, place: &str, tls: &ClientConfig) -> Opened {
        let postgres = Postgres::new(&vectordb.pgvector, tls).map_err(|error| error.to_string())?;
        let distance = match vectordb.metric {
            Metric::Cosine => "<=>",
            Metric::Euclidean => "<->",
        };
        let (name, dimensions) = (format!("touchstone_{place}"), vectordb.dimensions);
        Ok(Box::new(Self { postgres, name, dimensions, distance }))
    }
}

impl Database for Table {
    fn prepare(&self) -> Answer<'_, ()> {
        let Self { name, dimensions, .. } = self;
        let script = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({LOCK}); CREATE EXTENSION IF NOT EXISTS vector; \
             CREATE TABLE IF NOT EXISTS {name} (name text PRIMARY KEY, vector vector({dimensions}) NOT NULL); COMMIT"
        );
        Box::pin(async move {
            let made = self.postgres.ask(async |client| {
                // What failed within the transaction must not be held against what comes next.
                let made = client.batch_execute(&script).await;
                if made.is_err() {
                    client.batch_execute("ROLLBACK").await?;
                }
                made
            });
            made.await.map_err(why)
        })
    }

    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Vec<f32>>> {
        let question = format!("SELECT vector::text FROM {} WHERE name = $1", self.name);
        Box::pin(async move {
            let row = self.postgres.ask(async |client| client.query_opt(&question, &[&name]).await);
            let row = row.await.map_err(why)?;
            Ok(row.and_then(|row| serde_json::from_str(row.get(0)).ok()))
        })
    }

    fn put<'a>(&'a self, name: &'a str, vector: &'a [f32]) -> Answer<'a, ()> {
        let order = format!(
            "INSERT INTO {} (name, vector) VALUES ($1, $2::text::vector) ON CONFLICT (name) DO UPDATE SET vector = excluded.vector",
            self.name
        );
        let text = text(vector);
        Box::pin(async move {
            let put = self.postgres.ask(async |client| client.execute(&order, &[&name, &text]).await);
            put.await.map(drop).map_err(why)
        })
    }

    fn distances<'a>(&'a self, names: &'a [String], vector: &'a [f32]) -> Answer<'a, Vec<(String, f64)>> {
        let question = format!(
            "SELECT name, (vector {} $1::text::vector)::float8 FROM {} WHERE name = ANY($2)",
            self.distance, self.name
        );
        let text = text(vector);
        Box::pin(async move {
            let rows = self.postgres.ask(async |client| client.query(&question, &[&text, &names]).await);
            Ok(rows.await.map_err(why)?.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error that is mapped")]
fn why(error: Failure) -> String {
    error.to_string()
}

fn text(vector: &[f32]) -> String {
    Value::from(vector).to_string()
}
