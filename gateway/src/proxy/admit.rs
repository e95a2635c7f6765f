//! Who may call, what, and how much: asked before anybody else is.
//!
//! ```text
//! head ──▶ key-auth ──▶ acl ──▶ acls, as far as they can be told ──▶ rate-limiting
//! target, model ──▶ acls, models of the key ──▶ ai-rate-limiting-advanced        once for each target that is tried
//! ```
//!
//! A key is shown to the gateway and to nobody behind it, and so are the names of consumers: providers get no `X-Consumer-…`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::request::Parts;
use http::{Extensions, Method};
use serde::Deserialize;
use translate::call::Target;
use translate::delta::Usage;

use super::backend::Backend;
use super::keys::{self, Shown};
use super::ticket::Ticket;
use super::{Proxy, Record};
use crate::config::{Aim, Call, Consumer, Credential, Models, Named, Route};
use crate::fault::Fault;
use crate::limiter::Spent;
use crate::server::Busy;
use crate::statistics::cost;

/// Where a request comes from: the other end of its connection. What a header says of that is not believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller(pub(super) IpAddr);

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Who {
    pub(super) consumer: Option<Arc<Consumer>>,
    /// The key; nobody's, where who shows none is let in.
    pub(super) credential: Option<Arc<Credential>>,
    pub(super) ip: Option<IpAddr>,
}

/// What a request carries of its connection.
pub(super) fn caller(busy: &Busy) -> Extensions {
    let mut extensions = Extensions::new();
    if let Some(ip) = busy.client() {
        extensions.insert(Caller(ip));
    }
    extensions
}

impl Proxy {
    /// Lets a call in, or does not. What is known of its caller is noted, and the key is taken out of `head`.
    pub(super) fn admit(
        &self,
        head: &mut Parts,
        route: &Arc<Route>,
        record: &mut Record,
    ) -> Result<(), Fault> {
        let ip = head.extensions.get::<Caller>().map(|caller| caller.0);
        let who = Who { ip, ..self.identify(head, route)? };
        record.consumer = who.consumer.as_ref().map(|consumer| consumer.name().into());
        if let Some(acl) = &route.plugins.acl {
            match &who.consumer {
                Some(consumer) if acl.permits(consumer) => (),
                Some(_) if who.credential.is_some() => return Err(Fault::Denied),
                _ => {
                    return Err(Fault::Unauthorized { message: "Unauthorized", challenge: "Key".to_owned() });
                }
            }
        }
        let ticket = Ticket::new(who, Arc::clone(route), Arc::clone(&self.commons.limiter));
        let ticket = record.ticket.insert(ticket);
        if !route.plugin.acls.permit(&ticket.who.call(head, None)) {
            return Err(Fault::Denied);
        }
        ticket.take_request(head, now())
    }

    /// Finds the consumer by the key.
    fn identify(&self, head: &mut Parts, route: &Route) -> Result<Who, Fault> {
        let Some(settings) = &route.plugins.key_auth else { return Ok(Who::default()) };
        let known = Shown::find(settings, head).and_then(|shown| {
            let shown = shown.ok_or_else(|| keys::refused("No API key found in request", settings))?;
            let now = now();
            let found = |key: &[u8]| Some((self.config.consumers.find(key, now)?, key.to_vec()));
            shown.keys().find_map(found).ok_or_else(|| keys::refused("Unauthorized", settings))
        });
        match (known, &settings.anonymous) {
            (Ok((credential, key)), _) => {
                keys::hide(&key, settings, head);
                let consumer = Some(Arc::clone(&credential.consumer));
                Ok(Who { consumer, credential: Some(Arc::clone(credential)), ip: None })
            }
            (Err(_), Some(name)) => {
                Ok(Who { consumer: self.config.consumers.named(name).cloned(), ..Who::default() })
            }
            (Err(fault), None) => {
                keys::hide_all(settings, head);
                Err(fault)
            }
        }
    }
}

impl Who {
    /// A call of theirs.
    pub(super) fn call<'c>(&'c self, head: &'c Parts, aim: Option<Aim<'c>>) -> Call<'c> {
        Call {
            consumer: self.consumer.as_deref(),
            ip: self.ip,
            headers: &head.headers,
            path: head.uri.path(),
            aim,
        }
    }

    /// What their consumer may have, and what their key.
    pub(super) fn models(&self) -> impl Iterator<Item = &Models> {
        let consumers = self.consumer.as_ref().map(|consumer| &consumer.models);
        consumers.into_iter().chain(self.credential.as_ref().map(|credential| &credential.models))
    }

    /// Whether they may have a model; where none is named, whether they may do what needs one all the same.
    pub(super) fn check_model(&self, head: &Parts, aim: Aim<'_>) -> Result<(), Fault> {
        for models in self.models() {
            let is_named = aim.models.iter().flatten().any(|name| !name.is_empty());
            let is_allowed =
                if is_named { models.allow(aim.models) } else { models.are_all() || reads(head) };
            if !is_allowed {
                let model = aim.models.into_iter().flatten().next().unwrap_or_default();
                return Err(Fault::ModelDenied(
                    model.chars().filter(char::is_ascii_graphic).take(200).collect(),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a call makes nothing that a model would make, though none is named: it looks, puts a file there, or takes something away.
fn reads(head: &Parts) -> bool {
    head.method != Method::POST || head.uri.path().trim_end_matches('/').ends_with("/files")
}

impl Backend {
    /// Where a call goes that is made here. `asked`: the model that the client asks for.
    pub(super) fn aim<'a>(&'a self, model: &'a str, asked: Option<&'a str>) -> Aim<'a> {
        let is_alias = asked.is_some() && asked == self.target.model.alias.as_deref();
        let name = Some(model).filter(|model| !model.is_empty());
        Aim { provider: self.target.model.provider.name(), models: [name, asked.filter(|_| is_alias)] }
    }
}

/// The time since 1970.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Record {
    /// Whether a call may go to a target, and whether anything is left for it there. `model`: the one that the client asks for.
    pub(super) fn may(&self, backend: &Backend, head: &Parts, model: Option<&str>) -> Result<(), Fault> {
        let Some(ticket) = &self.ticket else { return Ok(()) };
        let named = backend.target.model.name.as_ref().and_then(|name| name.fixed());
        ticket.may(head, backend.aim(named.or(model).unwrap_or_default(), model))
    }

    /// Whether a call may go to a target with this model.
    pub(super) fn permit(&self, backend: &Backend, target: &Target, head: &Parts) -> Result<(), Fault> {
        let Some(ticket) = &self.ticket else { return Ok(()) };
        ticket.permit(head, backend.aim(&target.model, target.client_model.as_deref()))
    }

    /// A call goes to a target: it takes of its caller's limits what it may use there.
    pub(super) fn go(
        &mut self,
        backend: &Backend,
        target: &Target,
        head: &Parts,
        body: &[u8],
    ) -> Result<(), Fault> {
        let Some(ticket) = &mut self.ticket else { return Ok(()) };
        let wanted = if ticket.counts_tokens() { estimate(body, backend) } else { Spent::default() };
        ticket.go(head, backend.aim(&target.model, target.client_model.as_deref()), &wanted)
    }

    /// Whether it matters to its caller's rights which model is asked for.
    pub(super) fn minds_models(&self) -> bool {
        self.ticket.as_ref().is_some_and(Ticket::minds_models)
    }
}

/// What a call may use: its prompt, by its length, and as many tokens as it says that its answer may have.
fn estimate(body: &[u8], backend: &Backend) -> Spent {
    #[derive(Default, Deserialize)]
    struct Asked {
        max_tokens: Option<u64>,
        max_completion_tokens: Option<u64>,
        max_output_tokens: Option<u64>,
        n: Option<u64>,
    }
    let asked: Asked = serde_json::from_slice(body).unwrap_or_default();
    let options = &backend.target.model.options;
    let most = asked.max_completion_tokens.or(asked.max_tokens).or(asked.max_output_tokens);
    let most = most.or(options.max_tokens.map(u64::from)).unwrap_or_default();
    let (prompt, completion) = (tokens(body), most.saturating_mul(asked.n.unwrap_or(1).max(1)));
    let usage = Usage { prompt, completion, ..Usage::default() };
    let cost = cost(&options.pricing, &usage).unwrap_or_default();
    Spent { requests: 0, prompt, completion, total: prompt.saturating_add(completion), cost }
}

/// About the tokens of a body: one for four bytes, and so many for each picture or sound, however long that is.
fn tokens(body: &[u8]) -> u64 {
    /// Bytes without a break that are no text.
    const LONG: usize = 512;
    /// About what providers count for a picture.
    const MEDIUM: u64 = 1_000;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let (mut text, mut media) = (0_u64, 0_u64);
    for run in body.split(|byte| !is_base64(byte)) {
        if run.len() > LONG {
            media += 1;
        } else {
            text += run.len() as u64 + 1;
        }
    }
    text.div_ceil(4).saturating_add(media.saturating_mul(MEDIUM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_counts_as_one_however_long_it_is() {
        assert_eq!(tokens(b"four letters"), 4);
        let picture = |length| format!("{{\"url\":\"data:image/png;base64,{}\"}}", "A".repeat(length));
        assert_eq!(tokens(picture(10_000).as_bytes()), tokens(picture(1_000_000).as_bytes()));
        assert!(tokens(picture(10_000).as_bytes()) < 1_020);
    }
}
