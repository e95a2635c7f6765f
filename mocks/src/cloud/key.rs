//! The RSA key of all that is signed here. It is published, as every key of the mocks is, and opens nothing but a mock.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};

use super::aws::sigv4::{hex, sha256};

/// PKCS #8.
const DER: &[u8] = include_bytes!("key.der");

static PAIR: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::from_pkcs8(DER).expect("the key is an RSA key of 2048 bits"));

/// What it is called: 40 digits.
pub(super) static ID: LazyLock<String> =
    LazyLock::new(|| hex(&sha256(PAIR.public_key().as_ref()))[..40].to_owned());

/// A signature by RS256.
pub(super) fn sign(text: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; PAIR.public().modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
        .expect("the buffer is as long as the modulus");
    signature
}

/// Is this signature the key's?
pub(super) fn signed(text: &[u8], signature: &[u8]) -> bool {
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PAIR.public_key().as_ref());
    public.verify(text, signature).is_ok()
}

/// The private key as a file has it: `-----BEGIN PRIVATE KEY-----`.
pub(super) fn pem() -> String {
    let text = STANDARD.encode(DER);
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    let label = "PRIVATE KEY";
    format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines.collect::<String>())
}

/// The public key as [JWK](https://www.rfc-editor.org/rfc/rfc7517).
pub(super) fn jwk() -> Value {
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = PAIR.public().into();
    let [n, e] = [public.n, public.e].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": *ID, "n": n, "e": e })
}
