//! Whatever is called, the upstream is shown the gateway's key, and never the client's.

use super::*;

/// Every way in which providers take keys.
const CLIENTS: &str = "authorization: Bearer of-the-client\r\nx-api-key: of-the-client\r\napi-key: of-the-client\r\n\
    x-goog-api-key: of-the-client\r\nx-amz-security-token: of-the-client\r\nproxy-authorization: Basic of-the-client\r\n\
    cookie: key=of-the-client\r\n";
const KEYS: &str =
    "key=of-the-client&access_token=of-the-client&api-key=of-the-client&X-Amz-Signature=of-the-client";
const HANDSHAKE: &str = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: realtime, openai-insecure-api-key.of-the-client\r\n";

/// One API of a provider, and a request to it.
struct Api {
    provider: &'static str,
    route_type: &'static str,
    format: &'static str,
    line: &'static str,
    fields: &'static str,
    body: &'static str,
}

const JSON: &str = "content-type: application/json\r\n";
const CHAT: Api = Api {
    provider: "gemini",
    route_type: "llm/v1/chat",
    format: "openai",
    line: "POST /chat",
    fields: JSON,
    body: ASK,
};
const APIS: &[Api] = &[
    CHAT,
    Api { format: "anthropic", line: "POST /chat/v1/messages", body: MESSAGE, ..CHAT },
    Api { route_type: "llm/v1/embeddings", body: r#"{"input":"a"}"#, ..CHAT },
    Api {
        route_type: "llm/v1/responses",
        line: "POST /chat/responses",
        body: r#"{"model":"m","input":"a"}"#,
        ..CHAT
    },
    Api { format: "gemini", line: "POST /chat/v1beta/models/m:generateContent", body: "{}", ..CHAT },
    Api { format: "gemini", line: "GET /chat/v1beta/models", fields: "", body: "", ..CHAT },
    Api {
        format: "gemini",
        line: "GET /chat/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        fields: HANDSHAKE,
        body: "",
        ..CHAT
    },
    Api { route_type: "image/v1/images/generations", body: r#"{"prompt":"a"}"#, ..CHAT },
    Api { route_type: "llm/v1/batches", line: "GET /chat/batches", fields: "", body: "", ..CHAT },
    Api { provider: "azure", ..CHAT },
    Api {
        provider: "azure",
        route_type: "llm/v1/files",
        line: "GET /chat/files",
        fields: "",
        body: "",
        ..CHAT
    },
    Api {
        provider: "azure",
        route_type: "llm/v1/files",
        line: "POST /chat/files",
        fields: "content-type: multipart/form-data; boundary=x\r\n",
        body: "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x--\r\n",
        ..CHAT
    },
    Api {
        provider: "azure",
        route_type: "realtime/v1/realtime",
        line: "GET /chat/realtime",
        fields: HANDSHAKE,
        body: "",
        ..CHAT
    },
    Api { provider: "azure", route_type: "preserve", line: "POST /chat/any/thing", ..CHAT },
    Api { provider: "bedrock", ..CHAT },
    Api { provider: "bedrock", format: "bedrock", line: "POST /chat/model/m/converse", body: "{}", ..CHAT },
    Api { provider: "bedrock", route_type: "image/v1/images/generations", body: r#"{"prompt":"a"}"#, ..CHAT },
    Api { provider: "bedrock", route_type: "llm/v1/embeddings", body: r#"{"input":"a"}"#, ..CHAT },
];
const MESSAGE: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}"#;

impl Api {
    /// The gateway before `model`, with `auth` of the provider.
    fn setup(&self, model: &Server, auth: Value) -> Setup {
        let name = match (self.provider, self.route_type) {
            ("bedrock", "image/v1/images/generations") => "amazon.nova-canvas-v1:0",
            ("bedrock", "llm/v1/embeddings") => "amazon.titan-embed-text-v2:0",
            ("gemini", "image/v1/images/generations") => "gemini-2.5-flash-image",
            _ => "m",
        };
        let options = json!({"upstream_url": model.url(""), "azure_instance": "i", "azure_deployment_id": "d",
            "bedrock": {"aws_region": "us-east-1"}});
        let mut about = json!({"provider": self.provider, "name": name, "options": options});
        if self.format == "gemini" || self.line.starts_with("GET") {
            about.as_object_mut().unwrap().remove("name");
        }
        Setup::new("openai", model.addr)
            .set("/auth", auth)
            .set("/model", about)
            .set("/route_type", self.route_type)
            .set("/llm_format", self.format)
    }

    /// What the model is shown when a client calls it with all the keys that it has.
    async fn shown(&self, setup: Setup, model: &Server) -> Seen {
        let gateway = setup.start();
        let mut client = Client::connect(gateway.addr()).await;
        let (line, fields, body) = (self.line, self.fields, self.body);
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        client
            .write(&format!("{line}?{KEYS} HTTP/1.1\r\nhost: g\r\n{CLIENTS}{fields}{length}\r\n{body}"))
            .await;
        let status = client.head().await.status;
        let seen = model.seen();
        assert_eq!(seen.len(), 1, "{} {} {}: {status}", self.provider, self.route_type, self.line);
        seen[0].clone()
    }
}

/// A model that takes nobody's wish, but is shown who asks.
async fn model() -> Server {
    Server::start(|_, _| Some(json_reply("400 Bad Request", r#"{"error":{"message":"no","code":400}}"#)))
        .await
}

#[tokio::test]
async fn a_token_is_shown_whatever_is_called_and_no_key_of_the_clients() {
    let tokens = Server::start(|_, seen| {
        Some(if seen.line().starts_with("GET /keys") {
            json_reply("200 OK", &json!({"AccessKeyId": "FOUND", "SecretAccessKey": KEY}).to_string())
        } else {
            flavored("of-the-gateway", 3600)
        })
    })
    .await;
    for api in APIS {
        let model = model().await;
        let (auth, env, expected) = match api.provider {
            "azure" => {
                let auth = json!({"azure_use_managed_identity": true});
                (auth, ("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url("")), "Bearer of-the-gateway")
            }
            "gemini" => {
                let auth = json!({"gcp_use_service_account": true});
                (auth, ("GCE_METADATA_HOST", tokens.addr.to_string()), "Bearer of-the-gateway")
            }
            _ => {
                let env = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", tokens.url("/keys"));
                (json!({}), env, "AWS4-HMAC-SHA256 Credential=FOUND/")
            }
        };
        let setup = api.setup(&model, auth).env(env.0, env.1).env("HOME", "/nowhere");
        let seen = api.shown(setup, &model).await;
        let what = format!("{} {}: {}", api.provider, api.line, seen.head);
        assert!(seen.field("authorization").is_some_and(|value| value.starts_with(expected)), "{what}");
        assert!(!seen.head.contains("of-the-client"), "{what}");
    }
}

#[tokio::test]
async fn a_key_of_the_file_is_shown_whatever_is_called_and_none_of_the_clients() {
    for api in APIS {
        let model = model().await;
        let auth = match api.provider {
            "azure" => json!({"header_name": "api-key", "header_value": KEY}),
            "gemini" => json!({"header_name": "x-goog-api-key", "header_value": KEY}),
            _ => json!({"aws_access_key_id": "OWN", "aws_secret_access_key": "secret"}),
        };
        let seen = api.shown(api.setup(&model, auth), &model).await;
        let what = format!("{} {}: {}", api.provider, api.line, seen.head);
        assert!(seen.head.contains(KEY) || seen.head.contains("Credential=OWN/"), "{what}");
        assert!(!seen.head.contains("of-the-client"), "{what}");
    }
}

#[tokio::test]
async fn a_clients_own_key_goes_where_the_file_says_so_and_none_but_the_one_that_it_names() {
    let apis = APIS.iter().filter(|api| api.provider == "azure");
    for api in apis {
        for (overrides, expected) in [(true, "of-the-client"), (false, KEY)] {
            let model = model().await;
            let auth = json!({"header_name": "api-key", "header_value": KEY, "allow_override": overrides});
            let seen = api.shown(api.setup(&model, auth), &model).await;
            let what = format!("{} {}: {}", api.provider, api.line, seen.head);
            assert_eq!(seen.field("api-key"), Some(expected), "{what}");
            assert_eq!(seen.head.matches("of-the-client").count(), usize::from(overrides), "{what}");
        }
    }
}
