//! [DashScope](https://www.alibabacloud.com/help/en/model-studio/), Alibaba Cloud's Model Studio: chats and vectors are OpenAI's, at
//! `/compatible-mode`; pictures have an API of its own.

mod failure;
mod images;
mod models;

use super::{Dialect, Provider};
use crate::openai::{Place, Quirks};
use crate::passthrough::Resource;
use crate::works::Work;

/// Who has a form of its own, and what that is.
pub(crate) const WORKS: &[(Resource, Work)] = &[
    (Resource::ImageEdits, Work::Images(&images::Images)),
    (Resource::ImageGenerations, Work::Images(&images::Images)),
];

/// Outside of China.
/// <https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope>
pub const PROVIDER: Provider = Provider {
    name: "dashscope",
    base_url: "https://dashscope-intl.aliyuncs.com",
    chat: Dialect::OpenAi(&Quirks {
        place: Place::Path("/compatible-mode/v1/chat/completions"),
        ..super::kin::TOP_K
    }),
    embeddings: Dialect::OpenAi(&Quirks {
        place: Place::Path("/compatible-mode/v1/embeddings"),
        ..Quirks::EMBEDDINGS
    }),
    problem: |status, _, body| failure::problem(status, body),
    ..super::kin::KIN
};

/// The same in China.
pub const MAINLAND: Provider =
    Provider { format: Some("mainland"), base_url: "https://dashscope.aliyuncs.com", ..PROVIDER };
