//! [Pages of files](https://platform.openai.com/docs/api-reference/files/list): those that are kept here and the provider's, as one list.

use std::borrow::Cow;

use translate::files::{self, File, Page, Step};

use super::super::batches::{Said, limit, own, shown};
use super::{Answer, Fault, Proxy, Talk};
use crate::percent;

/// Files of a page, at most and without a wish.
const MOST: u64 = 10_000;
/// Pages of a provider's that are read for one of OpenAI's.
const PAGES: usize = 100;

/// What a client wants to see.
struct Wanted {
    purpose: Option<String>,
    after: Option<String>,
    oldest_first: bool,
    most: usize,
}

impl Proxy {
    pub(super) async fn list_files(&self, talk: &mut Talk<'_>) -> Result<Answer, Fault> {
        let wanted = Wanted::read(talk.values.head.uri.query().unwrap_or_default())?;
        let here = self.all_here(talk)?;
        let (mut all, is_cut) = match talk.backend.provider.has_files() {
            false => (here, false),
            true => match self.with_theirs(talk, here, &wanted).await? {
                Ok(found) => found,
                Err(answer) => return Ok(answer),
            },
        };
        if wanted.oldest_first {
            all.reverse();
        }
        let absent = || Fault::Absent("File", shown(wanted.after.as_deref().unwrap_or_default()));
        let mut files = wanted.of(all).ok_or_else(absent)?;
        let has_more = is_cut || files.len() > wanted.most;
        files.truncate(wanted.most);
        Ok(own(talk).whole(files::page(&files, has_more)))
    }

    /// The provider's files among those that are here, in its order, as many as are needed; and whether there are more.
    async fn with_theirs(
        &self,
        talk: &mut Talk<'_>,
        here: Vec<File>,
        wanted: &Wanted,
    ) -> Result<Result<(Vec<File>, bool), Answer>, Fault> {
        let mut here = here.into_iter().peekable();
        let (mut all, mut token): (Vec<File>, Option<String>) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = match self.their(talk, Step::List { token: token.as_deref() }).await? {
                Said::Ill(answer) => return Ok(Err(answer)),
                Said::Well(reply) => Page::read(&reply)?,
            };
            for file in page.files {
                while let Some(newer) = here.next_if(|here| here.created >= file.created) {
                    all.push(newer);
                }
                all.push(file);
            }
            token = page.token;
            if token.is_none() {
                all.extend(here);
                return Ok(Ok((all, false)));
            }
            if !wanted.oldest_first && wanted.count(&all) > wanted.most {
                break;
            }
        }
        Ok(Ok((all, true)))
    }
}

impl Wanted {
    fn read(query: &str) -> Result<Self, Fault> {
        let asked = |name: &str| percent::parameter(query, name).map(Cow::into_owned);
        let most = limit(asked("limit").as_deref(), MOST, MOST)?;
        Ok(Self {
            purpose: asked("purpose"),
            after: asked("after"),
            oldest_first: asked("order").as_deref() == Some("asc"),
            most: usize::try_from(most).unwrap_or(usize::MAX),
        })
    }

    /// What is wanted of these files, however much that is. `None`: none of them is the one that it begins after.
    fn of(&self, mut files: Vec<File>) -> Option<Vec<File>> {
        files.drain(..self.start(&files)?);
        files.retain(|file| self.has(file));
        Some(files)
    }

    /// How many that are.
    fn count(&self, files: &[File]) -> usize {
        self.start(files).map_or(0, |at| files[at..].iter().filter(|file| self.has(file)).count())
    }

    /// Where they begin among all.
    fn start(&self, files: &[File]) -> Option<usize> {
        let Some(after) = &self.after else { return Some(0) };
        files.iter().position(|file| file.id == *after).map(|at| at + 1)
    }

    fn has(&self, file: &File) -> bool {
        self.purpose.as_deref().is_none_or(|purpose| purpose == file.purpose.word())
    }
}
