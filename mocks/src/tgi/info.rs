//! What is no question for the model: the server itself, its model, and prompts as tokens.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{VERSION, chat, headers, served, token};
use crate::provider::{Call, Whole};

pub(super) fn answer(call: &Call<'_>) -> Whole {
    let body = match call.operation {
        "tokenize" => token::places(call, call.body["inputs"].as_str().unwrap_or_default()),
        "get_chat_tokenize" => {
            let prompt = chat::templated(call.body);
            json!({ "tokenize_response": token::places(call, &prompt), "templated_text": prompt })
        }
        "get_model_info" => info(call),
        "openai_get_model_info" => {
            let model = served(call);
            let model = json!({ "id": model, "object": "model", "created": 0, "owned_by": model });
            json!({ "object": "list", "data": [model] })
        }
        _ => {
            let headers = headers::plain(&call.draw, "").into_iter().skip(1).collect();
            return Whole { status: 200, headers, body: Bytes::new() };
        }
    };
    let headers = headers::plain(&call.draw, "application/json");
    Whole { status: 200, headers, body: body.to_string().into() }
}

fn info(call: &Call<'_>) -> Value {
    json!({
        "model_id": served(call),
        "model_sha": call.draw.hex("model", 40),
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": 128,
        "max_best_of": 2,
        "max_stop_sequences": 4,
        "max_input_tokens": 1_024,
        "max_total_tokens": 2_048,
        "validation_workers": 2,
        "max_client_batch_size": 4,
        "router": "text-generation-router",
        "version": VERSION,
        "sha": "db931fcf42da018a3657580c64bf2720f167f9ab",
        "docker_label": null,
    })
}
