//! Bedrock's [InvokeModel](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html): the model in the path says
//! in whose words a reply is, and the service adds what it counted. The words of each maker:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>.

use mocks::script::Finish;
use serde_json::{Value, json};

use super::{Draft, Event, Reader, anthropic, anthropic_text, bedrock, cohere_v1, openai};
use crate::Surface;
use crate::meaning::{self, Meaning};
use crate::record::exchange::{Reply, Request};

/// A maker's models: what their ids hold, whether they are asked by such a body, and how their replies are read.
struct Maker {
    id: &'static str,
    takes: fn(&Value) -> bool,
    reader: Reader,
}

/// The first that fits: some makers' models are asked in two ways.
static MAKERS: [Maker; 11] = [
    chats("anthropic.claude", meaning::anthropic, anthropic::take, anthropic::KNOWN),
    prompts("anthropic.claude", meaning::anthropic_completion, anthropic_text::take, anthropic_text::KNOWN),
    chats("amazon.nova", meaning::bedrock, nova, NOVA),
    chats("mistral.", meaning::mistral, mistral_chat, MISTRAL_CHAT),
    chats("ai21.jamba", meaning::mistral, openai::take, openai::KNOWN),
    Maker {
        takes: |body| body["message"].is_string(),
        ..chats("cohere.command-r", meaning::cohere, cohere_v1::chat, cohere_v1::KNOWN)
    },
    prompts("cohere.command", meaning::cohere_completion, command, cohere_v1::KNOWN),
    prompts("amazon.titan-text", titan_asked, titan, TITAN),
    prompts("amazon.titan-tg1", titan_asked, titan, TITAN),
    prompts("meta.llama", llama_asked, llama, LLAMA),
    prompts("mistral.", meaning::openai_completion, mistral, MISTRAL),
];

const fn chats(
    id: &'static str,
    asked: fn(&Value) -> Meaning,
    take: fn(&mut Draft, &Event),
    known: &'static [&'static str],
) -> Maker {
    let takes = |body: &Value| body["messages"].is_array();
    let fail = bedrock::fail;
    Maker { id, takes, reader: Reader { surface: Surface::Chat, asked: Some(asked), take, fail, known } }
}

const fn prompts(
    id: &'static str,
    asked: fn(&Value) -> Meaning,
    take: fn(&mut Draft, &Event),
    known: &'static [&'static str],
) -> Maker {
    let takes = |body: &Value| body["prompt"].is_string() || body["inputText"].is_string();
    let fail = bedrock::fail;
    Maker {
        id,
        takes,
        reader: Reader { surface: Surface::Completions, asked: Some(asked), take, fail, known },
    }
}

/// The reader for what is answered to this request.
pub(super) fn find(request: &Request) -> Option<&'static Reader> {
    let model = request.path.strip_prefix("/model/")?.rsplit_once("/invoke")?.0;
    let body = request.json();
    let fits = |maker: &&Maker| model.contains(maker.id) && (maker.takes)(&body);
    MAKERS.iter().find(fits).map(|maker| &maker.reader)
}

/// What the service counted, whoever's words it passes on: with a stream's last piece, or in the header of a whole reply.
pub(super) fn count(draft: &mut Draft, reply: &Reply, events: &[Event]) {
    let metrics = events.last().map(|event| &event.json["amazon-bedrock-invocationMetrics"]);
    let counted = |member: &str, header: &str| {
        let told = metrics.and_then(|metrics| metrics[member].as_u64());
        told.or_else(|| reply.header(&format!("x-amzn-bedrock-{header}-token-count"))?.parse().ok())
    };
    let cached = counted("cacheReadInputTokenCount", "cache-read-input");
    let written = counted("cacheWriteInputTokenCount", "cache-write-input");
    if let Some(input) = counted("inputTokenCount", "input") {
        draft.usage.prompt = Some(input + cached.unwrap_or(0) + written.unwrap_or(0));
        (draft.usage.cached, draft.usage.cache_write) = (cached, written);
    }
    draft.usage.completion = counted("outputTokenCount", "output").or(draft.usage.completion);
    if events.iter().any(|event| event.json["amazon-bedrock-guardrailAction"] == "INTERVENED") {
        draft.finish = Some(Finish::Guardrail);
    }
}

const NOVA: &[&str] = &[
    "output.message.role",
    "output.message.content.*.text",
    "output.message.content.*.reasoningContent.**",
    "output.message.content.*.toolUse.**",
    "stopReason",
    "usage.**",
    "messageStart.role",
    "contentBlockStart.contentBlockIndex",
    "contentBlockStart.start.toolUse.toolUseId",
    "contentBlockStart.start.toolUse.name",
    "contentBlockDelta.contentBlockIndex",
    "contentBlockDelta.delta.text",
    "contentBlockDelta.delta.toolUse.input",
    "contentBlockDelta.delta.reasoningContent.**",
    "contentBlockStop.contentBlockIndex",
    "messageStop.stopReason",
    "metadata.usage.**",
];

/// What Converse has; of a stream, each event under its name.
fn nova(draft: &mut Draft, event: &Event) {
    let names = ["contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];
    match names.into_iter().find(|name| event.json[*name].is_object()) {
        Some(name) => {
            let inner = Event {
                name: name.to_owned(),
                text: event.written(&format!("/{name}")).unwrap_or_default(),
                json: event.json[name].clone(),
            };
            bedrock::take(draft, &inner);
        }
        None => bedrock::take(draft, event),
    }
}

const MISTRAL_CHAT: &[&str] = &[
    "choices.*.index",
    "choices.*.stop_reason",
    "choices.*.message.role",
    "choices.*.message.content",
    "choices.*.message.tool_calls.*.id",
    "choices.*.message.tool_calls.*.function.name",
    "choices.*.message.tool_calls.*.function.arguments",
];

/// A stream has messages as whole replies have, each with a piece; the last one has the calls.
fn mistral_chat(draft: &mut Draft, event: &Event) {
    let choice = &event.json["choices"][0];
    let message = &choice["message"];
    let is_end = choice["stop_reason"].is_string();
    let said = message["content"].as_str().filter(|said| !(is_end && said.is_empty()));
    draft.say(Draft::text, "text", said);
    for (position, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        openai::call(draft, position, call);
    }
    match choice["stop_reason"].as_str() {
        Some("length") => draft.finish = Some(Finish::Length),
        Some("stop") => draft.finish = Some(Finish::Stop),
        _ => {}
    }
}

/// Version 1's generation, but for the names of events.
fn command(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    match json["is_finished"].as_bool() {
        None => cohere_v1::generated(draft, json),
        Some(true) if json["response"].is_object() => cohere_v1::generated(draft, &json["response"]),
        Some(true) => {}
        Some(false) if json["index"].as_u64().unwrap_or(0) == 0 => {
            draft.say(Draft::text, "text", json["text"].as_str());
        }
        Some(false) => {}
    }
}

const TITAN: &[&str] = &[
    "index",
    "outputText",
    "completionReason",
    "inputTextTokenCount",
    "totalOutputTextTokenCount",
    "results.*.outputText",
    "results.*.completionReason",
    "results.*.tokenCount",
];

fn titan(draft: &mut Draft, event: &Event) {
    let result = event.json.pointer("/results/0").unwrap_or(&event.json);
    let reason = result["completionReason"].as_str();
    say(draft, &result["outputText"], reason.is_some() && !draft.is_stream);
    draft.finish = match reason {
        Some("LENGTH") => Some(Finish::Length),
        Some("STOP_CRITERIA_MET") => Some(Finish::StopSequence),
        Some("CONTENT_FILTERED") => Some(Finish::ContentFilter),
        Some(_) => Some(Finish::Stop),
        None => draft.finish,
    };
}

fn titan_asked(body: &Value) -> Meaning {
    let config = &body["textGenerationConfig"];
    let names = [
        ("maxTokenCount", "max_tokens"),
        ("temperature", "temperature"),
        ("topP", "top_p"),
        ("stopSequences", "stop"),
    ];
    prompt(&body["inputText"], config, &names)
}

const LLAMA: &[&str] = &["generation", "prompt_token_count", "generation_token_count", "stop_reason"];

fn llama(draft: &mut Draft, event: &Event) {
    let reason = event.json["stop_reason"].as_str();
    say(draft, &event.json["generation"], reason.is_some());
    draft.finish = reason.map(stop_or_length).or(draft.finish);
}

fn llama_asked(body: &Value) -> Meaning {
    let names = [("max_gen_len", "max_tokens"), ("temperature", "temperature"), ("top_p", "top_p")];
    let mut meaning = prompt(&body["prompt"], body, &names);
    if !body["images"].is_null() {
        meaning.others.insert("images".to_owned(), body["images"].clone());
    }
    meaning
}

const MISTRAL: &[&str] = &["outputs.*.text", "outputs.*.stop_reason"];

fn mistral(draft: &mut Draft, event: &Event) {
    let output = &event.json["outputs"][0];
    let reason = output["stop_reason"].as_str();
    say(draft, &output["text"], reason.is_some());
    draft.finish = reason.map(stop_or_length).or(draft.finish);
}

/// A prompt with its parameters, which go by other names here.
fn prompt(said: &Value, parameters: &Value, names: &[(&str, &str)]) -> Meaning {
    let mut asked = json!({"prompt": said});
    for (name, neutral) in names {
        asked[*neutral] = parameters[*name].clone();
    }
    meaning::openai_completion(&asked)
}

/// A piece; an empty one only ends it.
fn say(draft: &mut Draft, said: &Value, is_end: bool) {
    let said = said.as_str().filter(|said| !(is_end && said.is_empty()));
    draft.say(Draft::text, "text", said);
}

fn stop_or_length(reason: &str) -> Finish {
    if reason == "length" { Finish::Length } else { Finish::Stop }
}
