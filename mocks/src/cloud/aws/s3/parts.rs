//! [Uploads in parts](https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html), as clients send what is large.

use serde::{Deserialize, Serialize};

use super::object::{Object, Objects, Place};
use super::{NAMESPACE, body, empty, error, parameter, xml};
use crate::cloud::aws::xml as document;
use crate::openai::md5;
use crate::provider::{Call, Whole};
use crate::script::Failure;

const UPLOAD: &str = "upload";
const PART: &str = "part";
/// All parts but the last have at least so many bytes.
const LEAST: usize = 5 << 20;

#[derive(Serialize, Deserialize)]
struct Upload {
    bucket: String,
    key: String,
    media: String,
}

pub(super) fn begin(call: &Call<'_>, place: &Place) -> Whole {
    let id = call.draw.text("upload", 64);
    let media = call.request.header("content-type").unwrap_or("binary/octet-stream").to_owned();
    let (bucket, key) = (place.bucket.clone(), place.key.clone());
    call.shelf.put(UPLOAD, &id, &Upload { bucket, key, media });
    let body = [
        ("Bucket", place.bucket.as_str().into()),
        ("Key", place.key.as_str().into()),
        ("UploadId", id.into()),
    ];
    xml(call, document::compact("InitiateMultipartUploadResult", Some(NAMESPACE), &body.into()))
}

pub(super) fn put(call: &Call<'_>, place: &Place) -> Result<Whole, Failure> {
    let (id, _) = upload(call, place)?;
    let number = parameter(call.request, "partNumber").and_then(|number| number.parse::<u32>().ok());
    let number = number.filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        error::failure("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    })?;
    let part = Object::new(&body::content(call.request)?, "", 0);
    call.shelf.put(PART, &format!("{id}/{number:05}"), &part);
    let mut stored = empty(call, 200);
    stored.headers.push(("etag".into(), part.etag.into()));
    Ok(stored)
}

/// Puts together those parts that the request names, in its order.
pub(super) fn complete(call: &Call<'_>, objects: Objects<'_>, place: &Place) -> Result<Whole, Failure> {
    let (id, upload) = upload(call, place)?;
    let named = named(&String::from_utf8_lossy(&call.request.body)).ok_or_else(|| {
        error::failure(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    })?;
    if !named.is_sorted_by(|one, other| one.0 < other.0) {
        return Err(error::failure("InvalidPartOrder", "The list of parts was not in ascending order."));
    }
    let (mut content, mut sums) = (Vec::new(), Vec::new());
    for (place, (number, etag)) in named.iter().enumerate() {
        let part = call.shelf.get::<Object>(PART, &format!("{id}/{number:05}"));
        let part = part.filter(|part| part.etag.trim_matches('"') == etag.trim_matches('"'));
        let part = part.ok_or_else(|| {
            error::failure("InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
        })?;
        if place + 1 < named.len() && part.size < LEAST {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(error::failure("EntityTooSmall", message));
        }
        content.extend_from_slice(&part.bytes());
        sums.push(unhex(part.etag.trim_matches('"')));
    }
    let mut object = Object::new(&content, &upload.media, call.keys.issued.now().as_second());
    object.etag = format!("\"{}-{}\"", md5(&sums.concat()), sums.len());
    objects.put(place, &object);
    forget(call, &id);
    let body = [
        ("Location", format!("{}/{}/{}", call.request.base(), place.bucket, place.key).into()),
        ("Bucket", place.bucket.as_str().into()),
        ("Key", place.key.as_str().into()),
        ("ETag", object.etag.into()),
    ];
    Ok(xml(call, document::compact("CompleteMultipartUploadResult", Some(NAMESPACE), &body.into())))
}

pub(super) fn abort(call: &Call<'_>, place: &Place) -> Result<Whole, Failure> {
    let (id, _) = upload(call, place)?;
    forget(call, &id);
    Ok(empty(call, 204))
}

fn forget(call: &Call<'_>, id: &str) {
    let _ = call.shelf.remove(UPLOAD, id);
    for (part, _) in call.shelf.all::<Object>(PART).into_iter().filter(|(part, _)| part.starts_with(id)) {
        let _ = call.shelf.remove(PART, &part);
    }
}

fn upload(call: &Call<'_>, place: &Place) -> Result<(String, Upload), Failure> {
    let id = parameter(call.request, "uploadId").unwrap_or_default();
    let upload = call.shelf.get::<Upload>(UPLOAD, &id);
    let upload = upload.filter(|upload| upload.bucket == place.bucket && upload.key == place.key);
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    Ok((id, upload.ok_or_else(|| error::failure("NoSuchUpload", message))?))
}

/// Digits of a sum that was made here.
fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// The parts of `<Part><ETag>…</ETag><PartNumber>1</PartNumber></Part>`, whatever else is said of them.
fn named(xml: &str) -> Option<Vec<(u32, String)>> {
    let element = |within: &str, name: &str| -> Option<String> {
        let (_, rest) = within.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.replace("&quot;", "\"").replace("&#34;", "\""))
    };
    let parts: Vec<&str> = xml.split("<Part>").skip(1).collect();
    let read =
        |part: &&str| Some((element(part, "PartNumber")?.trim().parse().ok()?, element(part, "ETag")?));
    let named: Option<Vec<(u32, String)>> = parts.iter().map(read).collect();
    named.filter(|named| !named.is_empty())
}
