//! Values from the environment.

use gateway::config::Config;

use super::{env, file, plugin_in};

const VARIABLES: &[(&str, &str)] = &[
    ("NAME", "gpt-5"),
    ("EMPTY", ""),
    ("TOKENS", "128"),
    ("YES", "true"),
    ("MY_KEY", "sk-1"),
    ("MY_KEY_PREVIOUS", "sk-0"),
    ("SSL_KEY", "sk-2"),
    ("SECRET", r#"{"openai": "sk-3", "number": 4}"#),
    ("WRONG", "sk-not-shown"),
];

/// The model name that `text` becomes, or what is wrong with it.
fn name(text: &str) -> Result<String, String> {
    let config = file(&format!("{{route_type: llm/v1/chat, model: {{provider: openai, name: {text:?}}}}}"));
    match Config::parse(&config, &env(VARIABLES)) {
        Ok(config) => {
            Ok(config.router.routes()[0].plugin.target().model.name.as_ref().unwrap().source().to_owned())
        }
        Err(errors) => {
            Err(errors.all().iter().map(|error| error.problem.to_string()).collect::<Vec<_>>().join("\n"))
        }
    }
}

#[test]
fn variables_are_filled_in() {
    for (text, expected) in [
        ("${NAME}", "gpt-5"),
        ("a-${NAME}-${NAME}-b", "a-gpt-5-gpt-5-b"),
        ("${MISSING:-gpt-4}", "gpt-4"),
        ("${EMPTY:-gpt-4}", "gpt-4"),
        ("x${EMPTY}", "x"),
        ("x${MISSING:-}", "x"),
        ("$${NAME}", "${NAME}"),
        ("$NAME", "$NAME"),
        ("${MISSING:-a:-b}", "a:-b"),
        ("{vault://env/name}", "gpt-5"),
        ("{vault://env/my-key}", "sk-1"),
        ("{vault://env/MY_KEY#1}", "sk-1"),
        ("{vault://env/my-key#2}", "sk-0"),
        ("{vault://env/key?prefix=ssl-}", "sk-2"),
        ("{vault://env/secret/openai}", "sk-3"),
        ("{vault://env/name} ", "{vault://env/name} "),
    ] {
        assert_eq!(name(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn a_bad_reference_names_the_variable_and_never_the_value() {
    for (text, expected) in [
        ("${MISSING}", "environment variable 'MISSING' is not set"),
        ("${NAME", "'${' without '}'; write '$${' for a plain '${'"),
        ("${}", "'' is not the name of an environment variable"),
        ("${{ env \"DECK_KEY\" }}", "'{ env \"DECK_KEY\" ' is not the name of an environment variable"),
        ("{vault://env/my-missing}", "environment variable 'MY_MISSING' is not set"),
        ("{vault://env/wrong/openai}", "environment variable 'WRONG' is not JSON"),
        ("{vault://env/secret/other}", "subfield other not found in JSON secret 'SECRET'"),
        ("{vault://env/secret/number}", "subfield number of 'SECRET' is not a string"),
        ("{vault://hcv/secret}", "'vault://hcv' is not supported yet by this gateway"),
        ("{vault://env}", "reference url is missing path [{vault://env}]"),
        ("{vault://env/}", "reference url has empty path [{vault://env/}]"),
        ("{vault://env/a#x}", "reference url has invalid version [{vault://env/a#x}]"),
    ] {
        assert_eq!(name(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn every_missing_variable_is_named_with_its_path() {
    let config = "{route_type: llm/v1/chat, auth: {header_name: a, header_value: '${KEY}'}, \
                  model: {provider: openai, options: {max_tokens: '${TOKENS}', upstream_url: '${URL}'}}}";
    assert_eq!(
        super::wrong(config),
        [
            "config.auth.header_value: environment variable 'KEY' is not set",
            "config.model.options.max_tokens: environment variable 'TOKENS' is not set",
            "config.model.options.upstream_url: environment variable 'URL' is not set",
        ]
    );
}

#[test]
fn numbers_and_booleans_may_come_from_the_environment() {
    let config = "{route_type: llm/v1/chat, logging: {log_payloads: '${YES}'}, \
                  model: {provider: openai, options: {max_tokens: '${TOKENS}', temperature: '${T:-0.5}'}}}";
    let plugin = plugin_in(config, VARIABLES);
    assert!(plugin.target().logging.log_payloads);
    assert_eq!(plugin.target().model.options.max_tokens, Some(128));
    assert_eq!(plugin.target().model.options.temperature, Some(0.5));
}

#[test]
fn a_wrong_value_is_shown_as_the_reference_that_it_came_from() {
    for (text, expected) in [
        ("$(cookies.a)", "config.model.name: source 'cookies' is not supported"),
        (
            "${PIECE:-x $(headers)}",
            "config.model.name: cannot parse expression for field '${PIECE:-x $(headers)}'",
        ),
        ("${BAD}", "config.model.name: cannot parse expression for field '${BAD}'"),
        ("{vault://env/bad}", "config.model.name: cannot parse expression for field '{vault://env/bad}'"),
    ] {
        let config =
            file(&format!("{{route_type: llm/v1/chat, model: {{provider: openai, name: {text:?}}}}}"));
        let errors =
            Config::parse(&config, &env(&[("BAD", "sk-not-shown $(headers)")])).unwrap_err().to_string();
        assert!(errors.ends_with(expected), "{errors}");
    }
}

#[test]
fn a_remark_is_not_filled_in() {
    let text = format!(
        "_comment: ${{MISSING}}\n_ignore: ['${{MISSING}}']\n{}",
        file("{route_type: llm/v1/chat, model: {provider: openai}}")
    );
    Config::parse(&text, &env(&[])).unwrap();
}

#[test]
fn no_secret_is_shown() {
    let config = "{route_type: llm/v1/chat, auth: {header_name: a, header_value: 'Bearer ${WRONG}', param_name: k, \
                  param_value: '${WRONG}', param_location: query, aws_access_key_id: '${WRONG}', \
                  aws_secret_access_key: '${WRONG}', azure_client_secret: '${WRONG}', \
                  gcp_service_account_json: '${WRONG}'}, model: {provider: openai}}";
    let plugin = plugin_in(config, VARIABLES);
    let shown = format!("{plugin:?} {plugin:#?} {}", plugin.target().auth.param.as_ref().unwrap().value);
    assert!(!shown.contains("sk-not-shown"), "{shown}");
    assert_eq!(plugin.target().auth.param.as_ref().unwrap().value.expose(), "sk-not-shown");
    assert_eq!(plugin.target().auth.header.as_ref().unwrap().value.to_str().unwrap(), "Bearer sk-not-shown");
}

#[test]
fn aws_credentials_come_from_the_file_or_else_from_the_environment() {
    let file = "{route_type: llm/v1/chat, auth: {aws_access_key_id: i, aws_secret_access_key: s}, \
                model: {provider: bedrock, options: {bedrock: {aws_region: r}}}}";
    let none = "{route_type: llm/v1/chat, model: {provider: bedrock}}";
    let header = "{route_type: llm/v1/chat, auth: {header_name: Authorization, header_value: Bearer k}, \
                  model: {provider: bedrock}}";
    let variables = [
        ("AWS_ACCESS_KEY_ID", "env-id"),
        ("AWS_SECRET_ACCESS_KEY", "env-secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", "env-region"),
    ];
    let keys = |config| {
        let target = plugin_in(config, &variables).target().clone();
        let region = target.model.options.bedrock.region.unwrap().source().to_owned();
        let keys = target.auth.aws.map(|keys| {
            let token = keys.session_token.map(|token| token.expose().to_owned());
            (keys.access_key_id.expose().to_owned(), keys.secret_access_key.expose().to_owned(), token)
        });
        (keys, region)
    };
    assert_eq!(keys(file), (Some(("i".into(), "s".into(), None)), "r".to_owned()));
    let token = Some("token".to_owned());
    assert_eq!(keys(none), (Some(("env-id".into(), "env-secret".into(), token)), "env-region".to_owned()));
    assert_eq!(keys(header), (None, "env-region".to_owned()));
}

#[test]
fn what_a_clouds_clients_would_read_is_read_for_that_cloud_alone_and_shown_by_its_names() {
    let variables = [
        ("AWS_PROFILE", "mine"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "sk-not-shown"),
        ("AWS_ROLE_ARN", ""),
        ("AZURE_CLIENT_SECRET", "sk-not-shown"),
        ("PATH", "/bin"),
    ];
    let auth = |config| plugin_in(config, &variables).target().auth.clone();
    let bedrock =
        auth("{route_type: llm/v1/chat, model: {provider: bedrock, options: {bedrock: {aws_region: r}}}}");
    let get = |name| bedrock.surroundings.get(name);
    assert_eq!((get("AWS_PROFILE"), get("AWS_ROLE_ARN"), get("PATH")), (Some("mine"), None, None));
    assert_eq!(get("AZURE_CLIENT_SECRET"), None);
    let shown = format!("{bedrock:?}");
    assert!(
        shown.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN") && !shown.contains("sk-not-shown"),
        "{shown}"
    );
    let openai = auth("{route_type: llm/v1/chat, model: {provider: openai}}");
    assert_eq!(openai.surroundings, gateway::config::Surroundings::default());
}

#[test]
fn half_of_awss_keys_is_a_mistake_wherever_it_is() {
    let expected = [
        "config.auth: must set both 'auth.aws_access_key_id' and 'auth.aws_secret_access_key' (or AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY in the environment) for bedrock provider, or neither",
    ];
    let config = |auth: &str| {
        format!(
            "{{route_type: llm/v1/chat, auth: {auth}, model: {{provider: bedrock, options: {{bedrock: {{aws_region: r}}}}}}}}"
        )
    };
    assert_eq!(super::wrong(&config("{aws_access_key_id: i}")), expected);
    assert_eq!(super::wrong(&config("{aws_secret_access_key: s}")), expected);
    let half = Config::parse(&file(&config("{}")), &env(&[("AWS_ACCESS_KEY_ID", "i")])).unwrap_err();
    assert!(half.to_string().contains("or neither"), "{half}");
    // One from here and one from there is a pair, as in Kong.
    let mixed = plugin_in(&config("{aws_access_key_id: i}"), &[("AWS_SECRET_ACCESS_KEY", "s")]);
    assert!(mixed.target().auth.aws.is_some());
}

#[test]
fn where_roles_are_assumed_must_be_an_address() {
    let config = "{route_type: llm/v1/chat, model: {provider: bedrock, options: {bedrock: {aws_region: r, \
                  aws_sts_endpoint_url: sts.amazonaws.com}}}}";
    assert_eq!(
        super::wrong(config),
        ["config.model.options.bedrock.aws_sts_endpoint_url: missing host in url"]
    );
}
