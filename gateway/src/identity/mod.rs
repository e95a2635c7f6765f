//! Who the gateway is, to clouds that give out tokens for a while instead of keys.
//!
//! ```text
//! config ──▶ Principal ──registry──▶ Source ◀──Tap── a core's credentials ──▶ Authorization, or a signature
//!              │ issue                 │ Lease: what is held, when to ask again
//!              └──network──▶ STS, Google, Entra, the machine's metadata server
//! ```
//!
//! | provider | what the file says | in this order |
//! |---|---|---|
//! | `bedrock` | nothing, or `aws_access_key_id` and `aws_secret_access_key` | the file's keys · `AWS_ACCESS_KEY_ID` and its kin · [profiles](aws) · web identity · the container's · the instance's; then `aws_assume_role_arn` with these |
//! | `gemini` | `gcp_use_service_account` | `gcp_service_account_json` · `GCP_SERVICE_ACCOUNT` · the file that `GOOGLE_APPLICATION_CREDENTIALS` names · the metadata server |
//! | `azure` | `azure_use_managed_identity` | a client secret · a federated token · App Service · the metadata server |
//!
//! A token is got before anybody asks for one, once for all cores and all routes that need the same, and again ahead of its
//! end if it was used. Meanwhile everybody goes on with the one that is there. Who has none waits for the one request that is
//! made; after a failure nobody is asked for a while, and calls get 500 `LLM request failed before proxying`: why stands in
//! the log. A token that the upstream refuses is dropped, and the call made once more with another.

mod aws;
mod azure;
mod failure;
mod google;
mod issued;
mod lease;
mod network;
mod oauth;
mod principal;
mod registry;
mod source;

pub(crate) use aws::{Account, Role};
pub(crate) use failure::Failure;
pub(crate) use issued::{Credential, Issued, Keys};
pub(crate) use lease::Lent;
pub(crate) use principal::Principal;
pub(crate) use registry::Registry;
pub(crate) use source::{Made, Tap};
