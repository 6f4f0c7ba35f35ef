//! Users who existed before they belonged to a domain.

use sso_core::StoreError;
use sso_core::user::{User, UserId, UserSecret};
use tokio::join;

use super::users::{ATTEMPTS, MISPLACED};
use crate::node::{Held, Put, Records};
use crate::seal::{Content, SealedUser};
use crate::store::RecordId;

/// What became of a user who was to be brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a user was there or was not")]
pub enum Arrival {
    /// The user is one of the domain now, with the same id and the same secret.
    Brought,
    /// The domain has a user of its own for this account, with another id or secret, who stays.
    Other,
    /// The user is there already, as the same.
    Same,
}

/// Makes a user one of the domain, with id, secret and profile. The hub decides: of servers that
/// bring one account at once, one is answered [`Arrival::Brought`], and all end with its secret.
///
/// It may be called again at any time, whatever became of it before. Many calls at once share
/// batches.
///
/// # Errors
///
/// A [`StoreError`] as for [`Records::put`]; call it again then.
pub async fn bring_along(
    records: &dyn Records,
    user: &User,
    secret: &UserSecret,
) -> Result<Arrival, StoreError> {
    let record = records.ring().record_id(&user.account);
    for _ in 0..ATTEMPTS {
        match attempt(records, record, user, secret).await {
            Ok(Some(arrival)) => return Ok(arrival),
            // It may have happened: the next attempt looks.
            Ok(None) | Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Conflict)
}

/// One attempt; `None` if somebody else changed the record meanwhile.
async fn attempt(
    records: &dyn Records,
    record: RecordId,
    user: &User,
    secret: &UserSecret,
) -> Result<Option<Arrival>, StoreError> {
    let after = match records.find(&record).await? {
        None => 0,
        Some(Held { version, content }) => match content {
            Content::Removed { .. } => version,
            Content::Note(_) | Content::Signpost { .. } => {
                return Err(StoreError::corrupt(MISPLACED));
            }
            Content::User(there) if there.id() == &user.id && there.secret() == secret => {
                put_up_signpost(records, &user.id, record).await?;
                return Ok(Some(Arrival::Same));
            }
            Content::User(_) => return Ok(Some(Arrival::Other)),
        },
    };
    let brought = SealedUser::brought_along(user.clone(), secret.clone(), after + 1);
    // The signpost is asked for first, so that nobody is there without being found.
    let (signpost, put) = join!(
        put_up_signpost(records, &user.id, record),
        records.put(record, after, Content::User(brought)),
    );
    signpost?;
    match put? {
        Put::Done(_) => Ok(Some(Arrival::Brought)),
        Put::Other(_) => Ok(None),
    }
}

/// Makes the record of a user be found by the user's id, unless it is.
async fn put_up_signpost(
    records: &dyn Records,
    user: &UserId,
    record: RecordId,
) -> Result<(), StoreError> {
    let id = records.ring().signpost_id(user);
    let content = Content::Signpost {
        user: user.clone(),
        record,
    };
    let there = match records.find(&id).await? {
        None => match records.put(id, 0, content.clone()).await? {
            Put::Done(held) => Some(held),
            Put::Other(held) => held,
        },
        there => there,
    };
    match there {
        Some(held) if held.content == content => Ok(()),
        Some(_) => Err(StoreError::corrupt(MISPLACED)),
        None => Err(StoreError::Conflict),
    }
}
