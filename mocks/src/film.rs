//! A video that is being made, for whoever makes one: what it will show, and how far it is.

use serde::{Deserialize, Serialize};

use crate::batch::{Job, Stage};
use crate::media::Video;
use crate::provider::Call;
use crate::script::{End, Finish, Reply};

/// Its steps are hundredths.
const STEPS: usize = 100;
/// As long as any is: <https://developers.openai.com/api/docs/guides/video-generation>, in seconds.
pub(crate) const LONGEST: u32 = 120;
/// Points from edge to edge of what is made: a macroblock, and as many as any model has.
const EDGES: (u32, u32) = (16, 4_096);

/// What is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Film {
    work: Job,
    seed: u64,
    pub(crate) size: (u32, u32),
    pub(crate) seconds: u32,
    rate: u32,
    /// Whether it must not be shown.
    is_blocked: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody looked yet.
    Waiting,
    /// So many hundredths are done.
    Working(u8),
    /// It can be fetched.
    Done,
    /// The service gave up.
    Failed,
    /// It shows what must not be shown.
    Blocked,
}

impl Film {
    /// Begins one as a script says, of this size in points, so many seconds long, with so many pictures a second; of what nobody
    /// makes, the nearest that is made. `tag` tells it from others that the same request begins.
    pub(crate) fn begin(
        call: &Call<'_>,
        reply: &Reply,
        tag: &str,
        size: (u32, u32),
        seconds: u32,
        rate: u32,
    ) -> Self {
        Self {
            work: Job::new(STEPS, call.inner.progress(call.request, call.body)),
            seed: call.draw.number(&format!("video {tag}"), u64::MAX),
            size: (edge(size.0), edge(size.1)),
            seconds: seconds.clamp(1, LONGEST),
            rate,
            is_blocked: reply.finish == Some(Finish::ContentFilter),
        }
    }

    /// A look, which finds it further.
    pub(crate) fn look(&mut self) -> State {
        self.work.look();
        self.state()
    }

    /// Where it stands, without a look.
    pub(crate) fn state(&self) -> State {
        match self.work.stage() {
            Stage::Waiting => State::Waiting,
            Stage::Working => State::Working(u8::try_from(self.work.done()).unwrap_or(99)),
            Stage::Over(End::Done) if self.is_blocked => State::Blocked,
            Stage::Over(End::Done) => State::Done,
            Stage::Over(_) | Stage::Stopping | Stage::Stopped => State::Failed,
        }
    }

    /// What it shows.
    pub(crate) fn video(&self) -> Video {
        Video::new(self.seed, self.size, self.seconds, self.rate)
    }
}

fn edge(points: u32) -> u32 {
    points.clamp(EDGES.0, EDGES.1)
}
