//! AWS's Python client on guardrails by themselves.

use mocks::Script;
use mocks::script::{Finish, Reply};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn awss_python_client_applies_guardrails() {
    let mocks = played().await;
    mocks.add(Script::new("[[guarded]]", Reply { finish: Some(Finish::Guardrail), ..Reply::default() }));
    let Some(seen) = NEWEST.run("boto3_guardrail.py", &mocks.url("bedrock")).await else { return };
    println!("{seen:#}");
    let passed = &seen["passed"];
    assert_eq!(passed["told"], json!(["NONE", "No action.", [], []]));
    assert_eq!(passed["usage"], json!([1, 1]));
    let coverage =
        json!({ "textCharacters": { "guarded": 19, "total": 19 }, "images": { "guarded": 1, "total": 1 } });
    assert_eq!(passed["coverage"], coverage);

    let blocked = |policy: &str| {
        let said = "Sorry, the model cannot answer this question.";
        json!(["GUARDRAIL_INTERVENED", "Guardrail blocked.", [said], [policy]])
    };
    let found = &seen["blocked"];
    for (name, policy) in [("topic", "topicPolicy"), ("attack", "contentPolicy"), ("word", "wordPolicy")] {
        assert_eq!(found[name], blocked(policy), "{name}");
    }
    assert_eq!(found["attack_that_comes_out"][0], "NONE");
    let number = json!({ "match": "123-45-6789", "type": "US_SOCIAL_SECURITY_NUMBER", "action": "BLOCKED", "detected": true });
    assert_eq!(found["number"], json!([number]));
    let outputs = ["Write to {EMAIL}, or not.", "Nothing here."];
    assert_eq!(
        seen["masked"],
        json!(["GUARDRAIL_INTERVENED", "Guardrail masked.", outputs, ["sensitiveInformationPolicy"]])
    );
    let filters = |action: &str| json!([["GROUNDING", action], ["RELEVANCE", action]]);
    assert_eq!(
        seen["grounded"],
        json!([["NONE", filters("NONE")], ["GUARDRAIL_INTERVENED", filters("BLOCKED")]])
    );
    let policies = ["contentPolicy", "sensitiveInformationPolicy", "topicPolicy", "wordPolicy"];
    assert_eq!(seen["full"], json!([["NONE", "No action.", [], policies], "NONE", false, 2]));

    let errors = &seen["errors"];
    let refused = |error: &Value, class: &str, text: &str| raised(error, class, "ClientError", None, text);
    refused(&errors["rate"], "ThrottlingException", "slow down");
    refused(&errors["missing"], "ResourceNotFoundException", "no such model");
    refused(&errors["picture"], "ValidationException", "not a valid image");
    nothing_is_strange(&mocks, 0);
    every_answer_fits(&mocks);
}

fn every_answer_fits(mocks: &mocks::Mocks) {
    let api = specs::api("bedrock").unwrap();
    let mut judged = 0;
    for entry in mocks.journal(None) {
        let operation = api.operation(&entry.method, entry.path.strip_prefix("/bedrock").unwrap()).unwrap();
        let body = serde_json::from_slice(&entry.reply.body.bytes()).unwrap();
        assert_eq!(operation.reply(entry.reply.status, &body), [], "{body:#}");
        judged += 1;
    }
    assert!(judged > 10, "{judged}");
}
