//! Every operation of the providers' own APIs that passes: whatever bytes go in and come back, and to which host.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::select;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::log::Log;
use super::*;

/// An operation: whose, what the client asks for, and where that leads.
struct Operation {
    provider: &'static str,
    method: &'static str,
    path: &'static str,
    /// The provider's own path, where it is another.
    own: &'static str,
    host: &'static str,
}

const fn post(provider: &'static str, path: &'static str, host: &'static str) -> Operation {
    Operation { provider, method: "POST", path, own: path, host }
}

const fn get(provider: &'static str, path: &'static str, host: &'static str) -> Operation {
    Operation { provider, method: "GET", path, own: path, host }
}

/// Below a model, as Kong has it.
const fn below(path: &'static str, own: &'static str, host: &'static str) -> Operation {
    Operation { provider: "bedrock", method: "POST", path, own, host }
}

const ANTHROPIC: &str = "api.anthropic.com";
const MODELS: &str = "bedrock-runtime.us-east-1.amazonaws.com";
const AGENTS: &str = "bedrock-agent-runtime.us-east-1.amazonaws.com";
const CONTROL: &str = "bedrock.us-east-1.amazonaws.com";
const COHERE: &str = "api.cohere.com";
const GEMINI: &str = "generativelanguage.googleapis.com";
const VERTEX: &str = "us-central1-aiplatform.googleapis.com";

const OPERATIONS: &[Operation] = &[
    post("anthropic", "/v1/messages", ANTHROPIC),
    post("anthropic", "/v1/messages/count_tokens", ANTHROPIC),
    post("anthropic", "/v1/messages/batches", ANTHROPIC),
    get("anthropic", "/v1/messages/batches/b/results", ANTHROPIC),
    post("bedrock", "/model/m/converse", MODELS),
    post("bedrock", "/model/m/converse-stream", MODELS),
    post("bedrock", "/model/m/invoke", MODELS),
    post("bedrock", "/model/m/invoke-with-response-stream", MODELS),
    post("bedrock", "/async-invoke", MODELS),
    get("bedrock", "/async-invoke/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aasync-invoke%2Fa", MODELS),
    below("/model/m/async-invoke", "/async-invoke", MODELS),
    post("bedrock", "/guardrail/g/version/DRAFT/apply", MODELS),
    post("bedrock", "/rerank", AGENTS),
    post("bedrock", "/retrieveAndGenerate", AGENTS),
    post("bedrock", "/retrieveAndGenerateStream", AGENTS),
    below("/model/m/rerank", "/rerank", AGENTS),
    below("/model/m/retrieveAndGenerate", "/retrieveAndGenerate", AGENTS),
    below("/model/m/retrieveAndGenerateStream", "/retrieveAndGenerateStream", AGENTS),
    post("bedrock", "/model-invocation-job", CONTROL),
    get("bedrock", "/model-invocation-jobs", CONTROL),
    post("cohere", "/v1/rerank", COHERE),
    post("cohere", "/v2/rerank", COHERE),
    post("cohere", "/v2/chat", COHERE),
    post("gemini", "/v1beta/models/m:generateContent", GEMINI),
    post("gemini", "/v1beta/models/m:streamGenerateContent", GEMINI),
    post("gemini", "/v1beta/models/m:embedContent", GEMINI),
    post("gemini", "/v1beta/models/m:batchEmbedContents", GEMINI),
    post("gemini", "/v1beta/models/m:batchGenerateContent", GEMINI),
    get("gemini", "/v1beta/batches/b", GEMINI),
    post("gemini", "/upload/v1beta/files", GEMINI),
    get("gemini", "/v1beta/files/f", GEMINI),
    post("huggingface", "/generate", "router.huggingface.co"),
    post("huggingface", "/generate_stream", "router.huggingface.co"),
    post("vertex", "/v1/projects/p/locations/l/publishers/google/models/m:generateContent", VERTEX),
    post("vertex", "/v1/projects/p/locations/global/rankingConfigs/c:rank", "discoveryengine.googleapis.com"),
    post("vertex", "/v1/projects/p/locations/eu/rankingConfigs/c:rank", "eu-discoveryengine.googleapis.com"),
];

/// Types of replies, streams of every framing among them.
const KINDS: [&str; 5] = [
    "application/json",
    "text/event-stream",
    "application/stream+json",
    "application/vnd.amazon.eventstream",
    "application/octet-stream",
];

impl Operation {
    fn setup(&self, upstream: SocketAddr) -> Setup {
        let (provider, format) = match self.provider {
            "vertex" => ("gemini", "gemini"),
            other => (other, other),
        };
        let made = Setup::new(provider, upstream).set("/llm_format", format);
        let mut model = made.plugin["model"].clone();
        model.as_object_mut().unwrap().remove("name");
        model["options"].as_object_mut().unwrap().remove("max_tokens");
        if self.provider == "vertex" {
            model["options"]["gemini"] =
                json!({ "api_endpoint": VERTEX, "project_id": "p", "location_id": "l" });
        }
        made.set("/model", model).set("/logging", json!({ "log_statistics": true }))
    }

    fn request(&self, body: &[u8]) -> Vec<u8> {
        let Self { method, path, .. } = self;
        let length = body.len();
        let head = format!(
            "{method} /chat{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    }

    /// The answer with `bytes` in it. Of Anthropic's messages the end can be told, and so they have to be such.
    fn answer(&self, kind: &'static str, bytes: &[u8]) -> (&'static str, Vec<u8>) {
        if self.path != "/v1/messages" {
            return (kind, bytes.to_vec());
        }
        let text = json!({ "type": "message", "text": String::from_utf8_lossy(bytes) });
        if kind == "text/event-stream" {
            let events = format!(
                ": hello\r\n\r\nevent: novel\ndata:{text}\n\ndata: {{\"type\": \"message_stop\"}}\n\n: bye"
            );
            return (kind, events.into_bytes());
        }
        ("application/json", format!(" {text}\r\n").into_bytes())
    }

    /// Sends these bytes, and answers with those; says what the upstream and the client got.
    async fn play(&self, body: &[u8], kind: &str, answer: &[u8]) -> (String, Vec<u8>, Vec<u8>) {
        let upstream = Upstream::listen().await;
        let gateway = self.setup(upstream.addr).start();
        let mut client = Client::connect(gateway.addr()).await;
        client.socket.write_all(&self.request(body)).await.unwrap();
        let mut call = upstream.call().await;
        call.write(whole(&format!("200 OK\r\ncontent-type: {kind}"), answer)).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.complete), (200, true), "{}", self.path);
        assert_eq!(reply.field("content-type"), Some(kind));
        (call.head.clone(), call.body.clone(), reply.body)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_bytes_pass_every_operation_both_ways(
        body in vec(any::<u8>(), 1..300),
        kind in select(KINDS.to_vec()),
        answer in vec(any::<u8>(), 0..300),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for operation in OPERATIONS {
                let Operation { method, own, .. } = operation;
                let sent = if *method == "GET" { &[][..] } else { &body };
                let (kind, answer) = operation.answer(kind, &answer);
                let (head, arrived, back) = operation.play(sent, kind, &answer).await;
                assert!(head.starts_with(&format!("{method} {own} HTTP/1.1\r\n")), "{head}");
                assert_eq!((arrived, back), (sent.to_vec(), answer), "{own}");
            }
        });
    }
}

#[tokio::test]
async fn each_operation_has_its_host() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Some(format!("http://{}", proxy.local_addr().unwrap()));
    for operation in OPERATIONS {
        let mut setup = operation.setup("127.0.0.1:9".parse().unwrap()).service("retries", 0);
        setup.plugin["model"]["options"].as_object_mut().unwrap().remove("upstream_url");
        if operation.provider == "bedrock" {
            setup = setup.set("/model/options/bedrock", json!({ "aws_region": "us-east-1" }));
        }
        let egress = Egress { https_proxy: url.clone(), ..Egress::default() };
        let gateway = Setup { egress, ..setup }.start();
        let asks = async {
            let (mut socket, _) = proxy.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"\r\n\r\n") {
                assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
            }
            let text = String::from_utf8(seen).unwrap();
            let expected = format!("CONNECT {}:443 ", operation.host);
            assert!(text.starts_with(&expected), "{}: {text}", operation.path);
            socket.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        let mut client = Client::connect(gateway.addr()).await;
        let calls = async {
            client.socket.write_all(&operation.request(b"{}")).await.unwrap();
            client.reply().await
        };
        let ((), reply) = tokio::join!(asks, calls);
        assert_eq!(reply.status, 502, "{}: {}", operation.path, reply.text());
    }
}

/// A frame of a binary stream.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let header = |name: &str, value: &str| {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), &[7], &length, value.as_bytes()].concat()
    };
    let headers = [header(":event-type", event), header(":message-type", "event")].concat();
    let total = u32::try_from(16 + headers.len() + payload.len()).unwrap();
    let mut bytes = total.to_be_bytes().to_vec();
    bytes.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend([headers.as_slice(), payload.as_bytes()].concat());
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

#[tokio::test]
async fn what_an_answer_costs_is_read_beside_it() {
    use base64::Engine as _;
    let log = Log::shared();
    let counted = r#"{"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":7}}"#;
    let counted = base64::engine::general_purpose::STANDARD.encode(counted);
    let stream = [
        frame("chunk", r#"{"bytes":"e30=","p":"abc"}"#),
        frame("chunk", &format!("{{\"bytes\":\"{counted}\"}}")),
    ];
    let binary = "200 OK\r\ncontent-type: application/vnd.amazon.eventstream";
    let headers = "200 OK\r\ncontent-type: application/json\r\nx-amzn-bedrock-input-token-count: 5\r\nx-amzn-bedrock-output-token-count: 7";
    let json = "200 OK\r\ncontent-type: application/json";
    let units = br#"{"results":[],"meta":{"billed_units":{"search_units":3}}}"#.to_vec();
    for (path, head, answer, tokens, units) in [
        ("/model/m/invoke", headers, b"{}".to_vec(), Some([5, 7]), None),
        ("/model/m/invoke", json, b"{}".to_vec(), None, None),
        ("/model/m/invoke-with-response-stream", binary, stream.concat(), Some([5, 7]), None),
        ("/v2/rerank", json, units.clone(), Some([0, 0]), Some(3)),
        ("/v1/rerank", json, units, Some([0, 0]), Some(3)),
        ("/rerank", json, b"{\"results\":[]}".to_vec(), None, None),
    ] {
        let operation = OPERATIONS.iter().find(|operation| operation.path == path).unwrap();
        let upstream = Upstream::listen().await;
        let gateway = operation.setup(upstream.addr).start();
        let mut client = Client::connect(gateway.addr()).await;
        let id = format!("cost{path}{}", answer.len() + head.len());
        client.post(&format!("/chat{path}"), &format!("x-request-id: {id}\r\n"), "{}").await;
        let mut call = upstream.call().await;
        call.write(whole(head, &answer)).await;
        assert_eq!(client.reply().await.body, answer);
        let line = log.line(&id).await;
        let told = |name: &str| line[format!("ai.proxy.usage.{name}")].as_u64();
        assert_eq!(
            told("prompt_tokens").zip(told("completion_tokens")).map(<[u64; 2]>::from),
            tokens,
            "{line}"
        );
        assert_eq!(told("search_units"), units, "{line}");
    }
}

#[tokio::test]
async fn the_files_model_holds_wherever_a_request_names_one() {
    const ARN: &str = "arn:aws:bedrock:us-east-1::foundation-model/";
    let ranks = |model: &str| json!({ "rerankingConfiguration": { "bedrockRerankingConfiguration": { "modelConfiguration": { "modelArn": model } } } });
    let generates =
        |by: &str, model: &str| json!({ "retrieveAndGenerateConfiguration": { by: { "modelArn": model } } });
    let right = format!("{ARN}m:0");
    let wrong = format!("{ARN}other:0");
    for (path, body, passes) in [
        ("/rerank", ranks(&right), true),
        ("/rerank", ranks("m:0"), true),
        ("/rerank", ranks(&wrong), false),
        ("/retrieveAndGenerate", generates("knowledgeBaseConfiguration", &right), true),
        ("/retrieveAndGenerate", generates("knowledgeBaseConfiguration", &wrong), false),
        ("/retrieveAndGenerateStream", generates("externalSourcesConfiguration", &wrong), false),
        ("/model/m%3A0/rerank", ranks(&right), true),
        ("/model/other/rerank", ranks(&right), false),
        ("/model/m%3A0/rerank", ranks(&wrong), false),
        ("/async-invoke", json!({ "modelId": "m:0" }), true),
        ("/async-invoke", json!({ "modelId": "other" }), false),
        ("/model/other/invoke", json!({}), false),
        ("/v2/rerank", json!({ "model": "m:0" }), true),
        ("/v2/rerank", json!({ "model": "other" }), false),
        ("/v1/projects/p/locations/global/rankingConfigs/c:rank", json!({ "model": "m:0" }), true),
        ("/v1/projects/p/locations/global/rankingConfigs/c:rank", json!({ "model": "other" }), false),
    ] {
        let same = |operation: &&Operation| {
            operation.path == path || path.starts_with("/model/") && operation.provider == "bedrock"
        };
        let operation = OPERATIONS.iter().find(same).unwrap();
        let upstream = Upstream::listen().await;
        let gateway = operation.setup(upstream.addr).set("/model/name", "m:0").start();
        let mut client = Client::connect(gateway.addr()).await;
        client.post(&format!("/chat{path}"), "content-type: application/json\r\n", &body.to_string()).await;
        if passes {
            let mut call = upstream.call().await;
            assert_eq!(call.body, body.to_string().as_bytes());
            call.write(json_reply("200 OK", "{}")).await;
            assert_eq!(client.reply().await.status, 200);
        } else {
            assert_eq!(client.reply().await.error(), (400, "model_not_allowed".to_owned()), "{path} {body}");
        }
    }
}
