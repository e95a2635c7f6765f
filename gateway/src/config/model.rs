//! Kong's `model`: which model of which provider, and how it is asked.

use super::record::Record;
use super::{ModelOptions, Provider, Template};

/// One model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Whose API it is. Never a template.
    pub provider: Provider,
    /// The provider's name for the model; `None` leaves the choice to the client.
    pub name: Option<Template>,
    /// What a client may write into `model` to choose this target.
    pub alias: Option<String>,
    /// Everything below `options`.
    pub options: ModelOptions,
}

impl Model {
    pub(super) fn read(record: &mut Record<'_>) -> Option<Self> {
        let provider = Provider::read(record);
        let name = record.template("name");
        let alias = record.filled("model_alias");
        let options = record.nested("options", |record| ModelOptions::read(record, provider));
        Some(Self { provider: provider?, name, alias, options: options? })
    }
}
