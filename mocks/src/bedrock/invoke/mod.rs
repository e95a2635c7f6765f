//! [InvokeModel](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html), whole and
//! [streamed](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html): the model in the
//! path says whose words a body is in, and the service adds what it counted.
//!
//! ```text
//! path, body ─▶ Model ─▶ Words: ask ─▶ answer ─▶ whole                  + token counts in headers
//!                                             └▶ pieces ─▶ chunk frames + invocation metrics in the last piece
//! ```

mod claude;
mod claude_text;
mod command;
mod command_r;
mod guardrail;
mod jamba;
mod llama;
mod mistral;
mod mistral_chat;
mod nova;
mod prompt;
mod titan;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::frame;
use super::stream::Padding;
use crate::answer::{Answer, Ask};
use crate::provider::{Call, Event, Headers};
use crate::request::Request;
use crate::script::{Block, Failure, Finish, Kind, Pieces};

pub(super) const WHOLE: &str = "InvokeModel";
pub(super) const STREAM: &str = "InvokeModelWithResponseStream";

/// How a maker's models are asked, and how they answer.
trait Words: Sync {
    /// The model and whether it streams are the path's to say.
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a>;

    /// The rules that no schema can say.
    ///
    /// # Errors
    /// The first rule that is broken.
    fn check(&self, _call: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// The body of a whole answer: an object.
    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8>;

    /// The same as pieces, each an object of its own.
    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>>;
}

/// Models that are asked so.
struct Model {
    /// Their name in the document.
    variant: &'static str,
    /// What their ids hold.
    ids: &'static [&'static str],
    words: &'static dyn Words,
}

const fn model(variant: &'static str, ids: &'static [&'static str], words: &'static dyn Words) -> Model {
    Model { variant, ids, words }
}

const CLAUDE: &[&str] = &["anthropic.claude"];
const MISTRAL: &[&str] = &["mistral.mistral", "mistral.mixtral", "mistral.pixtral", "mistral.ministral"];

/// The first of those whose id fits that also takes the body: see [`Model::takes`].
static MODELS: [Model; 11] = [
    model("claude-text", CLAUDE, &claude_text::ClaudeText),
    model("claude-2026-10-21", CLAUDE, &claude::Claude),
    model("claude", CLAUDE, &claude::Claude),
    model("titan-text", &["amazon.titan-text", "amazon.titan-tg1"], &titan::Titan),
    model(
        "nova",
        &[
            "amazon.nova-micro",
            "amazon.nova-lite",
            "amazon.nova-pro",
            "amazon.nova-premier",
            "amazon.nova-2-",
        ],
        &nova::Nova,
    ),
    model("llama", &["meta.llama"], &llama::Llama),
    model("mistral-chat", MISTRAL, &mistral_chat::MistralChat),
    model("mistral", MISTRAL, &mistral::Mistral),
    model("command-r", &["cohere.command-r"], &command_r::CommandR),
    model("command", &["cohere.command"], &command::Command),
    model("jamba", &["ai21.jamba"], &jamba::Jamba),
];

impl Model {
    /// Of those that fit an id, whether it is this one that a body is for.
    fn takes(&self, body: &Value) -> bool {
        match self.variant {
            "claude-text" => body.get("prompt").is_some() && body.get("messages").is_none(),
            "claude-2026-10-21" => body["anthropic_version"] == "2026-10-21",
            "mistral-chat" => body.get("messages").is_some(),
            _ => true,
        }
    }
}

/// Whether a model of this id, profile or ARN writes text in words that are known here.
pub(super) fn knows(id: &str) -> bool {
    models(id).next().is_some()
}

fn models(id: &str) -> impl Iterator<Item = &'static Model> {
    MODELS.iter().filter(move |model| model.ids.iter().any(|part| id.contains(part)))
}

/// Fields that Converse hands to the model as they are. Claude knows those of its own messages, and refuses all others.
///
/// # Errors
/// The first field that the model does not know.
pub(super) fn knows_fields(id: &str, fields: &Value) -> Result<(), Failure> {
    let path = format!("/model/{id}/invoke");
    let is_claude = CLAUDE.iter().any(|part| id.contains(part));
    let operation = specs::api("bedrock").filter(|_| is_claude).and_then(|api| api.operation("POST", &path));
    let Some(claude) = operation.and_then(|operation| operation.variant("claude")) else { return Ok(()) };
    let strange = claude.request(fields).into_iter().find(|found| found.keyword == "additionalProperties");
    let Some(name) = strange.as_ref().and_then(|found| found.pointer.strip_prefix('/')) else {
        return Ok(());
    };
    // The name that the service's own documentation had for `thinking` at first.
    if name == "reasoning_config" {
        return Ok(());
    }
    let message = format!("The model returned the following errors: {name}: Extra inputs are not permitted");
    Err(Failure::new(Kind::InvalidRequest, message))
}

/// In whose words a request to a model of this id is.
pub(super) fn variant(id: &str, request: &Request) -> Option<&'static str> {
    let mut fitting = models(id).peekable();
    fitting.peek()?;
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    fitting.find(|model| model.takes(&body)).map(|model| model.variant)
}

/// The words of a call. Its variant was chosen by [`variant`].
fn words(call: &Call<'_>) -> &'static dyn Words {
    let found = MODELS.iter().find(|model| Some(model.variant) == call.variant);
    found.unwrap_or(&MODELS[2]).words
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    guardrail::check(call)?;
    if call.variant.is_none() {
        let message = "The model is unsupported for streaming.";
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    words(call).check(call)
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let ask = words(call).ask(call);
    Ask { model: named(call), stream: call.operation == STREAM, ..ask }
}

/// The model as the path has it.
fn named<'a>(call: &Call<'a>) -> &'a str {
    call.request.path.split('/').nth(2).unwrap_or_default()
}

/// The body of a whole answer.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let mut body = words(call).whole(call, answer);
    if let Some(action) = guardrail::action(call, answer) {
        add(&mut body, "amazon-bedrock-guardrailAction", &action);
    }
    body
}

/// The frames of a streamed answer.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let mut pieces = words(call).pieces(call, answer);
    if let Some(last) = pieces.last_mut() {
        if let Some(action) = guardrail::action(call, answer) {
            add(last, "amazon-bedrock-guardrailAction", &action);
        }
        add(last, "amazon-bedrock-invocationMetrics", &metrics(call, answer));
    }
    let mut padding = Padding::new(call);
    let chunk = |piece: Vec<u8>| {
        let payload = format!("{{\"bytes\":\"{}\",\"p\":\"{}\"}}", STANDARD.encode(piece), padding.next());
        frame::event("chunk", payload)
    };
    pieces.into_iter().map(chunk).collect()
}

/// One more member at the end of an object.
fn add(object: &mut Vec<u8>, name: &str, value: &Value) {
    object.pop();
    let comma = if object.len() > 1 { "," } else { "" };
    object.extend_from_slice(format!("{comma}\"{name}\":{value}}}").as_bytes());
}

/// Milliseconds until the answer was there.
fn latency(call: &Call<'_>) -> u64 {
    200 + call.draw.number("latency", 800)
}

fn metrics(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let usage = answer.usage;
    let mut metrics = json!({
        "inputTokenCount": input(answer),
        "outputTokenCount": usage.completion,
        "invocationLatency": latency(call),
        "firstByteLatency": latency(call) / 2,
    });
    if usage.cached + usage.cache_write > 0 {
        metrics["cacheReadInputTokenCount"] = usage.cached.into();
        metrics["cacheWriteInputTokenCount"] = usage.cache_write.into();
    }
    metrics
}

/// Tokens of what was asked, but for what a cache gave or took.
fn input(answer: &Answer<'_>) -> u64 {
    answer.usage.prompt.saturating_sub(answer.usage.cached + answer.usage.cache_write)
}

/// What the service tells beside a whole answer.
pub(super) fn headers(call: &Call<'_>, answer: &Answer<'_>, headers: &mut Headers) {
    let usage = answer.usage;
    let mut add = |name: &'static str, count: u64| headers.push((name.into(), count.to_string().into()));
    add("x-amzn-bedrock-invocation-latency", latency(call));
    add("x-amzn-bedrock-input-token-count", input(answer));
    add("x-amzn-bedrock-output-token-count", usage.completion);
    if usage.cached + usage.cache_write > 0 {
        add("x-amzn-bedrock-cache-read-input-token-count", usage.cached);
        add("x-amzn-bedrock-cache-write-input-token-count", usage.cache_write);
    }
    echoed(call, headers);
}

/// What it tells beside a stream.
pub(super) fn headers_of_stream(call: &Call<'_>, headers: &mut Headers) {
    headers.push(("x-amzn-bedrock-content-type".into(), "application/json".into()));
    echoed(call, headers);
}

/// How fast and how soon it was, where the request said how it should be.
fn echoed(call: &Call<'_>, headers: &mut Headers) {
    for name in ["x-amzn-bedrock-performanceconfig-latency", "x-amzn-bedrock-service-tier"] {
        if let Some(asked) = call.request.header(name) {
            headers.push((name.into(), asked.to_owned().into()));
        }
    }
}

/// What a block says aloud, in pieces. Most of these models know neither thoughts nor calls.
fn texts(blocks: &[Block]) -> impl Iterator<Item = &str> {
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    });
    texts.flat_map(Pieces::iter)
}

/// The blocks of the only answer.
fn blocks<'a>(answer: &'a Answer<'_>) -> &'a [Block] {
    answer.choices.first().map_or(&[], |choice| &choice.blocks)
}

/// Why the only answer ended.
fn finish(answer: &Answer<'_>) -> Finish {
    answer.choices.first().map_or(Finish::Stop, |choice| choice.finish)
}

/// The two reasons that most of these models know.
fn stop_or_length(finish: Finish) -> &'static str {
    if matches!(finish, Finish::Length | Finish::Context) { "length" } else { "stop" }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn written(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
