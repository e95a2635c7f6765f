//! Several targets behind one route: which one answers, and who answers when that one fails.

mod breaker;
mod choice;
mod failover;
mod passing;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway::Gateway;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::client::{Client, Reply};
use super::port::Port;
use super::upstream::{Call, Upstream};
use super::{ANSWER, ASK, Setup, chat, plugin, whole};

/// An upstream that does one thing after the other with its calls, the last of them for ever, and counts them.
struct Server {
    addr: SocketAddr,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

#[derive(Clone, Debug)]
enum Does {
    /// Answers, as it stands, and closes.
    Says(Vec<u8>),
    /// Takes the call, and says nothing.
    Hangs,
}

impl Server {
    async fn doing(deeds: impl IntoIterator<Item = Does>) -> Self {
        let upstream = Upstream::listen().await;
        let (addr, asked) = (upstream.addr, Arc::new(AtomicUsize::new(0)));
        let deeds: Vec<Does> = deeds.into_iter().collect();
        let count = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut hanging: Vec<Call> = Vec::new();
            loop {
                let mut call = upstream.call().await;
                let number = count.fetch_add(1, Ordering::SeqCst);
                match &deeds[number.min(deeds.len() - 1)] {
                    Does::Says(bytes) => {
                        call.write(bytes).await;
                        call.close().await;
                    }
                    Does::Hangs => hanging.push(call),
                }
            }
        });
        Self { addr, asked, task }
    }

    /// Answers every chat, in these words.
    async fn saying(words: &str) -> Self {
        Self::doing([says(words)]).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A target of `ai-proxy-advanced` that is here.
    fn target(&self, provider: &str) -> Value {
        plugin(provider, &format!("http://{}", self.addr))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A good answer of OpenAI's.
fn says(words: &str) -> Does {
    Does::Says(status("200 OK", &ANSWER.replace(r#""Hi""#, &json!(words).to_string())))
}

/// An error of OpenAI's.
fn refuses(line: &str) -> Does {
    Does::Says(status(
        line,
        r#"{"error":{"message":"no","type":"server_error","param":null,"code":"refused"}}"#,
    ))
}

fn status(line: &str, body: &str) -> Vec<u8> {
    whole(&format!("{line}\r\ncontent-type: application/json\r\nconnection: close"), body)
}

/// A gateway before these, all of OpenAI's kind.
fn before(servers: &[&Server], balancer: &Value) -> Gateway {
    let targets: Vec<Value> = servers.iter().map(|server| server.target("openai")).collect();
    Setup::among(&targets, balancer).start()
}

/// What was answered, in words; else the status and the code of the error.
fn words(reply: &Reply) -> String {
    if reply.status == 200 {
        return reply.json()["choices"][0]["message"]["content"].as_str().expect("words").to_owned();
    }
    let (status, code) = reply.error();
    format!("{status} {code}")
}

/// One call after the other.
async fn ask(gateway: &Gateway, calls: usize) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..calls {
        answers.push(words(&chat(gateway, ASK).await));
    }
    answers
}

/// A call with header fields of its own, each a whole line.
async fn ask_with(gateway: &Gateway, fields: &str, body: &str) -> Reply {
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &format!("content-type: application/json\r\n{fields}"), body).await;
    client.reply().await
}
