//! What the gateway bears: a bound for every size, count and duration that the network could choose.

use std::time::Duration;

/// Bounds on clients, on upstreams and on the gateway itself. `Limits::default()` is what the binary runs with.
///
/// Kong's file overrides some of them: `max_request_body_size` of a plugin stands before [`Limits::body_bytes`],
/// `connect_timeout`, `write_timeout` and `read_timeout` of a service before their namesakes here.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections that are served at once; further ones wait in the kernel's queue. Default 16,384.
    pub connections: usize,
    /// Streams at once on one HTTP/2 connection. Default 256.
    pub streams: u32,
    /// Head of a client's request. Default 64 KiB; the answer to more is `431`.
    pub head_bytes: usize,
    /// Header fields of a client's request. Default 100; the answer to more is `431`.
    pub head_fields: usize,
    /// A client's connection without a call: from its last reply (or its start) to the end of its next request's
    /// head. Default 75 s.
    pub idle: Duration,
    /// A client's TLS handshake. Default 10 s; then its connection is closed.
    pub handshake: Duration,
    /// A client that does not take what is written to it; noticed after one to two times this. Default 60 s.
    pub send: Duration,
    /// Body of a client's request where no plugin says less. Default 32 MiB; the answer to more is `413`.
    pub body_bytes: u64,
    /// Body of a client's request that goes upstream as it comes, such as a file, where no plugin says less. Default 1 GiB; the
    /// answer to more is `413`.
    pub upload_bytes: u64,
    /// A piece of such a file where the provider takes it in pieces: a multiple of 256 KiB, of which a few are held for each upload. Default
    /// 4 MiB.
    pub piece_bytes: usize,
    /// From the end of a request's head to the end of its body, where it is read whole. Default 60 s; then `408`.
    pub body: Duration,

    /// Files of batches that are kept for providers which have no place for them, in memory, those of all clients together. Default
    /// 256 MiB; what was not used for longest goes first.
    pub files_bytes: usize,
    /// How many of them, and as many batches whose requests are remembered. Default 10,000.
    pub files: usize,
    /// How long they are kept. Default 48 h.
    pub files_age: Duration,

    /// From the name of the upstream to a connection, handshake included. Default 60 s (Kong's); then `504`.
    pub connect: Duration,
    /// Between two writes to the upstream. Default 60 s (Kong's); then `504`.
    pub write: Duration,
    /// From the request to the first byte of the reply, and between two reads. Default 60 s (Kong's); then `504`.
    pub read: Duration,
    /// One call from its first to its last byte, streams included. Default 15 min; then `504`.
    pub call: Duration,
    /// The vector of one prompt, by which its target is found. Default 5 s; then the call goes on without.
    pub embedding: Duration,
    /// Before the first look at a task of the provider's that a call waits for; later ones are up to five times as far apart. Default 1 s.
    pub look: Duration,
    /// Head of an upstream's reply. Default 64 KiB; the answer to more is `502`.
    pub reply_head_bytes: usize,
    /// A reply that is read whole, uncompressed. Default 64 MiB; the answer to more is `502`.
    pub reply_bytes: usize,
    /// Idle connections that are kept for each upstream, on each core. Default 256.
    pub pool: usize,
    /// How long an idle connection to an upstream is kept. Default 55 s: just under the 60 s that servers like.
    pub pool_idle: Duration,

    /// One wish for a token, from the first request to the last byte, however many servers it takes. Default 20 s; then `500`.
    pub token: Duration,
    /// What a server says that gives out tokens. Default 64 KiB; the answer to more is `500`.
    pub token_bytes: usize,

    /// One realtime session from its first to its last message. Default 60 min (OpenAI's); then it is closed with 1001.
    pub session: Duration,
    /// A realtime session in which neither side says anything, be it a ping. Default 5 min; then it is closed with 1001.
    pub session_idle: Duration,
    /// One message of a realtime session. Default 20 MiB (OpenAI takes 15 MiB of sound); whoever sends more is closed with 1009.
    pub message_bytes: usize,
    /// Responses that are kept for clients that come back to them, of all clients together. Default 10,000; in memory, what was not used
    /// for longest is forgotten first, and in Redis, what was kept first.
    pub kept: usize,
    /// Bytes of all that is kept; as many again of what was streamed in the background, for who lost the stream. Default 256 MiB.
    pub kept_bytes: usize,
    /// How long a response is kept. Default 1 h.
    pub kept_for: Duration,
    /// Responses that are made in the background at once. Default 256; the answer to more is `429`. Of each that is streamed, all that it
    /// tells is held until it is over, at most [`Limits::reply_bytes`].
    pub background: usize,
    /// One of them, from its request to its end. Default 1 h; then it has failed.
    pub background_for: Duration,

    /// Between two times that gateways tell each other of their targets, where they share them. Default 500 ms.
    pub share: Duration,
    /// Callers whose requests and tokens are counted, of all limits together. Default 100,000; who was not seen for longest is
    /// forgotten first.
    pub callers: usize,

    /// How long calls are still taken once the gateway is told to stop, while `/status/ready` says 503: the time that load balancers need
    /// to notice. Default 0 s.
    pub notice: Duration,
    /// How long running calls may go on after [`Gateway::shutdown`](crate::Gateway::shutdown). Default 30 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            connections: 16_384,
            streams: 256,
            head_bytes: 64 << 10,
            head_fields: 100,
            idle: Duration::from_secs(75),
            handshake: Duration::from_secs(10),
            send: minute,
            body_bytes: 32 << 20,
            upload_bytes: 1 << 30,
            piece_bytes: 4 << 20,
            body: minute,
            files_bytes: 256 << 20,
            files: 10_000,
            files_age: Duration::from_secs(48 * 3_600),
            connect: minute,
            write: minute,
            read: minute,
            call: 15 * minute,
            embedding: Duration::from_secs(5),
            look: Duration::from_secs(1),
            reply_head_bytes: 64 << 10,
            reply_bytes: 64 << 20,
            pool: 256,
            pool_idle: Duration::from_secs(55),
            token: Duration::from_secs(20),
            token_bytes: 64 << 10,
            session: 60 * minute,
            session_idle: 5 * minute,
            message_bytes: 20 << 20,
            kept: 10_000,
            kept_bytes: 256 << 20,
            kept_for: 60 * minute,
            background: 256,
            background_for: 60 * minute,
            share: Duration::from_millis(500),
            callers: 100_000,
            notice: Duration::ZERO,
            drain: Duration::from_secs(30),
        }
    }
}
