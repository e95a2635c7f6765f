//! A transcript in the form that the client wants to read.

use super::Form;
use crate::json::Object;
use crate::works::{JSON, Written};

/// What was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The text.
    pub text: String,
}

impl Heard {
    pub(crate) fn write(self, form: Form) -> Written {
        let (body, content_type) = match form {
            Form::Text => (format!("{}\n", self.text).into_bytes(), "text/plain; charset=utf-8"),
            Form::Json => {
                let mut body = Vec::with_capacity(self.text.len() + 16);
                Object::new(&mut body).string("text", &self.text);
                (body, JSON)
            }
        };
        Written { body, content_type, usage: None }
    }
}
