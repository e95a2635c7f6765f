//! Who says who somebody is: the clouds' token endpoints, and what is accepted of what they issue.

mod aws;
mod azure;
mod google;

use mocks::Mocks;

use crate::client::{Reply, exchange, request};

/// One request without anything else.
pub(crate) async fn ask(
    mocks: &Mocks,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    exchange(mocks, &request(method, path, headers, body.as_bytes())).await
}
