//! Azure: an application by its secret or by a federated token, or a managed identity of the machine.
//!
//! Which of them it is follows from what is set, in the order of Azure's own clients:
//! <https://learn.microsoft.com/python/api/azure-identity/azure.identity.defaultazurecredential>

use std::fmt;

use http::Uri;
use jiff::Timestamp;

use super::network::{Network, Request, Said, form};
use super::oauth::{self, Token};
use super::{Failure, Issued};
use crate::config::{AzureIdentity, Secret, Surroundings};
use crate::egress::is_own;
use crate::percent;
use crate::upstream::Origin;

const WHOM: &str = "Microsoft Entra";
const APP_SERVICE: &str = "App Service";
const METADATA: &str = "Azure's metadata server";
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http>
const METADATA_HOST: &str = "http://169.254.169.254";
const METADATA_PATH: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01";
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
const APP_SERVICE_VERSION: &str = "2019-08-01";

/// What tokens are for, by the ends of the names of those who give them out: <https://learn.microsoft.com/azure/ai-services/openai/reference#authentication>
/// and its kin in the clouds of the United States' government and of China.
const RESOURCES: [(&str, &str); 3] = [
    (".us", "https://cognitiveservices.azure.us"),
    (".cn", "https://cognitiveservices.azure.cn"),
    ("", "https://cognitiveservices.azure.com"),
];

/// Who asks Azure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    by: By,
    /// Who gives out tokens to applications.
    authority: String,
}

#[derive(Clone, Debug, PartialEq)]
enum By {
    Secret {
        tenant: String,
        client: String,
        secret: Secret,
    },
    /// A token of somebody else's, who keeps it fresh in a file.
    Federated {
        tenant: String,
        client: String,
        file: String,
    },
    AppService {
        url: String,
        header: Secret,
        client: Option<String>,
    },
    Machine {
        host: String,
        client: Option<String>,
    },
}

impl Account {
    pub(super) fn new(azure: &AzureIdentity, set: &Surroundings) -> Self {
        let get = |name| set.get(name).map(str::to_owned);
        let client = azure.client_id.clone().or_else(|| get("AZURE_CLIENT_ID"));
        let tenant = azure.tenant_id.clone().or_else(|| get("AZURE_TENANT_ID"));
        let secret = azure.client_secret.clone().or_else(|| set.get("AZURE_CLIENT_SECRET").map(Secret::new));
        let by = match (client, tenant, secret, get("AZURE_FEDERATED_TOKEN_FILE")) {
            (Some(client), Some(tenant), Some(secret), _) => By::Secret { tenant, client, secret },
            (Some(client), Some(tenant), None, Some(file)) => By::Federated { tenant, client, file },
            (client, ..) => match (get("IDENTITY_ENDPOINT"), set.get("IDENTITY_HEADER")) {
                (Some(url), Some(header)) => By::AppService { url, header: Secret::new(header), client },
                _ => {
                    let host = get("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                    By::Machine { host: host.unwrap_or_else(|| METADATA_HOST.to_owned()), client }
                }
            },
        };
        let authority = get("AZURE_AUTHORITY_HOST").unwrap_or_else(|| AUTHORITY.to_owned());
        let authority = if authority.contains("://") { authority } else { format!("https://{authority}") };
        Self { by, authority }
    }

    pub(super) async fn issue(&self, network: &Network) -> Result<Issued, Failure> {
        let said = match &self.by {
            By::Secret { tenant, client, secret } => {
                let fields = [("client_id", &**client), ("client_secret", secret.expose())];
                self.ask(tenant, &fields, network).await?
            }
            By::Federated { tenant, client, file } => {
                let token = network.file(file).await?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let fields =
                    [("client_id", &**client), ("client_assertion_type", kind), ("client_assertion", &token)];
                self.ask(tenant, &fields, network).await?
            }
            By::AppService { url, header, client } => {
                let mark = if url.contains('?') { '&' } else { '?' };
                let url =
                    format!("{url}{mark}api-version={APP_SERVICE_VERSION}{}", self.wish(client.as_deref()));
                let headers = vec![("x-identity-header", header.expose())];
                let request = Request {
                    whom: APP_SERVICE,
                    method: "GET",
                    url: &url,
                    headers,
                    body: None,
                    metadata: true,
                };
                network.ask(request).await?.good(oauth::code)?
            }
            By::Machine { host, client } => {
                let url =
                    format!("{}{METADATA_PATH}{}", host.trim_end_matches('/'), self.wish(client.as_deref()));
                let headers = vec![("metadata", "true")];
                let request =
                    Request { whom: METADATA, method: "GET", url: &url, headers, body: None, metadata: true };
                network.ask(request).await?.good(oauth::code)?
            }
        };
        said.json::<Token>()?.issued(said.whom, Timestamp::now())
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#get-a-token>
    async fn ask(&self, tenant: &str, fields: &[(&str, &str)], network: &Network) -> Result<Said, Failure> {
        let authority = self.authority.trim_end_matches('/');
        if !is_safe(authority) {
            let what = "AZURE_AUTHORITY_HOST is not https, and secrets go there";
            return Err(Failure::Settings(what.to_owned()));
        }
        let url = format!("{authority}/{}/oauth2/v2.0/token", percent::encode(tenant));
        let scope = format!("{}/.default", self.resource());
        let mut all = vec![("grant_type", "client_credentials"), ("scope", &scope)];
        all.extend(fields);
        oauth::ask(WHOM, &url, form(&all), network).await
    }

    /// What a managed identity is asked for, as further parameters of the query.
    fn wish(&self, client: Option<&str>) -> String {
        let resource = percent::encode(self.resource());
        let client = client.map(|client| format!("&client_id={}", percent::encode(client)));
        format!("&resource={resource}{}", client.unwrap_or_default())
    }

    fn resource(&self) -> &'static str {
        let uri: Option<Uri> = self.authority.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let found = RESOURCES.iter().find(|(end, _)| host.ends_with(end));
        found.map_or("", |(_, resource)| resource)
    }
}

/// Whether secrets may be sent there: by TLS, or within this machine.
fn is_safe(authority: &str) -> bool {
    let uri: Option<Uri> = authority.parse().ok();
    uri.is_some_and(|uri| uri.scheme_str() == Some("https") || is_own(&Origin::of(&uri).host))
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Secret { client, .. } | By::Federated { client, .. } => write!(f, "Azure {client}"),
            By::AppService { client: Some(client), .. } | By::Machine { client: Some(client), .. } => {
                write!(f, "Azure's managed identity {client}")
            }
            By::AppService { .. } | By::Machine { .. } => f.write_str("Azure's managed identity"),
        }
    }
}

#[cfg(test)]
mod tests;
