//! A server that speaks Redis's protocol, as [its documents](https://redis.io/docs/latest/develop/reference/protocol-spec/) have it, of
//! which the test says every answer.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A command, as bytes.
pub(super) type Asked = Vec<Vec<u8>>;

pub(super) struct Resp {
    pub(super) port: u16,
    pub(super) seen: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Resp {
    pub(super) async fn start(answer: impl Fn(&[&[u8]]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, answer) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(answer));
        let notes = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&answer), Arc::clone(&notes)));
            }
        });
        Self { port, seen, task }
    }

    /// The commands of this name that came so far.
    pub(super) fn commands(&self, name: &str) -> Vec<Asked> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|asked| asked[0] == name.as_bytes()).cloned().collect()
    }
}

impl Drop for Resp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    socket: TcpStream,
    answer: Arc<impl Fn(&[&[u8]]) -> Vec<u8>>,
    notes: Arc<Mutex<Vec<Asked>>>,
) -> Option<()> {
    let mut socket = BufReader::new(socket);
    loop {
        let mut asked = Asked::new();
        for _ in 0..number(&mut socket, '*').await? {
            let mut word = vec![0; number(&mut socket, '$').await? + 2];
            socket.read_exact(&mut word).await.ok()?;
            word.truncate(word.len() - 2);
            asked.push(word);
        }
        let words: Vec<&[u8]> = asked.iter().map(Vec::as_slice).collect();
        let reply = answer(&words);
        notes.lock().unwrap().push(asked);
        socket.get_mut().write_all(&reply).await.ok()?;
    }
}

/// The number of a line such as `*3`.
async fn number(socket: &mut BufReader<TcpStream>, sign: char) -> Option<usize> {
    let mut line = String::new();
    socket.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(sign)?.parse().ok()
}

/// A bulk string.
pub(super) fn bulk(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// An array of what is written already.
pub(super) fn array(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", parts.len()).into_bytes();
    bytes.extend(parts.concat());
    bytes
}
