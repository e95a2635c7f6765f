//! Looks at batches: the provider's answer, with what is remembered of the request that made it.

use translate::batches::{self, Asked, Batch, Part, Results, Step};

use super::create::shown;
use super::{Proxy, Said, Talk, own};
use crate::fault::Fault;
use crate::percent;
use crate::proxy::answer::Answer;
use crate::shelf::Owner;

/// Batches of a page: what is usual, and the most.
const USUAL: u64 = 20;
const MOST: u64 = 100;

impl Proxy {
    /// One batch, looked at or cancelled.
    pub(super) async fn look(&self, talk: &mut Talk<'_>, step: Step<'_>) -> Result<Answer, Fault> {
        let owner = self.owner(talk)?;
        Ok(match self.step(talk, step).await? {
            Said::Ill(answer) => answer,
            Said::Well(reply) => {
                let batch = talk.dialect.batch(&reply)?;
                let asked = self.asked(owner, &batch);
                own(talk).whole(batch.body(&asked))
            }
        })
    }

    pub(super) async fn list_batches(&self, talk: &mut Talk<'_>) -> Result<Answer, Fault> {
        let query = talk.values.head.uri.query().unwrap_or_default();
        let limit = limit(percent::parameter(query, "limit").as_deref(), USUAL, MOST)?;
        let after = percent::parameter(query, "after");
        let after = after.as_deref().map(batches::native_id).transpose()?;
        let owner = self.owner(talk)?;
        Ok(match self.step(talk, Step::List(limit, after)).await? {
            Said::Ill(answer) => answer,
            Said::Well(reply) => {
                let (list, has_more) = talk.dialect.list(&reply)?;
                let known = list.into_iter().map(|batch| {
                    let asked = self.asked(owner, &batch);
                    (batch, asked)
                });
                own(talk).whole(batches::page(&known.collect::<Vec<_>>(), has_more))
            }
        })
    }

    fn asked(&self, owner: Owner, batch: &Batch) -> Asked {
        self.shelf.batch(owner, &batch.native).unwrap_or_else(|| Asked::lost(&batch.native))
    }

    /// A file of a batch: when it was made, and its lines.
    pub(super) async fn part(
        &self,
        talk: &mut Talk<'_>,
        part: Part,
        native: &str,
    ) -> Result<Result<(u64, Vec<u8>), Answer>, Fault> {
        let batch = match self.step(talk, Step::Retrieve(native)).await? {
            Said::Ill(answer) => return Ok(Err(answer)),
            Said::Well(reply) => talk.dialect.batch(&reply)?,
        };
        if !batch.has(part) {
            return Err(Fault::Absent("File", shown(&part.file_id(native))));
        }
        let results = match self.step(talk, Step::Results(native)).await? {
            Said::Ill(answer) => return Ok(Err(answer)),
            Said::Well(results) => results,
        };
        let created = batch.ended.unwrap_or(batch.created);
        let mut file = Results::new(talk.backend.provider, part, native, created);
        file.push(talk.dialect, &results)?;
        Ok(Ok((created, file.finish())))
    }
}

/// How many are asked for.
pub(super) fn limit(asked: Option<&str>, usual: u64, most: u64) -> Result<u64, Fault> {
    let Some(asked) = asked else { return Ok(usual) };
    let limit = asked.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        let message = format!("limit is a number from 1 to {most}");
        Fault::from(translate::Error::Request { message, param: Some("limit".to_owned()) })
    })
}
