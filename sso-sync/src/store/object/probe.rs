//! Whether a store keeps what the backend relies on.

use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use object_store::path::Path;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use sso_core::StoreError;

use super::error::{BucketError, Ignored};

/// Tries it with objects of its own in `folder`, and removes them.
pub(super) async fn probe(store: &dyn ObjectStore, folder: &Path) -> Result<(), BucketError> {
    let probe = Probe {
        folder: folder.clone().join(run_name()?),
        store,
    };
    let verdict = probe.run().await;
    // Who may not delete can do without: nothing else in this backend needs it.
    let _ = probe.remove().await;
    verdict
}

struct Probe<'a> {
    folder: Path,
    store: &'a dyn ObjectStore,
}

impl Probe<'_> {
    async fn run(&self) -> Result<(), BucketError> {
        let first = self.create_needs_absence().await?;
        self.update_needs_the_tag(&first).await?;
        self.of_several_one_wins().await?;
        self.names_are_sorted().await
    }

    /// Answers the tag of what was made.
    async fn create_needs_absence(&self) -> Result<String, BucketError> {
        let tag = match self.put("b", "first", PutMode::Create).await? {
            Put::Done(tag) => tag,
            Put::Refused => return Err(odd("a new object is refused as if it existed")),
        };
        match self.put("b", "second", PutMode::Create).await? {
            Put::Done(_) => Err(unfit(Ignored::IfNoneMatch)),
            Put::Refused => Ok(tag),
        }
    }

    async fn update_needs_the_tag(&self, first: &str) -> Result<(), BucketError> {
        let second = match self.put("b", "third", update(first)).await? {
            Put::Done(tag) if tag == first => return Err(unfit(Ignored::Tags)),
            Put::Done(tag) => tag,
            Put::Refused => return Err(unfit(Ignored::Tags)),
        };
        if let Put::Done(_) = self.put("b", "fourth", update(first)).await? {
            return Err(unfit(Ignored::IfMatch));
        }
        let got = self.store.get(&self.folder.clone().join("b")).await;
        let got = got.map_err(failed)?;
        let tag = got.meta.e_tag.clone();
        let bytes = got.bytes().await.map_err(failed)?;
        if bytes != "third" || tag.as_deref() != Some(&second) {
            return Err(unfit(Ignored::Reading));
        }
        Ok(())
    }

    async fn of_several_one_wins(&self) -> Result<(), BucketError> {
        let tag = self.winner("creator", || PutMode::Create).await?;
        self.winner("replacer", || update(&tag)).await.map(drop)
    }

    /// Lets several requests run at the same time; answers the tag of the only one that was done.
    /// Their content is different: where the same is there again, a tag is met twice.
    async fn winner(&self, role: &str, mode: impl Fn() -> PutMode) -> Result<String, BucketError> {
        let contents = (0..AT_ONCE).map(|number| format!("{role} {number}"));
        let puts = join_all(contents.map(|content| self.put_owned("a", content, mode()))).await;
        let mut winners = Vec::new();
        for put in puts {
            if let Put::Done(tag) = put? {
                winners.push(tag);
            }
        }
        match (winners.pop(), winners.is_empty()) {
            (Some(tag), true) => Ok(tag),
            (Some(_), false) => Err(unfit(Ignored::Race)),
            (None, _) => Err(odd("of several writers at the same time none is served")),
        }
    }

    async fn names_are_sorted(&self) -> Result<(), BucketError> {
        for name in ["c-", "c0", "c"] {
            self.put(name, "", PutMode::Create).await?;
        }
        let start = self.folder.clone().join("a");
        let listed = self.store.list_with_offset(Some(&self.folder), &start);
        let listed: Vec<_> = listed.try_collect().await.map_err(failed)?;
        let names: Vec<_> = listed
            .iter()
            .filter_map(|object| object.location.filename())
            .collect();
        if names != ["b", "c", "c-", "c0"] {
            return Err(unfit(Ignored::Order));
        }
        Ok(())
    }

    async fn put_owned(
        &self,
        name: &str,
        content: String,
        mode: PutMode,
    ) -> Result<Put, BucketError> {
        let name = self.folder.clone().join(name);
        let options = PutOptions::from(mode);
        let put = self
            .store
            .put_opts(&name, PutPayload::from(content), options);
        match put.await {
            Ok(done) => done.e_tag.map(Put::Done).ok_or(unfit(Ignored::Tags)),
            // "Conflicting operation" (409) is an answer of this kind, too.
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::NotModified { .. }
                | object_store::Error::Precondition { .. },
            ) => Ok(Put::Refused),
            Err(error) => Err(failed(error)),
        }
    }

    async fn put(&self, name: &str, content: &str, mode: PutMode) -> Result<Put, BucketError> {
        self.put_owned(name, content.into(), mode).await
    }

    async fn remove(&self) -> object_store::Result<()> {
        let listed = self.store.list(Some(&self.folder));
        listed
            .try_for_each(async |object| self.store.delete(&object.location).await)
            .await
    }
}

/// How a `PUT` was answered.
enum Put {
    /// It was done, and the object has this tag.
    Done(String),
    Refused,
}

fn update(tag: &str) -> PutMode {
    PutMode::Update(UpdateVersion {
        e_tag: Some(tag.into()),
        version: None,
    })
}

/// No two probes get into each other's way.
fn run_name() -> Result<String, BucketError> {
    let mut name = [0; 16];
    aws_lc_rs::rand::fill(&mut name).map_err(|_| odd("the system has no randomness"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(name)))
}

const fn unfit(ignored: Ignored) -> BucketError {
    BucketError::Unfit { ignored }
}

fn odd(what: &str) -> BucketError {
    BucketError::Store(StoreError::unavailable(what))
}

fn failed(error: object_store::Error) -> BucketError {
    BucketError::Store(StoreError::unavailable(error))
}

/// How many requests run at the same time.
const AT_ONCE: usize = 8;
