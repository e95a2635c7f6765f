//! A picture of two colours: a pattern of large squares, the same to the left and to the right, that follows a seed.

use super::{jpeg, png, webp};

/// Squares from edge to edge.
const SQUARES: u32 = 8;

/// What can be written: two colours, point by point.
pub(super) trait Drawing {
    /// Width and height.
    fn size(&self) -> (u32, u32);
    /// Is this point inked?
    fn is_ink(&self, x: u32, y: u32) -> bool;
    /// Paper and ink.
    fn colours(&self) -> [[u8; 4]; 2];
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// One bit a square of the left half, from the top.
    pattern: u32,
    ink: [u8; 3],
    /// None where it is transparent.
    paper: Option<[u8; 3]>,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Webp,
}

impl Format {
    /// By its name, which is also that of its files.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "png" => Some(Self::Png),
            "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }

    /// The media type.
    pub(crate) fn media(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The file of a drawing.
    pub(super) fn file(self, drawing: &dyn Drawing) -> Vec<u8> {
        match self {
            Self::Png => png::write(drawing),
            Self::Jpeg => jpeg::write(drawing),
            Self::Webp => webp::write(drawing),
        }
    }
}

impl Picture {
    /// The picture of a seed.
    pub(crate) fn new(seed: u64, (width, height): (u32, u32)) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let pattern = chance.u32(..);
        let ink = [chance.u8(..128), chance.u8(..128), chance.u8(..128)];
        let paper = [chance.u8(160..), chance.u8(160..), chance.u8(160..)];
        Self { width, height, pattern, ink, paper: Some(paper) }
    }

    /// The same without paper. JPEG has no transparency, so that it stays white there.
    pub(crate) fn transparent(self) -> Self {
        Self { paper: None, ..self }
    }

    /// The same as far as it is after this step of so many: rows are inked from the top.
    pub(crate) fn partial(self, step: u32, of: u32) -> Self {
        let rows = SQUARES * (step + 1) / (of + 1);
        let inked = 1_u32.checked_shl(rows * (SQUARES / 2)).map_or(u32::MAX, |bit| bit - 1);
        Self { pattern: self.pattern & inked, ..self }
    }

    /// The same in another size.
    pub(super) fn sized(self, (width, height): (u32, u32)) -> Self {
        Self { width, height, ..self }
    }

    /// As a file.
    pub(crate) fn write(&self, format: Format) -> Vec<u8> {
        format.file(self)
    }
}

impl Drawing for Picture {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn is_ink(&self, x: u32, y: u32) -> bool {
        let square = |at: u32, of: u32| at * SQUARES / of;
        let (column, row) = (square(x, self.width), square(y, self.height));
        let column = column.min(SQUARES - 1 - column);
        self.pattern >> (row * (SQUARES / 2) + column) & 1 == 1
    }

    fn colours(&self) -> [[u8; 4]; 2] {
        let solid = |[red, green, blue]: [u8; 3]| [red, green, blue, 255];
        [self.paper.map_or([255, 255, 255, 0], solid), solid(self.ink)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(picture: &Picture, format: Format) -> Vec<[u8; 4]> {
        let read = image::load_from_memory(&picture.write(format)).unwrap();
        assert_eq!((read.width(), read.height()), (picture.width, picture.height));
        read.to_rgba8().pixels().map(|point| point.0).collect()
    }

    /// Edges that are no multiples of anything, too.
    #[test]
    fn all_formats_show_the_same() {
        for (seed, size) in
            [(1, (64, 64)), (2, (256, 128)), (6, (512, 1024)), (3, (250, 131)), (4, (1, 1)), (5, (17, 300))]
        {
            let picture = Picture::new(seed, size);
            for picture in [picture, picture.transparent(), picture.partial(0, 2)] {
                let (png, webp) = (points(&picture, Format::Png), points(&picture, Format::Webp));
                assert_eq!(
                    (png.len(), png.iter().zip(&webp).find(|(one, other)| one != other)),
                    (webp.len(), None),
                    "{picture:?}"
                );
                let is_seen_through = png.iter().any(|point| point[3] == 0);
                assert!(if picture.paper.is_some() {
                    !is_seen_through
                } else {
                    is_seen_through || size == (1, 1)
                });
            }
            let (png, jpeg) = (points(&picture, Format::Png), points(&picture, Format::Jpeg));
            let near = |one: u8, other: u8| one.abs_diff(other) <= 4;
            let is_like = |(one, other): &(&[u8; 4], &[u8; 4])| {
                one.iter().zip(*other).all(|(one, other)| near(*one, *other))
            };
            let like = png.iter().zip(&jpeg).filter(is_like).count();
            // A block on the border of two squares is of one of their colours.
            let is_even = (size.0 / 8).is_multiple_of(8) && (size.1 / 8).is_multiple_of(8);
            assert!(!is_even || like == png.len(), "{size:?}");
        }
    }

    #[test]
    fn a_picture_grows_from_the_top() {
        let inked = |picture: Picture| {
            points(&picture, Format::Png)
                .iter()
                .filter(|point| **point != points(&picture, Format::Png)[0])
                .count()
        };
        let whole = Picture { pattern: u32::MAX - 1, ..Picture::new(7, (32, 32)) };
        let steps: Vec<_> = (0..3).map(|step| inked(whole.partial(step, 3))).collect();
        assert!(steps.is_sorted() && steps[0] < steps[2], "{steps:?}");
    }
}
