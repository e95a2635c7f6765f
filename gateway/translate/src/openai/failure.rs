//! Errors of providers that speak OpenAI's dialect, each with variations of its own.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Problem;
use crate::{Text, json};

/// What a body says that came with a status other than 2xx.
///
/// Besides OpenAI's own shape, its kin send `{"error": "text"}`, `{"message": "text"}`, `{"detail": …}`, and a list
/// of one error.
pub(crate) fn problem(status: u16, body: &[u8]) -> Problem {
    #[derive(Default, Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        message: Option<&'a RawValue>,
        detail: Option<&'a RawValue>,
    }

    let base = Problem::of(status);
    let body: Body<'_> =
        json::read(body).or_else(|_| json::read(body).map(|[only]: [Body<'_>; 1]| only)).unwrap_or_default();
    match body {
        Body { error: Some(error), .. } => object(base, error),
        Body { message: Some(message), .. } => base.saying(word(message)),
        Body { detail: Some(detail), .. } => base.saying(word(detail)),
        Body { .. } => base,
    }
}

/// What an error says that came where a status had been sent already.
pub(crate) fn in_stream(error: &RawValue) -> Problem {
    let problem = object(Problem::of(502), error);
    let says = |name: &str| problem.kind == name || problem.code.as_deref() == Some(name);
    let known = [
        ("rate_limit_exceeded", 429),
        ("rate_limit_error", 429),
        ("insufficient_quota", 429),
        ("invalid_request_error", 400),
        ("overloaded", 503),
        ("server_error", 500),
    ];
    let status = known.iter().find(|(name, _)| says(name)).map_or(502, |&(_, status)| status);
    Problem { status, ..problem }
}

fn object(base: Problem, error: &RawValue) -> Problem {
    #[derive(Deserialize)]
    struct Wire<'a> {
        #[serde(borrow)]
        message: Option<&'a RawValue>,
        r#type: Option<&'a RawValue>,
        param: Option<&'a RawValue>,
        code: Option<&'a RawValue>,
        innererror: Option<&'a RawValue>,
    }

    let Ok(wire) = serde_json::from_str::<Wire<'_>>(error.get()) else {
        return base.saying(word(error));
    };
    // Azure's code is mostly the status again, which OpenAI has better words for.
    let code = wire.code.map(|code| word(code).into());
    let repeats = code.as_deref().is_some_and(|code: &str| code == base.status.to_string());
    let innererror = wire.innererror.map(RawValue::get).filter(|json| json.starts_with('{'));
    Problem {
        kind: wire.r#type.map_or(base.kind.clone(), |kind| word(kind).into()),
        param: wire.param.map(word),
        code: if repeats { base.code.clone().or(code) } else { code },
        innererror: innererror.map(|json| json.replace(['\r', '\n'], " ").into()),
        ..base.saying(wire.message.map(word).unwrap_or_default())
    }
}

/// The characters of a string; of anything else, its JSON.
fn word(json: &RawValue) -> String {
    let json = json.get();
    Text::token(json).map_or_else(|| json.to_owned(), |text| text.plain().into_owned())
}
