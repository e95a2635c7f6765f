//! Pictures, sound and videos: what is made can be read by whoever reads such files, and what cannot be made is refused.

mod audio;
mod images;
mod video_jobs;
mod videos;

use mocks::Mocks;

use crate::client::{Reply, exchange, request};

/// A field of a form; of a file its name and type too.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) file: Option<(&'a str, &'a str)>,
    pub(crate) content: &'a [u8],
}

pub(crate) fn text<'a>(name: &'a str, content: &'a str) -> Field<'a> {
    Field { name, file: None, content: content.as_bytes() }
}

pub(crate) fn file<'a>(name: &'a str, file: &'a str, media: &'a str, content: &'a [u8]) -> Field<'a> {
    Field { name, file: Some((file, media)), content }
}

const BOUNDARY: &str = "----between-the-parts";

/// The body of a form.
pub(crate) fn form(fields: &[Field<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for Field { name, file, content } in fields {
        let mut head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some((file, media)) = file {
            head += &format!("; filename=\"{file}\"");
            if !media.is_empty() {
                head += &format!("\r\nContent-Type: {media}");
            }
        }
        body.extend_from_slice(format!("{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Sends a form to a provider.
pub(crate) async fn post_form(mocks: &Mocks, provider: &str, path: &str, fields: &[Field<'_>]) -> Reply {
    let key = format!("Bearer {}", mocks.credentials().key(provider));
    let media = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("authorization", &*key), ("content-type", &*media)];
    exchange(mocks, &request("POST", &format!("/{provider}{path}"), &headers, &form(fields))).await
}
