//! A key file of Google's, as `gcp_service_account_json` holds it whole: <https://google.aip.dev/auth/4112>,
//! <https://google.aip.dev/auth/4113>.

use ring::signature::RsaKeyPair;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use super::Secret;
use super::error::Problem;
use super::upstream::url;

/// By what a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoogleKey {
    /// `"type": "service_account"`: a token is signed for.
    ServiceAccount {
        /// `client_email`.
        email: String,
        /// `private_key_id`.
        key_id: Option<String>,
        /// `private_key`, PEM; [`GoogleKey::read`] has seen that it is an RSA key.
        private_key: Secret,
        /// `token_uri`.
        token_uri: Option<String>,
    },
    /// `"type": "authorized_user"`: a token is had for another that lasts.
    User {
        /// `client_id`.
        client_id: String,
        /// `client_secret`.
        client_secret: Secret,
        /// `refresh_token`.
        refresh_token: Secret,
        /// `token_uri`.
        token_uri: Option<String>,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    private_key_id: Option<String>,
    private_key: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    token_uri: Option<String>,
}

impl GoogleKey {
    /// Reads a key file.
    ///
    /// # Errors
    /// What is wrong with it, without a word of what it says.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let wrong = |what: &str| Problem::Rule(what.to_owned());
        let file: File = serde_json::from_str(text).map_err(|_| wrong("it is not the JSON of a key file"))?;
        let has = |value: Option<String>, name: &str| {
            value.filter(|text| !text.is_empty()).ok_or_else(|| wrong(&format!("the key file has no {name}")))
        };
        if file.token_uri.as_deref().is_some_and(|uri| url(uri).is_err()) {
            return Err(wrong("the key file's token_uri is not a URL"));
        }
        match file.kind.as_deref() {
            // Kong does not look at it, so such files may lack it.
            Some("service_account") | None => {
                let private_key = has(file.private_key, "private_key")?;
                if pair(&private_key).is_none() {
                    return Err(wrong(
                        "the key file's private_key is not an RSA key of at least 2048 bits in PEM",
                    ));
                }
                Ok(Self::ServiceAccount {
                    email: has(file.client_email, "client_email")?,
                    key_id: file.private_key_id,
                    private_key: Secret::new(private_key),
                    token_uri: file.token_uri,
                })
            }
            Some("authorized_user") => Ok(Self::User {
                client_id: has(file.client_id, "client_id")?,
                client_secret: Secret::new(has(file.client_secret, "client_secret")?),
                refresh_token: Secret::new(has(file.refresh_token, "refresh_token")?),
                token_uri: file.token_uri,
            }),
            Some(_) => Err(wrong("the key file's type is neither service_account nor authorized_user")),
        }
    }
}

/// The RSA key in `pem`, PKCS#8 as Google writes it, or PKCS#1.
pub(crate) fn pair(pem: &str) -> Option<RsaKeyPair> {
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
        _ => None,
    }
}
