//! Writing a backup.

use std::fmt;
use std::io::Write;

use zeroize::{Zeroize as _, Zeroizing};

use super::header::{CHUNK, Header, MAX_ITEM, Place};
use super::{BackupError, Item};
use crate::admin::Stretching;
use crate::seal::random;

/// Writes a backup, one item after the other.
pub struct BackupWriter<W: Write> {
    out: W,
    header: Header,
    /// Plaintext that does not make a chunk yet.
    waiting: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W: Write> BackupWriter<W> {
    /// Begins a backup that `passphrase` opens, stretched with [`Stretching::DEFAULT`].
    ///
    /// # Errors
    ///
    /// A [`BackupError`].
    pub fn begin(out: W, passphrase: &str) -> Result<Self, BackupError> {
        Self::begin_with(out, passphrase, Stretching::DEFAULT)
    }

    pub(super) fn begin_with(
        mut out: W,
        passphrase: &str,
        stretching: Stretching,
    ) -> Result<Self, BackupError> {
        let salt = random().map_err(|_| BackupError::Cryptography(stretching))?;
        let header = Header::new(passphrase, stretching, salt)?;
        out.write_all(header.bytes())?;
        Ok(Self {
            out,
            header,
            waiting: Zeroizing::new(Vec::with_capacity(2 * CHUNK)),
            number: 0,
        })
    }

    /// Adds an item.
    ///
    /// # Errors
    ///
    /// A [`BackupError`]; the file is of no use then.
    pub fn write(&mut self, item: &Item) -> Result<(), BackupError> {
        let bytes = item.bytes();
        let length = u32::try_from(bytes.len()).ok();
        let length = length.filter(|_| bytes.len() <= MAX_ITEM);
        let length = length.ok_or(BackupError::Malformed)?;
        self.waiting.extend(length.to_be_bytes());
        self.waiting.extend(bytes.iter());
        // At least one byte stays for the last chunk.
        while self.waiting.len() > CHUNK {
            let rest = Zeroizing::new(self.waiting.split_off(CHUNK));
            let chunk = std::mem::replace(&mut self.waiting, rest);
            self.put(chunk, 0)?;
        }
        Ok(())
    }

    /// Ends the backup; without it the file is of no use. Answers what it was written to, flushed.
    ///
    /// # Errors
    ///
    /// A [`BackupError`].
    pub fn finish(mut self) -> Result<W, BackupError> {
        let chunk = std::mem::take(&mut self.waiting);
        self.put(chunk, 1)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, mut chunk: Zeroizing<Vec<u8>>, last: u8) -> Result<(), BackupError> {
        let place = Place {
            number: self.number,
            last,
        };
        self.number += 1;
        self.header.seal(place, &mut chunk)?;
        let length = u32::try_from(chunk.len()).map_err(|_| BackupError::Malformed)?;
        self.out.write_all(&[last])?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&chunk)?;
        chunk.zeroize();
        Ok(())
    }
}

impl<W: Write> fmt::Debug for BackupWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackupWriter(chunk {}, …)", self.number)
    }
}
