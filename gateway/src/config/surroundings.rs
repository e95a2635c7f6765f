//! What the environment says of who the gateway is, by the names that the clouds' own clients read.

use std::fmt;

use super::Secret;
use super::env::Env;

/// Those variables of one cloud that are set. They are read with the file, as all that configures a gateway is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Surroundings(Vec<(&'static str, Secret)>);

/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings>
pub(super) const AWS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HOME",
];

/// <https://cloud.google.com/docs/authentication/application-default-credentials>; the first is Kong's.
pub(super) const GOOGLE: &[&str] =
    &["GCP_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST"];

/// <https://learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables>,
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
pub(super) const AZURE: &[&str] = &[
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_TENANT_ID",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
];

impl Surroundings {
    /// Those of `names` that are set; an empty one is as good as none.
    pub(super) fn read(names: &[&'static str], env: &Env<'_>) -> Self {
        let set = names.iter().filter_map(|name| Some((*name, Secret::new(env(name)?))));
        Self(set.filter(|(_, value)| !value.expose().is_empty()).collect())
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.expose())
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
