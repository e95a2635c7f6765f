//! Addresses of pictures: `/generated/<seed>-<width>x<height>.<format>` on the mock itself, for whoever has them.

use crate::media::Picture;
use crate::media::picture::Format;
use crate::provider::{Call, Whole};
use crate::{hosts, request::Request};

const FOLDER: &str = "/generated/";
/// Nobody is shown more points an edge, nor more at all.
const EDGE: u32 = 8_192;
const POINTS: u32 = 2_048 * 2_048;

/// Is this the path of a picture?
pub(crate) fn is(path: &str) -> bool {
    picture(path).is_some()
}

/// Where a picture is to be seen.
pub(crate) fn of(request: &Request, seed: u64, picture: &Picture, format: Format) -> String {
    let host = request.header("host").unwrap_or("localhost");
    // The providers' own names are reached by TLS alone.
    let scheme = if hosts::provider(host).is_some() { "https" } else { "http" };
    let (width, height) = (picture.width, picture.height);
    let ending = format.media().strip_prefix("image/").unwrap_or_default();
    format!("{scheme}://{host}{}{FOLDER}{seed:016x}-{width}x{height}.{ending}", request.prefix)
}

/// The picture at the address.
pub(crate) fn show(call: &Call<'_>) -> Option<Whole> {
    let (picture, format) = picture(&call.request.path)?;
    let headers = vec![
        ("content-type".into(), format.media().into()),
        ("date".into(), call.draw.http_date().into()),
        ("cache-control".into(), "max-age=3600".into()),
    ];
    Some(Whole { status: 200, headers, body: picture.write(format).into() })
}

fn picture(path: &str) -> Option<(Picture, Format)> {
    let (_, name) = path.rsplit_once(FOLDER)?;
    let (name, ending) = name.split_once('.')?;
    let (seed, size) = name.split_once('-')?;
    let (width, height) = size.split_once('x')?;
    let edge = |text: &str| text.parse().ok().filter(|edge| (1..=EDGE).contains(edge));
    let size = (edge(width)?, edge(height)?);
    let picture = Picture::new(u64::from_str_radix(seed, 16).ok()?, size);
    let format = Format::named(ending)?;
    (size.0 * size.1 <= POINTS).then_some((picture, format))
}
