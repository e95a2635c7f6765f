//! [Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html), as much of it as jobs need whose lines and answers lie in buckets:
//! objects, whole or in parts, and lists of them; by path (`/bucket/key`) and by host (`bucket.s3.amazonaws.com/key`).

mod body;
mod bucket;
mod error;
mod object;
mod parts;

use serde_json::Value;
use specs::Violation;

use super::sigv4::{self, Refusal};
use crate::Keys;
use crate::cloud::service::{self, Service};
use crate::form::pairs;
use crate::provider::{Call, Denied, Headers, Route, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;
pub(crate) use object::{Object, Objects, Place};

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct S3;

/// The prefix, the signing name, and whose shelf the objects are on.
pub(crate) const NAME: &str = "s3";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

impl Service for S3 {
    fn name(&self) -> &'static str {
        NAME
    }

    /// What a request means is told by its method, by whether it names a bucket and a key, and by names in its query.
    fn find(&self, request: &Request) -> Route {
        let asks = |name: &str| parameter(request, name).is_some();
        let Place { bucket, key } = Place::of(request);
        let named = match (request.method.as_str(), bucket.is_empty(), key.is_empty()) {
            ("GET", true, _) => "/#ListBuckets",
            ("PUT", false, true) => "/{bucket}#CreateBucket",
            ("HEAD", false, true) => "/{bucket}#HeadBucket",
            ("GET", false, true) if asks("list-type") => "/{bucket}#ListObjectsV2",
            ("POST", false, false) if asks("uploads") => "/{bucket}/{key}#CreateMultipartUpload",
            ("POST", false, false) if asks("uploadId") => "/{bucket}/{key}#CompleteMultipartUpload",
            ("PUT", false, false) if asks("uploadId") => "/{bucket}/{key}#UploadPart",
            ("DELETE", false, false) if asks("uploadId") => "/{bucket}/{key}#AbortMultipartUpload",
            ("PUT", false, false) => "/{bucket}/{key}#PutObject",
            ("GET", false, false) => "/{bucket}/{key}#GetObject",
            ("HEAD", false, false) => "/{bucket}/{key}#HeadObject",
            ("DELETE", false, false) => "/{bucket}/{key}#DeleteObject",
            _ => return Route::Method,
        };
        service::at(NAME, &request.method, named).map_or(Route::NotFound, Route::Make)
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if request.header("authorization").is_none() {
            return Err(denied(error::failure("AccessDenied", "Access Denied"), "no signature"));
        }
        match request.header("x-amz-content-sha256") {
            None => {
                let failure = error::failure(
                    "InvalidRequest",
                    "Missing required header for this request: x-amz-content-sha256",
                );
                Err(denied(failure, "no hash of the body"))
            }
            Some(_) => match sigv4::verify(request, keys, NAME, keys.issued.now()) {
                Ok(_) => {
                    body::fits(request).map_err(|failure| denied(failure, "the body is not what was signed"))
                }
                Err(Refusal { exception, message, expected }) => {
                    let failure = error::of_signature(exception, &message);
                    let canonical_request = expected.map(|expected| expected.canonical_request);
                    Err(Box::new(Denied { canonical_request, ..*denied(failure, &message) }))
                }
            },
        }
    }

    fn refuse(&self, _violation: &Violation, _body: &Value) -> Failure {
        error::failure("InvalidRequest", "Invalid Request")
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let place = Place::of(call.request);
        let objects = Objects::new(call.shelf);
        match call.operation {
            "ListBuckets" => return Ok(bucket::all(call, objects)),
            "CreateBucket" => return bucket::create(call, objects, &place.bucket),
            _ => {}
        }
        if !objects.has_bucket(&place.bucket) {
            return Err(error::failure("NoSuchBucket", "The specified bucket does not exist"));
        }
        match call.operation {
            "HeadBucket" => Ok(empty(call, 200)),
            "ListObjectsV2" => bucket::list(call, objects, &place.bucket),
            "CreateMultipartUpload" => Ok(parts::begin(call, &place)),
            "UploadPart" => parts::put(call, &place),
            "CompleteMultipartUpload" => parts::complete(call, objects, &place),
            "AbortMultipartUpload" => parts::abort(call, &place),
            "PutObject" => object::put(call, objects, &place),
            "DeleteObject" => Ok(object::delete(call, objects, &place)),
            _ => object::get(call, objects, &place),
        }
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        error::reply(request, draw, failure)
    }
}

fn denied(failure: Failure, reason: &str) -> Box<Denied> {
    let failure = Failure { kind: Some(Kind::Authentication), ..failure };
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

/// The first parameter of this name in the query, decoded; empty where only its name is there.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.query.as_deref().unwrap_or_default();
    pairs(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value)
}

fn headers(draw: &Draw) -> Headers {
    vec![
        ("x-amz-request-id".into(), draw.text("request", 16).to_uppercase().into()),
        ("x-amz-id-2".into(), format!("{}=", draw.text("host", 75)).into()),
        ("server".into(), "AmazonS3".into()),
    ]
}

fn empty(call: &Call<'_>, status: u16) -> Whole {
    Whole { status, headers: headers(&call.draw), body: bytes::Bytes::new() }
}

fn xml(call: &Call<'_>, body: String) -> Whole {
    let mut headers = headers(&call.draw);
    headers.push(("content-type".into(), "application/xml".into()));
    Whole { status: 200, headers, body: body.into() }
}
