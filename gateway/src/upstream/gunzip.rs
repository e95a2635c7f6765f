//! `Content-Encoding: gzip`, undone as it comes: <https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3>.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::fault::Fault;

/// Compressed bytes that are undone at a time; gzip makes at most about 1,000 times as much of them.
const PIECE: usize = 1 << 10;

/// Compressed bytes in, plain bytes out, nothing held back.
pub(crate) struct Gunzip(MultiGzDecoder<Vec<u8>>);

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }

    /// Shows `see` all that can be undone with `bytes`.
    pub(crate) fn push<E: From<Fault>>(
        &mut self,
        bytes: &[u8],
        mut see: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for piece in bytes.chunks(PIECE) {
            self.0.write_all(piece).and_then(|()| self.0.flush()).map_err(|_| broken())?;
            see(self.0.get_ref())?;
            self.0.get_mut().clear();
        }
        Ok(())
    }

    /// The compressed bytes have ended: was that their own end?
    pub(crate) fn finish(mut self) -> Result<(), Fault> {
        self.0.try_finish().map_err(|_| broken())
    }
}

fn broken() -> Fault {
    Fault::Encoding("gzip".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn undo(wire: &[u8], cut: usize) -> (Vec<u8>, bool) {
        let mut gunzip = Gunzip::new();
        let mut plain = Vec::new();
        for piece in wire.chunks(cut) {
            let pushed = gunzip.push(piece, |bytes| {
                plain.extend_from_slice(bytes);
                Ok::<_, Fault>(())
            });
            if pushed.is_err() {
                return (plain, false);
            }
        }
        (plain, gunzip.finish().is_ok())
    }

    #[test]
    fn what_was_flushed_comes_out_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"data: one\n\n").unwrap();
        encoder.flush().unwrap();
        let flushed = encoder.get_ref().len();
        encoder.write_all(b"data: two\n\n").unwrap();
        let wire = encoder.finish().unwrap();
        assert_eq!(undo(&wire[..flushed], 3).0, b"data: one\n\n");
        for cut in [1, 2, 7, 1000] {
            assert_eq!(undo(&wire, cut), (b"data: one\n\ndata: two\n\n".to_vec(), true));
        }
    }

    #[test]
    fn cut_and_broken_bytes_are_errors() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[7; 10_000]).unwrap();
        let wire = encoder.finish().unwrap();
        assert!(undo(&wire, 10).1);
        assert!(!undo(&wire[..wire.len() - 9], 10).1);
        assert!(!undo(b"data: not gzip at all", 5).1);
    }
}
