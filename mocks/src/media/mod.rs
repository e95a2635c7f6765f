//! Works of the mocks' own: pictures, sound and videos that any decoder reads, made from a seed, without a clock and without a
//! library.
//!
//! ```text
//! seed ─▶ Picture ─▶ png | jpeg | webp          text ─▶ Sound ─▶ wav | pcm | flac | mp3 | aac | opus
//! ```
//!
//! What comes in is looked at as far as a service would refuse it: [`look::Kind`], sizes, and how long a sound is.

pub(crate) mod jpeg;
pub(crate) mod look;
pub(crate) mod picture;
pub(crate) mod png;
pub(crate) mod webp;

pub(crate) use picture::Picture;
