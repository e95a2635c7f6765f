//! Kong's `auth`: how the gateway identifies itself to a provider.

use http::{HeaderName, HeaderValue};

use super::Secret;
use super::named::Named;

/// The credentials of one target. Several may be set; Kong sends header and parameter both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth {
    /// `header_name` and `header_value`.
    pub header: Option<AuthHeader>,
    /// `param_name`, `param_value` and `param_location`.
    pub param: Option<AuthParam>,
    /// Whether a client's own header or parameter of the same name wins.
    pub allow_override: bool,
    /// Keys for AWS's signatures; set for the provider `bedrock` alone, from the file or from `AWS_…` variables.
    pub aws: Option<AwsKeys>,
    /// Azure's managed identity.
    pub azure: AzureIdentity,
    /// Google's service account.
    pub gcp: GcpIdentity,
}

/// A header that carries a key.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthHeader {
    /// In lower case.
    pub name: HeaderName,
    /// Marked sensitive: `Debug` does not show it, and HTTP/2 does not index it.
    pub value: HeaderValue,
}

/// A parameter that carries a key.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthParam {
    /// `param_name`.
    pub name: String,
    /// `param_value`.
    pub value: Secret,
    /// Where it is put.
    pub location: ParamLocation,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamLocation {
    /// Into the JSON body, as a top-level member.
    Body,
    /// Into the query string.
    Query,
}

impl Named for ParamLocation {
    const NAMES: &'static [(&'static str, Self)] = &[("body", Self::Body), ("query", Self::Query)];
}

/// AWS credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsKeys {
    /// `aws_access_key_id`; part of every signed request, so no secret by itself, but not logged either.
    pub access_key_id: Secret,
    /// `aws_secret_access_key`.
    pub secret_access_key: Secret,
    /// `AWS_SESSION_TOKEN`, which goes with keys that came from the environment; files cannot hold one.
    pub session_token: Option<Secret>,
}

/// Kong's `auth.azure_…`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AzureIdentity {
    /// `azure_use_managed_identity`.
    pub use_managed_identity: bool,
    /// `azure_client_id`, of a user-assigned identity.
    pub client_id: Option<String>,
    /// `azure_client_secret`.
    pub client_secret: Option<Secret>,
    /// `azure_tenant_id`.
    pub tenant_id: Option<String>,
}

/// Kong's `auth.gcp_…`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcpIdentity {
    /// `gcp_use_service_account`.
    pub use_service_account: bool,
    /// `gcp_service_account_json`: the whole key file.
    pub service_account_json: Option<Secret>,
    /// `gcp_metadata_url`.
    pub metadata_url: Option<String>,
    /// `gcp_oauth_token_url`.
    pub oauth_token_url: Option<String>,
}
