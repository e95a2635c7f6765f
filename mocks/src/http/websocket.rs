//! A session's messages: <https://www.rfc-editor.org/rfc/rfc6455>.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::connection::Connection;
use super::socket::Socket;
use crate::exchange::lenient;
use crate::limits::{LIVE, LIVE_IDLE, LIVE_MESSAGE};
use crate::live::{Around, Session, What, overhear};
use crate::provider::Headers;
use crate::request::Request;
use crate::state::State;

/// What is answered to a handshake, where the request is one. Of the protocols on offer the first is taken that `takes` knows.
pub(crate) fn accept(request: &Request, takes: impl Fn(&str) -> bool) -> Option<Headers> {
    let names = |name: &str, wanted: &str| {
        let value = request.header(name).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(wanted))
    };
    let is_asked = names("upgrade", "websocket") && names("connection", "upgrade");
    let key =
        request.header("sec-websocket-key").filter(|_| is_asked && names("sec-websocket-version", "13"))?;
    let mut headers: Headers = vec![
        ("connection".into(), "Upgrade".into()),
        ("upgrade".into(), "websocket".into()),
        ("sec-websocket-accept".into(), derive_accept_key(key.as_bytes()).into()),
    ];
    let offered = request.header("sec-websocket-protocol").unwrap_or_default().split(',').map(str::trim);
    let chosen = offered.into_iter().find(|protocol| takes(protocol));
    headers.extend(chosen.map(|chosen| ("sec-websocket-protocol".into(), chosen.to_owned().into())));
    Some(headers)
}

/// Speaks with the client until one of both ends it.
pub(super) async fn serve(connection: Connection, mut session: Session, state: Arc<State>) {
    let Connection { socket, ahead, .. } = connection;
    let settings = WebSocketConfig::default()
        .max_message_size(Some(LIVE_MESSAGE))
        .max_frame_size(Some(LIVE_MESSAGE))
        .write_buffer_size(0);
    let mut line =
        WebSocketStream::from_partially_read(socket, ahead.to_vec(), Role::Server, Some(settings)).await;
    let farewell = speak(&mut line, &mut session, &state).await;
    if let Some(frame) = farewell {
        let _ = tokio::time::timeout(Duration::from_secs(2), async {
            let _ = line.send(Message::Close(frame)).await;
            while let Some(Ok(_)) = line.next().await {}
        })
        .await;
    }
}

/// How the session ends; `None`: the client is gone.
async fn speak(
    line: &mut WebSocketStream<Socket>,
    session: &mut Session,
    state: &Arc<State>,
) -> Option<Option<CloseFrame>> {
    let (end, mut said, mut heard) = (Instant::now() + LIVE, Instant::now(), Instant::now());
    loop {
        let next = session.live.saying().front().map(|next| said + next.after);
        let over = (heard.max(said) + LIVE_IDLE).min(end);
        tokio::select! {
            // What the client says first may change what is said next.
            biased;
            message = line.next() => {
                heard = Instant::now();
                match message? {
                    Ok(Message::Close(frame)) => return Some(frame),
                    Ok(Message::Text(text)) => hear(session, state, text.as_str()),
                    Ok(Message::Binary(bytes)) => hear(session, state, &String::from_utf8_lossy(&bytes)),
                    Ok(_) => (),
                    Err(Error::Capacity(_)) => return bye(CloseCode::Size, "the message is too long"),
                    Err(Error::Utf8(_)) => return bye(CloseCode::Invalid, "the message is no text"),
                    Err(_) => return None,
                }
            }
            () = sleep_until(next.unwrap_or(over)), if next.is_some() => {
                let Some(next) = session.live.saying().pop_front() else { continue };
                match next.what {
                    What::Message(message) => line.send(frame(session, &message)).await.ok()?,
                    What::End(code, reason) => {
                        return Some(Some(CloseFrame { code: code.into(), reason: reason.into() }));
                    }
                }
                said = Instant::now();
            }
            () = sleep_until(over) => return bye(CloseCode::Away, "the session is over"),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a session ends with")]
fn bye(code: CloseCode, reason: &'static str) -> Option<Option<CloseFrame>> {
    Some(Some(CloseFrame { code, reason: reason.into() }))
}

/// A message as the provider frames it.
fn frame(session: &Session, message: &Value) -> Message {
    let text = message.to_string();
    if session.live.is_binary() { Message::binary(text.into_bytes()) } else { Message::text(text) }
}

/// Hands a message to the session, and notes it in the journal.
fn hear(session: &mut Session, state: &Arc<State>, text: &str) {
    let Session { live, provider, operation, request } = session;
    let message = serde_json::from_str::<Value>(text).map(|message| operation.settled(&message).into_owned());
    let violations = message.as_ref().map(|message| operation.request(message)).unwrap_or_default();
    overhear(state, *provider, operation, request, text, violations.clone());
    let around = Around { state, provider: *provider };
    match (message, violations.first()) {
        (Err(_), _) => live.wonder(),
        (Ok(message), None) => live.hear(&message, &around),
        (Ok(message), Some(violation)) => {
            let rest = if state.options.lenient { lenient::rest(message.clone(), &violations) } else { None };
            match rest {
                Some(rest) => live.hear(&rest, &around),
                None => live.refuse(violation, &message),
            }
        }
    }
}
