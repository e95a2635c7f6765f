//! Files that the provider has.

use translate::call::{Api, Target};
use translate::files::{self, File, Step};

use super::super::batches::{Said, own, shown};
use super::super::headers;
use super::super::passing::Passing;
use super::super::receive::{ERROR_BYTES, JSON, failed};
use super::super::send::Asked;
use super::{Answer, Fault, Proxy, Talk, refused};
use crate::upstream::Reply;

impl Proxy {
    pub(super) async fn their_file(
        &self,
        talk: &mut Talk<'_>,
        id: &str,
        name: &str,
    ) -> Result<Answer, Fault> {
        Ok(match self.their_one(talk, Step::Retrieve(name), id).await? {
            Said::Ill(answer) => answer,
            Said::Well(reply) => own(talk).whole(File::read(&reply)?.body()),
        })
    }

    pub(super) async fn delete_theirs(
        &self,
        talk: &mut Talk<'_>,
        id: &str,
        name: &str,
    ) -> Result<Answer, Fault> {
        Ok(match self.their_one(talk, Step::Delete(name), id).await? {
            Said::Ill(answer) => answer,
            Said::Well(_) => own(talk).whole(files::deleted(id)),
        })
    }

    /// What is in a file, as it comes; only of those that the provider made does it give that.
    pub(super) async fn their_content(
        &self,
        talk: &mut Talk<'_>,
        id: &str,
        name: &str,
    ) -> Result<Answer, Fault> {
        let file = match self.their_one(talk, Step::Retrieve(name), id).await? {
            Said::Ill(answer) => return Ok(answer),
            Said::Well(reply) => File::read(&reply)?,
        };
        if !file.is_generated() {
            let message = format!(
                "Not allowed to download files of purpose: {}. This provider gives the content only of files that it made itself.",
                file.purpose.word()
            );
            return Err(refused("id", message));
        }
        let (target, reply) = self.sent(talk, Step::Content(name), None, None).await?;
        if !is_good(&reply) {
            return self.ill(talk, &target, reply, id).await;
        }
        let mut answer = own(talk);
        headers::of_body(&reply.head, &mut answer.headers);
        Ok(answer.passing(Passing::new(reply, None)))
    }

    /// Takes a step at the provider, and reads all that it says.
    pub(super) async fn their(&self, talk: &mut Talk<'_>, step: Step<'_>) -> Result<Said, Fault> {
        let (target, reply) = self.sent(talk, step, None, None).await?;
        self.said(talk, &target, reply).await
    }

    /// The same about one file.
    async fn their_one(&self, talk: &mut Talk<'_>, step: Step<'_>, id: &str) -> Result<Said, Fault> {
        let (target, reply) = self.sent(talk, step, None, None).await?;
        if is_good(&reply) {
            return self.said(talk, &target, reply).await;
        }
        self.ill(talk, &target, reply, id).await.map(Said::Ill)
    }

    /// Takes a step at the provider, and waits for the head of what it says. `query`: what an upload goes by.
    pub(super) async fn sent(
        &self,
        talk: &mut Talk<'_>,
        step: Step<'_>,
        body: Option<&mut Vec<u8>>,
        query: Option<&str>,
    ) -> Result<(Target, Reply), Fault> {
        let (method, target) = files::target(step);
        let content_type = match step {
            Step::Start { .. } => Some(JSON),
            Step::Piece { .. } => Some("application/octet-stream"),
            _ => None,
        };
        let asked = Asked { method, content_type, accept: "*/*", query: query.map(str::to_owned) };
        // Nothing is done twice by being asked twice: an upload that nobody ends is none, and a piece has its place.
        let reply = self.reach(talk, (asked, &target), body, None).await?;
        talk.record.hear(&reply.head, reply.ip);
        Ok((target, reply))
    }

    /// The provider's error about one file.
    async fn ill(
        &self,
        talk: &Talk<'_>,
        target: &Target,
        mut reply: Reply,
        id: &str,
    ) -> Result<Answer, Fault> {
        let body = reply.whole(ERROR_BYTES).await.unwrap_or_default();
        if files::is_absence(reply.head.status, &body) {
            return Err(Fault::Absent("File", shown(id)));
        }
        let mut answer = Answer::new(target, talk.backend.prefix.as_deref());
        headers::downstream(&reply.head, &mut answer.headers);
        Ok(answer.failure(failed(talk.backend, Api::Chat, &reply, &body, &talk.record.id)))
    }
}

fn is_good(reply: &Reply) -> bool {
    (200..300).contains(&reply.head.status)
}
