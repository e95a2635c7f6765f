//! What a file is: its kind, and of a picture its size, by its first bytes.

/// The kind of a file that somebody sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    Webp,
    Gif,
}

impl Kind {
    /// By its first bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            _ => None,
        }
    }
}

/// Width and height of a PNG, and whether it may be transparent somewhere: by its colour type, or a chunk that says so.
pub(crate) fn png(bytes: &[u8]) -> Option<(u32, u32, bool)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_png = Kind::of(bytes) == Some(Kind::Png) && bytes.get(12..16)? == b"IHDR";
    let has_alpha = matches!(bytes.get(25)?, 4 | 6) || memchr::memmem::find(bytes, b"tRNS").is_some();
    is_png.then_some(())?;
    Some((number(16)?, number(20)?, has_alpha))
}
