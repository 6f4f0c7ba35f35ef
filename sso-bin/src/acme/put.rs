//! How a server that orders changes the shelf.

use super::shelf::{Shared, Shelf, ShelfError};

/// Puts it on the shelf; `None` if somebody else was first.
///
/// # Errors
///
/// Those of [`Shelf::put`].
pub(super) async fn put(shelf: &dyn Shelf, shared: Shared) -> Result<Option<Shared>, ShelfError> {
    let version = shared.version + 1;
    let is_first = shelf.put(shared.clone()).await?;
    Ok(is_first.then_some(Shared { version, ..shared }))
}

/// The same while `server` orders: it goes on from what is there if the lease is still its own, since a
/// change that failed may have been made all the same.
///
/// # Errors
///
/// Those of [`Shelf::put`] and [`Shelf::read`].
pub(super) async fn put_on(
    shelf: &dyn Shelf,
    server: &str,
    shared: Shared,
) -> Result<Option<Shared>, ShelfError> {
    if let Some(next) = put(shelf, shared.clone()).await? {
        return Ok(Some(next));
    }
    let there = shelf.read().await?;
    match there.lease.is_some_and(|it| it.holder == server) {
        true => {
            let version = there.version;
            put(shelf, Shared { version, ..shared }).await
        }
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use sso_sync::local::DataKey;

    use super::*;
    use crate::acme::{FileShelf, Lease};
    use crate::data_dir::DataDir;

    #[tokio::test]
    async fn a_server_goes_on_after_a_change_that_only_seemed_to_fail() {
        let (_guard, shelf) = shelf();
        let before = held_by("a", 0);
        assert!(shelf.put(before.clone()).await.unwrap());
        assert!(put(&shelf, before.clone()).await.unwrap().is_none());
        let next = put_on(&shelf, "a", before).await.unwrap().unwrap();
        assert_eq!((next.version, shelf.load().unwrap().version), (2, 2));
    }

    #[tokio::test]
    async fn an_order_that_another_server_took_over_is_lost() {
        let (_guard, shelf) = shelf();
        assert!(shelf.put(held_by("b", 0)).await.unwrap());
        let lost = put_on(&shelf, "a", held_by("a", 0)).await.unwrap();
        assert!(lost.is_none());
        assert_eq!(shelf.load().unwrap().lease.unwrap().holder, "b");
    }

    fn shelf() -> (tempfile::TempDir, FileShelf) {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        (guard, FileShelf::new(dir, DataKey::from_bytes([7; 32])))
    }

    fn held_by(server: &str, version: u64) -> Shared {
        let lease = Lease {
            holder: server.into(),
            name: server.into(),
            until: 0,
        };
        Shared {
            version,
            lease: Some(lease),
            ..Shared::default()
        }
    }
}
