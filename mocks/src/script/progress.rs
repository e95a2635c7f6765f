//! How work goes on that nobody waits for: a batch, a job.

use serde::{Deserialize, Serialize};

/// How many looks it takes, and how it ends. Without a script the first look finds half of it done, and the second one all.
///
/// ```yaml
/// match: { path: /v1/messages/batches, contains: "[[late]]" }
/// replies: [{ progress: { looks: 3, end: expired, lines: 1 } }]
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Progress {
    /// So many looks find it at work; the next one finds it over.
    pub looks: u64,
    /// How it ends.
    pub end: End,
    /// Where it does not end well: at most so many lines, from the first on, are done by then. Absent: as many as the looks
    /// before have seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<usize>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { looks: 1, end: End::Done, lines: None }
    }
}

/// How work ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every line is done, well or not.
    #[default]
    Done,
    /// Its time was over before.
    Expired,
    /// The service gave up.
    Failed,
}
