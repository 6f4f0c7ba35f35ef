//! A conditional write, until it is known what became of it, if it can be known.

use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{PutMode, PutOptions, UpdateVersion};
use sso_core::StoreError;

use super::BucketStore;
use super::failure::Failure;
use super::lineage::{self, Content, Lineage, Nonce, Standing, Writer};

/// A write that has not happened, or may not have.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// Another writer came first; this is there now, if it is known.
    Another(Option<Content>),
    /// Anything else.
    Failed(StoreError),
}

impl From<Unwritten> for StoreError {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Another(_) => Self::Conflict,
            Unwritten::Failed(error) => error,
        }
    }
}

/// Whose write the one is that would be ours.
enum Found {
    Another(Content),
    /// It may be ours: too many have written since, or the object is gone.
    Hidden(Option<Content>),
    Nobody,
    Ours(Standing),
}

impl BucketStore {
    /// Replaces what `base` names, or makes an object if that is nothing, by a value or, if that
    /// is nothing, by a tombstone.
    pub(super) async fn write(
        &self,
        key: &str,
        base: Option<&Standing>,
        value: Option<&Bytes>,
    ) -> Result<Standing, Unwritten> {
        if base.is_some_and(|base| base.tag.is_empty()) {
            return Err(Unwritten::Another(None));
        }
        let nonce = fresh_nonce().map_err(Unwritten::Failed)?;
        let lineage = Lineage::following(base.map(|base| &base.lineage), nonce);
        let object = lineage::encode(&lineage, value);
        let written = self.write_object(key, base, &lineage, &object).await;
        if written.is_ok() {
            self.tell();
        }
        written
    }

    async fn write_object(
        &self,
        key: &str,
        base: Option<&Standing>,
        lineage: &Lineage,
        object: &Bytes,
    ) -> Result<Standing, Unwritten> {
        let mut tried = 0;
        loop {
            tried += 1;
            let failure = match self.put_object(&self.0.names.of(key), base, object).await {
                Ok(tag) => {
                    let lineage = lineage.clone();
                    return Ok(Standing { lineage, tag });
                }
                Err(Failure::Unwritten(error)) => return Err(Unwritten::Failed(error)),
                Err(failure) => failure,
            };
            match self.found(key, base, lineage).await {
                Ok(Found::Ours(standing)) => return Ok(standing),
                Ok(Found::Another(there)) => return Err(Unwritten::Another(Some(there))),
                // The same object again: should the first have arrived after all, its nonce tells.
                Ok(Found::Nobody) if matches!(failure, Failure::Busy) && tried < TRIES => {
                    tokio::time::sleep(PAUSE * tried).await;
                }
                Ok(Found::Nobody) => return Err(failure.unresolved(None)),
                Ok(Found::Hidden(there)) => return Err(failure.unresolved(there)),
                Err(error) => return Err(Unwritten::Failed(StoreError::unknown(error))),
            }
        }
    }

    /// One `PUT`; answers the tag.
    async fn put_object(
        &self,
        name: &Path,
        base: Option<&Standing>,
        object: &Bytes,
    ) -> Result<String, Failure> {
        let mode = match base {
            None => PutMode::Create,
            Some(base) => PutMode::Update(UpdateVersion {
                e_tag: Some(base.tag.clone()),
                version: None,
            }),
        };
        let options = PutOptions::from(mode);
        let put = self
            .0
            .objects
            .put_opts(name, object.clone().into(), options);
        put.await.map_err(Failure::of)?.e_tag.ok_or_else(no_tag)
    }

    /// Reads back whose write it is.
    async fn found(
        &self,
        key: &str,
        base: Option<&Standing>,
        ours: &Lineage,
    ) -> Result<Found, StoreError> {
        let Some(there) = self.content(key).await? else {
            return Ok(base.map_or(Found::Nobody, |_| Found::Hidden(None)));
        };
        let lineage = &there.standing().lineage;
        Ok(match lineage.writer(ours.writes()) {
            Writer::Known(nonce) if nonce == ours.nonce() => Found::Ours(ours.standing_in(&there)),
            Writer::Known(_) => Found::Another(there),
            Writer::Nobody if base.is_some_and(|base| base.lineage == *lineage) => Found::Nobody,
            Writer::Forgotten | Writer::Nobody => Found::Hidden(Some(there)),
        })
    }
}

impl Lineage {
    /// What this write is called now that `there` is what stands there.
    fn standing_in(&self, there: &Content) -> Standing {
        if there.standing().lineage == *self {
            return there.standing().clone();
        }
        Standing {
            lineage: self.clone(),
            tag: String::new(),
        }
    }
}

impl Failure {
    /// What its caller is told if reading back has not shown more.
    fn unresolved(self, there: Option<Content>) -> Unwritten {
        match self {
            Self::Busy | Self::Refused => Unwritten::Another(there),
            Self::Lost(error) => Unwritten::Failed(StoreError::unknown(error)),
            Self::Unwritten(error) => Unwritten::Failed(error),
        }
    }
}

fn fresh_nonce() -> Result<Nonce, StoreError> {
    let mut nonce = Nonce::default();
    aws_lc_rs::rand::fill(&mut nonce)
        .map_err(|_| StoreError::unavailable("the system has no randomness"))?;
    Ok(nonce)
}

/// It was written; reading back shows the tag.
fn no_tag() -> Failure {
    Failure::Lost(object_store::Error::Generic {
        store: "bucket",
        source: "the answer has no entity tag".into(),
    })
}

/// How often a write is tried while the store is busy with others for the same object.
const TRIES: u32 = 5;
/// The first pause between tries; each is longer by as much.
const PAUSE: Duration = Duration::from_millis(50);
