//! Responses that clients come back to: what a request stands on that is kept, and what is kept of its reply.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

mod background;
mod look;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use translate::client::responses::{self, Memory, Needs, Standing};

use super::Proxy;
use crate::config::{self, Route};
use crate::fault::Fault;
use crate::store::{Broken, Kept, Lost, Responses, Scope};

/// A request for a response, with what it stands on.
pub(in crate::proxy) struct Turn {
    store: Responses,
    scope: Scope,
    needs: Needs,
    earlier: Vec<Arc<Kept>>,
    items: Vec<(String, String)>,
    /// Whether nothing is kept for this route.
    is_off: bool,
}

/// What is to be kept of a reply that is on its way.
pub(in crate::proxy) struct Keep {
    store: Responses,
    scope: Scope,
    id: String,
    input: Vec<String>,
    previous: Option<String>,
    /// Whether it is there already, as far as it is.
    in_background: bool,
}

impl Proxy {
    /// Finds what a request stands on.
    pub(in crate::proxy) async fn turn(
        &self,
        head: &Parts,
        route: &Arc<Route>,
        consumer: Option<&str>,
        body: &Bytes,
    ) -> Result<Turn, Fault> {
        let (scope, store) = (Scope::new(route, &head.headers, consumer), self.responses(route)?);
        let needs = Needs::of(body)?;
        let limit = self.limits.body_bytes;
        let earlier = match &needs.previous {
            None => Vec::new(),
            Some(id) => store.conversation(scope, id, limit).await.map_err(|broken| match broken {
                Broken::Gone(id) => Fault::PreviousNotKept(id),
                Broken::TooLarge => Fault::TooLarge(limit),
                Broken::Lost => Fault::StoreLost,
            })?,
        };
        let is_open = |last: &Arc<Kept>| !Standing::of(&last.response).is_over;
        if let Some(id) = needs.previous.as_ref().filter(|_| earlier.last().is_some_and(is_open)) {
            return Err(Fault::PreviousNotOver(id.clone()));
        }
        let items = self.referred(store, scope, &needs.items).await?;
        let is_off = route.plugin.extensions.store == config::Store::Nowhere;
        Ok(Turn { store: store.clone(), scope, needs, earlier, items, is_off })
    }

    /// Where the responses of a route are kept.
    fn responses(&self, route: &Arc<Route>) -> Result<&Responses, Fault> {
        self.commons.responses(route).ok_or(Fault::NoRoute)
    }
}

impl Proxy {
    /// The items of these ids, as far as they are kept, in the order of the ids. Each response is read once, however often it is
    /// referred to.
    async fn referred(
        &self,
        store: &Responses,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<(String, String)>, Fault> {
        let named = ids.iter().filter_map(|id| Some((responses::response_of(id)?, id.as_str())));
        let named: BTreeSet<(String, &str)> = named.collect();
        let limit = self.limits.body_bytes;
        let (mut found, mut bytes) = (Vec::new(), 0);
        let all: Vec<_> = named.into_iter().collect();
        for of_one in all.chunk_by(|(one, _), (other, _)| one == other) {
            let kept = store.get(scope, &of_one[0].0).await.map_err(|Lost| Fault::StoreLost)?;
            let Some(kept) = kept else { continue };
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
    /// Whether nobody waits for the response.
    pub(in crate::proxy) fn in_background(&self) -> bool {
        self.needs.in_background
    }

    /// The items of the turns before, the oldest first.
    pub(in crate::proxy) fn earlier(&self) -> Vec<&str> {
        let turns = self.earlier.iter();
        let items = turns
            .flat_map(|turn| turn.input.iter().map(String::as_str).chain(responses::output(&turn.response)));
        items.collect()
    }

    /// The items that the request refers to.
    pub(in crate::proxy) fn items(&self) -> Vec<(&str, &str)> {
        self.items.iter().map(|(id, item)| (&**id, &**item)).collect()
    }

    /// The same for a translation.
    pub(in crate::proxy) fn memory<'a>(
        &self,
        earlier: &'a [&'a str],
        items: &'a [(&'a str, &'a str)],
    ) -> Memory<'a> {
        Memory { earlier, items, is_off: self.is_off }
    }

    /// What will be kept of the response of this name.
    pub(in crate::proxy) fn keep(&self, body: &[u8], memory: Memory<'_>, name: &str) -> Option<Keep> {
        if !self.needs.is_stored || self.is_off {
            return None;
        }
        Some(Keep {
            store: self.store.clone(),
            scope: self.scope,
            id: responses::id(name),
            input: responses::settle(body, memory, name).ok()?,
            previous: self.needs.previous.clone(),
            in_background: self.needs.in_background,
        })
    }
}

impl Keep {
    /// The response, which waits for its turn, has begun.
    async fn begin(&self, queued: &[u8]) {
        let queued = std::str::from_utf8(queued).unwrap_or_default();
        let (input, previous) = (self.input.clone(), self.previous.clone());
        let kept = Kept { response: responses::turned(queued, "in_progress"), input, previous };
        self.store.put(self.scope, &self.id, kept).await;
    }

    /// Whether it was cancelled or deleted while it was made.
    async fn is_given_up(&self) -> bool {
        match self.store.hold(self.scope, &self.id).await {
            Ok(Some(kept)) => Standing::of(&kept.response).is_over,
            // In memory, there may have been no room for it.
            Ok(None) => self.store.is_shared(),
            Err(Lost) => false,
        }
    }

    /// The response has ended, well or not.
    pub(in crate::proxy) async fn done(self, response: Vec<u8>) {
        let Ok(response) = String::from_utf8(response) else { return };
        if response.is_empty() {
            return;
        }
        if self.in_background && self.is_given_up().await {
            return;
        }
        let Self { store, scope, id, input, previous, .. } = self;
        store.put(scope, &id, Kept { response, input, previous }).await;
    }
}
