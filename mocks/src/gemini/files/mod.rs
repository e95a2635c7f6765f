//! [Files](https://ai.google.dev/api/files): uploaded in one piece or several, kept for two days, and used by requests and batches.
//!
//! Films and sound are looked at before they can be used: the first `GET` finds them in progress, the second one active. All else
//! is active at once.

mod kept;
mod upload;

use serde_json::{Value, json};

use super::{good, headers, page};
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};
pub(super) use kept::{File, base};

pub(super) const CREATE: &str = "createFile";
const LIST: &str = "listFiles";
const GET: &str = "getFile";
const DELETE: &str = "deleteFile";
const DOWNLOAD: &str = "downloadFile";

/// The kind of objects on the shelf, by the last part of their names.
const FILE: &str = "file";
/// Files of a page: what is usual, and the most.
const USUAL: usize = 10;
const MOST: usize = 100;

/// This operation's name, if it is one of these.
pub(super) fn named(operation: &str) -> Option<&'static str> {
    [CREATE, LIST, GET, DELETE, DOWNLOAD].into_iter().find(|known| *known == operation)
}

pub(super) fn answer(call: &Call<'_>) -> Result<Whole, Failure> {
    let id = call.found.and_then(|found| found.parameter("file")).unwrap_or_default();
    let whole = |body: &Value| good(call, body);
    match call.operation {
        CREATE => upload::answer(call),
        LIST => list(call).map(|page| whole(&page)),
        DELETE if call.shelf.remove(FILE, &id) => Ok(whole(&json!({}))),
        DELETE => Err(absent(&id)),
        DOWNLOAD => download(call, &id),
        _ => {
            let look = |file: &mut File| file.look();
            call.shelf.change(FILE, &id, look).map(|file| whole(&file)).ok_or_else(|| absent(&id))
        }
    }
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let files = call.shelf.all::<File>(FILE).into_iter().map(|(_, file)| (file.number, file.shown()));
    let (files, next) = page::page(call, files.collect(), USUAL, MOST)?;
    let mut body = json!({});
    if !files.is_empty() {
        body["files"] = files.into();
    }
    if let Some(next) = next {
        body["nextPageToken"] = next.into();
    }
    Ok(body)
}

/// What is in a file, which the service gives of its own only.
fn download(call: &Call<'_>, id: &str) -> Result<Whole, Failure> {
    let file: File = call.shelf.get(FILE, id).ok_or_else(|| absent(id))?;
    if !file.is_generated() {
        return Err(Failure::new(Kind::InvalidRequest, "Only generated files can be downloaded."));
    }
    let mut headers = headers(&call.draw, super::JSON);
    if let Some(kind) = headers.iter_mut().find(|(name, _)| name == "content-type") {
        kind.1 = file.mime_type.clone().into();
    }
    Ok(Whole { status: 200, headers, body: file.content().into() })
}

/// What is in a file, for those of the service that read it.
pub(super) fn content(call: &Call<'_>, name: &str) -> Result<Vec<u8>, Failure> {
    let id = name.strip_prefix("files/").unwrap_or(name);
    let file: File = call.shelf.get(FILE, id).ok_or_else(|| absent(id))?;
    if !file.is_active() {
        let message = format!("The File {id} is not in an ACTIVE state and usage is not allowed.");
        return Err(Failure { code: None, ..Failure::new(Kind::InvalidRequest, message) });
    }
    Ok(file.content())
}

/// The service tells nobody whether a file of others exists.
fn absent(id: &str) -> Failure {
    let message = format!("You do not have permission to access the File {id} or it may not exist.");
    Failure::new(Kind::Permission, message)
}
