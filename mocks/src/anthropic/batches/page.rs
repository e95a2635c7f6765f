//! [A page of batches](https://platform.claude.com/docs/en/api/messages/batches/list), the newest first.

use serde_json::{Value, json};

use super::BATCH;
use super::kept::Batch;
use crate::provider::Call;
use crate::script::{Failure, Kind};

const LIMITS: std::ops::RangeInclusive<usize> = 1..=1_000;
const USUAL: usize = 20;

pub(super) fn page(call: &Call<'_>) -> Result<Value, Failure> {
    let limit = limit(call.request.parameter("limit"))?;
    let mut all: Vec<Batch> = call.shelf.all(BATCH).into_iter().map(|(_, batch)| batch).collect();
    all.sort_by_key(|batch| std::cmp::Reverse(batch.number));
    let place = |name: &str| -> Result<Option<usize>, Failure> {
        let Some(id) = call.request.parameter(name) else { return Ok(None) };
        let found = all.iter().position(|batch| batch.id == id);
        found.map(Some).ok_or_else(|| invalid(format!("{name}: Message Batch '{id}' not found")))
    };
    let (page, has_more) = match (place("before_id")?, place("after_id")?) {
        (Some(_), Some(_)) => return Err(invalid("before_id and after_id may not both be set".to_owned())),
        (Some(before), None) => {
            let from = before.saturating_sub(limit);
            (&all[from..before], from > 0)
        }
        (None, after) => {
            let rest = &all[after.map_or(0, |after| after + 1)..];
            (&rest[..limit.min(rest.len())], rest.len() > limit)
        }
    };
    Ok(json!({
        "data": page.iter().map(|batch| batch.shown(call)).collect::<Vec<_>>(),
        "has_more": has_more,
        "first_id": page.first().map(|batch| &batch.id),
        "last_id": page.last().map(|batch| &batch.id),
    }))
}

fn limit(asked: Option<&str>) -> Result<usize, Failure> {
    let Some(asked) = asked else { return Ok(USUAL) };
    let problem = match asked.parse::<i64>() {
        Ok(limit) if limit < 1 => "Input should be greater than or equal to 1",
        Ok(limit) => match usize::try_from(limit) {
            Ok(limit) if LIMITS.contains(&limit) => return Ok(limit),
            _ => "Input should be less than or equal to 1000",
        },
        Err(_) => "Input should be a valid integer, unable to parse string as an integer",
    };
    Err(invalid(format!("limit: {problem}")))
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}
