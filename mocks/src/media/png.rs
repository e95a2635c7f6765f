//! [PNG](https://www.w3.org/TR/png-3/) with a palette of two colours, one bit a point.

use std::io::Write as _;

use super::picture::Drawing;

/// The file.
pub(crate) fn write(drawing: &dyn Drawing) -> Vec<u8> {
    let [paper, ink] = drawing.colours();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let (width, height) = drawing.size();
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    // Depth 1, a palette, and the only compression, filters and order of rows that there are to choose.
    header.extend_from_slice(&[1, 3, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"PLTE", &[&paper[..3], &ink[..3]].concat());
    if paper[3] < 255 {
        chunk(&mut out, *b"tRNS", &[paper[3], ink[3]]);
    }
    chunk(&mut out, *b"IDAT", &deflated(&rows(drawing)));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Every row behind the filter `None`, eight points a byte.
fn rows(drawing: &dyn Drawing) -> Vec<u8> {
    let (width, height) = drawing.size();
    let mut rows = Vec::with_capacity((height * (width.div_ceil(8) + 1)) as usize);
    for y in 0..height {
        rows.push(0);
        for start in (0..width).step_by(8) {
            let points = (start..start + 8).map(|x| x < width && drawing.is_ink(x, y));
            rows.push(points.fold(0, |byte, inked| byte << 1 | u8::from(inked)));
        }
    }
    rows
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("two colours are small");
    out.extend_from_slice(&length.to_be_bytes());
    let start = out.len();
    out.extend_from_slice(&name);
    out.extend_from_slice(data);
    let mut check = flate2::Crc::new();
    check.update(&out[start..]);
    out.extend_from_slice(&check.sum().to_be_bytes());
}
