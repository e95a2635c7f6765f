//! Ids of calls. Mistral takes those of 9 letters and digits only, so that what other providers made must be made anew:
//! always the same of the same, for a call and its result must agree, and a conversation over many requests with itself.

use crate::Text;
use crate::json::Object;

const SIZE: usize = 9;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes an id that Mistral takes as member `name`.
pub(super) fn write(name: &'static str, id: Text<'_>, object: &mut Object<'_>) {
    let plain = id.plain();
    if plain.len() == SIZE && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return object.string(name, &plain);
    }
    let mut rest = hash(plain.as_bytes());
    let made: String = std::iter::repeat_with(|| {
        let digit = DIGITS[usize::try_from(rest % 62).expect("less than 62")];
        rest /= 62;
        char::from(digit)
    })
    .take(SIZE)
    .collect();
    object.string(name, &made);
}

/// FNV-1a, whose last step mixes high bits into the low ones, which matter most here.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
fn hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}
