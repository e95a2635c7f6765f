//! A cell: one client surface, one provider, whole or streamed. The matrix is scenarios × cells.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Surface;

/// One column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// What the client speaks: `openai.chat`.
    pub surface: Surface,
    /// What the gateway speaks to: the name of a route of the profile, such as `anthropic`.
    pub provider: String,
    /// Whole or streamed.
    pub mode: Mode,
}

/// How the client wants its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One JSON document.
    Whole,
    /// Server-sent events.
    Stream,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.surface, self.provider, self.mode.name())
    }
}

impl Mode {
    /// As it stands in a cell's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
        }
    }
}
