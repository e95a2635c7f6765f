//! How a call shows its key. The client's own keys are not passed on, unless the file says that they win.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;
use translate::call::Auth;

use super::outgoing::{Outgoing, Payload};
use super::proof::{Own, Proof};
use crate::aws::{Request, Signer};
use crate::config::{self, AuthHeader, AuthParam, ParamLocation, Source};
use crate::fault::Fault;
use crate::identity::Registry;
use crate::percent;

/// The credentials of one target.
pub(crate) struct Credentials {
    header: Option<AuthHeader>,
    param: Option<AuthParam>,
    allow_override: bool,
    own: Own,
}

impl Credentials {
    pub(super) fn new(target: &config::Target, registry: &Arc<Registry>) -> Self {
        let auth = &target.auth;
        Self {
            header: auth.header.clone(),
            param: auth.param.clone(),
            allow_override: auth.allow_override,
            own: Own::new(target, registry),
        }
    }

    /// Whether the whole body must be there before the key can be shown: it is part of it, or is signed.
    pub(super) fn reads_body(&self) -> bool {
        self.own.signs()
            || self.param.as_ref().is_some_and(|param| matches!(param.location, ParamLocation::Body))
    }

    /// Who asks, as the provider sees it: the keys that will be shown, or whose they are. Not for logs.
    pub(super) fn who<'v>(
        &self,
        client: &Parts,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Vec<u8>, Fault> {
        let mut who = Vec::new();
        let mut add = |part: &[u8]| {
            who.extend_from_slice(&(part.len() as u64).to_be_bytes());
            who.extend_from_slice(part);
        };
        if let Some(AuthHeader { name, value }) = &self.header {
            add(self.clients(client, name).unwrap_or(value).as_bytes());
        }
        if let Some(param) = &self.param {
            let own = client.uri.query().and_then(|query| percent::parameter(query, &param.name));
            add(own.filter(|_| self.allow_override).as_deref().unwrap_or(param.value.expose()).as_bytes());
        }
        if let Some(own) = self.clients_token(client) {
            add(own.as_bytes());
        } else if let Some(own) = self.own.who(value)? {
            add(&own);
        }
        Ok(who)
    }

    /// A client's own header, where it wins.
    fn clients<'c>(&self, client: &'c Parts, name: &HeaderName) -> Option<&'c HeaderValue> {
        client.headers.get(name).filter(|_| self.allow_override)
    }

    /// A client's own `Authorization`, where it goes instead of a token.
    fn clients_token<'c>(&self, client: &'c Parts) -> Option<&'c HeaderValue> {
        self.clients(client, &header::AUTHORIZATION).filter(|_| self.own.shows_token())
    }

    /// The parameter of the query that holds the key.
    pub(super) fn query_parameter(&self) -> Option<&str> {
        let param = self.param.as_ref()?;
        matches!(param.location, ParamLocation::Query).then_some(&*param.name)
    }

    /// What a request will show.
    pub(super) async fn proof<'v>(
        &self,
        client: &Parts,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Proof, Fault> {
        if self.clients_token(client).is_some() { Ok(Proof::Nothing) } else { self.own.proof(value).await }
    }

    /// Adds the key to the body, where that is its place.
    pub(super) fn add_to_body(&self, body: &mut Payload<'_>) {
        if let (Some(param), Payload::Whole(body)) = (&self.param, body)
            && matches!(param.location, ParamLocation::Body)
        {
            insert(body, &param.name, param.value.expose());
        }
    }

    /// Adds the key to `request`, or signs it; nothing in it may change afterwards. `auth`: how whom it goes to wants to be shown it.
    pub(super) fn add(
        &self,
        request: &mut Outgoing<'_>,
        (client, auth): (&Parts, Auth),
        proof: &Proof,
    ) -> Result<(), Fault> {
        if let Auth::SigV4 { service: service @ "s3" } = auth {
            // A key for models is none for buckets, and not for them to see.
            let Some(signer) = proof.signer() else {
                tracing::warn!(
                    service,
                    "there are no AWS keys to sign with, only a key of the provider's own"
                );
                return Err(Fault::Identity);
            };
            sign(&signer.of(service), request);
            return Ok(());
        }
        if let Some(param) = &self.param {
            self.add_to_query(param, request, client);
        }
        let shows_token = self.own.shows_token();
        if let Some(AuthHeader { name, value }) = &self.header
            && !(shows_token && name == header::AUTHORIZATION)
        {
            let key = text(self.clients(client, name).unwrap_or(value))?;
            request.headers.push((name.to_string().into(), key.to_owned().into()));
        }
        if let Some(token) = proof.token().or_else(|| self.clients_token(client)) {
            request.headers.push(("authorization".into(), text(token)?.to_owned().into()));
        }
        if let Some(signer) = proof.signer() {
            sign(signer, request);
        }
        Ok(())
    }

    fn add_to_query(&self, param: &AuthParam, request: &mut Outgoing<'_>, client: &Parts) {
        if !matches!(param.location, ParamLocation::Query) {
            return;
        }
        let own = client.uri.query().and_then(|query| percent::parameter(query, &param.name));
        let key = own.filter(|_| self.allow_override).unwrap_or(Cow::Borrowed(param.value.expose()));
        if !request.query.is_empty() {
            request.query.push('&');
        }
        request.query += &format!("{}={}", percent::encode(&param.name), percent::encode(&key));
    }
}

/// Puts a member in front of a JSON object's own.
fn insert(body: &mut Vec<u8>, name: &str, value: &str) {
    let Some(open) = body.iter().position(|byte| *byte == b'{') else { return };
    let empty = body[open + 1..].trim_ascii_start().first() == Some(&b'}');
    let comma = if empty { "" } else { "," };
    let member = format!("{}:{}{comma}", serde_json::Value::from(name), serde_json::Value::from(value));
    body.splice(open + 1..=open, member.into_bytes());
}

fn sign(signer: &Signer, request: &mut Outgoing<'_>) {
    // The fewer are signed, the fewer can be changed on the way: those that AWS's own clients sign.
    let signed = |name: &str| matches!(name, "host" | "content-type") || name.starts_with("x-amz-");
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .filter(|(name, _)| signed(name))
        .collect();
    let canonical = Request {
        method: request.method,
        path: request.path,
        query: &request.query,
        headers: &headers,
        body: match request.body {
            Payload::Whole(body) => body,
            Payload::None | Payload::Pieces(_) => &[],
        },
    };
    let fields = signer.sign(&canonical, Timestamp::now());
    request.headers.extend(fields.into_iter().map(|(name, value)| (name.into(), value.into())));
}

fn text(value: &HeaderValue) -> Result<&str, Fault> {
    std::str::from_utf8(value.as_bytes()).map_err(|_| Fault::Unprintable("key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_put_in_front() {
        for (body, expected) in
            [("{}", r#"{"k\"":"v"}"#), (r#" { "a":1}"#, r#" {"k\"":"v", "a":1}"#), ("{ }", r#"{"k\"":"v" }"#)]
        {
            let mut bytes = body.as_bytes().to_vec();
            insert(&mut bytes, "k\"", "v");
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
}
