//! Looks at batches: the provider's answer, with what is remembered of the request that made it.

use translate::batches::{self, Asked, Batch, Of, Part, Results, Status, Step};

use super::{Proxy, Said, Talk, own, shown};
use crate::fault::Fault;
use crate::percent;
use crate::proxy::answer::Answer;
use crate::proxy::receive::now;
use crate::store::Scope;

/// Batches of a page: what is usual, and the most.
const USUAL: u64 = 20;
const MOST: u64 = 100;
/// Pages of a provider's that are read for one of OpenAI's.
const PAGES: usize = 100;

impl Proxy {
    /// One batch, looked at or cancelled.
    pub(super) async fn look(&self, talk: &mut Talk<'_>, step: Step<'_>) -> Result<Answer, Fault> {
        let owner = self.owner(talk)?;
        let mut said = self.step(talk, step).await?;
        let silent = match step {
            Step::Cancel(native) if !talk.dialect.shows_what_it_cancels() => Some(native),
            _ => None,
        };
        if let (Said::Well(_), Some(native)) = (&said, silent) {
            said = self.step(talk, Step::Retrieve(native)).await?;
        }
        Ok(match said {
            Said::Ill(answer) => answer,
            Said::Well(reply) => {
                let mut batch = talk.dialect.batch(&reply)?;
                if silent.is_some() && !batch.status.is_over() {
                    // The provider has no word for it, but it has heard.
                    batch.status = Status::Cancelling;
                    batch.cancelling = Some(now());
                }
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
        let (list, has_more) = match self.pages(talk, limit, after).await? {
            Err(answer) => return Ok(answer),
            Ok(page) => page,
        };
        let known = list.into_iter().map(|batch| {
            let asked = self.asked(owner, &batch);
            (batch, asked)
        });
        Ok(own(talk).whole(batches::page(&known.collect::<Vec<_>>(), has_more)))
    }

    /// So many batches after one, and whether there are more: of a provider whose pages begin after a batch one page, else those up to
    /// it too.
    async fn pages(
        &self,
        talk: &mut Talk<'_>,
        limit: u64,
        after: Option<&str>,
    ) -> Result<Result<(Vec<Batch>, bool), Answer>, Fault> {
        let by_name = talk.dialect.lists_by_name();
        let mut is_behind = by_name || after.is_none();
        let (mut list, mut token) = (Vec::new(), None);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        for _ in 0..PAGES {
            let limit = if by_name { limit } else { MOST };
            let page = match self.step(talk, Step::List { limit, after, token: token.as_deref() }).await? {
                Said::Ill(answer) => return Ok(Err(answer)),
                Said::Well(reply) => talk.dialect.list(&reply)?,
            };
            for batch in page.batches {
                if is_behind {
                    list.push(batch);
                } else {
                    is_behind = after == Some(&*batch.native);
                }
            }
            let has_more = list.len() > most || page.has_more;
            if page.token.is_none() || list.len() > most {
                list.truncate(most);
                return Ok(Ok((list, has_more)));
            }
            token = page.token;
        }
        list.truncate(most);
        Ok(Ok((list, true)))
    }

    fn asked(&self, owner: Scope, batch: &Batch) -> Asked {
        self.commons.store.files.batch(owner, &batch.native).unwrap_or_else(|| Asked::lost(&batch.native))
    }

    /// A file of a batch: when it was made, and its lines.
    pub(in crate::proxy) async fn part(
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
        let of = Of { batch: native, model: batch.model.as_deref().unwrap_or_default(), created };
        let mut file = Results::new(talk.backend.provider, part, of);
        match talk.dialect.file(&results)? {
            None => file.push(talk.dialect, &results)?,
            Some(name) => match self.step(talk, Step::File(&name)).await? {
                Said::Ill(answer) => return Ok(Err(answer)),
                Said::Well(rows) => file.rows(talk.dialect, &rows)?,
            },
        }
        Ok(Ok((created, file.finish())))
    }
}

/// How many are asked for.
pub(in crate::proxy) fn limit(asked: Option<&str>, usual: u64, most: u64) -> Result<u64, Fault> {
    let Some(asked) = asked else { return Ok(usual) };
    let limit = asked.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        let message = format!("limit is a number from 1 to {most}");
        Fault::from(translate::Error::Request { message, param: Some("limit".to_owned()) })
    })
}
