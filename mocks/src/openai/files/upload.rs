//! A file that is [sent in parts](https://platform.openai.com/docs/api-reference/uploads).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::md5::md5;
use super::{File, purpose};
use crate::journal::Body;
use crate::openai::refuse::error;
use crate::openai::resource::{Manner, absent, asked, tick};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The kinds of objects on the shelf.
const UPLOAD: &str = "upload";
const PART: &str = "upload_part";
/// It may take an hour.
const SECONDS: u64 = 3_600;
const PENDING: &str = "pending";
/// A part may have so many bytes.
const MOST: usize = 64_000_000;

/// A part, and what it is part of.
#[derive(Serialize, Deserialize)]
struct Part {
    upload: String,
    content: Body,
}

pub(super) fn create(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let body = call.body;
    let name = body["filename"].as_str().unwrap_or_default();
    purpose::check(body["purpose"].as_str().unwrap_or_default(), name, b"")?;
    let id = format!("upload_{}", call.draw.hex("upload", 48));
    let created = tick(call);
    let upload = json!({
        "id": id,
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": created,
        "expires_at": created + SECONDS,
        "filename": name,
        "purpose": body["purpose"],
        "status": PENDING,
        "file": null,
    });
    // What of the file is asked for now is needed when it is complete.
    call.shelf.put(UPLOAD, &id, &json!({ "upload": upload, "expires_after": body["expires_after"] }));
    Ok(upload)
}

pub(super) fn part(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let upload = asked(call, "upload_id");
    pending(call, &upload)?;
    let data = call.form.and_then(|form| form.part("data"));
    let data = data.map(|part| &part.content[..]).unwrap_or_default();
    if data.len() > MOST {
        let message = format!("Maximum content size limit ({MOST}) exceeded ({} bytes read)", data.len());
        return Err(Failure::new(Kind::TooLarge, message));
    }
    let id = format!("part_{}", call.draw.hex("part", 48));
    let part = Part { upload: upload.clone(), content: Body::new(data) };
    call.shelf.put(PART, &id, &part);
    if !call.shelf.has(PART, &id) {
        return Err(Failure { kind: Some(Kind::TooLarge), ..Failure::default() });
    }
    Ok(json!({ "id": id, "object": "upload.part", "created_at": tick(call), "upload_id": upload }))
}

pub(super) fn complete(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "upload_id");
    let kept = pending(call, &id)?;
    let upload = &kept["upload"];
    let content = joined(call, &id)?;
    let refused = |message: String, param: &str| Err(error(message, Some(param), ""));
    if upload["bytes"] != content.len() {
        let (told, came) = (&upload["bytes"], content.len());
        return refused(
            format!("The parts have {came} bytes, but the upload was created with {told}."),
            "bytes",
        );
    }
    if let Some(told) = call.body["md5"].as_str().filter(|told| !told.eq_ignore_ascii_case(&md5(&content))) {
        return refused(format!("The checksum '{told}' does not match that of the uploaded bytes."), "md5");
    }
    let text = |member: &str| upload[member].as_str().unwrap_or_default();
    let (name, purpose) = (text("filename"), text("purpose"));
    purpose::check(purpose, name, &content)?;
    let expires_after = &kept["expires_after"];
    let file =
        File { name, purpose, content: &content, expires_after, tag: &id, status: manner.sent }.keep(call)?;
    for part in parts(call) {
        // One that is named twice is gone the second time.
        let _ = call.shelf.remove(PART, part);
    }
    let end = |kept: &mut Value| {
        kept["upload"]["status"] = "completed".into();
        kept["upload"]["file"] = file.clone();
        kept["upload"].clone()
    };
    call.shelf.change(UPLOAD, &id, end).ok_or_else(|| absent("Upload", &id))
}

pub(super) fn cancel(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "upload_id");
    pending(call, &id)?;
    let end = |kept: &mut Value| {
        kept["upload"]["status"] = "cancelled".into();
        kept["upload"].clone()
    };
    call.shelf.change(UPLOAD, &id, end).ok_or_else(|| absent("Upload", &id))
}

/// An upload that takes parts yet.
fn pending(call: &Call<'_>, id: &str) -> Result<Value, Failure> {
    let kept: Value = call.shelf.get(UPLOAD, id).ok_or_else(|| absent("Upload", id))?;
    match kept["upload"]["status"].as_str() {
        Some(PENDING) => Ok(kept),
        status => {
            let message =
                format!("Upload has status '{}', but must be 'pending'.", status.unwrap_or_default());
            Err(error(message, None, ""))
        }
    }
}

fn parts<'a>(call: &Call<'a>) -> impl Iterator<Item = &'a str> {
    call.body["part_ids"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The parts' bytes, in the order that was asked for.
fn joined(call: &Call<'_>, upload: &str) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    for id in parts(call) {
        let part = call.shelf.get::<Part>(PART, id).filter(|part| part.upload == upload);
        let part =
            part.ok_or_else(|| Failure { param: Some("part_ids".to_owned()), ..absent("Part", id) })?;
        all.extend(part.content.bytes());
    }
    Ok(all)
}
