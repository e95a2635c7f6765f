//! Pages of what the service keeps, by size and token: <https://google.aip.dev/158>.

use crate::provider::Call;
use crate::script::{Failure, Kind};

/// Things with their numbers, the newest first: those of the page that is asked for, and the token of the next one.
pub(super) fn page<T>(
    call: &Call<'_>,
    mut all: Vec<(u64, T)>,
    usual: usize,
    most: usize,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let refused = |message: &str| Failure::new(Kind::InvalidRequest, message);
    let size = match call.request.parameter("pageSize").filter(|size| !size.is_empty()) {
        None => usual,
        Some(size) => match size.parse::<i64>() {
            Ok(0) => usual,
            Ok(size) => {
                usize::try_from(size).map_err(|_| refused("Page size must not be negative."))?.min(most)
            }
            Err(_) => return Err(refused("Invalid value at 'page_size' (TYPE_INT32)")),
        },
    };
    if let Some(token) = call.request.parameter("pageToken").filter(|token| !token.is_empty()) {
        let last = token.strip_prefix("page-").and_then(|number| number.parse::<u64>().ok());
        let last = last.ok_or_else(|| refused("Page token is invalid."))?;
        all.retain(|(number, _)| *number < last);
    }
    all.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let next = (all.len() > size).then(|| format!("page-{}", all[size - 1].0));
    all.truncate(size);
    Ok((all.into_iter().map(|(_, thing)| thing).collect(), next))
}
