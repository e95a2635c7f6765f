//! The tools of a request, and which of them is to be called.
//!
//! A tool that takes text is a function of one text, `input`, to all other providers. What OpenAI runs itself is refused: neither
//! other providers nor the gateway run it.
//!
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::{Array, Object, text_of};
use crate::{Error, Text};

/// The schema of a tool that takes text.
const OF_TEXT: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// One tool. Which members it has depends on its `type`.
#[derive(Debug, Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    name: Option<Text<'a>>,
    description: Option<Text<'a>>,
    parameters: Option<&'a RawValue>,
    strict: Option<bool>,
    format: Option<Format<'a>>,
    defer_loading: Option<bool>,
    output_schema: Option<&'a RawValue>,
    allowed_callers: Option<&'a RawValue>,
}

/// What the text of a custom tool must look like.
#[derive(Debug, Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    definition: Option<Text<'a>>,
    syntax: Option<Text<'a>>,
}

/// Which tool is to be called.
#[derive(Debug)]
pub(super) enum Choice<'a> {
    /// `auto`, `none` or `required`.
    Word(&'a str),
    /// This function.
    Named(Text<'a>),
    /// Only these functions.
    Allowed { mode: Text<'a>, names: Vec<Text<'a>> },
}

impl<'a> Tool<'a> {
    /// Reads the list.
    pub(super) fn list(json: Option<&'a str>) -> Result<Vec<Self>, Error> {
        let Some(json) = json else { return Ok(Vec::new()) };
        let tools: Vec<Self> =
            text_of(json).map_err(|why| Error::request("tools", format!("tools cannot be read: {why}")))?;
        for (at, tool) in tools.iter().enumerate() {
            let kind = tool.r#type.plain();
            if !matches!(&*kind, "function" | "custom") {
                let why = format!(
                    "the tool {kind} is run by OpenAI itself: this provider has none, and the gateway runs no tools"
                );
                return Err(Error::request(format!("tools[{at}]"), why));
            }
            if tool.name.is_none_or(Text::is_empty) {
                let path = format!("tools[{at}].name");
                let why = format!("Missing required parameter: '{path}'.");
                return Err(Error::request(path, why));
            }
        }
        Ok(tools)
    }

    /// Its name, where it takes text.
    pub(super) fn custom(&self) -> Option<Text<'a>> {
        self.name.filter(|_| self.r#type.is("custom"))
    }

    /// Writes it as a function of a chat.
    pub(super) fn write(&self, losses: &mut Losses, list: &mut Array<'_>) {
        let told = [
            ("defer_loading", self.defer_loading == Some(true)),
            ("output_schema", self.output_schema.is_some()),
            (
                "allowed_callers",
                self.allowed_callers.is_some_and(|callers| callers.get().contains("programmatic")),
            ),
        ];
        told.iter().filter(|(_, told)| *told).for_each(|(name, _)| losses.drop(format!("tools[].{name}")));
        let mut tool = list.object();
        tool.word("type", "function");
        let mut function = tool.object("function");
        function.text("name", self.name.unwrap_or_default());
        if self.r#type.is("custom") {
            return self.write_custom(losses, &mut function);
        }
        if let Some(description) = self.description {
            function.text("description", description);
        }
        if let Some(parameters) = self.parameters {
            function.raw("parameters", parameters.get());
        }
        if let Some(strict) = self.strict {
            function.boolean("strict", strict);
        }
    }

    /// A grammar can only be told to the model, not be held.
    fn write_custom(&self, losses: &mut Losses, function: &mut Object<'_>) {
        let grammar = self.format.as_ref().filter(|format| format.r#type.is("grammar"));
        if let Some(grammar) = grammar {
            losses.drop("tools[].format");
            let out = function.member("description");
            out.push(b'"');
            if let Some(description) = self.description {
                description.write_inner(out);
                Text::Plain("\n\n").write_inner(out);
            }
            Text::Plain("The input must follow this grammar (").write_inner(out);
            grammar.syntax.unwrap_or_default().write_inner(out);
            Text::Plain("):\n").write_inner(out);
            grammar.definition.unwrap_or_default().write_inner(out);
            out.push(b'"');
        } else if let Some(description) = self.description {
            function.text("description", description);
        }
        function.raw("parameters", OF_TEXT);
    }
}

impl<'a> Choice<'a> {
    /// Reads it.
    pub(super) fn read(json: &'a str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            r#type: Text<'a>,
            name: Option<Text<'a>>,
            mode: Option<Text<'a>>,
            tools: Option<Vec<Named<'a>>>,
        }
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            r#type: Text<'a>,
            name: Option<Text<'a>>,
        }

        let refused = |why: String| Error::request("tool_choice", why);
        if json.starts_with('"') {
            let word = json.trim_matches('"');
            return match word {
                "auto" | "none" | "required" => Ok(Self::Word(word)),
                _ => Err(refused(
                    "Invalid value for tool_choice. Supported values are: 'none', 'auto', and 'required'."
                        .to_owned(),
                )),
            };
        }
        let wire: Wire<'_> =
            text_of(json).map_err(|why| refused(format!("tool_choice cannot be read: {why}")))?;
        let kind = wire.r#type.plain();
        match (&*kind, wire) {
            ("function" | "custom", Wire { name: Some(name), .. }) => Ok(Self::Named(name)),
            ("allowed_tools", Wire { mode, tools: Some(tools), .. }) => {
                let known = |tool: &Named<'_>| tool.r#type.is("function") || tool.r#type.is("custom");
                if let Some(tool) = tools.iter().find(|tool| !known(tool)) {
                    return Err(refused(format!(
                        "the tool {} is run by OpenAI itself: this provider has none",
                        tool.r#type.plain()
                    )));
                }
                let names = tools.iter().filter_map(|tool| tool.name).collect();
                Ok(Self::Allowed { mode: mode.unwrap_or(Text::Plain("auto")), names })
            }
            ("function" | "custom" | "allowed_tools", _) => {
                Err(refused(format!("a tool_choice of type {kind} must name its tools")))
            }
            _ => Err(refused(format!("the tool {kind} is run by OpenAI itself: this provider has none"))),
        }
    }

    /// Writes it as a chat has it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let function = |object: &mut Object<'_>, name: Text<'_>| {
            object.word("type", "function");
            object.object("function").text("name", name);
        };
        match self {
            Self::Word(word) => Text::Plain(word).write(out),
            Self::Named(name) => function(&mut Object::new(out), *name),
            Self::Allowed { mode, names } => {
                let mut choice = Object::new(out);
                choice.word("type", "allowed_tools");
                let mut allowed = choice.object("allowed_tools");
                allowed.text("mode", *mode);
                let mut tools = allowed.array("tools");
                names.iter().for_each(|name| function(&mut tools.object(), *name));
            }
        }
    }
}
