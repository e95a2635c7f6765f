//! AWS: [temporary keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html), and those who hand them out.

pub(crate) mod constraint;
mod ecs;
mod imds;
pub(crate) mod s3;
pub mod sigv4;
mod sts;
mod xml;

use jiff::Timestamp;

use super::{Caller, Issued, Session};
use crate::seed::Draw;
use crate::{AwsKey, Credentials};
pub(super) use ecs::Ecs;
pub(super) use imds::Imds;
pub(super) use s3::S3;
pub(super) use sts::Sts;

pub(super) const ECS: &str = "ecs";
pub(super) const IMDS: &str = "imds";
const STS: &str = "sts";

/// Whose account it is.
pub(crate) const ACCOUNT: &str = "123456789012";
/// ARN and id of whom the published keys are.
const USER: (&str, &str) = ("arn:aws:iam::123456789012:user/touchstone", "AIDATOUCHSTONE0000001");
/// The role of an instance, or of a container, of which nobody says otherwise.
const ROLE: &str = "touchstone-role";
/// Keys of instances and containers hold so many seconds.
const HOURS_6: u64 = 6 * 3_600;

/// A role, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Role<'a> {
    partition: &'a str,
    account: &'a str,
    /// Without its path.
    name: &'a str,
}

impl<'a> Role<'a> {
    /// Reads `arn:aws:iam::123456789012:role/path/name`.
    fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
        let name = resource.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())?;
        let is_account = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
        let is_partition = partition == "aws" || partition.starts_with("aws-");
        (is_account && is_partition).then_some(Self { partition, account, name })
    }

    /// Who somebody is that has taken it on.
    fn taken(&self, session: &str) -> Caller {
        let Self { partition, account, name } = self;
        Caller {
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
            id: format!("{}:{session}", self.id()),
            account: (*account).to_owned(),
        }
    }

    /// `AROA…`: the same for ever.
    fn id(&self) -> String {
        let hash = sigv4::hex(&sigv4::sha256(format!("{}/{}", self.account, self.name).as_bytes()));
        format!("AROA{}", hash[..17].to_uppercase())
    }
}

/// Keys for this caller, which hold for so many seconds; noted, so that signatures with them are good.
fn issue(issued: &Issued<'_>, published: &Credentials, draw: &Draw, caller: Caller, seconds: i64) -> Session {
    let region = published.aws.first().map_or_else(|| AwsKey::default().region, |key| key.region.clone());
    let key = AwsKey {
        access_key_id: format!("ASIA{}", draw.text("access key", 16).to_uppercase()),
        secret_access_key: draw.text("secret key", 40),
        // All of them begin so: it is `"\norigin_ec` in Base64.
        session_token: Some(format!("IQoJb3JpZ2luX2Vj{}==", draw.text("session token", 340))),
        region,
    };
    let session = Session { key, caller, expires: issued.now().as_second().saturating_add(seconds) };
    issued.keep_session(&session);
    session
}

/// A time as these services write it: `2026-01-02T03:04:05Z`.
fn written(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The keys of a machine, handed out until the last quarter of their time, or the last five minutes of it.
fn handed_out(
    issued: &Issued<'_>,
    published: &Credentials,
    draw: &Draw,
    whose: &str,
    caller: Caller,
) -> (Session, i64) {
    const KIND: &str = "aws-machine";
    let seconds = issued.lifetime(HOURS_6);
    let now = issued.now().as_second();
    let current = issued.shelf().get::<(String, i64)>(KIND, whose);
    let current = current.and_then(|(id, since)| Some((issued.session(&id)?, since)));
    if let Some((session, since)) = current {
        let reserve = ((session.expires - since) / 4).min(300);
        if session.expires - reserve > now {
            return (session, since);
        }
    }
    let session = issue(issued, published, draw, caller, seconds);
    issued.shelf().put(KIND, whose, &(&session.key.access_key_id, now));
    (session, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_arn() {
        let role = Role::parse("arn:aws-cn:iam::210987654321:role/deep/down/here").unwrap();
        assert_eq!(role, Role { partition: "aws-cn", account: "210987654321", name: "here" });
        assert_eq!(role.taken("me").arn, "arn:aws-cn:sts::210987654321:assumed-role/here/me");
        assert_eq!(role.taken("me").id, format!("{}:me", role.id()));
        assert_eq!(role.id().len(), 21);
        for wrong in [
            "",
            "role/here",
            "arn:aws:iam::210987654321:user/here",
            "arn:aws:iam::210987654321:role/",
            "arn:aws:iam::2109876:role/here",
            "arn:azure:iam::210987654321:role/here",
            "arn:aws:sts::210987654321:role/here",
        ] {
            assert_eq!(Role::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_has_no_fractions() {
        assert_eq!(written(1_767_323_045), "2026-01-02T03:04:05Z");
    }
}
