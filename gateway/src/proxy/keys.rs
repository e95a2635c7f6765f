//! The key that a client shows: found where the file says, and then taken out of the request, so that no upstream gets to see it.

use std::borrow::Cow;

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use crate::config::KeyAuth;
use crate::fault::Fault;
use crate::percent;

/// What stands before a key in `Authorization`: <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>.
const BEARER: &[u8] = b"bearer ";
/// By this, browsers show OpenAI's key when they open a session. <https://platform.openai.com/docs/guides/realtime-websocket>
const IN_PROTOCOL: &str = "openai-insecure-api-key.";
/// Headers that hold keys, whether the file names them or not.
const HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// A value in a place for keys, and what it may be: Kong takes it as it stands, and clients of providers put `Bearer` before it in
/// `Authorization`.
pub(super) struct Shown {
    value: Vec<u8>,
    is_authorization: bool,
}

impl Shown {
    /// Looks at the places in their order; the first that has anything counts.
    pub(super) fn find(settings: &KeyAuth, head: &Parts) -> Result<Option<Self>, Fault> {
        let query = head.uri.query().unwrap_or_default();
        for (name, parameter) in settings.names.iter().zip(&settings.parameters) {
            let mut found = Vec::new();
            if settings.in_header {
                found.extend(head.headers.get_all(name).iter().map(|value| value.as_bytes().to_vec()));
                if name == header::AUTHORIZATION && found.is_empty() {
                    found.extend(in_protocols(&head.headers).map(|key| key.as_bytes().to_vec()));
                }
            }
            if found.is_empty() && settings.in_query {
                found.extend(values(query, parameter).map(|value| value.into_owned().into_bytes()));
            }
            match &found[..] {
                [] => (),
                [_] => {
                    let is_authorization = name == header::AUTHORIZATION;
                    let value = found.pop().filter(|value| !value.is_empty());
                    return Ok(value.map(|value| Self { value, is_authorization }));
                }
                _ => return Err(refused("Duplicate API key found", settings)),
            }
        }
        Ok(None)
    }

    /// What the key may be.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.value[..]).chain(bearer(&self.value).filter(|_| self.is_authorization))
    }
}

/// Nobody gets in so.
pub(super) fn refused(message: &'static str, settings: &KeyAuth) -> Fault {
    let challenge = match &settings.realm {
        Some(realm) => format!("Key realm=\"{realm}\""),
        None => "Key".to_owned(),
    };
    Fault::Unauthorized { message, challenge }
}

/// Takes a key out of every place where it may stand.
pub(super) fn hide(key: &[u8], settings: &KeyAuth, head: &mut Parts) {
    for name in settings.names.iter().chain(&HEADERS) {
        let is_key = |value: &HeaderValue| value.as_bytes() == key || bearer(value.as_bytes()) == Some(key);
        if head.headers.get_all(name).iter().any(is_key) {
            head.headers.remove(name);
        }
    }
    let protocols: Vec<String> = protocols(&head.headers).map(str::to_owned).collect();
    if protocols
        .iter()
        .any(|protocol| protocol.strip_prefix(IN_PROTOCOL).is_some_and(|own| own.as_bytes() == key))
    {
        let rest: Vec<_> = protocols
            .iter()
            .filter(|protocol| !protocol.starts_with(IN_PROTOCOL))
            .map(|protocol| &**protocol)
            .collect();
        head.headers.remove(header::SEC_WEBSOCKET_PROTOCOL);
        if let Ok(value) = HeaderValue::from_str(&rest.join(", "))
            && !rest.is_empty()
        {
            head.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value);
        }
    }
    let is_shown = |pair: &&str| {
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        percent::decode(value).as_bytes() != key
    };
    if let Some(query) = head.uri.query()
        && !query.split('&').all(|pair| is_shown(&pair))
    {
        let rest: Vec<_> = query.split('&').filter(is_shown).collect();
        head.uri = with_query(&head.uri, &rest.join("&"));
    }
}

/// Takes out whatever stands where a key may, for a call that goes no further than the log.
pub(super) fn hide_all(settings: &KeyAuth, head: &mut Parts) {
    for name in settings.names.iter().chain(&HEADERS).chain([&header::SEC_WEBSOCKET_PROTOCOL]) {
        head.headers.remove(name);
    }
    if let Some(query) = head.uri.query() {
        let is_other = |pair: &&str| {
            let name = percent::decode(pair.split('=').next().unwrap_or_default());
            !settings.parameters.iter().any(|parameter| *parameter == name)
        };
        let rest: Vec<_> = query.split('&').filter(is_other).collect();
        head.uri = with_query(&head.uri, &rest.join("&"));
    }
}

/// The same place with another query; without any, should that not be one.
fn with_query(uri: &Uri, query: &str) -> Uri {
    let path = uri.path();
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = text.parse::<PathAndQuery>().or_else(|_| path.parse()).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static("/"))
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| key.trim_ascii())
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values =
        headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn in_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    protocols(headers).filter_map(|protocol| protocol.strip_prefix(IN_PROTOCOL))
}

fn values<'q>(query: &'q str, name: &str) -> impl Iterator<Item = Cow<'q, str>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(move |(key, _)| percent::decode(key) == name).map(|(_, value)| percent::decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(names: &[&str]) -> KeyAuth {
        KeyAuth {
            names: names.iter().map(|name| name.parse().unwrap()).collect(),
            parameters: names.iter().map(|name| (*name).to_owned()).collect(),
            in_header: true,
            in_query: true,
            anonymous: None,
            realm: None,
        }
    }

    fn head(uri: &str, fields: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::get(uri);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn found(names: &[&str], uri: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let shown = Shown::find(&settings(names), &head(uri, fields)).unwrap();
        let text = |key: &[u8]| String::from_utf8(key.to_vec()).unwrap();
        shown.iter().flat_map(Shown::keys).map(text).collect()
    }

    #[test]
    fn a_key_is_found_where_each_client_shows_it() {
        let all = ["apikey", "authorization", "x-api-key", "api-key", "x-goog-api-key", "key"];
        let bearer = [("authorization", "Bearer sk-1")];
        assert_eq!(found(&all, "/", &bearer), ["Bearer sk-1", "sk-1"]);
        for name in ["x-api-key", "api-key", "x-goog-api-key", "apikey"] {
            assert_eq!(found(&all, "/", &[(name, "sk-1")]), ["sk-1"], "{name}");
        }
        assert_eq!(found(&all, "/?a=b&key=sk%2D1", &[]), ["sk-1"]);
        let protocols = [("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1")];
        assert_eq!(found(&all, "/", &protocols), ["sk-1"]);
        // Kong's order: name by name, a header before the query.
        assert_eq!(found(&["apikey", "key"], "/?key=3&apikey=2", &[("apikey", "1"), ("key", "4")]), ["1"]);
        assert_eq!(found(&["apikey"], "/?apikey=2", &bearer), ["2"]);
        assert!(
            found(&["apikey"], "/", &bearer).is_empty() && found(&["apikey"], "/?apikey=", &[]).is_empty()
        );
    }

    #[test]
    fn two_keys_in_one_place_are_none() {
        for (uri, fields) in [("/", &[("apikey", "1"), ("apikey", "2")][..]), ("/?apikey=1&apikey=1", &[])] {
            let found = Shown::find(&settings(&["apikey"]), &head(uri, fields));
            assert!(matches!(found, Err(Fault::Unauthorized { message: "Duplicate API key found", .. })));
        }
    }

    #[test]
    fn a_key_is_hidden_wherever_it_stands_and_others_are_not() {
        let mut head = head(
            "http://gateway/v1/chat?alt=sse&key=sk%2d1&b=2",
            &[
                ("authorization", "bearer sk-1"),
                ("x-api-key", "sk-1"),
                ("api-key", "of-the-provider"),
                ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1"),
            ],
        );
        hide(b"sk-1", &settings(&["key"]), &mut head);
        assert!(
            !format!("{head:?}").to_lowercase().contains("sk-1") && !head.uri.to_string().contains("sk"),
            "{head:?}"
        );
        assert_eq!(head.uri, "http://gateway/v1/chat?alt=sse&b=2");
        assert_eq!(head.headers["api-key"], "of-the-provider");
        assert_eq!(head.headers["sec-websocket-protocol"], "realtime");
    }
}
