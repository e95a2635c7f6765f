//! Where in its file a scenario says what: lines and columns for whoever must correct it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{Location, Spanned};

/// The places of one file's scenarios, in order.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Places {
    #[serde(default)]
    pub(super) scenarios: Vec<Place>,
}

/// The places of one scenario.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    pub(super) id: Spanned<IgnoredAny>,
    #[serde(default)]
    providers: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    except: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    modes: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    judges: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    replies: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    request: Option<Spanned<IgnoredAny>>,
    #[serde(default)]
    expect: Option<Spanned<IgnoredAny>>,
}

/// A member of a scenario.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    Id,
    Provider(usize),
    Except(usize),
    Mode(usize),
    Judges(usize),
    Reply(usize),
    Request,
    Expect,
}

impl Places {
    /// Nothing, where the text does not parse.
    pub(super) fn of(text: &str) -> Self {
        serde_saphyr::from_str(text).unwrap_or_default()
    }
}

impl Place {
    /// Where the member begins; where it is not written, where the scenario's id is.
    pub(super) fn at(&self, member: Member) -> Location {
        let found = match member {
            Member::Id => None,
            Member::Provider(number) => self.providers.get(number),
            Member::Except(number) => self.except.get(number),
            Member::Mode(number) => self.modes.get(number),
            Member::Judges(number) => self.judges.get(number),
            Member::Reply(number) => self.replies.get(number),
            Member::Request => self.request.as_ref(),
            Member::Expect => self.expect.as_ref(),
        };
        found.unwrap_or(&self.id).referenced
    }
}
