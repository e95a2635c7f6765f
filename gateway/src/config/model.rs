//! Kong's `model`: which model of which provider, and how it is asked.

use super::error::Problem;
use super::named::Named;
use super::options::{CohereVersion, MistralFormat};
use super::record::Record;
use super::{Format, ModelOptions, Provider, Template};

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
    /// What the provider's API speaks, where Kong has no word for it.
    pub format: Option<Format>,
}

impl Model {
    pub(super) fn read(record: &mut Record<'_>, format: Option<Format>) -> Option<Self> {
        record.says(&[
            ("name", "The model that is asked for; absent: the one that the client names. `$(headers.name)`, `$(query_params.name)` and `$(uri_captures.name)` are filled in from the request."),
            ("model_alias", "The name by which clients choose this target."),
            ("options", "What is said besides, and where it is said."),
        ]);
        let provider = Provider::read(record);
        let name = record.template("name");
        let alias = record.filled("model_alias");
        let options = record.nested("options", |record| ModelOptions::read(record, provider));
        let model = Self { provider: provider?, name, alias, options: options?, format };
        if model.dialect().is_none()
            && let Some(field) = record.get("provider")
        {
            let format = model.speaks().map_or_else(String::new, |format| format!(" in the format {format}"));
            field.error(Problem::UnsupportedName(format!("{}{format}", model.provider.name())));
        }
        Some(model)
    }

    /// What the provider speaks.
    pub fn dialect(&self) -> Option<&'static translate::providers::Provider> {
        translate::providers::find(self.provider.name(), self.speaks())
    }

    /// Which of the formats that the provider's API may have; `None` for the usual one.
    fn speaks(&self) -> Option<&'static str> {
        let options = &self.options;
        let mainland = |international: bool| (!international).then_some("mainland");
        match self.provider {
            Provider::Azure => {
                options.azure.api_version.as_ref().filter(|version| is_v1(version)).and(Some("v1"))
            }
            Provider::Cohere => (options.cohere.api_version == CohereVersion::V1).then_some("v1"),
            Provider::Dashscope => mainland(options.dashscope.international),
            Provider::Gemini => options.gemini.format(),
            Provider::Huggingface => self.format.map(Named::name),
            Provider::Kimi => mainland(options.kimi.international),
            Provider::Llama2 => options.llama2_format.map(Named::name),
            Provider::Mistral => {
                options.mistral_format.filter(|format| *format == MistralFormat::Ollama).and(Some("ollama"))
            }
            _ => None,
        }
    }
}

/// The names by which Azure's newer API goes, in which the version may be left out.
fn is_v1(version: &Template) -> bool {
    version.fixed().is_some_and(|version| ["v1", "preview", "latest"].contains(&version))
}
