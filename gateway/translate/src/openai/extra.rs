//! Members of a reply that are the provider's own.

/// Names and JSON values, each name once.
#[derive(Debug, Default)]
pub(crate) struct Extras(Vec<(&'static str, String)>);

impl Extras {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A value goes into one line, as an event's data must; in JSON a line end stands only where a space may.
    pub(crate) fn set(&mut self, name: &'static str, json: &str) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, json.replace(['\r', '\n'], " ")));
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, json)| (*name, &**json))
    }
}
