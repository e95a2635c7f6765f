//! Files for batches: they are kept in the store until a batch is made of them.

use translate::files::{File, Purpose, Status};

use super::super::answer;
use super::{Fault, Proxy, Talk};
use crate::proxy::receive::now;
use crate::store;

impl Proxy {
    /// Keeps what a client uploaded.
    pub(super) fn keep(&self, talk: &Talk<'_>, name: String, content: Vec<u8>) -> Result<File, Fault> {
        let file = store::File { name, created: now(), bytes: content.into() };
        let id = format!("file-{}", answer::letters());
        let shown = self.here(&id, &file);
        if !self.commons.store.files.put(self.owner(talk)?, &id, file) {
            return Err(Fault::TooLarge(self.limits.files_bytes as u64));
        }
        Ok(shown)
    }

    /// All of a client's that are kept, the newest first.
    pub(super) fn all_here(&self, talk: &Talk<'_>) -> Result<Vec<File>, Fault> {
        let files = self.commons.store.files.all(self.owner(talk)?);
        Ok(files.iter().map(|(id, file)| self.here(id, file)).collect())
    }

    /// One of them in OpenAI's terms.
    pub(super) fn here(&self, id: &str, file: &store::File) -> File {
        File {
            id: id.to_owned(),
            filename: file.name.clone(),
            bytes: file.bytes.len() as u64,
            created: file.created,
            expires: Some(file.created + self.commons.store.files.age().as_secs()),
            purpose: Purpose::Batch,
            status: Status::Processed,
            problem: None,
        }
    }
}
