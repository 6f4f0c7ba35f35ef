//! A hub that lies, over the wire.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::faulty_link::problem;
use super::lying_hub::distort;
use super::{Lie, LyingHub};
use crate::feed::HubHead;
use crate::link::{Link, LinkError};
use crate::store::{DomainId, DomainStore, Feed, FeedBatch, Record, Seq, StoreError, Stored};
use crate::wire::{
    BucketDigests, Code, FeedPage, Found, ListedRecord, Listing, Message, PAGE_BYTES, Problem,
    Signed, SnapshotPart, Statements, unhex,
};

/// A link to a hub that does what it is asked for and then lies about it.
///
/// Requests go to the honest hub behind it. What that answers about a domain is replaced by what a
/// [`LyingHub`] would say that keeps the same store, as long as there is a [`Lie`] to tell. The
/// feed must not be compacted.
#[derive(Debug)]
pub struct LyingLink {
    link: Arc<dyn Link>,
    store: Arc<dyn DomainStore>,
    lie: Mutex<Option<Lie>>,
}

impl LyingLink {
    /// A link that tells the truth until it is told to lie. `store` is the one of the hub.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, store: Arc<dyn DomainStore>) -> Self {
        Self {
            link,
            store,
            lie: Mutex::new(None),
        }
    }

    /// Lies from now on.
    pub fn lie(&self, lie: Lie) {
        self.set(Some(lie));
    }

    /// Tells the truth from now on.
    pub fn tell_the_truth(&self) {
        self.set(None);
    }

    fn set(&self, lie: Option<Lie>) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = lie;
    }

    fn lie_to_tell(&self) -> Option<Lie> {
        let lie = self.lie.lock();
        lie.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is said in place of an honest answer; `None` to leave it.
    async fn instead(&self, asked: &Asked, honest: &Bytes) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(lie) = self.lie_to_tell() else {
            return Ok(None);
        };
        let told = match asked.route.as_str() {
            "records" => distorted::<Found>(&lie, honest, |it| &mut it.0),
            "snapshot" => distorted::<SnapshotPart>(&lie, honest, |it| &mut it.records),
            "head" => Some(self.head(&lie, asked, honest).await?),
            _ => self.told(&lie, asked).await?,
        };
        Ok(told)
    }

    async fn head(&self, lie: &Lie, asked: &Asked, honest: &Bytes) -> Result<Vec<u8>, StoreError> {
        let head = self.hub(&asked.domain, lie).await?.head();
        let had_news = HubHead::parse(honest).is_ok_and(|honest| !asked.has_seen(&honest));
        if asked.has_seen(&head) && had_news {
            // The honest hub has answered at once. Who has seen the lie waits as there.
            tokio::time::sleep(asked.wait()).await;
        }
        Ok(head.bytes())
    }

    /// What a lying hub says that keeps the store.
    async fn told(&self, lie: &Lie, asked: &Asked) -> Result<Option<Vec<u8>>, StoreError> {
        let hub = self.hub(&asked.domain, lie).await?;
        let told = match (asked.method.as_str(), asked.route.as_str()) {
            ("POST", "chain" | "feed") | ("PUT", "beat") => hub.head().bytes(),
            ("GET", "chain") => statements(hub.chain(asked.number("from"))).to_bytes(),
            ("GET", "feed") => {
                let Feed::Batches(batches) = hub.feed(Seq::new(asked.number("after"))) else {
                    return Ok(None);
                };
                let page = up_to_a_page(batches, |batch| batch.batch.size());
                FeedPage::from(Feed::Batches(page)).to_bytes()
            }
            ("GET", "buckets") => {
                let seq = hub.head().seq;
                BucketDigests::new(seq, &hub.digests()).to_bytes()
            }
            ("GET", route) => match bucket(route) {
                Some(bucket) => listing(&hub, bucket).to_bytes(),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(told))
    }

    /// A lying hub with everything that the store has of a domain. What it forgets in a
    /// [rollback](Lie::RollsBack), it forgets everywhere.
    async fn hub(&self, domain: &DomainId, lie: &Lie) -> Result<LyingHub, StoreError> {
        let mut statements = Vec::new();
        loop {
            let from = statements.len() as u64;
            let page = self.store.statements(domain, from, PAGE_BYTES).await?;
            if page.is_empty() {
                break;
            }
            statements.extend(page.iter().map(|it| it.to_vec()));
        }
        let mut hub = LyingHub::new(statements);
        let mut batches = self.batches(domain).await?;
        if let Lie::RollsBack(count) = lie {
            batches.truncate(*count);
        }
        for batch in batches {
            hub.commit(batch.batch);
        }
        hub.lie(lie.clone());
        Ok(hub)
    }

    async fn batches(&self, domain: &DomainId) -> Result<Vec<FeedBatch>, StoreError> {
        let mut batches: Vec<FeedBatch> = Vec::new();
        loop {
            let after = batches.last().map_or(Seq::START, FeedBatch::last);
            match self.store.feed(domain, after, PAGE_BYTES).await? {
                Feed::Batches(page) if !page.is_empty() => batches.extend(page),
                _ => return Ok(batches),
            }
        }
    }
}

#[async_trait]
impl Link for LyingLink {
    fn authority(&self) -> &str {
        self.link.authority()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let asked = Asked::of(&request);
        let honest = self.link.send(request).await?;
        let Some(asked) = asked.filter(|_| honest.status() == StatusCode::OK) else {
            return Ok(honest);
        };
        if self.lie_to_tell() == Some(Lie::DeniesTheDomain) {
            return Ok(problem(&Code::UnknownDomain.into()));
        }
        match self.instead(&asked, honest.body()).await {
            Ok(None) => Ok(honest),
            Ok(Some(told)) => Ok(honest.map(|_| told.into())),
            Err(error) => Ok(problem(&Problem::from(error))),
        }
    }
}

/// What is asked of a domain.
struct Asked {
    method: String,
    domain: DomainId,
    route: String,
    query: String,
}

impl Asked {
    fn of(request: &Request<Bytes>) -> Option<Self> {
        let path = request.uri().path().strip_prefix("/sync/v1/domains/")?;
        let (domain, route) = path.split_once('/')?;
        Some(Self {
            method: request.method().as_str().into(),
            domain: DomainId::new(unhex(domain)?),
            route: route.into(),
            query: request.uri().query().unwrap_or_default().into(),
        })
    }

    /// The number of a parameter; 0 if it is not there.
    fn number(&self, name: &str) -> u64 {
        let pairs = self.query.split('&').filter_map(|it| it.split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name);
        let value = values.next().and_then(|(_, value)| value.parse().ok());
        value.unwrap_or_default()
    }

    fn wait(&self) -> Duration {
        Duration::from_secs(self.number("wait"))
    }

    fn has_seen(&self, head: &HubHead) -> bool {
        self.number("statements") == head.statements && self.number("seq") == head.seq.number()
    }
}

/// An honest answer with other records; `None` if it is none.
fn distorted<M: Message>(
    lie: &Lie,
    honest: &Bytes,
    records: impl FnOnce(&mut M) -> &mut Vec<Stored>,
) -> Option<Vec<u8>> {
    let mut answer = M::parse(honest).ok()?;
    let stored = records(&mut answer);
    let (places, bodies): (Vec<Seq>, Vec<Record>) = std::mem::take(stored)
        .into_iter()
        .map(|it| (it.seq, it.record))
        .unzip();
    let shown = places.into_iter().zip(distort(lie, bodies));
    stored.extend(shown.map(|(seq, record)| Stored { seq, record }));
    Some(answer.to_bytes())
}

fn statements(statements: Vec<Vec<u8>>) -> Statements {
    let page = up_to_a_page(statements, Vec::len).into_iter();
    Statements(page.map(|it| Signed::stored(it.into())).collect())
}

fn listing(hub: &LyingHub, bucket: u8) -> Listing {
    let records = hub.listing(bucket).into_iter().map(|it| ListedRecord {
        id: it.id,
        version: it.live.version,
        digest: it.live.digest,
    });
    Listing {
        seq: hub.head().seq,
        records: records.collect(),
        more: 0,
    }
}

fn bucket(route: &str) -> Option<u8> {
    let [bucket] = unhex(route.strip_prefix("buckets/")?)?;
    Some(bucket)
}

/// As many as fit, and at least one.
fn up_to_a_page<T>(mut all: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<T> {
    let mut total = 0;
    let more = all.iter().position(|it| {
        total += size(it);
        total > PAGE_BYTES
    });
    all.truncate(more.map_or(all.len(), |it| it.max(1)));
    all
}
