//! Kong's `auth`: how the gateway identifies itself to a provider.

use http::{HeaderName, HeaderValue};

use super::error::Problem;
use super::field::Field;
use super::named::Named;
use super::record::Record;
use super::surroundings::{AWS, AZURE, GOOGLE};
use super::upstream::url;
use super::{GoogleKey, Provider, Secret, Surroundings};

/// The credentials of one target. Several may be set; Kong sends header and parameter both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth {
    /// `header_name` and `header_value`.
    pub header: Option<AuthHeader>,
    /// `param_name`, `param_value` and `param_location`.
    pub param: Option<AuthParam>,
    /// Whether a client's own header or parameter of the same name wins.
    pub allow_override: bool,
    /// Keys for AWS's signatures, from the file or from `AWS_…` variables. Without, the provider `bedrock` looks for some where AWS's
    /// clients do.
    pub aws: Option<AwsKeys>,
    /// Azure's managed identity; for the provider `azure`.
    pub azure: AzureIdentity,
    /// Google's service account; for the provider `gemini`.
    pub gcp: GcpIdentity,
    /// Where the clients of the provider's cloud are told to look for more.
    pub surroundings: Surroundings,
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
    /// `azure_use_managed_identity`; without, the others mean nothing, as in Kong.
    pub use_managed_identity: bool,
    /// `azure_client_id`, of a user-assigned identity, or of an application.
    pub client_id: Option<String>,
    /// `azure_client_secret`.
    pub client_secret: Option<Secret>,
    /// `azure_tenant_id`.
    pub tenant_id: Option<String>,
}

/// Kong's `auth.gcp_…`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcpIdentity {
    /// `gcp_use_service_account`; without, the others mean nothing, as in Kong.
    pub use_service_account: bool,
    /// `gcp_service_account_json`, or else the variable `GCP_SERVICE_ACCOUNT`.
    pub key: Option<GoogleKey>,
    /// `gcp_metadata_url`.
    pub metadata_url: Option<String>,
    /// `gcp_oauth_token_url`: where tokens are asked for, whatever the key says.
    pub oauth_token_url: Option<String>,
}

impl Auth {
    /// Reads `auth`, for `provider` if that is known. Rules name their fields from `config` on, as Kong's do.
    pub(super) fn read(record: &mut Record<'_>, provider: Option<Provider>) -> Self {
        record.says(&[
            ("allow_override", "Whether a client's own credentials go before these."),
            ("header_name", "A header that shows the key."),
            ("header_value", "What stands in it, such as `Bearer sk-…`."),
            ("param_name", "A parameter that shows the key."),
            ("param_value", "What stands in it."),
            ("param_location", "Where that is."),
            ("aws_access_key_id", "AWS: the id of a key; else that of the environment or the machine."),
            ("aws_secret_access_key", "AWS: the key."),
            (
                "azure_use_managed_identity",
                "Azure: as an application or the machine's own identity, by a token.",
            ),
            ("azure_client_id", "Azure: the application's id."),
            ("azure_client_secret", "Azure: its secret."),
            ("azure_tenant_id", "Azure: its tenant."),
            ("gcp_use_service_account", "Google: as a service account, by a token."),
            ("gcp_service_account_json", "Google: the account's key, as the text of its file."),
            ("gcp_metadata_url", "Google: where the machine's metadata are."),
            ("gcp_oauth_token_url", "Google: where tokens are asked for, whatever the key says."),
        ]);
        let header = AuthHeader::read(record);
        let param = AuthParam::read(record);
        let aws = AwsKeys::read(record, provider == Some(Provider::Bedrock) && header.is_none());
        let allow_override = record.boolean_or("allow_override", false);
        record.rule(
            allow_override && matches!(provider, Some(Provider::Bedrock | Provider::Gemini)),
            "bedrock and gemini only support auth.allow_override = false",
        );
        let surroundings = match provider {
            Some(Provider::Bedrock) if header.is_none() => AWS,
            Some(Provider::Azure) => AZURE,
            Some(Provider::Gemini) => GOOGLE,
            _ => &[],
        };
        let surroundings = Surroundings::read(surroundings, record.context.env);
        let azure = AzureIdentity::read(record, provider, &surroundings);
        let gcp = GcpIdentity::read(record, provider, &surroundings);
        Self { header, param, allow_override, aws, azure, gcp, surroundings }
    }
}

impl AzureIdentity {
    fn read(record: &mut Record<'_>, provider: Option<Provider>, surroundings: &Surroundings) -> Self {
        let identity = Self {
            use_managed_identity: record.boolean_or("azure_use_managed_identity", false),
            client_id: record.filled("azure_client_id"),
            client_secret: record.filled("azure_client_secret").map(Secret::new),
            tenant_id: record.filled("azure_tenant_id"),
        };
        let whose = |own: &Option<String>, name| own.is_some() || surroundings.get(name).is_some();
        let is_named =
            whose(&identity.client_id, "AZURE_CLIENT_ID") && whose(&identity.tenant_id, "AZURE_TENANT_ID");
        record.rule(
            provider == Some(Provider::Azure)
                && identity.use_managed_identity
                && identity.client_secret.is_some()
                && !is_named,
            "must set 'auth.azure_client_id' and 'auth.azure_tenant_id' (or AZURE_CLIENT_ID and AZURE_TENANT_ID in the \
             environment) with 'auth.azure_client_secret'",
        );
        identity
    }
}

impl GcpIdentity {
    /// What is not used is not judged, as in Kong.
    fn read(record: &mut Record<'_>, provider: Option<Provider>, surroundings: &Surroundings) -> Self {
        let use_service_account = record.boolean_or("gcp_use_service_account", false);
        let is_used = use_service_account && provider == Some(Provider::Gemini);
        let mut read = |name| record.get(name).filter(|field| is_used && filled(field));
        let own = read("gcp_service_account_json");
        let as_url = |field: Field<'_>| field.parse(|text| url(text).map(|_| text.to_owned()));
        let metadata_url = read("gcp_metadata_url").and_then(as_url);
        let oauth_token_url = read("gcp_oauth_token_url").and_then(as_url);
        let key = match own {
            // The text is a secret, so no error shows it.
            Some(field) => field.parse(GoogleKey::read),
            None => surroundings.get("GCP_SERVICE_ACCOUNT").filter(|_| is_used).and_then(|text| {
                let read = GoogleKey::read(text);
                if let Err(problem) = &read {
                    record.rule(true, &format!("environment variable 'GCP_SERVICE_ACCOUNT': {problem}"));
                }
                read.ok()
            }),
        };
        Self { use_service_account, key, metadata_url, oauth_token_url }
    }
}

impl AuthHeader {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        let (name, value) = (record.get("header_name"), record.get("header_value"));
        let both =
            all_or_none(record, &[name.as_ref(), value.as_ref()], "'auth.header_name', 'auth.header_value'");
        let name = name.filter(filled).and_then(|field| field.parse(header_name));
        let value = value.filter(filled).and_then(|field| field.parse(header_value));
        both.then_some(())?;
        Some(Self { name: name?, value: value? })
    }
}

impl AuthParam {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        let (name, value, location) =
            (record.get("param_name"), record.get("param_value"), record.get("param_location"));
        let fields = [name.as_ref(), value.as_ref(), location.as_ref()];
        let all =
            all_or_none(record, &fields, "'auth.param_name', 'auth.param_value', 'auth.param_location'");
        let name = name.and_then(|field| field.string());
        let value = value.and_then(|field| field.string());
        let location = location.and_then(|field| field.named());
        all.then_some(())?;
        Some(Self { name: name?, value: Secret::new(value?), location: location? })
    }
}

impl AwsKeys {
    /// The keys of the file, else, where they are `needed`, of the environment: `AWS_ACCESS_KEY_ID` and its kin.
    fn read(record: &mut Record<'_>, needed: bool) -> Option<Self> {
        let env = |name| (record.context.env)(name).filter(|_| needed).filter(|text| !text.is_empty());
        let own = (env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN"));
        let set = [record.get("aws_access_key_id").is_some(), record.get("aws_secret_access_key").is_some()];
        let id = record.filled("aws_access_key_id");
        let secret = record.filled("aws_secret_access_key");
        let session_token = own.2.filter(|_| id.is_none() && secret.is_none()).map(Secret::new);
        // A field that is set but could not be read has an error of its own.
        let id = id.or(own.0.filter(|_| !set[0]));
        let secret = secret.or(own.1.filter(|_| !set[1]));
        let halves = [id.is_some() || set[0], secret.is_some() || set[1]];
        record.rule(needed && halves[0] != halves[1], HALF_OF_AWS_KEYS);
        Some(Self { access_key_id: Secret::new(id?), secret_access_key: Secret::new(secret?), session_token })
    }
}

const HALF_OF_AWS_KEYS: &str = "must set both 'auth.aws_access_key_id' and 'auth.aws_secret_access_key' (or AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY in the environment) for bedrock provider, or neither";

/// Whether all are set. Kong counts an empty string as not set.
fn all_or_none(record: &Record<'_>, fields: &[Option<&Field<'_>>], names: &str) -> bool {
    let set = fields.iter().filter(|field| field.is_some_and(filled)).count();
    let mixed = set > 0 && set < fields.len();
    record.rule(mixed, &format!("all or none of these fields must be set: {names}"));
    set == fields.len()
}

fn filled(field: &Field<'_>) -> bool {
    !field.is_empty_string()
}

fn header_name(text: &str) -> Result<HeaderName, Problem> {
    text.parse().map_err(|_| Problem::Rule("invalid header name".to_owned()))
}

/// The text is a secret, so the error does not show it.
fn header_value(text: &str) -> Result<HeaderValue, Problem> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| Problem::Rule("invalid header value".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
