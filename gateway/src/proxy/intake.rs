//! The client's request, taken in within its limits.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Version, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use crate::fault::Fault;
use crate::server::LINGER;

/// Room that a client's mere announcement of a long body is given.
const ROOM: u64 = 256 << 10;

/// Refuses what is compressed.
pub(super) fn check_coding(headers: &HeaderMap) -> Result<(), Fault> {
    let coding = headers.get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Fault::RequestEncoding);
    }
    Ok(())
}

/// Refuses what is not JSON by its own account. A body without a type is taken for JSON, so that leaving it out does
/// not lead past the rules.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Fault> {
    check_coding(headers)?;
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let kind = value.split(';').next().unwrap_or_default().trim();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        Ok(())
    } else {
        Err(Fault::MediaType)
    }
}

/// Reads a whole body of at most `limit` bytes, within a time.
pub(super) async fn read(body: &mut Incoming, limit: u64, within: Duration) -> Result<Bytes, Fault> {
    let stated = body.size_hint();
    if stated.lower() > limit {
        return Err(Fault::TooLarge(limit));
    }
    timeout(within, collect(body, limit, stated.lower().min(ROOM)))
        .await
        .map_err(|_| Fault::SlowBody(within))?
}

async fn collect(body: &mut Incoming, limit: u64, room: u64) -> Result<Bytes, Fault> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Fault::CutBody)?.into_data() else { continue };
        if (first.len() + all.len() + data.len()) as u64 > limit {
            return Err(Fault::TooLarge(limit));
        }
        // What came in one piece is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all.reserve(usize::try_from(room).unwrap_or_default());
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Goes on reading a body that was refused. A client that is still sending when its connection closes loses the answer.
pub(super) fn linger(head: &Parts, mut body: Incoming) {
    let waits = head.headers.contains_key(header::EXPECT);
    if head.version >= Version::HTTP_2 || waits || body.is_end_stream() {
        return;
    }
    tokio::task::spawn_local(async move {
        let _ = timeout(LINGER, async { while let Some(Ok(_)) = body.frame().await {} }).await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_taken() {
        let check =
            |kind: &str| check_type(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]));
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"] {
            assert!(check(json).is_ok(), "{json}");
        }
        for other in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=json", ""]
        {
            assert!(matches!(check(other), Err(Fault::MediaType)), "{other}");
        }
        assert!(check_type(&HeaderMap::new()).is_ok());
        let gzip = HeaderMap::from_iter([(header::CONTENT_ENCODING, "gzip".parse().unwrap())]);
        assert!(matches!(check_type(&gzip), Err(Fault::RequestEncoding)));
    }
}
