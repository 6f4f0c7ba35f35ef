//! Finding the record of a user.

use std::sync::Arc;

use super::parts::live;
use super::{Mirror, MirrorError, Shared, UserStore, View};
use crate::feed::{Live, LiveSet as _, bucket_of};
use crate::store::{DomainId, RecordId, Stored};

/// What a mirror knows of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "it is proven or not, and here or not"
)]
pub enum Lookup {
    /// Proven: there never was a record.
    Absent,
    /// Proven: this one counts.
    Live(Stored),
    /// Proven: the one with this version and digest counts. It has to be fetched.
    NotHere(Live),
    /// The bucket is not held here: fetch the digests of the buckets and its listing. If the hub
    /// cannot be asked: what counted when this server last held everything.
    Unproven(Option<Stored>),
}

/// What a mirror knows of the ids that begin with some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is proven or not")]
pub enum Located {
    /// Proven: there is none.
    Absent,
    /// Proven: the first one of them.
    Id(RecordId),
    /// The bucket is not held. What is known without it.
    Unproven(Option<RecordId>),
}

/// Looks things up in a mirror while others change it, without waiting for them.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) domain: DomainId,
    pub(super) view: Shared,
}

impl Mirror {
    /// Looks up what is here, from now on and at any time.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            domain: self.domain,
            view: self.view.clone(),
        }
    }

    /// What is known of an id: see [`Reader::find`].
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub fn find(
        &self,
        id: &RecordId,
    ) -> impl Future<Output = Result<Lookup, MirrorError>> + Send + use<> {
        let (reader, id) = (self.reader(), *id);
        async move { reader.find(&id).await }
    }

    pub(super) fn user_store(&self) -> Option<Arc<dyn UserStore>> {
        self.view.store()
    }
}

impl Reader {
    /// What is known of an id.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn find(&self, id: &RecordId) -> Result<Lookup, MirrorError> {
        let (known, users) = self.view.read(|view| (known(view, id), view.store()));
        let known = match known {
            Known::Answer(lookup) => return Ok(lookup),
            known => known,
        };
        let held = find_one(users.as_deref(), &self.domain, id).await?;
        Ok(known.with(held))
    }

    /// The first id that begins with `prefix`: its bucket and more.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn locate(&self, prefix: &[u8; 14]) -> Result<Located, MirrorError> {
        let look = |view: &View| (located(view, prefix), view.store());
        let (known, users) = self.view.read(look);
        if let Some(known @ (Located::Absent | Located::Id(_))) = known {
            return Ok(known);
        }
        let held = match users {
            Some(users) => locate_in(&*users, &self.domain, prefix).await?,
            None => None,
        };
        Ok(match (known, held) {
            (Some(_), held) => Located::Unproven(held),
            (None, Some(id)) => Located::Id(id),
            (None, None) => Located::Absent,
        })
    }
}

impl View {
    pub(super) fn store(&self) -> Option<Arc<dyn UserStore>> {
        self.users.as_ref().map(|users| Arc::clone(&users.store))
    }
}

/// What is known of an id without the disk.
fn known(view: &View, id: &RecordId) -> Known {
    let Some(parts) = &view.parts else {
        return Known::Everything;
    };
    if let Some(stored) = parts.record(id) {
        return Known::Answer(Lookup::Live(stored.clone()));
    }
    if parts.listing(bucket_of(id)).is_none() {
        return Known::Nothing;
    }
    match parts.live(id) {
        Some(live) => Known::Listed(live),
        None => Known::Answer(Lookup::Absent),
    }
}

/// What is known of a prefix without the disk; `None` if the disk knows everything.
fn located(view: &View, prefix: &[u8; 14]) -> Option<Located> {
    let parts = view.parts.as_ref()?;
    let [bucket, ..] = *prefix;
    let begins = |id: &RecordId| id.as_bytes().starts_with(prefix);
    if let Some(listing) = parts.listing(bucket) {
        let listed = listing.iter().find(|it| begins(&it.id));
        return Some(listed.map_or(Located::Absent, |it| Located::Id(it.id)));
    }
    let found = parts.ids().find(|id| begins(id));
    Some(found.map_or(Located::Unproven(None), |id| Located::Id(*id)))
}

/// What is known of an id without the disk.
enum Known {
    Answer(Lookup),
    /// What the disk has is true.
    Everything,
    /// This state counts, whatever the disk has.
    Listed(Live),
    Nothing,
}

impl Known {
    /// With what the disk has.
    fn with(self, held: Option<Stored>) -> Lookup {
        match self {
            Self::Answer(lookup) => lookup,
            Self::Everything => held.map_or(Lookup::Absent, Lookup::Live),
            Self::Listed(listed) => match held.filter(|it| live(&it.record) == listed) {
                Some(held) => Lookup::Live(held),
                None => Lookup::NotHere(listed),
            },
            Self::Nothing => Lookup::Unproven(held),
        }
    }
}

async fn find_one(
    users: Option<&dyn UserStore>,
    domain: &DomainId,
    id: &RecordId,
) -> Result<Option<Stored>, MirrorError> {
    let Some(users) = users else {
        return Ok(None);
    };
    let mut found = users.find(domain, &[*id]).await?;
    Ok(found.pop())
}

async fn locate_in(
    users: &dyn UserStore,
    domain: &DomainId,
    prefix: &[u8; 14],
) -> Result<Option<RecordId>, MirrorError> {
    let [bucket, ..] = *prefix;
    let after = last_before(prefix);
    let found = users.bucket(domain, bucket, after.as_ref(), 0).await?;
    let found = found.first().map(|it| it.record.id);
    Ok(found.filter(|id| id.as_bytes().starts_with(prefix)))
}

/// The last id that sorts before those that begin so; `None` if there is none.
fn last_before(prefix: &[u8; 14]) -> Option<RecordId> {
    let mut bytes = [0; 32];
    bytes
        .iter_mut()
        .zip(prefix)
        .for_each(|(byte, given)| *byte = *given);
    for byte in bytes.iter_mut().rev() {
        let (less, borrows) = byte.overflowing_sub(1);
        *byte = less;
        if !borrows {
            return Some(RecordId::new(bytes));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_id_before_a_prefix_is_one_less() {
        let mut prefix = [0; 14];
        assert_eq!(last_before(&prefix), None);
        prefix[12] = 1;
        let before = last_before(&prefix).unwrap();
        let mut expected = [0xff; 32];
        expected[..13].fill(0);
        assert_eq!(before.as_bytes(), &expected);
    }
}
