//! What is asked of responses that are kept, which no provider is asked for.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

use std::sync::Arc;

use http::Method;
use http::request::Parts;
use translate::client::responses::{self, Page, Standing};

use super::Proxy;
use crate::config::Route;
use crate::fault::Fault;
use crate::percent;
use crate::proxy::answer::Answer;
use crate::store::{Kept, Lost, Scope};

/// Where the API stands.
const ROOT: &str = "/v1/responses";
/// The collection, as it stands in paths.
const COLLECTION: &str = "/responses";

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
    pub(in crate::proxy) async fn look_up(
        &self,
        head: &Parts,
        route: &Arc<Route>,
        consumer: Option<&str>,
    ) -> Result<Option<Answer>, Fault> {
        let (scope, store) = (Scope::new(route, &head.headers, consumer), self.responses(route)?);
        let kept = async |id: &str| {
            let kept = store.get(scope, id).await.map_err(|Lost| Fault::StoreLost)?;
            kept.ok_or_else(|| Fault::NotKept(id.to_owned()))
        };
        let query = head.uri.query().unwrap_or_default();
        let body = match (Asked::of(head.uri.path()), &head.method) {
            (Asked::New, &Method::POST) => return Ok(None),
            (Asked::Whole(id), &Method::GET) => {
                let kept = kept(id).await?;
                if percent::parameter(query, "stream").as_deref() == Some("true") {
                    let run = self.commons.store.runs.find(scope, id).ok_or_else(|| {
                        let is_left = Standing::of(&kept.response).in_background && store.is_shared();
                        if is_left { Fault::FollowedElsewhere } else { Fault::NotFollowed }
                    })?;
                    let after = percent::parameter(query, "starting_after");
                    let next = responses::next_event(after.as_deref())?;
                    return Ok(Some(Answer::followed(run, next)));
                }
                responses::shown(&kept.response, includes_proofs(query))
            }
            (Asked::Whole(id), &Method::DELETE) => {
                if !store.remove(scope, id).await.map_err(|Lost| Fault::StoreLost)? {
                    return Err(Fault::NotKept(id.to_owned()));
                }
                self.commons.store.runs.forget(scope, id);
                serde_json::json!({ "id": id, "object": "response", "deleted": true }).to_string().into()
            }
            (Asked::Cancel(id), &Method::POST) => {
                let kept = kept(id).await?;
                match Standing::of(&kept.response) {
                    Standing { in_background: false, .. } => return Err(Fault::Synchronous),
                    Standing { is_over: true, .. } => responses::shown(&kept.response, false),
                    Standing { .. } => {
                        let response = responses::turned(&kept.response, "cancelled");
                        let shown = responses::shown(&response, false);
                        store.put(scope, id, Kept { response, ..Kept::clone(&kept) }).await;
                        self.commons.store.runs.stop(scope, id);
                        shown
                    }
                }
            }
            (Asked::Items(id), &Method::GET) => {
                let page = Page::read(|name| percent::parameter(query, name))?;
                let after = || page.after.clone().unwrap_or_default();
                page.write(&kept(id).await?.input).ok_or_else(|| Fault::NoItem(after()))?
            }
            (Asked::New, _) => return Err(Fault::Method(&["POST"])),
            (Asked::Whole(_), _) => return Err(Fault::Method(&["GET", "DELETE"])),
            (Asked::Items(_), _) => return Err(Fault::Method(&["GET"])),
            (Asked::Cancel(_), _) => return Err(Fault::Method(&["POST"])),
            (Asked::Other, _) => return Err(Fault::NoOperation(ROOT)),
        };
        Ok(Some(Answer::kept(body)))
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
