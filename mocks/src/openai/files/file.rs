//! A file, and its bytes.

use serde_json::{Value, json};

use super::purpose;
use crate::journal::Body;
use crate::openai::refuse::error;
use crate::openai::resource::{Given, Manner, Paging, absent, asked, page, tick};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The kinds of objects on the shelf.
const FILE: &str = "file";
const CONTENT: &str = "file_content";
/// Files for batches are kept so long unless asked otherwise: thirty days.
const BATCH_SECONDS: u64 = 2_592_000;
/// <https://platform.openai.com/docs/api-reference/files/create>
const MOST: usize = 512 << 20;

/// A file that is about to be.
#[derive(Debug, Clone, Copy)]
pub(in crate::openai) struct File<'a> {
    pub(in crate::openai) name: &'a str,
    pub(in crate::openai) purpose: &'a str,
    pub(in crate::openai) content: &'a [u8],
    /// `anchor` and `seconds`, or null.
    pub(in crate::openai) expires_after: &'a Value,
    /// What tells it from others that the same request makes.
    pub(in crate::openai) tag: &'a str,
    pub(in crate::openai) status: &'a str,
}

impl File<'_> {
    /// Keeps it, and says what is known of it.
    pub(in crate::openai) fn keep(&self, call: &Call<'_>) -> Result<Value, Failure> {
        if self.content.len() > MOST {
            return Err(too_large(self.content.len()));
        }
        let id = format!("file-{}", call.draw.text(&format!("file {}", self.tag), 22));
        let created = tick(call);
        let lasts = self.expires_after["seconds"].as_u64();
        let lasts = lasts.or_else(|| (self.purpose == "batch").then_some(BATCH_SECONDS));
        let file = json!({
            "id": id,
            "object": "file",
            "bytes": self.content.len(),
            "created_at": created,
            "expires_at": lasts.map(|lasts| created + lasts),
            "filename": self.name,
            "purpose": self.purpose,
            "status": self.status,
            "status_details": null,
        });
        call.shelf.put(CONTENT, &id, &Body::new(self.content));
        if !call.shelf.has(CONTENT, &id) {
            return Err(too_large(self.content.len()));
        }
        call.shelf.put(FILE, &id, &file);
        Ok(file)
    }
}

fn too_large(bytes: usize) -> Failure {
    let message = format!("Maximum content size limit ({MOST}) exceeded ({bytes} bytes read)");
    Failure::new(Kind::TooLarge, message)
}

/// The bytes of a file.
pub(in crate::openai) fn bytes(call: &Call<'_>, id: &str) -> Option<Vec<u8>> {
    call.shelf.get::<Body>(CONTENT, id).map(|content| content.bytes())
}

/// What is known of a file.
pub(in crate::openai) fn described(call: &Call<'_>, id: &str) -> Result<Value, Failure> {
    call.shelf.get(FILE, id).ok_or_else(|| absent("File", id))
}

pub(super) fn create(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let part = call.form.and_then(|form| form.part("file"));
    let purpose = call.body["purpose"].as_str().unwrap_or_default();
    // A field by that name is no file.
    let Some((part, name)) = part.and_then(|part| Some((part, part.file.as_deref()?))) else {
        return Err(error("'file' is a required property".to_owned(), None, ""));
    };
    purpose::check(purpose, name, &part.content)?;
    let expires_after = &call.body["expires_after"];
    File { name, purpose, content: &part.content, expires_after, tag: "", status: manner.sent }.keep(call)
}

pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let files = call.shelf.all::<Value>(FILE).into_iter().map(|(_, file)| file);
    let purpose = call.request.parameter("purpose").filter(|purpose| !purpose.is_empty());
    let meant = files.filter(|file| purpose.is_none_or(|purpose| file["purpose"] == purpose));
    let paging = Paging { absent: &|id| absent("File", id), usual: 10_000, most: 10_000 };
    page(call, meant.collect(), &paging)
}

/// A look finds it processed, where the service takes its time.
pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "file_id");
    let file = described(call, &id)?;
    if file["status"] == "processed" {
        return Ok(file);
    }
    let look = |file: &mut Value| {
        file["status"] = "processed".into();
        file.clone()
    };
    call.shelf.change(FILE, &id, look).ok_or_else(|| absent("File", &id))
}

pub(super) fn delete(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "file_id");
    if !call.shelf.remove(FILE, &id) {
        return Err(absent("File", &id));
    }
    // It was there, or it was too large to stay.
    let _ = call.shelf.remove(CONTENT, &id);
    Ok(json!({ "id": id, "object": "file", "deleted": true }))
}

pub(super) fn content(call: &Call<'_>) -> Result<Given, Failure> {
    let id = asked(call, "file_id");
    let file = described(call, &id)?;
    let purpose = file["purpose"].as_str().unwrap_or_default();
    if !purpose::is_open(purpose) {
        return Err(error(format!("Not allowed to download files of purpose: {purpose}"), None, ""));
    }
    let bytes = bytes(call, &id).ok_or_else(|| absent("File", &id))?;
    Ok(Given::File { name: file["filename"].as_str().unwrap_or_default().to_owned(), bytes })
}
