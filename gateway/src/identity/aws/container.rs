//! The credentials of a container: of a task in ECS, or of a pod in EKS.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use http::Uri;

use super::document::{Document, code};
use super::{Failure, Issued, Network};
use crate::config::Surroundings;
use crate::egress::is_own;
use crate::identity::network::Request;

const WHOM: &str = "the container's credentials server";
/// Where a relative URI is asked for.
const HOST: &str = "http://169.254.170.2";
/// Who may be asked without TLS, besides this machine: ECS, and EKS by either protocol.
const HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// Asks for them; `None`: this is no container that has any.
pub(super) async fn ask(set: &Surroundings, network: &Network) -> Result<Option<Issued>, Failure> {
    let url = match (
        set.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        set.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) => format!("{HOST}{}{path}", if path.starts_with('/') { "" } else { "/" }),
        (None, Some(url)) => {
            check(url)?;
            url.to_owned()
        }
        (None, None) => return Ok(None),
    };
    let file = set.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let token = match (file, set.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        (Some(file), _) => Some(network.file(file).await?),
        (None, token) => token.map(str::to_owned),
    };
    let mut headers = vec![];
    headers.extend(token.as_deref().map(|token| ("authorization", token)));
    let request = Request { whom: WHOM, method: "GET", url: &url, headers, body: None, metadata: true };
    let said = network.ask(request).await?.good(code)?;
    said.json::<Document>()?.issued(WHOM).map(Some)
}

/// Without TLS only those may be asked who are next door: whoever else may be anybody.
fn check(url: &str) -> Result<(), Failure> {
    let wrong = |why| Err(Failure::Settings(format!("AWS_CONTAINER_CREDENTIALS_FULL_URI {why}")));
    let Ok(uri) = url.parse::<Uri>() else { return wrong("is not a URL") };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_near = HOSTS.contains(&host) || is_own(host);
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_near => Ok(()),
        Some("http") => wrong("leads without TLS to neither this machine nor the container's own server"),
        _ => wrong("is neither http nor https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_the_machine_itself_and_the_containers_servers_are_asked() {
        for good in [
            "http://localhost:1/c",
            "http://127.0.0.1/c",
            "http://127.8.8.8:80/",
            "http://[::1]:9/",
            "http://169.254.170.2/c",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://elsewhere.example/c",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "http://elsewhere.example/c",
            "http://169.254.169.254/latest",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "ftp://localhost/",
            "/relative",
            "http://",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
