//! [Files](https://learn.microsoft.com/en-us/rest/api/azureopenai/files) and
//! [batches](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/batch),
//! [assistants](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/assistants-reference) and vector stores: OpenAI's, with names,
//! statuses and errors of Azure's own.

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
    ("Cancel_Run", "cancelRun"),
    ("Cancel_Vector_Store_File_Batch", "cancelVectorStoreFileBatch"),
    ("Create_Assistant", "createAssistant"),
    ("Create_Message", "createMessage"),
    ("Create_Run", "createRun"),
    ("Create_Thread", "createThread"),
    ("Create_Thread_And_Run", "createThreadAndRun"),
    ("Create_Vector_Store", "createVectorStore"),
    ("Create_Vector_Store_File", "createVectorStoreFile"),
    ("Create_Vector_Store_File_Batch", "createVectorStoreFileBatch"),
    ("Delete_Assistant", "deleteAssistant"),
    ("Delete_Thread", "deleteThread"),
    ("Delete_Vector_Store", "deleteVectorStore"),
    ("Delete_Vector_Store_File", "deleteVectorStoreFile"),
    ("Get_Assistant", "getAssistant"),
    ("Get_Message", "getMessage"),
    ("Get_Run", "getRun"),
    ("Get_Run_Step", "getRunStep"),
    ("Get_Thread", "getThread"),
    ("Get_Vector_Store", "getVectorStore"),
    ("Get_Vector_Store_File", "getVectorStoreFile"),
    ("Get_Vector_Store_File_Batch", "getVectorStoreFileBatch"),
    ("List_Assistants", "listAssistants"),
    ("List_Messages", "listMessages"),
    ("List_Run_Steps", "listRunSteps"),
    ("List_Runs", "listRuns"),
    ("List_Vector_Store_File_Batch_Files", "listFilesInVectorStoreBatch"),
    ("List_Vector_Store_Files", "listVectorStoreFiles"),
    ("List_Vector_Stores", "listVectorStores"),
    ("Modify_Assistant", "modifyAssistant"),
    ("Modify_Message", "modifyMessage"),
    ("Modify_Run", "modifyRun"),
    ("Modify_Thread", "modifyThread"),
    ("Modify_Vector_Store", "modifyVectorStore"),
    ("Retrieve_Vector_Store_File_Content", "retrieveVectorStoreFileContent"),
    ("Search_Vector_Store", "searchVectorStore"),
    ("Submit_Tool_Outputs_To_Run", "submitToolOuputsToRun"),
    ("Update_Vector_Store_File_Attributes", "updateVectorStoreFileAttributes"),
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
