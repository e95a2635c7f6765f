//! A video: a picture that is inked from the top, a step a second, in so many pictures a second.

use super::mp4;
use super::picture::{Drawing, Format, Picture};

/// Edges of a sheet's pictures are as many times shorter than those of the video.
const SHRUNK: u32 = 4;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Video {
    /// What it comes to.
    pub(crate) picture: Picture,
    pub(crate) seconds: u32,
    /// Pictures a second.
    pub(crate) rate: u32,
}

impl Video {
    /// The video of a seed.
    pub(crate) fn new(seed: u64, size: (u32, u32), seconds: u32, rate: u32) -> Self {
        Self { picture: Picture::new(seed, size), seconds, rate }
    }

    /// What is seen during a second, from 0.
    pub(super) fn frame(&self, second: u32) -> Picture {
        self.picture.partial(second, self.seconds - 1)
    }

    /// As a file.
    pub(crate) fn write(&self) -> Vec<u8> {
        mp4::write(self)
    }

    /// A picture a second, side by side in rows.
    pub(crate) fn sheet(self) -> Sheet {
        Sheet { video: self }
    }
}

/// Pictures of a video on one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    video: Video,
}

impl Sheet {
    /// As a file.
    pub(crate) fn write(&self, format: Format) -> Vec<u8> {
        format.file(self)
    }

    fn columns(&self) -> u32 {
        self.video.seconds.min(SHRUNK)
    }

    fn tile(&self) -> (u32, u32) {
        let (width, height) = self.video.picture.size();
        (width / SHRUNK, height / SHRUNK)
    }
}

impl Drawing for Sheet {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.tile();
        (width * self.columns(), height * self.video.seconds.div_ceil(self.columns()))
    }

    fn is_ink(&self, x: u32, y: u32) -> bool {
        let (width, height) = self.tile();
        let second = y / height * self.columns() + x / width;
        let is_shown = second < self.video.seconds;
        is_shown && self.video.frame(second).sized((width, height)).is_ink(x % width, y % height)
    }

    fn colours(&self) -> [[u8; 4]; 2] {
        self.video.picture.colours()
    }
}
