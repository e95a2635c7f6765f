//! Objects: bytes under a key, with what a client said of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{body, empty, error, headers};
use crate::form::unescaped;
use crate::openai::md5;
use crate::provider::{Call, Whole};
use crate::request::Request;
use crate::script::Failure;
use crate::store::Shelf;

const OBJECT: &str = "object";
const BUCKET: &str = "bucket";
/// The bucket that is always there.
const OWN: &str = "touchstone";

/// Where an object lies; without a key, which bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    /// Reads a request's host and path.
    pub(super) fn of(request: &Request) -> Self {
        let host = crate::hosts::without_port(request.header("host").unwrap_or_default());
        let path =
            String::from_utf8_lossy(&unescaped(request.path.replace('+', "%2B").as_bytes())).into_owned();
        let path = path.strip_prefix('/').unwrap_or(&path);
        let by_host = host.strip_suffix(".amazonaws.com").and_then(|host| host.split_once(".s3"));
        if let Some((bucket, rest)) = by_host
            && (rest.is_empty() || rest.starts_with(['.', '-']))
        {
            return Self { bucket: bucket.to_owned(), key: path.to_owned() };
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }

    /// Reads `s3://bucket/key`.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let (bucket, key) =
            uri.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
        (!bucket.is_empty()).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    fn id(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

/// What is kept of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    content: String,
    pub(super) size: usize,
    pub(super) etag: String,
    media: String,
    /// Names without their `x-amz-meta-`.
    metadata: Vec<(String, String)>,
    /// Seconds since 1970.
    pub(super) since: i64,
}

impl Object {
    pub(crate) fn new(content: &[u8], media: &str, since: i64) -> Self {
        let [content, etag] = [STANDARD.encode(content), format!("\"{}\"", md5(content))];
        let size = STANDARD.decode(&content).map_or(0, |content| content.len());
        Self { content, size, etag, media: media.to_owned(), metadata: Vec::new(), since }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        STANDARD.decode(&self.content).unwrap_or_default().into()
    }
}

/// All objects of all buckets.
#[derive(Clone, Copy)]
pub(crate) struct Objects<'a>(Shelf<'a>);

impl<'a> Objects<'a> {
    /// Those on this shelf, which is that of [`super::NAME`].
    pub(crate) fn new(shelf: Shelf<'a>) -> Self {
        Self(shelf)
    }

    pub(crate) fn has_bucket(self, bucket: &str) -> bool {
        bucket == OWN || self.0.has(BUCKET, bucket)
    }

    pub(super) fn add_bucket(self, bucket: &str, since: i64) {
        self.0.put(BUCKET, bucket, &since);
    }

    /// Names, in order.
    pub(super) fn buckets(self) -> Vec<(String, i64)> {
        let mut all = self.0.all::<i64>(BUCKET);
        all.push((OWN.to_owned(), 0));
        all.sort();
        all
    }

    pub(crate) fn get(self, place: &Place) -> Option<Object> {
        self.0.get(OBJECT, &place.id())
    }

    pub(crate) fn put(self, place: &Place, object: &Object) {
        self.0.put(OBJECT, &place.id(), object);
    }

    /// Keys of a bucket that begin so, in order, with their objects.
    pub(crate) fn list(self, bucket: &str, prefix: &str) -> Vec<(String, Object)> {
        let start = format!("{bucket}/");
        let all = self.0.all::<Object>(OBJECT).into_iter();
        let mut found: Vec<(String, Object)> = all
            .filter_map(|(id, object)| Some((id.strip_prefix(&start)?.to_owned(), object)))
            .filter(|(key, _)| key.starts_with(prefix))
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found
    }
}

pub(super) fn put(call: &Call<'_>, objects: Objects<'_>, place: &Place) -> Result<Whole, Failure> {
    let content = body::content(call.request)?;
    let media = call.request.header("content-type").unwrap_or("binary/octet-stream");
    let mut object = Object::new(&content, media, call.keys.issued.now().as_second());
    let named = call
        .request
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?, value)));
    object.metadata = named.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    objects.put(place, &object);
    if objects.get(place).is_none() {
        return Err(error::failure(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed object size.",
        ));
    }
    let mut stored = empty(call, 200);
    stored.headers.push(("etag".into(), object.etag.into()));
    Ok(stored)
}

/// The object, or the part of it that a header names.
pub(super) fn get(call: &Call<'_>, objects: Objects<'_>, place: &Place) -> Result<Whole, Failure> {
    let object =
        objects.get(place).ok_or_else(|| error::failure("NoSuchKey", "The specified key does not exist."))?;
    let mut headers = headers(&call.draw);
    let modified = jiff::Timestamp::from_second(object.since).unwrap_or_default();
    headers.push(("last-modified".into(), modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().into()));
    headers.push(("etag".into(), object.etag.clone().into()));
    headers.push(("accept-ranges".into(), "bytes".into()));
    headers.push(("content-type".into(), object.media.clone().into()));
    let metadata = object.metadata.iter();
    headers.extend(metadata.map(|(name, value)| (format!("x-amz-meta-{name}").into(), value.clone().into())));
    let content = object.bytes();
    let Some(range) = call.request.header("range") else {
        return Ok(Whole { status: 200, headers, body: content });
    };
    let (from, to) = within(range, content.len())
        .ok_or_else(|| error::failure("InvalidRange", "The requested range is not satisfiable"))?;
    headers.push(("content-range".into(), format!("bytes {from}-{}/{}", to - 1, content.len()).into()));
    Ok(Whole { status: 206, headers, body: content.slice(from..to) })
}

pub(super) fn delete(call: &Call<'_>, objects: Objects<'_>, place: &Place) -> Whole {
    let _ = objects.0.remove(OBJECT, &place.id());
    empty(call, 204)
}

/// `bytes=2-5`, `bytes=2-`, `bytes=-5`, as a slice of so many bytes.
fn within(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from, to) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), length),
        (from, "") => (from.parse().ok()?, length),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.checked_add(1)?.min(length)),
    };
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, path: &str) -> (String, String) {
        let headers = vec![("host".to_owned(), host.to_owned())];
        let Place { bucket, key } =
            Place::of(&Request { path: path.to_owned(), headers, ..Request::default() });
        (bucket, key)
    }

    #[test]
    fn a_bucket_is_named_by_the_path_or_by_the_host() {
        let expected = |bucket: &str, key: &str| (bucket.to_owned(), key.to_owned());
        assert_eq!(at("127.0.0.1:9000", "/a/b/c%20d+e"), expected("a", "b/c d+e"));
        assert_eq!(at("s3.us-east-1.amazonaws.com", "/a"), expected("a", ""));
        assert_eq!(at("a.b.s3.amazonaws.com", "/c/d"), expected("a.b", "c/d"));
        assert_eq!(at("a.s3.us-east-1.amazonaws.com:443", "/"), expected("a", ""));
        assert_eq!(at("s3.amazonaws.com", "/"), expected("", ""));
        assert_eq!(Place::parse("s3://a/b/c"), Some(Place { bucket: "a".to_owned(), key: "b/c".to_owned() }));
        assert_eq!(Place::parse("s3://a").unwrap().key, "");
        assert_eq!((Place::parse("s3:///b"), Place::parse("https://a/b")), (None, None));
    }

    #[test]
    fn a_range_lies_within_the_object() {
        for (range, expected) in [
            ("bytes=2-5", Some((2, 6))),
            ("bytes=2-", Some((2, 10))),
            ("bytes=-3", Some((7, 10))),
            ("bytes=0-99", Some((0, 10))),
            ("bytes=10-", None),
            ("bytes=5-2", None),
            ("lines=1-2", None),
            ("bytes=0-18446744073709551615", None),
        ] {
            assert_eq!(within(range, 10), expected, "{range}");
        }
    }
}
