//! A gateway as a process, told by signals. The process is this test binary again, with a file to serve.

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::upstream::{DONE, event};
use super::*;

/// Names the file that the child serves; set in the child alone.
const FILE: &str = "TOUCHSTONE_TEST_FILE";

/// Not a law, but what the child does; without a file it does nothing.
#[test]
fn child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let config = Config::load(file.as_ref(), &|_| None).unwrap();
    let _log = gateway::log_to_stderr("info");
    gateway::run(config, Settings::new("127.0.0.1:0".parse().unwrap())).unwrap();
}

struct Process {
    child: Child,
    address: SocketAddr,
    /// Kept open, since the child says more at its end.
    _stdout: Lines<BufReader<ChildStdout>>,
    _file: tempfile::NamedTempFile,
}

impl Process {
    fn start(upstream: SocketAddr) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), Setup::new("openai", upstream).file()).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve::process::child", "--nocapture"])
            .env(FILE, file.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = stdout.by_ref().map(Result::unwrap).find_map(|line| {
            let (_, address) = line.split_once("listening on http://")?;
            address.parse().ok()
        });
        Self { child, address: address.unwrap(), _stdout: stdout, _file: file }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_signal_lets_calls_finish() {
    for signal in ["TERM", "INT"] {
        let upstream = Upstream::listen().await;
        let mut process = Process::start(upstream.addr);
        let mut client = Client::connect(process.address).await;
        client.post("/chat", "", ASK_STREAM).await;
        let mut call = upstream.call().await;
        call.begin_stream().await;
        client.head().await;
        process.signal(signal);
        while tokio::net::TcpStream::connect(process.address).await.is_ok() {}
        call.chunk(format!("{}{DONE}", event("Hi"))).await;
        call.end_stream().await;
        while !client.line().await.contains("[DONE]") {}
        client.gone().await;
        assert!(process.child.wait().unwrap().success(), "{signal}");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let upstream = Upstream::listen().await;
    let mut process = Process::start(upstream.addr);
    let mut client = Client::connect(process.address).await;
    client.post("/chat", "", ASK).await;
    let call = upstream.call().await;
    process.signal("TERM");
    while tokio::net::TcpStream::connect(process.address).await.is_ok() {}
    process.signal("TERM");
    call.gone().await;
    client.gone().await;
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_no_call() {
    let upstream = Upstream::listen().await;
    let mut process = Process::start(upstream.addr);
    let mut client = Client::connect(process.address).await;
    let calls = 1_000;
    for call in 0..calls {
        client.post("/elsewhere", &format!("x-request-id: call-{call}\r\n"), ASK).await;
        let reply = tokio::time::timeout(Duration::from_secs(10), client.reply()).await;
        assert_eq!(reply.expect("a reply to each call").status, 404);
    }
    process.signal("TERM");
    let mut log = String::new();
    process.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(process.child.wait().unwrap().success());
    // A pipe of Linux holds 64 KiB, and a page of them may be left over.
    assert!(log.len() > 100 << 10, "{} bytes fit in any pipe", log.len());
    let told = log.lines().filter(|line| line.contains(r#""request_id":"call-"#)).count();
    assert_eq!(told, calls);
}
