//! Whatever a provider says, what comes of it is a response as OpenAI's document has it.

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::Operation;

use super::writer::ResponseWriter;
use crate::call::Call;
use crate::delta::{Delta, Finish, Order, Sink, Usage};
use crate::openai::{Problem, Writer};
use crate::{Error, Text};

/// A delta that owns its text.
#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Refusal(String),
    Reasoning(u32, String),
    Signature(u32, String),
    Redacted(String),
    Call(String, bool),
    Arguments(u32, String),
    Extra(u32),
    Logprobs,
    Usage,
    Extras,
    Choice(u32),
}

fn said() -> impl Strategy<Value = Said> {
    let text = || prop_oneof!["[ -~]{0,9}", "\\PC{0,4}", Just("\"\\\n😀".to_owned())];
    prop_oneof![
        4 => text().prop_map(Said::Text),
        1 => text().prop_map(Said::Refusal),
        3 => (0..3_u32, text()).prop_map(|(block, text)| Said::Reasoning(block, text)),
        1 => (0..3_u32, "[a-z]{1,5}").prop_map(|(block, text)| Said::Signature(block, text)),
        1 => "[a-z]{1,5}".prop_map(Said::Redacted),
        3 => ("[a-z]{1,5}", any::<bool>()).prop_map(|(name, custom)| Said::Call(name, custom)),
        4 => (0..3_u32, prop_oneof![Just("{"), Just("\"input\":\"a\""), Just("}"), Just("{\"input\":\"\\n\"}")])
            .prop_map(|(call, json)| Said::Arguments(call, json.to_owned())),
        1 => (0..3_u32).prop_map(Said::Extra),
        1 => Just(Said::Logprobs),
        1 => Just(Said::Usage),
        1 => Just(Said::Extras),
        1 => (0..3_u32).prop_map(Said::Choice),
    ]
}

fn finish() -> impl Strategy<Value = Finish> {
    prop_oneof![
        Just(Finish::Stop),
        Just(Finish::Length),
        Just(Finish::ContentFilter),
        Just(Finish::ToolCalls)
    ]
}

/// How a reply ends.
#[derive(Clone, Debug)]
enum End {
    Well(Finish),
    Failed,
}

/// What the model said, all together.
fn all(reply: &[Said]) -> (String, String, Vec<String>) {
    let (mut text, mut refusal, mut arguments) = (String::new(), String::new(), Vec::<String>::new());
    for said in reply {
        match said {
            Said::Text(more) => text += more,
            Said::Refusal(more) => refusal += more,
            Said::Call(..) => arguments.push(String::new()),
            Said::Arguments(call, more) => {
                if let Some(known) = arguments.get_mut(*call as usize) {
                    *known += more;
                }
            }
            _ => (),
        }
    }
    (text, refusal, arguments)
}

/// Every value of a member, of items or of their parts, in order.
fn values<'v>(output: &'v [Value], list: &str, member: &str) -> Vec<&'v str> {
    let inside = output.iter().filter_map(|item| if list.is_empty() { None } else { item[list].as_array() });
    let inside = inside.flatten().filter_map(|part| part[member].as_str());
    let outside = output.iter().filter_map(|item| item[member].as_str()).filter(|_| list.is_empty());
    inside.chain(outside).collect()
}

/// Gives a writer what is legal of a reply.
struct Teller<'w> {
    writer: &'w mut ResponseWriter,
    order: Order,
    blocks: u32,
    calls: u32,
    choices: u32,
}

impl Teller<'_> {
    /// What is out of turn is left out, as if it had not been drawn.
    fn give(&mut self, delta: Delta<'_>) {
        let mut trial = self.order.clone();
        let mut gate = trial.gate(self.writer);
        gate.delta(delta);
        if gate.close().is_ok() {
            self.order = trial;
        }
    }

    fn say(&mut self, said: &Said) {
        match said {
            Said::Text(text) => self.give(Delta::Text(Text::Plain(text))),
            Said::Refusal(text) => self.give(Delta::Refusal(Text::Plain(text))),
            Said::Reasoning(block, text) => {
                let block = next(*block, &mut self.blocks);
                self.give(Delta::Reasoning { block, text: Text::Plain(text) });
            }
            Said::Signature(block, text) => {
                let block = next(*block, &mut self.blocks);
                self.give(Delta::Signature { block, text: Text::Plain(text) });
            }
            Said::Redacted(data) => {
                let block = next(self.blocks, &mut self.blocks);
                self.give(Delta::Redacted { block, data: Text::Plain(data) });
            }
            Said::Usage => self.give(Delta::Usage(&Usage { prompt: 3, completion: 4, ..Usage::default() })),
            Said::Extras => self.give(Delta::Extra { name: "citations", json: "[1,\n2]" }),
            Said::Logprobs => self.give(Delta::Logprobs { json: LIKELY }),
            Said::Choice(choice) if *choice <= self.choices => self.choose(*choice),
            _ => self.call(said),
        }
    }

    fn call(&mut self, said: &Said) {
        match said {
            Said::Call(name, custom) => {
                let (call, id) = (self.calls, format!("call_{}", self.calls));
                let name = Text::Plain(if *custom { "patch" } else { name });
                self.calls += 1;
                self.give(Delta::ToolStart { call, id: Text::Plain(&id), name });
            }
            Said::Arguments(call, json) if *call < self.calls => {
                self.give(Delta::ToolArgs { call: *call, json: Text::Plain(json) });
            }
            Said::Extra(call) if *call < self.calls => {
                let json = r#"{"google":{"thought_signature":"s"}}"#;
                self.give(Delta::ToolExtra { call: *call, json });
            }
            _ => (),
        }
    }

    fn choose(&mut self, choice: u32) {
        self.choices = self.choices.max(choice + 1);
        self.give(Delta::Choice(choice));
        if choice > 0 {
            self.give(Delta::Text(Text::Plain("of another choice")));
            self.give(Delta::Choice(0));
        }
    }

    fn end(&mut self, finish: Finish) {
        self.give(Delta::Finish(finish));
        for choice in 1..self.choices {
            self.give(Delta::Choice(choice));
            self.give(Delta::Finish(Finish::Stop));
        }
        self.give(Delta::End);
    }
}

const LIKELY: &str = r#"[{"token":"é","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"e","logprob":-1,"bytes":[101]}]}]"#;

fn tell(writer: &mut ResponseWriter, reply: &[Said], end: &End) {
    let mut teller = Teller { writer, order: Order::default(), blocks: 0, calls: 0, choices: 1 };
    teller.give(Delta::Start { id: Text::Plain("x"), model: Text::Plain("m\"") });
    reply.iter().for_each(|said| teller.say(said));
    match end {
        End::Failed => assert!(writer.fail(&Problem { message: "No.".to_owned(), ..Problem::of(429) })),
        End::Well(finish) => teller.end(*finish),
    }
}

fn next(number: u32, known: &mut u32) -> u32 {
    let number = number.min(*known);
    *known = (*known).max(number + 1);
    number
}

fn call(echo: &Value) -> Call {
    Call {
        id: "test".into(),
        created: 1,
        model: "m".into(),
        echo: echo.to_string().into_bytes(),
        ..Call::default()
    }
}

fn operation() -> Operation {
    specs::api("openai").unwrap().operation("POST", "/v1/responses").unwrap()
}

/// The name and the data of each event.
fn events(stream: &[u8]) -> Vec<(String, Value)> {
    let stream = std::str::from_utf8(stream).unwrap();
    let events = stream.split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once("\ndata: ").unwrap();
        (name.strip_prefix("event: ").unwrap().to_owned(), serde_json::from_str(data).unwrap())
    });
    events.collect()
}

/// What is wrong with a stream by OpenAI's document.
fn wrong(events: &[(String, Value)]) -> Vec<String> {
    let operation = operation();
    let mut sequence = operation.sequence().unwrap();
    let mut found = Vec::new();
    for (name, data) in events {
        found.extend(operation.event(name, data));
        found.extend(sequence.event(name, data));
    }
    found.extend(sequence.end());
    found.iter().map(ToString::to_string).collect()
}

/// What a client puts together that listens to the pieces only.
fn folded(events: &[(String, Value)]) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::new();
    for (name, data) in events {
        let at = usize::try_from(data["output_index"].as_u64().unwrap_or_default()).unwrap();
        let part = |items: &mut Vec<Value>, list: &str, number: &str, member: &str| {
            let number = usize::try_from(data[number].as_u64().unwrap()).unwrap();
            let text = &mut items[at][list][number][member];
            *text = json!(text.as_str().unwrap().to_owned() + data["delta"].as_str().unwrap());
        };
        match name.as_str() {
            "response.output_item.added" => items.push(data["item"].clone()),
            "response.content_part.added" => {
                let item = &mut items[at];
                if item["content"].is_null() {
                    item["content"] = json!([]);
                }
                item["content"].as_array_mut().unwrap().push(data["part"].clone());
            }
            "response.reasoning_summary_part.added" => {
                items[at]["summary"].as_array_mut().unwrap().push(data["part"].clone());
            }
            "response.output_text.delta" => part(&mut items, "content", "content_index", "text"),
            "response.refusal.delta" => part(&mut items, "content", "content_index", "refusal"),
            "response.reasoning_text.delta" => part(&mut items, "content", "content_index", "text"),
            "response.reasoning_summary_text.delta" => part(&mut items, "summary", "summary_index", "text"),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let member = if name.contains("custom") { "input" } else { "arguments" };
                let text = &mut items[at][member];
                *text = json!(text.as_str().unwrap().to_owned() + data["delta"].as_str().unwrap());
            }
            _ => (),
        }
    }
    items
}

/// An item without what only its end tells.
fn bare(mut item: Value) -> Value {
    for member in ["status", "encrypted_content"] {
        item.as_object_mut().unwrap().remove(member);
    }
    for part in item["content"].as_array_mut().into_iter().flatten() {
        part.as_object_mut().unwrap().remove("logprobs");
    }
    item
}

/// A proof interrupts no message; the thought that it proves does.
#[test]
fn a_thought_behind_its_proof_ends_the_message_before_it() {
    let reply = [
        Said::Text("A".to_owned()),
        Said::Signature(0, "proof".to_owned()),
        Said::Reasoning(0, "thought".to_owned()),
        Said::Text("B".to_owned()),
    ];
    let mut writer = ResponseWriter::stream(&call(&json!({})));
    tell(&mut writer, &reply, &End::Well(Finish::Stop));
    let events = events(writer.out());
    assert_eq!(wrong(&events), Vec::<String>::new());
    let items: Vec<Value> = folded(&events);
    let kinds: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "reasoning", "message"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reply_is_a_legal_response(
        reply in proptest::collection::vec(said(), 0..14),
        end in prop_oneof![4 => finish().prop_map(End::Well), 1 => Just(End::Failed)],
        (sums_up, is_sealed, is_stored) in any::<(bool, bool, bool)>(),
    ) {
        let echo = json!({
            "instructions": "be\nbrief", "store": is_stored, "metadata": { "a": "b" }, "temperature": 0.5,
            "reasoning": { "summary": sums_up.then_some("auto") },
            "include": if is_sealed { json!(["reasoning.encrypted_content"]) } else { json!([]) },
            "tools": [{ "type": "custom", "name": "patch" }, { "type": "function", "name": "f" }],
        });
        let mut writer = ResponseWriter::stream(&call(&echo));
        tell(&mut writer, &reply, &end);
        prop_assert_eq!(writer.done(), matches!(end, End::Well(_)));
        let events = events(writer.out());
        prop_assert_eq!(wrong(&events), Vec::<String>::new(), "{:#?}", events);
        let (last, told) = events.last().unwrap();
        let is_good = matches!(last.as_str(), "response.completed" | "response.incomplete");
        prop_assert_eq!(is_good, matches!(end, End::Well(_)));
        if !is_good {
            return Ok(());
        }
        // Whoever listens to the pieces, to the ends of items, or to the end of all, hears the same.
        let output = told["response"]["output"].as_array().unwrap().clone();
        let done = events.iter().filter(|(name, _)| name == "response.output_item.done");
        let mut done: Vec<Value> = done.map(|(_, data)| data["item"].clone()).collect();
        done.sort_by_key(|item| output.iter().position(|known| known["id"] == item["id"]));
        prop_assert_eq!(&done, &output);
        let heard: Vec<Value> = folded(&events).into_iter().map(bare).collect();
        prop_assert_eq!(heard, output.iter().cloned().map(bare).collect::<Vec<_>>());
        // And it is what was said.
        let (text, refusal, arguments) = all(&reply);
        let messages: Vec<Value> = output.iter().filter(|item| item["type"] == "message").cloned().collect();
        prop_assert_eq!(values(&messages, "content", "text").concat(), text);
        prop_assert_eq!(values(&messages, "content", "refusal").concat(), refusal);
        let calls = output.iter().filter(|item| item["type"].as_str().unwrap().ends_with("_call"));
        for (call, said) in calls.zip(&arguments) {
            let Some(told) = call["arguments"].as_str() else { continue };
            let is_whole = serde_json::from_str::<Value>(told).is_ok();
            prop_assert!(told == said || is_whole && (said.starts_with(told) || said.is_empty()), "{} {}", told, said);
        }
        // A reply that came whole is the same.
        let mut whole = ResponseWriter::whole(&call(&echo));
        tell(&mut whole, &reply, &end);
        let (body, _) = whole.written().unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        prop_assert_eq!(&body, &told["response"]);
        prop_assert_eq!(operation().reply(200, &body), Vec::new());
        prop_assert!(is_sealed || !body.to_string().contains("encrypted_content"));
    }
}

#[test]
fn a_reply_that_does_not_end_is_none() {
    let mut writer = ResponseWriter::whole(&call(&json!({})));
    writer.sink().delta(Delta::Start { id: Text::default(), model: Text::default() });
    writer.sink().delta(Delta::Text(Text::Plain("half")));
    assert_eq!(writer.written().unwrap_err(), Error::Truncated);
}
