//! Reading a backup.

use std::fmt;
use std::io::{self, Read};

use zeroize::Zeroizing;

use super::header::{CHUNK, Header, MAX_ITEM, Place, TAG};
use super::{BackupError, Item};
use crate::admin::StretchingBounds;

/// Reads a backup, one item after the other. What it answers is genuine; whether nothing is missing
/// shows only at the end, so read to the end before anything is changed, and then once more.
pub struct BackupReader<R: Read> {
    input: R,
    header: Header,
    /// Plaintext that was not read yet, and how far it was.
    chunk: Zeroizing<Vec<u8>>,
    at: usize,
    number: u64,
    was_last: bool,
}

impl<R: Read> BackupReader<R> {
    /// Begins to read a backup that `passphrase` opens.
    ///
    /// # Errors
    ///
    /// A [`BackupError`]. Whether the passphrase is the right one, the first item tells.
    pub fn open(input: R, passphrase: &str) -> Result<Self, BackupError> {
        Self::open_within(input, passphrase, StretchingBounds::DEFAULT)
    }

    pub(super) fn open_within(
        mut input: R,
        passphrase: &str,
        bounds: StretchingBounds,
    ) -> Result<Self, BackupError> {
        let header = Header::read(&mut input, passphrase, bounds)?;
        Ok(Self {
            input,
            header,
            chunk: Zeroizing::default(),
            at: 0,
            number: 0,
            was_last: false,
        })
    }

    /// The next item; `None` at the end, when everything was there.
    ///
    /// # Errors
    ///
    /// A [`BackupError`].
    pub fn next_item(&mut self) -> Result<Option<Item>, BackupError> {
        let mut length = [0; 4];
        if self.is_over()? {
            return Ok(None);
        }
        self.fill(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_ITEM {
            return Err(BackupError::Malformed);
        }
        let mut item = Zeroizing::new(vec![0; length]);
        self.fill(&mut item)?;
        Item::parse(&item).map(Some)
    }

    fn is_over(&mut self) -> Result<bool, BackupError> {
        while self.at == self.chunk.len() {
            if self.was_last {
                return self.expect_end().map(|()| true);
            }
            self.next_chunk()?;
        }
        Ok(false)
    }

    fn fill(&mut self, mut target: &mut [u8]) -> Result<(), BackupError> {
        while !target.is_empty() {
            if self.is_over()? {
                return Err(BackupError::Malformed);
            }
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            let length = rest.len().min(target.len());
            let (now, later) = target.split_at_mut(length);
            now.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.at += length;
            target = later;
        }
        Ok(())
    }

    fn next_chunk(&mut self) -> Result<(), BackupError> {
        let mut head = [0; 5];
        self.input.read_exact(&mut head).map_err(truncated)?;
        let [last, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let number = self.number;
        if last > 1 || length > CHUNK + TAG {
            return Err(BackupError::Closed { chunk: number });
        }
        let mut chunk = Zeroizing::new(vec![0; length]);
        self.input.read_exact(&mut chunk).map_err(truncated)?;
        let opened = self.header.open(Place { number, last }, &mut chunk)?.len();
        chunk.truncate(opened);
        (self.chunk, self.at) = (chunk, 0);
        self.number += 1;
        self.was_last = last == 1;
        Ok(())
    }

    /// Nothing follows the last chunk.
    fn expect_end(&mut self) -> Result<(), BackupError> {
        match self.input.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(BackupError::Closed { chunk: self.number }),
        }
    }
}

impl<R: Read> fmt::Debug for BackupReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackupReader(chunk {}, …)", self.number)
    }
}

fn truncated(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Truncated,
        _ => error.into(),
    }
}
