//! What the clouds' mocks have issued, and until when it holds. What has expired stays known, so that it is told from what never was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AwsKey;
use crate::store::{Shelf, Store};

/// Whose shelf it is: no provider is called so.
const SHELF: &str = "cloud";
const SESSION: &str = "session";
const TOKEN: &str = "token";

/// Everything that was issued, at this moment.
#[derive(Debug, Clone, Copy)]
pub struct Issued<'a> {
    shelf: Shelf<'a>,
    now: Timestamp,
    longest: Option<u64>,
}

/// A pair of keys of AWS's that holds for a time, with its session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What signs.
    pub key: AwsKey,
    /// Whose it is.
    pub caller: Caller,
    /// Seconds since 1970.
    pub expires: i64,
}

/// Who signs, as AWS names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// `arn:aws:sts::123456789012:assumed-role/name/session`
    pub arn: String,
    /// `AROA…:session`
    pub id: String,
    /// Twelve digits.
    pub account: String,
}

/// What a bearer shows: an access token, or the token of a metadata service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is good for: scopes of Google's, an audience of Azure's, a metadata service's own name.
    pub purposes: Vec<String>,
    /// Seconds since 1970.
    pub expires: i64,
}

impl<'a> Issued<'a> {
    /// What this store holds at this moment. Nothing is issued for more seconds than `longest`.
    #[must_use]
    pub fn new(store: &'a Store, now: Timestamp, longest: Option<u64>) -> Self {
        Self { shelf: store.shelf(SHELF), now, longest }
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// For how many seconds something is issued that was asked for so many.
    #[must_use]
    pub fn lifetime(&self, asked: u64) -> i64 {
        let granted = self.longest.map_or(asked, |longest| longest.min(asked));
        i64::try_from(granted).unwrap_or(i64::MAX)
    }

    /// Is it over, if it holds until then?
    #[must_use]
    pub fn is_over(&self, expires: i64) -> bool {
        expires <= self.now.as_second()
    }

    /// The session of this access key id, expired or not.
    #[must_use]
    pub fn session(&self, access_key_id: &str) -> Option<Session> {
        self.shelf.get(SESSION, access_key_id)
    }

    /// Keeps a session.
    pub fn keep_session(&self, session: &Session) {
        self.shelf.put(SESSION, &session.key.access_key_id, session);
    }

    /// The token that reads so, expired or not.
    #[must_use]
    pub fn token(&self, text: &str) -> Option<Token> {
        self.shelf.get(TOKEN, text)
    }

    /// Keeps a token.
    pub fn keep_token(&self, text: &str, token: &Token) {
        self.shelf.put(TOKEN, text, token);
    }

    /// What a service keeps of its own: what it hands out again.
    pub(super) fn shelf(&self) -> Shelf<'a> {
        self.shelf
    }

    /// Ends the time of all that was issued so far.
    pub(crate) fn expire(&self) {
        let now = self.now.as_second();
        for (id, session) in self.shelf.all::<Session>(SESSION) {
            self.shelf.put(SESSION, &id, &Session { expires: session.expires.min(now), ..session });
        }
        for (id, token) in self.shelf.all::<Token>(TOKEN) {
            self.shelf.put(TOKEN, &id, &Token { expires: token.expires.min(now), ..token });
        }
    }

    /// Every secret text that was issued, expired or not.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let sessions = self.shelf.all::<Session>(SESSION).into_iter().map(|(_, session)| session.key);
        let keys = sessions.flat_map(|key| [Some(key.secret_access_key), key.session_token]).flatten();
        keys.chain(self.shelf.all::<Token>(TOKEN).into_iter().map(|(text, _)| text)).collect()
    }

    /// How much of what was issued still holds.
    pub(crate) fn live(&self) -> usize {
        let sessions = self.shelf.all::<Session>(SESSION).into_iter().map(|(_, session)| session.expires);
        let tokens = self.shelf.all::<Token>(TOKEN).into_iter().map(|(_, token)| token.expires);
        sessions.chain(tokens).filter(|expires| !self.is_over(*expires)).count()
    }
}
