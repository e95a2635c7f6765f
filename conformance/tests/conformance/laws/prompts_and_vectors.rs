//! Completions and embeddings: what only prompts and vectors have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::check::Verdict;
use conformance::scenario;
use serde_json::{Value, json};

use super::evidence::{Evidence, header};
use super::{Break, each_break_is_caught, judge};

fn body(evidence: &mut Evidence, edit: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_str(&evidence.body).expect("JSON");
    edit(&mut body);
    evidence.body = body.to_string();
}

fn asked(evidence: &mut Evidence, edit: impl FnOnce(&mut Value)) {
    edit(&mut evidence.asked[0].json);
}

fn request(id: &str) -> Value {
    scenario::find(id).expect("a scenario").request.clone()
}

fn choice(index: usize, text: &str, finish: Option<&str>) -> Value {
    json!({"index": index, "text": text, "logprobs": null, "finish_reason": finish})
}

fn completion(choices: &[Value]) -> Value {
    json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "the-model", "choices": choices,
        "usage": {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21}})
}

/// `completions.parameters.many`, asked of Ollama.
fn prompt() -> Evidence {
    let upstream = json!({"model": "the-model", "stream": false, "prompt": "All of it:", "options": {
        "num_predict": 50, "temperature": 0.5, "top_p": 0.5, "stop": ["END"], "seed": 7, "frequency_penalty": 0.25,
        "presence_penalty": 0.5}});
    let reply = completion(&[choice(0, "all of it.", Some("stop"))]);
    let mut good = Evidence::whole("completions.parameters.many", "ollama", upstream, &reply);
    good.headers.extend(header("x-dropped", "user"));
    good
}

#[test]
fn each_break_of_a_completion_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("completions.request.prompt", |it| asked(it, |json| json["prompt"] = json!("All of it"))),
        ("completions.request.prompt", |it| asked(it, |json| json["system"] = json!("Complete this."))),
        ("completions.request.text.unchanged", |it| asked(it, |json| json["prompt"] = json!("all of it:"))),
        ("completions.request.max-tokens", |it| {
            asked(it, |json| json["options"]["num_predict"] = json!(16));
        }),
        ("completions.request.stop", |it| asked(it, |json| json["options"]["stop"] = json!(["END", "."]))),
        ("completions.request.nothing-silent", |it| drop(it.headers.pop())),
        ("completions.request.nothing-lost", |it| asked(it, |json| json["options"]["seed"] = Value::Null)),
        ("completions.request.dropped.true", |it| it.headers[1].1 = "user, stop".into()),
        ("completions.reply.schema", |it| body(it, |json| json["object"] = json!("chat.completion"))),
        ("completions.reply.schema", |it| {
            body(it, |json| json["choices"][0] = json!({"index": 0, "message": {"content": "all of it."}}));
        }),
        ("completions.reply.nullables", |it| {
            body(it, |json| drop(json["choices"][0].as_object_mut().unwrap().remove("logprobs")));
        }),
        ("completions.reply.text", |it| {
            body(it, |json| json["choices"][0]["text"] = json!(" all of it."));
        }),
        ("completions.reply.finish", |it| {
            body(it, |json| json["choices"][0]["finish_reason"] = json!("length"));
        }),
        ("completions.reply.finish.known", |it| {
            body(it, |json| json["choices"][0]["finish_reason"] = json!("tool_calls"));
        }),
        ("completions.usage.total", |it| body(it, |json| json["usage"]["total_tokens"] = json!(9))),
    ];
    each_break_is_caught(&prompt(), breaks, Evidence::case);
}

/// `completions.prompts.several`, asked of `OpenAI`.
fn prompts() -> Evidence {
    let upstream = json!({"model": "the-model", "prompt": ["The first", "The second", "The third"]});
    let reply = completion(&[0, 1, 2].map(|index| choice(index, "one", Some("stop"))));
    Evidence::whole("completions.prompts.several", "openai", upstream, &reply)
}

#[test]
fn each_break_of_several_prompts_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("completions.request.prompts", |it| {
            asked(it, |json| json["prompt"] = json!("The first\nThe second\nThe third"));
        }),
        ("completions.request.prompts", |it| {
            asked(it, |json| json["prompt"] = json!(["The second", "The first", "The third"]));
        }),
        ("completions.request.prompts", refuse),
        ("completions.reply.choices", |it| {
            body(it, |json| drop(json["choices"].as_array_mut().map(Vec::pop)));
        }),
    ];
    each_break_is_caught(&prompts(), breaks, Evidence::case);
}

fn refuse(evidence: &mut Evidence) {
    evidence.asked.clear();
    evidence.status = 400;
    evidence.body = json!({"error": {"message": "one prompt a call", "type": "invalid_request_error", "param": "prompt", "code": null}}).to_string();
}

#[test]
fn what_a_provider_cannot_do_may_be_refused() {
    let mut refused = prompts();
    refuse(&mut refused);
    refused.provider = "gemini";
    for id in ["completions.request.prompts", "completions.reply.choices"] {
        assert_eq!(judge(id, &refused.case()), Ok(()), "{id}");
    }
    assert_eq!(judge("completions.request.nothing-lost", &refused.case()), Err(Verdict::NotHere));
}

/// A server that takes no 0 is told what is next to nothing, or not to draw at all.
#[test]
fn a_temperature_of_next_to_nothing_is_0_where_0_is_refused() {
    let temperature = |parameters: Value| {
        let upstream = json!({"inputs": "Soberly:", "parameters": parameters});
        let reply = completion(&[choice(0, "yes", Some("stop"))]);
        let good = Evidence::whole("completions.parameters.temperature-zero", "tgi", upstream, &reply);
        judge("completions.request.temperature", &good.case())
    };
    for same in [json!({"temperature": 0.001}), json!({"temperature": 0.01}), json!({"do_sample": false})] {
        assert_eq!(temperature(same.clone()), Ok(()), "{same}");
    }
    for other in [json!({"temperature": 0.02}), json!({})] {
        let verdict = temperature(other.clone());
        assert!(matches!(verdict, Err(Verdict::Broken(_))), "{other}: {verdict:?}");
    }
}

/// `completions.parameters.echo`: the prompt comes back, or a refusal does.
#[test]
fn an_echo_is_there_or_refused() {
    let asked_for = json!({"prompt": "Echo me", "echo": true});
    let reply = completion(&[choice(0, "Echo meand answer", Some("stop"))]);
    let mut good = Evidence::whole("completions.parameters.echo", "openai", asked_for.clone(), &reply);
    good.request = asked_for;
    let breaks: &[Break<Evidence>] = &[("completions.reply.echo", |it| {
        body(it, |json| json["choices"][0]["text"] = json!("and answer"));
    })];
    each_break_is_caught(&good, breaks, Evidence::case);
    refuse(&mut good);
    assert_eq!(judge("completions.reply.echo", &good.case()), Ok(()));
}

#[test]
fn a_suffix_is_not_to_be_named_and_forgotten() {
    let request = request("completions.parameters.suffix");
    let reply = completion(&[choice(0, "    c = a + b\n", Some("stop"))]);
    let mut evidence = Evidence::whole("completions.parameters.suffix", "ollama", request, &reply);
    assert_eq!(judge("completions.request.suffix", &evidence.case()), Ok(()));
    asked(&mut evidence, |json| json["suffix"] = Value::Null);
    evidence.headers.extend(header("x-dropped", "suffix"));
    assert!(judge("completions.request.suffix", &evidence.case()).is_err());
}

fn vectors(vectors: &[Value]) -> Value {
    let element = |(index, vector): (usize, &Value)| json!({"object": "embedding", "index": index, "embedding": vector});
    let data: Vec<_> = vectors.iter().enumerate().map(element).collect();
    json!({"object": "list", "model": "the-model", "data": data, "usage": {"prompt_tokens": 9, "total_tokens": 9}})
}

/// `embeddings.inputs.batch`, asked of Ollama.
fn batch() -> Evidence {
    let upstream =
        json!({"model": "the-model", "input": ["The first text", "The second text", "The third text"]});
    let reply = vectors(&[json!([1, 0, 0]), json!([0, 1, 0]), json!([0, 0, 1])]);
    Evidence::whole("embeddings.inputs.batch", "ollama", upstream, &reply)
}

#[test]
fn each_break_of_a_batch_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("embeddings.request.inputs", |it| {
            asked(it, |json| json["input"] = json!(["The first text", "The third text", "The second text"]));
        }),
        ("embeddings.request.inputs", |it| {
            asked(it, |json| {
                json["input"] = json!(["The first text", "The second text", "The third text", "warm-up"]);
            });
        }),
        ("embeddings.request.text.unchanged", |it| {
            asked(it, |json| json["input"][1] = json!("the second text"));
        }),
        ("embeddings.reply.schema", |it| body(it, |json| json["object"] = json!("embeddings"))),
        ("embeddings.reply.vectors", |it| body(it, |json| json["data"][1]["embedding"] = json!([0, 1, 0.1]))),
        ("embeddings.reply.vectors", |it| {
            body(it, |json| {
                for (at, index) in [1, 0, 2].into_iter().enumerate() {
                    json["data"][at]["index"] = json!(index);
                }
            });
        }),
        ("embeddings.reply.count", |it| body(it, |json| drop(json["data"].as_array_mut().map(Vec::pop)))),
        ("embeddings.reply.index", |it| body(it, |json| json["data"][2]["index"] = json!(0))),
        ("embeddings.reply.floats", |it| body(it, |json| json["data"][0]["embedding"] = json!("AACAPw=="))),
        ("embeddings.usage.prompt", |it| body(it, |json| json["usage"]["prompt_tokens"] = json!(8))),
        ("embeddings.usage.total", |it| body(it, |json| json["usage"]["total_tokens"] = json!(10))),
        ("embeddings.usage.present", |it| body(it, |json| json["usage"] = Value::Null)),
    ];
    each_break_is_caught(&batch(), breaks, Evidence::case);
}

/// `embeddings.vectors.base64`, asked of a provider that has numbers only.
#[test]
fn each_break_of_base64_is_caught() {
    let numbers = [0.1_f32, -0.2, 3.5, 0.0, 1.0];
    let bytes = |turn: fn(f32) -> [u8; 4]| STANDARD.encode(numbers.map(turn).concat());
    let upstream = json!({"content": {"parts": [{"text": "As base64, please."}]}});
    let reply = vectors(&[json!(bytes(f32::to_le_bytes))]);
    let good = Evidence::whole("embeddings.vectors.base64", "gemini", upstream, &reply);
    let breaks: &[Break<Evidence>] = &[
        ("embeddings.reply.base64", |it| body(it, |json| json["data"][0]["embedding"] = json!([0.1, -0.2]))),
        ("embeddings.reply.base64", |it| body(it, |json| json["data"][0]["embedding"] = json!("AAA="))),
    ];
    each_break_is_caught(&good, breaks, Evidence::case);
    let mut other_end = good.clone();
    other_end.body = vectors(&[json!(bytes(f32::to_be_bytes))]).to_string();
    assert_eq!(judge("embeddings.reply.vectors", &good.case()), Ok(()));
    assert!(judge("embeddings.reply.vectors", &other_end.case()).is_err(), "big end first");
}

/// A provider that answers by itself is held to what it sent.
#[test]
fn vectors_of_the_providers_own_are_compared_with_what_it_sent() {
    let asked_for = request("embeddings.vectors.dimensions");
    let upstream = json!({"requests": [{"content": {"parts": [{"text": "Short ones, please."}]}, "outputDimensionality": 256}]});
    let numbers: Vec<f32> = (0_u16..256).map(|number| f32::from(number) / 256.0).collect();
    let reply = vectors(&[json!(numbers)]);
    let mut good = Evidence::whole("embeddings.vectors.dimensions", "gemini", upstream, &reply);
    good.request = asked_for;
    good.asked[0].reply = json!({"embeddings": [{"values": numbers}]}).to_string().into_bytes();
    let breaks: &[Break<Evidence>] = &[
        ("embeddings.reply.vectors", |it| body(it, |json| json["data"][0]["embedding"][255] = json!(0.5))),
        ("embeddings.reply.dimensions", |it| {
            body(it, |json| drop(json["data"][0]["embedding"].as_array_mut().map(Vec::pop)));
        }),
        ("embeddings.request.dimensions", |it| {
            asked(it, |json| json["requests"][0]["outputDimensionality"] = Value::Null);
        }),
        ("embeddings.request.input", |it| {
            let more = json!({"content": {"parts": [{"text": "warm-up"}]}});
            asked(it, |json| json["requests"].as_array_mut().expect("a batch").push(more));
        }),
    ];
    each_break_is_caught(&good, breaks, Evidence::case);
}

/// Titan takes one text a call: who asks it for each text by itself asks for all of them.
#[test]
fn texts_that_are_asked_for_one_by_one_are_all_asked_for() {
    let reply = vectors(&[json!([1, 0, 0]), json!([0, 1, 0]), json!([0, 0, 1])]);
    let mut evidence = Evidence::whole("embeddings.inputs.several", "bedrock", Value::Null, &reply);
    let texts = ["The first text {{marker}}", "The second text {{marker}}", "The third text {{marker}}"];
    let one = evidence.asked[0].clone();
    let ask = |text: &str| conformance::case::Asked { json: json!({"inputText": text}), ..one.clone() };
    evidence.asked = texts.iter().map(|text| ask(text)).collect();
    assert_eq!(judge("embeddings.request.inputs", &evidence.case()), Ok(()));
    evidence.asked.swap(0, 1);
    assert!(judge("embeddings.request.inputs", &evidence.case()).is_err());
}

/// What a provider was not told, or does not tell, is no defect of the reply as well.
#[test]
fn a_reply_is_not_blamed_for_what_its_provider_never_knew() {
    let asked = json!({"prompt": "Short ones, please."});
    let reply = vectors(&[json!([0.5, 0.25])]);
    let mut evidence = Evidence::whole("embeddings.vectors.dimensions", "ollama", asked, &reply);
    evidence.request = request("embeddings.vectors.dimensions");
    assert!(matches!(judge("embeddings.reply.dimensions", &evidence.case()), Err(Verdict::Untestable(_))));
    assert!(matches!(judge("embeddings.request.dimensions", &evidence.case()), Err(Verdict::Broken(_))));
    body(&mut evidence, |json| json["usage"] = json!({"prompt_tokens": -1, "total_tokens": -1}));
    for requirement in ["embeddings.usage.present", "embeddings.usage.prompt", "embeddings.usage.total"] {
        assert_eq!(judge(requirement, &evidence.case()), Err(Verdict::NotHere), "{requirement}");
    }
}

/// That there is no finish reason is one defect.
#[test]
fn a_completion_without_an_end_is_told_of_once() {
    let mut evidence = prompt();
    body(&mut evidence, |json| json["choices"][0]["finish_reason"] = Value::Null);
    assert!(matches!(judge("completions.reply.finish.known", &evidence.case()), Err(Verdict::Broken(_))));
    assert!(matches!(judge("completions.reply.finish", &evidence.case()), Err(Verdict::Untestable(_))));
}

/// A gateway that hands on what comes has begun before the break, and breaks as its provider did.
#[test]
fn a_vector_that_is_cut_may_be_handed_on_as_it_broke() {
    let asked = json!({"input": "A text"});
    let mut evidence = Evidence::whole("embeddings.faults.cut", "openai", asked, &Value::Null);
    evidence.body = "{\"data\":[{\"embedding\":[0.1".to_owned();
    assert!(matches!(judge("embeddings.fault.bad-gateway", &evidence.case()), Err(Verdict::Broken(_))));
    evidence.end = conformance::report::model::End::Truncated;
    assert_eq!(judge("embeddings.fault.bad-gateway", &evidence.case()), Err(Verdict::NotHere));
    assert_eq!(judge("embeddings.fault.visible", &evidence.case()), Ok(()));
}
