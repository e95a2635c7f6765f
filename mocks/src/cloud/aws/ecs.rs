//! Keys for containers: [task roles of ECS](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html), whose path is the
//! secret, and [EKS Pod Identity](https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html), which wants a token.

use serde_json::{Value, json};

use super::{ACCOUNT, ECS, ROLE, Role, handed_out, written};
use crate::Keys;
use crate::cloud::identity;
use crate::cloud::jwt::Jwt;
use crate::cloud::service::Service;
use crate::provider::{Call, Denied, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Ecs;

/// The id in the path of a task.
const TASK: &str = "touchstone-task";
/// For whom the token of a pod must be.
const AUDIENCE: &str = "pods.eks.amazonaws.com";
const POD: &str = "/v1/credentials";

impl Service for Ecs {
    fn name(&self) -> &'static str {
        ECS
    }

    /// A published key, or the token of the pod's own service account.
    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        if request.path != POD {
            return Ok(());
        }
        let shown = request.header("authorization").unwrap_or_default();
        let now = keys.issued.now().as_second();
        let token = Jwt::read(shown).filter(identity::is_good);
        let holds = token
            .is_some_and(|token| token.is_for(AUDIENCE) && token.time("exp").is_some_and(|end| end > now));
        if holds || keys.published.accepts(ECS, shown) {
            return Ok(());
        }
        let (kind, message) = match (shown, Jwt::read(shown)) {
            ("", _) => (Kind::InvalidRequest, "Service account token cannot be empty"),
            (_, None) => (Kind::InvalidRequest, "Service account token cannot be parsed: token is malformed"),
            (_, Some(token)) if token.time("exp").is_none_or(|end| end <= now) => (
                Kind::InvalidRequest,
                "Service account token failed basic claim validations: token has invalid claims: token is expired",
            ),
            (_, Some(_)) => (Kind::Permission, "The service account token is not valid"),
        };
        let failure = Failure::new(kind, message);
        Err(Box::new(Denied { failure, reason: message.to_owned(), canonical_request: None }))
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let id = call.found.and_then(|found| found.parameter("id"));
        if id.as_deref().is_some_and(|id| id != TASK) {
            let message = "CredentialsV2Request: Credentials not found";
            let failure = Failure::new(Kind::InvalidRequest, message);
            return Err(Failure { code: Some("InvalidIdInRequest".to_owned()), ..failure });
        }
        let keys = &call.keys;
        let caller =
            Role { partition: "aws", account: ACCOUNT, name: ROLE }.taken(id.as_deref().unwrap_or("pod"));
        let whose = if id.is_some() { TASK } else { POD };
        let (session, _) = handed_out(&keys.issued, keys.published, &call.draw, whose, caller);
        let mut body = json!({
            "AccessKeyId": session.key.access_key_id,
            "SecretAccessKey": session.key.secret_access_key,
            "Token": session.key.session_token,
            "Expiration": written(session.expires),
        });
        match id {
            Some(_) => body["RoleArn"] = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}").into(),
            None => body["AccountId"] = ACCOUNT.into(),
        }
        Ok(json(200, &body))
    }

    /// Of tasks, JSON with a code; of pods, a sentence.
    fn error(&self, request: &Request, _draw: &Draw, failure: &Failure) -> Whole {
        let (own, code, sentence) = match failure.kind() {
            Kind::InvalidRequest => {
                (400, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
            }
            Kind::Authentication => (401, "AccessDenied", "The service account token is not valid"),
            Kind::Permission => (403, "AccessDenied", "The service account has no role"),
            Kind::NotFound | Kind::Method => {
                (400, "NoIdInRequest", "CredentialsV2Request: No Credential ID in the request")
            }
            Kind::RateLimit => (429, "Throttled", "Too many requests"),
            Kind::Unavailable | Kind::NotReady | Kind::Overloaded => {
                (503, "CredentialsUninitialized", "CredentialsV2Request: Credentials uninitialized for ID")
            }
            _ => (500, "InternalServerError", "The credentials could not be retrieved"),
        };
        let status = failure.status.unwrap_or(own);
        let message = failure.message.as_deref().unwrap_or(sentence);
        if request.path == POD {
            let headers = vec![("content-type".into(), "text/plain; charset=utf-8".into())];
            return Whole { status, headers, body: format!("{message}\n").into() };
        }
        let code = failure.code.as_deref().unwrap_or(code);
        json(status, &json!({ "code": code, "message": message, "HTTPErrorCode": status }))
    }
}

fn json(status: u16, body: &Value) -> Whole {
    let headers = vec![("content-type".into(), "application/json".into())];
    Whole { status, headers, body: body.to_string().into() }
}
