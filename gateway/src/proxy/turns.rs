//! Responses that clients come back to: what a request stands on that is kept, what is kept of its reply, and what is asked of
//! that later, which no provider is asked for.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use tokio::time::Instant;
use translate::client::responses::{self, Memory, Needs, Page};

use super::Proxy;
use super::answer::Answer;
use crate::config::Route;
use crate::fault::Fault;
use crate::percent;
use crate::store::{Kept, Scope, Store};

/// Where the API stands.
const ROOT: &str = "/v1/responses";
/// The collection, as it stands in paths.
const COLLECTION: &str = "/responses";

/// A request for a response, with what it stands on.
pub(super) struct Turn {
    store: Arc<Store>,
    scope: Scope,
    needs: Needs,
    earlier: Vec<Arc<Kept>>,
    items: Vec<(String, String)>,
    /// Whether nothing is kept for this route.
    is_off: bool,
}

/// What is to be kept of a reply that is on its way.
pub(super) struct Keep {
    store: Arc<Store>,
    scope: Scope,
    id: String,
    input: Vec<String>,
    previous: Option<String>,
}

/// What of a response a path asks for.
#[derive(Debug, PartialEq)]
enum Asked<'p> {
    /// A new one.
    New,
    /// This one.
    Whole(&'p str),
    /// To stop this one.
    Cancel(&'p str),
    /// What went into this one.
    Items(&'p str),
    /// What only OpenAI does.
    Other,
}

impl Proxy {
    /// Answers what concerns the store alone. `None`: a new response is asked for.
    pub(super) fn look_up(
        &self,
        head: &Parts,
        route: &Arc<Route>,
        consumer: Option<&str>,
    ) -> Result<Option<Answer>, Fault> {
        let (scope, now) = (Scope::new(route, &head.headers, consumer), Instant::now());
        let kept =
            |id: &str| self.commons.store.get(scope, id, now).ok_or_else(|| Fault::NotKept(id.to_owned()));
        let query = head.uri.query().unwrap_or_default();
        let body = match (Asked::of(head.uri.path()), &head.method) {
            (Asked::New, &Method::POST) => return Ok(None),
            (Asked::Whole(id), &Method::GET) => {
                let kept = kept(id)?;
                if percent::parameter(query, "stream").as_deref() == Some("true") {
                    return Err(Fault::NotFollowed);
                }
                responses::shown(&kept.response, includes_proofs(query))
            }
            (Asked::Whole(id), &Method::DELETE) => {
                if !self.commons.store.remove(scope, id, now) {
                    return Err(Fault::NotKept(id.to_owned()));
                }
                serde_json::json!({ "id": id, "object": "response", "deleted": true }).to_string().into()
            }
            (Asked::Cancel(id), &Method::POST) => {
                kept(id)?;
                return Err(Fault::Synchronous);
            }
            (Asked::Items(id), &Method::GET) => {
                let page = Page::read(|name| percent::parameter(query, name))?;
                let after = || page.after.clone().unwrap_or_default();
                page.write(&kept(id)?.input).ok_or_else(|| Fault::NoItem(after()))?
            }
            (Asked::New, _) => return Err(Fault::Method(&["POST"])),
            (Asked::Whole(_), _) => return Err(Fault::Method(&["GET", "DELETE"])),
            (Asked::Items(_), _) => return Err(Fault::Method(&["GET"])),
            (Asked::Cancel(_), _) => return Err(Fault::Method(&["POST"])),
            (Asked::Other, _) => return Err(Fault::NoOperation(ROOT)),
        };
        Ok(Some(Answer::kept(body)))
    }

    /// Finds what a request stands on.
    pub(super) fn turn(
        &self,
        head: &Parts,
        route: &Arc<Route>,
        consumer: Option<&str>,
        body: &Bytes,
    ) -> Result<Turn, Fault> {
        let (scope, now) = (Scope::new(route, &head.headers, consumer), Instant::now());
        let needs = Needs::of(body)?;
        if needs.in_background {
            return Err(Fault::Background);
        }
        let earlier = match &needs.previous {
            None => Vec::new(),
            Some(id) => self.commons.store.conversation(scope, id, now).map_err(Fault::PreviousNotKept)?,
        };
        let limit = self.limits.body_bytes;
        let bytes: usize = earlier.iter().map(|turn| turn.bytes()).sum();
        if bytes as u64 > limit {
            return Err(Fault::TooLarge(limit));
        }
        let items = self.referred(scope, &needs.items, now)?;
        let is_off = !route.plugin.extensions.store;
        Ok(Turn { store: Arc::clone(&self.commons.store), scope, needs, earlier, items, is_off })
    }
}

impl Proxy {
    /// The items of these ids, as far as they are kept, in the order of the ids. Each response is read once, however often it is
    /// referred to.
    fn referred(&self, scope: Scope, ids: &[String], now: Instant) -> Result<Vec<(String, String)>, Fault> {
        let named = ids.iter().filter_map(|id| Some((responses::response_of(id)?, id.as_str())));
        let named: BTreeSet<(String, &str)> = named.collect();
        let limit = self.limits.body_bytes;
        let (mut found, mut bytes) = (Vec::new(), 0);
        let all: Vec<_> = named.into_iter().collect();
        for of_one in all.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(kept) = self.commons.store.get(scope, &of_one[0].0, now) else { continue };
            bytes += kept.bytes() as u64;
            if bytes > limit {
                return Err(Fault::TooLarge(limit));
            }
            let output = responses::output(&kept.response);
            let items = kept.input.iter().map(String::as_str).chain(output);
            let items: HashMap<_, _> =
                items.filter_map(|item| Some((responses::item_id(item)?, item))).collect();
            let known =
                of_one.iter().filter_map(|(_, id)| Some(((*id).to_owned(), (*items.get(*id)?).to_owned())));
            found.extend(known);
        }
        found.sort();
        Ok(found)
    }
}

impl Turn {
    /// The items of the turns before, the oldest first.
    pub(super) fn earlier(&self) -> Vec<&str> {
        let turns = self.earlier.iter();
        let items = turns
            .flat_map(|turn| turn.input.iter().map(String::as_str).chain(responses::output(&turn.response)));
        items.collect()
    }

    /// The items that the request refers to.
    pub(super) fn items(&self) -> Vec<(&str, &str)> {
        self.items.iter().map(|(id, item)| (&**id, &**item)).collect()
    }

    /// The same for a translation.
    pub(super) fn memory<'a>(&self, earlier: &'a [&'a str], items: &'a [(&'a str, &'a str)]) -> Memory<'a> {
        Memory { earlier, items, is_off: self.is_off }
    }

    /// What will be kept of the response of this name.
    pub(super) fn keep(&self, body: &[u8], memory: Memory<'_>, name: &str) -> Option<Keep> {
        if !self.needs.is_stored || self.is_off {
            return None;
        }
        Some(Keep {
            store: Arc::clone(&self.store),
            scope: self.scope,
            id: responses::id(name),
            input: responses::settle(body, memory, name).ok()?,
            previous: self.needs.previous.clone(),
        })
    }
}

impl Keep {
    /// The response has ended, well or not.
    pub(super) fn done(self, response: Vec<u8>) {
        let Ok(response) = String::from_utf8(response) else { return };
        if response.is_empty() {
            return;
        }
        let Self { store, scope, id, input, previous } = self;
        store.put(scope, &id, Kept { response, input, previous }, Instant::now());
    }
}

impl<'p> Asked<'p> {
    fn of(path: &'p str) -> Self {
        let below = path.rmatch_indices(COLLECTION).map(|(at, _)| &path[at + COLLECTION.len()..]);
        let mut below = below.filter(|below| below.is_empty() || below.starts_with('/'));
        let mut segments = below.next().unwrap_or_default().split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next(), segments.next()) {
            (None, ..) => Self::New,
            (Some(id), None, _) if id.starts_with("resp_") => Self::Whole(id),
            (Some(id), Some("cancel"), None) => Self::Cancel(id),
            (Some(id), Some("input_items"), None) => Self::Items(id),
            // An id that cannot be one of ours is not found; other names are operations.
            (Some("input_tokens" | "compact"), ..) | (Some(_), Some(_), _) => Self::Other,
            (Some(id), None, _) => Self::Whole(id),
        }
    }
}

/// Whether a look wants to see what only the provider can read.
fn includes_proofs(query: &str) -> bool {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut included = pairs.filter(|(name, _)| percent::decode(name).starts_with("include"));
    included.any(|(_, value)| percent::decode(value) == "reasoning.encrypted_content")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_for() {
        for (path, expected) in [
            ("/chat", Asked::New),
            ("/v1/responses", Asked::New),
            ("/my-responses/v1/responses/", Asked::New),
            ("/v1/responses/resp_1", Asked::Whole("resp_1")),
            ("/responses/nothing", Asked::Whole("nothing")),
            ("/a/responses/resp_1/cancel", Asked::Cancel("resp_1")),
            ("/a/responses/resp_1/input_items", Asked::Items("resp_1")),
            ("/a/responses/resp_1/else", Asked::Other),
            ("/a/responses/input_tokens", Asked::Other),
            ("/a/responses/compact", Asked::Other),
            ("/a/responses/resp_1/cancel/more", Asked::Other),
        ] {
            assert_eq!(Asked::of(path), expected, "{path}");
        }
    }

    #[test]
    fn proofs_are_shown_to_who_asks_for_them() {
        for query in ["include=reasoning.encrypted_content", "a=b&include%5B%5D=reasoning.encrypted_content"]
        {
            assert!(includes_proofs(query), "{query}");
        }
        assert!(!includes_proofs("include=message.output_text.logprobs") && !includes_proofs(""));
    }
}
