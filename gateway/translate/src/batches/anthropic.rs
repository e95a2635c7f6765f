//! Anthropic's [message batches](https://platform.claude.com/docs/en/api/messages/batches/create).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::results::{CANCELLED, EXPIRED, Outcome};
use super::{Batch, Counts, Page, Results, Status, Step, custom_id};
use crate::call::{self, Options, Target};
use crate::providers::anthropic;
use crate::{Error, time};

const ROOT: &str = "/v1/messages/batches";
/// What a batch of theirs is called.
const WHAT: &str = "batch";

/// Where a step leads.
pub(super) fn target(step: Step<'_>, options: &Options<'_>) -> (&'static str, Target) {
    let (method, path) = match step {
        Step::Create => ("POST", ROOT.to_owned()),
        Step::List { .. } => ("GET", ROOT.to_owned()),
        Step::Retrieve(id) => ("GET", format!("{ROOT}/{id}")),
        Step::Cancel(id) => ("POST", format!("{ROOT}/{id}/cancel")),
        Step::Results(id) | Step::File(id) => ("GET", format!("{ROOT}/{id}/results")),
    };
    let mut target = anthropic::target(options, path, options.model.unwrap_or_default().to_owned(), false);
    target.anchor = Some("/v1/messages");
    if let Step::List { limit, after, .. } = step {
        target.query.push(("limit", limit.to_string()));
        target.query.extend(after.map(|after| ("after_id", after.to_owned())));
    }
    (method, target)
}

#[derive(Deserialize)]
struct Native {
    id: String,
    processing_status: String,
    request_counts: Tally,
    created_at: String,
    expires_at: Option<String>,
    ended_at: Option<String>,
    cancel_initiated_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tally {
    processing: u64,
    succeeded: u64,
    errored: u64,
    canceled: u64,
    expired: u64,
}

/// A batch.
pub(super) fn batch(body: &[u8]) -> Result<Batch, Error> {
    call::read::<Native>(WHAT, body)?.neutral()
}

/// A page of batches.
pub(super) fn list(body: &[u8]) -> Result<Page, Error> {
    #[derive(Deserialize)]
    struct Listed {
        data: Vec<Native>,
        #[serde(default)]
        has_more: bool,
    }

    let page: Listed = call::read(WHAT, body)?;
    let batches = page.data.into_iter().map(Native::neutral).collect::<Result<_, _>>()?;
    Ok(Page { batches, has_more: page.has_more, token: None })
}

impl Native {
    fn neutral(self) -> Result<Batch, Error> {
        let Tally { processing, succeeded, errored, canceled, expired } = self.request_counts;
        let failed = errored.saturating_add(canceled).saturating_add(expired);
        let status = match &*self.processing_status {
            "in_progress" => Status::InProgress,
            "canceling" => Status::Cancelling,
            "ended" if canceled > 0 => Status::Cancelled,
            "ended" if expired > 0 => Status::Expired,
            "ended" => Status::Completed,
            other => {
                let why = format!("`{}` is no status", other.chars().take(40).collect::<String>());
                return Err(Error::Malformed { what: WHAT, why });
            }
        };
        let at = |text: &Option<String>| text.as_deref().and_then(time::seconds);
        Ok(Batch {
            status,
            counts: Counts {
                total: processing.saturating_add(succeeded).saturating_add(failed),
                completed: succeeded,
                failed,
            },
            has_results: true,
            created: time::seconds(&self.created_at).unwrap_or_default(),
            expires: at(&self.expires_at),
            cancelling: at(&self.cancel_initiated_at),
            ended: at(&self.ended_at),
            model: None,
            problem: None,
            native: self.id,
        })
    }
}

#[derive(Deserialize)]
struct Row<'a> {
    custom_id: String,
    #[serde(borrow)]
    result: Outcomes<'a>,
}

#[derive(Deserialize)]
struct Outcomes<'a> {
    r#type: String,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    request_id: Option<&'a str>,
}

/// One line of the results.
pub(super) fn result(row: &[u8], results: &mut Results<'_>) -> Result<(), Error> {
    const RESULT: &str = "result of a batch";
    let row: Row<'_> = call::read(RESULT, row)?;
    let custom_id = custom_id::decode(&row.custom_id);
    let outcome = match (&*row.result.r#type, row.result.message, row.result.error) {
        ("succeeded", Some(message), _) => Outcome::Answered(message.get().as_bytes()),
        ("errored", _, Some(error)) => {
            let error = error.get().as_bytes();
            let request = serde_json::from_slice::<Named<'_>>(error).ok().and_then(|named| named.request_id);
            Outcome::Refused(anthropic::untold(error), request)
        }
        ("canceled", ..) => CANCELLED,
        ("expired", ..) => EXPIRED,
        _ => return Err(Error::Malformed { what: RESULT, why: "it is of no known type".to_owned() }),
    };
    results.line(&custom_id, &outcome)
}
