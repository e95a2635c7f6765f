//! Image APIs that are not OpenAI's.
//!
//! <https://platform.openai.com/docs/api-reference/images>

mod order;
mod pictures;

pub use order::{Input, Look, Order};
pub(crate) use order::{Reference, size};
pub use pictures::{Pictures, Tokens};

use crate::Error;
use crate::call::{Losses, Options, Target};
use crate::works::{Given, JSON};

/// A provider's image API in a dialect of its own.
pub trait Paint: Sync {
    /// Writes the provider's request body to `out`, says where it goes, and names in `losses` what it cannot carry.
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error>;

    /// What a reply may be.
    fn accept(&self) -> &'static str {
        JSON
    }

    /// Whether a client may have addresses instead of the pictures themselves.
    fn has_addresses(&self) -> bool {
        false
    }

    /// How the hosts end where pictures lie, besides the provider's own: they may be looked up there.
    fn keeps_at(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where to look again, if this reply is that of a task that is not over.
    fn task(&self, _: Given<'_>) -> Result<Option<Target>, Error> {
        Ok(None)
    }

    /// Reads a reply, which always comes whole.
    fn reply(&self, given: Given<'_>, model: &str, pictures: &mut Pictures) -> Result<(), Error>;
}

/// The ratio of these that is nearest to a size's, and whether it is that.
pub(crate) fn ratio((width, height): (u32, u32), known: &[&'static str]) -> (&'static str, bool) {
    let parts = |ratio: &str| {
        let (wide, high) = ratio.split_once(':').unwrap_or(("1", "1"));
        (wide.parse().unwrap_or(1_u32), high.parse().unwrap_or(1_u32))
    };
    let far = |ratio: &str| {
        let (wide, high) = parts(ratio);
        (f64::from(width) / f64::from(height)).ln() - (f64::from(wide) / f64::from(high)).ln()
    };
    let nearest = known.iter().copied().min_by(|one, other| far(one).abs().total_cmp(&far(other).abs()));
    let nearest = nearest.unwrap_or("1:1");
    let (wide, high) = parts(nearest);
    (nearest, u64::from(width) * u64::from(high) == u64::from(height) * u64::from(wide))
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn the_nearest_ratio_is_found() {
        let known = ["1:1", "3:4", "4:3", "9:16", "16:9"];
        for (size, expected) in [
            ((1024, 1024), ("1:1", true)),
            ((1536, 1024), ("4:3", false)),
            ((1792, 1024), ("16:9", false)),
            ((576, 1024), ("9:16", true)),
        ] {
            assert_eq!(ratio(size, &known), expected);
        }
    }
}
