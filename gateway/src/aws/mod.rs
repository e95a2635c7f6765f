//! Signing for AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

mod canonical;
mod signer;

pub(crate) use canonical::Request;
pub(crate) use signer::Signer;

#[cfg(test)]
mod tests;
