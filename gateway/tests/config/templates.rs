//! Strings that are filled in from the request.

use std::borrow::Cow;

use gateway::config::{Source, Template, TemplateError, UpstreamUrl, UrlError};

use super::wrong;

fn value<'v>(source: Source, name: &str) -> Option<Cow<'v, str>> {
    match (source, name) {
        (Source::Headers, "x-model") => Some("gpt-5".into()),
        (Source::QueryParams, "size") => Some("mini".into()),
        (Source::UriCaptures, "region") => Some("eu".into()),
        (Source::Headers, "x-bad") => Some("not a host/".into()),
        _ => None,
    }
}

fn resolve(text: &str) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    template.resolve(&value).map(Cow::into_owned).map_err(|error| error.to_string())
}

#[test]
fn every_placeholder_is_filled_in() {
    for (text, expected) in [
        ("plain", "plain"),
        ("", ""),
        ("$(headers.x-model)", "gpt-5"),
        ("$(headers.x-model)-$(query_params.size)", "gpt-5-mini"),
        ("a-$(uri_captures.region)-b", "a-eu-b"),
        ("open $(headers.x-model", "open $(headers.x-model"),
        ("$(headers.x-model) $(open", "gpt-5 $(open"),
        ("(headers.x-model)", "(headers.x-model)"),
    ] {
        assert_eq!(resolve(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_in_kongs_words() {
    for (text, expected) in [
        ("x $(headers)", "cannot parse expression for field 'x $(headers)'"),
        ("$(headers.a.b)", "cannot parse expression for field '$(headers.a.b)'"),
        ("$()", "cannot parse expression for field '$()'"),
        ("$(cookies.a)", "source 'cookies' is not supported"),
        ("$(headers.x-none)", "headers key x-none was not provided"),
        ("$(query_params.none)", "query_params key none was not provided"),
        ("$(uri_captures.none)", "uri_captures key none was not provided"),
    ] {
        assert_eq!(resolve(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn a_bad_placeholder_is_found_when_the_file_is_read() {
    let config = "{route_type: llm/v1/chat, model: {provider: openai, name: $(cookies.a), options: \
                  {gemini: {endpoint_id: $(headers)}, upstream_url: 'https://$(hosts.x)/'}}}";
    assert_eq!(
        wrong(config),
        [
            "config.model.name: source 'cookies' is not supported",
            "config.model.options.gemini.endpoint_id: cannot parse expression for field '$(headers)'",
            "config.model.options.upstream_url: source 'hosts' is not supported",
        ]
    );
}

#[test]
fn a_url_may_be_a_template() {
    let url = UpstreamUrl::parse("https://$(uri_captures.region).example.com/v1").unwrap();
    assert_eq!(url.resolve(&value).unwrap().to_string(), "https://eu.example.com/v1");
    let missing = UpstreamUrl::parse("https://$(headers.none)/").unwrap().resolve(&value).unwrap_err();
    assert_eq!(missing, UrlError::Template(TemplateError::Missing(Source::Headers, "none".to_owned())));
    let bad = UpstreamUrl::parse("https://$(headers.x-bad)/").unwrap().resolve(&value).unwrap_err();
    assert_eq!(bad, UrlError::Template(TemplateError::LeadsOut(Source::Headers, "x-bad".to_owned())));
}

#[test]
fn a_url_is_absolute_and_holds_no_credentials() {
    for (text, expected) in [
        ("https://api.example.com", None),
        ("HTTP://api.example.com:8080/x/y?z=1", None),
        ("https://[::1]:8443/", None),
        ("api.example.com/v1", Some("missing host in url")),
        ("localhost:8080", Some("missing host in url")),
        ("https://", Some("missing host in url")),
        ("https:///x", Some("missing host in url")),
        ("https://:80/x", Some("missing host in url")),
        ("//api.example.com", Some("missing scheme in url")),
        ("://api.example.com", Some("missing scheme in url")),
        ("ws://api.example.com", Some("expected one of: http, https")),
        ("https://me:pw@api.example.com", Some("a url must not hold credentials: use config.auth")),
    ] {
        let error = UpstreamUrl::parse(text).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), expected, "{text}");
    }
}
