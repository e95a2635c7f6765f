//! The binary as a child process: what it says, how it ends, and that it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

/// Runs the binary to its end.
pub(super) fn touchstone(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary runs")
}

/// The binary's exit code, standard output and standard error.
pub(super) fn told(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = touchstone(arguments);
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub(super) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command.args(arguments).env_remove("TOUCHSTONE_LOG").stdin(Stdio::null());
    // What it says there more than elsewhere is a matter of its own tests.
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command
}

/// A server of ours that runs until it is dropped.
pub(super) struct Server {
    child: Child,
    /// Reads standard error as it comes: a pipe that nobody reads would stop the server when it is full.
    said: Option<JoinHandle<String>>,
    /// `127.0.0.1:port`
    pub(super) address: String,
}

impl Server {
    /// Starts it, and waits for the line that says where it listens.
    pub(super) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(arguments);
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("listening on http://").expect("it says where").to_owned();
        let mut stderr = child.stderr.take().expect("piped");
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).expect("text");
            said
        });
        Self { child, said: Some(said), address }
    }

    /// Sends SIGTERM; gives the exit code and what was said on standard error.
    pub(super) fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        let said = self.said.take().expect("not told before").join().expect("text");
        (self.child.wait().expect("it ends").code(), said)
    }

    /// One request over a connection of its own; the whole reply, head and body.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).expect("it reads, be it what it refuses");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("it answers");
        text(&reply)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file in a folder; gives its path.
pub(super) fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a folder of the test's own");
    path.display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
