//! Buckets, and what is in them.

use super::object::{Object, Objects};
use super::{NAMESPACE, empty, error, parameter, xml};
use crate::cloud::aws::ACCOUNT;
use crate::cloud::aws::xml::{self as document, Node};
use crate::provider::{Call, Whole};
use crate::script::Failure;

/// Of one page.
const PAGE: usize = 1_000;

pub(super) fn all(call: &Call<'_>, objects: Objects<'_>) -> Whole {
    let bucket = |(name, since): (String, i64)| {
        ("Bucket", Node::from([("Name", name.into()), ("CreationDate", written(since).into())]))
    };
    let buckets = Node::Elements(objects.buckets().into_iter().map(bucket).collect());
    let owner = Node::from([("ID", ACCOUNT.into())]);
    let body = Node::from([("Owner", owner), ("Buckets", buckets)]);
    xml(call, document::compact("ListAllMyBucketsResult", Some(NAMESPACE), &body))
}

pub(super) fn create(call: &Call<'_>, objects: Objects<'_>, bucket: &str) -> Result<Whole, Failure> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(fits) || bucket.starts_with(['-', '.']) {
        return Err(error::failure("InvalidBucketName", "The specified bucket is not valid."));
    }
    // In this region, who makes a bucket again that is its own is told that all is well.
    objects.add_bucket(bucket, call.keys.issued.now().as_second());
    let mut made = empty(call, 200);
    made.headers.push(("location".into(), format!("/{bucket}").into()));
    Ok(made)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
pub(super) fn list(call: &Call<'_>, objects: Objects<'_>, bucket: &str) -> Result<Whole, Failure> {
    let asked = |name: &str| parameter(call.request, name).unwrap_or_default();
    let (prefix, delimiter) = (asked("prefix"), asked("delimiter"));
    let most = match asked("max-keys").as_str() {
        "" => PAGE,
        most => {
            let invalid = || {
                error::failure("InvalidArgument", "Provided max-keys not an integer or within integer range")
            };
            most.parse::<usize>().map_err(|_| invalid())?.min(PAGE)
        }
    };
    // A token is the last key of the page before.
    let (token, start) = (asked("continuation-token"), asked("start-after"));
    let after = if token.is_empty() { &start } else { &token };
    let (mut keys, mut common) = (Vec::new(), Vec::<String>::new());
    let (mut last, mut is_truncated) = (String::new(), false);
    for (key, object) in objects.list(bucket, &prefix) {
        let folder = folder(&key, &prefix, &delimiter);
        let name = folder.as_ref().unwrap_or(&key);
        if name <= after || common.last() == folder.as_ref() && folder.is_some() {
            continue;
        }
        if keys.len() + common.len() == most {
            is_truncated = true;
            break;
        }
        last.clone_from(name);
        match folder {
            Some(folder) => common.push(folder),
            None => keys.push((key, object)),
        }
    }
    let encoded = asked("encoding-type") == "url";
    let shown = |text: &str| if encoded { escaped(text) } else { text.to_owned() };
    let count = keys.len() + common.len();
    let mut body: Vec<(&'static str, Node)> = vec![
        ("Name", bucket.into()),
        ("Prefix", shown(&prefix).into()),
        ("KeyCount", count.to_string().into()),
        ("MaxKeys", most.to_string().into()),
        ("IsTruncated", is_truncated.to_string().into()),
    ];
    let told = [
        ("Delimiter", shown(&delimiter)),
        ("ContinuationToken", token.clone()),
        ("StartAfter", start.clone()),
    ];
    body.extend(
        told.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.into())),
    );
    if encoded {
        body.push(("EncodingType", "url".into()));
    }
    if is_truncated {
        body.push(("NextContinuationToken", last.into()));
    }
    body.extend(keys.iter().map(|(key, object)| ("Contents", entry(&shown(key), object))));
    body.extend(
        common.iter().map(|prefix| ("CommonPrefixes", Node::from([("Prefix", shown(prefix).into())]))),
    );
    Ok(xml(call, document::compact("ListBucketResult", Some(NAMESPACE), &Node::Elements(body))))
}

/// What is common to all keys up to the next delimiter.
fn folder(key: &str, prefix: &str, delimiter: &str) -> Option<String> {
    let rest = key.strip_prefix(prefix).filter(|_| !delimiter.is_empty())?;
    rest.find(delimiter).map(|end| format!("{prefix}{}", &rest[..end + delimiter.len()]))
}

fn entry(key: &str, object: &Object) -> Node {
    [
        ("Key", key.into()),
        ("LastModified", written(object.since).into()),
        ("ETag", object.etag.as_str().into()),
        ("Size", object.size.to_string().into()),
        ("StorageClass", "STANDARD".into()),
    ]
    .into()
}

fn written(since: i64) -> String {
    jiff::Timestamp::from_second(since).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
