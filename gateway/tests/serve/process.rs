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
    let (file, config) = gateway::File::open(file, |_| None).unwrap();
    let _log = gateway::log_to_stderr("info");
    let listen = "127.0.0.1:0".parse().unwrap();
    gateway::run(file, config, Settings { status: Some(StatusAddress::At(listen)), ..Settings::new(listen) })
        .unwrap();
}

struct Process {
    child: Child,
    address: SocketAddr,
    status: SocketAddr,
    /// Kept open, since the child says more at its end.
    _stdout: Lines<BufReader<ChildStdout>>,
    folder: tempfile::TempDir,
}

impl Process {
    fn start(upstream: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kong.json");
        std::fs::write(&file, Setup::new("openai", upstream).file()).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve::process::child", "--nocapture"])
            .env(FILE, file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |what: &str| {
            let address = |line: String| line.split_once(what)?.1.trim_end_matches("/status").parse().ok();
            stdout.by_ref().map(Result::unwrap).find_map(address).unwrap()
        };
        let (address, status) = (said("listening on http://"), said("status on http://"));
        Self { child, address, status, _stdout: stdout, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("kong.json")
    }

    /// What `/status.json` says of the configuration.
    async fn told(&self) -> Value {
        let mut client = Client::connect(self.status).await;
        client.write("GET /status.json HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
        client.reply().await.json()["config"].clone()
    }

    /// Waits until that is so; the file is looked at once a second.
    async fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..1_200 {
            let told = self.told().await;
            if so(&told) {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never {what}: {}", self.told().await);
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
        let reply = tokio::time::timeout(Duration::from_secs(60), client.reply()).await;
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

#[tokio::test]
async fn a_file_that_changes_is_served_anew_however_it_changes() {
    let upstreams = [Upstream::listen().await, Upstream::listen().await, Upstream::listen().await];
    let process = Process::start(upstreams[0].addr);
    let mut client = Client::connect(process.address).await;
    let text = |number: usize| Setup::new("openai", upstreams[number].addr).file();
    let next = process.folder.path().join("next.json");
    for (generation, number) in [(1, 0), (2, 1), (3, 2), (4, 0)] {
        match generation {
            1 => (),
            // In place; by another file; and through a link.
            2 => std::fs::write(process.file(), text(number)).unwrap(),
            3 => {
                std::fs::write(&next, text(number)).unwrap();
                std::fs::rename(&next, process.file()).unwrap();
            }
            _ => {
                std::fs::write(&next, text(number)).unwrap();
                std::fs::remove_file(process.file()).unwrap();
                std::os::unix::fs::symlink("next.json", process.file()).unwrap();
            }
        }
        let told = process.until("loaded", |told| told["generation"] == generation).await;
        assert_eq!((&told["file"], &told["refused"]), (&json!(process.file()), &Value::Null));
        let answer = async { upstreams[number].call().await.write(json_reply("200 OK", ANSWER)).await };
        let (reply, ()) = tokio::join!(client.chat(ASK), answer);
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test]
async fn a_bad_file_is_refused_and_the_old_one_served_on() {
    let upstream = Upstream::listen().await;
    let mut process = Process::start(upstream.addr);
    let good = std::fs::read_to_string(process.file()).unwrap();
    let bad = good.replace("llm/v1/chat", "llm/v1/chatter").replace("\"header_name\"", "\"header_nam\"");
    let mut client = Client::connect(process.address).await;
    let mut served = async || {
        let answer = async { upstream.call().await.write(json_reply("200 OK", ANSWER)).await };
        let (reply, ()) = tokio::join!(client.chat(ASK), answer);
        assert_eq!(reply.status, 200);
    };
    let errors = |told: &Value| told["refused"]["errors"].as_array().map_or(0, Vec::len);

    std::fs::write(process.file(), bad).unwrap();
    process.signal("HUP");
    let told = process.until("refused", |told| errors(told) > 1).await;
    let first = told["refused"]["errors"][0].as_str().unwrap();
    assert!(first.contains("kong.json:1:") && first.contains("plugins[0].config."), "{first}");
    assert_eq!(told["generation"], 1);
    served().await;

    std::fs::remove_file(process.file()).unwrap();
    let told = process
        .until("missed", |told| told["refused"]["errors"][0].to_string().contains("No such file"))
        .await;
    assert_eq!((errors(&told), &told["generation"]), (1, &json!(1)));
    served().await;

    // What cannot be read at all, whoever asks.
    std::fs::create_dir(process.file()).unwrap();
    process.until("unreadable", |told| told["refused"]["errors"][0].to_string().contains("directory")).await;
    served().await;

    std::fs::remove_dir(process.file()).unwrap();
    std::fs::write(process.file(), good).unwrap();
    let told = process.until("as it was", |told| told["refused"].is_null()).await;
    assert_eq!(told["generation"], 1);
    served().await;

    process.signal("TERM");
    let mut log = String::new();
    process.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let lines = log.lines().filter(|line| line.contains("configuration refused")).count();
    assert!(lines >= 4 && log.contains("header_nam") && log.contains("configuration as it was"), "{log}");
}

/// `/status/ready` says no while calls are still taken, for as long as load balancers need.
#[tokio::test]
async fn a_gateway_that_is_told_to_stop_says_so_first() {
    let upstream = Upstream::listen().await;
    let setup = Setup::new("openai", upstream.addr);
    let gateway = setup.limits(|limits| limits.notice = Duration::from_secs(60)).start();
    let address = gateway.addr();
    let ready = async || {
        let mut client = Client::connect(address).await;
        client.write("GET /status/ready HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
        client.reply().await.status
    };
    assert_eq!(ready().await, 200);
    let mut shutdown = std::pin::pin!(gateway.shutdown());
    let look = async {
        while ready().await != 503 {}
        let answer = async { upstream.call().await.write(json_reply("200 OK", ANSWER)).await };
        let mut client = Client::connect(address).await;
        let (reply, ()) = tokio::join!(client.chat(ASK), answer);
        assert_eq!(reply.status, 200, "calls are taken all the same");
    };
    tokio::select! {
        () = shutdown.as_mut() => panic!("too early"),
        () = look => (),
    }
}
