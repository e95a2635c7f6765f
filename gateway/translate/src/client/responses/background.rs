//! A response that nobody waits for: what is told of it before there is anything of it, where it stands, and when there will be
//! nothing more.
//!
//! <https://platform.openai.com/docs/guides/background>

use serde::Deserialize;

use super::echo::Echo;
use super::output::{IN_PROGRESS, QUEUED};
use super::response::Response;
use super::writer::ResponseWriter;
use crate::call::Call;
use crate::json::{Object, text_of};
use crate::openai::{Members, Problem, Writer as _};
use crate::{Error, Text};

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether nobody waits for it.
    pub in_background: bool,
    /// Whether there will be nothing more of it.
    pub is_over: bool,
}

/// A response that came to nothing.
#[derive(Debug)]
pub struct Failed {
    /// Its events.
    pub events: Vec<u8>,
    /// The response.
    pub response: Vec<u8>,
}

/// A response that waits for its turn.
pub fn queued(call: &Call) -> Vec<u8> {
    let mut out = Vec::new();
    Response::new(call, Echo::read(&call.echo)).write(QUEUED, &[], &mut out);
    out
}

/// The same response with another status.
pub fn turned(response: &str, status: &str) -> String {
    let Ok(members) = text_of::<Members<'_>>(response) else { return response.to_owned() };
    let mut out = Vec::with_capacity(response.len() + status.len());
    let mut object = Object::new(&mut out);
    for (name, value) in &members.0 {
        match &**name {
            "status" => object.string("status", status),
            name => object.foreign(name).extend_from_slice(value.get().as_bytes()),
        }
    }
    drop(object);
    String::from_utf8(out).unwrap_or_default()
}

/// That a response is over which is not complete, after `told` events.
pub fn failed(call: &Call, problem: &Problem, told: usize) -> Failed {
    let mut writer = ResponseWriter::stream(call);
    if told > 0 {
        writer.go_on(told as u64);
    }
    writer.fail(problem);
    Failed { events: std::mem::take(writer.out()), response: writer.take_kept() }
}

/// The number of the first event that a look wants to see. `after`: what it says of the last one that it has seen.
pub fn next_event(after: Option<&str>) -> Result<usize, Error> {
    let Some(after) = after else { return Ok(0) };
    let after = after.parse::<u32>().map_err(|_| {
        Error::request("starting_after", "Invalid 'starting_after': expected the number of an event.")
    })?;
    Ok(after as usize + 1)
}

impl Standing {
    /// Of a response as it is kept.
    pub fn of(response: &str) -> Self {
        #[derive(Deserialize)]
        struct Response<'a> {
            #[serde(borrow)]
            status: Option<Text<'a>>,
            background: Option<bool>,
        }
        let read = text_of::<Response<'_>>(response).ok();
        let is = |status: &str| {
            let told = read.as_ref().and_then(|response| response.status);
            told.is_some_and(|told| told.plain() == status)
        };
        Self {
            in_background: read.as_ref().is_some_and(|response| response.background == Some(true)),
            is_over: !is(QUEUED) && !is(IN_PROGRESS),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn call() -> Call {
        let echo = br#"{"model":"m","input":"hi","background":true,"metadata":{"k":"v"}}"#.to_vec();
        Call { id: "1".to_owned(), created: 7, model: "m".to_owned(), echo, ..Call::default() }
    }

    #[test]
    fn what_waits_has_brought_nothing_yet() {
        let text = String::from_utf8(queued(&call())).unwrap();
        let response: Value = serde_json::from_str(&text).unwrap();
        for (name, expected) in [
            ("id", json!("resp_1")),
            ("status", json!("queued")),
            ("background", json!(true)),
            ("created_at", json!(7)),
            ("output", json!([])),
            ("usage", Value::Null),
            ("error", Value::Null),
        ] {
            assert_eq!(response[name], expected, "{name}");
        }
        assert_eq!(Standing::of(&text), Standing { in_background: true, is_over: false });
        let begun = turned(&text, "in_progress");
        assert_eq!(Standing::of(&begun), Standing { in_background: true, is_over: false });
        let gone = turned(&begun, "cancelled");
        assert_eq!(Standing::of(&gone), Standing { in_background: true, is_over: true });
        let mut expected = response;
        expected["status"] = "cancelled".into();
        assert_eq!(serde_json::from_str::<Value>(&gone).unwrap(), expected, "and nothing else is other");
    }

    #[test]
    fn what_comes_to_nothing_says_why() {
        let all = ["response.created", "response.queued", "response.in_progress", "error", "response.failed"];
        let failed = |told| failed(&call(), &Problem::of(429).saying("slow down"), told);
        for (told, expected) in [(0, &all[..]), (7, &all[3..])] {
            let events = String::from_utf8(failed(told).events).unwrap();
            let names: Vec<&str> = events.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
            assert_eq!(names, expected);
            assert!(events.contains(&format!("\"sequence_number\":{told},")), "{events}");
        }
        let response = failed(0).response;
        let response: Value = serde_json::from_slice(&response).unwrap();
        assert_eq!((&response["status"], &response["id"]), (&json!("failed"), &json!("resp_1")));
        assert_eq!(response["error"], json!({ "code": "rate_limit_exceeded", "message": "slow down" }));
    }
}
