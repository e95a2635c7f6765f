//! `/__mock/`: what the mocks themselves can be asked and told, in JSON.
//!
//! `GET ready`, `GET journal[?marker=]`, `GET|POST|DELETE scripts[?marker=]`, `POST reset`; for what clouds issue `GET|DELETE tokens`,
//! `POST tokens[?seconds=]`, `GET identity?audience=[&subject=][&seconds=]` and `GET google-service-account`. The connection is the mocks' own loop, so the router
//! is called with a request that came in by it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Collected};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::cloud;
use crate::provider::{self, Whole};
use crate::request::Request;
use crate::script::Script;
use crate::state::State;

/// Where the admin paths begin; no provider is called so.
pub(crate) const PREFIX: &str = "/__mock/";

/// Answers a request whose path begins with [`PREFIX`].
pub(crate) async fn answer(state: &Arc<State>, request: Request) -> Whole {
    // Asked seldom, and built in microseconds.
    let routed: Result<Response, Infallible> = match asked(request) {
        Ok(asked) => router(Arc::clone(state)).oneshot(asked).await,
        Err(problem) => Ok(refusal(StatusCode::BAD_REQUEST, &problem)),
    };
    let Ok(reply) = routed;
    let status = reply.status().as_u16();
    let media = reply.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let media = media.unwrap_or("application/json").to_owned();
    let body = reply.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    Whole { status, headers: vec![("content-type".into(), media.into())], body }
}

fn router(state: Arc<State>) -> Router {
    let routes = Router::new()
        .route("/ready", get(ready))
        .route("/journal", get(journal))
        .route("/scripts", get(scripts).post(add).delete(remove))
        .route("/tokens", get(tokens).post(limit).delete(expire))
        .route("/identity", get(identity))
        .route("/google-service-account", get(service_account))
        .route("/reset", post(reset));
    Router::new()
        .nest(PREFIX.trim_end_matches('/'), routes)
        .method_not_allowed_fallback(wrong_method)
        .fallback(nowhere)
        .with_state(state)
}

/// `?marker=`: only what has to do with this text.
#[derive(Deserialize)]
struct Which {
    marker: Option<String>,
}

async fn ready(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let providers: Vec<&str> = provider::names().collect();
    let clouds: Vec<&str> = cloud::names().collect();
    Json(json!({ "ready": true, "providers": providers, "clouds": clouds, "seed": state.options.seed }))
}

async fn journal(Shared(state): Shared<Arc<State>>, Query(which): Query<Which>) -> Response {
    Json(state.journal.entries(which.marker.as_deref())).into_response()
}

async fn scripts(Shared(state): Shared<Arc<State>>) -> Json<Vec<Script>> {
    Json(state.scripts.all())
}

/// One script or a list of them, as JSON, or as YAML where the content type says so.
async fn add(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let read = if kind.contains("yaml") { Script::from_yaml } else { Script::from_json };
    let scripts = std::str::from_utf8(&body).map_err(|_| "the body is not UTF-8".to_owned()).and_then(read);
    match scripts {
        Ok(scripts) => {
            let count = scripts.len();
            scripts.into_iter().for_each(|script| state.scripts.add(script));
            (StatusCode::CREATED, Json(json!({ "added": count }))).into_response()
        }
        Err(problem) => refusal(StatusCode::BAD_REQUEST, &problem),
    }
}

async fn remove(Shared(state): Shared<Arc<State>>, Query(which): Query<Which>) -> Json<Value> {
    match which.marker {
        Some(marker) => state.scripts.remove(&marker),
        None => state.scripts.clear(),
    }
    Json(json!({ "scripts": state.scripts.all().len() }))
}

/// How long what clouds issue holds, and how much of it still does.
async fn tokens(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(json!({ "seconds": state.token_seconds(), "live": state.keys().issued.live() }))
}

/// `?seconds=`: what is issued from now on holds no longer; without it, as long as the clouds say.
#[derive(Deserialize)]
struct Longest {
    seconds: Option<u64>,
}

async fn limit(state: Shared<Arc<State>>, Query(longest): Query<Longest>) -> Json<Value> {
    state.set_token_seconds(longest.seconds);
    tokens(state).await
}

/// All that was issued so far has expired.
async fn expire(state: Shared<Arc<State>>) -> Json<Value> {
    state.keys().issued.expire();
    tokens(state).await
}

/// Who asks whom, and for how long the answer holds.
#[derive(Deserialize)]
struct Workload {
    audience: String,
    subject: Option<String>,
    seconds: Option<u64>,
}

/// The token of a workload, as it stands in a file: nothing before it and nothing behind.
async fn identity(Shared(state): Shared<Arc<State>>, Query(workload): Query<Workload>) -> String {
    let subject = workload.subject.as_deref().unwrap_or(cloud::SUBJECT);
    cloud::identity_token(&state.keys().issued, &workload.audience, subject, workload.seconds)
}

/// A key for tokens from the mock at the address that was asked for this.
async fn service_account(headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let key = cloud::google_service_account(&format!("http://{host}/google-oauth/token"));
    ([(header::CONTENT_TYPE, "application/json")], key).into_response()
}

async fn reset(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    state.reset();
    Json(json!({ "reset": true }))
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("{} does not know {method}", uri.path()))
}

async fn nowhere() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "known: /__mock/{ready,journal,scripts,tokens,identity,google-service-account,reset}",
    )
}

fn refusal(status: StatusCode, problem: &str) -> Response {
    (status, Json(json!({ "error": problem }))).into_response()
}

/// The request in the router's own type; one that HTTP forbids is refused.
fn asked(request: Request) -> Result<http::Request<Body>, String> {
    let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
    let mut asked = http::Request::builder().method(request.method.as_str()).uri(request.path + &query);
    for (name, value) in request.headers.iter().filter(|(name, _)| name == "content-type" || name == "host") {
        asked = asked.header(name, value);
    }
    asked.body(Body::from(request.body)).map_err(|problem| problem.to_string())
}
