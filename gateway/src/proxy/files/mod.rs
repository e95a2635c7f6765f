//! OpenAI's [files](https://platform.openai.com/docs/api-reference/files) in front of a provider whose files, or batches, are others.
//!
//! ```text
//! POST /files ─▶ for a batch: the store      ─▶ else: the provider, piece by piece
//! GET /files/… ─▶ of a batch: its results    ─▶ in the store      ─▶ else: the provider's
//! ```

mod kept;
mod list;
mod reading;
mod theirs;
mod upload;

use http::Method;
use translate::batches::Part;
use translate::call::Target;
use translate::files::{self, File, Purpose, Status};

use super::batches::{Talk, own, shown};
use super::source::Source;
use super::{Answer, Proxy};
use crate::fault::Fault;
use crate::store;

/// Who has a file.
enum Home<'i> {
    /// A batch, of the provider's name, ended with it.
    Batch(Part, &'i str),
    /// The store.
    Here(store::File),
    /// The provider, by its own name.
    There(&'i str),
}

impl Proxy {
    /// Answers a call for files. `parts`: the segments of the path.
    pub(super) async fn files(
        &self,
        talk: &mut Talk<'_>,
        parts: &[&str],
        source: &mut Source<'_>,
    ) -> Result<Answer, Fault> {
        if talk.backend.provider.has_files() {
            let target = Target::new("", String::new(), false);
            talk.record.go(talk.backend, &target, talk.values.head, &[])?;
        }
        match (&talk.values.head.method, parts) {
            (&Method::POST, ["files"]) => self.upload(talk, source).await,
            (&Method::GET, ["files"]) => self.list_files(talk).await,
            (&Method::GET, ["files", id]) => self.file(talk, id).await,
            (&Method::GET, ["files", id, "content"]) => self.content(talk, id).await,
            (&Method::DELETE, ["files", id]) => self.delete_file(talk, id).await,
            _ => Err(Fault::Absent("path", shown(&parts.join("/")))),
        }
    }

    async fn file(&self, talk: &mut Talk<'_>, id: &str) -> Result<Answer, Fault> {
        match self.home(talk, id)? {
            Home::Batch(part, native) => Ok(match self.part(talk, part, native).await? {
                Err(answer) => answer,
                Ok((created, lines)) => own(talk).whole(output(id, created, lines.len()).body()),
            }),
            Home::Here(file) => Ok(own(talk).whole(self.here(id, &file).body())),
            Home::There(name) => self.their_file(talk, id, name).await,
        }
    }

    async fn content(&self, talk: &mut Talk<'_>, id: &str) -> Result<Answer, Fault> {
        match self.home(talk, id)? {
            Home::Batch(part, native) => Ok(match self.part(talk, part, native).await? {
                Err(answer) => answer,
                Ok((_, lines)) => own(talk).file(lines),
            }),
            Home::Here(file) => Ok(own(talk).file(file.bytes.into())),
            Home::There(name) => self.their_content(talk, id, name).await,
        }
    }

    async fn delete_file(&self, talk: &mut Talk<'_>, id: &str) -> Result<Answer, Fault> {
        match self.home(talk, id)? {
            Home::Batch(..) => {
                let message =
                    "this file is what came of a batch: the provider keeps it for as long as the batch";
                Err(refused("id", message))
            }
            Home::Here(_) => {
                self.commons.store.files.remove(self.owner(talk)?, id);
                Ok(own(talk).whole(files::deleted(id)))
            }
            Home::There(name) => self.delete_theirs(talk, id, name).await,
        }
    }

    fn home<'i>(&self, talk: &Talk<'_>, id: &'i str) -> Result<Home<'i>, Fault> {
        if let Some((part, native)) = Part::of(id) {
            return Ok(Home::Batch(part, native));
        }
        if let Some(file) = self.commons.store.files.get(self.owner(talk)?, id) {
            return Ok(Home::Here(file));
        }
        let name = files::native_name(id).filter(|_| talk.backend.provider.has_files());
        name.map(Home::There).ok_or_else(|| Fault::Absent("File", shown(id)))
    }
}

/// A file that a batch ended with.
fn output(id: &str, created: u64, bytes: usize) -> File {
    File {
        id: id.to_owned(),
        filename: format!("{id}.jsonl"),
        bytes: bytes as u64,
        created,
        expires: None,
        purpose: Purpose::BatchOutput,
        status: Status::Processed,
        problem: None,
    }
}

fn refused(param: &str, message: impl Into<String>) -> Fault {
    translate::Error::Request { message: message.into(), param: Some(param.to_owned()) }.into()
}
