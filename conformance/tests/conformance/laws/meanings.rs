//! Laws of meaning, over what every scenario's client says.

use std::sync::Arc;

use conformance::Surface;
use conformance::dialect;
use conformance::meaning::{Facet, Meaning, compare, of_client, read};
use conformance::scenario::{self, Scenario};
use serde_json::{Value, json};

fn requests() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let asks = |scenario: &&Arc<Scenario>| scenario.surface.asks(&scenario.request);
    scenario::all().iter().filter(asks).map(|scenario| (scenario.id.as_str(), &scenario.request))
}

/// What a client means by a request of the scenario with this id.
fn means(id: &str, request: &Value) -> Meaning {
    of_client(Surface::of_id(id).expect("a surface"), request).unwrap_or_default()
}

fn chat(provider: &str, request: &Value) -> Meaning {
    read(provider, Surface::Chat, request).expect("a dialect")
}

#[test]
fn what_is_said_means_what_it_means() {
    for (id, request) in requests() {
        let meaning = means(id, request);
        assert_eq!(compare(&meaning, &meaning), [], "{id}");
    }
}

/// A chat says the same in the words of each surface; a limit, where one is mandatory, is all that is added.
#[test]
fn a_chat_means_the_same_on_every_surface() {
    let mut seen = 0;
    for scenario in scenario::all().iter().filter(|scenario| scenario.surface == Surface::Chat) {
        let Some(meant) = of_client(Surface::Chat, &scenario.request) else { continue };
        for surface in scenario.surfaces.iter().skip(1) {
            let written = scenario.asked_on(*surface, &scenario.request);
            let told = of_client(*surface, &written).expect("a request");
            assert_eq!(compare(&meant, &told), [], "{} on {surface}", scenario.id);
            let mut added = compare(&told, &meant);
            added.retain(|difference| !matches!(difference.facet, Facet::MaxTokens | Facet::Effort));
            assert_eq!(added, [], "{} on {surface}, the other way round", scenario.id);
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}

/// What only says what is so anyway may be left out.
fn says_nothing(name: &str, request: &Value) -> bool {
    let is_default =
        request["tool_choice"] == "auto" && name == "tool_choice" || is_so_anyway(name, &request[name]);
    // Without tools there is nothing to choose from.
    let is_none = request["tool_choice"] == "none" && ["tools", "tool_choice"].contains(&name);
    is_default
        || is_none
        || ["model", "stream", "stream_options", "extra_body", "encoding_format"].contains(&name)
        // What is kept, and what was, is no part of what is asked here.
        || ["store", "include", "previous_response_id", "metadata"].contains(&name) && !request["input"].is_null()
}

fn is_so_anyway(name: &str, value: &Value) -> bool {
    match name {
        "n" | "best_of" => value == 1,
        "echo" => value == false,
        "presence_penalty" | "frequency_penalty" => value == 0,
        _ => false,
    }
}

#[test]
fn whatever_is_left_out_is_a_difference() {
    let mut seen = 0;
    for (id, request) in requests() {
        let meaning = means(id, request);
        for (name, _) in
            request.as_object().into_iter().flatten().filter(|(name, _)| !says_nothing(name, request))
        {
            let mut shorter = request.clone();
            if let Some(members) = shorter.as_object_mut() {
                members.remove(name);
            }
            let found = compare(&meaning, &means(id, &shorter));
            assert!(!found.is_empty() || request[name] == json!([]), "{id}: {name} may be left out");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_message_that_is_left_out_is_a_difference() {
    let says_something = |message: &Value| message["content"] != "" || message["tool_calls"].is_array();
    for (id, request) in requests() {
        let meaning = means(id, request);
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        for (position, _) in messages.iter().enumerate().filter(|(_, message)| says_something(message)) {
            let mut shorter = request.clone();
            shorter["messages"].as_array_mut().expect("a list").remove(position);
            let found = compare(&meaning, &means(id, &shorter));
            assert!(!found.is_empty(), "{id}: message {position} may be left out");
        }
    }
}

/// How texts are cut into blocks and turns of one role into messages means nothing.
#[test]
fn form_means_nothing() {
    let openai = json!({"messages": [
        {"role": "system", "content": "a"}, {"role": "developer", "content": [{"type": "text", "text": "b"}]},
        {"role": "user", "content": "c"}, {"role": "user", "content": [{"type": "text", "text": "d"}]},
        {"role": "assistant", "content": "e", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "1", "content": "[1]"},
    ]});
    let anthropic = json!({"system": "a\n\nb", "messages": [
        {"role": "user", "content": "c\nd"},
        {"role": "assistant", "content": [{"type": "text", "text": "e"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "[1]"}]}]},
    ]});
    let bedrock = json!({"system": [{"text": "a"}, {"text": "b"}], "messages": [
        {"role": "user", "content": [{"text": "c"}, {"text": "d"}]},
        {"role": "assistant", "content": [{"text": "e"}, {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"json": {"result": [1]}}]}}]},
    ]});
    let meant = chat("openai", &openai);
    for (provider, request) in [("anthropic", anthropic), ("bedrock", bedrock)] {
        assert_eq!(compare(&meant, &chat(provider, &request)), [], "{provider}");
    }
}

/// Words beside what the client said mean something, but for those that ask for the JSON that it wants.
#[test]
fn words_that_ask_for_json_belong_to_the_format() {
    let said = |system: &str, format: &str| {
        json!({"response_format": {"type": format}, "messages": [
            {"role": "system", "content": system}, {"role": "user", "content": "b"},
        ]})
    };
    let meant = chat("openai", &said("a", "json_object"));
    assert_eq!(compare(&meant, &chat("openai", &said("a\nAnswer in JSON.", "json_object"))), []);
    assert_ne!(compare(&meant, &chat("openai", &said("a\nBe brief.", "json_object"))), []);
    assert_ne!(compare(&meant, &chat("openai", &said("Answer in JSON.", "json_object"))), [], "a is lost");
    // A provider without such a mode can be asked for it by words; without a word it was not asked.
    let told = |system: &str| {
        chat("anthropic", &json!({"system": system, "messages": [{"role": "user", "content": "b"}]}))
    };
    assert_eq!(compare(&meant, &told("a\nAnswer in JSON.")), []);
    assert_ne!(compare(&meant, &told("a")), []);
    let meant = chat("openai", &said("a", "text"));
    assert_ne!(compare(&meant, &chat("openai", &said("a\nAnswer in JSON.", "text"))), []);
}

/// A number is what a model can make of it: single precision has seven digits.
#[test]
fn numbers_are_compared_by_what_they_say() {
    let asked = |temperature: f64, seed: u64| {
        let messages = json!([{"role": "user", "content": "b"}]);
        chat("openai", &json!({"messages": messages, "temperature": temperature, "seed": seed}))
    };
    assert_eq!(compare(&asked(0.7, 1), &asked(0.699_999_988_079_071, 1)), []);
    assert_ne!(compare(&asked(0.7, 1), &asked(0.6999, 1)), []);
    assert_ne!(compare(&asked(0.7, 9_007_199_254_740_993), &asked(0.7, 9_007_199_254_740_992)), []);
}

/// Both of Cohere's versions, the older one of which has no ids: they are compared by their order.
#[test]
fn cohere_is_read_in_both_versions() {
    let parameters = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let function = json!({"name": "f", "description": "d", "parameters": parameters});
    let tools = json!([{"type": "function", "function": function}]);
    let call = json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"n\":1}"}});
    let last = json!({"role": "tool", "tool_call_id": "1", "content": "up"});
    let openai = json!({"tools": tools, "tool_choice": "required", "top_p": 0.5, "stop": "x", "messages": [
        {"role": "system", "content": "a"}, {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c", "tool_calls": [call]}, last,
    ]});
    let v2 = json!({"tools": tools, "tool_choice": "REQUIRED", "p": 0.5, "stop_sequences": ["x"], "messages": [
        {"role": "system", "content": "a"}, {"role": "user", "content": "b"},
        {"role": "assistant", "tool_plan": "c", "tool_calls": [call]}, last,
    ]});
    assert_eq!(compare(&chat("openai", &openai), &chat("cohere", &v2)), []);
    let named = json!({"type": "function", "function": {"name": "f"}});
    let mut only = openai.clone();
    only["tool_choice"] = named;
    assert_eq!(compare(&chat("openai", &only), &chat("cohere", &v2)), [], "it is the only one");

    let called = json!({"name": "f", "parameters": {"n": 1}});
    let definitions = json!({"n": {"type": "int", "required": true}});
    let v1 = json!({"preamble": "a", "message": "", "p": 0.5, "stop_sequences": ["x"],
        "tools": [{"name": "f", "description": "d", "parameter_definitions": definitions}],
        "chat_history": [{"role": "USER", "message": "b"}, {"role": "CHATBOT", "message": "c", "tool_calls": [called]}],
        "tool_results": [{"call": called, "outputs": [{"output": "up"}]}],
    });
    let found = compare(&chat("openai", &openai).numbered(), &chat("cohere", &v1).numbered());
    let lost: Vec<_> = found.into_iter().map(|lost| lost.member).collect();
    assert_eq!(lost, ["tool_choice"]);
}

/// A prompt is what a user says, wherever it is said; a list of texts is none of them joined.
#[test]
fn a_prompt_is_a_prompt_in_every_dialect() {
    let meant = means("completions.", &json!({"prompt": "a\nb", "max_tokens": 5, "stop": "x", "seed": 3}));
    let list = means("completions.", &json!({"prompt": ["a\nb"], "max_tokens": 5, "stop": ["x"], "seed": 3}));
    assert_eq!(compare(&meant, &list), []);
    let asked = [
        (
            "bedrock",
            json!({"messages": [{"role": "user", "content": [{"text": "a\nb"}]}],
            "inferenceConfig": {"maxTokens": 5, "stopSequences": ["x"]}}),
        ),
        (
            "gemini",
            json!({"contents": [{"role": "user", "parts": [{"text": "a\nb"}]}],
            "generationConfig": {"maxOutputTokens": 5, "stopSequences": ["x"], "seed": 3}}),
        ),
        ("mistral", json!({"prompt": "a\nb", "max_tokens": 5, "stop": "x", "random_seed": 3})),
        (
            "mistral",
            json!({"messages": [{"role": "user", "content": "a\nb"}], "max_tokens": 5, "stop": ["x"], "random_seed": 3}),
        ),
        ("cohere", json!({"prompt": "a\nb", "max_tokens": 5, "stop_sequences": ["x"], "seed": 3})),
        ("cohere", json!({"prompt": "a\nb", "max_tokens": 5, "end_sequences": ["x"], "seed": 3})),
        ("ollama", json!({"prompt": "a\nb", "options": {"num_predict": 5, "stop": ["x"], "seed": 3}})),
    ];
    for (provider, request) in asked {
        let told = read(provider, Surface::Completions, &request).expect("a dialect");
        let lost: Vec<_> = compare(&meant, &told).into_iter().map(|lost| lost.member).collect();
        assert_eq!(lost, if provider == "bedrock" { vec!["seed"] } else { vec![] }, "{provider}");
    }
    let several =
        means("completions.", &json!({"prompt": ["a", "b"], "max_tokens": 5, "stop": "x", "seed": 3}));
    assert_ne!(compare(&several, &meant), []);
    assert_ne!(compare(&meant, &several), []);
}

#[test]
fn inputs_are_inputs_in_every_dialect() {
    let meant = means("embeddings.", &json!({"input": ["a", "b"], "dimensions": 16}));
    let asked = [
        (
            "gemini",
            json!({"requests": [
                {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 16},
                {"content": {"parts": [{"text": "b"}]}, "outputDimensionality": 16}]}),
        ),
        ("mistral", json!({"input": ["a", "b"], "output_dimension": 16})),
        ("ollama", json!({"input": ["a", "b"], "dimensions": 16})),
        ("bedrock", json!({"texts": ["a", "b"], "input_type": "search_query", "output_dimension": 16})),
    ];
    for (provider, request) in asked {
        let told = read(provider, Surface::Embeddings, &request).expect("a dialect");
        assert_eq!(compare(&meant, &told), [], "{provider}");
    }
    let one = means("embeddings.", &json!({"input": "a"}));
    let told = read("ollama", Surface::Embeddings, &json!({"prompt": "a"})).expect("a dialect");
    assert_eq!(compare(&one, &told), [], "by Ollama's older path");
    for other in [json!(["b", "a"]), json!(["a"]), json!(["a\nb"]), json!([1, 2]), json!(["a", "b", "b"])] {
        let other = means("embeddings.", &json!({"input": other, "dimensions": 16}));
        assert_ne!(compare(&meant, &other), [], "{other:?}");
    }
}

/// Marks within one text say who said what.
#[test]
fn a_prompt_with_marks_means_its_conversation() {
    let client = json!({"max_tokens": 9, "stop": ["x"], "messages": [
        {"role": "system", "content": "a"}, {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c"}, {"role": "user", "content": "d </s> e"},
    ]});
    let meant = read("openai", Surface::Chat, &client).expect("a dialect");
    let told = |inputs: &str| {
        let body =
            json!({"inputs": inputs, "parameters": {"max_new_tokens": 9, "stop": ["x"], "stream": false}});
        compare(&meant, &read("llama2-raw", Surface::Chat, &body).expect("a dialect"))
    };
    let whole = "<s>[INST] <<SYS>>\na\n<</SYS>>\n\nb [/INST] c </s><s>[INST] d </s> e [/INST]";
    assert_eq!(told(whole), []);
    for lost in ["<s>", "</s><s>", "<<SYS>>\na\n<</SYS>>\n\n", " c ", "[/INST] c", "d </s> e", "<<SYS>>"] {
        assert_ne!(told(&whole.replacen(lost, "", 1)), [], "{lost} may be left out");
    }

    let client = json!({"max_tokens": 9, "user": "u", "prompt": "b"});
    let meant = read("openai", Surface::Completions, &client).expect("a dialect");
    let told = |prompt: &str| {
        let body = json!({"prompt": prompt, "max_tokens_to_sample": 9, "metadata": {"user_id": "u"}});
        compare(&meant, &read("anthropic", Surface::Completions, &body).expect("a dialect"))
    };
    assert_eq!(told("\n\nHuman: b\n\nAssistant:"), []);
    assert_ne!(told("Human: b\n\nAssistant:"), [], "Kong's prompt lacks its beginning");
    assert_ne!(told("\n\nHuman: b c\n\nAssistant:"), []);
}

/// Gemini's own schemas say the same in other words; what they have no word for is no difference.
#[test]
fn gemini_s_words_mean_what_json_schema_s_do() {
    let meant = |schema: Value| {
        let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}});
        let tools = json!([{"type": "function", "function": {"name": "f", "parameters": schema}}]);
        chat(
            "openai",
            &json!({"messages": [{"role": "user", "content": "a"}], "response_format": format, "tools": tools}),
        )
    };
    let told = |schema: Value| {
        let config = json!({"responseMimeType": "application/json", "responseSchema": schema});
        let tools = json!([{"functionDeclarations": [{"name": "f", "parameters": schema}]}]);
        chat(
            "gemini",
            &json!({"contents": [{"role": "user", "parts": [{"text": "a"}]}], "generationConfig": config, "tools": tools}),
        )
    };
    let seat = json!({"anyOf": [{"type": "string"}, {"type": "null"}]});
    let client = meant(json!({"type": "object", "properties": {"seat": seat}})).open();
    for seat in [
        json!({"type": "STRING", "nullable": true}),
        json!({"anyOf": [{"type": "STRING", "nullable": true}]}),
        json!({"anyOf": [{"type": "STRING"}, {"type": "NULL"}]}),
    ] {
        let told = told(json!({"type": "OBJECT", "properties": {"seat": seat}})).open();
        assert_eq!(compare(&client, &told), [], "{seat}");
    }
    for lost in [json!({"type": "STRING"}), json!({"type": "INTEGER", "nullable": true})] {
        let told = told(json!({"type": "OBJECT", "properties": {"seat": lost}})).open();
        assert_eq!(compare(&client, &told).len(), 2, "{lost}");
    }
    let closed = meant(json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false}));
    let told = told(json!({"type": "OBJECT", "properties": {"a": {}}}));
    assert_eq!(compare(&closed.clone().open(), &told.clone().open()), []);
    assert_eq!(compare(&closed, &told).len(), 2);
}

#[test]
fn a_result_may_reach_gemini_in_openai_s_parts() {
    let said = |said: Value| {
        let response = json!({"functionResponse": {"name": "f", "response": {"output": said}}});
        chat("gemini", &json!({"contents": [{"role": "user", "parts": [response]}]}))
    };
    let parts = said(json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]));
    assert_eq!(parts, said(json!("a\nb")));
    assert_ne!(said(json!([{"type": "text", "text": "a"}, {"type": "image"}])), said(json!("a")));
}

/// Whoever makes the model has its own places, wherever it is served.
#[test]
fn claude_has_no_more_places_at_google_than_at_home() {
    let asked = |body: Value| dialect::asked("vertex", Surface::Chat, &body).expect("a dialect");
    let claude = asked(json!({"anthropic_version": "vertex-2023-10-16", "messages": []}));
    let gemini = asked(json!({"contents": []}));
    for (facet, member) in [(Facet::Other, "frequency_penalty"), (Facet::Other, "seed")] {
        assert!(!claude.has_place(facet, member) && gemini.has_place(facet, member), "{member}");
    }
    assert!(claude.has_place(Facet::Parallel, "parallel_tool_calls"));
    assert!(!gemini.has_place(Facet::Parallel, "parallel_tool_calls"));
}
