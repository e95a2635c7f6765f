//! [Invocations whose answers go to a bucket](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_StartAsyncInvoke.html).
//! Nothing waits, and nothing is made: the first look finds one in progress, the second one done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::Query;
use crate::provider::Call;
use crate::script::{Failure, Kind};

pub(super) const START: &str = "StartAsyncInvoke";
pub(super) const GET: &str = "GetAsyncInvoke";
pub(super) const LIST: &str = "ListAsyncInvokes";

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [START, GET, LIST].contains(&operation)
}

/// On the shelf.
const KIND: &str = "async-invoke";
/// When the first one was begun: a second before the next.
const FIRST: i64 = 1_767_225_600;
/// Where the mock says that it stands.
const REGION: &str = "us-east-1";

#[derive(Serialize, Deserialize)]
struct Invocation {
    number: i64,
    arn: String,
    model: String,
    token: Option<String>,
    output: Value,
    looks: i64,
}

impl Invocation {
    fn status(&self) -> &'static str {
        if self.looks > 1 { "Completed" } else { "InProgress" }
    }

    fn shown(&self) -> Value {
        let at =
            |later: i64| Timestamp::from_second(FIRST + self.number + later).unwrap_or_default().to_string();
        let mut shown = json!({
            "invocationArn": self.arn,
            "lastModifiedTime": at(self.looks.clamp(0, 2)),
            "modelArn": self.model,
            "outputDataConfig": self.output,
            "status": self.status(),
            "submitTime": at(0),
        });
        if let Some(token) = &self.token {
            shown["clientRequestToken"] = token.as_str().into();
        }
        if self.looks > 1 {
            shown["endTime"] = at(2).into();
        }
        shown
    }
}

/// The body of the reply.
///
/// # Errors
/// There is no such invocation, or no such page.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    match call.operation {
        START => Ok(start(call)),
        GET => get(call),
        _ => list(call),
    }
}

/// Who comes again with a token begins nothing new.
fn start(call: &Call<'_>) -> Value {
    let body = call.body;
    let token = body["clientRequestToken"].as_str().map(str::to_owned);
    let all = call.shelf.all::<Invocation>(KIND);
    let same = all.iter().find(|(_, known)| token.is_some() && known.token == token);
    if let Some((_, known)) = same {
        return json!({ "invocationArn": known.arn });
    }
    let id = call.draw.hex("invocation", 12);
    let arn = format!("arn:aws:bedrock:{REGION}:123456789012:async-invoke/{id}");
    let model = body["modelId"].as_str().unwrap_or_default();
    let model = match model.starts_with("arn:") {
        true => model.to_owned(),
        false => format!("arn:aws:bedrock:{REGION}::foundation-model/{model}"),
    };
    let number = all.iter().map(|(_, known)| known.number + 1).max().unwrap_or_default();
    let output = body["outputDataConfig"].clone();
    call.shelf.put(KIND, &id, &Invocation { number, arn: arn.clone(), model, token, output, looks: 0 });
    json!({ "invocationArn": arn })
}

fn get(call: &Call<'_>) -> Result<Value, Failure> {
    let arn = call.found.and_then(|found| found.parameter("invocationArn")).unwrap_or_default();
    let id = arn.rsplit('/').next().unwrap_or_default();
    let looked = call.shelf.change(KIND, id, |invocation: &mut Invocation| {
        invocation.looks += 1;
        invocation.shown()
    });
    looked.ok_or_else(|| invalid(format!("The invocation {arn} does not exist.")))
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let query = Query::of(call);
    let mut all: Vec<Invocation> = call.shelf.all(KIND).into_iter().map(|(_, known)| known).collect();
    all.retain(|known| query.get("statusEquals").is_none_or(|status| known.status() == status));
    all.sort_by_key(|known| known.number);
    query.page("asyncInvokeSummaries", all.iter().map(Invocation::shown).collect())
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}
