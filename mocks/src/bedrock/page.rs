//! Pages of what the service keeps, the newest first unless the request says otherwise.

use serde_json::Value;

use crate::form;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// Of one page, where the request does not say.
const PAGE: usize = 1_000;

/// The query of a request.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self(form::pairs(call.request.query.as_deref().unwrap_or_default().as_bytes()).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The page that is asked for: `all` are in the order in which they came. What they are called is the member that has them.
    ///
    /// # Errors
    /// There is no such page.
    pub(super) fn page(&self, member: &str, mut all: Vec<Value>) -> Result<Value, Failure> {
        if self.get("sortOrder") != Some("Ascending") {
            all.reverse();
        }
        let from = self.get("nextToken").map_or(Ok(0), str::parse::<usize>);
        let from = from.map_err(|_| invalid("The provided token is invalid.".to_owned()))?;
        let most = self.get("maxResults").map_or(Ok(PAGE), str::parse);
        let most = most.ok().filter(|most| (1..=PAGE).contains(most)).ok_or_else(|| {
            let shown = self.get("maxResults").unwrap_or_default();
            invalid(format!("1 validation error detected: Value '{shown}' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and {PAGE}"))
        })?;
        let next = from.saturating_add(most);
        let token = (next < all.len()).then(|| next.to_string());
        let page: Vec<Value> = all.into_iter().skip(from).take(most).collect();
        let mut reply = Value::Object([(member.to_owned(), page.into())].into_iter().collect());
        if let Some(token) = token {
            reply["nextToken"] = token.into();
        }
        Ok(reply)
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}
