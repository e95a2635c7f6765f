//! How far a benchmark is, on a terminal: one line that changes. Nothing where standard error is no terminal.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::options::Watcher;

/// Draws progress on standard error, and removes itself at the end.
pub fn watcher() -> Watcher {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    Arc::new(move |progress| {
        bar.set_length(u64::try_from(progress.total).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        if progress.total == 0 {
            return bar.set_message(progress.now.clone());
        }
        let seconds = progress.left.as_secs();
        bar.set_message(format!("{}:{:02} left  {}", seconds / 60, seconds % 60, progress.now));
        if progress.done == progress.total {
            bar.finish_and_clear();
        }
    })
}
