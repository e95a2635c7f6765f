//! Waits to the microsecond where the system can: the runtime's own timers are a millisecond coarse, and all of that would
//! be charged to the gateway.

use tokio::time::{Instant, sleep_until};

/// A timer.
pub(super) enum Clock {
    /// The runtime's own.
    Coarse,
    /// The system's: <https://man7.org/linux/man-pages/man2/timerfd_create.2.html>
    #[cfg(target_os = "linux")]
    Fine(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
}

impl Clock {
    /// The finest that there is. Belongs to the runtime that it is made in.
    pub(super) fn finest() -> Self {
        #[cfg(target_os = "linux")]
        {
            use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags).map_err(std::io::Error::from);
            #[expect(
                deprecated,
                reason = "sound for a descriptor that it owns; what is to replace it is unsafe"
            )]
            let registered = timer.and_then(tokio::io::unix::AsyncFd::new);
            registered.map_or(Self::Coarse, Self::Fine)
        }
        #[cfg(not(target_os = "linux"))]
        Self::Coarse
    }

    /// Comes back at this time, or at once where it has passed.
    pub(super) async fn until(&self, due: Instant) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        match self {
            Self::Coarse => sleep_until(due).await,
            #[cfg(target_os = "linux")]
            Self::Fine(timer) => {
                if wait(timer, left).await.is_err() {
                    sleep_until(due).await;
                }
            }
        }
    }
}

#[cfg(target_os = "linux")]
async fn wait(
    timer: &tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>,
    left: std::time::Duration,
) -> std::io::Result<()> {
    use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
    let never = Timespec { tv_sec: 0, tv_nsec: 0 };
    let seconds = i64::try_from(left.as_secs()).map_err(std::io::Error::other)?;
    let value = Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() };
    timerfd_settime(timer, TimerfdTimerFlags::empty(), &Itimerspec { it_interval: never, it_value: value })?;
    loop {
        let mut ready = timer.readable().await?;
        let read = ready.try_io(|timer| Ok(rustix::io::read(timer, &mut [0_u8; 8])?));
        if let Ok(read) = read {
            return read.map(|_| ());
        }
    }
}

/// The time for which this thread had a processor so far.
pub(super) fn worked() -> Option<std::time::Duration> {
    #[cfg(target_os = "linux")]
    {
        let worked = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let (seconds, nanoseconds) =
            (u64::try_from(worked.tv_sec).ok()?, u32::try_from(worked.tv_nsec).ok()?);
        Some(std::time::Duration::new(seconds, nanoseconds))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn nobody_comes_back_early() {
        for clock in [Clock::Coarse, Clock::finest()] {
            for microseconds in [0, 50, 1_500, 300] {
                let due = Instant::now() + Duration::from_micros(microseconds);
                clock.until(due).await;
                assert!(Instant::now() >= due);
            }
        }
    }
}
