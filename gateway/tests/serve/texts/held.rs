//! That no text is forgotten; and Kong's texts beside ours.
//!
//! Kong's texts that this gateway has not got, and why; the others are its own, to the letter. Those of the file are in `config`.
//!
//! | Kong's | here | why |
//! |---|---|---|
//! | 400 `request body doesn't contain valid prompts` | 400 that says what is wrong, 415 for the type, 413 for the size | one text for five mistakes tells nobody which |
//! | 400 `content-type header does not match request body, …` | the same text, 415 | 415 is what the status is for; Kong never gets there |
//! | 400 `request format not recognised`, `request matches multiple …`, `[X] message format is not compatible with [Y] route type` | `messages must be a list that holds at least one message`, or the provider's own error | the route says what the body is |
//! | 400 `cannot parse expression for field 'V'`, `source 'X' is not supported` | the same texts, when the file is read | the file is wrong, not the request |
//! | 400 `SRC key K was not provided` | the same text | |
//! | 400 `no transformer for P://R`, … | `P has no API for route_type R`, when the file is read | the file is wrong, not the request |
//! | 400 `error transforming to P://R` | 400 that names the member, in `param` | Kong hides the reason |
//! | 500 `transformation failed from type P://R: …` | 502 `the provider's reply cannot be read: …` | the provider is at fault |
//! | 500 `no response body found when transforming response` | 502 `an invalid response was received from the upstream server: no response body found` | the same |
//! | 404 `{"message": "no Route matched …"}` | the same text in OpenAI's error object | clients of OpenAI read nothing else |
//! | 503 `failure to get a peer from the ring-balancer` | the same text, and which of two reasons; 429 where all targets asked for time | |
//! | 502 `An invalid response was received …`, 504 `The upstream server is timing out` | the same texts, and what was wrong or how long | |
//! | 401, 403, 429 of `key-auth`, `acl`, `rate-limiting`, `ai-rate-limiting-advanced` | the same texts in the client's dialect | |

/// Texts that other tests hold to, with where.
const ELSEWHERE: &[(&str, &str)] = &[
    ("Video is not ready yet, use GET /v1/videos/", "tests/serve/videos.rs"),
    ("please use HTTPS protocol", "tests/serve/own_tls.rs"),
    ("no target can be found under threshold ", "tests/serve/semantic.rs"),
    ("responses are kept in a store that cannot be asked at the moment", "tests/serve/kept.rs"),
    ("' is not complete yet.", "tests/serve/background.rs"),
    ("this route keeps no responses, and so makes none in the background", "tests/serve/background.rs"),
    ("too many responses are being made in the background", "tests/serve/background.rs"),
    ("the gateway was stopped before the response was complete", "tests/serve/background.rs"),
    (
        "This response cannot be streamed here, because another gateway makes it: look at it without stream.",
        "tests/serve/background.rs",
    ),
    ("LLM request failed before proxying", "tests/serve/identity/failures.rs"),
    ("You cannot consume this service", "tests/serve/callers.rs"),
    ("this key cannot use the model: ", "tests/serve/callers.rs"),
    ("No API key found in request", "tests/serve/callers.rs"),
    ("Duplicate API key found", "tests/serve/callers.rs"),
    ("\"Unauthorized\"", "tests/serve/callers.rs"),
    ("API rate limit exceeded", "tests/serve/quotas.rs"),
    ("AI token rate limit exceeded for provider(s): openai", "tests/serve/quotas.rs"),
];

#[test]
fn every_text_of_the_gateways_own_is_held_to_somewhere() {
    let read =
        |path: &str| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let here = read("tests/serve/texts.rs");
    for (text, file) in ELSEWHERE {
        assert!(read(file).contains(text), "{file} does not hold to {text:?}");
    }
    let faults = read("src/fault.rs");
    let texts = faults
        .split("#[error(")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1).filter(|_| !rest.starts_with("transparent")));
    let mut count = 0;
    for text in texts {
        // What stands between two values.
        let pieces = text.split(['{', '}']).step_by(2);
        let longest = pieces.max_by_key(|piece| piece.len()).unwrap_or_default().trim();
        // `{message}` has its text where it is made.
        let is_held = here.contains(longest) || ELSEWHERE.iter().any(|(known, _)| known.contains(longest));
        assert!(is_held, "no test holds to {text:?}");
        count += 1;
    }
    assert!(count >= 35, "{count}");
}

#[test]
fn kongs_rules_on_the_file_are_held_to_in_kongs_words() {
    const RULES: &[&str] = &[
        "bedrock and gemini only support auth.allow_override = false",
        "all or none of these fields must be set: 'auth.header_name', 'auth.header_value'",
        "all or none of these fields must be set: 'auth.param_name', 'auth.param_value', 'auth.param_location'",
        "must set 'model.options.llama2_format' for llama2 provider",
        "must set 'model.options.mistral_format' for mistral provider",
        "must set 'model.options.anthropic_version' for anthropic provider",
        "must set 'model.options.azure_instance' for azure provider",
        "must set 'model.options.azure_deployment_id' for azure provider",
        "must set 'model.options.upstream_url' for self-hosted providers/models",
        "anthropic does not support statistics when route_type is llm/v1/completions",
        "native provider options in llm_format can only be used with the 'llm/v1/chat' route_type",
        "native llm_format 'bedrock' can only be used with the 'bedrock' model.provider",
        "cannot parse expression for field ",
        "' is not supported",
        "missing host in url",
        "exactly one of these fields must be non-empty: 'config.allow', 'config.deny'",
        "The limit for minute(10.0) cannot be lower than the limit for second(20.0)",
        "sync_rate can only be used with the redis policy",
        "You must provide the same number of windows and limits",
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut all = String::new();
    for folder in [folder.join("snapshots"), folder] {
        for file in std::fs::read_dir(folder).unwrap() {
            all += &std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
        }
    }
    for rule in RULES {
        assert!(all.contains(rule), "no test of files holds to {rule:?}");
    }
}
