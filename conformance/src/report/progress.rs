//! How far a run is, on a terminal: one line that changes. Nothing where standard error is no terminal.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::run::Watcher;

/// Draws progress on standard error, and removes itself after the last play.
pub fn watcher() -> Watcher {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    Arc::new(move |progress| {
        bar.set_length(u64::try_from(progress.total).unwrap_or(u64::MAX));
        let failed = if progress.unexpected == 0 {
            String::new()
        } else {
            format!("{} failed  ", progress.unexpected)
        };
        bar.set_message(format!("{failed}{}", progress.play));
        bar.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
        if progress.done == progress.total {
            bar.finish_and_clear();
        }
    })
}
