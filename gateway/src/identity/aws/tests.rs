//! What profiles lead to.

use super::ini::Kind;
use super::profile::{Base, Plan, Profiles};
use super::*;

fn plan(config: &str, credentials: &str, profile: &str) -> Result<Option<Plan>, String> {
    let mut profiles = Profiles::default();
    profiles.add(config, Kind::Config, "config").map_err(|failure| failure.to_string())?;
    profiles.add(credentials, Kind::Credentials, "credentials").map_err(|failure| failure.to_string())?;
    profiles.plan(profile).map_err(|failure| failure.to_string())
}

fn keys(id: &str) -> Base {
    let secret_key = crate::config::Secret::new(format!("secret-of-{id}"));
    Base::Keys(Keys { access_key: id.to_owned(), secret_key, session_token: None })
}

fn role(arn: &str) -> Role {
    Role { arn: arn.to_owned(), ..Role::default() }
}

const BASE: &str = "[base]\naws_access_key_id = A\naws_secret_access_key = secret-of-A\n";

#[test]
fn a_profile_without_keys_leads_nowhere() {
    for config in ["", "[default]\nregion = eu-west-1\n", "[profile other]\naws_access_key_id = A\n"] {
        assert_eq!(plan(config, "", "default"), Ok(None), "{config}");
    }
    assert_eq!(plan("", "", "nobody"), Ok(None), "there are no files");
    assert_eq!(plan("", BASE, "nobody"), Err("there is no AWS profile 'nobody'".to_owned()));
}

#[test]
fn credentials_stand_before_config() {
    let config = "[profile base]\naws_access_key_id = C\naws_secret_access_key = secret-of-C\nregion = r\n";
    assert_eq!(plan(config, "", "base"), Ok(Some(Plan { base: keys("C"), roles: vec![] })));
    assert_eq!(plan(config, BASE, "base"), Ok(Some(Plan { base: keys("A"), roles: vec![] })));
}

#[test]
fn keys_may_have_a_session() {
    let text = format!("{BASE}aws_session_token = T\n");
    let Ok(Some(Plan { base: Base::Keys(keys), .. })) = plan("", &text, "base") else { panic!("keys") };
    assert_eq!(keys.session_token.unwrap().expose(), "T");
}

#[test]
fn roles_are_assumed_from_the_keys_on() {
    let config = "[profile outer]\nrole_arn = arn:outer\nsource_profile = inner\n\
                  [profile inner]\nrole_arn = arn:inner\nsource_profile = base\nrole_session_name = s\n\
                  external_id = e\nduration_seconds = 900\n";
    let inner = Role {
        session: Some("s".to_owned()),
        external_id: Some("e".to_owned()),
        seconds: Some(900),
        ..role("arn:inner")
    };
    let expected = Plan { base: keys("A"), roles: vec![inner, role("arn:outer")] };
    assert_eq!(plan(config, BASE, "outer"), Ok(Some(expected)));
}

#[test]
fn a_profile_may_lead_to_its_own_keys() {
    let config = "[profile base]\nrole_arn = arn:own\nsource_profile = base\n";
    let expected = Plan { base: keys("A"), roles: vec![role("arn:own")] };
    assert_eq!(plan(config, BASE, "base"), Ok(Some(expected)));
}

#[test]
fn keys_of_a_profile_that_is_led_to_stand_before_its_role() {
    let config = "[profile outer]\nrole_arn = arn:outer\nsource_profile = base\n\
                  [profile base]\nrole_arn = arn:never\nsource_profile = outer\n";
    let expected = Plan { base: keys("A"), roles: vec![role("arn:outer")] };
    assert_eq!(plan(config, BASE, "outer"), Ok(Some(expected)));
}

#[test]
fn a_role_may_be_assumed_with_what_the_machine_gives() {
    for (source, base) in [
        ("Environment", Base::Environment),
        ("EcsContainer", Base::Container),
        ("Ec2InstanceMetadata", Base::Instance),
    ] {
        let config = format!("[default]\nrole_arn = arn:r\ncredential_source = {source}\n");
        assert_eq!(plan(&config, "", "default"), Ok(Some(Plan { base, roles: vec![role("arn:r")] })));
    }
}

#[test]
fn a_token_in_a_file_begins_the_way() {
    let config = "[profile web]\nrole_arn = arn:web\nweb_identity_token_file = /token\n\
                  [profile outer]\nrole_arn = arn:outer\nsource_profile = web\n";
    let base = || Base::Token { role: role("arn:web"), file: "/token".to_owned() };
    assert_eq!(plan(config, "", "web"), Ok(Some(Plan { base: base(), roles: vec![] })));
    assert_eq!(plan(config, "", "outer"), Ok(Some(Plan { base: base(), roles: vec![role("arn:outer")] })));
}

#[test]
fn what_cannot_be_followed_is_told_by_the_profiles_name() {
    for (config, why) in [
        ("[default]\naws_access_key_id = A\n", "it has no aws_secret_access_key"),
        ("[default]\naws_secret_access_key = A\n", "it has no aws_access_key_id"),
        ("[default]\nrole_arn = a\n", "its role_arn needs source_profile or credential_source"),
        (
            "[default]\nrole_arn = a\nsource_profile = b\ncredential_source = Environment\n",
            "it has both source_profile and credential_source",
        ),
        (
            "[default]\nrole_arn = a\ncredential_source = Moon\n",
            "its credential_source is none that AWS knows",
        ),
        ("[default]\nweb_identity_token_file = /t\n", "it has no role_arn for its token"),
        ("[default]\nrole_arn = a\nsource_profile = default\n", "it has no keys"),
        ("[default]\ncredential_process = echo\n", "credential processes are not supported by this gateway"),
        ("[default]\nsso_session = s\n", "SSO sessions are not supported by this gateway"),
        (
            "[default]\nrole_arn = a\nsource_profile = b\nduration_seconds = long\n",
            "duration_seconds is not a number",
        ),
    ] {
        assert_eq!(plan(config, "", "default"), Err(format!("AWS profile 'default': {why}")), "{config}");
    }
    let circle =
        "[default]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\nsource_profile = default\n";
    assert_eq!(plan(circle, "", "default"), Err("AWS profile 'default': it leads back to itself".to_owned()));
    let missing = "[default]\nrole_arn = a\nsource_profile = b\n";
    assert_eq!(plan(missing, "", "default"), Err("there is no AWS profile 'b'".to_owned()));
    assert_eq!(
        plan("[default\n", "", "default"),
        Err("cannot read config: line 1: a title does not end with ']'".to_owned())
    );
}

#[test]
fn no_secret_is_shown() {
    let shown = format!(
        "{:?} {:?}",
        plan("", BASE, "base"),
        Keys::from(&AwsKeys {
            access_key_id: crate::config::Secret::new("secret-id"),
            secret_access_key: crate::config::Secret::new("secret-key"),
            session_token: None,
        })
        .signer("r".to_owned(), "sts")
    );
    assert!(!shown.contains("secret"), "{shown}");
}
