//! A client of sessions: every message of the mock is held to the document, and so is their order.

use futures_util::{SinkExt as _, StreamExt as _};
use mocks::Mocks;
use serde_json::Value;
use specs::{Operation, Sequence};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest as _};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) struct Line {
    socket: WebSocketStream<TcpStream>,
    operation: Operation,
    sequence: Sequence,
    /// The code and the reason with which it was closed.
    pub(crate) closed: Option<(u16, String)>,
}

impl Line {
    /// Opens a session; else status and body.
    pub(crate) async fn open(
        mocks: &Mocks,
        provider: &str,
        path: &str,
        query: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<Self, (u16, Value)> {
        let url = format!("{}{path}{query}", mocks.url(provider));
        let mut request = url.replace("http://", "ws://").into_client_request().unwrap();
        for (name, value) in fields {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let address = request.uri().authority().unwrap().to_string();
        let socket = TcpStream::connect(address).await.unwrap();
        match client_async(request, socket).await {
            Ok((socket, _)) => {
                let operation = specs::api(provider).unwrap().operation("GET", path).unwrap();
                let sequence = operation.sequence().unwrap();
                Ok(Self { socket, operation, sequence, closed: None })
            }
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(body).unwrap()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.write(&message.to_string()).await;
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message, which is as the document says and comes when it says; `None` when the session is over.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let message = match self.socket.next().await?.unwrap() {
            Message::Close(frame) => {
                self.closed = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                return None;
            }
            message => message,
        };
        let event: Value = serde_json::from_slice(&message.into_data()).unwrap();
        // Where messages have no names, the document has none for them either.
        let name = event["type"].as_str().unwrap_or_default();
        let found: Vec<_> =
            self.operation.event(name, &event).into_iter().chain(self.sequence.event(name, &event)).collect();
        assert_eq!(found, [], "{event}");
        Some(event)
    }
}
