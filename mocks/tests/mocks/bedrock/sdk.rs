//! AWS's own client drives the mock: what it understands is what the service says.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::error::ProvideErrorMetadata as _;
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole, ConverseStreamOutput, Message,
    ReasoningContentBlock, ReasoningContentBlockDelta, StopReason, Tool, ToolConfiguration, ToolInputSchema,
    ToolSpecification,
};
use aws_smithy_types::Document;
use mocks::script::{
    Block, Cut, Event, Failure, Fault, Interruption, Kind, Pieces, Reasoning, Reply, Script, Usage,
};
use mocks::{AwsKey, Mocks};

use super::{MODEL, connector};

/// A client that signs with this pair, and tries once.
pub(super) fn client(mocks: &Mocks, key: &AwsKey) -> Client {
    let credentials =
        Credentials::new(&key.access_key_id, &key.secret_access_key, key.session_token.clone(), None, "test");
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .region(Region::new(key.region.clone()))
        .endpoint_url(mocks.url("bedrock"))
        .retry_config(RetryConfig::disabled())
        .http_client(connector::http(false));
    Client::from_conf(config.build())
}

pub(super) fn user(text: &str) -> Message {
    let text = ContentBlock::Text(text.to_owned());
    Message::builder().role(ConversationRole::User).content(text).build().unwrap()
}

/// Mocks with one script for all, and a client with the right key.
async fn played(reply: Reply) -> (Mocks, Client) {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script { replies: vec![reply], ..Script::default() });
    let client = client(&mocks, &AwsKey::default());
    (mocks, client)
}

/// A reply with all that Converse knows.
fn rich() -> Reply {
    let thought =
        Reasoning { text: ["Let ", "me"].into(), signature: Some("c2ln".to_owned()), redacted: None };
    let hidden =
        Reasoning { text: Pieces::default(), signature: None, redacted: Some("aGlkZGVu".to_owned()) };
    let arguments = ["{\"city\":", "\"Paris\"}"];
    Reply {
        content: Some(vec![
            Block::Reasoning(thought),
            Block::Reasoning(hidden),
            Block::Text(["Grüße ", "🎉"].into()),
            Block::call("tooluse_1", "weather", arguments),
            Block::call("tooluse_2", "now", Pieces::default()),
        ]),
        usage: Some(Usage {
            prompt: Some(30),
            completion: Some(7),
            cached: Some(8),
            cache_write: Some(2),
            reasoning: None,
        }),
        ..Reply::default()
    }
}

#[tokio::test]
async fn the_client_reads_a_whole_reply() {
    let (mocks, client) = played(rich()).await;
    let reply = client.converse().model_id(MODEL).messages(user("x")).send().await.unwrap();
    assert!(reply.request_id().is_some_and(|id| id.len() == 36));
    assert_eq!(reply.stop_reason, StopReason::ToolUse);
    let message = reply.output.as_ref().unwrap().as_message().unwrap();
    let [thought, hidden, text, weather, now] = &message.content[..] else { panic!("{message:?}") };
    let ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(thought)) = thought else {
        panic!()
    };
    assert_eq!((thought.text(), thought.signature()), ("Let me", Some("c2ln")));
    let ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(hidden)) = hidden else {
        panic!()
    };
    assert_eq!(hidden.as_ref(), b"hidden");
    assert_eq!(text.as_text().unwrap(), "Grüße 🎉");
    let weather = weather.as_tool_use().unwrap();
    assert_eq!((weather.tool_use_id(), weather.name()), ("tooluse_1", "weather"));
    let city = &weather.input().as_object().unwrap()["city"];
    assert_eq!(city, &Document::String("Paris".to_owned()));
    assert!(now.as_tool_use().unwrap().input().as_object().unwrap().is_empty());
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.total_tokens), (20, 7, 37));
    assert_eq!((usage.cache_read_input_tokens, usage.cache_write_input_tokens), (Some(8), Some(2)));
    assert!(reply.metrics.unwrap().latency_ms > 0);
    assert!(mocks.journal(None)[0].violations.is_empty());
}

#[tokio::test]
async fn the_client_reads_a_stream() {
    let (_mocks, client) = played(rich()).await;
    let mut reply = client.converse_stream().model_id(MODEL).messages(user("x")).send().await.unwrap();
    let mut said = Vec::new();
    while let Some(event) = reply.stream.recv().await.unwrap() {
        said.push(match event {
            ConverseStreamOutput::MessageStart(start) => format!("start {}", start.role),
            ConverseStreamOutput::ContentBlockStart(start) => {
                let Some(ContentBlockStart::ToolUse(call)) = start.start else { panic!() };
                format!("{} call {} {}", start.content_block_index, call.tool_use_id, call.name)
            }
            ConverseStreamOutput::ContentBlockDelta(delta) => {
                format!("{} {}", delta.content_block_index, piece(delta.delta.unwrap()))
            }
            ConverseStreamOutput::ContentBlockStop(stop) => format!("{} stop", stop.content_block_index),
            ConverseStreamOutput::MessageStop(stop) => format!("stop {}", stop.stop_reason),
            ConverseStreamOutput::Metadata(end) => {
                let usage = end.usage.unwrap();
                assert!(end.metrics.is_some());
                format!("usage {} {} {}", usage.input_tokens, usage.output_tokens, usage.total_tokens)
            }
            other => panic!("{other:?}"),
        });
    }
    let expected = [
        "start assistant",
        "0 thought Let ",
        "0 thought me",
        "0 signature c2ln",
        "0 stop",
        "1 hidden 6",
        "1 stop",
        "2 text Grüße ",
        "2 text 🎉",
        "2 stop",
        "3 call tooluse_1 weather",
        "3 input ",
        "3 input {\"city\":",
        "3 input \"Paris\"}",
        "3 stop",
        "4 call tooluse_2 now",
        "4 input ",
        "4 stop",
        "stop tool_use",
        "usage 20 7 37",
    ];
    assert_eq!(said, expected);
}

fn piece(delta: ContentBlockDelta) -> String {
    match delta {
        ContentBlockDelta::Text(text) => format!("text {text}"),
        ContentBlockDelta::ToolUse(call) => format!("input {}", call.input),
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => {
            format!("thought {text}")
        }
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Signature(text)) => {
            format!("signature {text}")
        }
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::RedactedContent(data)) => {
            format!("hidden {}", data.as_ref().len())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_client_types_every_exception_in_mid_stream() {
    for (kind, code) in [
        (Kind::RateLimit, "throttling"),
        (Kind::Model, "model"),
        (Kind::InvalidRequest, "validation"),
        (Kind::Overloaded, "unavailable"),
        (Kind::Server, "internal"),
    ] {
        let place =
            Interruption { after_event: 2, kind: Some(kind), message: Some("in the middle".to_owned()) };
        let (_mocks, client) =
            played(Reply::text(["a", "b"]).with_fault(Fault { error: Some(place), ..Fault::default() }))
                .await;
        let mut reply = client.converse_stream().model_id(MODEL).messages(user("x")).send().await.unwrap();
        for _ in 0..2 {
            reply.stream.recv().await.unwrap().unwrap();
        }
        let error = reply.stream.recv().await.unwrap_err().into_service_error();
        assert_eq!(error.message(), Some("in the middle"));
        let typed = match error {
            ConverseStreamOutputError::ThrottlingException(_) => "throttling",
            ConverseStreamOutputError::ModelStreamErrorException(error) => {
                assert_eq!(error.original_status_code, Some(500));
                "model"
            }
            ConverseStreamOutputError::ValidationException(_) => "validation",
            ConverseStreamOutputError::ServiceUnavailableException(_) => "unavailable",
            ConverseStreamOutputError::InternalServerException(_) => "internal",
            other => panic!("{other:?}"),
        };
        assert_eq!(typed, code);
    }
}

#[tokio::test]
async fn the_client_types_every_error_reply() {
    for kind in [
        Kind::InvalidRequest,
        Kind::Permission,
        Kind::NotFound,
        Kind::Timeout,
        Kind::Model,
        Kind::RateLimit,
        Kind::NotReady,
        Kind::Server,
        Kind::Unavailable,
    ] {
        let (_mocks, client) = played(Reply::error(Failure::new(kind, "no"))).await;
        let error = client
            .converse()
            .model_id(MODEL)
            .messages(user("x"))
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert_eq!(error.message(), Some("no"));
        let typed = match &error {
            ConverseError::ValidationException(_) => Kind::InvalidRequest,
            ConverseError::AccessDeniedException(_) => Kind::Permission,
            ConverseError::ResourceNotFoundException(_) => Kind::NotFound,
            ConverseError::ModelTimeoutException(_) => Kind::Timeout,
            ConverseError::ModelErrorException(error) => {
                assert_eq!(error.original_status_code, Some(500));
                Kind::Model
            }
            ConverseError::ThrottlingException(_) => Kind::RateLimit,
            ConverseError::ModelNotReadyException(_) => Kind::NotReady,
            ConverseError::InternalServerException(_) => Kind::Server,
            ConverseError::ServiceUnavailableException(_) => Kind::Unavailable,
            other => panic!("{other:?}"),
        };
        assert_eq!(typed, kind);
        let streamed = client.converse_stream().model_id(MODEL).messages(user("x")).send().await.unwrap_err();
        assert_eq!(streamed.into_service_error().code(), error.code());
    }
}

#[tokio::test]
async fn a_broken_stream_is_an_error_to_the_client() {
    let at = Some(Event { event: 3 });
    let cut = Cut { after_byte: Some(300), ..Cut::default() };
    for fault in [
        Fault { bad_checksum: at, ..Fault::default() },
        Fault { malformed: at, ..Fault::default() },
        Fault { cut: Some(cut), ..Fault::default() },
    ] {
        let (_mocks, client) = played(Reply::text(["a", "b", "c"]).with_fault(fault.clone())).await;
        let mut reply = client.converse_stream().model_id(MODEL).messages(user("x")).send().await.unwrap();
        let (mut events, mut failed) = (0, false);
        loop {
            match reply.stream.recv().await {
                Ok(Some(_)) => events += 1,
                Ok(None) => break,
                Err(_) => {
                    failed = true;
                    break;
                }
            }
        }
        assert!(failed && (1..=3).contains(&events), "{fault:?}: {events}");
    }
}

#[tokio::test]
async fn the_client_plays_a_turn_with_tools() {
    let mocks = mocks::start().await.unwrap();
    let client = client(&mocks, &AwsKey::default());
    let city = Document::Object([("type".to_owned(), Document::String("string".to_owned()))].into());
    let schema = Document::Object(
        [
            ("type".to_owned(), Document::String("object".to_owned())),
            ("properties".to_owned(), Document::Object([("city".to_owned(), city)].into())),
            ("required".to_owned(), Document::Array(vec![Document::String("city".to_owned())])),
        ]
        .into(),
    );
    let spec = ToolSpecification::builder()
        .name("weather")
        .input_schema(ToolInputSchema::Json(schema))
        .build()
        .unwrap();
    let tools = ToolConfiguration::builder().tools(Tool::ToolSpec(spec)).build().unwrap();
    let ask =
        client.converse().model_id(MODEL).tool_config(tools.clone()).messages(user("Weather in Paris?"));
    let reply = ask.clone().send().await.unwrap();
    assert_eq!(reply.stop_reason, StopReason::ToolUse);
    let message = reply.output.unwrap().as_message().unwrap().clone();
    let call = message.content[0].as_tool_use().unwrap().clone();
    assert!(call.input.as_object().unwrap()["city"].as_string().is_some());
    let result = aws_sdk_bedrockruntime::types::ToolResultBlock::builder()
        .tool_use_id(call.tool_use_id)
        .content(aws_sdk_bedrockruntime::types::ToolResultContentBlock::Text("clear sky".to_owned()))
        .build()
        .unwrap();
    let result = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::ToolResult(result))
        .build()
        .unwrap();
    let reply = ask.messages(message).messages(result).send().await.unwrap();
    assert_eq!(reply.stop_reason, StopReason::EndTurn);
    assert!(mocks.journal(None).iter().all(|entry| entry.violations.is_empty()));
}
