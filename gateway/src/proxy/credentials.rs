//! How a call shows its key. The client's own keys are not passed on, unless the file says that they win.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;

use crate::aws::{Request, Signer};
use crate::config::{
    self, AuthHeader, AuthParam, AwsKeys, BedrockOptions, ParamLocation, Provider, Source, Template,
};
use crate::fault::Fault;
use crate::identity::{Account, Credential, Keys, Lent, Made, Principal, Registry, Role, Tap};
use crate::percent;
use crate::upstream::Head;

/// AWS's name for all of Bedrock in signatures.
const BEDROCK: &str = "bedrock";
/// Accounts that a core remembers of a route whose own is a template.
const MOST: usize = 64;

/// The credentials of one target.
pub(crate) struct Credentials {
    header: Option<AuthHeader>,
    param: Option<AuthParam>,
    allow_override: bool,
    own: Own,
}

/// What is shown besides, or signed with.
enum Own {
    Nothing,
    /// Keys of the file.
    Signer(Rc<Signer>),
    /// The same, where the region is a template.
    Regional(AwsKeys, Template),
    /// Somebody who gets tokens, or keys for a while.
    Tap(Rc<Tap<Shown>>),
    /// The same, where it depends on the call who that is.
    Taps(Box<Taps>),
}

/// Somebody of AWS whom each call names.
struct Taps {
    registry: Arc<Registry>,
    account: Account,
    region: Template,
    bedrock: BedrockOptions,
    /// The one that was used last stands first.
    known: RefCell<VecDeque<(Account, Rc<Tap<Shown>>)>>,
}

/// What an upstream is shown of a credential.
pub(super) enum Shown {
    Signed(Box<Signer>),
    Token(HeaderValue),
}

/// By what a request shows who asks, besides what is in the file as it stands.
pub(super) enum Proof {
    Nothing,
    Signed(Rc<Signer>),
    Lent(Rc<Tap<Shown>>, Rc<Made<Shown>>),
}

/// A request to an upstream, before it becomes bytes.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a str,
    /// What stands before the path, and is not signed with it.
    pub(super) prefix: &'a str,
    pub(super) path: &'a str,
    pub(super) query: String,
    pub(super) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) body: &'a Payload<'a>,
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
    pub(super) fn new(
        provider: Provider,
        auth: &config::Auth,
        bedrock: &BedrockOptions,
        registry: &Arc<Registry>,
    ) -> Self {
        let own = match Principal::with_token(provider, auth) {
            Some(principal) => Own::Tap(Rc::new(Tap::new(registry.source(principal)))),
            // A header that the file names goes before keys that the environment happens to hold.
            None if provider == Provider::Bedrock && auth.header.is_none() => {
                Own::aws(auth, bedrock, registry)
            }
            None => Own::Nothing,
        };
        Self {
            header: auth.header.clone(),
            param: auth.param.clone(),
            allow_override: auth.allow_override,
            own,
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
        match &self.own {
            Own::Nothing => (),
            Own::Signer(signer) => add(signer.access_key().as_bytes()),
            Own::Regional(keys, _) => add(keys.access_key_id.expose().as_bytes()),
            Own::Tap(tap) => {
                let own = self.clients(client, &header::AUTHORIZATION).map(HeaderValue::as_bytes);
                add(own.unwrap_or(tap.principal().to_string().as_bytes()));
            }
            Own::Taps(taps) => add(taps.find(value)?.principal().to_string().as_bytes()),
        }
        Ok(who)
    }

    /// A client's own header, where it wins.
    fn clients<'c>(&self, client: &'c Parts, name: &HeaderName) -> Option<&'c HeaderValue> {
        client.headers.get(name).filter(|_| self.allow_override)
    }

    /// The parameter of the query that holds the key.
    pub(super) fn query_parameter(&self) -> Option<&str> {
        let param = self.param.as_ref()?;
        matches!(param.location, ParamLocation::Query).then_some(&*param.name)
    }

    /// What a request will show. Waits where a token must be asked for; else it costs next to nothing.
    pub(super) async fn proof<'v>(
        &self,
        client: &Parts,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Proof, Fault> {
        let tap = match &self.own {
            Own::Nothing => return Ok(Proof::Nothing),
            Own::Signer(signer) => return Ok(Proof::Signed(Rc::clone(signer))),
            Own::Regional(keys, region) => {
                let region = region.resolve(value)?;
                return Ok(Proof::Signed(Rc::new(Keys::from(keys).signer(region.into_owned(), BEDROCK))));
            }
            Own::Tap(_) if self.clients(client, &header::AUTHORIZATION).is_some() => {
                return Ok(Proof::Nothing);
            }
            Own::Tap(tap) => Rc::clone(tap),
            Own::Taps(taps) => taps.find(value)?,
        };
        let made = tap.draw(|lent| Shown::new(lent, tap.principal())).await.map_err(|_| Fault::Identity)?;
        Ok(Proof::Lent(tap, made))
    }

    /// Adds the key to the body, where that is its place.
    pub(super) fn add_to_body(&self, body: &mut Payload<'_>) {
        if let (Some(param), Payload::Whole(body)) = (&self.param, body)
            && matches!(param.location, ParamLocation::Body)
        {
            insert(body, &param.name, param.value.expose());
        }
    }

    /// Adds the key to `request`, or signs it; nothing in it may change afterwards.
    pub(super) fn add(&self, request: &mut Outgoing<'_>, client: &Parts, proof: &Proof) -> Result<(), Fault> {
        if let Some(param) = &self.param {
            self.add_to_query(param, request, client);
        }
        let has_token = matches!(self.own, Own::Tap(_)) && !self.own.signs();
        if let Some(AuthHeader { name, value }) = &self.header
            && !(has_token && name == header::AUTHORIZATION)
        {
            let key = text(self.clients(client, name).unwrap_or(value))?;
            request.headers.push((name.to_string().into(), key.to_owned().into()));
        }
        match proof {
            Proof::Nothing if has_token => {
                if let Some(own) = self.clients(client, &header::AUTHORIZATION) {
                    request.headers.push(("authorization".into(), text(own)?.to_owned().into()));
                }
            }
            Proof::Nothing => (),
            Proof::Signed(signer) => sign(signer, request),
            Proof::Lent(_, made) => match &made.of {
                Shown::Signed(signer) => sign(signer, request),
                Shown::Token(token) => {
                    request.headers.push(("authorization".into(), text(token)?.to_owned().into()));
                }
            },
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

impl Own {
    fn aws(auth: &config::Auth, bedrock: &BedrockOptions, registry: &Arc<Registry>) -> Self {
        let Some(region) = bedrock.region.clone() else { return Self::Nothing };
        if let (Some(keys), None) = (&auth.aws, &bedrock.assume_role_arn) {
            return match region.fixed() {
                Some(region) => Self::Signer(Rc::new(Keys::from(keys).signer(region.to_owned(), BEDROCK))),
                None => Self::Regional(keys.clone(), region),
            };
        }
        let account = Account {
            keys: auth.aws.clone(),
            role: None,
            region: String::new(),
            sts: None,
            surroundings: auth.surroundings.clone(),
        };
        let taps = Taps {
            registry: Arc::clone(registry),
            account,
            region,
            bedrock: bedrock.clone(),
            known: RefCell::default(),
        };
        // Where no call has a say, the first one finds it ready.
        match taps.find(&|_, _| None) {
            Ok(tap) => Self::Tap(tap),
            Err(_) => Self::Taps(Box::new(taps)),
        }
    }

    fn signs(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Signer(_) | Self::Regional(..) | Self::Taps(_) => true,
            Self::Tap(tap) => matches!(tap.principal(), Principal::Aws(_)),
        }
    }
}

impl Taps {
    /// The one whom a call names.
    fn find<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Rc<Tap<Shown>>, Fault> {
        let fill = |template: &Option<Template>| {
            template.as_ref().map(|template| template.resolve(value).map(Cow::into_owned)).transpose()
        };
        let arn = fill(&self.bedrock.assume_role_arn)?;
        let session = fill(&self.bedrock.role_session_name)?;
        let region = self.region.resolve(value)?.into_owned();
        // It becomes part of the name of a host.
        if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Fault::Unprintable("region"));
        }
        let account = Account {
            role: arn.map(|arn| Role { arn, session, ..Role::default() }),
            region,
            sts: fill(&self.bedrock.sts_endpoint_url)?,
            ..self.account.clone()
        };
        let mut known = self.known.borrow_mut();
        if let Some(at) = known.iter().position(|(other, _)| *other == account)
            && let Some(found) = known.remove(at)
        {
            let tap = Rc::clone(&found.1);
            known.push_front(found);
            return Ok(tap);
        }
        let tap = Rc::new(Tap::new(self.registry.source(Principal::Aws(account.clone()))));
        known.push_front((account, Rc::clone(&tap)));
        known.truncate(MOST);
        Ok(tap)
    }
}

impl Shown {
    fn new(lent: &Lent, principal: &Principal) -> Self {
        match (&*lent.credential, principal) {
            (Credential::Keys(keys), Principal::Aws(account)) => {
                Self::Signed(Box::new(keys.signer(account.region.clone(), BEDROCK)))
            }
            (Credential::Keys(keys), _) => Self::Signed(Box::new(keys.signer(String::new(), BEDROCK))),
            (Credential::Token(token), _) => Self::Token(token.clone()),
        }
    }
}

impl Proof {
    /// Whether the upstream refused it, and another one is to be had, which is asked for then.
    pub(super) fn refuse(&self, head: &Head) -> bool {
        /// Of keys that are no longer good: <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>
        const STALE: [&str; 3] = ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient"];
        let Self::Lent(tap, made) = self else { return false };
        let is_stale = |kind: &str| STALE.iter().any(|stale| kind.starts_with(stale));
        let is_refusal = match head.status {
            401 => true,
            400 | 403 => head.value("x-amzn-errortype").is_some_and(is_stale),
            _ => false,
        };
        is_refusal && tap.refuse(made)
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

impl Outgoing<'_> {
    /// The bytes that go over the wire, head and body in one where all is here: they are written at once.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Fault> {
        let Self { method, prefix, path, query, headers, body } = self;
        let whole: &[u8] = if let Payload::Whole(body) = body { body } else { &[] };
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
        let body = Payload::Whole(&mut body);
        let bytes = |path, value: &'static str| {
            Outgoing {
                method: "POST",
                prefix: "",
                path,
                query: String::new(),
                headers: vec![("x".into(), value.into())],
                body: &body,
            }
            .into_bytes()
        };
        assert!(bytes("/a", "b").is_ok());
        assert!(bytes("/a", "b\r\nc: d").is_err());
        assert!(bytes("/a b", "c").is_err());
        assert!(bytes("/a\r\n", "c").is_err());
    }
}
