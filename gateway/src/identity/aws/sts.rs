//! AWS's token service: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>.

use std::borrow::Cow;

use http::Uri;
use jiff::Timestamp;

use super::{Account, Credential, Failure, Issued, Keys, Network, Role, SESSION};
use crate::aws;
use crate::config::Secret;
use crate::identity::issued::until;
use crate::identity::network::{FORM, Request, Said, form};
use crate::upstream::Origin;

const WHOM: &str = "AWS STS";

impl Account {
    /// Assumes a role with `found` keys.
    pub(super) async fn assume(
        &self,
        found: &Issued,
        role: &Role,
        network: &Network,
    ) -> Result<Issued, Failure> {
        let Credential::Keys(keys) = &found.credential else {
            return Err(Failure::Settings("a role is assumed with keys".to_owned()));
        };
        let seconds = role.seconds.map(|seconds| seconds.to_string());
        let mut fields = fields("AssumeRole", role);
        fields.extend(role.external_id.as_deref().map(|id| ("ExternalId", id)));
        fields.extend(seconds.as_deref().map(|seconds| ("DurationSeconds", seconds)));
        self.ask(form(&fields), Some(keys), network).await
    }

    /// Assumes a role with the token in `file`, which somebody else keeps fresh.
    pub(super) async fn assume_with_token(
        &self,
        role: &Role,
        file: &str,
        network: &Network,
    ) -> Result<Issued, Failure> {
        let token = network.file(file).await?;
        let mut fields = fields("AssumeRoleWithWebIdentity", role);
        fields.push(("WebIdentityToken", &token));
        self.ask(form(&fields), None, network).await
    }

    async fn ask(&self, body: String, keys: Option<&Keys>, network: &Network) -> Result<Issued, Failure> {
        let url = self.url();
        let mut headers: Vec<(&'static str, String)> = Vec::new();
        if let Some(keys) = keys {
            let uri: Uri =
                url.parse().map_err(|_| Failure::Settings(format!("{WHOM}: its address is no URL")))?;
            let host = Origin::of(&uri).authority();
            let (path, query) = (uri.path(), uri.query().unwrap_or_default());
            let signed = [("host", &*host), ("content-type", FORM)];
            let request =
                aws::Request { method: "POST", path, query, headers: &signed, body: body.as_bytes() };
            headers = keys.signer(self.region.clone(), "sts").sign(&request, Timestamp::now());
        }
        let headers = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let request =
            Request { whom: WHOM, method: "POST", url: &url, headers, body: Some(body), metadata: false };
        read(&network.ask(request).await?.good(code)?, Timestamp::now())
    }

    /// Where roles are assumed: where the file says, or the environment, or else in the region.
    fn url(&self) -> String {
        let set = |name| self.surroundings.get(name);
        let own =
            self.sts.as_deref().or_else(|| set("AWS_ENDPOINT_URL_STS")).or_else(|| set("AWS_ENDPOINT_URL"));
        own.map_or_else(
            || {
                let region = &self.region;
                let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://sts.{region}.{suffix}/")
            },
            str::to_owned,
        )
    }
}

fn fields<'r>(action: &'static str, role: &'r Role) -> Vec<(&'static str, &'r str)> {
    let session = role.session.as_deref().unwrap_or(SESSION);
    vec![("Action", action), ("Version", "2011-06-15"), ("RoleArn", &role.arn), ("RoleSessionName", session)]
}

fn read(said: &Said, now: Timestamp) -> Result<Issued, Failure> {
    let text = said.text()?;
    let lacks = || Failure::Garbage { whom: WHOM, what: "something that is not the XML of credentials" };
    let get = |name| element(text, name).filter(|value| !value.is_empty()).ok_or_else(lacks);
    let keys = Keys {
        access_key: get("AccessKeyId")?.into_owned(),
        secret_key: Secret::new(get("SecretAccessKey")?),
        session_token: Some(Secret::new(get("SessionToken")?)),
    };
    let end: Timestamp = get("Expiration")?.parse().map_err(|_| lacks())?;
    Ok(Issued { credential: Credential::Keys(keys), by: WHOM, lasts: Some(until(end, now)) })
}

fn code(said: &Said) -> Option<String> {
    element(said.text().ok()?, "Code").map(Cow::into_owned)
}

/// The text of the first element of a name. These replies have no attributes but their namespace.
fn element<'x>(xml: &'x str, name: &str) -> Option<Cow<'x, str>> {
    let (_, rest) = xml.split_once(&*format!("<{name}>"))?;
    let (text, _) = rest.split_once(&*format!("</{name}>"))?;
    let text = text.trim();
    if !text.contains('&') {
        return Some(text.into());
    }
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(text.to_owned(), |text, (entity, char)| text.replace(entity, char)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_in_the_region_unless_somebody_says_where() {
        let mut account = Account {
            keys: None,
            role: None,
            region: "eu-central-1".to_owned(),
            sts: None,
            surroundings: crate::config::Surroundings::default(),
        };
        assert_eq!(account.url(), "https://sts.eu-central-1.amazonaws.com/");
        account.region = "cn-north-1".to_owned();
        assert_eq!(account.url(), "https://sts.cn-north-1.amazonaws.com.cn/");
        account.sts = Some("http://localhost:1/sts".to_owned());
        assert_eq!(account.url(), "http://localhost:1/sts");
    }

    #[test]
    fn an_element_is_found_and_its_entities_are_undone() {
        let xml = "<R xmlns=\"x\"><A> a&amp;lt;b </A>\n<Code>No</Code></R>";
        assert_eq!(element(xml, "A").as_deref(), Some("a&lt;b"));
        assert_eq!(element(xml, "Code").as_deref(), Some("No"));
        assert_eq!(element(xml, "B"), None);
        assert_eq!(element("<A>never ends", "A"), None);
    }
}
