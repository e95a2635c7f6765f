//! The credentials of an EC2 instance's role, by version 2 of its metadata service alone.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>

use std::time::Duration;

use jiff::Timestamp;

use super::document::{Document, code};
use super::{Failure, Issued, Network};
use crate::config::Surroundings;
use crate::identity::network::Request;

const WHOM: &str = "the instance's metadata server";
/// The longest that a session may last: it is used for two requests.
const SESSION_SECONDS: &str = "21600";
/// How long keys are used on that the service gives out although they have expired: when it cannot get new ones, it wants its
/// clients to go on. <https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html>
const EXTENDED: Duration = Duration::from_secs(600);

/// Asks for them; the inner error: why there are none here.
pub(super) async fn ask(set: &Surroundings, network: &Network) -> Result<Result<Issued, String>, Failure> {
    if set.get("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(Err("AWS_EC2_METADATA_DISABLED".to_owned()));
    }
    let base = base(set);
    let url = |path: &str| format!("{}/latest/{path}", base.trim_end_matches('/'));
    let session = Request {
        whom: WHOM,
        method: "PUT",
        url: &url("api/token"),
        headers: vec![("x-aws-ec2-metadata-token-ttl-seconds", SESSION_SECONDS)],
        body: None,
        metadata: true,
    };
    let session = match network.ask(session).await {
        Err(Failure::Unreachable { why, .. }) => return Ok(Err(why)),
        said => said?.good(|_| None)?,
    };
    let session = session.text()?.to_owned();
    let get = async |path: &str| {
        let headers = vec![("x-aws-ec2-metadata-token", &*session)];
        let url = url(&format!("meta-data/iam/security-credentials/{path}"));
        network
            .ask(Request { whom: WHOM, method: "GET", url: &url, headers, body: None, metadata: true })
            .await
    };
    let role = get("").await?;
    if role.status == 404 {
        return Ok(Err("the instance has no role".to_owned()));
    }
    let role = role.good(|_| None)?;
    let role = role.text()?.lines().next().unwrap_or_default().to_owned();
    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if role.is_empty() || !role.bytes().all(legal) {
        return Err(Failure::Garbage { whom: WHOM, what: "a role whose name is none" });
    }
    let document: Document = get(&role).await?.good(code)?.json()?;
    if document.code.as_deref().is_some_and(|code| code != "Success") {
        return Err(Failure::Garbage { whom: WHOM, what: "a role that it could not assume" });
    }
    let is_extended = document.end().is_some_and(|end| end <= Timestamp::now());
    let issued = document.issued(WHOM)?;
    if is_extended {
        tracing::warn!("{WHOM} gives out keys that have expired; they are used on for a while");
    }
    Ok(Ok(if is_extended { Issued { lasts: Some(EXTENDED), ..issued } } else { issued }))
}

fn base(set: &Surroundings) -> &str {
    let is_six = set
        .get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
    let own = if is_six { "http://[fd00:ec2::254]" } else { "http://169.254.169.254" };
    set.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(own)
}
