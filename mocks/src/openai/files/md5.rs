//! [MD5](https://www.rfc-editor.org/rfc/rfc1321), with which a client may name the bytes that it sent. It keeps no secret.

/// The digest in hexadecimal digits.
pub(crate) fn md5(bytes: &[u8]) -> String {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let mut chunks = bytes.chunks_exact(64);
    for chunk in &mut chunks {
        mix(&mut state, chunk);
    }
    let mut last = chunks.remainder().to_vec();
    last.push(0x80);
    while last.len() % 64 != 56 {
        last.push(0);
    }
    last.extend((bytes.len() as u64).wrapping_mul(8).to_le_bytes());
    last.chunks_exact(64).for_each(|chunk| mix(&mut state, chunk));
    state.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}

/// By how much each step of a round turns.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

fn mix(state: &mut [u32; 4], chunk: &[u8]) {
    let word = |at: usize| {
        u32::from_le_bytes(chunk[at * 4..at * 4 + 4].try_into().expect("sixteen words of four bytes"))
    };
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64 {
        let (value, at) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), (7 * step) % 16),
        };
        let sum = a.wrapping_add(value).wrapping_add(constant(step)).wrapping_add(word(at));
        (a, d, c) = (d, c, b);
        b = b.wrapping_add(sum.rotate_left(TURNS[step / 16][step % 4]));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(more);
    }
}

/// The part of the sine of the step's number, in radians, that 32 bits hold.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sine's size is at most one")]
fn constant(step: usize) -> u32 {
    let number = u8::try_from(step + 1).expect("64 steps");
    (f64::from(number).sin().abs() * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::md5;

    /// The test suite of RFC 1321, A.5.
    #[test]
    fn it_gives_what_the_rfc_says() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(md5(text.as_bytes()), digest);
        }
    }
}
