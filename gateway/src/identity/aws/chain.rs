//! Where AWS's clients look for keys, one place after the other: what is set up there and fails ends the search, as with them.
//!
//! The order of the SDK for Rust, after the environment: <https://docs.rs/aws-config/latest/aws_config/default_provider/credentials/>

use super::profile::{self, Base, Plan};
use super::{Account, Failure, Issued, Network, Role, container, instance};
use crate::config::AwsKeys;
use crate::config::Secret;
use crate::identity::{Credential, Keys};

impl Account {
    pub(super) async fn find(&self, network: &Network) -> Result<Issued, Failure> {
        let set = &self.surroundings;
        let profiles = profile::read(set, network).await?;
        if let Some(plan) = profiles.plan(set.get("AWS_PROFILE").unwrap_or("default"))? {
            return self.follow(plan, network).await;
        }
        if let Some(file) = set.get("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let arn = set.get("AWS_ROLE_ARN").ok_or_else(|| {
                Failure::Settings("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN".to_owned())
            })?;
            let session = set.get("AWS_ROLE_SESSION_NAME").map(str::to_owned);
            let role = Role { arn: arn.to_owned(), session, ..Role::default() };
            return self.assume_with_token(&role, file, network).await;
        }
        if let Some(issued) = container::ask(set, network).await? {
            return Ok(issued);
        }
        let why = match instance::ask(set, network).await? {
            Ok(issued) => return Ok(issued),
            Err(why) => why,
        };
        Err(Failure::Nowhere(format!(
            "{}, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI, the instance's \
             metadata server ({why})",
            profiles.told()
        )))
    }

    /// What a profile says: its keys, and the roles that are assumed with them, one with the other's.
    async fn follow(&self, plan: Plan, network: &Network) -> Result<Issued, Failure> {
        let set = &self.surroundings;
        let nothing = |source: &str| {
            Failure::Settings(format!("a profile's credential_source is {source}, where there are no keys"))
        };
        let mut issued = match plan.base {
            Base::Keys(keys) => Issued { credential: Credential::Keys(keys), by: "a profile", lasts: None },
            Base::Token { role, file } => self.assume_with_token(&role, &file, network).await?,
            Base::Environment => {
                let keys = AwsKeys::of_environment(set).ok_or_else(|| nothing("Environment"))?;
                let credential = Credential::Keys(Keys::from(&keys));
                Issued { credential, by: "the environment", lasts: None }
            }
            Base::Container => container::ask(set, network).await?.ok_or_else(|| nothing("EcsContainer"))?,
            Base::Instance => {
                instance::ask(set, network).await?.map_err(|_| nothing("Ec2InstanceMetadata"))?
            }
        };
        for role in &plan.roles {
            issued = self.assume(&issued, role, network).await?;
        }
        Ok(issued)
    }
}

impl AwsKeys {
    fn of_environment(set: &crate::config::Surroundings) -> Option<Self> {
        Some(Self {
            access_key_id: Secret::new(set.get("AWS_ACCESS_KEY_ID")?),
            secret_access_key: Secret::new(set.get("AWS_SECRET_ACCESS_KEY")?),
            session_token: set.get("AWS_SESSION_TOKEN").map(Secret::new),
        })
    }
}
