//! Native answers for a [`wiremock::MockServer`], which sends bodies whole: a stream arrives in one piece, and what needs
//! the socket (cuts, stalls, sizes of writes, waits between events) has no effect there.

use std::time::Duration;

use wiremock::{Request as Asked, Respond, ResponseTemplate};

use crate::provider::{self, Provider};
use crate::request::Request;
use crate::script::Script;
use crate::state::State;
use crate::store::{Store, StoreLimits};
use crate::{Options, exchange};

/// Answers like the provider's mock, with this script; where the script does not match, with the mock's own answer.
///
/// # Panics
/// There is no provider of this name.
#[must_use]
pub fn responder(provider: &str, script: Script) -> Responder {
    let found = provider::find(provider);
    let state = State::new(Options::default(), Store::new(StoreLimits::default()));
    state.scripts.add(script);
    Responder { provider: found.expect("a provider that has a mock"), state }
}

/// See [`responder`].
pub struct Responder {
    provider: &'static dyn Provider,
    state: State,
}

impl Respond for Responder {
    fn respond(&self, asked: &Asked) -> ResponseTemplate {
        let plan = exchange::render_request(&self.state, self.provider, &request(asked));
        let mut template = ResponseTemplate::new(plan.status).set_body_bytes(plan.body());
        for (name, value) in &plan.headers {
            template = template.insert_header(name.as_ref(), value.as_ref());
        }
        match plan.latency + plan.first {
            Duration::ZERO => template,
            wait => template.set_delay(wait),
        }
    }
}

fn request(asked: &Asked) -> Request {
    let header = |value: &[u8]| value.iter().copied().map(char::from).collect();
    Request {
        method: asked.method.as_str().to_owned(),
        prefix: String::new(),
        path: asked.url.path().to_owned(),
        query: asked.url.query().map(str::to_owned),
        is_secure: false,
        is_bare: false,
        headers: asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), header(value.as_bytes())))
            .collect(),
        body: asked.body.clone().into(),
    }
}
