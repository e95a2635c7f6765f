//! How a call shows its key. The client's own keys are not passed on, unless the file says that they win.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::aws::{Request, Signer};
use crate::config::{self, AuthHeader, AuthParam, AwsKeys, BedrockOptions, ParamLocation, Source};
use crate::fault::Fault;
use crate::percent;

/// AWS's name for all of Bedrock in signatures.
const BEDROCK: &str = "bedrock";

/// The credentials of one route.
pub(crate) struct Credentials {
    header: Option<AuthHeader>,
    param: Option<AuthParam>,
    allow_override: bool,
    aws: Option<Aws>,
}

enum Aws {
    Ready(Box<Signer>),
    /// The region is a template.
    Regional(AwsKeys, config::Template),
}

/// A request to an upstream, before it becomes bytes.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a str,
    /// What stands before the path, and is not signed with it.
    pub(super) prefix: &'a str,
    pub(super) path: &'a str,
    pub(super) query: String,
    pub(super) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) body: Payload<'a>,
}

/// What a request brings.
pub(super) enum Payload<'a> {
    /// Nothing, not even a length.
    None,
    /// All of it is here.
    Whole(&'a mut Vec<u8>),
    /// It follows in pieces; its length, if that is known.
    Pieces(Option<u64>),
}

impl Credentials {
    pub(super) fn new(auth: &config::Auth, bedrock: &BedrockOptions) -> Self {
        // A header that the file names goes before keys that the environment happens to hold.
        let keys = auth.aws.clone().filter(|_| auth.header.is_none());
        let aws = keys.zip(bedrock.region.clone()).map(|(keys, region)| match region.fixed() {
            Some(region) => Aws::Ready(Box::new(signer(&keys, region))),
            None => Aws::Regional(keys, region),
        });
        Self {
            header: auth.header.clone(),
            param: auth.param.clone(),
            allow_override: auth.allow_override,
            aws,
        }
    }

    /// Whether the whole body must be there before the key can be shown: it is part of it, or is signed.
    pub(super) fn reads_body(&self) -> bool {
        self.aws.is_some()
            || self.param.as_ref().is_some_and(|param| matches!(param.location, ParamLocation::Body))
    }

    /// Who asks, as the provider sees it: the keys that will be shown. Not for logs.
    pub(super) fn who(&self, client: &Parts) -> Vec<u8> {
        let mut who = Vec::new();
        let mut add = |part: &[u8]| {
            who.extend_from_slice(&(part.len() as u64).to_be_bytes());
            who.extend_from_slice(part);
        };
        if let Some(AuthHeader { name, value }) = &self.header {
            let own = client.headers.get(name).filter(|_| self.allow_override);
            add(own.unwrap_or(value).as_bytes());
        }
        if let Some(param) = &self.param {
            let own = client.uri.query().and_then(|query| percent::parameter(query, &param.name));
            add(own.filter(|_| self.allow_override).as_deref().unwrap_or(param.value.expose()).as_bytes());
        }
        match &self.aws {
            None => (),
            Some(Aws::Ready(signer)) => add(signer.access_key().as_bytes()),
            Some(Aws::Regional(keys, _)) => add(keys.access_key_id.expose().as_bytes()),
        }
        who
    }

    /// The parameter of the query that holds the key.
    pub(super) fn query_parameter(&self) -> Option<&str> {
        let param = self.param.as_ref()?;
        matches!(param.location, ParamLocation::Query).then_some(&*param.name)
    }

    /// Adds the key to `request`, or signs it; nothing in it may change afterwards.
    pub(super) fn add<'v>(
        &self,
        request: &mut Outgoing<'_>,
        client: &Parts,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<(), Fault> {
        if let Some(param) = &self.param {
            self.add_param(param, request, client);
        }
        if let Some(AuthHeader { name, value }) = &self.header {
            let own = client.headers.get(name).filter(|_| self.allow_override);
            let key = text(own.unwrap_or(value))?;
            request.headers.push((name.to_string().into(), key.to_owned().into()));
        }
        match &self.aws {
            None => (),
            Some(Aws::Ready(signer)) => sign(signer, request),
            Some(Aws::Regional(keys, region)) => sign(&signer(keys, &region.resolve(value)?), request),
        }
        Ok(())
    }

    fn add_param(&self, param: &AuthParam, request: &mut Outgoing<'_>, client: &Parts) {
        let key = param.value.expose();
        match param.location {
            ParamLocation::Query => {
                let own = client.uri.query().and_then(|query| percent::parameter(query, &param.name));
                let key = own.filter(|_| self.allow_override).unwrap_or(Cow::Borrowed(key));
                if !request.query.is_empty() {
                    request.query.push('&');
                }
                request.query += &format!("{}={}", percent::encode(&param.name), percent::encode(&key));
            }
            ParamLocation::Body => {
                if let Payload::Whole(body) = &mut request.body {
                    insert(body, &param.name, key);
                }
            }
        }
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

fn signer(keys: &AwsKeys, region: &str) -> Signer {
    let token = keys.session_token.as_ref().map(|token| token.expose().to_owned());
    Signer::new(
        keys.access_key_id.expose().into(),
        keys.secret_access_key.expose().into(),
        token,
        region.into(),
        BEDROCK,
    )
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
        body: match &request.body {
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

impl Outgoing<'_> {
    /// The bytes that go over the wire, head and body in one where all is here: they are written at once.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Fault> {
        let Self { method, prefix, path, query, headers, body } = self;
        let whole: &[u8] = if let Payload::Whole(body) = &body { body } else { &[] };
        if !path.bytes().chain(query.bytes()).all(|byte| byte.is_ascii_graphic()) {
            return Err(Fault::Unprintable("path"));
        }
        let mut bytes = Vec::with_capacity(1024 + whole.len());
        let mut add = |part: &[u8]| bytes.extend_from_slice(part);
        add(method.as_bytes());
        add(b" ");
        add(prefix.as_bytes());
        add(path.as_bytes());
        if !query.is_empty() {
            add(b"?");
            add(query.as_bytes());
        }
        add(b" HTTP/1.1\r\n");
        for (name, value) in &headers {
            let valid =
                HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok();
            if !valid {
                return Err(Fault::Unprintable("header"));
            }
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                add(part);
            }
        }
        match body {
            Payload::None => (),
            Payload::Whole(_) => add(format!("content-length: {}\r\n", whole.len()).as_bytes()),
            Payload::Pieces(Some(length)) => add(format!("content-length: {length}\r\n").as_bytes()),
            Payload::Pieces(None) => add(b"transfer-encoding: chunked\r\n"),
        }
        add(b"\r\n");
        add(whole);
        Ok(bytes)
    }
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

    #[test]
    fn nobody_writes_a_line_of_their_own() {
        let mut body = Vec::new();
        let mut bytes = |path, value: &'static str| {
            Outgoing {
                method: "POST",
                prefix: "",
                path,
                query: String::new(),
                headers: vec![("x".into(), value.into())],
                body: Payload::Whole(&mut body),
            }
            .into_bytes()
        };
        assert!(bytes("/a", "b").is_ok());
        assert!(bytes("/a", "b\r\nc: d").is_err());
        assert!(bytes("/a b", "c").is_err());
        assert!(bytes("/a\r\n", "c").is_err());
    }
}
