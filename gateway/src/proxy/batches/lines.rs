//! The lines of a batch whose provider takes them from a bucket: they are put there before it is made.

use translate::buckets;

use super::{Asked, Proxy, Said, Talk};
use crate::fault::Fault;
use crate::proxy::answer::{self, Answer};

impl Proxy {
    /// Puts lines into the bucket that the file names, and the request for their job in their place. Gives where they lie.
    pub(super) async fn keep_lines(
        &self,
        talk: &mut Talk<'_>,
        lines: &mut Vec<u8>,
        model: &str,
    ) -> Result<Result<String, Answer>, Fault> {
        let storage = talk.backend.storage(talk.values)?;
        let job = format!("touchstone-{}", answer::letters());
        let place = storage.input(&job);
        let target = buckets::object(&place)?;
        let content_type = Some("application/jsonl");
        let asked = Asked { method: "PUT", content_type, accept: "*/*", query: None };
        let reply = self.reach(talk, (asked, &target), Some(lines), None).await?;
        Ok(match self.said(talk, &target, reply).await? {
            Said::Ill(answer) => Err(answer),
            Said::Well(_) => {
                *lines = storage.job(&job, model);
                Ok(place)
            }
        })
    }

    /// Takes lines away again of which no batch was made: best as it may be.
    pub(super) async fn drop_lines(&self, talk: &mut Talk<'_>, place: &str) {
        let Ok(target) = buckets::object(place) else { return };
        let asked = Asked { method: "DELETE", content_type: None, accept: "*/*", query: None };
        // What became of it, its owner may see in the bucket.
        let _ = self.reach(talk, (asked, &target), None, None).await;
    }
}
