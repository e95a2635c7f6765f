//! The bytes of an upload, as they are signed, framed and summed up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::error;
use crate::cloud::aws::sigv4::{hex, sha256};
use crate::request::Request;
use crate::script::Failure;

/// In chunks without signatures, and with a sum behind them: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
const TRAILED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Is the body the one that was signed?
pub(super) fn fits(request: &Request) -> Result<(), Failure> {
    match request.header("x-amz-content-sha256").unwrap_or_default() {
        UNSIGNED | TRAILED => Ok(()),
        other if other.starts_with("STREAMING-") => {
            let message = "A header you provided implies functionality that is not implemented";
            Err(error::failure("NotImplemented", message))
        }
        hash if hash == hex(&sha256(&request.body)) => Ok(()),
        _ => {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Err(error::failure("XAmzContentSHA256Mismatch", message))
        }
    }
}

/// What is to be kept of the body: without chunks, once its sums are right.
pub(super) fn content(request: &Request) -> Result<Bytes, Failure> {
    let told = |name: &str| request.header(name).map(str::to_owned);
    let (content, trailed) = match request.header("x-amz-content-sha256") {
        Some(TRAILED) => unchunked(&request.body).ok_or_else(|| {
            error::failure(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            )
        })?,
        _ => (request.body.clone(), Vec::new()),
    };
    let trailed = trailed.iter().find(|(name, _)| name == CRC32).map(|(_, value)| value.clone());
    let mut sum = flate2::Crc::new();
    sum.update(&content);
    let own = STANDARD.encode(sum.sum().to_be_bytes());
    if told(CRC32).or(trailed).is_some_and(|told| told != own) {
        let message = "The CRC32 you specified did not match the calculated checksum.";
        return Err(error::failure("BadDigest", message));
    }
    Ok(content)
}

const CRC32: &str = "x-amz-checksum-crc32";

/// Bytes, and the fields behind them.
type Unchunked = (Bytes, Vec<(String, String)>);

/// `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n`
fn unchunked(body: &[u8]) -> Option<Unchunked> {
    let (mut content, mut rest) = (Vec::with_capacity(body.len()), body);
    loop {
        let end = memchr::memmem::find(rest, b"\r\n")?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            break;
        }
        content.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let fields = std::str::from_utf8(rest).ok()?.lines().filter_map(|line| line.split_once(':'));
    let fields =
        fields.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect();
    Some((content.into(), fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        let (content, fields) =
            unchunked(b"5\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n").unwrap();
        assert_eq!((&content[..], fields), (&b"hello!"[..], vec![(CRC32.to_owned(), "AAAA==".to_owned())]));
        for broken in [
            &b""[..],
            b"5\r\nhell",
            b"x\r\n",
            b"5\r\nhello",
            b"5\r\nhelloo\r\n0\r\n",
            b"FFFFFFFFFFFFFFFF\r\n",
        ] {
            assert!(unchunked(broken).is_none());
        }
    }
}
