//! What every [`SessionStore`] must do.
//! [`session_store_tests!`](crate::session_store_tests) lists the cases.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;

use super::NOON;
use crate::UnixTime;
use crate::session::{Revocation, Session, SessionId, SessionStore};
use crate::user::UserId;

/// Checks a [`SessionStore`] against its contract: one test for each promise.
///
/// Takes an async closure that opens a fresh store: `async || (store, guard)`.
#[macro_export]
macro_rules! session_store_tests {
    ($open:expr) => {
        $crate::session_store_tests! { @cases $open;
            nothing_is_revoked_at_first,
            a_revoked_session_has_ended,
            a_subject_revocation_ends_every_session_of_the_subject,
            a_session_index_ends_its_own_session_only,
            a_user_revocation_ends_every_session_of_the_user,
            a_session_that_starts_later_is_not_touched,
            a_revocation_is_kept_until_its_end,
            a_second_revocation_never_weakens_the_first,
        }
    };
    (@cases $open:expr; $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::session_store::run($open, $crate::testkit::session_store::$case);
        }
    )+};
}

/// Opens a store, runs one case on it, then drops the guard.
pub fn run<S: SessionStore, G>(
    open: impl AsyncFnOnce() -> (S, G),
    case: impl AsyncFnOnce(Arc<dyn SessionStore>),
) {
    block_on(async {
        let (store, _guard) = open().await;
        case(Arc::new(store)).await;
    });
}

/// An empty store revokes nothing.
pub async fn nothing_is_revoked_at_first(store: Arc<dyn SessionStore>) {
    assert!(!is_revoked(&*store, &session("alice", "_1")).await);
}

/// The session that was revoked has ended; another of the same person has not.
pub async fn a_revoked_session_has_ended(store: Arc<dyn SessionStore>) {
    let [revoked, other] = [session("alice", "_1"), session("alice", "_1")];
    revoke(&*store, &Revocation::Session(revoked.id.clone()), NOON).await;
    assert!(is_revoked(&*store, &revoked).await);
    assert!(!is_revoked(&*store, &other).await);
}

/// All sessions that came from one name identifier end, and no others.
pub async fn a_subject_revocation_ends_every_session_of_the_subject(store: Arc<dyn SessionStore>) {
    let subject = session("alice", "_1").subject();
    revoke(&*store, &Revocation::Subject { subject }, NOON).await;
    assert!(is_revoked(&*store, &session("alice", "_1")).await);
    assert!(is_revoked(&*store, &session("alice", "_2")).await);
    assert!(!is_revoked(&*store, &session("bob", "_1")).await);
    let mut elsewhere = session("alice", "_1");
    elsewhere.identity_provider = "https://other.example".into();
    assert!(!is_revoked(&*store, &elsewhere).await);
}

/// A session index names one session of one subject.
pub async fn a_session_index_ends_its_own_session_only(store: Arc<dyn SessionStore>) {
    let subject = session("alice", "_1").subject();
    let revocation = Revocation::SubjectIndex {
        subject,
        session_index: "_1".into(),
    };
    revoke(&*store, &revocation, NOON).await;
    assert!(is_revoked(&*store, &session("alice", "_1")).await);
    assert!(!is_revoked(&*store, &session("alice", "_2")).await);
    assert!(!is_revoked(&*store, &session("bob", "_1")).await);
}

/// All sessions of one user end, whatever subject they came from.
pub async fn a_user_revocation_ends_every_session_of_the_user(store: Arc<dyn SessionStore>) {
    let [first, mut second, other] = [
        session("alice", "_1"),
        session("alice@example.com", "_2"),
        session("bob", "_3"),
    ];
    second.user = first.user.clone();
    revoke(&*store, &Revocation::User(first.user.clone()), NOON).await;
    assert!(is_revoked(&*store, &first).await);
    assert!(is_revoked(&*store, &second).await);
    assert!(!is_revoked(&*store, &other).await);
}

/// Whoever signs in again after the revocation is signed in; a session of the same moment is not.
pub async fn a_session_that_starts_later_is_not_touched(store: Arc<dyn SessionStore>) {
    let subject = session("alice", "_1").subject();
    revoke(&*store, &Revocation::Subject { subject }, NOON).await;
    let mut later = session("alice", "_1");
    later.started = NOON;
    assert!(is_revoked(&*store, &later).await);
    later.started = NOON.later(Duration::from_millis(1));
    assert!(!is_revoked(&*store, &later).await);
}

/// Cleaning up does not come early.
pub async fn a_revocation_is_kept_until_its_end(store: Arc<dyn SessionStore>) {
    let ended = session("alice", "_1");
    revoke(&*store, &Revocation::Session(ended.id.clone()), NOON).await;
    let last_moment = NOON.later(LIFETIME).earlier(Duration::from_secs(1));
    let another = Revocation::Session(SessionId::random());
    revoke(&*store, &another, last_moment).await;
    assert!(is_revoked(&*store, &ended).await);
}

/// Revoking again with an earlier clock or end keeps the stronger of both.
pub async fn a_second_revocation_never_weakens_the_first(store: Arc<dyn SessionStore>) {
    let subject = session("alice", "_1").subject();
    let revocation = Revocation::Subject { subject };
    let hour = Duration::from_hours(1);
    revoke(&*store, &revocation, NOON).await;
    let earlier = NOON.earlier(hour);
    store
        .revoke(&revocation, earlier, NOON)
        .await
        .expect("the store answers");
    let unrelated = Revocation::Session(SessionId::random());
    revoke(&*store, &unrelated, NOON.later(hour)).await;
    let mut started_at_noon = session("alice", "_1");
    started_at_noon.started = NOON;
    assert!(is_revoked(&*store, &started_at_noon).await);
}

async fn revoke(store: &dyn SessionStore, revocation: &Revocation, now: UnixTime) {
    store
        .revoke(revocation, now, now.later(LIFETIME))
        .await
        .expect("the store answers");
}

async fn is_revoked(store: &dyn SessionStore, session: &Session) -> bool {
    store.is_revoked(session).await.expect("the store answers")
}

fn session(name: &str, index: &str) -> Session {
    let started = NOON.earlier(Duration::from_hours(1));
    Session {
        id: SessionId::random(),
        user: UserId::random(),
        identity_provider: "https://idp.example".into(),
        name_id: format!("<saml:NameID>{name}</saml:NameID>"),
        session_index: Some(index.into()),
        authenticated_at: started,
        context_class: None,
        started,
        expires: started.later(LIFETIME),
        mark: None,
    }
}

const LIFETIME: Duration = Duration::from_hours(8);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::panic::{UnwindSafe, catch_unwind};
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::StoreError;

    /// A store with one flaw.
    #[derive(Debug)]
    struct Flawed {
        flaw: Flaw,
        revoked: Mutex<HashMap<[u8; 32], (UnixTime, UnixTime)>>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Flaw {
        EndsLaterSessionsToo,
        ForgetsAnHourEarly,
        IgnoresUsers,
        LetsTheLastWriteWin,
        RevokesEverybody,
        RevokesNobody,
        TakesAnIndexForItsSubject,
    }

    #[async_trait]
    impl SessionStore for Flawed {
        async fn revoke(
            &self,
            revocation: &Revocation,
            now: UnixTime,
            until: UnixTime,
        ) -> Result<(), StoreError> {
            let mut revoked = self.revoked.lock().unwrap();
            let early = match self.flaw {
                Flaw::ForgetsAnHourEarly => Duration::from_hours(1),
                _ => Duration::ZERO,
            };
            revoked.retain(|_, (_, until)| now.later(early) < *until);
            let digest = match (self.flaw, revocation) {
                (Flaw::TakesAnIndexForItsSubject, Revocation::SubjectIndex { subject, .. }) => {
                    Revocation::Subject { subject: *subject }.digest()
                }
                _ => revocation.digest(),
            };
            let entry = revoked.entry(digest).or_insert((now, until));
            *entry = match self.flaw {
                Flaw::LetsTheLastWriteWin => (now, until),
                _ => (now.max(entry.0), until.max(entry.1)),
            };
            Ok(())
        }

        async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
            let revoked = self.revoked.lock().unwrap();
            let effective =
                |at: UnixTime| session.started <= at || self.flaw == Flaw::EndsLaterSessionsToo;
            let looked_at = session.revocable_by().into_iter().filter(|revocation| {
                self.flaw != Flaw::IgnoresUsers || !matches!(revocation, Revocation::User(_))
            });
            let mut entries = looked_at.filter_map(|one| revoked.get(&one.digest()).copied());
            Ok(match self.flaw {
                Flaw::RevokesEverybody => true,
                Flaw::RevokesNobody => false,
                _ => entries.any(|(at, _)| effective(at)),
            })
        }
    }

    fn catches(flaw: Flaw, case: impl AsyncFnOnce(Arc<dyn SessionStore>) + UnwindSafe) {
        let open = async || {
            (
                Flawed {
                    flaw,
                    revoked: Mutex::default(),
                },
                (),
            )
        };
        assert!(
            catch_unwind(|| run(open, case)).is_err(),
            "{flaw:?} was not noticed"
        );
    }

    #[test]
    fn a_store_that_revokes_too_much_is_caught() {
        catches(Flaw::RevokesEverybody, nothing_is_revoked_at_first);
        catches(
            Flaw::EndsLaterSessionsToo,
            a_session_that_starts_later_is_not_touched,
        );
        catches(
            Flaw::TakesAnIndexForItsSubject,
            a_session_index_ends_its_own_session_only,
        );
    }

    #[test]
    fn a_store_that_revokes_too_little_is_caught() {
        catches(Flaw::RevokesNobody, a_revoked_session_has_ended);
        catches(
            Flaw::RevokesNobody,
            a_subject_revocation_ends_every_session_of_the_subject,
        );
        catches(
            Flaw::IgnoresUsers,
            a_user_revocation_ends_every_session_of_the_user,
        );
        catches(Flaw::ForgetsAnHourEarly, a_revocation_is_kept_until_its_end);
        catches(
            Flaw::LetsTheLastWriteWin,
            a_second_revocation_never_weakens_the_first,
        );
    }
}
