//! Which processors run what: the gateway, the mocks and the load each have some of their own, where there are enough.
//!
//! A thread's processors are those of the thread that starts it, and a child's those of the thread that spawns it: so
//! pinning the thread that starts something is all that is needed.

use serde::{Deserialize, Serialize};

/// Who runs where, by the system's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// Each gateway, and nginx: they are measured in turn.
    pub gateway: Vec<usize>,
    /// The mocks, one thread on each.
    pub mocks: Vec<usize>,
    /// The load, one thread on each.
    pub load: Vec<usize>,
}

/// More threads of load ask for more than any mock can answer.
const MOST_LOAD: usize = 4;

impl Layout {
    /// Gives the gateway so many of these processors. Nothing, where not at least two are left.
    pub fn new(available: &[usize], gateway: usize) -> Option<Self> {
        let (gateway, rest) = available.split_at_checked(gateway.max(1))?;
        if rest.len() < 2 {
            return None;
        }
        let (mocks, load) = rest.split_at((rest.len() / 3).max(1));
        let load = &load[..load.len().min(MOST_LOAD)];
        Some(Self { gateway: gateway.to_vec(), mocks: mocks.to_vec(), load: load.to_vec() })
    }
}

/// The processors that this process may use; none where the system does not say.
pub(super) fn available() -> Vec<usize> {
    #[cfg(target_os = "linux")]
    if let Ok(set) = rustix::thread::sched_getaffinity(None) {
        return (0..rustix::thread::CpuSet::MAX_CPU).filter(|number| set.is_set(*number)).collect();
    }
    Vec::new()
}

/// Lets this thread, and what it starts from now on, run on these processors only. None: as it is.
pub(super) fn pin(cores: &[usize]) {
    #[cfg(target_os = "linux")]
    if !cores.is_empty() {
        let mut set = rustix::thread::CpuSet::new();
        cores.iter().for_each(|number| set.set(*number));
        if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
            tracing::warn!(%error, "cannot pin a thread");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = cores;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(cores: usize, gateway: usize) -> Option<[Vec<usize>; 3]> {
        let available: Vec<usize> = (10..10 + cores).collect();
        Layout::new(&available, gateway).map(|layout| [layout.gateway, layout.mocks, layout.load])
    }

    #[test]
    fn everyone_has_processors_of_its_own() {
        assert_eq!(layout(4, 1), Some([vec![10], vec![11], vec![12, 13]]));
        assert_eq!(layout(4, 2), Some([vec![10, 11], vec![12], vec![13]]));
        assert_eq!(layout(8, 1), Some([vec![10], vec![11, 12], vec![13, 14, 15, 16]]));
        assert_eq!(layout(3, 1), Some([vec![10], vec![11], vec![12]]));
        for (cores, gateway) in [(0, 1), (2, 1), (4, 3), (4, 9)] {
            assert_eq!(layout(cores, gateway), None, "{cores} {gateway}");
        }
    }
}
