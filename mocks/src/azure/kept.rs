//! [Files](https://learn.microsoft.com/en-us/rest/api/azureopenai/files) and
//! [batches](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/batch): OpenAI's, with names, statuses and errors of
//! Azure's own.

use crate::openai::Manner;

pub(super) const MANNER: Manner = Manner {
    base: "/openai",
    sent: "pending",
    mixes: false,
    wrong_path: "url_mismatch",
    wrong_model: "model_mismatch",
    asks_for_beta: false,
};

/// What the classic API calls OpenAI's operations.
const CLASSIC: &[(&str, &str)] = &[
    ("Batches_Cancel", "cancelBatch"),
    ("Batches_Create", "createBatch"),
    ("Batches_Get", "retrieveBatch"),
    ("Batches_List", "listBatches"),
    ("Files_Delete", "deleteFile"),
    ("Files_Get", "retrieveFile"),
    ("Files_GetContent", "downloadFile"),
    ("Files_List", "listFiles"),
    ("Files_Upload", "createFile"),
    ("Uploads_AddPart", "addUploadPart"),
    ("Uploads_Cancel", "cancelUpload"),
    ("Uploads_Complete", "completeUpload"),
    ("Uploads_Start", "createUpload"),
];

/// OpenAI's name of an operation.
pub(super) fn openai_id(operation: &str) -> &str {
    let found = CLASSIC.iter().find(|(classic, _)| *classic == operation);
    found.map_or(operation, |(_, openai)| openai)
}

/// Does a path lead to what is kept so?
pub(super) fn is_meant(path: &str) -> bool {
    let below = path.strip_prefix("/openai/").map(|path| path.strip_prefix("v1/").unwrap_or(path));
    let first = below.and_then(|path| path.split('/').next());
    first.is_some_and(|first| ["files", "uploads", "batches"].contains(&first))
}
