//! By what a request shows who asks, where that is not in the file as it stands: a signature, or a token that is good for a while.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use http::HeaderValue;

use crate::aws::Signer;
use crate::config::{self, AwsKeys, BedrockOptions, Provider, Source, Template};
use crate::fault::Fault;
use crate::identity::{Account, Credential, Keys, Lent, Made, Principal, Registry, Role, Tap};
use crate::upstream::Head;

/// AWS's name for all of Bedrock in signatures.
const BEDROCK: &str = "bedrock";
/// Accounts that a core remembers of a target whose own is a template.
const MOST: usize = 64;

/// What is shown besides, or signed with.
pub(super) enum Own {
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
pub(super) struct Taps {
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

impl Own {
    pub(super) fn new(target: &config::Target, registry: &Arc<Registry>) -> Self {
        let (provider, auth) = (target.model.provider, &target.auth);
        match Principal::with_token(provider, auth) {
            Some(principal) => Self::Tap(Rc::new(Tap::new(registry.source(principal)))),
            // A header that the file names goes before keys that the environment happens to hold.
            None if provider == Provider::Bedrock && auth.header.is_none() => {
                Self::aws(auth, &target.model.options.bedrock, registry)
            }
            None => Self::Nothing,
        }
    }

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

    /// Whether requests are signed, with all that is in them.
    pub(super) fn signs(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Signer(_) | Self::Regional(..) | Self::Taps(_) => true,
            Self::Tap(tap) => tap.principal().region().is_some(),
        }
    }

    /// Whether a token is shown in `Authorization`.
    pub(super) fn shows_token(&self) -> bool {
        matches!(self, Self::Tap(_)) && !self.signs()
    }

    /// Whose it is, as bytes that are the same for as long as that is.
    pub(super) fn who<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let of = |tap: &Tap<Shown>| format!("{:?}", tap.principal()).into_bytes();
        Ok(match self {
            Self::Nothing => None,
            Self::Signer(signer) => Some(signer.access_key().into()),
            Self::Regional(keys, _) => Some(keys.access_key_id.expose().into()),
            Self::Tap(tap) => Some(of(tap)),
            Self::Taps(taps) => Some(of(&*taps.find(value)?)),
        })
    }

    /// What a request will show. Waits where a token must be asked for; else it costs next to nothing.
    pub(super) async fn proof<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Proof, Fault> {
        let tap = match self {
            Self::Nothing => return Ok(Proof::Nothing),
            Self::Signer(signer) => return Ok(Proof::Signed(Rc::clone(signer))),
            Self::Regional(keys, region) => {
                let region = region.resolve(value)?;
                return Ok(Proof::Signed(Rc::new(Keys::from(keys).signer(region.into_owned(), BEDROCK))));
            }
            Self::Tap(tap) => Rc::clone(tap),
            Self::Taps(taps) => taps.find(value)?,
        };
        let made = tap.draw(|lent| Shown::new(lent, tap.principal())).await.map_err(|_| Fault::Identity)?;
        Ok(Proof::Lent(tap, made))
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
        match &*lent.credential {
            Credential::Keys(keys) => {
                let region = principal.region().unwrap_or_default();
                Self::Signed(Box::new(keys.signer(region.to_owned(), BEDROCK)))
            }
            Credential::Token(token) => Self::Token(token.clone()),
        }
    }
}

impl Proof {
    /// What signs the request.
    pub(super) fn signer(&self) -> Option<&Signer> {
        match self {
            Self::Nothing => None,
            Self::Signed(signer) => Some(signer),
            Self::Lent(_, made) => match &made.of {
                Shown::Signed(signer) => Some(signer),
                Shown::Token(_) => None,
            },
        }
    }

    /// The value of `Authorization`.
    pub(super) fn token(&self) -> Option<&HeaderValue> {
        match self {
            Self::Lent(_, made) => match &made.of {
                Shown::Token(token) => Some(token),
                Shown::Signed(_) => None,
            },
            Self::Nothing | Self::Signed(_) => None,
        }
    }

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
