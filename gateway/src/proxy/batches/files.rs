//! [Files](https://platform.openai.com/docs/api-reference/files) of batches: those that clients upload are kept in the store, and
//! those that batches end with are the provider's results.

use http::header;
use serde_json::{Value, json};
use translate::batches::Part;
use translate::passthrough::Field;

use super::create::shown;
use super::look::limit;
use super::{Proxy, Talk, own};
use crate::fault::Fault;
use crate::percent;
use crate::proxy::answer::{self, Answer};
use crate::proxy::intake;
use crate::proxy::receive::now;
use crate::proxy::source::Source;
use crate::store::File;

/// Files of a page, at most and without a wish.
const MOST: u64 = 10_000;
/// The purpose of files that are kept here.
const BATCH: &str = "batch";

impl Proxy {
    pub(super) async fn upload(&self, talk: &mut Talk<'_>, source: &mut Source<'_>) -> Result<Answer, Fault> {
        let headers = &talk.values.head.headers;
        intake::check_coding(headers)?;
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Fault::MediaType);
        }
        let limit = talk.backend.limit(self.limits.body_bytes);
        let body = source.whole(limit, self.limits.body).await?;
        let missing = |name: &str| refused(name, format!("Missing required parameter: '{name}'."));
        let purpose = Field::of(kind, &body, "purpose")?.ok_or_else(|| missing("purpose"))?;
        if purpose.content != BATCH.as_bytes() {
            let message = "this provider has no files; the gateway keeps those whose purpose is 'batch'";
            return Err(refused("purpose", message.to_owned()));
        }
        let file = Field::of(kind, &body, "file")?.ok_or_else(|| missing("file"))?;
        let name = file.filename.unwrap_or_else(|| "file".to_owned());
        // A copy, because the form around it is not kept.
        let file = File { name, created: now(), bytes: file.content.to_vec().into() };
        let id = format!("file-{}", answer::letters());
        let shown = self.object(&id, &file);
        if !self.commons.store.files.put(self.owner(talk)?, &id, file) {
            return Err(Fault::TooLarge(self.limits.files_bytes as u64));
        }
        Ok(own(talk).whole(shown.to_string().into()))
    }

    pub(super) fn list_files(&self, talk: &Talk<'_>) -> Result<Answer, Fault> {
        let query = talk.values.head.uri.query().unwrap_or_default();
        let limit = limit(percent::parameter(query, "limit").as_deref(), MOST, MOST)?;
        let mut files = self.commons.store.files.all(self.owner(talk)?);
        files.retain(|_| percent::parameter(query, "purpose").is_none_or(|purpose| purpose == BATCH));
        if percent::parameter(query, "order").as_deref() == Some("asc") {
            files.reverse();
        }
        if let Some(after) = percent::parameter(query, "after") {
            let at = files.iter().position(|(id, _)| *id == after);
            let at = at.ok_or_else(|| Fault::Absent("File", shown(&after)))?;
            files.drain(..=at);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = files.len() > limit;
        files.truncate(limit);
        let data: Vec<Value> = files.iter().map(|(id, file)| self.object(id, file)).collect();
        let end = |file: Option<&(String, File)>| file.map(|(id, _)| id.clone());
        let (first, last) = (end(files.first()), end(files.last()));
        let page = json!({ "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more });
        Ok(own(talk).whole(page.to_string().into()))
    }

    pub(super) async fn file(&self, talk: &mut Talk<'_>, id: &str) -> Result<Answer, Fault> {
        if let Some((part, native)) = Part::of(id) {
            return Ok(match self.part(talk, part, native).await? {
                Err(answer) => answer,
                Ok((created, lines)) => own(talk).whole(output(id, created, lines.len()).to_string().into()),
            });
        }
        let file = self.kept(talk, id)?;
        Ok(own(talk).whole(self.object(id, &file).to_string().into()))
    }

    pub(super) async fn content(&self, talk: &mut Talk<'_>, id: &str) -> Result<Answer, Fault> {
        if let Some((part, native)) = Part::of(id) {
            return Ok(match self.part(talk, part, native).await? {
                Err(answer) => answer,
                Ok((_, lines)) => own(talk).file(lines),
            });
        }
        let file = self.kept(talk, id)?;
        Ok(own(talk).file(file.bytes.into()))
    }

    pub(super) fn delete_file(&self, talk: &Talk<'_>, id: &str) -> Result<Answer, Fault> {
        if Part::of(id).is_some() {
            let message = "this file is what came of a batch: the provider keeps it for as long as the batch";
            return Err(refused("id", message.to_owned()));
        }
        if !self.commons.store.files.remove(self.owner(talk)?, id) {
            return Err(Fault::Absent("File", shown(id)));
        }
        let gone = json!({ "id": id, "object": "file", "deleted": true });
        Ok(own(talk).whole(gone.to_string().into()))
    }

    fn kept(&self, talk: &Talk<'_>, id: &str) -> Result<File, Fault> {
        self.commons.store.files.get(self.owner(talk)?, id).ok_or_else(|| Fault::Absent("File", shown(id)))
    }

    fn object(&self, id: &str, file: &File) -> Value {
        json!({
            "id": id,
            "object": "file",
            "bytes": file.bytes.len(),
            "created_at": file.created,
            "expires_at": file.created + self.commons.store.files.age().as_secs(),
            "filename": file.name,
            "purpose": BATCH,
            "status": "processed",
            "status_details": null,
        })
    }
}

/// A file that a batch ended with.
fn output(id: &str, created: u64, bytes: usize) -> Value {
    json!({
        "id": id,
        "object": "file",
        "bytes": bytes,
        "created_at": created,
        "filename": format!("{id}.jsonl"),
        "purpose": "batch_output",
        "status": "processed",
        "status_details": null,
    })
}

fn refused(param: &str, message: String) -> Fault {
    translate::Error::Request { message, param: Some(param.to_owned()) }.into()
}
