//! The opening handshake of a WebSocket, once with the client and once with the upstream:
//! <https://www.rfc-editor.org/rfc/rfc6455#section-4>.
//!
//! Extensions are not offered on: messages pass as they were written, and their cost can be read.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::fault::Fault;
use crate::upstream::Head;

/// The only version there is.
pub(super) const VERSION: &str = "13";
/// By these, browsers show a key and whose it is; they cannot set headers. <https://platform.openai.com/docs/guides/realtime-websocket>
const CREDENTIALS: &[&str] = &["openai-insecure-api-key.", "openai-organization.", "openai-project."];

/// What a client wants that opens a WebSocket.
pub(super) struct Opening {
    accept: String,
    /// The sub-protocols that it offers, but for those that hold a key.
    protocols: Vec<String>,
}

/// Whether a request asks for a WebSocket.
pub(super) fn is_asked(head: &Parts) -> bool {
    head.method == Method::GET && names(&head.headers, &header::UPGRADE, "websocket")
}

impl Opening {
    /// # Errors
    /// The request opens none.
    pub(super) fn read(head: &Parts) -> Result<Self, Fault> {
        if !is_asked(head) || !names(&head.headers, &header::CONNECTION, "upgrade") {
            return Err(Fault::NoWebSocket);
        }
        let field = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if field(header::SEC_WEBSOCKET_VERSION) != Some(VERSION) {
            return Err(Fault::NoWebSocket);
        }
        // Sixteen bytes as base64.
        let key = field(header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24 && key.ends_with("=="));
        let accept = derive_accept_key(key.ok_or(Fault::NoWebSocket)?.as_bytes());
        Ok(Self { accept, protocols: protocols(&head.headers) })
    }

    /// Answers the client: as the upstream did, under our own name.
    pub(super) fn answer(self, upstream: &Head, headers: &mut HeaderMap) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let chosen = upstream.value("sec-websocket-protocol");
        // A client must not be given what it did not ask for.
        let chosen = chosen.filter(|chosen| self.protocols.iter().any(|offered| offered == chosen));
        for (name, value) in
            [(header::SEC_WEBSOCKET_ACCEPT, Some(&*self.accept)), (header::SEC_WEBSOCKET_PROTOCOL, chosen)]
        {
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                headers.insert(name, value);
            }
        }
    }

    /// The fields with which the upstream is asked, and the answer to be had.
    pub(super) fn ask(&self) -> (Vec<(&'static str, String)>, String) {
        let key = generate_key();
        let expected = derive_accept_key(key.as_bytes());
        let mut fields = vec![
            ("connection", "Upgrade".to_owned()),
            ("upgrade", "websocket".to_owned()),
            ("sec-websocket-version", VERSION.to_owned()),
            ("sec-websocket-key", key),
        ];
        if !self.protocols.is_empty() {
            fields.push(("sec-websocket-protocol", self.protocols.join(", ")));
        }
        (fields, expected)
    }
}

/// Whether an upstream's answer opens what it was asked to open.
///
/// # Errors
/// It says so, and it is not true.
pub(super) fn check(head: &Head, expected: &str) -> Result<(), Fault> {
    let is_websocket = head.value("upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"));
    let is_ours = head.value("sec-websocket-accept") == Some(expected);
    let is_plain = head.value("sec-websocket-extensions").is_none();
    if is_websocket && is_ours && is_plain {
        Ok(())
    } else {
        Err(Fault::Framing("its handshake is not that of a WebSocket"))
    }
}

fn protocols(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let offered = offered.map(str::trim).filter(|protocol| !protocol.is_empty());
    let is_public = |protocol: &&str| !CREDENTIALS.iter().any(|key| protocol.starts_with(key));
    offered.filter(is_public).map(str::to_owned).collect()
}

/// Whether a field that is a list has this in it.
fn names(headers: &HeaderMap, field: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(field).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(fields: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::get("/v1/realtime");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const ASKED: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_specifications_example_is_answered_as_it_says() {
        let opening = Opening::read(&parts(&ASKED)).unwrap();
        let reply = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
        let mut headers = HeaderMap::new();
        opening.answer(&Head::parse(&mut reply[..].into()).unwrap().unwrap(), &mut headers);
        assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!headers.contains_key("sec-websocket-protocol"));
    }

    #[test]
    fn what_opens_no_websocket_is_refused() {
        for (missing, _) in ASKED {
            let fields: Vec<_> = ASKED.into_iter().filter(|(name, _)| *name != missing).collect();
            assert!(Opening::read(&parts(&fields)).is_err(), "without {missing}");
        }
    }

    #[test]
    fn no_key_goes_on_in_a_protocol() {
        let mut fields = ASKED.to_vec();
        fields.push(("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1,openai-project.p"));
        fields.push(("sec-websocket-protocol", "openai-beta.realtime-v1"));
        let opening = Opening::read(&parts(&fields)).unwrap();
        let (asked, _) = opening.ask();
        let offered = asked.iter().find(|(name, _)| *name == "sec-websocket-protocol").unwrap();
        assert_eq!(offered.1, "realtime, openai-beta.realtime-v1");
        let reply = b"HTTP/1.1 101 Y\r\nsec-websocket-protocol: realtime\r\n\r\n";
        let mut headers = HeaderMap::new();
        opening.answer(&Head::parse(&mut reply[..].into()).unwrap().unwrap(), &mut headers);
        assert_eq!(headers["sec-websocket-protocol"], "realtime");
    }
}
