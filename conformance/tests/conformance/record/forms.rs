//! The APIs that are recorded here, each with a question in its own words.

use serde_json::{Value, json};

/// One API of a provider.
pub(super) struct Form {
    /// The provider's, and what tells its APIs apart.
    pub(super) name: &'static str,
    pub(super) provider: &'static str,
    whole: &'static str,
    streamed: &'static str,
    /// Whether a stream is asked for, and the text.
    pub(super) question: fn(bool, &str) -> Value,
    /// What the client of a gateway would have asked, and where that says the text.
    pub(super) asks: (&'static str, &'static str),
    /// Whether a gateway may be given the reply byte for byte.
    pub(super) in_bytes: bool,
}

/// What is asked of the client of a gateway.
const CHAT: (&str, &str) = ("chat", "/messages/0/content");
const COMPLETION: (&str, &str) = ("completions", "/prompt");
const RESPONSE: (&str, &str) = ("responses", "/input");

/// A model of Bedrock's that is asked in its maker's words.
macro_rules! model {
    ($id:literal, $asks:expr, $question:expr) => {
        Form {
            name: $id,
            streamed: concat!("/model/", $id, "/invoke-with-response-stream"),
            asks: $asks,
            in_bytes: false,
            ..api("bedrock", concat!("/model/", $id, "/invoke"), $question)
        }
    };
}
pub(super) static FORMS: [Form; 25] = [
    api("openai", "/v1/chat/completions", counted),
    api("deepseek", "/v1/chat/completions", counted),
    api(
        "anthropic",
        "/v1/messages",
        |stream, text| json!({"model": "m", "max_tokens": 99, "messages": said(text), "stream": stream}),
    ),
    Form {
        streamed: "/model/m/converse-stream",
        ..api("bedrock", "/model/m/converse", |_, text| json!({"messages": parts(text)}))
    },
    Form {
        streamed: "/v1beta/models/m:streamGenerateContent",
        ..api(
            "gemini",
            "/v1beta/models/m:generateContent",
            |_, text| json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
        )
    },
    api("ollama", "/api/chat", plain),
    api("cohere", "/v2/chat", plain),
    Form {
        streamed: "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict",
        ..api(
            "vertex",
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:rawPredict",
            |stream, text| {
                let version = "vertex-2023-10-16";
                json!({"anthropic_version": version, "max_tokens": 99, "messages": said(text), "stream": stream})
            },
        )
    },
    Form { name: "cohere-v1", in_bytes: false, ..api("cohere", "/v1/chat", old_chat) },
    Form { name: "cohere-generate", asks: COMPLETION, ..api("cohere", "/v1/generate", prompted) },
    Form {
        name: "anthropic-complete",
        asks: COMPLETION,
        ..api("anthropic", "/v1/complete", |stream, text| {
            let mut asked = claude_text(stream, text);
            (asked["model"], asked["stream"]) = (json!("claude-2.1"), json!(stream));
            asked
        })
    },
    Form { name: "openai-responses", asks: RESPONSE, ..api("openai", "/v1/responses", response) },
    Form { name: "azure-responses", asks: RESPONSE, ..api("azure", "/openai/v1/responses", response) },
    Form {
        name: "tgi-generate",
        streamed: "/generate_stream",
        asks: COMPLETION,
        ..api("tgi", "/generate", |_, text| json!({"inputs": text}))
    },
    Form {
        name: "tgi-details",
        asks: COMPLETION,
        ..api("tgi", "/", |stream, text| {
            let parameters = json!({"details": true, "decoder_input_details": !stream});
            json!({"inputs": text, "stream": stream, "parameters": parameters})
        })
    },
    Form {
        name: "huggingface-generate",
        asks: COMPLETION,
        ..api("huggingface", "/models/m", |stream, text| json!({"inputs": text, "stream": stream}))
    },
    model!("us.anthropic.claude-sonnet-4-5-20250929-v1:0", CHAT, |_, text| {
        json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": said(text)})
    }),
    model!("anthropic.claude-v2", COMPLETION, claude_text),
    model!("amazon.nova-lite-v1:0", CHAT, |_, text| json!({"messages": parts(text)})),
    model!("amazon.titan-text-express-v1", COMPLETION, |_, text| json!({"inputText": text})),
    model!("meta.llama3-70b-instruct-v1:0", COMPLETION, |_, text| json!({"prompt": text})),
    model!("mistral.mistral-large-2407-v1:0", CHAT, |_, text| json!({"messages": said(text)})),
    model!("mistral.mixtral-8x7b-instruct-v0:1", COMPLETION, |_, text| json!({"prompt": text})),
    model!("cohere.command-r-v1:0", CHAT, |_, text| json!({"message": text})),
    model!("cohere.command-text-v14", COMPLETION, prompted),
];

const fn api(provider: &'static str, path: &'static str, question: fn(bool, &str) -> Value) -> Form {
    Form { name: provider, provider, whole: path, streamed: path, question, asks: CHAT, in_bytes: true }
}

/// The form of this name.
pub(super) fn form(name: &str) -> &'static Form {
    FORMS.iter().find(|form| form.name == name).unwrap_or_else(|| panic!("no form {name}"))
}

impl Form {
    pub(super) fn path(&self, stream: bool) -> &'static str {
        if stream { self.streamed } else { self.whole }
    }

    pub(super) fn headers(&self, key: &str) -> Vec<(String, String)> {
        let name = match self.provider {
            "anthropic" => "x-api-key",
            "azure" => "api-key",
            "gemini" => "x-goog-api-key",
            _ => "authorization",
        };
        let value = if name == "authorization" { format!("Bearer {key}") } else { key.to_owned() };
        let mut headers =
            vec![("content-type".to_owned(), "application/json".to_owned()), (name.to_owned(), value)];
        if self.provider == "anthropic" {
            headers.push(("anthropic-version".to_owned(), "2023-06-01".to_owned()));
        }
        headers
    }
}

fn said(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn parts(text: &str) -> Value {
    json!([{"role": "user", "content": [{"text": text}]}])
}

fn plain(stream: bool, text: &str) -> Value {
    json!({"model": "m", "messages": said(text), "stream": stream})
}

fn counted(stream: bool, text: &str) -> Value {
    let mut asked = plain(stream, text);
    if stream {
        asked["stream_options"] = json!({"include_usage": true});
    }
    asked
}

fn prompted(stream: bool, text: &str) -> Value {
    json!({"prompt": text, "stream": stream})
}

fn old_chat(stream: bool, text: &str) -> Value {
    json!({"message": text, "stream": stream})
}

fn response(stream: bool, text: &str) -> Value {
    let include = ["reasoning.encrypted_content"];
    let reasoning = json!({"summary": "auto"});
    json!({"model": "gpt-5", "input": text, "stream": stream, "include": include, "reasoning": reasoning})
}

fn claude_text(_: bool, text: &str) -> Value {
    json!({"max_tokens_to_sample": 99, "prompt": format!("\n\nHuman: {text}\n\nAssistant:")})
}
