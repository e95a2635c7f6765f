//! Names with `*` for anything, and stretches of addresses.

use std::net::IpAddr;

use super::error::Problem;

/// A name in which each `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Box<[Box<str>]>);

impl Pattern {
    /// Reads `text`.
    pub(super) fn new(text: &str) -> Self {
        Self(text.split('*').map(Into::into).collect())
    }

    /// Whether `text` is such a name.
    pub fn takes(&self, text: &str) -> bool {
        let [first, rest @ ..] = &*self.0 else { return false };
        let Some((last, middle)) = rest.split_last() else { return **first == *text };
        let Some(mut left) = text.strip_prefix(&**first).and_then(|left| left.strip_suffix(&**last)) else {
            return false;
        };
        // The earliest place of each part leaves the most to the next.
        middle.iter().all(|part| match left.find(&**part) {
            Some(at) => {
                left = &left[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// An address, or all that begin like one: `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    start: IpAddr,
    bits: u32,
}

impl IpRange {
    /// Reads an address, perhaps with the length of a prefix, which Kong's `acls` do not know.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || Problem::Rule(format!("invalid ip or cidr range: '{text}'"));
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let start: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { start, bits }) }
    }

    /// Whether it is one of them.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let rest = width - self.bits;
            rest >= width || one >> rest == other >> rest
        };
        match (self.start, ip) {
            (IpAddr::V4(one), IpAddr::V4(other)) => same(one.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(one), IpAddr::V6(other)) => same(one.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything() {
        for (pattern, yes, no) in [
            ("gpt-4o", &["gpt-4o"][..], &["gpt-4o-mini", "gpt-4", ""][..]),
            ("gpt-4o*", &["gpt-4o", "gpt-4o-mini"], &["gpt-4", "my-gpt-4o"]),
            ("*mini", &["mini", "gpt-4o-mini"], &["mini-2"]),
            ("meta-llama*3*", &["meta-llama/Llama-3.1"], &["meta-llama/Llama-2"]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("*", &["", "x"], &[]),
            ("", &[""], &["x"]),
        ] {
            let pattern = Pattern::new(pattern);
            assert!(yes.iter().all(|text| pattern.takes(text)), "{pattern:?}");
            assert!(!no.iter().any(|text| pattern.takes(text)), "{pattern:?}");
        }
    }

    #[test]
    fn a_range_has_all_that_begin_like_it() {
        for (range, ip, is_in) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("::/0", "2001:db8::1", true),
        ] {
            assert_eq!(IpRange::parse(range).unwrap().contains(ip.parse().unwrap()), is_in, "{range} {ip}");
        }
        for wrong in ["", "127.0.0", "127.0.0.1/33", "127.0.0.1/", "::1/129", "localhost"] {
            assert!(IpRange::parse(wrong).is_err(), "{wrong}");
        }
    }
}
