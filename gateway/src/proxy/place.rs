//! An upstream, and the path that its calls go to there.

use std::rc::Rc;

use translate::call::Target;

use crate::upstream::Peer;

/// An upstream, and the path that was configured for it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) peer: Rc<Peer>,
    pub(super) path: String,
}

impl Place {
    /// Where other paths of the same API are, next to that of this call: what was configured, up to where its own part begins.
    pub(super) fn beside(&self, target: &Target) -> Self {
        let end = target.anchor.and_then(|anchor| self.path.find(anchor));
        Self { peer: Rc::clone(&self.peer), path: self.path[..end.unwrap_or(self.path.len())].to_owned() }
    }

    /// The path of one call. A configured path stands as it is, as in Kong; but an empty one is only the start of the
    /// provider's own, and so is one in front of a path that names the model. There it may end in another version.
    pub(super) fn path(&self, target: &Target) -> String {
        let base = self.path.trim_end_matches('/');
        match target.anchor {
            _ if base.is_empty() => target.path.clone(),
            Some(anchor) => match (base.find(anchor), target.path.find(anchor)) {
                (Some(at), Some(own)) => format!("{}{}", &base[..at], &target.path[own..]),
                (None, Some(own)) if ends_in_version(base) => format!("{base}{}", &target.path[own..]),
                _ => format!("{base}{}", target.path),
            },
            None => self.path.clone(),
        }
    }
}

/// Whether the last segment of a path is a version: `/v1`, `/v1beta`.
fn ends_in_version(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}
