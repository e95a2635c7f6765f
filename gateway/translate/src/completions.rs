//! Completion APIs that are not OpenAI's, and completions by way of a provider's chat.

use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::Reader;
use crate::openai::{Chat, Completion, Content, Message, Role};
use crate::wire::Framing;

/// A provider's completion API in a dialect of its own.
pub trait Complete: Sync {
    /// How its streams may be cut into messages; the first one is asked for. Empty where it has no streams.
    fn framings(&self) -> &'static [Framing];

    /// Writes the provider's request body to `out`, says where it goes, and names in `losses` what it cannot carry.
    fn request(
        &self,
        completion: &Completion<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error>;

    /// Reads one reply; each reply needs its own. Only text and why it ended reach the client.
    fn reader(&self, call: &Call) -> Box<dyn Reader>;
}

/// Asks a provider's chat for a completion: the prompt becomes what the user says.
pub(crate) fn through_chat<'a>(
    completion: &Completion<'a>,
    losses: &mut Losses,
    ask: impl FnOnce(&Chat<'a>, &mut Losses) -> Result<Target, Error>,
) -> Result<Target, Error> {
    let prompt = completion.text()?;
    completion.plain()?;
    for name in completion.losses_of_chat() {
        losses.drop(name);
    }
    let message = Message { role: Role::User, content: Content::Text(prompt), ..Message::default() };
    ask(&completion.as_chat(message), losses)
}
