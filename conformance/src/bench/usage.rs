//! What a process and its descendants use, by [proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html). Where there is
//! none, nothing is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Memory of all processes of a tree, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Resident: what several processes share counts once for each.
    pub rss: u64,
    /// Proportional: what they share counts once. Absent where the system does not say.
    pub pss: Option<u64>,
}

/// A process and those that it started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree(pub(super) u32);

/// What `/proc/<pid>/stat` says of a process; times in the kernel's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Its own, and those of children that it waited for: so nothing is lost when one of the tree ends.
    ticks: u64,
}

/// Processor time since the start, user and system, as two clocks tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpu {
    /// Coarse, and complete.
    counted: Duration,
    /// How coarse: a tick for each process.
    error: Duration,
    /// To the nanosecond, without threads that have ended. Zero where the kernel does not keep it.
    running: Duration,
}

impl Cpu {
    /// The time from another moment until this one.
    pub(super) fn since(self, begin: Self) -> Duration {
        let counted = self.counted.saturating_sub(begin.counted);
        let running = self.running.saturating_sub(begin.running);
        // What the fine clock lacks by more than the coarse one may be wrong, threads took with them.
        if running.is_zero() || counted > running + self.error.max(begin.error) * 2 {
            counted
        } else {
            running
        }
    }
}

impl Tree {
    /// Processor time since the start.
    pub(super) fn cpu(self) -> Option<Cpu> {
        let processes = self.processes()?;
        let tick = Duration::from_secs(1) / ticks_per_second()?;
        let ticks: u64 = processes.values().map(|stat| stat.ticks).sum();
        Some(Cpu {
            counted: tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX)),
            error: tick.saturating_mul(u32::try_from(processes.len()).unwrap_or(u32::MAX)),
            running: processes.keys().map(|pid| running(*pid)).sum(),
        })
    }

    /// Memory now.
    pub(super) fn memory(self) -> Option<Memory> {
        let processes = self.processes()?;
        let mut all = Memory { rss: 0, pss: Some(0) };
        for pid in processes.keys() {
            // One that ended meanwhile uses nothing.
            let Some(Memory { rss, pss }) = memory(*pid) else { continue };
            all.rss += rss;
            all.pss = all.pss.zip(pss).map(|(all, more)| all + more);
        }
        (all.rss > 0).then_some(all)
    }

    /// Those that run, by number.
    fn processes(self) -> Option<BTreeMap<u32, Stat>> {
        let entries = std::fs::read_dir("/proc").ok()?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let stats: BTreeMap<u32, Stat> = numbers.filter_map(|pid| Some((pid, stat(pid)?))).collect();
        let wanted = descendants(self.0, &stats);
        stats
            .contains_key(&self.0)
            .then(|| stats.into_iter().filter(|(pid, _)| wanted.contains(pid)).collect())
    }
}

/// The root and all below it.
fn descendants(root: u32, stats: &BTreeMap<u32, Stat>) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    loop {
        let before = found.len();
        found.extend(
            stats
                .iter()
                .filter(|(_, stat)| found.contains(&stat.parent))
                .map(|(pid, _)| *pid)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            return found;
        }
    }
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Time on a processor of all threads that a process has now: the first number of each one's `schedstat`.
fn running(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    stats.filter_map(|stat| stat.split(' ').next()?.parse().ok()).map(Duration::from_nanos).sum()
}

/// The name is in parentheses and may have anything in it, parentheses too.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    // utime, stime, cutime, cstime
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse().unwrap_or(0_u64)).sum();
    Some(Stat { parent, ticks })
}

fn memory(pid: u32) -> Option<Memory> {
    let folder = format!("/proc/{pid}");
    if let Ok(text) = std::fs::read_to_string(Path::new(&folder).join("smaps_rollup")) {
        return parse_rollup(&text);
    }
    // Without the right to look closer: whole lines of kilobytes are in the status too.
    let text = std::fs::read_to_string(Path::new(&folder).join("status")).ok()?;
    Some(Memory { rss: kilobytes(&text, "VmRSS:")?, pss: None })
}

fn parse_rollup(text: &str) -> Option<Memory> {
    Some(Memory { rss: kilobytes(text, "Rss:")?, pss: kilobytes(text, "Pss:") })
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

fn ticks_per_second() -> Option<u32> {
    #[cfg(target_os = "linux")]
    return u32::try_from(rustix::param::clock_ticks_per_second()).ok().filter(|ticks| *ticks > 0);
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_hides_nothing() {
        let text = "77 (a) b (c)) S 12 77 77 0 -1 4194560 100 0 0 0 7 5 30 2 20 0 1 0 100 1000 200";
        assert_eq!(parse_stat(text), Some(Stat { parent: 12, ticks: 44 }));
        assert_eq!(parse_stat("77 (a) S 12"), None);
    }

    #[test]
    fn descendants_are_found_in_any_order() {
        let stats = [(5, 9), (9, 1), (7, 5), (8, 2), (1, 0)];
        let stats = stats.map(|(pid, parent)| (pid, Stat { parent, ticks: 0 })).into();
        assert_eq!(descendants(9, &stats), BTreeSet::from([5, 7, 9]));
    }

    #[test]
    fn memory_is_told_in_bytes() {
        let text = "55d0-7ff [rollup]\nRss:    1684 kB\nPss:     516 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(parse_rollup(text), Some(Memory { rss: 1684 << 10, pss: Some(516 << 10) }));
    }

    #[test]
    fn the_finer_clock_counts_unless_threads_took_its_time_with_them() {
        let ms = Duration::from_millis;
        let cpu = |counted, running| Cpu { counted: ms(counted), error: ms(10), running: ms(running) };
        assert_eq!(cpu(110, 104).since(cpu(100, 100)), ms(4));
        assert_eq!(cpu(100, 104).since(cpu(100, 100)), ms(4));
        assert_eq!(cpu(300, 110).since(cpu(100, 100)), ms(200), "a thread has ended");
        assert_eq!(cpu(300, 0).since(cpu(100, 0)), ms(200), "there is only one clock");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_uses_something() {
        let tree = Tree(std::process::id());
        assert!(tree.cpu().is_some());
        let memory = tree.memory().unwrap();
        assert!(memory.rss > 1 << 20 && memory.pss.is_some_and(|pss| pss <= memory.rss));
    }
}
