//! An HTTP client for AWS's SDK: plain sockets, HTTP/1.1 or HTTP/2 with prior knowledge.

use aws_sdk_bedrockruntime::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Sockets;
use hyper_util::rt::TokioExecutor;

#[derive(Debug, Clone)]
struct Connector(Client<Sockets, SdkBody>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request =
                request.try_into_http1x().map_err(|problem| ConnectorError::user(problem.into()))?;
            let reply =
                client.request(request).await.map_err(|problem| ConnectorError::io(problem.into()))?;
            let reply = reply.map(SdkBody::from_body_1_x);
            reply.try_into().map_err(|problem: aws_smithy_runtime_api::http::HttpError| {
                ConnectorError::other(problem.into(), None)
            })
        })
    }
}

pub(crate) fn http(version_2: bool) -> SharedHttpClient {
    let client = Client::builder(TokioExecutor::new()).http2_only(version_2).build(Sockets::new());
    let connector = SharedHttpConnector::new(Connector(client));
    http_client_fn(move |_, _| connector.clone())
}
