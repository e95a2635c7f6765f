//! What came in and what went out, for whoever judges a client of the mocks.

mod body;
mod entry;
mod record;
mod ring;

pub use body::Body;
pub use entry::{Auth, Entry, Sent, SentEvent};
pub(crate) use record::{Arrived, Record};
pub(crate) use ring::{Followed, Ring};
