//! The machine, as it says of itself.

use super::cores::{self, Layout};
use super::model::Environment;

/// Looks at the machine, and divides its processors.
pub(super) fn look(cores: usize) -> Environment {
    let available = cores::available();
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    Environment {
        os: std::env::consts::OS.to_owned(),
        kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
        arch: std::env::consts::ARCH.to_owned(),
        cpu: read("/proc/cpuinfo").and_then(|text| model(&text)),
        processors: if available.is_empty() { all } else { available.len() },
        load_average: read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
        pinned: Layout::new(&available, cores),
    }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn model(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
