//! One request from top to bottom, whatever carried it: provider → route → key → version → body → rules → answer → faults.

pub(crate) mod lenient;
mod render;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;
use specs::{Operation, Violation};

use crate::admin;
use crate::batch::Inner;
use crate::form::Form;
use crate::journal::{Arrived, Auth, Record};
use crate::live::{Live, Session};
use crate::provider::{self, Call, Provider, Route, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;
use crate::state::State;
use crate::whose::Whose;
use crate::wire::{self, Plan};
use render::{direct, embed, make, rank, said, scripted};

pub(crate) use render::generate;

/// A reply to send, and where to note how that goes; admin requests are not noted.
pub(crate) struct Exchange {
    pub(crate) plan: Arc<Plan>,
    pub(crate) record: Option<Arc<Record>>,
    /// What begins behind the reply, where that is a 101.
    pub(crate) session: Option<Session>,
}

/// Answers a request that came in so.
pub(crate) async fn answer(
    state: &Arc<State>,
    whose: Whose,
    mut request: Request,
    http: &'static str,
) -> Exchange {
    let started_ms = state.now_ms();
    if request.path.starts_with(admin::PREFIX) {
        let reply = admin::answer(state, request).await;
        return Exchange { plan: Arc::new(wire::whole(reply, None)), record: None, session: None };
    }
    let provider = match whose.choose(&mut request) {
        Ok(provider) => provider,
        Err(reason) => return forbid(state, request, http, MISDIRECTED, reason),
    };
    let judged = provider.map(|provider| judge(state, provider, &request));
    let mut judged = judged.unwrap_or_else(Judged::nowhere);
    let session = provider.zip(judged.live.take()).map(|(provider, (live, operation))| {
        let request = request.clone();
        Session { live, provider, operation, request }
    });
    if request.method == "HEAD" {
        // The length is told, and nothing comes: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2
        judged.plan.writes.clear();
    }
    let (plan, arrived) = judged.arrived(provider, request, http, started_ms);
    Exchange { session, ..note(state, plan, arrived) }
}

/// Refuses a request that was meant for nobody here, in words that say so: the reason is in the journal too.
pub(crate) fn forbid(
    state: &State,
    request: Request,
    http: &'static str,
    status: u16,
    reason: String,
) -> Exchange {
    let headers = vec![("content-type".into(), "text/plain; charset=utf-8".into())];
    let reply = Whole { status, headers, body: format!("touchstone: {reason}\n").into() };
    let judged = Judged::refused(wire::whole(reply, None));
    let (plan, arrived) = judged.arrived(None, request, http, state.now_ms());
    note(state, plan, Arrived { refused: Some(reason), ..arrived })
}

/// Notes a connection by TLS that never came to a request, with the host that was asked for.
pub(crate) fn unheard(state: &State, host: &str, reason: String) {
    let request = Request { method: "TLS".to_owned(), path: host.to_owned(), ..Request::default() };
    let judged = Judged::refused(Plan::default());
    let (_, arrived) = judged.arrived(None, request, "", state.now_ms());
    let record = state.journal.add(Arrived { refused: Some(reason), ..arrived });
    state.finish(&record, true);
}

/// The host is that of nobody to whom this connection leads: <https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20>.
const MISDIRECTED: u16 = 421;

fn note(state: &State, plan: Plan, arrived: Arrived) -> Exchange {
    let record = Some(state.journal.add(arrived));
    state.changed();
    Exchange { plan: Arc::new(plan), record, session: None }
}

/// The reply, and what the journal tells about the request.
struct Judged {
    plan: Plan,
    operation: Cow<'static, str>,
    violations: Vec<Violation>,
    auth: Auth,
    variant: Option<&'static str>,
    live: Option<(Box<dyn Live>, Operation)>,
}

impl Judged {
    fn nowhere() -> Self {
        let names: Vec<_> = provider::ALL.iter().map(|provider| format!("/{}", provider.name())).collect();
        let body =
            serde_json::json!({ "error": format!("no such path; the mocks are under {}", names.join(", ")) });
        let headers = vec![("content-type".into(), "application/json".into())];
        let reply = Whole { status: 404, headers, body: body.to_string().into() };
        Self::refused(wire::whole(reply, None))
    }

    fn refused(plan: Plan) -> Self {
        Self {
            plan,
            operation: "".into(),
            violations: Vec::new(),
            auth: Auth::None,
            variant: None,
            live: None,
        }
    }

    fn arrived(
        self,
        provider: Option<&dyn Provider>,
        request: Request,
        http: &'static str,
        started_ms: f64,
    ) -> (Plan, Arrived) {
        let Self { plan, operation, violations, auth, variant, live: _ } = self;
        let provider = provider.map_or("", Provider::name);
        let refused = None;
        let arrived =
            Arrived { provider, operation, http, request, violations, auth, variant, refused, started_ms };
        (plan, arrived)
    }
}

fn judge(state: &State, provider: &'static dyn Provider, request: &Request) -> Judged {
    judge_as(state, provider, request, |request| provider.authenticate(request, &state.keys()))
}

/// The answer to a request that another one brought along, which has shown its key.
pub(crate) fn within(state: &State, provider: &'static dyn Provider, request: &Request) -> Plan {
    judge_as(state, provider, request, |_| Ok(())).plan
}

fn judge_as(
    state: &State,
    provider: &'static dyn Provider,
    request: &Request,
    authenticate: impl FnOnce(&Request) -> Result<(), Box<provider::Denied>>,
) -> Judged {
    let draw = state.seed.draw(provider.name(), &request.path, &request.body);
    let error = |failure: &Failure| wire::whole(provider.error(request, &draw, failure), None);
    let unknown = |why| said(state, provider, request).unwrap_or_else(|| error(&kind(why)));
    let (operation, found, way) = match provider.find(request) {
        Route::Generate(found) => (Cow::Borrowed(found.id()), Some(found), Way::Generate),
        Route::Embed(found) => (Cow::Borrowed(found.id()), Some(found), Way::Embed),
        Route::Rank(found) => (Cow::Borrowed(found.id()), Some(found), Way::Rank),
        Route::Make(found) => (Cow::Borrowed(found.id()), Some(found), Way::Make),
        Route::Direct(name, found) => (Cow::Borrowed(name), found, Way::Direct),
        Route::Live(found) => (Cow::Borrowed(found.id()), Some(found), Way::Live),
        // What the mock does not know may have been recorded all the same.
        Route::Method => return Judged::refused(unknown(Kind::Method)),
        Route::NotFound => return Judged::refused(unknown(Kind::NotFound)),
    };
    let mut judged = Judged { operation, ..Judged::refused(Plan::default()) };
    match authenticate(request) {
        Ok(()) => judged.auth = Auth::Ok,
        Err(denied) => {
            judged.plan = error(&denied.failure);
            let provider::Denied { reason, canonical_request, .. } = *denied;
            judged.auth = Auth::Refused { reason, canonical_request };
            return judged;
        }
    }
    let mut live = None;
    let plan = match judge_body(state, provider, request, found.as_ref(), &mut judged) {
        Err(failure) => error(&failure),
        Ok((body, form)) => {
            let found = found.as_ref();
            let models = state.options.models.as_deref();
            let Judged { operation, variant, .. } = &judged;
            let (shelf, variant) = (state.store.shelf(provider.name()), *variant);
            let (body, form, inner, keys) = (&body, form.as_ref(), Inner::new(state, provider), state.keys());
            let call =
                Call { request, operation, found, body, form, variant, draw, shelf, keys, inner, models };
            match provider.check(&call) {
                Err(failure) if !state.options.lenient => error(&failure),
                _ => match way {
                    Way::Direct => said(state, provider, request).unwrap_or_else(|| direct(provider, &call)),
                    Way::Generate => scripted(state, provider, &call, generate),
                    Way::Embed => scripted(state, provider, &call, embed),
                    Way::Rank => scripted(state, provider, &call, rank),
                    Way::Make => scripted(state, provider, &call, make),
                    Way::Live => match provider.live(&call) {
                        Err(failure) => error(&failure),
                        Ok((whole, session)) => {
                            live = found.cloned().map(|found| (session, found));
                            wire::whole(whole, None)
                        }
                    },
                },
            }
        }
    };
    Judged { plan, live, ..judged }
}

/// The body as JSON, once it fits the provider's own schema.
fn judge_body(
    state: &State,
    provider: &dyn Provider,
    request: &Request,
    found: Option<&Operation>,
    judged: &mut Judged,
) -> Result<(Value, Option<Form>), Failure> {
    judged.variant = provider.variant(request)?;
    let takes_none = |found: &Operation| found.request(&Value::Null).is_empty() && found.of_form().is_none();
    if request.method == "GET" || request.body.is_empty() && found.is_some_and(takes_none) {
        return Ok((Value::Null, None));
    }
    let chosen = judged.variant.and_then(|variant| found?.variant(variant));
    let chosen = chosen.as_ref().or(found);
    let form = form(provider, request, chosen)?;
    let (body, chosen) = match (&form, chosen.and_then(Operation::of_form)) {
        (Some(form), Some(chosen)) => (chosen.fields(form.fields()), Some(chosen)),
        _ if chosen.is_some_and(Operation::takes_bytes) && provider.is_bytes(request) => {
            return Ok((Value::Null, None));
        }
        _ => {
            let json = serde_json::from_slice(&request.body);
            (json.map_err(|problem| provider.unreadable(&problem))?, chosen.cloned())
        }
    };
    let Some(chosen) = chosen else { return Ok((body, form)) };
    let body = chosen.settled(&body).into_owned();
    let found = chosen.request(&body);
    judged.violations = found.iter().filter(|violation| !provider.tolerates(violation)).cloned().collect();
    let Some(violation) = judged.violations.first() else { return Ok((body, form)) };
    let failure = provider.refuse(violation, &body);
    let rest = if state.options.lenient { lenient::rest(body, &found) } else { None };
    rest.map(|body| (body, form)).ok_or(failure)
}

/// The body as a form, where the operation takes one and it is one.
fn form(
    provider: &dyn Provider,
    request: &Request,
    chosen: Option<&Operation>,
) -> Result<Option<Form>, Failure> {
    let media = request.header("content-type").unwrap_or_default();
    let Some(chosen) = chosen.filter(|chosen| chosen.of_form().is_some()) else { return Ok(None) };
    if !Form::is_meant(media) {
        return match chosen.takes_json() {
            true => Ok(None),
            false => Err(provider.unformed(request, "no form")),
        };
    }
    Form::read(media, &request.body).map(Some).map_err(|problem| provider.unformed(request, problem))
}

fn kind(kind: Kind) -> Failure {
    Failure { kind: Some(kind), ..Failure::default() }
}

/// How a request is answered.
#[derive(Clone, Copy)]
enum Way {
    Generate,
    Embed,
    Rank,
    Make,
    Direct,
    Live,
}

/// Answers like [`answer`], without a server: for those who bring their own. Nothing is noted.
pub(crate) fn render_request(state: &State, provider: &'static dyn Provider, request: &Request) -> Plan {
    judge(state, provider, request).plan
}

/// The draw of an answer that belongs to no route, such as a body that is too large.
pub(crate) fn refuse(
    state: &State,
    whose: Whose,
    mut request: Request,
    http: &'static str,
    failure: &Failure,
) -> Exchange {
    let started_ms = state.now_ms();
    let provider = whose.choose(&mut request).ok().flatten();
    let draw: Draw = state.seed.draw("", &request.path, &[]);
    let judged = match provider {
        Some(provider) => Judged::refused(wire::whole(provider.error(&request, &draw, failure), None)),
        None => Judged::nowhere(),
    };
    let (plan, arrived) = judged.arrived(provider, request, http, started_ms);
    note(state, plan, arrived)
}
