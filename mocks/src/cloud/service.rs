//! What stands beside models: a service that hands out what they are called with. It reads no questions and writes no answers, so it
//! has less to say than a [`Provider`]; scripts can let it fail and falter all the same.

use serde_json::Value;
use specs::{Operation, Violation};

use crate::Keys;
use crate::answer::{Answer, Ask};
use crate::provider::{Call, Denied, Event, Made, Provider, Route, Stream, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind, Reply};
use crate::seed::Draw;

/// A service's API.
pub(super) trait Service: Sync {
    /// The name of its prefix and of its document in `specs`.
    fn name(&self) -> &'static str;

    /// Which operation a request means: [`Route::Make`], or none.
    fn find(&self, request: &Request) -> Route {
        made(crate::provider::documented(self.name(), &request.method, &request.path))
    }

    /// May the caller ask at all?
    ///
    /// # Errors
    /// What was wrong, and what the service says to that.
    fn authenticate(&self, _request: &Request, _keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        Ok(())
    }

    /// What the service says to a body that is no form, or no JSON, where it wants one.
    fn unreadable(&self, problem: &str) -> Failure {
        Failure::new(Kind::InvalidRequest, problem)
    }

    /// What the service says to a body that breaks its schema in this place.
    fn refuse(&self, violation: &Violation, _body: &Value) -> Failure {
        Failure::new(Kind::InvalidRequest, violation.to_string())
    }

    /// The answer.
    ///
    /// # Errors
    /// Why there is none, in the service's words.
    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure>;

    /// An error in the service's own body.
    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole;
}

/// What a document says, as a route.
pub(super) fn made(route: Route) -> Route {
    match route {
        Route::Generate(found) => Route::Make(found),
        route => route,
    }
}

/// The route of an operation that a document has under this path.
pub(super) fn at(api: &str, method: &str, path: &str) -> Option<Operation> {
    specs::api(api)?.operation(method, path)
}

/// A service among the providers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<S>(pub(super) S);

impl<S: Service> Provider for Beside<S> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn find(&self, request: &Request) -> Route {
        self.0.find(request)
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        self.0.authenticate(request, keys)
    }

    fn unreadable(&self, problem: &serde_json::Error) -> Failure {
        self.0.unreadable(&problem.to_string())
    }

    fn unformed(&self, _request: &Request, problem: &str) -> Failure {
        self.0.unreadable(problem)
    }

    fn refuse(&self, violation: &Violation, body: &Value) -> Failure {
        self.0.refuse(violation, body)
    }

    /// What takes bytes takes any.
    fn is_bytes(&self, _request: &Request) -> bool {
        true
    }

    fn make(&self, call: &Call<'_>, _reply: &Reply) -> Result<Made, Failure> {
        self.0.answer(call).map(Made::Whole)
    }

    fn direct(&self, call: &Call<'_>) -> Whole {
        let answer = self.0.answer(call);
        answer.unwrap_or_else(|failure| self.error(call.request, &call.draw, &failure))
    }

    fn error(&self, request: &Request, draw: &Draw, failure: &Failure) -> Whole {
        self.0.error(request, draw, failure)
    }

    // No route leads to what follows.

    fn ask<'a>(&self, _call: &Call<'a>) -> Ask<'a> {
        Ask::default()
    }

    fn whole(&self, call: &Call<'_>, _answer: &Answer<'_>) -> Whole {
        self.direct(call)
    }

    fn stream(&self, _call: &Call<'_>, _answer: &Answer<'_>) -> Stream {
        Stream::default()
    }

    fn interruption(&self, _call: &Call<'_>, _failure: &Failure) -> Event {
        Event { name: "".into(), bytes: bytes::Bytes::new() }
    }
}
