//! [The instance metadata service](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html), version 2:
//! a token first, then keys. Version 1, which asks for none, is refused.

use serde_json::json;
use specs::Violation;

use super::{ACCOUNT, IMDS, ROLE, Role, handed_out, written};
use crate::Keys;
use crate::cloud::Token;
use crate::cloud::service::Service;
use crate::provider::{Call, Denied, Headers, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The mock.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Imds;

const INSTANCE: &str = "i-0123456789abcdef0";
const REGION: &str = "us-east-1";
const TOKEN: &str = "putToken";
/// What its tokens are good for.
const PURPOSE: &str = "imds";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// Six hours.
const LONGEST: u64 = 21_600;

impl Service for Imds {
    fn name(&self) -> &'static str {
        IMDS
    }

    fn authenticate(&self, request: &Request, keys: &Keys<'_>) -> Result<(), Box<Denied>> {
        // What comes through a proxy comes from elsewhere.
        if request.header("x-forwarded-for").is_some() {
            return Err(denied(Kind::Permission, "the request was forwarded"));
        }
        if request.method == "PUT" {
            return Ok(());
        }
        let shown = request.header("x-aws-ec2-metadata-token");
        let token = shown.and_then(|shown| keys.issued.token(shown));
        let is_good =
            token.is_some_and(|token| token.purposes == [PURPOSE] && !keys.issued.is_over(token.expires));
        match (is_good, shown) {
            (true, _) => Ok(()),
            (false, Some(_)) => Err(denied(Kind::Authentication, "an unknown or expired token")),
            (false, None) => Err(denied(Kind::Authentication, "no token: version 1 of the service")),
        }
    }

    fn refuse(&self, _violation: &Violation, _body: &serde_json::Value) -> Failure {
        plain(Kind::InvalidRequest)
    }

    fn answer(&self, call: &Call<'_>) -> Result<Whole, Failure> {
        let asked = |name: &str| call.found.and_then(|found| found.parameter(name));
        Ok(match call.operation {
            TOKEN => return token(call),
            "getRole" => text(ROLE.to_owned()),
            "getCredentials" if asked("role").as_deref() == Some(ROLE) => text(credentials(call)),
            "getCredentials" => return Err(plain(Kind::NotFound)),
            "getIdentityDocument" => text(document()),
            "getInstanceId" => text(INSTANCE.to_owned()),
            "getRegion" => text(REGION.to_owned()),
            _ => text(format!("{REGION}a")),
        })
    }

    fn error(&self, _request: &Request, _draw: &Draw, failure: &Failure) -> Whole {
        let own = match failure.kind() {
            Kind::InvalidRequest => 400,
            Kind::Authentication => 401,
            Kind::Permission => 403,
            Kind::NotFound => 404,
            Kind::Method => 405,
            Kind::RateLimit | Kind::Overloaded | Kind::Unavailable => 503,
            _ => 500,
        };
        let status = failure.status.unwrap_or(own);
        Whole { status, headers: headers("text/html"), body: page(status).into() }
    }
}

fn plain(kind: Kind) -> Failure {
    Failure { kind: Some(kind), ..Failure::default() }
}

fn denied(kind: Kind, reason: &str) -> Box<Denied> {
    Box::new(Denied { failure: plain(kind), reason: reason.to_owned(), canonical_request: None })
}

/// A token for as many seconds as a header says: 1 to 21,600.
fn token(call: &Call<'_>) -> Result<Whole, Failure> {
    let asked = call.request.header(TTL).and_then(|seconds| seconds.parse().ok());
    let asked: u64 =
        asked.filter(|seconds| (1..=LONGEST).contains(seconds)).ok_or(plain(Kind::InvalidRequest))?;
    let issued = &call.keys.issued;
    let text = format!("AQAEA{}==", call.draw.text("token", 49));
    let expires = issued.now().as_second() + issued.lifetime(asked);
    issued.keep_token(&text, &Token { purposes: vec![PURPOSE.to_owned()], expires });
    let mut headers = headers("text/plain");
    headers.push((TTL.into(), asked.to_string().into()));
    Ok(Whole { status: 200, headers, body: text.into() })
}

fn credentials(call: &Call<'_>) -> String {
    let keys = &call.keys;
    let caller = Role { partition: "aws", account: ACCOUNT, name: ROLE }.taken(INSTANCE);
    let (session, since) = handed_out(&keys.issued, keys.published, &call.draw, INSTANCE, caller);
    let body = json!({
        "Code": "Success",
        "LastUpdated": written(since),
        "Type": "AWS-HMAC",
        "AccessKeyId": session.key.access_key_id,
        "SecretAccessKey": session.key.secret_access_key,
        "Token": session.key.session_token,
        "Expiration": written(session.expires),
    });
    format!("{body:#}")
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>
fn document() -> String {
    let body = json!({
        "accountId": ACCOUNT,
        "architecture": "x86_64",
        "availabilityZone": format!("{REGION}a"),
        "billingProducts": null,
        "devpayProductCodes": null,
        "marketplaceProductCodes": null,
        "imageId": "ami-0123456789abcdef0",
        "instanceId": INSTANCE,
        "instanceType": "t3.micro",
        "kernelId": null,
        "pendingTime": "2026-01-01T00:00:00Z",
        "privateIp": "10.0.0.10",
        "ramdiskId": null,
        "region": REGION,
        "version": "2017-09-30",
    });
    format!("{body:#}")
}

/// Even JSON is a text here.
fn text(body: String) -> Whole {
    Whole { status: 200, headers: headers("text/plain"), body: body.into() }
}

fn headers(media: &'static str) -> Headers {
    vec![("content-type".into(), media.into()), ("server".into(), "EC2ws".into())]
}

fn page(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = format!("{status} - {}", reason.unwrap_or("Error"));
    format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>\n"
    )
}
