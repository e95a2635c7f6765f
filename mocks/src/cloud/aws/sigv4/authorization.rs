//! The header `authorization` of a signed request:
//! `AWS4-HMAC-SHA256 Credential=KEY/20260102/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=…`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sha256;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) scope: Scope<'a>,
    /// In lower case, sorted.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: &'a str,
}

/// The five parts of a credential.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    pub(super) key: &'a str,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) terminator: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header. It is quoted to nobody but as its hash, for it may be another service's secret.
    ///
    /// # Errors
    /// What is missing or broken, in AWS's words.
    pub(super) fn parse(header: &'a str, is_dated: bool) -> Result<Self, String> {
        let hashed = || STANDARD.encode(sha256(header.as_bytes()));
        let parameters = header.strip_prefix(ALGORITHM).unwrap_or_default().trim();
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in parameters.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(format!(
                    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{}'.",
                    hashed()
                ));
            };
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let (Some(credential), Some(signed), Some(signature), true) =
            (credential, signed, signature, is_dated)
        else {
            let mut lacks = String::new();
            let named = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed)];
            for (name, _) in named.iter().filter(|(_, value)| value.is_none()) {
                lacks += &format!("Authorization header requires '{name}' parameter. ");
            }
            if !is_dated {
                lacks +=
                    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
            }
            return Err(format!(
                "{lacks}(Hashed with SHA-256 and encoded with Base64) Authorization={}",
                hashed()
            ));
        };
        let mut signed_headers: Vec<String> = signed.split(';').map(str::to_ascii_lowercase).collect();
        signed_headers.sort();
        Ok(Self { scope: Scope::parse(credential)?, signed_headers, signature })
    }
}

impl<'a> Scope<'a> {
    fn parse(credential: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = credential.split('/').collect();
        let [key, date, region, service, terminator] = parts[..] else {
            return Err(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            ));
        };
        Ok(Self { key, date, region, service, terminator })
    }

    /// The scope as it is signed: all but the key.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }
}
