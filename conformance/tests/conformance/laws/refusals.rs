//! Refusals: whose mistake it is, and what can still be said of the rest.

use conformance::case::Asked;
use conformance::check::Verdict;
use conformance::check::refusal::members;
use serde_json::{Value, json};

use super::evidence::Evidence;
use super::judge;

fn violation(pointer: &str, keyword: &str) -> specs::Violation {
    specs::Violation {
        pointer: pointer.into(),
        keyword: keyword.into(),
        expected: "something else".into(),
        got: "that".into(),
        document: String::new(),
    }
}

/// A refusal over one member leaves open what is about others; what the provider knows may not be refused.
#[test]
fn a_member_is_refused_by_name_or_by_the_provider_that_was_handed_it() {
    let refused =
        |sentence: &str| json!({"error": {"message": sentence, "type": "t", "param": null, "code": null}});
    let scenario = "chat.parameters.many";
    let reply = refused("this provider has no parameters `seed`, and no users");
    let mut evidence = Evidence::whole(scenario, "anthropic", Value::Null, &reply);
    evidence.status = 400;
    let asked = evidence.asked.pop().expect("one");
    assert_eq!(members(&evidence.case()), ["seed"]);
    assert!(judge("chat.request.temperature", &evidence.case()).is_err(), "temperature was not carried");
    // The provider is handed `user` as it is, and does not know it; any other mistake is the gateway's.
    let unknown = violation("/user", "additionalProperties");
    let json = json!({"user": "u-1", "stop_sequences": "."});
    evidence.asked = vec![Asked { status: 400, json, violations: vec![unknown], ..asked }];
    assert_eq!(members(&evidence.case()), ["user"]);
    evidence.asked[0].violations.push(violation("/stop_sequences", "type"));
    assert!(members(&evidence.case()).is_empty());
    evidence.asked[0].violations.pop();
    evidence.asked[0].json["user"] = json!("somebody else");
    assert!(members(&evidence.case()).is_empty());
}

/// A request that the provider refused over what the client said, for the client to hear, has lost nothing: not even what the gateway
/// would have told otherwise.
#[test]
fn nothing_is_lost_of_what_is_refused() {
    let refused = json!({"error": {"message": "seed: Extra inputs are not permitted", "type": "t", "param": null, "code": null}});
    let upstream = json!({"messages": [{"role": "user", "content": "Everything at once."}], "max_tokens": 64,
        "stop_sequences": ["."], "temperature": 0.25, "seed": 1, "metadata": {"user_id": "u-1"}});
    let mut evidence = Evidence::whole("chat.parameters.many", "anthropic", upstream, &refused);
    evidence.asked[0].violations = vec![violation("/seed", "additionalProperties")];
    (evidence.status, evidence.asked[0].status) = (400, 400);
    assert_eq!(judge("chat.request.nothing-lost", &evidence.case()), Err(Verdict::NotHere));
    evidence.status = 500;
    let unheard = judge("chat.request.nothing-lost", &evidence.case());
    assert!(matches!(unheard, Err(Verdict::Broken(_))), "the client did not hear it: {unheard:?}");
}

/// What a scenario leaves open the provider may refuse as well as the gateway; a request that the gateway made wrong it may not.
#[test]
fn a_providers_refusal_of_what_the_gateway_made_is_none_of_the_clients() {
    let refused = json!({"error": {"message": "no", "type": "t", "param": null, "code": null}});
    let upstream = json!({"model": "another", "input": ["a", "b", "c"]});
    let evidence = |broken: Option<(&str, &str)>, told: &Value| {
        let mut evidence = Evidence::whole("embeddings.inputs.several", "openai", upstream.clone(), &refused);
        evidence.status = 400;
        let asked = evidence.asked.last_mut().expect("one");
        asked.status = 400;
        asked.json = told.clone();
        asked.violations = broken.into_iter().map(|(pointer, keyword)| violation(pointer, keyword)).collect();
        evidence
    };
    let judged = |evidence: &Evidence| judge("embeddings.reply.index", &evidence.case());
    let mut passed_on = evidence(Some(("/input", "type")), &upstream);
    let asked = passed_on.case().sent.json;
    passed_on.asked[0].json = asked.clone();
    assert_eq!(judged(&passed_on), Err(Verdict::NotHere), "the client said it");
    passed_on.asked[0].violations.clear();
    assert_eq!(judged(&passed_on), Err(Verdict::NotHere), "the document does not forbid it");
    passed_on.asked[0].refused = Some("no such key".into());
    assert!(matches!(judged(&passed_on), Err(Verdict::Broken(_))), "with a wrong key");
    for (broken, told) in [
        (("/input", "type"), json!({"model": "another", "input": 7})),
        (("", "required"), json!({"model": "another"})),
        (("/texts", "additionalProperties"), json!({"model": "another", "texts": asked["input"]})),
    ] {
        let made = evidence(Some(broken), &told);
        assert!(matches!(judged(&made), Err(Verdict::Broken(_))), "{told}");
    }
}

/// What the gateway made wrong is told once: of an error or a break that the provider never came to, nothing can be said.
#[test]
fn an_error_that_was_never_played_is_not_missed() {
    let refused = json!({"error": {"message": "no", "type": "t", "param": null, "code": null}});
    let scenarios = [
        (
            "embeddings.errors.rate-limit",
            ["embeddings.error.status", "embeddings.error.message", "embeddings.error.message"],
        ),
        ("embeddings.faults.html", ["embeddings.fault.bad-gateway"; 3]),
        (
            "chat.faults.silent",
            ["chat.fault.timeout-status", "chat.fault.stall-cancelled", "chat.fault.stall-cancelled"],
        ),
    ];
    for (scenario, requirements) in scenarios {
        let told = json!({"model": "another", "texts": ["Hello"]});
        let mut evidence = Evidence::whole(scenario, "cohere", told, &refused);
        (evidence.status, evidence.asked[0].status) = (400, 400);
        for id in requirements {
            evidence.asked[0].violations.clear();
            let verdict = judge(id, &evidence.case());
            assert!(matches!(verdict, Err(Verdict::Broken(_))), "{id}, as the provider said it: {verdict:?}");
            evidence.asked[0].violations.push(violation("", "required"));
            let verdict = judge(id, &evidence.case());
            assert!(matches!(verdict, Err(Verdict::Untestable(_))), "{id}, never played: {verdict:?}");
        }
    }
}
