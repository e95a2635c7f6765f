//! Kong's `acl`: which groups of consumers get in.
//!
//! <https://developer.konghq.com/plugins/acl/reference/>

use crate::config::Consumer;
use crate::config::field::Field;
use crate::config::record::Record;

/// One configured `acl`. No upstream is told of groups, whatever `hide_groups_header` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Acl {
    groups: Vec<String>,
    denies: bool,
    /// Whether the names of consumer groups count as well.
    with_consumer_groups: bool,
}

impl Acl {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("allow", "Groups that get in, and no others."),
            ("deny", "Groups that do not get in."),
            ("hide_groups_header", "Nothing here: no upstream is told of groups."),
            ("always_use_authenticated_groups", "Nothing here: groups are those of consumers."),
            ("include_consumer_groups", "Whether the names of consumer groups count as well."),
        ]);
        let mut list = |name| -> Vec<String> { record.list(name).iter().filter_map(Field::string).collect() };
        let (allow, deny) = (list("allow"), list("deny"));
        let fields = "'config.allow', 'config.deny'";
        record.rule(
            allow.is_empty() && deny.is_empty(),
            &format!("at least one of these fields must be non-empty: {fields}"),
        );
        record.rule(
            !allow.is_empty() && !deny.is_empty(),
            &format!("exactly one of these fields must be non-empty: {fields}"),
        );
        record.boolean("hide_groups_header");
        record.boolean("always_use_authenticated_groups");
        let with_consumer_groups = record.boolean_or("include_consumer_groups", false);
        let denies = !deny.is_empty();
        Some(Self { groups: if denies { deny } else { allow }, denies, with_consumer_groups })
    }

    /// Whether a consumer gets in.
    #[must_use]
    pub fn permits(&self, consumer: &Consumer) -> bool {
        let is_in = |group: &String| {
            consumer.acls.contains(group)
                || self.with_consumer_groups && consumer.groups.iter().any(|known| known.name == *group)
        };
        self.groups.iter().any(is_in) != self.denies
    }
}
