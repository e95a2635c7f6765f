//! What may happen to bytes on their way: they are cut anywhere, and broken.

use proptest::prelude::*;
use proptest::sample::Index;

/// Places at which a stream is cut.
pub(crate) fn cuts() -> impl Strategy<Value = Vec<Index>> {
    proptest::collection::vec(any::<Index>(), 0..20)
}

/// The bytes between the cuts, in order.
pub(crate) fn pieces<'b>(bytes: &'b [u8], cuts: &[Index]) -> impl Iterator<Item = &'b [u8]> + use<'b> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut start = 0;
    cuts.into_iter().map(move |end| &bytes[std::mem::replace(&mut start, end)..end])
}

/// What may be wrong with bytes on their way.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
}

impl Damage {
    pub(crate) fn to(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let end = |at: usize, size: usize| (at + size).min(bytes.len());
        match self {
            Self::Replace(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(at, size) => {
                let at = at.index(bytes.len());
                let end = end(at, *size);
                bytes.drain(at..end);
            }
            Self::Repeat(at, size) => {
                let at = at.index(bytes.len());
                let part = bytes[at..end(at, *size)].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

pub(crate) fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<Index>;
    let one = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (at(), prop_oneof![Just(b'"'), Just(b'}'), Just(b'\n'), Just(b'0')])
            .prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (at(), proptest::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, more)| Damage::Insert(at, more)),
        (at(), 1_usize..300).prop_map(|(at, size)| Damage::Remove(at, size)),
        (at(), 1_usize..300).prop_map(|(at, size)| Damage::Repeat(at, size)),
    ];
    proptest::collection::vec(one, 1..4)
}
