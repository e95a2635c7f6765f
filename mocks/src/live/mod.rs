//! Sessions over a WebSocket: the provider hears messages, and has things to say, some of them later.
//!
//! ```text
//! message ─▶ schema (specs) ─▶ Live::hear ─▶ what is to be said, in order, each after a while ─▶ message
//! ```
//!
//! What is heard while something is still to be said may take that back: this is how a model is interrupted.

pub(crate) mod sound;
pub(crate) mod voice;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use specs::{Operation, Violation};

use crate::batch::Inner;
use crate::journal::{Arrived, Auth};
use crate::provider::{Call, Provider};
use crate::request::Request;
use crate::script::Reply;
use crate::seed::Draw;
use crate::state::State;
use crate::store::Shelf;

/// One session, as the provider leads it.
pub trait Live: Send {
    /// What is still to be said. The first of it is said next.
    fn saying(&mut self) -> &mut VecDeque<Said>;

    /// A message that fits the provider's schema.
    fn hear(&mut self, message: &Value, around: &Around<'_>);

    /// One that does not, and where it is broken first.
    fn refuse(&mut self, violation: &Violation, message: &Value);

    /// One that is no JSON.
    fn wonder(&mut self);

    /// Whether messages go as bytes, and not as text.
    fn is_binary(&self) -> bool {
        false
    }
}

/// Something to be said.
#[derive(Debug, Clone)]
pub struct Said {
    /// What.
    pub what: What,
    /// After what was said before it.
    pub after: Duration,
}

/// What is said.
#[derive(Debug, Clone)]
pub enum What {
    /// A message.
    Message(Value),
    /// That the session is over: a code and a reason, as <https://www.rfc-editor.org/rfc/rfc6455#section-7.4> has them.
    End(u16, String),
}

impl Said {
    /// A message, said at once.
    pub fn now(message: Value) -> Self {
        Self { what: What::Message(message), after: Duration::ZERO }
    }

    /// The message; null where it is none.
    pub fn message(&self) -> &Value {
        match &self.what {
            What::Message(message) => message,
            What::End(..) => &Value::Null,
        }
    }
}

/// A session that is about to begin.
pub(crate) struct Session {
    pub(crate) live: Box<dyn Live>,
    pub(crate) provider: &'static dyn Provider,
    pub(crate) operation: Operation,
    /// The request that opened it.
    pub(crate) request: Request,
}

/// Notes in the journal what a client said in a session: as a request of the operation's, whose body is the message.
pub(crate) fn overhear(
    state: &State,
    provider: &'static dyn Provider,
    operation: &Operation,
    opened: &Request,
    text: &str,
    violations: Vec<Violation>,
) {
    let headers = Vec::new();
    let request =
        Request { method: MESSAGE.to_owned(), headers, body: text.to_owned().into(), ..opened.clone() };
    let record = state.journal.add(Arrived {
        provider: provider.name(),
        operation: operation.id().into(),
        http: "WebSocket",
        request,
        violations,
        auth: Auth::Ok,
        variant: None,
        refused: None,
        started_ms: state.now_ms(),
    });
    state.finish(&record, false);
}

/// How the journal calls the method of a message.
pub const MESSAGE: &str = "MESSAGE";

/// The mocks around a session: scripts, chance, and what the provider keeps.
pub struct Around<'a> {
    pub(crate) state: &'a State,
    pub(crate) provider: &'static dyn Provider,
}

impl Around<'_> {
    /// Answers a question that a session asks, as a request with this body would be: by a script, or as `answer` says.
    pub fn ask<T>(&self, request: &Request, body: &Value, answer: impl FnOnce(&Call<'_>, &Reply) -> T) -> T {
        let bytes = body.to_string();
        let request = Request { body: bytes.into(), ..request.clone() };
        let (state, provider) = (self.state, self.provider);
        let found = state.scripts.find(provider.name(), &request, body);
        let own = Reply::default();
        let call = Call {
            request: &request,
            operation: "",
            found: None,
            body,
            form: None,
            variant: None,
            draw: self.draw(&request),
            shelf: self.shelf(),
            keys: state.keys(),
            inner: Inner::new(state, provider),
            models: state.options.models.as_deref(),
        };
        answer(&call, found.as_ref().map_or(&own, |found| found.reply()))
    }

    /// What the provider keeps.
    pub fn shelf(&self) -> Shelf<'_> {
        self.state.store.shelf(self.provider.name())
    }

    fn draw(&self, request: &Request) -> Draw {
        self.state.seed.draw(self.provider.name(), &request.path, &request.body)
    }
}
