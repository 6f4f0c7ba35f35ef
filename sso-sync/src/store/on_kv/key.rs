//! Where what stands: the names of all keys.

use std::fmt;

use crate::store::{DomainId, Seq, StoreError};

/// Names one of several that follow each other: a number that only grows, and chance, so that of
/// two who take the same number at once each writes under keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Later ones have a greater one.
    pub(super) number: u32,
    /// What tells rivals apart.
    pub(super) nonce: u32,
}

impl Name {
    /// A new name that follows those with `number`.
    pub(super) fn following(number: u32) -> Result<Self, StoreError> {
        let number = number
            .checked_add(1)
            .ok_or_else(|| StoreError::full("there is no further number for what is to be made"))?;
        let mut nonce = [0; 4];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|_| StoreError::unavailable("the system has no randomness"))?;
        Ok(Self {
            number,
            nonce: u32::from_be_bytes(nonce),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let both = hex(text)?;
        Some(Self {
            number: u32::try_from(both >> u32::BITS).ok()?,
            nonce: u32::try_from(both & u64::from(u32::MAX)).ok()?,
        })
    }
}

impl fmt::Display for Name {
    /// 16 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:08x}", self.number, self.nonce)
    }
}

/// What stands before all keys of a domain.
pub(super) fn domain(domain: &DomainId) -> String {
    format!("d/{domain}/")
}

/// The key that decides what of a domain counts.
pub(super) fn root(domain: &DomainId) -> String {
    format!("d/{domain}/root")
}

/// The keys of one life of a domain: from its first statement until it is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) domain: DomainId,
    pub(super) name: Name,
}

impl Life {
    /// The statements, in the order of their positions.
    pub(super) fn chain(&self) -> String {
        format!("{self}chain/")
    }

    /// One statement.
    pub(super) fn statement(&self, position: u64) -> String {
        format!("{self}chain/{position:016x}")
    }

    /// The batches, in their order.
    pub(super) fn feed(&self) -> String {
        format!("{self}feed/")
    }

    /// The batch whose first record has this place.
    pub(super) fn slot(&self, first: Seq) -> String {
        format!("{self}feed/{:016x}", first.number())
    }

    /// Everything of a snapshot.
    pub(super) fn snapshot(&self, snapshot: Name) -> String {
        format!("{self}snap/{snapshot}/")
    }

    /// The envelope of the last batch that a snapshot holds.
    pub(super) fn envelope(&self, snapshot: Name) -> String {
        format!("{self}snap/{snapshot}/envelope")
    }

    /// A page of the list of the first ids of the parts of a snapshot.
    pub(super) fn index(&self, snapshot: Name, page: u32) -> String {
        format!("{self}snap/{snapshot}/index/{page:08x}")
    }

    /// A part of the records of a snapshot.
    pub(super) fn part(&self, snapshot: Name, part: u32) -> String {
        format!("{self}snap/{snapshot}/part/{part:08x}")
    }
}

impl fmt::Display for Life {
    /// What stands before all its keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d/{}/{}/", self.domain, self.name)
    }
}

/// What a key stands for, as far as cleaning up has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Something in one of the lives of the domain.
    Life(Name, Within),
    /// The root, or a key that this version does not know.
    Other,
}

/// What a key in a life of a domain stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Chain,
    /// A key that this version does not know.
    Other,
    Slot(Seq),
    Snapshot(Name),
}

impl Place {
    /// What `key`, one of the keys of `domain`, stands for.
    pub(super) fn of(key: &str, domain: &DomainId) -> Self {
        let rest = key.strip_prefix(&self::domain(domain));
        let place = rest.and_then(|rest| {
            let (life, within) = rest.split_once('/')?;
            Some(Self::Life(Name::parse(life)?, Within::of(within)))
        });
        place.unwrap_or(Self::Other)
    }
}

impl Within {
    fn of(within: &str) -> Self {
        let place = within.split_once('/').and_then(|(kind, rest)| match kind {
            "chain" => Some(Self::Chain),
            "feed" => hex(rest).map(Seq::new).map(Self::Slot),
            "snap" => Name::parse(rest.split('/').next()?).map(Self::Snapshot),
            _ => None,
        });
        place.unwrap_or(Self::Other)
    }
}

/// The number that 16 lower-case hexadecimal digits mean.
pub(super) fn hex(digits: &str) -> Option<u64> {
    let well_formed = digits.len() == 16
        && digits
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| u64::from_str_radix(digits, 16).ok())?
}

/// Follows every key that begins with what it is appended to.
pub(super) const END: char = '~';
