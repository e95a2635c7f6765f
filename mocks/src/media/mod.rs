//! Works of the mocks' own: pictures, sound and videos that any decoder reads, made from a seed, without a clock and without a
//! library.
//!
//! ```text
//! seed ─▶ Picture ─▶ png | jpeg | webp
//!         Video   ─▶ h264 ─▶ mp4, or a sheet of its pictures
//! text ─▶ Sound ─▶ wav | pcm | flac | mp3 | aac | opus
//! ```
//!
//! What comes in is looked at as far as a service would refuse it: [`look::Kind`], sizes, and how long a sound is.

mod aac;
mod flac;
mod h264;
mod jpeg;
pub(crate) mod length;
pub(crate) mod look;
mod mp3;
mod mp4;
mod opus;
pub(crate) mod picture;
mod png;
pub(crate) mod sound;
pub(crate) mod video;
mod wav;
mod webp;

pub(crate) use picture::Picture;
pub(crate) use sound::Sound;
pub(crate) use video::Video;
