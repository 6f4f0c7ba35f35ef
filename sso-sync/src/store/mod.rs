//! Where a hub keeps what it holds, and a server its copy: two levels of storage, both small traits.
//!
//! **Level 1, [`KvStore`]**: single keys with compare-and-swap. This is what a backend's author
//! writes. [`OnKv`] makes level 2 of any level 1.
//!
//! **Level 2, [`DomainStore`]**: the authority chain and the user feed of every SSO domain. This
//! is what the hub and the servers call. Backends that can do it faster than [`OnKv`] implement it
//! themselves.
//!
//! There are no locks, no expiry, no transactions over several keys and no watches to rely on:
//! one compare-and-swap decides every write, and "something changed" is a hint that may lie.
//! A lost answer ([`StoreError::Unknown`]) is an answer of its own: [`Retry`] reads back and
//! compares.
//!
//! | Backend | Feature | Level 2 | For |
//! |---|---|---|---|
//! | [`BucketStore`] | `object` | [`OnKv`] | no database to run |
//! | [`EtcdStore`] | `etcd` | [`OnKv`] | small domains where etcd is there |
//! | [`MemoryStore`] | | [`OnKv`] | tests |
//! | [`postgres::PostgresStore`] | `postgres` | its own | hubs of several processes |
//! | [`RedbStore`] | `redb` | [`OnKv`] | one machine, without C |
//! | [`sqlite::SqliteStore`] | `sqlite`, by default | its own | one machine |
//!
//! Both contracts are lists of sentences. Each sentence is the name of a case of the conformance
//! kit in the feature `testkit`.

mod domain;
#[cfg(feature = "etcd")]
mod etcd;
mod kv;
mod memory;
#[cfg(feature = "object")]
mod object;
mod on_kv;
#[cfg(feature = "postgres")]
pub mod postgres;
mod record;
#[cfg(feature = "redb")]
mod redb;
mod retry;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod sweep;

pub use domain::{Cursor, DomainCaps, DomainStore, Feed, FeedBatch, Head, Mark, SnapshotPage};
#[cfg(feature = "etcd")]
pub use etcd::{EtcdError, EtcdSettings, EtcdStore};
pub use kv::{Caps, Entry, Expect, KvStore, Page, Version};
pub use memory::MemoryStore;
#[cfg(feature = "object")]
pub use object::{BucketError, BucketStore, Ignored, S3Settings};
pub use on_kv::OnKv;
pub use record::{Batch, DomainId, Record, RecordId, Seq, Stored};
#[cfg(feature = "redb")]
pub use redb::{RedbOpenError, RedbStore};
pub use retry::Retry;
pub use sso_core::{BoxError, StoreError};
pub use sweep::Swept;
pub(crate) use sweep::sweep;
