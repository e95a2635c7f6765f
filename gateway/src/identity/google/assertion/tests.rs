//! Against the example of RFC 7515, and by the public half of its key.

use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::*;
use crate::config::pair;

const PKCS8: &str = include_str!("../../../../tests/keys/rfc7515-a2.pem");
const PKCS1: &str = include_str!("../../../../tests/keys/rfc7515-a2.pkcs1.pem");

#[test]
fn we_sign_as_the_rfc_does() {
    // https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2.1
    let payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    let expected = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
        BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
        hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    for pem in [PKCS8, PKCS1] {
        let signed = sign(&pair(pem).unwrap(), &SystemRandom::new(), r#"{"alg":"RS256"}"#, payload);
        assert_eq!(signed.as_deref(), Some(expected));
    }
}

#[test]
fn an_assertion_says_who_asks_for_what_and_until_when() {
    let claims = Claims {
        email: "me@project.iam.gserviceaccount.com",
        key_id: Some("key-1"),
        audience: "https://oauth2.googleapis.com/token",
        scope: "https://www.googleapis.com/auth/cloud-platform",
        now: 1_700_000_000,
    };
    let pair = pair(PKCS8).unwrap();
    let token = claims.sign(&pair, &SystemRandom::new()).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let json = |part| serde_json::from_slice::<Value>(&decode(part)).unwrap();
    assert_eq!(json(parts[0]), json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    assert_eq!(
        json(parts[1]),
        json!({
            "iss": "me@project.iam.gserviceaccount.com",
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "aud": "https://oauth2.googleapis.com/token",
            "iat": 1_700_000_000,
            "exp": 1_700_003_600,
        })
    );
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key());
    let text = format!("{}.{}", parts[0], parts[1]);
    key.verify(text.as_bytes(), &decode(parts[2])).unwrap();
    assert!(key.verify(text.replacen('e', "f", 1).as_bytes(), &decode(parts[2])).is_err());
}

#[test]
fn what_is_no_rsa_key_is_none() {
    for pem in
        ["", "not PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &PKCS8[..600]]
    {
        assert!(pair(pem).is_none());
    }
}
