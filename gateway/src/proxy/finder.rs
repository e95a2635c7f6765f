//! Whom a prompt is for, where the file wants targets to be found by their descriptions: the calls for embeddings.
//!
//! The model of embeddings is a [`Backend`] like any other: it is found, spoken to and shown its key in the same way. But the call
//! is the gateway's own, so nothing of the client's request goes along, unless the file says that a client's own key wins.

use std::sync::Arc;

use futures_util::future::join_all;
use http::Request;
use http::request::Parts;
use serde::Deserialize;
use tokio::time::{Instant, timeout};
use translate::call::{self, Api, Call, Options};

use super::Proxy;
use super::backend::{Backend, Values};
use super::outgoing::Payload;
use super::peers::Peers;
use super::pool::Pool;
use super::send::{Asked, Draft};
use super::tries::Tries;
use crate::config::{Captures, Route};
use crate::fault::Fault;
use crate::identity::Registry;
use crate::semantic::{Semantic, prompt};

const JSON: &str = "application/json";
/// Bytes of a reply: the longest vectors that there are take a tenth of it.
const REPLY_BYTES: usize = 4 << 20;

/// What is known of the targets of one route, and the model that knows more, for one core.
pub(super) struct Finder {
    pub(super) semantic: Arc<Semantic>,
    model: Backend,
    /// The head of a call without a client.
    own: Parts,
}

/// Why there is no vector.
#[derive(Debug, thiserror::Error)]
enum Unembedded {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the model's service answered {0}")]
    Status(u16),
    #[error("the prompt's target was not known within {0:?}")]
    Slow(std::time::Duration),
    #[error("the reply holds no vector")]
    Empty,
}

impl Finder {
    /// `None`: as [`Backend::new`].
    pub(super) fn new(
        route: &Arc<Route>,
        semantic: Arc<Semantic>,
        registry: &Arc<Registry>,
        peers: &Peers,
    ) -> Option<Self> {
        let model = Backend::embedding(route, registry, peers)?;
        let (own, ()) = Request::new(()).into_parts();
        Some(Self { semantic, model, own })
    }
}

impl Proxy {
    /// Embeds the descriptions of all routes that need it, however long that takes.
    pub(super) async fn learn(&self) {
        let finders = self.pools.values().filter_map(|pool: &Pool| pool.finder.as_ref());
        join_all(finders.map(|finder| {
            finder.semantic.learn(async |text| {
                let deadline = Instant::now() + self.limits.call;
                self.embed(finder, &finder.own, text, deadline).await
            })
        }))
        .await;
    }

    /// The targets for a call, the nearest first. That it cannot be known is no reason to fail.
    pub(super) async fn find(
        &self,
        finder: &Finder,
        api: Api,
        tries: &Tries<'_>,
        body: &[u8],
    ) -> Result<Vec<usize>, Fault> {
        let semantic = &finder.semantic;
        let text = prompt(api, body).filter(|_| semantic.is_ready(Instant::now()));
        let Some(text) = text else { return Ok(semantic.fallback()) };
        let head = if finder.model.target.auth.allow_override { tries.values.head } else { &finder.own };
        let within = self.limits.embedding;
        let asked = timeout(within, async {
            let vector = self.embed(finder, head, &text, tries.deadline).await?;
            Ok(semantic.targets(vector).await)
        });
        match asked.await.unwrap_or(Err(Unembedded::Slow(within))) {
            Ok(targets) => targets.map_err(|far| Fault::TooFar(far.threshold)),
            Err(why) => {
                semantic.failed(&why, why.lasts(), Instant::now());
                Ok(semantic.fallback())
            }
        }
    }

    /// The vector of one text. The call counts, whatever becomes of it.
    async fn embed(
        &self,
        finder: &Finder,
        head: &Parts,
        text: &str,
        deadline: Instant,
    ) -> Result<Vec<f32>, Unembedded> {
        let counting = finder.semantic.tally.begin();
        let (vector, tokens) = self.ask_for_vector(finder, head, text, deadline).await?;
        counting.done(tokens);
        Ok(vector)
    }

    async fn ask_for_vector(
        &self,
        finder: &Finder,
        head: &Parts,
        text: &str,
        deadline: Instant,
    ) -> Result<(Vec<f32>, u64), Unembedded> {
        let model = &finder.model;
        let values = Values { head, captures: &Captures::default(), trace: None };
        let filled = model.fill(&values)?;
        let options = Options { stream: None, client_wins: false, strict: false, ..model.options(&filled) };
        let body = serde_json::json!({ "input": text }).to_string();
        let mut payload = Vec::with_capacity(body.len() + 256);
        let target = call::request(Api::Embeddings, model.provider, body.as_bytes(), &options, &mut payload)
            .map_err(Fault::from)?;
        let place = model.place(&self.peers, &values, target.base_url)?;
        let asked = Asked { method: "POST", content_type: Some(JSON), accept: JSON, query: None };
        let body = Payload::Whole(&mut payload);
        let draft = Draft { backend: model, place: &place, target: &target, values: &values, asked, body };
        let mut reply = self.exchange(draft, None, None, deadline).await?;
        if !(200..300).contains(&reply.head.status) {
            return Err(Unembedded::Status(reply.head.status));
        }
        let body = reply.whole(REPLY_BYTES).await?;
        let call = Call { model: target.model, ..Call::default() };
        let (reply, usage) =
            call::reply(Api::Embeddings, model.provider, &body, &call).map_err(Fault::from)?;
        let vector = first(&reply).ok_or(Unembedded::Empty)?;
        Ok((vector, usage.map_or(0, |usage| usage.prompt)))
    }
}

impl Unembedded {
    /// Whether other texts would fare no better.
    fn lasts(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.failure().is_some(),
            // What it says of one text alone.
            Self::Status(status) => !matches!(status, 400 | 413 | 422),
            Self::Slow(_) => true,
            Self::Empty => false,
        }
    }
}

/// The vector in a reply of OpenAI's dialect.
fn first(reply: &[u8]) -> Option<Vec<f32>> {
    #[derive(Deserialize)]
    struct Reply {
        data: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        embedding: Vec<f32>,
    }
    let reply: Reply = serde_json::from_slice(reply).ok()?;
    reply.data.into_iter().next().map(|item| item.embedding)
}
