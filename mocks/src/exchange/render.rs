//! What is answered, as a plan: bytes that a script says, its reply in the provider's words, or the provider's own.

use serde_json::Value;

use crate::answer::{Answer, Ranking, Vectors};
use crate::provider::{Call, Made, Provider};
use crate::request::Request;
use crate::script::{Failure, Fault, Kind, Reply};
use crate::state::State;
use crate::wire::{self, Framing, Plan};

/// What a script of bytes says to a request that nothing else could answer.
pub(super) fn said(state: &State, provider: &dyn Provider, request: &Request) -> Option<Plan> {
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let found = state.scripts.find_raw(provider.name(), request, &body)?;
    found.reply().raw.as_ref().map(wire::raw)
}

/// What the provider answers by itself, whole or as a stream.
pub(super) fn direct(provider: &dyn Provider, call: &Call<'_>) -> Plan {
    match provider.direct_stream(call) {
        Some(Ok(stream)) => wire::streamed(provider, provider.framing(call), stream, Vec::new(), None),
        Some(Err(failure)) => wire::whole(provider.error(call.request, &call.draw, &failure), None),
        None => wire::whole(provider.direct(call), None),
    }
}

type Render = fn(&dyn Provider, &Call<'_>, &Reply) -> Plan;

/// A script's reply, or the mock's own.
pub(super) fn scripted(state: &State, provider: &dyn Provider, call: &Call<'_>, render: Render) -> Plan {
    let found = state.scripts.find(provider.name(), call.request, call.body);
    let own = Reply::default();
    let reply = found.as_ref().map_or(&own, |found| found.reply());
    if let Some(raw) = &reply.raw {
        return wire::raw(raw);
    }
    let mut plan = render(provider, call, reply);
    if reply.stamps {
        // A whole reply is plain JSON, however the provider frames its streams.
        plan.stamps = Some(if plan.length.is_some() { Framing::Lines } else { provider.framing(call) });
    }
    for (name, value) in &reply.headers {
        wire::set(&mut plan.headers, name, value.clone());
    }
    plan
}

/// Vectors in the provider's own words, with their faults.
pub(super) fn embed(provider: &dyn Provider, call: &Call<'_>, reply: &Reply) -> Plan {
    let fault = reply.fault.as_ref();
    if let Some(failure) = reply.error.as_ref().filter(|failure| !provider.waits(call.request, failure)) {
        return wire::whole(provider.error(call.request, &call.draw, failure), fault);
    }
    let embed = provider.embed(call);
    wire::whole(provider.vectors(call, &Vectors::new(&embed, reply)), fault)
}

/// A work of the provider's, with its faults.
pub(super) fn make(provider: &dyn Provider, call: &Call<'_>, reply: &Reply) -> Plan {
    let fault = reply.fault.as_ref();
    let failed = |failure: &Failure| wire::whole(provider.error(call.request, &call.draw, failure), fault);
    if let Some(failure) = reply.error.as_ref().filter(|failure| !provider.waits(call.request, failure)) {
        return failed(failure);
    }
    match (provider.make(call, reply), interruption(fault)) {
        (Err(failure), _) | (Ok(Made::Whole(_)), Some(failure)) => failed(&failure),
        (Ok(Made::Whole(whole)), None) => wire::whole(whole, fault),
        (Ok(Made::Stream(stream)), failure) => {
            let error = failure.map(|failure| provider.interruption(call, &failure));
            wire::streamed(provider, provider.framing(call), stream, error.into_iter().collect(), fault)
        }
    }
}

/// The provider's own error that a fault puts where the answer would go on.
fn interruption(fault: Option<&Fault>) -> Option<Failure> {
    fault.and_then(|fault| fault.error.as_ref()).map(|place| Failure {
        kind: Some(place.kind.unwrap_or(Kind::Server)),
        message: place.message.clone(),
        ..Failure::default()
    })
}

/// An order in the provider's own words, with its faults.
pub(super) fn rank(provider: &dyn Provider, call: &Call<'_>, reply: &Reply) -> Plan {
    let fault = reply.fault.as_ref();
    if let Some(failure) = reply.error.as_ref().filter(|failure| !provider.waits(call.request, failure)) {
        return wire::whole(provider.error(call.request, &call.draw, failure), fault);
    }
    let rank = provider.rank(call);
    wire::whole(provider.ranked(call, &Ranking::new(&rank, reply)), fault)
}

/// Text in the provider's own words, with its faults.
pub(crate) fn generate(provider: &dyn Provider, call: &Call<'_>, reply: &Reply) -> Plan {
    let fault = reply.fault.as_ref();
    let failed = |failure: &Failure| wire::whole(provider.error(call.request, &call.draw, failure), fault);
    if let Some(failure) = reply.error.as_ref().filter(|failure| !provider.waits(call.request, failure)) {
        return failed(failure);
    }
    let ask = provider.ask(call);
    let answer = Answer::new(&ask, reply);
    match (ask.stream, interruption(fault)) {
        (true, interruption) => {
            let stream = provider.stream(call, &answer);
            let place = fault.and_then(|fault| fault.error.as_ref());
            let after = place.map_or(0, |place| place.after_event.min(stream.events.len()));
            let error = interruption.map(|failure| provider.interrupted(call, &answer, &failure, after));
            wire::streamed(provider, provider.framing(call), stream, error.unwrap_or_default(), fault)
        }
        (false, Some(failure)) => failed(&failure),
        (false, None) => wire::whole(provider.whole(call, &answer), fault),
    }
}
