//! A gateway in Rust that runs the suite as a test of its own: the gateway, and the test.
//!
//! ```text
//! cargo test -p conformance --example in_a_test     # as a test
//! cargo run -p conformance --example in_a_test      # the same, with the matrix printed
//! ```

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use conformance::gateway::{Profile, Route};
use conformance::{Options, Report, Surface};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The gateway: sends chats on to `OpenAI`, with its own key. Yours does more.
struct Gateway {
    client: Client<HttpConnector, Body>,
    base_url: String,
    key: String,
}

/// Serves until the runtime ends; gives back its address.
async fn serve(base_url: String, key: &str) -> std::io::Result<String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let gateway = Arc::new(Gateway { client, base_url, key: key.to_owned() });
    let router = Router::new().route("/v1/chat/completions", post(chat)).with_state(gateway);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn chat(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let onward = http::Request::post(format!("{}/v1/chat/completions", gateway.base_url))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {}", gateway.key))
        .body(request.into_body());
    let Ok(onward) = onward else { return StatusCode::BAD_REQUEST.into_response() };
    match gateway.client.request(onward).await {
        Ok(reply) => {
            let (head, body) = reply.into_parts();
            let kind = head.headers.get(header::CONTENT_TYPE).cloned();
            let mut reply = (head.status, Body::new(body)).into_response();
            reply.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
            reply
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// The suite, played to it.
async fn judge() -> Result<Report, Box<dyn std::error::Error>> {
    let mocks = conformance::start_mocks().await?;
    let url = serve(mocks.url("openai"), mocks.credentials().key("openai")).await?;

    let chat =
        Route::new(Surface::Chat, "openai", "/v1/chat/completions").with_model("gpt-4o-mini", "gpt-4o-mini");
    let profile = Profile::named("in-a-test")
        .with_route(chat)
        .with_feature("tools")
        .expecting("chat.error.retry-after", "headers of errors do not pass yet")
        .expecting("*@chat.stream.gzip@*", "compressed replies are not unpacked yet");
    let options = Options::url(url, profile).with_mocks(&mocks);
    Ok(conformance::run(options.select("chat.{text,tools,finish,usage,errors,stated}.*")).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = judge().await?;
    println!(
        "{}",
        conformance::report::terminal::render(&report, conformance::report::terminal::Style::default())
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #[tokio::test(flavor = "multi_thread")]
    async fn the_gateway_speaks_openai() {
        let report = super::judge().await.expect("the suite runs");
        assert!(report.is_as_expected(), "{}", report.findings());
    }
}
