//! Lists.

use etcd_client::{GetOptions, GetResponse};
use sso_core::StoreError;

use super::super::{Entry, Page};
use super::EtcdStore;
use super::failure::Failure;
use super::stored::Stored;

/// The first entries behind `after` that begin with `prefix`, as of one revision.
pub(super) async fn page(
    store: &EtcdStore,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut range = Range::of(store, prefix, after);
    let mut page = Page {
        entries: Vec::new(),
        more: false,
    };
    let (mut at_once, mut size) = (FIRST, 0);
    // To etcd, no limit and a limit of nothing are the same.
    while page.entries.len() < limit && size < PAGE_BYTES {
        let count = at_once.min(limit - page.entries.len());
        let mut part = match range.read(store, count).await {
            // The revision may be gone by now. What was read before is right.
            Err(_) if !page.entries.is_empty() => return Ok(page),
            part => part?,
        };
        page.more = part.more();
        for pair in part.take_kvs() {
            size += pair.value().len();
            page.entries.push(named_entry(store, pair)?);
        }
        if !page.more {
            break;
        }
        at_once = (at_once * 2).min(LARGEST);
    }
    Ok(page)
}

/// What is left to be read.
struct Range {
    end: Vec<u8>,
    /// As of when; 0 before the first part.
    revision: i64,
    start: Vec<u8>,
}

impl Range {
    fn of(store: &EtcdStore, prefix: &str, after: Option<&str>) -> Self {
        let start = match after {
            Some(after) if after >= prefix => behind(store.full_key(after).into_bytes()),
            _ => store.full_key(prefix).into_bytes(),
        };
        Self {
            end: end_of(&store.full_key(prefix)),
            revision: 0,
            start,
        }
    }

    async fn read(&mut self, store: &EtcdStore, count: usize) -> Result<GetResponse, StoreError> {
        let options = GetOptions::new()
            .with_range(self.end.clone())
            .with_limit(i64::try_from(count).unwrap_or(i64::MAX))
            .with_revision(self.revision);
        let mut keys = store.keys();
        let answer = store.ask(keys.get(self.start.clone(), Some(options))).await;
        let answer = answer.map_err(Failure::of_read)?;
        if self.revision == 0 {
            store.saw(answer.header());
            self.revision = answer.header().map_or(0, |header| header.revision());
        }
        if let Some(last) = answer.kvs().last() {
            self.start = behind(last.key().to_vec());
        }
        Ok(answer)
    }
}

fn named_entry(
    store: &EtcdStore,
    pair: etcd_client::KeyValue,
) -> Result<(String, Entry), StoreError> {
    let key = std::str::from_utf8(pair.key()).map_err(StoreError::corrupt)?;
    let key = key.strip_prefix(&store.0.prefix);
    let key = key.ok_or_else(|| StoreError::corrupt("etcd lists a key that was not asked for"))?;
    Ok((key.to_owned(), Stored::read(pair)?.into_entry()))
}

/// The key that comes right after this one.
fn behind(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

/// The first key that comes after all that begin with this. No text has a byte of 255 in it.
pub(super) fn end_of(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

/// How many entries are asked for first, so that large ones do not come in masses; then twice as
/// many each time.
const FIRST: usize = 16;
const LARGEST: usize = 256;
/// A page ends once its values have this many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
