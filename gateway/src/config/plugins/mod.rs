//! Kong's other plugins, as far as this gateway runs them: one file each, with Kong's fields, defaults and rules.

/// What holds for a route beside the plugin that answers it: for each kind the route's own, else its service's, else the one that
/// holds everywhere.
#[derive(Clone, Debug, Default)]
pub struct Plugins {}
