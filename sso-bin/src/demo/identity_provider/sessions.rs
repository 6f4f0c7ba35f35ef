//! Who is signed in at the demonstration identity provider.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sso_core::UnixTime;
use sso_core::session::SessionId;

/// The sessions of browsers, by the token in their cookie.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

/// A browser whose user gave a password.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) person: String,
    /// What services call the session.
    pub(super) index: String,
    pub(super) began: UnixTime,
}

impl Sessions {
    /// Begins a session; returns the token for the cookie, too.
    pub(super) fn begin(&self, person: &str, now: UnixTime) -> (String, Session) {
        let [token, index] = [(); 2].map(|()| SessionId::random().as_str().to_owned());
        let session = Session {
            person: person.into(),
            index,
            began: now,
        };
        self.lock().insert(token.clone(), session.clone());
        (token, session)
    }

    /// The session with this token.
    pub(super) fn find(&self, token: &str) -> Option<Session> {
        self.lock().get(token).cloned()
    }

    /// Ends every session of a person.
    pub(super) fn end(&self, person: &str) {
        self.lock().retain(|_, session| session.person != person);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
