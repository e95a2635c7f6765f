//! Kong's object for one call, as its plugins that log send it.
//!
//! What Kong has no word for stands in `touchstone`. Of the request and the reply, sizes are those of the bodies; credentials are
//! `REDACTED`, in header fields and in the query.
//!
//! <https://developer.konghq.com/gateway/pdk/reference/kong.log/#kong-log-serialize>,
//! <https://developer.konghq.com/ai-gateway/ai-audit-log-reference/>

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::facts::Wire;
use super::{Facts, Tried, ai};
use crate::config::Target;
use crate::percent;

/// What stands where a credential stood, as in Kong.
const REDACTED: &str = "REDACTED";
/// Header fields that hold credentials, whoever's they are.
const SECRET_FIELDS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-goog-api-key",
    "x-amz-security-token",
];
/// The same of a query.
const SECRET_PARAMETERS: [&str; 6] =
    ["key", "apikey", "api_key", "api-key", "access_token", "x-amz-security-token"];

/// The object, as JSON.
pub(super) fn object(facts: &Facts<'_>) -> Bytes {
    // What a record of ours is made of can be written: there is no map whose names are not texts.
    serde_json::to_vec(&Object::new(facts)).unwrap_or_default().into()
}

#[derive(Serialize)]
struct Object<'f> {
    request: Option<Request<'f>>,
    response: Response<'f>,
    upstream_uri: &'f str,
    upstream_status: String,
    latencies: Latencies,
    tries: Vec<Try<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<Entity<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Entity<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<Consumer<'f>>,
    client_ip: Option<IpAddr>,
    started_at: u64,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ai: Option<ai::Ai<'f>>,
    touchstone: Own<'f>,
}

#[derive(Serialize)]
struct Request<'f> {
    id: &'f str,
    method: &'f str,
    uri: String,
    url: String,
    querystring: Query<'f>,
    headers: Fields<'f>,
    size: u64,
}

#[derive(Serialize)]
struct Response<'f> {
    status: u16,
    headers: Option<Fields<'f>>,
    size: u64,
}

/// In milliseconds, whole ones as in Kong.
#[derive(Serialize)]
struct Latencies {
    kong: u64,
    /// -1 where nothing was heard of the upstream.
    proxy: i64,
    request: u64,
    receive: u64,
}

#[derive(Serialize)]
struct Try<'f> {
    balancer_start: u64,
    balancer_latency: u64,
    ip: Option<IpAddr>,
    port: Option<u16>,
    /// `failed`, with the status if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    host: Option<&'f str>,
}

#[derive(Serialize)]
struct Entity<'f> {
    name: &'f str,
}

#[derive(Serialize)]
struct Consumer<'f> {
    username: &'f str,
}

/// What Kong has no word for.
#[derive(Serialize)]
struct Own<'f> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_request_id: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_code: Option<u16>,
}

impl<'f> Object<'f> {
    fn new(facts: &Facts<'f>) -> Self {
        let now = facts.ended.duration_since(UNIX_EPOCH).unwrap_or_default();
        let began = now.saturating_sub(facts.latencies.total);
        let route = facts.route;
        let entity = |name: Option<&'f str>| name.map(|name| Entity { name });
        Self {
            request: facts.wire.map(|wire| Request::new(facts, wire)),
            response: Response {
                status: facts.status,
                headers: facts.wire.map(|wire| Fields { fields: &wire.answered, target: None }),
                size: facts.wire.map_or(0, |wire| wire.given),
            },
            upstream_uri: facts.tried.last().and_then(|tried| tried.path.as_deref()).unwrap_or_default(),
            upstream_status: facts.upstream_status.map(|status| status.to_string()).unwrap_or_default(),
            latencies: Latencies::new(facts),
            tries: tries(facts, began),
            route: entity(route.and_then(|route| route.name.as_deref())),
            service: entity(route.and_then(|route| route.service.as_deref())),
            consumer: facts.consumer.map(|username| Consumer { username }),
            client_ip: facts.wire.and_then(|wire| wire.client),
            started_at: millis(began),
            source: if facts.upstream_status.is_some() { "upstream" } else { "kong" },
            ai: ai::Ai::new(facts),
            touchstone: Own {
                outcome: facts.outcome,
                upstream_request_id: facts.upstream_id,
                dropped: facts.dropped,
                close_code: facts.close_code,
            },
        }
    }
}

impl<'f> Request<'f> {
    fn new(facts: &Facts<'f>, wire: &'f Wire) -> Self {
        let head = &wire.asked;
        let uri = masked(&head.uri, facts.target);
        let host = head.uri.authority().map(http::uri::Authority::as_str);
        let host = host.or_else(|| head.headers.get(http::header::HOST)?.to_str().ok()).unwrap_or_default();
        let length = || head.headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        Self {
            id: facts.request_id,
            method: head.method.as_str(),
            url: format!("http://{host}{uri}"),
            uri,
            querystring: Query { query: head.uri.query().unwrap_or_default(), target: facts.target },
            headers: Fields { fields: &head.headers, target: facts.target },
            size: wire.taken.or_else(length).unwrap_or_default(),
        }
    }
}

impl Latencies {
    fn new(facts: &Facts<'_>) -> Self {
        let latencies = &facts.latencies;
        let receive = latencies.upstream.zip(latencies.first).map(|(all, first)| all.saturating_sub(first));
        Self {
            kong: millis(latencies.gateway),
            proxy: latencies.first.map_or(-1, |first| i64::try_from(millis(first)).unwrap_or(i64::MAX)),
            request: millis(latencies.total),
            receive: receive.map_or(0, millis),
        }
    }
}

fn tries<'f>(facts: &Facts<'f>, began: Duration) -> Vec<Try<'f>> {
    let (last, asked) = (facts.tried.len().saturating_sub(1), facts.tried.iter().enumerate());
    let of_one = |(number, tried): (usize, &'f Tried)| {
        let failed = number < last || tried.upstream_status.is_none();
        let origin = tried.origin.as_deref();
        Try {
            balancer_start: millis(began + tried.after),
            balancer_latency: 0,
            ip: tried.ip,
            port: origin.map(|origin| origin.port),
            state: failed.then_some("failed"),
            code: tried.upstream_status.filter(|_| failed),
            host: origin.map(|origin| origin.host.as_str()),
        }
    };
    asked.filter(|(_, tried)| tried.origin.is_some()).map(of_one).collect()
}

/// Header fields, without what they keep secret.
struct Fields<'f> {
    fields: &'f HeaderMap,
    /// Whose own field for a key is secret, too.
    target: Option<&'f Target>,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let own = self.target.and_then(|target| target.auth.header.as_ref()).map(|header| &header.name);
        let mut map = serializer.serialize_map(Some(self.fields.keys_len()))?;
        for name in self.fields.keys() {
            let is_secret = SECRET_FIELDS.contains(&name.as_str()) || own.is_some_and(|own| own == name);
            let values = self.fields.get_all(name).iter();
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            if is_secret {
                map.serialize_entry(name.as_str(), REDACTED)?;
            } else {
                one_or_all(&mut map, name.as_str(), &values)?;
            }
        }
        map.end()
    }
}

/// A query's parameters, without what they keep secret.
struct Query<'f> {
    query: &'f str,
    target: Option<&'f Target>,
}

impl Serialize for Query<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all: BTreeMap<Cow<'_, str>, Vec<Cow<'_, str>>> = BTreeMap::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode(name);
            let value = if is_secret(&name, self.target) { REDACTED.into() } else { percent::decode(value) };
            all.entry(name).or_default().push(value);
        }
        let mut map = serializer.serialize_map(Some(all.len()))?;
        for (name, values) in &all {
            one_or_all(&mut map, name, values)?;
        }
        map.end()
    }
}

/// A name with its value, or with all of them where there are several, as in Kong.
fn one_or_all<M: SerializeMap>(map: &mut M, name: &str, values: &[Cow<'_, str>]) -> Result<(), M::Error> {
    match values {
        [value] => map.serialize_entry(name, value),
        values => map.serialize_entry(name, values),
    }
}

/// Path and query, without what they keep secret.
fn masked(uri: &Uri, target: Option<&Target>) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(&percent::decode(name), target) => {
            Cow::Owned(format!("{name}={REDACTED}"))
        }
        _ => Cow::Borrowed(pair),
    });
    format!("{}?{}", uri.path(), pairs.collect::<Vec<_>>().join("&"))
}

/// Whether a parameter of a query holds a credential.
fn is_secret(name: &str, target: Option<&Target>) -> bool {
    let own = target.and_then(|target| target.auth.param.as_ref());
    SECRET_PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name))
        || own.is_some_and(|own| own.name == name)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
