//! One hash of the whole live set, which adding and removing keep up to date.
//!
//! LtHash (Bellare and Micciancio 1997; parameters of Lewi, Kim, Maykov and Weis 2019): the sum of
//! 1,024 numbers of 16 bits for each element. There is one sum for each first byte of an id.

use std::fmt;
use std::sync::LazyLock;

use super::{Listed, LiveSet, Presence};
use crate::Digest;
use crate::store::RecordId;

/// How many buckets there are: one for each first byte of an id.
pub const BUCKETS: usize = 256;

/// The set hash, as far as a server holds it.
///
/// Of each bucket it holds the sum, or knows the digest only, or neither after a batch that
/// touched the bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct SetHash(Vec<Bucket>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bucket {
    Held(Box<Sum>),
    Known(Digest),
    Stale,
}

/// A bucket in full.
#[derive(Clone, Debug)]
struct Sum {
    numbers: [u16; NUMBERS],
    count: u64,
    /// How many of them are signposts; the digest says nothing of it.
    signposts: u64,
    /// The digest of the rest, once it was computed.
    digest: Option<Digest>,
}

impl Default for SetHash {
    fn default() -> Self {
        Self::empty()
    }
}

impl SetHash {
    /// The hash of a set with nothing in it, all of it held.
    #[must_use]
    pub fn empty() -> Self {
        let empty = |digest: &Digest| {
            let mut sum = Sum::empty();
            sum.digest = Some(*digest);
            Bucket::Held(Box::new(sum))
        };
        Self(EMPTY.iter().map(empty).collect())
    }

    /// The hash of a set of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self((0..BUCKETS).map(|_| Bucket::Stale).collect())
    }

    /// The hash of a set of which the digests of the buckets are known; `None` if they are not
    /// those that `commitment` is made of.
    #[must_use]
    pub fn from_digests(digests: &[Digest], commitment: &Digest) -> Option<Self> {
        let right = digests.len() == BUCKETS && commit(digests) == *commitment;
        right.then(|| Self(digests.iter().copied().map(Bucket::Known).collect()))
    }

    /// The hash of a set that was kept as [`state`](Self::state)s, in the order of the buckets;
    /// `None` if they are none.
    #[must_use]
    pub fn from_states<'a>(states: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let sums = states.into_iter().map(Sum::from_bytes);
        let buckets: Vec<_> = sums
            .map(|sum| sum.map(Box::new).map(Bucket::Held))
            .collect::<Option<_>>()?;
        (buckets.len() == BUCKETS).then_some(Self(buckets))
    }

    /// A held bucket as bytes: its count and its sum.
    #[must_use]
    pub fn state(&self, bucket: u8) -> Option<Vec<u8>> {
        match self.bucket(bucket) {
            Bucket::Held(sum) => Some(sum.bytes()),
            Bucket::Known(_) | Bucket::Stale => None,
        }
    }

    /// A held bucket for this machine's own use: its [`state`](Self::state), and how many signposts
    /// are in it.
    pub(crate) fn kept(&self, bucket: u8) -> Option<Vec<u8>> {
        match self.bucket(bucket) {
            Bucket::Held(sum) => Some([sum.bytes(), sum.signposts.to_be_bytes().into()].concat()),
            Bucket::Known(_) | Bucket::Stale => None,
        }
    }

    /// The hash of a set that was [kept](Self::kept), in the order of the buckets; `None` if it was
    /// not.
    pub(crate) fn from_kept<'a>(kept: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let sum = |bytes: &[u8]| {
            let (state, signposts) = bytes.split_at_checked(STATE_BYTES)?;
            let mut sum = Sum::from_bytes(state)?;
            sum.signposts = u64::from_be_bytes(signposts.try_into().ok()?);
            Some(Bucket::Held(Box::new(sum)))
        };
        let buckets: Vec<_> = kept.into_iter().map(sum).collect::<Option<_>>()?;
        (buckets.len() == BUCKETS).then_some(Self(buckets))
    }

    /// Takes in the digests of all buckets at a head, where they were unknown.
    ///
    /// # Errors
    ///
    /// [`ListingError::WrongDigests`] if they are not those that `commitment` is made of, or
    /// differ from a bucket that is held.
    pub fn learn(&mut self, digests: &[Digest], commitment: &Digest) -> Result<(), ListingError> {
        if digests.len() != BUCKETS || commit(digests) != *commitment {
            return Err(ListingError::WrongDigests);
        }
        let differs = |(byte, (bucket, digest)): (u8, (&Bucket, &Digest))| match bucket {
            Bucket::Held(sum) => sum.fresh_digest(byte) != *digest,
            Bucket::Known(_) | Bucket::Stale => false,
        };
        if (0..=u8::MAX).zip(self.0.iter().zip(digests)).any(differs) {
            return Err(ListingError::WrongDigests);
        }
        for (bucket, digest) in self.0.iter_mut().zip(digests) {
            if !matches!(bucket, Bucket::Held(_)) {
                *bucket = Bucket::Known(*digest);
            }
        }
        Ok(())
    }

    /// Takes in the listing of a bucket, which proves that it is complete.
    ///
    /// # Errors
    ///
    /// [`ListingError::Stale`] if the digest of the bucket is not known now, and
    /// [`ListingError::WrongListing`] if the listing is not the bucket with that digest.
    pub fn hold(&mut self, bucket: u8, listing: &[Listed]) -> Result<(), ListingError> {
        let sum = self.proven(bucket, listing)?;
        self.put(bucket, Bucket::Held(Box::new(sum)));
        Ok(())
    }

    /// Whether a listing of a bucket is complete and true, without taking it in.
    ///
    /// # Errors
    ///
    /// As for [`hold`](Self::hold).
    pub fn check(&self, bucket: u8, listing: &[Listed]) -> Result<(), ListingError> {
        self.proven(bucket, listing).map(drop)
    }

    fn proven(&self, bucket: u8, listing: &[Listed]) -> Result<Sum, ListingError> {
        let expected = match self.bucket(bucket) {
            Bucket::Held(sum) => sum.fresh_digest(bucket),
            Bucket::Known(digest) => *digest,
            Bucket::Stale => return Err(ListingError::Stale),
        };
        let ascending = listing.is_sorted_by(|one, next| one.id < next.id);
        if !ascending || listing.iter().any(|it| bucket_of(&it.id) != bucket) {
            return Err(ListingError::WrongListing);
        }
        let mut sum = Sum::empty();
        for listed in listing {
            sum.insert(&listed.id, &listed.live.digest);
        }
        if sum.digest(bucket) != expected {
            return Err(ListingError::WrongListing);
        }
        Ok(sum)
    }

    /// Takes over the buckets that `other` holds, where they have the digest that is known here.
    pub fn keep(&mut self, other: &Self) {
        let buckets = self.0.iter_mut().zip(&other.0);
        for (byte, (mine, theirs)) in (0..=u8::MAX).zip(buckets) {
            if let (Bucket::Known(digest), Bucket::Held(sum)) = (&*mine, theirs)
                && sum.fresh_digest(byte) == *digest
            {
                *mine = theirs.clone();
            }
        }
    }

    /// Forgets what is in a bucket that is held; its digest stays known.
    pub fn release(&mut self, bucket: u8) {
        if let Some(place) = self.0.get_mut(usize::from(bucket))
            && let Bucket::Held(sum) = place
        {
            *place = Bucket::Known(sum.digest(bucket));
        }
    }

    /// Whether the bucket of an id is held.
    #[must_use]
    pub fn holds(&self, id: &RecordId) -> bool {
        matches!(self.bucket(bucket_of(id)), Bucket::Held(_))
    }

    /// Whether all buckets are held.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.iter().all(|it| matches!(it, Bucket::Held(_)))
    }

    /// What is proven about an id, with what the server holds.
    #[must_use]
    pub fn presence(&self, id: &RecordId, held: &(impl LiveSet + ?Sized)) -> Presence {
        if !self.holds(id) {
            return Presence::Unknown;
        }
        held.live(id).map_or(Presence::Absent, Presence::Live)
    }

    /// How many records are live; `None` unless all buckets are held.
    #[must_use]
    pub fn live(&self) -> Option<u64> {
        self.0.iter().try_fold(0, |total, bucket| match bucket {
            Bucket::Held(sum) => Some(total + sum.count),
            Bucket::Known(_) | Bucket::Stale => None,
        })
    }

    /// How many of the live records are signposts; `None` unless all buckets are held.
    #[must_use]
    pub fn signposts(&self) -> Option<u64> {
        self.0.iter().try_fold(0, |total, bucket| match bucket {
            Bucket::Held(sum) => Some(total + sum.signposts),
            Bucket::Known(_) | Bucket::Stale => None,
        })
    }

    /// The digests of all buckets; `None` if one is unknown now.
    pub fn digests(&mut self) -> Option<Vec<Digest>> {
        let buckets = (0..=u8::MAX).zip(&mut self.0);
        let digests = buckets.map(|(byte, bucket)| match bucket {
            Bucket::Held(sum) => Some(sum.digest(byte)),
            Bucket::Known(digest) => Some(*digest),
            Bucket::Stale => None,
        });
        digests.collect()
    }

    /// The 32 bytes that stand for everything; `None` if a bucket is unknown now.
    pub fn commitment(&mut self) -> Option<Digest> {
        self.digests().map(|digests| commit(&digests))
    }

    /// The buckets in which another server's set differs, given the digests of its buckets.
    pub fn differences(&mut self, digests: &[Digest]) -> Vec<u8> {
        let mine = (0..=u8::MAX).zip(&mut self.0).zip(digests);
        let different = mine.filter_map(|((byte, bucket), theirs)| {
            let same = match bucket {
                Bucket::Held(sum) => sum.digest(byte) == *theirs,
                Bucket::Known(digest) => digest == theirs,
                Bucket::Stale => false,
            };
            (!same).then_some(byte)
        });
        different.collect()
    }

    /// Adds the record of an id that has none.
    pub fn insert(&mut self, id: &RecordId, digest: &Digest) {
        self.change(id, |sum| sum.insert(id, digest));
    }

    /// Takes out the record of an id.
    pub fn remove(&mut self, id: &RecordId, digest: &Digest) {
        self.change(id, |sum| sum.remove(id, digest));
    }

    /// Changes a bucket that is held; of another nothing is known any more.
    fn change(&mut self, id: &RecordId, change: impl FnOnce(&mut Sum)) {
        let bucket = bucket_of(id);
        match self.0.get_mut(usize::from(bucket)) {
            Some(Bucket::Held(sum)) => {
                change(sum);
                sum.digest = None;
            }
            _ => self.put(bucket, Bucket::Stale),
        }
    }

    /// What [`restore`](Self::restore) needs, to go back before a change of these ids.
    pub(super) fn save<'a>(&self, ids: impl Iterator<Item = &'a RecordId>) -> Saved {
        let mut touched: Vec<u8> = ids.map(bucket_of).collect();
        touched.sort_unstable();
        touched.dedup();
        let saved = touched.into_iter();
        Saved(
            saved
                .map(|byte| (byte, self.bucket(byte).clone()))
                .collect(),
        )
    }

    /// Goes to what was saved; answers what was there in its place.
    pub(super) fn exchange(&mut self, saved: Saved) -> Saved {
        let now = saved.0.iter();
        let now = now.map(|(byte, _)| (*byte, self.bucket(*byte).clone()));
        let now = Saved(now.collect());
        self.restore(saved);
        now
    }

    /// Goes back to what was saved.
    pub(super) fn restore(&mut self, saved: Saved) {
        for (byte, bucket) in saved.0 {
            self.put(byte, bucket);
        }
    }

    fn bucket(&self, byte: u8) -> &Bucket {
        self.0.get(usize::from(byte)).unwrap_or(&Bucket::Stale)
    }

    fn put(&mut self, byte: u8, bucket: Bucket) {
        if let Some(place) = self.0.get_mut(usize::from(byte)) {
            *place = bucket;
        }
    }
}

impl fmt::Debug for SetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.0.iter().filter(|it| matches!(it, Bucket::Held(_)));
        write!(f, "SetHash({} of {BUCKETS} buckets held)", held.count())
    }
}

/// Some buckets as they were.
#[derive(Debug)]
pub(super) struct Saved(Vec<(u8, Bucket)>);

/// Why what a hub says about buckets is not believed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// The digest of the bucket is unknown at this head: ask for the digests.
    #[error("the bucket has changed since its digest was learnt: ask for the digests again")]
    Stale,
    /// The digests are not those that the head stands for.
    #[error("the digests of the buckets are not those that the head stands for")]
    WrongDigests,
    /// The listing has more, less or other records than the bucket.
    #[error("the listing is not that of the bucket: records are missing, added or old")]
    WrongListing,
}

impl Sum {
    const fn empty() -> Self {
        Self {
            numbers: [0; NUMBERS],
            count: 0,
            signposts: 0,
            digest: None,
        }
    }

    fn insert(&mut self, id: &RecordId, digest: &Digest) {
        self.add(&element(id, digest));
        let one = u64::from(id.is_signpost());
        self.signposts = self.signposts.wrapping_add(one);
    }

    fn remove(&mut self, id: &RecordId, digest: &Digest) {
        self.subtract(&element(id, digest));
        let one = u64::from(id.is_signpost());
        self.signposts = self.signposts.wrapping_sub(one);
    }

    fn add(&mut self, element: &Element) {
        for (number, added) in self.numbers.iter_mut().zip(numbers(element)) {
            *number = number.wrapping_add(added);
        }
        self.count = self.count.wrapping_add(1);
    }

    fn subtract(&mut self, element: &Element) {
        for (number, taken) in self.numbers.iter_mut().zip(numbers(element)) {
            *number = number.wrapping_sub(taken);
        }
        self.count = self.count.wrapping_sub(1);
    }

    fn digest(&mut self, bucket: u8) -> Digest {
        let digest = self.digest.unwrap_or_else(|| self.fresh_digest(bucket));
        self.digest = Some(digest);
        digest
    }

    fn fresh_digest(&self, bucket: u8) -> Digest {
        Digest::of("sso-connect bucket 1", [[bucket].as_slice(), &self.bytes()])
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES];
        if let Some((count, rest)) = bytes.split_first_chunk_mut() {
            *count = self.count.to_be_bytes();
            let (pairs, _) = rest.as_chunks_mut();
            for (pair, number) in pairs.iter_mut().zip(&self.numbers) {
                *pair = number.to_le_bytes();
            }
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let element: &Element = rest.try_into().ok()?;
        let mut sum = Self::empty();
        sum.count = u64::from_be_bytes(*count);
        sum.numbers
            .iter_mut()
            .zip(numbers(element))
            .for_each(|(to, from)| *to = from);
        Some(sum)
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.numbers) == (other.count, other.numbers)
    }
}

impl Eq for Sum {}

type Element = [u8; 2 * NUMBERS];

fn element(id: &RecordId, digest: &Digest) -> Element {
    let mut hasher = HASHER.clone();
    hasher.update(id.as_bytes());
    hasher.update(digest.as_bytes());
    let mut element = [0; 2 * NUMBERS];
    hasher.finalize_xof().fill(&mut element);
    element
}

fn numbers(element: &Element) -> impl Iterator<Item = u16> {
    let (pairs, _) = element.as_chunks();
    pairs.iter().map(|pair| u16::from_le_bytes(*pair))
}

fn commit(digests: &[Digest]) -> Digest {
    let digests = digests.iter().map(|digest| digest.as_bytes().as_slice());
    Digest::of("sso-connect set 1", digests)
}

/// The first byte of an id: its bucket.
pub(crate) fn bucket_of(id: &RecordId) -> u8 {
    let [first, ..] = *id.as_bytes();
    first
}

static HASHER: LazyLock<blake3::Hasher> =
    LazyLock::new(|| blake3::Hasher::new_derive_key("sso-connect set element 1"));

/// The digests of buckets with nothing in them.
static EMPTY: LazyLock<Vec<Digest>> = LazyLock::new(|| {
    let empty = Sum::empty();
    (0..=u8::MAX).map(|byte| empty.fresh_digest(byte)).collect()
});

const NUMBERS: usize = 1024;
const STATE_BYTES: usize = 8 + 2 * NUMBERS;

#[cfg(test)]
mod tests;
