//! Who the gateway is to its providers: tokens of servers that the tests hold, and what the upstream is shown of them.

mod apis;
mod aws;
mod azure;
mod failures;
mod google;
mod renewal;

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::upstream::Call;
use super::*;

/// A server that answers every request by a function of its own, one after the other, and remembers them.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Receiver<usize>,
    /// Whether it answers.
    gate: watch::Sender<bool>,
}

/// A request that a server has got.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Server {
    /// `answer` is given the number of the request, from 0 on; nothing: it is never answered.
    pub(super) async fn start(
        answer: impl Fn(usize, &Seen) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let upstream = Upstream::listen().await;
        let (counter, count) = watch::channel(0);
        let gate = watch::Sender::new(true);
        let shut = gate.clone();
        let (addr, seen) = (upstream.addr, Arc::<Mutex<Vec<Seen>>>::default());
        let (answer, counter, all) = (Arc::new(answer), Arc::new(counter), Arc::clone(&seen));
        tokio::spawn(async move {
            loop {
                let socket = upstream.accept().await;
                let (answer, counter, all) = (Arc::clone(&answer), Arc::clone(&counter), Arc::clone(&all));
                let mut gate = shut.subscribe();
                tokio::spawn(async move {
                    let mut call = Call::first(socket).await;
                    while let Some(mut one) = call {
                        let seen = Seen { head: one.head.clone(), body: std::mem::take(&mut one.body) };
                        let number = {
                            let mut all = all.lock().unwrap();
                            all.push(seen.clone());
                            all.len() - 1
                        };
                        counter.send_modify(|count| *count += 1);
                        let Some(reply) = answer(number, &seen) else { return std::future::pending().await };
                        let _ = gate.wait_for(|open| *open).await;
                        one.write(reply).await;
                        call = one.next().await;
                    }
                });
            }
        });
        Self { addr, seen, count, gate }
    }

    /// It answers nobody until it is opened again.
    pub(super) fn close(&self) {
        self.gate.send_replace(false);
    }

    pub(super) fn open(&self) {
        self.gate.send_replace(true);
    }

    /// A model that answers everybody.
    pub(super) async fn model(answer: &'static str) -> Self {
        Self::start(move |_, _| Some(json_reply("200 OK", answer))).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// What it has got so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until it has got so many.
    pub(super) async fn got(&self, count: usize) -> Vec<Seen> {
        let mut counted = self.count.clone();
        counted.wait_for(|seen| *seen >= count).await.unwrap();
        self.seen()
    }
}

impl Seen {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        upstream::field(&self.head, name)
    }

    /// The request line without its version.
    pub(super) fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// A field of the form that it posts, decoded.
    pub(super) fn form(&self, name: &str) -> Option<String> {
        assert_eq!(self.field("content-type"), Some("application/x-www-form-urlencoded"));
        let pair =
            self.text().split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        pair.map(|(_, value)| decode(value))
    }

    /// The access key that signed it, the region and the service.
    pub(super) fn signed(&self) -> (String, String, String) {
        let value = self.field("authorization").expect("a signature");
        let scope = value.strip_prefix("AWS4-HMAC-SHA256 Credential=").expect("a signature of AWS's");
        let parts: Vec<&str> = scope.split(',').next().unwrap().split('/').collect();
        (parts[0].to_owned(), parts[2].to_owned(), parts[3].to_owned())
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A token of OAuth's that is good for so many seconds.
fn token(name: &str, seconds: u64) -> Vec<u8> {
    let body = json!({"access_token": name, "token_type": "Bearer", "expires_in": seconds});
    json_reply("200 OK", &body.to_string())
}

/// Tokens for an hour, each with a number.
async fn tokens() -> Server {
    Server::start(|number, _| Some(token(&format!("token-{number}"), 3600))).await
}

/// What the model is shown of one call.
async fn shown(setup: Setup, model: &Server) -> Seen {
    let gateway = setup.start();
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    model.got(1).await.remove(0)
}

/// Google's account that is asked for at `tokens`.
fn google(setup: Setup, tokens: &Server) -> Setup {
    let options = json!({"upstream_url": setup.plugin["model"]["options"]["upstream_url"]});
    setup
        .set("/auth", json!({"gcp_use_service_account": true}))
        .set("/auth/gcp_metadata_url", tokens.url("/token"))
        .set("/model", json!({"provider": "gemini", "name": "m", "options": options}))
}

/// What a metadata server of Google's says.
fn flavored(name: &str, seconds: u64) -> Vec<u8> {
    let body = json!({"access_token": name, "token_type": "Bearer", "expires_in": seconds}).to_string();
    whole("200 OK\r\ncontent-type: application/json\r\nMetadata-Flavor: Google", body)
}

/// What Gemini answers.
const GEMINI: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3},"modelVersion":"m"}"#;
/// What Converse answers.
const CONVERSE: &str = r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"metrics":{"latencyMs":1}}"#;
