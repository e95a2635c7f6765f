//! What the gateway bears, as far as an operator says.

use std::time::Duration;

use clap::Args;
use gateway::Limits;

/// Limits; what is not said is as the gateway has it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Bounds {
    /// Connections of clients at once; further ones wait [default: 16384]
    #[arg(long, value_name = "N", env = "TOUCHSTONE_MAX_CONNECTIONS")]
    max_connections: Option<usize>,
    /// Streams at once on one connection of HTTP/2 [default: 256]
    #[arg(long, value_name = "N", env = "TOUCHSTONE_MAX_STREAMS")]
    max_streams: Option<u32>,
    /// Head of a request; the answer to more is 431 [default: 64KiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes, env = "TOUCHSTONE_MAX_HEAD")]
    max_head: Option<usize>,
    /// Body of a request, where the plugin's `max_request_body_size` is 0; the answer to more is 413 [default: 32MiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes, env = "TOUCHSTONE_MAX_BODY")]
    max_body: Option<usize>,
    /// The same of a body that goes on as it comes, such as a file's [default: 1GiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes, env = "TOUCHSTONE_MAX_UPLOAD")]
    max_upload: Option<usize>,
    /// A provider's reply that is read whole; the answer to more is 502 [default: 64MiB]
    #[arg(long, value_name = "BYTES", value_parser = bytes, env = "TOUCHSTONE_MAX_REPLY")]
    max_reply: Option<usize>,
    /// How long a body may take to come; then 408 [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = time, env = "TOUCHSTONE_BODY_TIMEOUT")]
    body_timeout: Option<Duration>,
    /// How long a call may take, its stream included; then 504 [default: 15m]
    #[arg(long, value_name = "TIME", value_parser = time, env = "TOUCHSTONE_CALL_TIMEOUT")]
    call_timeout: Option<Duration>,
    /// How long a connection may be without a call [default: 75s]
    #[arg(long, value_name = "TIME", value_parser = time, env = "TOUCHSTONE_IDLE_TIMEOUT")]
    idle_timeout: Option<Duration>,
    /// How long calls are still taken after SIGTERM, while /status/ready says 503 [default: 0s]
    #[arg(long, value_name = "TIME", value_parser = time, env = "TOUCHSTONE_DRAIN_NOTICE")]
    drain_notice: Option<Duration>,
    /// How long running calls may go on after that [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = time, env = "TOUCHSTONE_DRAIN_TIMEOUT")]
    drain_timeout: Option<Duration>,
}

impl Bounds {
    pub(super) fn limits(&self) -> Limits {
        let own = Limits::default();
        let wide = |bytes: Option<usize>| bytes.map(|bytes| bytes as u64);
        Limits {
            connections: self.max_connections.unwrap_or(own.connections),
            streams: self.max_streams.unwrap_or(own.streams),
            head_bytes: self.max_head.unwrap_or(own.head_bytes),
            body_bytes: wide(self.max_body).unwrap_or(own.body_bytes),
            upload_bytes: wide(self.max_upload).unwrap_or(own.upload_bytes),
            reply_bytes: self.max_reply.unwrap_or(own.reply_bytes),
            body: self.body_timeout.unwrap_or(own.body),
            call: self.call_timeout.unwrap_or(own.call),
            idle: self.idle_timeout.unwrap_or(own.idle),
            notice: self.drain_notice.unwrap_or(own.notice),
            drain: self.drain_timeout.unwrap_or(own.drain),
            ..own
        }
    }
}

/// `8388608`, `8MiB`, `64k`: a K is 1024 bytes.
fn bytes(text: &str) -> Result<usize, String> {
    const UNITS: [(&str, usize); 4] = [("", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)];
    let (number, unit) = split(text);
    let unit = unit.to_ascii_lowercase();
    let unit = unit.trim_end_matches('b').trim_end_matches('i');
    let size = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
    let count = number.parse::<usize>().ok().filter(|count| *count > 0);
    let all = count.zip(size).and_then(|(count, size)| count.checked_mul(size));
    all.ok_or_else(|| "expected a number of bytes, such as 8388608, 8MiB or 64k".to_owned())
}

/// `30s`, `250ms`, `15m`, `1h`; a number alone is of seconds.
fn time(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] = [("", 1000), ("s", 1000), ("ms", 1), ("m", 60_000), ("h", 3_600_000)];
    let (number, unit) = split(text);
    let milliseconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
    let all = number.parse::<u64>().ok().zip(milliseconds).and_then(|(count, size)| count.checked_mul(size));
    all.map(Duration::from_millis).ok_or_else(|| "expected a time, such as 30s, 250ms, 15m or 1h".to_owned())
}

/// A number and its unit.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        bounds: Bounds,
    }

    #[test]
    fn what_an_operator_says_is_borne_and_all_else_is_the_gateways() {
        let limits = |line: &str| {
            let words = std::iter::once("gateway").chain(line.split_whitespace());
            <Line as clap::Parser>::parse_from(words).bounds.limits()
        };
        let (own, said) = (Limits::default(), limits("--max-streams 7 --max-connections 9 --max-head 2k"));
        assert_eq!((said.streams, said.connections, said.head_bytes), (7, 9, 2048));
        assert_eq!((said.body_bytes, said.call, said.pool), (own.body_bytes, own.call, own.pool));
        let said = limits("--max-body 1k --max-upload 2k --max-reply 3k --call-timeout 4s");
        assert_eq!((said.body_bytes, said.upload_bytes, said.reply_bytes), (1024, 2048, 3072));
        assert_eq!((said.call, said.streams), (Duration::from_secs(4), own.streams));
        let said = limits("--body-timeout 5s --idle-timeout 6s --drain-notice 7s --drain-timeout 8s");
        assert_eq!([said.body, said.idle, said.notice, said.drain].map(|time| time.as_secs()), [5, 6, 7, 8]);
    }

    #[test]
    fn sizes_and_times_are_read_as_people_write_them() {
        for (text, size) in
            [("1", 1), ("64k", 65_536), ("8MiB", 8 << 20), ("8 mb", 8 << 20), ("2G", 2 << 30), ("10b", 10)]
        {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "k", "0", "1.5M", "-1", "1x", "99999999999999999999", "18446744073709551615k"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        for (text, milliseconds) in
            [("0", 0), ("30", 30_000), ("30s", 30_000), ("250ms", 250), ("15m", 900_000), ("1h", 3_600_000)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "-1s", "1.5s", "1d", "18446744073709551615h"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
